"""Which channels of a file a plate takes: its parts, layers and views.

Files keep layers in three ways: as parts of a multi-part EXR, as prefixes of
channel names ("depth.Z"), and, for stereo in one part, with the view's name
before the last word of a channel ("left.R", "forward.left.u"; see "Storing
Multi-View Images in OpenEXR Files"). Here they are all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from replate.errors import BadRequest

MOST_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, as its header describes it."""

    index: int
    name: str
    view: str
    """The view the whole part belongs to; empty where it does not say."""
    views: tuple[str, ...]
    """The views that share the part, the default one first; empty where it does not say."""
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The channels taken: of which part and view, under which names, from which places."""

    part: int
    view: str
    names: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one view sees of one part: channels by their names without the view."""

    part: int
    name: str
    view: str
    channels: Mapping[str, int]


def plain_name(channel: str) -> str:
    """A channel's name as OpenEXR's documents have it: Nuke spells those of its layers out, "dog.alpha" for "dog.A"."""
    layer, _, name = channel.rpartition(".")
    return f"{layer}.{_LONG[name]}" if layer and name in _LONG else channel


_LONG = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}


def choose(parts: Sequence[Part], *, view: str = "", layer: str = "", channels: Sequence[str] | None = None) -> Choice:
    """The channels to read.

    `view`: empty for the file's first. `layer`: a part's name or a prefix of
    channel names; its channels are taken without the prefix. `channels`: by name
    ("depth.Z"), or by layer ("depth" for all of it). With neither, R, G, B and A
    of the beauty where there are such (Blender's is "ViewLayer.Combined"), or Y and
    A, or else all channels.

    Raises `BadRequest`, naming what the file has instead.
    """
    sheets = _of_view([sheet for part in parts for sheet in _sheets(part)], view)
    sheets.sort(key=lambda sheet: not _is_beauty(sheet))
    if layer:
        sheets = [_of_layer(sheets, layer)]
    named = [plain_name(each) for each in channels] if channels is not None else None
    sheet, names = _named(sheets, named) if named is not None else (sheets[0], _by_default(sheets[0]))
    if not names:
        raise BadRequest("No channels were asked for: name one at least.")
    if len(names) > MOST_CHANNELS:
        raise BadRequest(f"{len(names)} channels are too many for a plate: choose at most {MOST_CHANNELS}.")
    return Choice(sheet.part, sheet.view, tuple(names), tuple(names.values()))


def _sheets(part: Part) -> list[_Sheet]:
    whole = {name: place for place, name in enumerate(part.channels)}
    if part.view or not part.views:
        return [_Sheet(part.index, part.name, part.view, whole)]
    seen: dict[str, dict[str, int]] = {view: {} for view in part.views}
    for name, place in whole.items():
        *front, last = name.split(".")
        if front and front[-1] in seen:
            seen[front[-1]][".".join([*front[:-1], last])] = place
        elif front:
            for channels in seen.values():
                channels.setdefault(name, place)
        else:
            seen[part.views[0]][name] = place
    return [_Sheet(part.index, part.name, view, channels) for view, channels in seen.items() if channels]


def _of_view(sheets: list[_Sheet], view: str) -> list[_Sheet]:
    views = list(dict.fromkeys(sheet.view for sheet in sheets if sheet.view))
    if view and view not in views:
        has = f"views {_listed(views)}" if views else "no views"
        raise BadRequest(f'There is no view "{view}" in a file with {has}: choose another.')
    wanted = view or (sheets[0].view if sheets else "")
    return [sheet for sheet in sheets if sheet.view in (wanted, "")]


def _is_beauty(sheet: _Sheet) -> bool:
    return {"R", "G", "B"} <= sheet.channels.keys() or _combined(sheet) is not None


def _combined(sheet: _Sheet) -> str | None:
    """The layer of Blender's beauty."""
    layers = (name.rpartition(".")[0] for name in sheet.channels)
    return next((layer for layer in layers if layer.rpartition(".")[2] == "Combined"), None)


def _of_layer(sheets: Sequence[_Sheet], layer: str) -> _Sheet:
    for sheet in sheets:
        if layer == sheet.name or layer == _bare(sheet):
            return _Sheet(
                sheet.part,
                sheet.name,
                sheet.view,
                {name.removeprefix(_bare(sheet) + "."): place for name, place in sheet.channels.items()},
            )
    for sheet in sheets:
        inside = {
            name.removeprefix(layer + "."): place
            for name, place in sheet.channels.items()
            if name.startswith(layer + ".")
        }
        if inside:
            return _Sheet(sheet.part, sheet.name, sheet.view, inside)
    layers = {name.rpartition(".")[0] for sheet in sheets for name in sheet.channels}
    has = sorted((layers | {_bare(sheet) for sheet in sheets}) - {""})
    raise BadRequest(
        f'There is no layer "{layer}" in a file with {"layers " + _listed(has) if has else "no layers"}: '
        "choose another."
    )


def _named(sheets: Sequence[_Sheet], channels: Sequence[str]) -> tuple[_Sheet, dict[str, int]]:
    best: set[str] = set(channels)
    for sheet in sheets:
        found: dict[str, int] = {}
        missing: set[str] = set()
        for name in channels:
            places = _places(sheet, name)
            found |= places
            if not places:
                missing.add(name)
        if not missing:
            return sheet, found
        best = min(best, missing, key=len)
    has = list(dict.fromkeys(name for sheet in sheets for name in sheet.channels))
    raise BadRequest(
        f"There is no channel {_listed(sorted(best))} beside the others asked for in a file with "
        f"channels {_listed(has)}: choose from those, one part of the file at a time."
        if len(best) < len(set(channels))
        else f"There is no channel {_listed(sorted(best))} in a file with channels {_listed(has)}: choose from those."
    )


def _places(sheet: _Sheet, name: str) -> dict[str, int]:
    if name in sheet.channels:
        return {name: sheet.channels[name]}
    layer, _, last = name.rpartition(".")
    if layer and layer == _bare(sheet) and last in sheet.channels:
        return {name: sheet.channels[last]}
    return {inner: place for inner, place in sheet.channels.items() if inner.startswith(name + ".")}


def _by_default(sheet: _Sheet) -> dict[str, int]:
    beauty = _combined(sheet)
    for front in ("",) if beauty is None else ("", f"{beauty}."):
        for row in (("R", "G", "B", "A"), ("R", "G", "B"), ("Y", "A"), ("Y",)):
            # Beside an X, a Y is an axis.
            if all(front + name in sheet.channels for name in row) and front + "X" not in sheet.channels:
                return {name: sheet.channels[front + name] for name in row}
    return dict(sheet.channels)


def _bare(sheet: _Sheet) -> str:
    """A part's name without the view that often ends it ("rgba.left")."""
    return sheet.name.removesuffix(f".{sheet.view}") if sheet.view else sheet.name


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    shown = ", ".join(names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
