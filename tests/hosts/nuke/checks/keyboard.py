"""At the keyboard: this file runs in a thread of its own, and the main thread runs the event loop."""

import threading

import nuke
import told
from raising import raises

assert nuke.GUI and nuke.env["gui"] and threading.current_thread() is not threading.main_thread()
on_main = nuke.executeInMainThreadWithResult

# Off the main thread: methods may be taken and handed on, not called.
with raises(RuntimeError, "off the main thread"):
    nuke.createNode("Blur")
blur = on_main(nuke.createNode, ("Blur",))
for touch in (blur.name, lambda: blur["size"], lambda: blur.setInput(0, None), lambda: nuke.thisNode()):
    with raises(RuntimeError, "off the main thread"):
        touch()
assert on_main(blur.name) == "Blur1" and on_main(lambda: blur["size"].value()) == 0.0
knob = on_main(lambda: blur["size"])
with raises(RuntimeError, "off the main thread"):
    knob.value()

# With a result: what it raises is printed, and None comes back; on the main thread it is an error.
assert on_main(lambda: 1 / 0) is None
assert told.of("exception") == ["executeInMainThreadWithResult(<lambda>): ZeroDivisionError: division by zero"]
assert on_main(max, 3, {"default": 1}) is None, "what is no tuple is one argument"


def again():
    with raises(RuntimeError, "on the main thread"):
        on_main(print)
    return True


assert on_main(again)

# Without one: in order, later; from the main thread too, where it does not wait.
said, done = [], threading.Event()


def post():
    for number in range(3):
        nuke.executeInMainThread(said.append, number)
    nuke.executeInMainThread(done.set)
    return list(said)


assert on_main(post) == [] and done.wait(10) and said == [0, 1, 2]

# Progress, dialogs, menus: from any thread the first, kept for a test to look at.
task = nuke.ProgressTask("Sending")
task.setProgress(40)
task.setMessage("12 of 48")
assert not task.isCancelled()
del task
assert told.of("progress") == ["Sending: begins", "Sending: 40%", "Sending: 12 of 48", "Sending: ends"]
with raises(TypeError):
    nuke.ProgressTask("Sending").setProgress(0.5)
on_main(lambda: nuke.message("Done"))
assert told.of("message") == ["Done"]
told.answer("ask", True)
assert on_main(lambda: nuke.ask("Sure?")) is True
assert on_main(lambda: nuke.ask("Sure?")) is None and "nobody answers" in told.of("exception")[-1]


def menus():
    menu = nuke.menu("Nodes").addMenu("Ours", icon="ours.png")
    item = menu.addCommand("Deep/Blur", "nuke.createNode('Blur')", icon="blur.png")
    menu.addCommand("Grade", lambda: nuke.createNode("Grade"))
    assert nuke.toolbar("Nodes").findItem("Ours/Deep/Blur") is item
    item.invoke()
    menu.findItem("Grade").invoke()
    return [each.name() for each in menu.items()], [node.name() for node in nuke.selectedNodes()]


assert on_main(menus) == (["Deep", "Grade"], ["Grade1"])
