"""Depth Anything V2: Yang et al., NeurIPS 2024, through transformers; a model for each published checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from replate.values import Parameter, ParameterType, Value
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows
from replate_server.operations.depth.estimator import Estimate, Estimator

if TYPE_CHECKING:
    from replate_server.operations.depth.hosted import State

PATCH = 14
_WIDEST = 2.4
"""Longer pictures, times their height, are made smaller, so that no format takes more memory than is said."""
_TAPS = {12: (3, 6, 9, 12), 24: (5, 12, 18, 24)}
"""After which layers of the backbone its features are taken, by their number; elsewhere after each quarter."""


def network(checkpoint: State, farthest: int = 0) -> dict[str, Any]:
    """The configuration that a checkpoint's tensors tell, by the library's names.

    `farthest` is where a checkpoint that says metres ends, 0 for a relative one: its tensors do not tell.
    """
    from replate_server.operations.depth.hosted import dinov2

    backbone = dinov2(checkpoint, "backbone.")
    layers = backbone["num_hidden_layers"]
    taps = _TAPS.get(layers, tuple(layers * quarter // 4 for quarter in (1, 2, 3, 4)))
    levels = [checkpoint[f"neck.reassemble_stage.layers.{index}.projection.weight"] for index in range(4)]
    return {
        "backbone_config": backbone | {"out_indices": list(taps), "reshape_hidden_states": False},
        "patch_size": backbone["patch_size"],
        "reassemble_hidden_size": backbone["hidden_size"],
        "neck_hidden_sizes": [level.shape[0] for level in levels],
        "fusion_hidden_size": checkpoint["neck.convs.0.weight"].shape[0],
        "head_hidden_size": checkpoint["head.conv2.weight"].shape[0],
        "depth_estimation_type": "metric" if farthest else "relative",
        "max_depth": farthest or 1,
    }


def working_size(most: int) -> Parameter:
    """The parameter that says how finely the network looks."""
    return Parameter(
        "short_side",
        "Working size",
        ParameterType.WHOLE,
        518,
        "Pixels of the short side at which the network looks. More sees finer things, takes longer and bends what is "
        "large.",
        112,
        most,
    )


def fitted(height: int, width: int, short: int, widest: float) -> tuple[int, int]:
    """Rows and columns, multiples of the patch: nearly the picture's shape, the shorter about `short`.

    Where the longer would be over `widest` times that, both are smaller.
    """
    scale = min(short / min(height, width), short * widest / max(height, width))
    rows, columns = (max(round(side * scale / PATCH), 1) * PATCH for side in (height, width))
    return rows, columns


def _model(its: Card, farthest: int = 0) -> type[Estimator]:
    class DepthAnything:
        card = its
        metric = farthest > 0
        frames = 1
        overlap = 0

        def load(self, weights: Mapping[str, Path], device: str) -> None:
            # Imported here, because PyTorch takes seconds and the server reads cards without it.
            from replate_server.operations.depth import hosted

            (file,) = (weights[name] for name in its.weights)
            with hosted.reading(file, "Depth Anything"):
                state = hosted.read_safetensors(file)
                self._network = hosted.hosted("DepthAnything", network(state, farthest), state, device, ("backbone",))

        def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
            """Relative inverse depth, or metres: at the resolution that the network sees, as its processor does."""
            from replate_server.operations.depth.hosted import IMAGENET, pixels
            from replate_server.operations.inference import exact

            estimates = []
            for index, picture in enumerate(pictures):
                steps.progress(index / len(pictures))
                height, width = picture.shape[:2]
                size = fitted(height, width, int(cast(int, parameters["short_side"])), _WIDEST)
                with exact():
                    seen = pixels(picture, size, IMAGENET, self._network.device)
                    depth = self._network(pixel_values=seen).predicted_depth[0]
                    if self.metric:
                        # Its sigmoid may come to 0, which is no distance.
                        depth = depth.clamp_min(1e-3)
                    estimates.append(Estimate(depth.cpu().numpy()))
            return estimates

    DepthAnything.__name__ = DepthAnything.__qualname__ = its.label.replace(" ", "")
    return DepthAnything


def _card(name: str, label: str, tooltip: str, licence: str, memory: int) -> Card:
    return Card(
        name=f"depth/anything-{name}",
        label=label,
        tooltip=tooltip,
        revision="1",
        licence=licence,
        weights=(f"depth-anything-v2-{name}",),
        parameters=(working_size(1036),),
        windows=Windows(length=None),
        # At the greatest working size, on a CPU: at the default one a quarter of it, beside the weights.
        memory_bytes=memory * MEGABYTE,
    )


Small = _model(
    _card(
        "small", "Depth Anything V2 Small", "Relative depth of any picture, with fine silhouettes.", "Apache-2.0", 1500
    )
)
Base = _model(
    _card(
        "base",
        "Depth Anything V2 Base",
        "As the small one, better at hair, glass and thin things. Not for commercial work.",
        "CC-BY-NC-4.0",
        3000,
    )
)
Large = _model(
    _card(
        "large",
        "Depth Anything V2 Large",
        "As the small one, and the finest of the three. Not for commercial work.",
        "CC-BY-NC-4.0",
        6500,
    )
)
Indoor = _model(
    _card("indoor", "Depth Anything V2 Indoor", "Metres, within rooms: up to 20 m.", "Apache-2.0", 1500), farthest=20
)
Outdoor = _model(
    _card("outdoor", "Depth Anything V2 Outdoor", "Metres, out of doors: up to 80 m.", "Apache-2.0", 1500), farthest=80
)
