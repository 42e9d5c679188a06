"""Jobs that are held while the artist saves, opens, cancels, renames and takes back.

python held.py OUT ADDRESS PLATE GATES

GATES is the folder through which the studio's models are steered: a file there says how many runs may finish.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import MODULE, connect, enable, finish, part, refusal, report, wait


def main(out: str, address: str, plate: str, gates: str) -> None:
    enable()
    bpy.context.preferences.addons[MODULE].preferences.token = "a secret token"
    connect(address)
    told: dict[str, Any] = {}
    told["reopened"] = reopened(plate, Path(gates), Path(out).with_name("held.blend"))
    told["cancelled"] = cancelled(plate, Path(gates))
    told["undone"] = undone(plate)
    told["refused"] = refused(Path(out).parent, address)
    report(out, told)


def reopened(plate: str, gates: Path, blend: Path) -> dict[str, Any]:
    """A file saved while one of three frames is there, and opened again."""
    wish(plate, gate("reopened"))
    (gates / gate("reopened")).write_text("1")
    run()
    wait(lambda: frames() == 1, "a frame is there")
    (image,) = [image for image in bpy.data.images if "replate_job" in image]
    image.name = "My look"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=False)
    bpy.ops.wm.read_homefile(use_empty=True)
    elsewhere = len(part("work.jobs").under_way(bpy.context.scene))
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    watched = len(part("work.jobs").under_way())
    (gates / gate("reopened")).write_text("3")
    finish()
    return {
        "elsewhere": elsewhere,
        "watched": watched,
        "state": last().state,
        "images": [[each.name, list(each["replate_frames"])] for each in bpy.data.images if "replate_job" in each],
        "token": b"a secret token" in blend.read_bytes(),
    }


def cancelled(plate: str, gates: Path) -> dict[str, Any]:
    wish(plate, gate("cancelled"))
    (gates / gate("cancelled")).write_text("2")
    run()
    wait(lambda: frames() == 2, "two frames are there")
    before = bpy.ops.replate.cancel.poll()
    bpy.ops.replate.cancel()
    finish()
    there = part("work.results").on_disk(last().outputs["plate"])
    (image,) = [each for each in bpy.data.images if each.get("replate_version") == last().number]
    return {
        "state": last().state,
        "status": part("work.jobs").status(bpy.context.scene),
        "frames": there,
        "shown": list(image["replate_frames"]),
        "poll": [before, bpy.ops.replate.cancel.poll()],
    }


def undone(plate: str) -> dict[str, Any]:
    """What the artist takes back is what they did, and not what came meanwhile."""
    bpy.ops.ed.undo_push(message="Begin")
    wish(plate, "")
    run()
    number = last().number
    bpy.data.objects.new("Before it came", None)
    bpy.ops.ed.undo_push(message="Add")
    bpy.ops.ed.undo()
    under_way = len(part("work.jobs").under_way(bpy.context.scene))
    finish()
    bpy.data.objects.new("After it came", None)
    bpy.ops.ed.undo_push(message="Add")
    bpy.ops.ed.undo()
    return {
        "under_way": under_way,
        "objects": [each.name for each in bpy.data.objects if "it came" in each.name],
        "version": [last().number == number, last().state],
        "images": len([each for each in bpy.data.images if each.get("replate_version") == number]),
    }


def refused(folder: Path, address: str) -> dict[str, Any]:
    """What goes wrong, and what is said of it."""
    said: dict[str, Any] = {}
    (folder / "broken.1001.exr").write_bytes(b"\x76\x2f\x31\x01 nothing more")
    for name, path in {"missing": folder / "nothing.####.exr", "broken": folder / "broken.1001.exr"}.items():
        wish(str(path), "")
        run()
        finish()
        said[name] = part("work.jobs").status(bpy.context.scene)
    said["in sight"] = part("work.jobs").failed(bpy.context.scene)
    bpy.ops.replate.dismiss()
    said["dismissed"] = not part("work.jobs").failed(bpy.context.scene)
    scene = bpy.context.scene.replate
    scene.of_restyle.model = "restyle/crash"
    scene.in_plate.source, scene.in_plate.image = "IMAGE", bpy.data.images.new("Painted here", 8, 8)
    said["unsaved"] = refusal(bpy.ops.replate.run)
    said["away"] = connect("127.0.0.1:9")
    bpy.context.preferences.system.use_online_access = False
    bpy.context.preferences.addons[MODULE].preferences.address = "render1:7431"
    said["offline"] = refusal(bpy.ops.replate.connect)
    said["back"] = connect(address)
    return said


def wish(plate: str, held: str) -> None:
    wanted = bpy.context.scene.replate
    wanted.operation = "restyle"
    wanted.of_restyle.model, wanted.of_restyle.p_hold = "restyle/invert", "frames"
    wanted.of_restyle.own_restyle_invert.p_gate = held
    wanted.in_plate.source = wanted.in_style.source = "FILE"
    wanted.in_plate.path = plate
    wanted.in_style.path = plate.replace("####", "1001")


def gate(name: str) -> str:
    """Of this Blender: what another one did is known to the server, and comes at once."""
    return f"{name}-{bpy.app.version_string.replace('.', '_')}"


def run() -> None:
    bpy.ops.replate.run()


def frames() -> int:
    """How many of the last version's frames Blender has heard of."""
    (run,) = part("work.jobs").under_way(bpy.context.scene)
    return len(run.handle.frames)


def last() -> Any:
    return part("work.record").versions(bpy.context.scene)[-1]


if __name__ == "__main__":
    main(*sys.argv[1:])
