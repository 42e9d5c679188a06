"""Two things cut out of a plate: one clicked on, one drawn over with annotations; their mattes and their Cryptomatte.

python pointing_day.py OUT ADDRESS PLATE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, described, enable, finish, part, refusal, report

Space = bpy.types.SpaceImageEditor


def main(out: str, address: str, plate: str) -> None:
    enable()
    connect(address)
    stage = bpy.context.scene
    stage.frame_start, stage.frame_end = 1001, 1003
    stage.frame_set(1002)
    wish = stage.replate
    wish.operation, wish.in_plate.path = "segment", plate
    told: dict[str, Any] = {"refused": refusal(bpy.ops.replate.run)}
    area = editor(stage)
    space = area.spaces.active
    told["seen"] = click(stage, space)
    told["strokes"] = draw(stage, area)
    told["marks"] = marks(stage, space)
    blend = str(Path(out).with_suffix(".blend"))
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.open_mainfile(filepath=blend)
    stage = bpy.context.scene
    told["asked"] = [each.asked() for each in part("work.prompts").of(stage).points]
    stage.replate.frames = "CURRENT"
    stage.frame_set(1003)
    told["elsewhere"] = refusal(bpy.ops.replate.run)
    stage.replate.frames = "PLATE"
    bpy.ops.replate.run()
    finish()
    (version,) = part("work.record").versions(stage)
    assert version.state == "done", part("work.jobs").status(stage)
    told["files"] = version.outputs
    results, images = part("work.results"), {}
    for each in version.outputs:
        image = results.of(version, each)
        images[each] = {"name": image.name, "space": image.colorspace_settings.name, "made": results.made_by(image)}
        if "cryptomatte" not in each:
            images[each] |= described(image)
    told["images"] = images
    told["unknown"] = refusal(lambda: bpy.ops.replate.add_cryptomatte(object="dog"))
    for name in ("ball", "brick"):
        bpy.ops.replate.add_cryptomatte(object=name)
        composited(stage, Path(out).with_name(f"{name}.exr"))
    # On a farm nobody opens an editor before the file renders.
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=blend)
    composited(bpy.context.scene, Path(out).with_name("opened.exr"))
    report(out, told)


def editor(stage: bpy.types.Scene) -> bpy.types.Area:
    """An Image Editor that shows the plate."""
    area = next(each for each in bpy.context.window_manager.windows[0].screen.areas if each.type == "VIEW_3D")
    area.type = "IMAGE_EDITOR"
    part("pointing.seen").show(stage, area.spaces.active)
    return area


def click(stage: bpy.types.Scene, space: Space) -> dict[str, Any]:
    pointing, prompts = part("pointing.clicking"), part("work.prompts")
    picture = part("pointing.seen").picture(stage, space)
    prompts.of(stage).object = " ball!"
    beside = pointing.point(stage, picture, (1.2, 0.5))
    # Pixels 60.5, 40.5 of the format; the picture has four more at its left.
    pointing.point(stage, picture, (64.5 / 136, 1 - 40.5 / 96))
    pointing.point(stage, picture, (10.5 / 136, 1 - 10.5 / 96), inside=False)
    mine = prompts.of(stage)
    missing = pointing.surround(stage, picture, (1.1, 0.2), (1.3, 0.4))
    pointing.surround(stage, picture, (-0.2, 0.9), (0.5, 0.25))
    box = mine.points[-1].asked()
    bpy.ops.replate.remove_point()
    return {
        "frame": picture.frame,
        "corner": [picture.window.left, picture.window.top],
        "nothing": [beside, missing],
        "box": box,
        "object": mine.object,
        "round": picture.to_view(*picture.to_plate(0.25, 0.75)),
    }


def draw(stage: bpy.types.Scene, area: bpy.types.Area) -> dict[str, Any]:
    """Strokes on layers of two names, as the Annotate tool makes them, put where this one could not."""
    strokes, space = part("pointing.strokes"), area.spaces.active
    region = next(each for each in area.regions if each.type == "WINDOW")
    with bpy.context.temp_override(
        window=bpy.context.window_manager.windows[0], area=area, region=region, space_data=space
    ):
        told = {"none": refusal(bpy.ops.replate.points_from_annotations)}
        bpy.ops.gpencil.annotation_add()
        drawn = getattr(space, "annotation", None) or space.grease_pencil
        for layer, frame, places in (
            ("brick", 1001, [(104, 70), (120, 70)]),
            ("outside brick", 1001, [(64, 20), (64, 30)]),
        ):
            stage.frame_set(frame)
            drawn.layers.new(layer, set_active=True)
            bpy.ops.gpencil.annotate(mode="DRAW", stroke=[event(0), event(1)], wait_for_input=False)
            (stroke,) = drawn.layers[layer].frames[0].strokes
            for point, (x, y) in zip(stroke.points, places, strict=True):
                point.co = (x / 136, 1 - y / 96, 0)
        for _ in range(2):
            # Taken twice, they are there once.
            bpy.ops.replate.points_from_annotations()
    told["meant"] = [strokes.meant(name, "chosen") for name in ("nothing", "not_dog", "-a cat", "Note.001", "outside")]
    told["along"] = strokes.along([(0, 0), (0, 0), (1, 0), (1, 1)], 4)
    told["dot"] = strokes.along([(0.5, 0.5), (0.5, 0.5)])
    stage.frame_set(1002)
    return told


def event(place: int) -> dict[str, Any]:
    """A place of the mouse, as the annotation's operator takes it."""
    at = (10.0 * place, 10.0 * place)
    told = {
        "name": "", "location": (0, 0, 0), "mouse": at, "mouse_event": at, "pressure": 1.0, "size": 1.0,
        "is_start": place == 0, "time": float(place), "x_tilt": 0.0, "y_tilt": 0.0, "pen_flip": False,
    }  # fmt: skip
    # Not every version has all of these, and none takes fewer or more than it has.
    known = {each.identifier for each in bpy.types.OperatorStrokeElement.bl_rna.properties}
    return {name: value for name, value in told.items() if name in known}


def marks(stage: bpy.types.Scene, space: Space) -> list[Any]:
    """What is drawn over the picture, on two frames, at 10 pixels of the screen a pixel."""
    told = []
    for frame in (1001, 1002):
        stage.frame_set(frame)
        found = part("pointing.pointed").marks(stage, space, lambda u, v: (u * 1360, v * 960))
        told.append([[mark.name, mark.inside, mark.corners] for mark in found])
    return told


def composited(stage: bpy.types.Scene, out: Path) -> None:
    """Has the compositor write the matte of the node that is chosen, of frame 1003."""
    tree = stage.compositing_node_group if hasattr(stage, "compositing_node_group") else stage.node_tree
    node = tree.nodes.active
    kind = "NodeGroupOutput" if hasattr(stage, "compositing_node_group") else "CompositorNodeComposite"
    end = next(each for each in tree.nodes if each.bl_idname == kind)
    tree.links.new(node.outputs["Matte"], end.inputs[0])
    stage.frame_set(1003)
    # What is rendered besides does not matter, and takes this engine no time.
    stage.cycles.samples = 1
    render = stage.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = 136, 96, 100
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    render.filepath = str(out)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
