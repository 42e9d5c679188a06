"""What is asked for: a node's knobs or a version's record, and what feeds the inputs, as `submit` takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nuke

from replate_host import AgentError
from replate_host.versions import Version, now
from replate_nuke.nodes import Node, Pin
from replate_nuke.work import folders, keyed, results, special
from replate_nuke.work.sending import Feed, full_size
from replate_nuke.work.upstream import digest, direct
from replate_nuke.work.upstream import results as results_of

_NEIGHBOURS: Mapping[str, tuple[str, int]] = {"flow": ("plate", 1), "upscale": ("plate", 6)}
"""By operation: frames on each side of those asked for that are looked at, too, where that input is connected."""
_TWINS: Mapping[str, tuple[str, ...]] = {"mattes": ("mattes", "matte")}
"""By role: names of outputs that are what the role wants; else its own."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants, before anything was looked at."""

    model: str
    parameters: Mapping[str, Any]
    seed: int
    first: int
    last: int
    priority: str = "normal"
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Where the frames must go, by output; empty for a place of their own."""

    @classmethod
    def of(cls, node: Node, first: int, last: int, priority: str = "normal", seed: int | None = None) -> Wish:
        """As the node's knobs stand. Raises `AgentError` for what cannot be asked for."""
        if last < first:
            raise AgentError("BadRequest", f"The range {first}-{last} ends before it begins; turn it around.")
        chosen = node.seed if seed is None else seed
        return cls(node.model, node.parameters(), chosen, first, last, priority)

    @classmethod
    def again(cls, version: Version, first: int, last: int) -> Wish:
        """As a version's record says, into its files."""
        return cls(version.model, version.parameters, version.seed, first, last, outputs=version.outputs)


@dataclass(frozen=True)
class Plan:
    """A wish with its inputs looked at."""

    node: Node
    wish: Wish
    views: tuple[str, ...]
    feeds: tuple[Feed, ...]
    links: Mapping[str, Mapping[str, str]]
    """By role: another job's output that serves as the input, its pixels on the server already."""
    outputs: Mapping[str, str]
    """By output: the pattern of the files."""

    @classmethod
    def of(cls, node: Node, wish: Wish) -> Plan:
        """Looks at what feeds the node. Raises `AgentError` for an input that is missing or has no result to show."""
        lacking = [label for label in node.missing() if not special.does_without(node, label)]
        if lacking:
            raise AgentError("Unmet", f"Connect the input {' and the input '.join(lacking)}.")
        views = tuple(nuke.views())[:1] if special.of(node) is not None else tuple(nuke.views())
        pins = node.inputs()
        links = {pin.role: link for pin in pins for link in [_link(node, pin, wish, views)] if link is not None}
        with full_size():
            # In proxy mode a Read names another file than the one that is sent.
            feeds = tuple(
                Feed.of(node, pin, frames_sent(node, pin, wish), views) for pin in pins if pin.role not in links
            )
        for feed in feeds:
            _check_shown(feed)
        outputs = wish.outputs or _places(node, wish, feeds, links, views)
        return cls(node, wish, views, feeds, links, outputs)

    def version(self, number: int) -> Version:
        """The record that the node keeps of it."""
        wish = self.wish
        digests = {feed.pin.role: feed.upstream.digest for feed in self.feeds}
        return Version(
            number,
            self.node.operation,
            wish.model,
            wish.first,
            wish.last,
            wish.seed,
            wish.parameters,
            {**digests, **{role: f"job:{link['job']}/{link['output']}" for role, link in self.links.items()}},
            self.outputs,
            now(),
        )

    def there(self) -> bool:
        """Whether all that is asked for lies on disk already."""
        wanted = range(self.wish.first, self.wish.last + 1)
        return set(wanted) <= set(results.frames_in(self.outputs, wanted, self.views))

    def params(self, view: str) -> dict[str, Any]:
        """What the agent is asked: one job a view."""
        wish = self.wish
        inputs: dict[str, Any] = {feed.pin.role: feed.picture(view) for feed in self.feeds}
        return {
            "operation": self.node.operation,
            "model": wish.model,
            "parameters": dict(wish.parameters),
            "inputs": {**inputs, **{role: dict(link) for role, link in self.links.items()}},
            "outputs": outputs_of(self.outputs, view),
            "range": [wish.first, wish.last],
            "seed": wish.seed,
            "title": _title(self.node),
            "priority": wish.priority,
        }


