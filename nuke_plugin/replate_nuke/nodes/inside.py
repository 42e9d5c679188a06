"""What is inside a node's Group: what is sent of its inputs, and the results joined to its stream.

    plate ----+------------------------------- shown (Switch) ---- Output1
              |  send_plate                       |
              +---- join_1 ---- join_2 -----------+
    result_depth ---^   result_motion -^

The Switch's `which` is the Group's knob `there`. Which frames have a result stands in the script, and so it
renders without the plugin, headless too. Names of the nodes are public: scripts keep them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import nuke

from replate_host import AgentError
from replate_host.catalog import Input, Operation, Output
from replate_nuke.nodes import rules

STEP = 80
"""Between two nodes of the graph inside, in Nuke's units."""

COLOURS = ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")


def build(group: nuke.Group, operation: Operation) -> None:
    """Fills an empty Group, or adds to one what the operation did not have when it was made."""
    rule = rules.of(operation.name)
    with group:
        for role in operation.inputs:
            if group.node(role.name) is None:
                # Behind those that scripts have connected, wherever the catalog has it.
                _sent(operation, role, group.maxInputs())
        if not rule.scene:
            for index, output in enumerate(operation.outputs):
                if group.node(read_name(output.name)) is None:
                    _result(operation, output, index + len(operation.inputs))
        if group.node("Output1") is None:
            end = base(group, operation)
            if not rule.scene:
                end = nuke.nodes.Switch(name="shown", xpos=0, ypos=6 * STEP)
                end["which"].setExpression("parent.there")
            nuke.nodes.Output(name="Output1", xpos=0, ypos=8 * STEP).setInput(0, end)
    join(group, operation, {})


def base(group: nuke.Group, operation: Operation) -> nuke.Node:
    """The Input whose stream goes through the node: its first."""
    return need(group, operation.inputs[0].name)


def join(group: nuke.Group, operation: Operation, found: Mapping[str, Sequence[str]]) -> None:
    """Joins the results to the stream.

    `found` are the channels of those outputs of which the catalog does not know them, by Nuke's names.
    """
    rule = rules.of(operation.name)
    if rule.scene:
        return
    steps = []
    for output in operation.outputs:
        pairs = [] if rule.replaces else _places(operation, output, found.get(output.name, ()))
        # A Copy carries four channels.
        steps += [(output, tuple(pairs[start : start + 4])) for start in range(0, len(pairs), 4)]
    stream = base(group, operation)
    shown = need(group, "shown")
    shown.setInput(0, stream)
    if rule.replaces:
        shown.setInput(1, need(group, read_name(operation.outputs[0].name)))
        return
    old = _joins(group)
    if len(old) == len(steps) and all(_carries(node, carried) for node, (_, carried) in zip(old, steps)):
        shown.setInput(1, old[-1] if old else stream)
        return
    with group:
        for node in old:
            nuke.delete(node)
        for number, (output, carried) in enumerate(steps, 1):
            stream = _copied(stream, _source(group, operation, output), carried, number)
    shown.setInput(1, stream)


def need(group: nuke.Group, name: str) -> nuke.Node:
    """A node inside; raises `AgentError` when somebody deleted it."""
    node = group.node(name)
    if node is None:
        raise AgentError("Unmet", f"The node '{name}' inside {group.fullName()} was deleted: make this node anew.")
    return node


def write_name(role: str) -> str:
    return f"send_{role}"


def read_name(output: str) -> str:
    return f"result_{output}"


def for_nuke(pattern: str) -> str:
    """A pattern of files, "matte.####.exr", as a Read takes it: "matte.%04d.exr"; brackets would be Tcl."""
    return re.sub(r"([][])", r"\\\1", re.sub("#+", lambda found: f"%0{len(found[0])}d", pattern))


def nuke_name(channel: str) -> str:
    """A file's channel as Nuke calls it: "R" is rgba.red, "subject.A" subject.alpha, "depth.Z" depth.Z."""
    layer, _, name = channel.rpartition(".")
    return f"{layer or 'rgba'}.{_LONG.get(name, name)}"


_LONG = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}


