"""Nuke's scripts: Tcl text that builds a node graph on a stack.

Read by Tcl itself, with every command of its own taken away but `set`: what a script may say is a node's class
with its knobs, and the few words that move the stack (`push`, `stack`, `set`, `end_group`, `clone`). Shared by the
module that stands in for `nuke` and by the engine that renders; nothing but the standard library.
"""

from __future__ import annotations

import re
import threading
import tkinter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

GROUPS = frozenset({"Group", "Gizmo"})
"""Classes whose nodes follow until `end_group`."""

MASKS = {"Merge2": 2}
"""Which input is the mask, where it is not the last: `inputs 3+1` names the plain ones first."""


class ScriptError(ValueError):
    """The text is no script of Nuke's."""


@dataclass(frozen=True)
class UserKnob:
    """`addUserKnob {4 style l Style t "How" M {a b} +INVISIBLE}`: a knob that this node alone has."""

    id: int
    name: str
    label: str | None = None
    tooltip: str = ""
    text: str = ""
    """`T`: a button's script, a text's words, a link's target."""
    menu: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    group: int = 0
    """`n`, of a tab: 1 begins a group, 2 a closed one, -1 ends it."""
    flags: tuple[str, ...] = ()
    """With their sign: "+INVISIBLE", "-STARTLINE"."""


@dataclass(eq=False)
class Node:
    kind: str
    knobs: dict[str, str] = field(default_factory=dict)
    """Texts, as the Tcl words say: a curve is `{curve K x1 0}`, a colour `1 0.5 0`. User knobs' values too."""
    user: list[UserKnob] = field(default_factory=list)
    inputs: list[Node | None] = field(default_factory=list)
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    clone: Node | None = None
    """Whose knobs these are."""

    @property
    def name(self) -> str:
        return self.knobs.get("name", "")

    @property
    def path(self) -> str:
        """`Group1.Blur1`; a Root's is "root"."""
        if self.parent is None:
            return "root"
        return self.name if self.parent.parent is None else f"{self.parent.path}.{self.name}"

    def child(self, name: str) -> Node | None:
        return next((each for each in self.children if each.name == name), None)

    def walk(self) -> Iterator[Node]:
        """Itself and all that is in it."""
        yield self
        for each in self.children:
            yield from each.walk()


