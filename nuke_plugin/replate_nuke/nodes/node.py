"""A node of Replate's: a Group, and what its knobs say. What a node *does* is in `replate_nuke.work`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, cast

import nuke

from replate_host import Preview
from replate_host import versions as kept
from replate_host.catalog import Catalog, Model, Operation
from replate_host.versions import Version
from replate_nuke.nodes import choices, exr, inside, knobs, rules, there
from replate_nuke.nodes.controls import MAKING
from replate_nuke.nodes.undo import unrecorded

GONE = (ValueError, RuntimeError)
"""What Nuke raises for a node that was deleted: one or the other, by its version."""


@dataclass(frozen=True)
class Pin:
    """An input that something is connected to."""

    role: str
    kind: str
    """"plate", "matte", "still" (one frame), "any" (colour or data) or "keys" (finished pictures of some frames)."""
    index: int
    """Of the Group's input."""
    input: nuke.Node
    """The Input inside."""
    write: nuke.Node
    """The Write inside; its `file` is empty until it is sent."""
    data: bool
    """Never colour-managed."""
    channels: tuple[str, ...]
    """Those that are needed of data, by Nuke's names ("depth.Z", "dog.alpha"); empty for all that there are."""


@dataclass(frozen=True)
class Out:
    """A result and where it comes back."""

    name: str
    data: bool
    channels: tuple[str, ...]
    """As in the files; empty when they follow the plate or the prompts."""
    read: nuke.Node
    """The Read inside."""


