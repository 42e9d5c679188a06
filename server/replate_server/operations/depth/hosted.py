"""Networks that the transformers library defines, made of one file of tensors: no hub, no configuration, no code.

What a checkpoint's config.json would say is read off the tensors' shapes, so that the same module hosts each size of a
network, and a studio's own. The library's image processors need torchvision; a resize and a normalisation do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from replate.errors import Unmet
from replate_server.operations.contract import Tensor
from replate_server.operations.memory import out_of_memory

State = dict[str, torch.Tensor]

_HEAD_WIDTH = 64
"""Of every DINOv2 that was published."""


@dataclass(frozen=True, slots=True)
class Look:
    """The statistics to which pictures are normalised."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


IMAGENET = Look((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
PLAIN = Look((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@contextmanager
def reading(weights: Path, what: str) -> Iterator[None]:
    """Whatever goes wrong in the block is the fault of a weight file: raises `Unmet` for it, and MemoryError."""
    try:
        yield
    except Unmet:
        raise
    # The library, PyTorch and safetensors raise what they like for a file that is not theirs.
    except Exception as error:
        if out_of_memory(error):
            raise MemoryError from error
        raise Unmet(
            f"The weight file {weights.name} does not hold a {what} network ({_line(error)}); pull it again."
        ) from error


def hosted(
    architecture: str, configuration: Mapping[str, Any], state: State, device: str, halved: Sequence[str] = ()
) -> Any:
    """A network of the library's, "DepthAnything", with the tensors that it gets, ready on a device, in float32.

    Tensors have the names that the library knows, old ones included. On a GPU the modules in `halved` compute in half
    precision, and what goes in and comes out of them is float32. Raises `Unmet` without the library, KeyError for a
    tensor that is missing, does not fit or is too much, and what the library likes.
    """
    library = _library()
    config = getattr(library, f"{architecture}Config")(**configuration)
    network, found = getattr(library, f"{architecture}ForDepthEstimation").from_pretrained(
        None, config=config, state_dict=state, dtype=torch.float32, output_loading_info=True
    )
    for wrong in (found["missing_keys"], found["unexpected_keys"], found["mismatched_keys"]):
        if wrong:
            raise KeyError(str(min(wrong)))
    network.eval().requires_grad_(False).to(device)
    if torch.device(device).type == "cuda":
        for name in halved:
            _halve(network.get_submodule(name))
    return network


def read_safetensors(weights: Path) -> State:
    """A file's tensors by name."""
    from safetensors.torch import load_file

    return dict(load_file(weights))


def dinov2(state: State, prefix: str) -> dict[str, Any]:
    """The configuration of the DINOv2 whose tensors' names begin with a prefix."""
    width = state[f"{prefix}embeddings.cls_token"].shape[-1]
    patch = state[f"{prefix}embeddings.patch_embeddings.projection.weight"].shape[-1]
    places = state[f"{prefix}embeddings.position_embeddings"].shape[1] - 1
    inner = state[f"{prefix}encoder.layer.0.mlp.fc1.weight"].shape[0]
    return {
        "model_type": "dinov2",
        "hidden_size": width,
        "num_hidden_layers": count(state, f"{prefix}encoder.layer."),
        "num_attention_heads": max(width // _HEAD_WIDTH, 1),
        "mlp_ratio": inner // width,
        "patch_size": patch,
        "image_size": isqrt(places) * patch,
    }


def count(state: State, prefix: str) -> int:
    """How many modules are numbered after a prefix."""
    numbers = [int(found[1]) for name in state if (found := re.match(re.escape(prefix) + r"(\d+)\.", name))]
    return max(numbers) + 1 if numbers else 0


def pixels(picture: Tensor, size: tuple[int, int], look: Look, device: torch.device) -> torch.Tensor:
    """A picture [height, width, 3] in [0,1] as a network takes it, [1, 3, rows, columns], resized on the device."""
    there = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None]
    # What the library's processors do in 8 bits, which cannot overshoot.
    resized = functional.interpolate(there, size, mode="bicubic", align_corners=False, antialias=True).clamp_(0, 1)
    return normalised(resized, look)


def normalised(pictures: torch.Tensor, look: Look) -> torch.Tensor:
    """Pictures [n, 3, rows, columns] with a look's mean and deviation taken out."""
    mean, deviation = (pictures.new_tensor(each)[:, None, None] for each in (look.mean, look.deviation))
    return (pictures - mean) / deviation


def _library() -> Any:
    try:
        library = import_module("transformers")
        library.utils.logging.disable_progress_bar()
        # What it would warn of is an error here, or nothing.
        library.utils.logging.set_verbosity_error()
    except ImportError as error:
        raise Unmet(
            f"This model needs the Python package transformers beside the server ({_line(error)}); install it "
            "with `pip install transformers`, without torchvision."
        ) from error
    return library


def _halve(module: torch.nn.Module) -> None:
    def enter(module: torch.nn.Module, given: Any, named: Any) -> Any:
        return _cast(given, torch.float16), _cast(named, torch.float16)

    def leave(module: torch.nn.Module, given: Any, made: Any) -> Any:
        return _cast(made, torch.float32)

    module.half()
    module.register_forward_pre_hook(enter, with_kwargs=True)
    module.register_forward_hook(leave)


def _cast(value: Any, to: torch.dtype) -> Any:
    """Floating tensors, in whatever they are wrapped, as another type."""
    if isinstance(value, torch.Tensor):
        return value.to(to) if value.is_floating_point() else value
    if isinstance(value, Mapping):
        cast = {name: _cast(each, to) for name, each in value.items()}
        return cast if type(value) is dict else type(value)(**cast)
    if isinstance(value, (tuple, list)):
        return type(value)(_cast(each, to) for each in value)
    return value


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
