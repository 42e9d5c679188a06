"""Groups of nodes, the root among them; and nodes that can more than others."""

from __future__ import annotations

from typing import Any

from nuke._formats import Format
from nuke._nodes import Node
from nuke._ranges import FrameRange
from nuke._session import session


class Group(Node):
    """Nodes in a node. `with group:` makes and finds nodes in it."""

    def __init__(self, kind: str, group: Group | None) -> None:
        super().__init__(kind, group)
        self._nodes: list[Node] = []

    def begin(self) -> Group:
        session.begun.append(self)
        return self

    def end(self) -> None:
        if not session.begun or session.begun[-1] is not self:
            raise RuntimeError(f"{self.name()}.end() without its begin()")
        session.begun.pop()

    def __enter__(self) -> Group:
        return self.begin()

    def __exit__(self, *failure: Any) -> None:
        self.end()

    def run(self, call: Any) -> Any:
        with self:
            return call()

    def nodes(self) -> list[Node]:
        return list(reversed(self._nodes))

    def numNodes(self) -> int:
        return len(self._nodes)

    def node(self, s: str) -> Node | None:
        """By its name in the group: "Blur1", or deeper: "Group1.Blur1"."""
        found: Node | None = self
        for part in s.split("."):
            inside = found._nodes if isinstance(found, Group) else []
            found = next((each for each in inside if each.name() == part), None)
        return found

    def output(self) -> Node | None:
        return next((each for each in self._nodes if each.Class() == "Output"), None)

    def selectedNodes(self) -> list[Node]:
        return [each for each in self.nodes() if each.isSelected()]

    def selectedNode(self) -> Node | None:
        return next(iter(self.selectedNodes()), None)

    def locked(self) -> bool:
        return False

    def subgraphLocked(self) -> bool:
        return False

    def maxInputs(self) -> int:
        return len(self._pins())

    def minInputs(self) -> int:
        return self.maxInputs()

    def maxOutputs(self) -> int:
        return 1 if self.output() is not None else 0

    def _context(self) -> Group:
        return self

    def _pins(self) -> list[Node]:
        """Its Input nodes, in the order of its inputs."""
        return sorted(
            (each for each in self._nodes if each.Class() == "Input"), key=lambda pin: float(pin["number"].value())
        )

    def _walk(self) -> list[Node]:
        """All nodes in it, deeper ones too."""
        found: list[Node] = []
        for each in self._nodes:
            found.append(each)
            if isinstance(each, Group):
                found += each._walk()
        return found

    def _free(self, name: str, for_: Node | None = None) -> str:
        """The name, with a number of its own when another node has it."""
        taken = {each.name() for each in self._nodes if each is not for_}
        stem = name.rstrip("0123456789") or name
        number = 1
        while name in taken:
            name = f"{stem}{number}"
            number += 1
        return name


class Root(Group):
    def __init__(self) -> None:
        super().__init__("Root", None)
        self._modified = False

    def name(self) -> str:
        return str(self["name"].value()) or "Root"

    def fullName(self) -> str:
        return "root"

    def modified(self) -> bool:
        return self._modified

    def setModified(self, modified: bool) -> None:
        self._modified = bool(modified)

    def _touch(self) -> None:
        if not session.quiet:
            self._modified = True

    def firstFrame(self) -> int:
        return int(self["first_frame"].value())

    def lastFrame(self) -> int:
        return int(self["last_frame"].value())

    def frameRange(self) -> FrameRange:
        return FrameRange(self.firstFrame(), self.lastFrame(), 1)

    def fps(self) -> int:
        return int(self["fps"].value())

    def realFps(self) -> float:
        return float(self["fps"].value())

    def format(self) -> Format:
        return self["format"].value()  # type: ignore[no-any-return]

    def setFrame(self, frame: float) -> None:
        session.current = float(frame)
        self["frame"].setValue(float(frame))

    def channels(self) -> list[str]:
        return sorted({channel for channels in session.layers.values() for channel in channels})

    def layers(self) -> list[str]:
        return list(session.layers)

    def opHashes(self) -> list[int]:
        return []


class Viewer(Node):
    pass


class BackdropNode(Node):
    def getNodes(self) -> list[Node]:
        left, top = self.xpos(), self.ypos()
        right, bottom = left + self["bdwidth"].value(), top + self["bdheight"].value()
        others = self._group._nodes if self._group is not None else []
        return [
            each
            for each in others
            if each is not self and left <= each.xpos() <= right and top <= each.ypos() <= bottom
        ]


KINDS: dict[str, type[Node]] = {"Group": Group, "Viewer": Viewer, "BackdropNode": BackdropNode}
