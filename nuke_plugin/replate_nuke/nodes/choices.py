"""The pull-downs of models and versions: what they show, and what that stands for."""

from __future__ import annotations

from collections.abc import Sequence

from replate_host import telling
from replate_host.catalog import Catalog, Model, Parameter
from replate_host.versions import Version
from replate_nuke.nodes import variations

NO_VERSION = "none, the plate"
OWN = "own"
"""In the menu of presets: the knobs stand as the artist set them."""
_UNAVAILABLE = " (not available)"


def model_items(card: Catalog) -> list[str]:
    """The labels of an operation's models, its default first; those that cannot run are marked."""
    return [_item(model) for model in _models(card)] or ["none"]


def model(card: Catalog, item: str) -> Model | None:
    """The model of a line of the menu, whether it is marked or not; None where the card does not know it."""
    return next((model for model in _models(card) if model.label == item.removesuffix(_UNAVAILABLE)), None)


def model_item(card: Catalog, name: str) -> str:
    """The line of a model's name, "restyle/adain"; that of the first model where there is none of the name."""
    return next((_item(model) for model in _models(card) if model.name == name), model_items(card)[0])


def parameters(card: Catalog, model: Model | None) -> tuple[Parameter, ...]:
    """What a job for a model takes: the operation's, then the model's own."""
    return (*card.operations[0].parameters, *(model.parameters if model is not None else ()))


def preset_items(model: Model | None) -> list[str]:
    return [*(preset.label for preset in (model.presets if model is not None else ())), OWN]


def version_items(versions: Sequence[Version]) -> list[str]:
    """Newest first, after the line for none; each says what tells it from the others."""
    said = zip(versions, variations.differences(versions, ("seed",)))
    lines = [", ".join(filter(None, (telling.version(version), differs))) for version, differs in said]
    return [NO_VERSION, *reversed(lines)]


def version_number(item: str) -> int | None:
    """The number of a line of the menu; None for the line for none."""
    number = item.split(":")[0]
    return int(number) if number.isdigit() else None


def _models(card: Catalog) -> tuple[Model, ...]:
    return card.models_of(card.operations[0].name)


def _item(model: Model) -> str:
    return model.label if model.available else model.label + _UNAVAILABLE
