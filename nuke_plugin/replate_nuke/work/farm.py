"""Renders without an artist: results are found by what the script says of them, or made; or there is a reason.

    nuke -x shot.nk      what the Writes need is there before the first of them renders
    nuke -t render.py    `replate_nuke.work.farm.prepare(writes, first, last)`, then nuke.execute as ever

A frame whose file is there costs one look at its folder. Else it is had from the server by the job's id; else the job
is asked for once more as the version says, which the server answers from its ledger; else it is processed, and waited
for. No Qt, no viewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import nuke

from replate_host import AgentError
from replate_host.versions import Version
from replate_nuke import agent
from replate_nuke.nodes import Node
from replate_nuke.work import record
from replate_nuke.work.asking import Wish, frames_sent
from replate_nuke.work.moving import Result
from replate_nuke.work.pump import finish
from replate_nuke.work.ranges import parsed
from replate_nuke.work.results import frames_in, frames_there
from replate_nuke.work.running import Running
from replate_nuke.work.upstream import results

_reasons: dict[str, str] = {}
"""By node: why it could not be prepared."""
_feeding: dict[str, list[Result]] = {}
"""By Write: Replate's own nodes that feed it, as when its render began."""


def prepare(writes: Sequence[nuke.Node] = (), first: int | None = None, last: int | None = None) -> None:
    """Has all results on disk that these Writes need; all that are enabled, and the script's range, unless told.

    Raises `RuntimeError` with one sentence for what cannot be had.
    """
    root = nuke.root()
    begin = int(root["first_frame"].value()) if first is None else first
    end = int(root["last_frame"].value()) if last is None else last
    for write in writes or list(_writes()):
        _prepare(write.input(0), range(begin, end + 1))


def prepare_script() -> None:
    """When a script was loaded: has what `nuke -x` is about to render. Why it cannot is kept for the render to say."""
    asked = Asked.of([str(word) for word in nuke.rawArgs])
    if asked is None:
        return
    for write in _writes(asked.writes):
        for frames in asked.frames or [_range(write)]:
            try:
                _prepare(write.input(0), frames)
            except RuntimeError as error:
                nuke.tprint(f"Replate: {error}")


def check() -> None:
    """Before a render: remembers what feeds the Write."""
    write = nuke.thisNode()
    if not _ours(write):
        _feeding[write.fullName()] = results(write.input(0))


def check_frame() -> None:
    """Before a frame: raises `RuntimeError` with one sentence where a result is missing: no plate passes for it."""
    frame = nuke.frame()
    for result in _feeding.get(nuke.thisNode().fullName(), ()):
        if result.lacks([frame]):
            why = _reasons.get(result.node.name, "process it first, or disable it.")
            raise RuntimeError(f"{result.node.name} has no result at frame {frame}: {why}")


class Asked:
    """What a command line of Nuke's asks to be rendered."""

    def __init__(self, writes: Sequence[str], frames: Sequence[range]) -> None:
        self.writes = writes
        """By name; none for all."""
        self.frames = frames
        """None for what the script says."""

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Asked | None:
        """None where nothing is rendered: -x and -X do, with -F A-BxC as often as wanted, or A,B,C after the script."""
        writes: list[str] = []
        frames: list[range] = []
        renders = False
        for word, following in zip(arguments, [*arguments[1:], ""]):
            if word == "-X":
                writes += following.split(",")
            renders = renders or word in ("-x", "-X", "-xi", "-ix")
            if word == "-F":
                frames += parsed(following)
        if not frames and arguments and re.fullmatch(r"-?\d+(,-?\d+){0,2}", arguments[-1]):
            first, *rest = map(int, arguments[-1].split(","))
            frames = [range(first, (rest[0] if rest else first) + 1, rest[1] if len(rest) > 1 else 1)]
        return cls(writes, frames) if renders else None


def _writes(names: Iterable[str] = ()) -> Iterator[nuke.Node]:
    """The Writes that a render executes, those in Groups and gizmos too, as studios have them; not our own."""
    wanted = {name.removeprefix("root.") for name in names}
    for write in nuke.allNodes("Write", nuke.root(), True):
        asked = write.fullName() in wanted if wanted else not write["disable"].value()
        if asked and not _ours(write):
            yield write


def _range(write: nuke.Node) -> range:
    own = write if write["use_limit"].value() else None
    first, last = ("first", "last") if own is not None else ("first_frame", "last_frame")
    source = own or nuke.root()
    return range(int(source[first].value()), int(source[last].value()) + 1)


def _ours(write: nuke.Node) -> bool:
    """Whether it is one of those in our own nodes: what they need is looked at before they render."""
    return Node.of(write.parent()) is not None


def _prepare(source: nuke.Node | None, frames: Sequence[int]) -> None:
    """What feeds a node, the farthest first: the nearer ones may be made from it."""
    for result in reversed(results(source)):
        node = result.node
        if not result.wanted:
            continue
        try:
            _provide(node, frames if result.steady else _all_of(node))
        except AgentError as error:
            _reasons[node.name] = str(error)
            raise RuntimeError(f"{node.name}: {error}") from None


def _all_of(node: Node) -> Sequence[int]:
    """Frames are moved about behind the node, so that any of its own may be seen."""
    version = node.shown()
    first, last = (version.first, version.last) if version is not None else (node.first, node.last)
    return range(first, last + 1)


def _provide(node: Node, frames: Sequence[int]) -> None:
    """Has a node's results at these frames on disk, and shown. Raises `AgentError`."""
    version = node.shown()
    known = _lacking(version, [each for each in frames if version.first <= each <= version.last]) if version else []
    if version is not None and known and record.jobs(version, nuke.views()):
        # A job that is not known any more is asked for anew below.
        finish(Running(agent.current(), node, follow=version, among=(min(known), max(known)), records=False))
    lacking = _lacking(version, frames) if version is not None else list(frames)
    if lacking:
        wish = _wish(node, version, lacking)
        for pin in node.inputs():
            _prepare(node.group.input(pin.index), frames_sent(node, pin, wish))
        run = finish(Running(agent.current(), node, wish, records=version is None))
        if run.error is not None:
            raise run.error
        version = version or run.version
    if version is not None and not set(frames) <= node.there():
        widened = replace(version, first=min(version.first, *frames), last=max(version.last, *frames))
        node.add_version(widened)
        node.show(widened, frames_there(widened))


def _wish(node: Node, version: Version | None, lacking: Sequence[int]) -> Wish:
    if version is None:
        return Wish.of(node, min(lacking), max(lacking))
    if version.first <= min(lacking) and max(lacking) <= version.last:
        # The very same request is the one that the server's ledger knows.
        return Wish.again(version, version.first, version.last)
    return Wish.again(version, min(lacking), max(lacking))


def _lacking(version: Version, frames: Sequence[int]) -> list[int]:
    there = set(frames_in(version.outputs, frames, nuke.views()))
    return [frame for frame in frames if frame not in there]
