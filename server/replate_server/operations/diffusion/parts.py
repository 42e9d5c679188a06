"""A pipeline's networks, loaded; those that two pipelines have in common are in memory once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from replate.errors import Unmet
from replate_server.operations.diffusion.checkpoint import Checkpoint, Part
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.processors import QwenProcessor
from replate_server.operations.memory import out_of_memory

if TYPE_CHECKING:
    import torch

_SAMPLE = 4096
"""Bytes of each tensor by which one file of weights is told from another: training changes all of a tensor."""
_WIDE = ("embed", "norm", "shared", "lm_head", r"\.wo$")
"""Modules that stay wide, beside those that diffusers names: small ones that pictures depend on, those that share their
weights, and one of T5's that brings what it is given to the type of its own weights."""
_INSTEAD = {"Qwen2VLProcessor": QwenProcessor, "Qwen2_5_VLProcessor": QwenProcessor}
"""By the names of classes that their library cannot make here."""

_loaded: WeakValueDictionary[tuple[str, str, Fit, bool, str], Any] = WeakValueDictionary()
"""Networks that somebody holds, in this process."""


def loaded_parts(checkpoint: Checkpoint, wanted: tuple[str, ...], precise: tuple[str, ...], fit: Fit) -> dict[str, Any]:
    """The parts by name, on the processor, networks ready for inference.

    Networks in `precise` are in float32, others in what the fit says. Raises `Unmet` for a part that is missing, or
    that its library cannot read, and MemoryError.
    """
    return {name: _part(checkpoint.part(name), name in precise, fit) for name in wanted}


def library(name: str) -> Any:
    """diffusers or transformers, or a module of theirs, kept from talking. Raises `Unmet` where it is not installed."""
    package = name.partition(".")[0]
    try:
        module = import_module(name)
    except ImportError as error:
        raise Unmet(
            f"This model needs the Python package {package} beside the server ({error}); install it with "
            f"`pip install {package}`, without torchvision."
        ) from error
    # diffusers keeps its own switches under the same names.
    logging = import_module(f"{package}.utils.logging")
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return module


def _part(part: Part, precise: bool, fit: Fit) -> Any:
    if not part.numbers:
        return _made(part, {})
    import torch

    half = fit.half and not precise
    key = (part.kind, _content(part.folder), fit, half, "narrow" if fit.narrow and not precise else "")
    network = _loaded.get(key)
    if network is None:
        dtype = torch.bfloat16 if half else torch.float32
        network = _made(part, {"torch_dtype": dtype, "use_safetensors": True})
        network.eval().requires_grad_(False)
        if fit.narrow and not precise:
            _narrow(network, dtype)
        _loaded[key] = network
    return network


def _made(part: Part, named: Mapping[str, Any]) -> Any:
    kind = _INSTEAD.get(part.kind) or getattr(library(part.library), part.kind, None)
    if kind is None or not hasattr(kind, "from_pretrained"):
        raise Unmet(
            f"The {part.library} installed here has no {part.kind}, which the checkpoint wants as its {part.name}: "
            f"install a newer {part.library}."
        )
    try:
        if part.numbers and not (part.folder / "config.json").is_file():
            return _filled(kind, part).to(named["torch_dtype"])
        return kind.from_pretrained(part.folder, local_files_only=True, **named)
    # The libraries raise what they like for a folder that is not theirs.
    except Exception as error:
        if out_of_memory(error):
            raise MemoryError from error
        line = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise Unmet(f"The {part.name} of the checkpoint cannot be loaded ({line[:200]}): pull it again.") from error


def _filled(kind: Any, part: Part) -> Any:
    """A network whose folder does not say what it is, but its tensors do."""
    from accelerate import init_empty_weights
    from safetensors.torch import load_file

    (file,) = part.folder.glob("*.safetensors")
    with init_empty_weights():
        network = kind.from_config(dict(part.configuration))
    network.load_state_dict(load_file(file), assign=True)
    return network


def _narrow(network: Any, compute: torch.dtype) -> None:
    """Keeps a network's matrices in 8 bits, each widened while it is used."""
    import torch
    from diffusers.hooks.layerwise_casting import apply_layerwise_casting

    skipped = (*(getattr(network, "_skip_layerwise_casting_patterns", None) or ()), *_WIDE)
    apply_layerwise_casting(network, torch.float8_e4m3fn, compute, skip_modules_pattern=skipped)
    for module in network.modules():
        if getattr(getattr(module, "weight", None), "dtype", None) == torch.float8_e4m3fn:
            # peft would have a LoRA on it in 8 bits, too.
            module.compute_dtype = compute


def _content(folder: Path) -> str:
    """Names what a network's files hold, without reading all of it."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            size = opened.read(8)
            header = opened.read(int.from_bytes(size, "little"))
            digest.update(size + header)
            start = 8 + len(header)
            for name, said in json.loads(header).items():
                if name != "__metadata__":
                    opened.seek(start + said["data_offsets"][0])
                    digest.update(opened.read(min(_SAMPLE, said["data_offsets"][1] - said["data_offsets"][0])))
    configuration = folder / "config.json"
    return digest.hexdigest() + (configuration.read_text("utf-8") if configuration.is_file() else "")
