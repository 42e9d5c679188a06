"""Moves baked to keyframes, another hand, focus picked in the picture. Arguments OUT, SCENE."""

import desk
import nuke
import parallax_desk

from replate_nuke import parallax

out, scene = desk.arguments(2)
FRAMES = [1001, 1003, 1004]
found = {}
for move in ("orbit", "dolly-zoom", "handheld"):
    group = parallax_desk.built(scene, move=move, cycle=4, parallax=0.5, amplitude=0.4, closer=1.2)
    seen = parallax_desk.camera(group, FRAMES)
    parallax.bake(group)
    found[move] = {"seen": seen, "baked": parallax_desk.camera(group, FRAMES), "move": group["move"].value()}
    group["own_translate"].setValueAt(100.0, 1003, 1)
    found[move]["edited"] = parallax_desk.camera(group, FRAMES)[1][1]

group = parallax_desk.built(scene, move="handheld", cycle=6)
hands = [parallax_desk.camera(group, [1004])]
group["sway"].setValue(5)
hands.append(parallax_desk.camera(group, [1004]))
group["path"].setValue("loop")
loop = parallax_desk.camera(group, [1001, 1007])

group = parallax_desk.built(scene, amplitude=0.2)
picked = []
for frame in (1001, 1003):
    nuke.frame(frame)
    group["focus_at"].setValue([32, 20])
    parallax.focus_pick(group)
    sharp = group.node("motion")["focus"].getValueAt(frame)
    picked.append([group["focus"].value(), sharp, 1 / nuke.sample(group.node("render"), "depth.Z", 32.5, 20.5)])
desk.report(out, moves=found, hands=hands, loop=loop, picked=picked)
