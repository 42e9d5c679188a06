"""A move rendered and restyled, placed wherever it can be; and again from what was rendered, and from files.

python move_day.py OUT ADDRESS SCENE STYLE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, refusal, report

FRAMES = (1001, 1002, 1003)


def main(out: str, address: str, file: str, style: str) -> None:
    enable()
    stage, folder = bpy.context.scene, Path(out).parent
    told: dict[str, Any] = {"unknown": refusal(bpy.ops.replate.restyle_move)}
    connect(address)
    told["no style"] = refusal(bpy.ops.replate.restyle_move)
    stage.replate.in_style.path = style
    # Blender's own first scene.
    for thing in list(stage.objects):
        bpy.data.objects.remove(thing)
    built = part("parallax.rig").build(file, stage=stage)
    part("parallax.moves").apply(built, part("parallax.moves").Move("truck", 0.2), FRAMES[0], FRAMES[-1], 24.0)
    stage.frame_end = FRAMES[-1]
    stage.camera = None
    told["no camera"] = refusal(bpy.ops.replate.restyle_move)
    stage.camera = built.camera
    stage.render.engine, stage.cycles.samples, stage.cycles.use_denoising = "CYCLES", 1, False
    stage.render.image_settings.file_format = "JPEG"
    stage.render.use_motion_blur = True
    stage.replate.of_restyle.model = "restyle/invert"
    before = settings(stage)
    told["versions"] = [restyled("STRIP")]
    told["settings"] = [name for name, value in settings(stage).items() if value != before[name]]
    for where in ("COMPOSITOR", "BACKGROUND"):
        bpy.ops.replate.place(where=where, version=1, output="plate")
        bpy.ops.replate.place(where=where, version=1, output="plate")
    bpy.ops.replate.place(where="STRIP", version=1, output="plate")
    told["placed"] = placed(stage, folder)
    # Nothing was changed but what shows the result, and then the camera is.
    stage.frame_set(FRAMES[1])
    told["versions"].append(restyled("NONE"))
    built.camera.location.x += 0.1
    built.camera.keyframe_insert("location", index=0, frame=1002)
    bpy.context.view_layer.update()
    told["versions"].append(restyled("NONE"))
    stage.replate_move.source = "FILES"
    told["no files"] = refusal(bpy.ops.replate.restyle_move)
    stage.replate_move.path = told["versions"][0]["plate"].replace("####", "1002")
    told["versions"].append(restyled("NONE"))
    report(out, told)


def restyled(where: str) -> dict[str, Any]:
    bpy.context.scene.replate_move.place = where
    bpy.ops.replate.restyle_move()
    finish()
    version = part("work.record").versions(bpy.context.scene)[-1]
    return {
        "said": part("work.jobs").status(bpy.context.scene),
        "state": version.state,
        "plate": version.inputs["plate"],
        "result": version.outputs["plate"],
        "recipe": version.recipe,
        "frames": [version.first, version.last],
    }


def placed(stage: bpy.types.Scene, folder: Path) -> dict[str, Any]:
    """What the sequencer and the compositor show on each frame goes into files; what is there, as facts."""
    camera = stage.camera.data
    strips = getattr(stage.sequence_editor, "strips", None) or stage.sequence_editor.sequences
    tree = stage.compositing_node_group if hasattr(stage, "compositing_node_group") else stage.node_tree
    nodes = [node for node in tree.nodes if node.bl_idname == "CompositorNodeImage"]
    facts = {
        "strips": [[strip.frame_final_start, strip.frame_final_duration] for strip in strips],
        "inputs": len(nodes),
        "kinds": sorted(node.bl_idname for node in tree.nodes),
        "backgrounds": [[held.frame_method, held.alpha] for held in camera.background_images],
        "shown": camera.show_background_images,
        "background": [],
    }
    render = stage.render
    kept = settings(stage)
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    user = camera.background_images[0].image_user
    for frame in FRAMES:
        stage.frame_set(frame)
        shown = camera.background_images[0].image.filepath_from_user(image_user=user)
        facts["background"].append(Path(shown).name)
        render.filepath = str(folder / f"strip.{frame}.exr")
        bpy.ops.render.render(write_still=True)
    render.use_sequencer = False
    end = next(node for node in tree.nodes if node.bl_idname in ("CompositorNodeComposite", "NodeGroupOutput"))
    tree.links.new(next(socket for socket in nodes[0].outputs if socket.enabled), end.inputs[0])
    for frame in FRAMES:
        stage.frame_set(frame)
        render.filepath = str(folder / f"comp.{frame}.exr")
        bpy.ops.render.render(write_still=True)
    render.use_sequencer = True
    for name, value in kept.items():
        if name.startswith("ImageFormatSettings."):
            setattr(render.image_settings, name.partition(".")[2], value)
    render.filepath = kept["RenderSettings.filepath"]
    return facts


def settings(stage: bpy.types.Scene) -> dict[str, Any]:
    """All that can be set of how a scene is rendered."""
    holders = (stage, stage.render, stage.render.image_settings, stage.view_layers[0], stage.cycles)
    return {
        f"{holder.bl_rna.identifier}.{each.identifier}": getattr(holder, each.identifier)
        for holder in holders
        for each in holder.bl_rna.properties
        if each.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
        and not getattr(each, "is_array", False)
        and not each.is_readonly
        and each.identifier != "use_nodes"
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
