"""A studio's model whose weight is a folder. Installed by `serving.Studio`, beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from replate.values import Parameter, ParameterType
from studio_models import Bright, card


class Folded(Bright):
    """As Bright; it wears LoRA files, too."""

    card = replace(
        card("matte/folded", weights=("studio-folder",)),
        parameters=(
            *card("matte/gated").parameters,
            Parameter("loras", "LoRA", ParameterType.TEXT, "", "Files that it wears."),
        ),
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        assert (weights["studio-folder"] / "model_index.json").is_file()


MODELS = (Folded,)