def _sent(operation: Operation, role: Input, index: int) -> None:
    x = index * 2 * STEP
    source = nuke.nodes.Input(name=role.name, xpos=x, ypos=0)
    source["number"].setValue(index)
    rule = rules.of(operation.name)
    for flipped in rules.wanted(list(rule.flipped), rule.channels.get(role.name, ())):
        source = _turned(source, flipped, _of_layer(flipped))
    write = nuke.nodes.Write(name=write_name(role.name), inputs=[source], xpos=x + STEP, ypos=STEP)
    data = role.kind == "any"
    # The file type first: the knobs of EXR are there only after it.
    write["file_type"].setValue("exr")
    write["raw"].setValue(True)
    write["channels"].setValue("all" if data else "rgba")
    write["datatype"].setValue("32 bit float" if data else "16 bit half")
    write["compression"].setValue("Zip (1 scanline)")
    write["metadata"].setValue("all metadata")
    # A studio's own defaults (`knobDefault`) may be others: parts without layers' names, a cropped window.
    write["interleave"].setValue("channels, layers and views")
    write["autocrop"].setValue(False)
    write["create_directories"].setValue(True)
    # `nuke -x` executes every Write that is not disabled, in Groups too.
    write["disable"].setValue(True)


def _result(operation: Operation, output: Output, index: int) -> None:
    read = nuke.nodes.Read(name=read_name(output.name), xpos=index * 2 * STEP, ypos=2 * STEP)
    read["raw"].setValue(True)
    # A frame that the script says is there and is not must stop a render, and not show another one.
    read["on_error"].setValue("error")
    read["before"].setValue("black")
    read["after"].setValue("black")
    read["auto_alpha"].setValue(False)
    for flipped in _flipped(operation, output):
        read = _turned(read, flipped, [nuke_name(channel) for channel in output.channels])


def _turned(source: nuke.Node, channel: str, names: Sequence[str]) -> nuke.Node:
    """A stream of which a channel changes its sign; `names` are all those of its layer."""
    grade = nuke.nodes.Grade(name=_flip_name(channel), xpos=source.xpos(), ypos=source.ypos() + STEP // 2)
    grade.setInput(0, source)
    grade["channels"].fromScript(_only(channel, names))
    grade["multiply"].setValue(-1)
    grade["black_clamp"].setValue(False)
    return grade


def _places(operation: Operation, output: Output, found: Sequence[str]) -> list[tuple[str, str]]:
    """From which channel of the result to which of the stream."""
    rule = rules.of(operation.name)
    if not output.data:
        # A result without alpha leaves the stream's as it is.
        there = [colour for colour in COLOURS if colour in found] or COLOURS
        return [(colour, colour) for colour in there]
    names = [nuke_name(channel) for channel in output.channels] or [
        name for name in found if not name.startswith("rgba.")
    ]
    pairs = [(name, name) for name in names]
    return [*pairs, (names[0], "rgba.alpha")] if rule.first_to_alpha and names else pairs


def _copied(stream: nuke.Node, read: nuke.Node, pairs: Sequence[tuple[str, str]], number: int) -> nuke.Node:
    copy = nuke.nodes.Copy(name=f"join_{number}", xpos=read.xpos(), ypos=(2 + number) * STEP)
    # Input 0 of a Copy is B, the stream; 1 is A, where the channels come from.
    copy.setInput(0, stream)
    copy.setInput(1, read)
    for index, (source, target) in enumerate(pairs):
        for channel in (source, target):
            if channel not in nuke.channels():
                nuke.Layer(channel.split(".")[0], [channel])
        copy[f"from{index}"].setValue(source)
        copy[f"to{index}"].setValue(target)
    return copy


def _source(group: nuke.Group, operation: Operation, output: Output) -> nuke.Node:
    """Where a result is as the stream takes it."""
    return need(group, [read_name(output.name), *map(_flip_name, _flipped(operation, output))][-1])


def _flipped(operation: Operation, output: Output) -> list[str]:
    return [name for name in rules.of(operation.name).flipped if name in map(nuke_name, output.channels)]


def _only(channel: str, names: Sequence[str]) -> str:
    """One channel as Nuke's scripts say it of a mask: "-forward.u forward.v", with the others of its layer."""
    layer = channel.rpartition(".")[0]
    return " ".join(name if name == channel else f"-{name}" for name in names if name.rpartition(".")[0] == layer)


def _of_layer(channel: str) -> list[str]:
    """The channels of a layer that Nuke has, by one of them."""
    layer = channel.rpartition(".")[0]
    return [name for name in nuke.channels() if name.rpartition(".")[0] == layer]


def _flip_name(channel: str) -> str:
    return f"flip_{channel.replace('.', '_')}"


def _joins(group: nuke.Group) -> list[nuke.Node]:
    """The Copies that are there, in their order."""
    found: list[nuke.Node] = []
    while (node := group.node(f"join_{len(found) + 1}")) is not None:
        found.append(node)
    return found


def _carries(copy: nuke.Node, pairs: Sequence[tuple[str, str]]) -> bool:
    slots = [(copy[f"from{index}"].value(), copy[f"to{index}"].value()) for index in range(4)]
    return slots == [*pairs, *[("none", "none")] * (4 - len(pairs))]
