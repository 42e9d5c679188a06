"""What the scenarios about work have in common: a plate, a node behind it, what was found. Only what Nuke has."""

import json
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import nuke

PATIENCE = 60.0
"""Seconds within which anything that a scenario waits for happens, on a machine with much else to do."""


def plate(path, first, last, **knobs):
    """A Read of a sequence, its pixels as they are in the files."""
    read = nuke.nodes.Read(file=str(path).replace("\\", "/"))
    for name, value in {
        "first": first,
        "last": last,
        "origfirst": first,
        "origlast": last,
        "raw": True,
        **knobs,
    }.items():
        read[name].setValue(value)
    return read


def replate(operation, *sources, **knobs):
    """A node of Replate's, with what is connected to it."""
    from replate_nuke.nodes import build, cards

    node = build.build(cards.known() or cards.ask(), operation)
    for index, source in enumerate(sources):
        node.group.setInput(index, source)
    build.take_range(node)
    for name, value in knobs.items():
        node.group[name].setValue(value)
    return node


def connect(node, role, source):
    """What is connected to the input of a role."""
    node.group.setInput(int(node.group.node(role)["number"].value()), source)


def gated(path, gate, model="restyle/invert"):
    """A restyle of a sequence's frames 1001 and 1002, which the test lets pass one by one; from a scenario's thread."""

    def made():
        read, style = plate(path, 1001, 1003), nuke.nodes.CheckerBoard2()
        return replate("restyle", read, style, model=model, first=1001, last=1002)

    node = on_main(made)
    # A model's own knobs come after the callback of the menu that chose it.
    on_main(lambda: node.group["p_gate"].setValue(gate))
    return node


def write(source, path, **knobs):
    """A Write of all channels, in 32 bits, as they are."""
    made = nuke.nodes.Write(inputs=[source], file_type="exr")
    for name, value in {
        "file": str(path).replace("\\", "/"),
        "channels": "all",
        "datatype": "32 bit float",
        "raw": True,
        "create_directories": True,
        **knobs,
    }.items():
        made[name].setValue(value)
    return made


def rendered():
    """A list that the names and frames of what is rendered from now on are added to."""
    found = []
    nuke.addBeforeFrameRender(lambda: found.append([nuke.thisNode().name(), nuke.frame()]))
    return found


def on_main(call, *arguments):
    """What an artist does, from a scenario's own thread; raises what it raises."""
    outcome = []

    def act():
        try:
            outcome.append((call(*arguments), None))
        except Exception as error:
            outcome.append((None, error))

    nuke.executeInMainThreadWithResult(act)
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def until(condition, what):
    """Waits for what comes about between the ticks of Nuke's own loop; asked on the main thread."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not on_main(condition):
        assert time.monotonic() < deadline, f"waited in vain until {what}: {on_main(_standing)}"
        pause.wait(0.02)


def _standing():
    from replate_nuke.nodes import all_nodes

    return [[node.name, node.group["status"].value(), [each.state for each in node.versions]] for node in all_nodes()]


def press(node, button):
    """Presses a button of a node, from a scenario's own thread. What the status line says then, before all news."""

    def act():
        node.group[button].execute()
        return node.group["status"].value()

    return on_main(act)


def idle(node):
    """Waits until nothing is running for a node; its newest version must be done then."""
    from replate_nuke import work

    until(lambda: not work.running(node), "the node has ended")
    assert on_main(lambda: [each.state for each in node.versions][-1:]) == ["done"], said(node)


@contextmanager
def cancelling_bars():
    """Presses Cancel on Nuke's progress bars, as often as there are any; in a real Nuke it is for you to press it."""
    try:
        from nuke import _ui
    except ImportError:
        yield
        return
    _ui.cancelled.add("*")
    yield
    _ui.cancelled.discard("*")


def said(node):
    """The status line, asked from a scenario's own thread."""
    return on_main(lambda: node.group["status"].value())


def arguments(count):
    """The scenario's own, the last ones of Nuke's command line. The first is the file that `report` writes."""
    return sys.argv[-count:]


def report(out, **found):
    """What the test looks at."""
    Path(out).write_text(json.dumps(found), encoding="utf-8")
