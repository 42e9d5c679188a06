"""A scene built, and the same from its scene.nk: saved side by side, and rendered. Arguments SCENE, FOLDER."""

from pathlib import Path

import desk
import nuke
import parallax_desk

scene, folder = desk.arguments(2)
group = parallax_desk.built(scene)
group.setName("Parallax")
nuke.scriptSaveAs(f"{folder}/built.nk", 1)
parallax_desk.render(group, f"{folder}/built.exr", 1002)
nuke.scriptClear()
nuke.nodePaste(str(Path(scene).with_name("scene.nk")))
group = nuke.toNode("Parallax")
nuke.scriptSaveAs(f"{folder}/pasted.nk", 1)
parallax_desk.render(group, f"{folder}/pasted.exr", 1002)