@dataclass
class Script:
    root: Node
    version: str = ""
    layers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What `add_layer` says: "depth" -> ("depth.Z",)."""

    @property
    def nodes(self) -> list[Node]:
        return self.root.children

    def node(self, path: str) -> Node:
        """By its full name: "Restyle1.send_plate". Raises `ScriptError` when there is none."""
        found: Node | None = self.root
        if path != "root":
            for name in path.split("."):
                found = found.child(name) if found else None
        if found is None:
            raise ScriptError(f"there is no node {path} in the script")
        return found


def loads(text: str, below: Node | None = None) -> Script:
    """Reads a script, or what was copied from one.

    `below` lies on the stack when the text begins: the node that a paste is connected to.
    Raises `ScriptError` for anything that Nuke would not have written.
    """
    return _Reader(below).read(text)


def split(text: str) -> list[str]:
    """The words of a Tcl list, one level: `{a b} "c d" e` -> ["a b", "c d", "e"]."""
    try:
        return [str(word) for word in _tcl().splitlist(text)]
    except tkinter.TclError as error:
        raise ScriptError(f"{text[:60]!r} is no Tcl list: {error}") from None


_BARE = re.compile(r"[\w./:%+*,<>=!?@^|~&'#()\-]+", re.ASCII)
_ESCAPES = {
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\\": "\\\\",
    '"': '\\"',
    "[": "\\[",
    "{": "\\{",
    "}": "\\}",
    "$": "\\$",
}


def word(text: str) -> str:
    """A text as one word of Tcl, the way Nuke writes it: bare, or in quotes with escapes."""
    if _BARE.fullmatch(text) and not text.startswith("#"):
        return text
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in text) + '"'


def words(values: Iterable[str]) -> str:
    """A Tcl list of these words."""
    return " ".join(word(value) for value in values)


def user_knob(text: str) -> UserKnob:
    """Reads what stands in the braces of `addUserKnob`."""
    id_, name, *rest = [*split(text), ""] if len(split(text)) == 1 else split(text)
    told: dict[str, str] = {}
    flags: list[str] = []
    span: tuple[float, float] | None = None
    queue = iter(rest)
    for sign in queue:
        if sign[:1] in "+-" and sign[1:].isupper():
            flags.append(sign)
        elif sign == "R":
            span = (float(next(queue)), float(next(queue)))
        elif sign in ("l", "t", "T", "M", "n"):
            told[sign] = next(queue, "")
        else:
            raise ScriptError(f"addUserKnob {{{text}}} says {sign}, which Nuke does not")
    menu = split(told.get("M", ""))
    while menu and not menu[-1]:  # Nuke itself leaves empty entries behind.
        menu.pop()
    return UserKnob(
        id=int(id_),
        name=name,
        label=told.get("l"),
        tooltip=told.get("t", ""),
        text=told.get("T", ""),
        menu=tuple(menu),
        range=span,
        group=int(told.get("n", 0)),
        flags=tuple(flags),
    )


_NO_NODE = "0"
_WORDS = {"end_group": 0, "clone": 2}
"""How many follow a command; one after all others."""
_KEPT = frozenset({"set"})
_threads = threading.local()


def _tcl() -> tkinter.Tk:
    """An interpreter belongs to the thread that made it."""
    if not hasattr(_threads, "tcl"):
        _threads.tcl = tkinter.Tcl()
    return _threads.tcl  # type: ignore[no-any-return]


class _Reader:
    """One reading: the stack, the group one is in, and the names that `set` gave to nodes."""

    def __init__(self, below: Node | None) -> None:
        self._script = Script(Node("Root"))
        self._inside = self._script.root
        self._stacks: list[list[Node | None]] = [[below] if below else []]
        self._known: list[Node] = [below] if below else []

    def read(self, text: str) -> Script:
        interpreter = tkinter.Tcl()
        for command in interpreter.splitlist(interpreter.eval("info commands")):
            if command not in _KEPT and command != "rename":
                interpreter.eval(f"rename {{{command}}} {{}}")
        failures: list[ScriptError] = []

        def told(*line: str) -> str:
            # Tcl would keep of an exception that it was one.
            try:
                return self._line(*line)
            except ScriptError as error:
                failures.append(error)
                raise

        interpreter.createcommand("unknown", told)
        interpreter.eval("rename rename {}")
        try:
            interpreter.eval(text)
        except (tkinter.TclError, ScriptError) as error:
            raise failures[0] if failures else ScriptError(f"the script is no Tcl: {error}") from None
        if self._inside is not self._script.root:
            raise ScriptError(f"the group {self._inside.path} has no end_group")
        return self._script

    def _line(self, command: str, *arguments: str) -> str:
        expected = _WORDS.get(command, 1)
        if command != "version" and len(arguments) != expected:
            raise ScriptError(f"{command} has {len(arguments)} words after it, and not {expected}")
        if command == "push":
            self._stacks[-1].append(self._named(arguments[0]))
        elif command == "stack":
            return self._token(int(arguments[0]))
        elif command == "end_group":
            self._end_group()
        elif command == "clone":
            self._clone(*arguments)
        elif command == "add_layer":
            name, *channels = split(arguments[0])
            self._script.layers[name] = tuple(channels)
        elif command == "version":
            self._script.version = " ".join(arguments)
        elif command != "define_window_layout_xml":
            self._node(command, arguments[0])
        return ""

    def _token(self, depth: int) -> str:
        stack = self._stacks[-1]
        node = stack[-1 - depth] if depth < len(stack) else None
        return _NO_NODE if node is None else f"node{self._known.index(node)}"

    def _named(self, token: str) -> Node | None:
        if token == _NO_NODE:
            return None
        if not re.fullmatch(r"node\d+", token):
            raise ScriptError(f"push {token}: that is no node of the script")
        return self._known[int(token[4:])]

    def _end_group(self) -> None:
        if self._inside.parent is None:
            raise ScriptError("end_group stands where no group is open")
        self._inside = self._inside.parent
        self._stacks.pop()

    def _clone(self, token: str, body: str) -> None:
        of = self._named(token)
        if of is None:
            raise ScriptError("clone names no node")
        self._node(of.kind, body, clone=of)

    def _node(self, kind: str, body: str, clone: Node | None = None) -> None:
        node = self._script.root if kind == "Root" else Node(kind, parent=self._inside, clone=clone)
        if clone is not None:
            node.knobs.update({name: text for name, text in clone.knobs.items() if name not in ("xpos", "ypos")})
            node.user = list(clone.user)
        _body(node, body)
        taken = node.knobs.pop("inputs", "1")
        if kind == "Root":
            return
        node.inputs = self._inputs(kind, taken)
        self._inside.children.append(node)
        self._known.append(node)
        self._stacks[-1].append(node)
        if kind in GROUPS:
            self._inside = node
            self._stacks.append([])

    def _inputs(self, kind: str, taken: str) -> list[Node | None]:
        """The first input lies on top. `2+1`: two, and the mask."""
        plain, plus, masks = taken.partition("+")
        stack = self._stacks[-1]
        inputs = [stack.pop() if stack else None for _ in range(int(plain) + int(masks or 0))]
        place = MASKS.get(kind)
        if place is not None:
            mask = inputs.pop() if plus else None
            if mask is not None or len(inputs) > place:
                inputs[place:place] = [mask]
        while inputs and inputs[-1] is None:
            inputs.pop()
        return inputs


def _body(node: Node, body: str) -> None:
    told = split(body)
    if len(told) % 2:
        raise ScriptError(f"{node.kind} {{{body[:60]}...}} has a knob without a value")
    for name, text in _pairs(told):
        if name == "addUserKnob":
            added = user_knob(text)
            node.user = [each for each in node.user if each.name != added.name or not added.name] + [added]
        else:
            node.knobs[name] = text


def _pairs(told: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(told[::2], told[1::2])