class Node:
    """A Group of Replate's. Nothing is kept here: all of it is in the Group's knobs, and so in the script."""

    def __init__(self, group: nuke.Group) -> None:
        """Of a Group that `Node.of` knows, or that is being built."""
        self.group = group

    @classmethod
    def of(cls, node: nuke.Node | None) -> Node | None:
        """None where it is no node of Replate's."""
        if isinstance(node, nuke.Group) and node.knob("replate") and node.knob("card"):
            return cls(node)
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.group == other.group

    def __hash__(self) -> int:
        return hash(self.group)

    @property
    def name(self) -> str:
        """With the Groups that it lies in: "Group1.Restyle1"."""
        return str(self.group.fullName())

    @property
    def card(self) -> Catalog:
        """The catalog of its operation, as when it was made or last refreshed."""
        return Catalog.of(json.loads(self.group["card"].value()))

    @property
    def kind(self) -> Operation:
        """Its operation, as the card has it."""
        return self.card.operations[0]

    @property
    def operation(self) -> str:
        return str(self.group["operation"].value())

    @property
    def chosen(self) -> Model | None:
        """The chosen model, as the card has it."""
        return choices.model(self.card, str(self.group["model"].value()))

    @property
    def model(self) -> str:
        """The chosen model's name; empty for the operation's default."""
        chosen = self.chosen
        return chosen.name if chosen is not None else ""

    @property
    def seed(self) -> int:
        return int(self.group["seed"].value())

    @property
    def first(self) -> int:
        return int(self.group["first"].value())

    @property
    def last(self) -> int:
        return int(self.group["last"].value())

    def parameters(self) -> dict[str, Any]:
        """By name, as the agent's `submit` takes them; prompts with their origin at the top left."""
        return knobs.values(self.group, choices.parameters(self.card, self.chosen))

    def inputs(self) -> list[Pin]:
        """The connected ones, in the catalog's order."""
        found = []
        for role in self.kind.inputs:
            source, write = self.group.node(role.name), self.group.node(inside.write_name(role.name))
            if source is None or write is None:
                continue
            index = int(source["number"].value())
            upstream = self.group.input(index)
            if upstream is None:
                continue
            patterns = rules.of(self.operation).channels.get(role.name, ())
            channels = rules.wanted(upstream.channels(), patterns) if patterns else ()
            data = role.kind in ("any", "matte")
            found.append(Pin(role.name, role.kind, index, source, write, data, channels))
        return found

    def missing(self) -> list[str]:
        """The labels of inputs that a job for the chosen model needs and nothing is connected to."""
        connected, chosen = {pin.role for pin in self.inputs()}, self.chosen
        needed = [role for role in self.kind.inputs if (chosen.requires(role) if chosen else role.required)]
        return [role.label for role in needed if role.name not in connected]

    def outputs(self) -> list[Out]:
        found = []
        for output in self.kind.outputs:
            read = self.group.node(inside.read_name(output.name))
            if read is not None:
                found.append(Out(output.name, output.data, output.channels, read))
        return found

    @property
    def versions(self) -> tuple[Version, ...]:
        """The results so far, in the order of their numbers."""
        return kept.loads(str(self.group["versions"].value()))

    def next_number(self) -> int:
        return kept.next_number(self.versions)

    def add_version(self, version: Version) -> None:
        """Keeps a version, or what is newly known of one with the same number. What is looked at stays."""
        with unrecorded():
            others = [each for each in self.versions if each.number != version.number]
            self.keep_versions([*others, version], self.shown())

    def keep_versions(self, versions: Iterable[Version], shown: Version | None) -> None:
        """All that there are, in place of those before, and which of them is looked at."""
        ordered = sorted(versions, key=lambda each: each.number)
        self.group["versions"].setValue(kept.dumps(ordered))
        self._menu.setValues(choices.version_items(ordered))
        self._mark(shown)

    def shown(self) -> Version | None:
        """The version that is looked at."""
        number = choices.version_number(str(self.group["version"].value()))
        return next((each for each in self.versions if each.number == number), None)

    def show(self, version: Version | None, frames: Iterable[int] = ()) -> None:
        """Looks at a version, of which these frames are on disk; at the plate with None."""
        with unrecorded():
            self._mark(version)
            if version is not None:
                for out in self.outputs():
                    _point(out.read, version.outputs.get(out.name, ""), version.first, version.last)
            there.put(self.group["there"], frames if version is not None else ())
            self._join()

    def arrived(self, frame: int) -> None:
        """A frame of the version that is looked at lies on disk, all outputs and views of it."""
        with unrecorded():
            before = self.there()
            there.put(self.group["there"], before | {frame})
            if not before:
                # Which channels a result has is known with its first frame.
                self._join()
            for out in self.outputs():
                cast(nuke.Script_Knob, out.read["reload"]).execute()

    def there(self) -> set[int]:
        """The frames of the version that is looked at that are on disk, as far as the script knows."""
        return there.frames(self.group["there"])

    def tell(self, text: str) -> None:
        """The status line."""
        with unrecorded():
            # Without a word in it, Nuke draws a line.
            self.group["status"].setValue(text or " ")

    def sketch(self, preview: Preview | None) -> None:
        """Shows how a frame looks that is being made; nothing with None."""
        knob = self.group.knob(MAKING)
        # A node of an earlier Replate has no place for it.
        if knob is not None:
            with unrecorded():
                knob.setValue(
                    f'<img src="{escape(preview.path)}"><br>frame {preview.number}' if preview is not None else " "
                )
                knob.setVisible(preview is not None)

    @property
    def _menu(self) -> nuke.Enumeration_Knob:
        return cast(nuke.Enumeration_Knob, self.group["version"])

    def _mark(self, version: Version | None) -> None:
        number = version.number if version is not None else None
        items = list(self._menu.values())
        self._menu.setValue(next((each for each in items if choices.version_number(each) == number), items[0]))

    def _join(self) -> None:
        frames = self.there()
        found = {}
        for out in self.outputs():
            if frames and not out.channels:
                # Its only backslashes are those before brackets.
                file = exr.path(str(out.read["file"].value()), min(frames), nuke.views()[0]).replace("\\", "")
                found[out.name] = [inside.nuke_name(channel) for channel in exr.channels(file)]
        inside.join(self.group, self.kind, found)


def all_nodes() -> list[Node]:
    """All of Replate's nodes in the script, those in other Groups too."""
    groups = nuke.allNodes("Group", nuke.root(), True)
    return [node for node in map(Node.of, groups) if node is not None]


def _point(read: nuke.Node, pattern: str, first: int, last: int) -> None:
    read["file"].setValue(inside.for_nuke(pattern))
    for knob, frame in (("first", first), ("last", last), ("origfirst", first), ("origlast", last)):
        read[knob].setValue(frame)
    read["origset"].setValue(True)