def _title(node: Node) -> str:
    """What lists of jobs show: "sh010_comp_v003 Restyle1"."""
    return f"{Path(str(nuke.root()['name'].value())).stem} {node.name}".strip()[:200]


def outputs_of(outputs: Mapping[str, str], view: str) -> dict[str, str]:
    """The patterns of one view."""
    return {name: folders.of_view(pattern, view) for name, pattern in outputs.items()}


def frames_sent(node: Node, pin: Pin, wish: Wish) -> Sequence[int]:
    """The frames of an input to send: those asked for, what is looked at beside them, and all up to where prompts are
    and the keyframes that the range is painted by.

    Of a still it is the one at the start of the node's range, whatever part of that is asked for: a preview, or what a
    farm has made beyond the artist's frames, is made with the same picture as the rest.
    """
    if pin.kind == "still":
        return (node.first,)
    keys = keyed.leading(node, wish.first, wish.last)
    if pin.kind == keyed.KIND:
        return keys
    role, aside = _NEIGHBOURS.get(node.operation, ("", 0))
    if role not in {each.role for each in node.inputs()}:
        aside = 0
    placed = [*keys, *(int(each["frame"]) for value in wish.parameters.values() for each in _prompts(value))]
    first, last = min([wish.first - aside, *placed]), max([wish.last + aside, *placed])
    plate = node.group.input(0)
    if plate is not None and aside:
        # Beyond its ends a plate repeats itself or is black, and a result is not there: no neighbours to look at.
        before, after = range(first, wish.first), range(wish.last + 1, last + 1)
        known = range(int(plate.firstFrame()), int(plate.lastFrame()) + 1)
        lacking = {frame for result in results_of(plate) for frame in result.lacks([*before, *after])}
        first = min([wish.first, *(frame for frame in before if frame in known and frame not in lacking)])
        last = max([wish.last, *(frame for frame in after if frame in known and frame not in lacking)])
    return range(first, last + 1)


def _prompts(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict) and "frame" in each] if isinstance(value, list) else []


def _link(node: Node, pin: Pin, wish: Wish, views: Sequence[str]) -> Mapping[str, str] | None:
    """The output of another node's finished job, where the pin wants just that and nothing changes it between.

    Not for the stream itself, which has more in it than a result.
    """
    other = direct(node.group.input(pin.index)) if pin.kind == "any" and pin.index else None
    version = other.shown() if other is not None else None
    if version is None or version.state != "done" or not version.job or len(views) > 1:
        return None
    output = next((name for name in _TWINS.get(pin.role, (pin.role,)) if name in version.outputs), None)
    if output is None or not (version.first <= wish.first and wish.last <= version.last):
        return None
    return {"job": version.job, "output": output}


def _check_shown(feed: Feed) -> None:
    """What would be sent is what is seen: a node of Replate's upstream must have been processed."""
    for result in feed.upstream.results:
        lacking = result.lacks(feed.frames)
        if lacking:
            raise AgentError(
                "Unmet",
                f"{result.node.name}, which feeds the {feed.pin.role}, has no result at frame {lacking[0]}: "
                "process it first, or disable it.",
            )


def _places(
    node: Node, wish: Wish, feeds: Sequence[Feed], links: Mapping[str, Mapping[str, str]], views: Sequence[str]
) -> dict[str, str]:
    """A folder named by all that makes the pixels: who asks for the same finds the same files."""
    chosen = node.chosen
    asked = [node.operation, wish.model, chosen.revision if chosen is not None else "", str(wish.seed)]
    asked += [json.dumps(dict(wish.parameters), sort_keys=True), f"{wish.first}-{wish.last}"]
    for feed in feeds:
        asked += [feed.pin.role, feed.upstream.digest, *(f"{frame} {state}" for frame, state in feed.states.items())]
    asked += [f"{role} {json.dumps(dict(link), sort_keys=True)}" for role, link in links.items()]
    name = digest(asked)
    other = special.of(node)
    if other is not None:
        return other.outputs(f"{folders.folder()}/results/{name}", node)
    return {out.name: folders.result_pattern(name, out.name, views) for out in node.outputs()}
