"""Nodes as a script's text, and knobs back from it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import nk

from nuke import _classes, _defaults
from nuke._knobs import Knob
from nuke._session import LAYERS, session
from nuke._texts import Text_Knob

if TYPE_CHECKING:
    from nuke._nodes import Node

_LAST = ("name", "tile_color", "selected", "xpos", "ypos")
_FIRST = ("file", "file_type")
"""A file's type decides which knobs there are."""


def script(version: str) -> str:
    """The whole script."""
    lines = ["#! /usr/local/Nuke -nx", f"version {version}", "Root {", " inputs 0"]
    lines += [f" {line}" for line in knob_lines(session.root)]
    lines.append("}")
    lines += layer_lines()
    lines += node_lines(session.root._nodes, "")
    return "\n".join(lines) + "\n"


def copied(nodes: Sequence[Node], version: str) -> str:
    """Some nodes of one group, as the clipboard has them."""
    head = ["set cut_paste_input [stack 0]", f"version {version}", "push $cut_paste_input"]
    return "\n".join([*head, *layer_lines(), *node_lines(nodes, "")]) + "\n"


def layer_lines() -> list[str]:
    return [f"add_layer {{{name} {' '.join(session.layers[name])}}}" for name in session.layers if name not in LAYERS]


def node_lines(nodes: Sequence[Node], indent: str, numbers: Iterator[int] | None = None) -> list[str]:
    """The nodes, what one hangs on before it; `push` where it does not lie on top of the stack."""
    numbers = numbers or itertools.count(1)
    ordered = _ordered(nodes)
    stacked = {node: _stacked(node, set(nodes)) for node in ordered}
    asked = _asked_for(ordered, stacked)
    variables: dict[Node, str] = {}
    lines: list[str] = []
    top: Node | None = None
    for node in ordered:
        plain, mask = stacked[node]
        if not _lies_on_top([*plain, *mask], top):
            lines += [
                f"{indent}push ${variables[each]}" if each else f"{indent}push 0" for each in (*mask, *plain[::-1])
            ]
        lines.append(f"{indent}{node.Class()} {{")
        count = f"{len(plain)}+1" if mask else str(len(plain))
        lines += [f"{indent} inputs {count}"] if count != "1" else []
        lines += [f"{indent} {line}" for line in knob_lines(node)]
        lines.append(f"{indent}}}")
        if hasattr(node, "_nodes"):
            lines += node_lines(node._nodes, indent + " ", numbers)
            lines.append(f"{indent}end_group")
        if node in asked:
            variables[node] = f"N{next(numbers)}"
            lines.append(f"{indent}set {variables[node]} [stack 0]")
        top = node
    return lines


def knob_lines(node: Node, everything: bool = False) -> list[str]:
    """What the braces of a node hold, a knob a line."""
    for name in sorted(_defaults.names() & _classes.available(node).keys()):
        node.knob(name)
    known = [knob for knob in node._made.values() if knob.name() in _classes.available(node)]
    written = [knob for knob in known if everything or knob._written() or knob.name() in ("name", "xpos", "ypos")]
    if node.Class() == "Root":
        written = [knob for knob in written if knob.name() not in ("xpos", "ypos")]
    lines = [_line(knob) for knob in sorted(written, key=_rank) if knob._value is not None]
    for knob in node._own.values():
        lines.append(f"addUserKnob {{{knob._definition()}}}")
        if (everything and knob._value is not None and not isinstance(knob, Text_Knob)) or knob._written():
            lines.append(_line(knob))
    return lines


def read_knobs(node: Node, words: Sequence[str]) -> None:
    """Knobs as words of a script, name and text in turn. Raises `NameError` for one that the node does not have."""
    if len(words) % 2:
        raise ValueError(f"{node.Class()}: knobs are said as name and value in turn")
    pairs = list(zip(words[::2], words[1::2]))
    for name, text in [
        *(each for each in pairs if each[0] in _FIRST),
        *(each for each in pairs if each[0] not in _FIRST),
    ]:
        if name == "addUserKnob":
            define(node, [nk.user_knob(text)])
        elif name != "inputs":
            node[name].fromScript(text)


def define(node: Node, user: Iterable[nk.UserKnob]) -> None:
    """Adds the user knobs that a script defines; one that is there already stays."""
    for each in user:
        if not each.name or node.knob(each.name) is None:
            knob = _classes.defined(each)
            node._keep(each.name or f" {len(node._own)}", knob)


def _line(knob: Knob) -> str:
    return f"{nk.word(knob.name())} {knob._word() or '{}'}"


def _rank(knob: Knob) -> tuple[int, str]:
    name = knob.name()
    if name in _FIRST:
        return (0, str(_FIRST.index(name)))
    return (2, str(_LAST.index(name))) if name in _LAST else (1, name)


_Stacked = tuple[list["Node | None"], list["Node | None"]]
"""A node's plain inputs, and its mask if it has one."""


def _stacked(node: Node, wanted: set[Node]) -> _Stacked:
    inputs = [each if each in wanted else None for each in node._inputs]
    place = node.optionalInput()
    if not 0 <= place < len(inputs):
        return inputs, []
    mask = inputs[place]
    return inputs[:place] + inputs[place + 1 :], [] if mask is None else [mask]


def _lies_on_top(pushed: list[Node | None], top: Node | None) -> bool:
    return not pushed or (pushed == [top] and top is not None)


def _asked_for(ordered: list[Node], stacked: dict[Node, _Stacked]) -> set[Node]:
    """Nodes that are pushed by name somewhere."""
    asked: set[Node] = set()
    top: Node | None = None
    for node in ordered:
        pushed = [*stacked[node][0], *stacked[node][1]]
        if not _lies_on_top(pushed, top):
            asked.update(each for each in pushed if each is not None)
        top = node
    return asked


def _ordered(nodes: Sequence[Node]) -> list[Node]:
    wanted, done, order = set(nodes), set(), []

    def visit(node: Node) -> None:
        if node in done or node not in wanted:
            return
        done.add(node)
        for each in reversed(node._inputs):
            if each is not None:
                visit(each)
        order.append(node)

    for node in nodes:
        visit(node)
    return order
