"""Execute: frames, views, callbacks around them, and what ends it. Its engine is echo.py. Argument: a folder."""

import json
import sys
from pathlib import Path

import nuke
from raising import raises

folder = Path(sys.argv[-1])
nuke.addView("right")
group = nuke.nodes.Group(name="Hold")
with group:
    constant = nuke.nodes.Constant(channels="rgba", color=[0.5, 0.25, 1, 1])
    write = nuke.nodes.Write(inputs=[constant], file=f"{folder.as_posix()}/a.%V.%04d.exr", name="send")
said = []
for event in ("BeforeRender", "BeforeFrameRender", "AfterFrameRender", "AfterRender"):
    getattr(nuke, f"add{event}")(lambda event=event: said.append((event, nuke.thisNode().name(), nuke.frame())))

# Each frame goes to the engine with the script as it would be saved.
nuke.execute(write, 1001, 1003, 2)
assert said == [
    ("BeforeRender", "send", 1),
    *((event, "send", frame) for frame in (1001, 1003) for event in ("BeforeFrameRender", "AfterFrameRender")),
    ("AfterRender", "send", 1003),
]
asked = json.loads((folder / "a.main.1003.exr").read_text(encoding="utf-8"))
assert asked["node"] == "Hold.send" and "color {0.5 0.25 1 1}" in asked["script"]
assert not (folder / "a.main.1002.exr").exists() and nuke.frame() == 1 and not nuke.executing()
nuke.execute("Hold.send", 1, 1, 1, ["main", "right"])
assert (folder / "a.right.0001.exr").exists()
nuke.execute(group, nuke.FrameRanges("5 7-8"))
assert (folder / "a.main.0008.exr").exists()


# Refused: within itself, what is no Write, what is disabled.
def within():
    with raises(RuntimeError, "I'm already executing something else"):
        nuke.execute(write, 9, 9)


nuke.addBeforeFrameRender(within)
nuke.execute(write, 10, 10)
with raises(RuntimeError, "no Write"):
    nuke.execute(constant, 1, 1)
write["disable"].setValue(True)
with raises(RuntimeError, "disabled"):
    nuke.execute(write, 1, 1)
write["disable"].setValue(False)

# What the engine cannot do is the Write's failure; the next one starts afresh.
constant["label"].setValue("fail")
with raises(RuntimeError, "Hold.send: the engine was told to fail"):
    nuke.execute(write, 1, 1)
constant["label"].setValue("")
nuke.execute(write, 1, 1)


# What a callback raises ends the render.
def refuse():
    raise RuntimeError("frame 11 is missing")


nuke.addBeforeRender(refuse)
with raises(RuntimeError, "frame 11 is missing"):
    nuke.execute(write, 11, 11)
assert not (folder / "a.main.0011.exr").exists()

# Of pictures, the engine tells.
assert (constant.format().width(), constant.format().height(), constant.format().pixelAspect()) == (64, 48, 2.0)
assert (constant.bbox().x(), constant.bbox().w()) == (-8.0, 80.0)
assert constant.channels() == ["rgba.red", "hero.alpha"] and constant.metadata("input/timecode") == "01:00:00:01"
assert constant.sample("rgba.red", 3.5, 4.5) == 0.18
nuke.nodes.Copy(to0="hero.alpha")
