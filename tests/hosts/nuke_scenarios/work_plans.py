"""What would be sent, and why not: nothing is processed. Arguments OUT, PLATE (1001 to 1003), FOLDER."""

import shutil
from pathlib import Path

import desk
import nuke

from replate_host import AgentError
from replate_host.versions import Version
from replate_nuke import colour
from replate_nuke.work import farm
from replate_nuke.work.asking import Plan, Wish

out, plate, folder = desk.arguments(3)
found = {}


def plan(node, first=1001, last=1003, view="main"):
    """What the agent would be asked, or why it cannot."""
    try:
        return Plan.of(node, Wish.of(node, first, last)).params(view)
    except AgentError as error:
        return str(error)


def sent(node, role, first, last):
    return plan(node, first, last)["inputs"][role]["frames"]


read = desk.plate(plate, 1001, 1003)
flow = desk.replate("flow", read)
found["flow"] = [sent(flow, "plate", *each) for each in ((1001, 1003), (1002, 1002), (1003, 1003))]

restyle = desk.replate("restyle", read)
found["no style"] = plan(restyle)
restyle.group.setInput(1, read)
asked = plan(restyle)
found["restyle"] = {role: [each.get("frames"), each.get("channels")] for role, each in asked["inputs"].items()}
found["part of it"] = [sent(restyle, role, 1002, 1003) for role in ("plate", "style")]
desk.connect(restyle, "motion", nuke.nodes.AddChannels(inputs=[read], channels="forward", channels2="backward"))
guided = plan(restyle, 1002, 1002)["inputs"]
found["guided"] = {role: [guided[role].get("frames"), guided[role].get("channels")] for role in ("plate", "motion")}
desk.connect(restyle, "motion", None)
found["keyed"] = keyed = {}


def key(source, named=""):
    """What is sent for the frame 1002 where this leads to the keyframes."""
    desk.connect(restyle, "keyframes", source)
    restyle.group["keyed"].setValue(named)
    asked = plan(restyle, 1002, 1002)
    return asked if isinstance(asked, str) else [asked["inputs"][role]["frames"] for role in ("plate", "keyframes")]


for frame, like in ((1001, 1001), (1003, 1003), (1009, 1001)):
    shutil.copy(plate % like, Path(folder, f"key.{frame}.exr"))
at = nuke.frame()
nuke.frame(1002)
sparse = desk.plate(f"{folder}/key.%04d.exr", 1001, 1009)
still = desk.plate(f"{folder}/key.1003.exr", 1, 1)
held = nuke.nodes.FrameHold(inputs=[sparse], firstFrame=1002)
joined = nuke.nodes.Switch(inputs=[held, still])
joined["which"].fromScript("{curve K x1002 0 x1003 1}")
keyed["sparse"] = key(nuke.nodes.Dot(inputs=[sparse]))
keyed["painted"] = key(nuke.nodes.Grade(inputs=[sparse]))
keyed["named"] = key(sparse, "1003, 1007-1009")
keyed["still"] = key(still)
keyed["joined"] = key(joined)
keyed["all"] = key(read)
keyed["nobody says"] = key(nuke.nodes.Constant())
keyed["nobody says, and named"] = key(nuke.nodes.Constant(), "1002")
desk.connect(restyle, "keyframes", None)
nuke.frame(at)
rgb = nuke.nodes.Remove(inputs=[read], channels="alpha")
restyle.group.setInput(0, rgb)
found["no alpha"] = plan(restyle)["inputs"]["plate"]["channels"]
restyle.group["last"].setValue(1000)
found["range"] = plan(restyle, 1001, 1000)

depth = desk.replate("depth", restyle.group)
found["unprocessed"] = plan(depth)
restyle.group["disable"].setValue(True)
found["disabled"] = plan(depth)["inputs"]["plate"]["frames"]
depth.group.setInput(0, read)

parallax = desk.replate("layers", read)
dot = nuke.nodes.Dot(inputs=[depth.group])
parallax.group.setInput(1, dot)
outputs = {"depth": f"{folder}/depth.####.exr"}
version = Version(1, "depth", "depth/small", 1001, 1003, outputs=outputs, job="0123456789abcdef", state="done")
for frame in (1001, 1002, 1003):
    Path(folder, f"depth.{frame}.exr").touch()
depth.add_version(version)
depth.show(version, [1001, 1002, 1003])
nuke.Layer("dog", ["dog.alpha"])
parallax.group.setInput(2, nuke.nodes.AddChannels(inputs=[read], channels="dog"))
found["objects"] = plan(parallax)["inputs"]["mattes"]
found["linked"] = plan(parallax)["inputs"]["depth"]
found["linked, beyond"] = plan(parallax, 1001, 1004)

found["command lines"] = []
for line in ("-t render.py", "-x s.nk", "-x -F 1001-1003 -F 7 s.nk", "-X A,B -F 1-9x4 s.nk", "-x s.nk 1001,1002"):
    asked = farm.Asked.of(["/opt/Nuke", *line.split()])
    found["command lines"].append(asked and [asked.writes, [list(frames) for frames in asked.frames]])

spaces = found["spaces"] = {}
root = nuke.root()
for management, config, custom, space in (
    ("Nuke", "nuke-default", "", "linear"),
    ("OCIO", "nuke-default", "", "scene_linear"),
    ("OCIO", "aces_1.2", "", "ACES/ACES - ACEScg"),
    ("OCIO", "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "", "scene_linear"),
    ("OCIO", "custom", f"{folder}/config.ocio", "scene_linear"),
    ("OCIO", "custom", f"{folder}/config.ocio", "Film/Show Linear"),
):
    root["colorManagement"].setValue(management)
    root["OCIO_config"].setValue(config)
    root["customOCIOConfigPath"].setValue(custom)
    root["workingSpaceLUT"].setValue(space)
    spaces[f"{management} {config} {space}"] = colour.working_space()

desk.report(out, **found)
