"""What a script has besides nodes: layers, formats, views."""

from __future__ import annotations

import nk

from nuke._formats import Format
from nuke._formats import formats as _formats
from nuke._nodes import Node
from nuke._session import LAYERS, main_thread, session


@main_thread
def channels(node: Node | None = None) -> list[str]:
    return session.root.channels() if node is None else node.channels()


@main_thread
def layers(node: Node | None = None) -> list[str]:
    if node is None:
        return list(session.layers)
    return sorted({channel.split(".")[0] for channel in node.channels()})


@main_thread
def sample(node: Node, channel: str, x: float, y: float, dx: float = 1, dy: float = 1) -> float:
    return node.sample(channel, x, y, dx, dy)


@main_thread
def formats() -> list[Format]:
    return list(_formats.values())


@main_thread
def addFormat(s: str) -> Format:
    """ "width height [x y r t] aspect name"."""
    made = Format._parse(s)
    if not made.name():
        raise RuntimeError(f"addFormat({s!r}): the format has no name")
    _formats[str(made.name())] = made
    return made


@main_thread
def views() -> list[str]:
    return [line.split()[0] for line in session.root["views"].value().splitlines() if line.strip()]


@main_thread
def addView(s: str) -> None:
    if s in views():
        raise RuntimeError(f"there is a view {s} already")
    session.root["views"].setValue(session.root["views"].value().rstrip() + f"\n{s} #ffffff")


@main_thread
def deleteView(s: str) -> None:
    left = [line for line in session.root["views"].value().splitlines() if line.split()[:1] != [s]]
    session.root["views"].setValue("\n".join(left))


@main_thread
def thisView() -> str:
    return session.view


class Layer:
    """`nuke.Layer("hero", ["hero.alpha"])`: a layer of the script."""

    def __init__(self, name: str, channels: list[str] | None = None) -> None:
        if not isinstance(name, str) or not name or not name.replace("_", "a").isalnum() or name[0].isdigit():
            raise ValueError(f"{name!r} is no name for a layer: letters, digits and underscores, a letter first")
        full = tuple(each if "." in each else f"{name}.{each}" for each in channels or ())
        known = session.layers.get(name, ())
        if name in LAYERS and any(each not in known for each in full):
            raise ValueError(f"the layer {name} is Nuke's own: {full} are not added to it")
        session.layers[name] = (*known, *(each for each in full if each not in known))
        self._name = name

    def name(self) -> str:
        return self._name

    def channels(self) -> list[str]:
        return list(session.layers[self._name])

    def visible(self) -> bool:
        return True


@main_thread
def tcl(cmd: str, *args: str) -> str:
    """Of all Tcl, what makes layers: `add_layer {hero hero.alpha}`."""
    words = nk.split(cmd) + list(args)
    if words[:1] == ["add_layer"] and len(words) == 2:
        name, *told = nk.split(words[1])
        Layer(name, list(told))
        return ""
    raise NotImplementedError(f"nuke.tcl({cmd!r}): the stand-in does no Tcl but add_layer")
