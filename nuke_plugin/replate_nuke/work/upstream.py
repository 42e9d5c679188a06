"""What feeds an input, as digests that say whether its pixels are what they were.

Two of them. `Upstream.digest` is of the graph: classes, connections, knobs that change pixels with their animation
and expressions, the format, the working space. `Upstream.state(frame)` is of what moves beneath the graph at a frame:
files with size and time, values of expressions, which results of Replate's own nodes are there. Neither knows names,
positions or colours of nodes, nor the session: a script that was saved and opened elsewhere gives the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import nuke

from replate_nuke import colour
from replate_nuke.nodes import Node
from replate_nuke.work import knobs
from replate_nuke.work.moments import SAME_FRAME
from replate_nuke.work.moving import Files, Moving, Result, Values


@dataclass(frozen=True)
class Upstream:
    """All that an input's pixels come from."""

    digest: str
    moving: tuple[Moving, ...]
    results: tuple[Result, ...]
    """Replate's own nodes among it, the nearest first."""

    def state(self, frame: int) -> str:
        """Changes whenever the same graph may give other pixels at this frame. Asks the disk."""
        return digest(part.state(frame) for part in self.moving)


def look(source: nuke.Node | None, how: Sequence[str]) -> Upstream:
    """What feeds an input from this node on; `how` says further what is made of it: channels, sample type."""
    order = _consumers_first(source)
    places = {node.fullName(): place for place, node in enumerate(order)}
    lines = [*how, *_script()]
    moving: list[Moving] = []
    results: list[Result] = []
    for node, steady in _steady(order):
        own = Node.of(node)
        pipes = " ".join(str(places.get(each.fullName())) if each else "-" for each in _pipes(node))
        lines.append(f"{node.Class() if own is None else own.operation} {pipes}")
        if own is None:
            lines.extend(knobs.said(node))
            moving.extend(Values(knob, steady) for knob in knobs.with_expressions(node))
            moving.extend(Files(node, path, steady) for path in knobs.files(node))
        else:
            results.append(Result(own, steady))
            lines.extend([results[-1].shown, *knobs.said(node, only="disable")])
    return Upstream(digest(lines), (*moving, *results), tuple(results))


def results(source: nuke.Node | None) -> list[Result]:
    """Replate's own nodes that feed a node, the nearest first."""
    found = [(Node.of(node), steady) for node, steady in _steady(_consumers_first(source))]
    return [Result(node, steady) for node, steady in found if node is not None]


def direct(source: nuke.Node | None) -> Node | None:
    """The node of Replate's that feeds an input with nothing but dots between."""
    while source is not None and source.Class() == "Dot":
        source = source.input(0)
    return Node.of(source)


def digest(words: Iterable[str]) -> str:
    """Twenty letters for any words: enough never to meet, few enough to read in a path."""
    state = hashlib.blake2b(digest_size=10)
    for word in words:
        state.update(f"{len(word)} {word}\n".encode("utf-8", "replace"))
    return state.hexdigest()


def _consumers_first(source: nuke.Node | None) -> list[nuke.Node]:
    """A node and all that feeds it, each before what it is fed by, in the order of the pipes."""
    done: dict[str, nuke.Node] = {}
    entered: set[str] = set()
    path: list[tuple[nuke.Node, Iterator[nuke.Node]]] = []
    following = source
    while following is not None or path:
        if following is None:
            node, _ = path.pop()
            done[node.fullName()] = node
        elif following.fullName() not in entered:
            entered.add(following.fullName())
            path.append((following, _sources(following)))
        following = next(path[-1][1], None) if path else None
    return list(reversed(list(done.values())))


def _steady(order: Iterable[nuke.Node]) -> Iterator[tuple[nuke.Node, bool]]:
    """Each node with whether everything between it and the input shows a frame at its own number."""
    moved: set[str] = set()
    for node in order:
        steady = node.fullName() not in moved
        yield node, steady
        if not steady or not (node.Class() in SAME_FRAME or isinstance(node, nuke.Group)):
            moved.update(each.fullName() for each in _sources(node))


def _sources(node: nuke.Node) -> Iterator[nuke.Node]:
    """What feeds a node: its pipes, or a Group's inside, and the nodes that its expressions name."""
    yield from (each for each in _pipes(node) if each is not None)
    if Node.of(node) is None:
        yield from (each for each in node.dependencies(nuke.EXPRESSIONS) if not isinstance(each, nuke.Root))


def _pipes(node: nuke.Node) -> list[nuke.Node | None]:
    if Node.of(node) is not None:
        # What its result was made of says the result's own digest: the stream alone still counts.
        return [node.input(0)]
    if isinstance(node, nuke.Group):
        return [each for each in node.nodes() if each.Class() == "Output"]
    if node.Class() == "Input":
        group = node.parent()
        return [group.input(int(node["number"].value())) if group is not None else None]
    return [node.input(index) for index in range(node.inputs())]


def _script() -> Iterator[str]:
    """What counts of the script itself."""
    root = nuke.root()
    yield colour.working_space()
    yield from (str(root[name].toScript()) for name in ("colorManagement", "workingSpaceLUT", "format"))
    yield from nuke.views()
