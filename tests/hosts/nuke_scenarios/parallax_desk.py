"""What the scenarios about parallax have in common. Only what Nuke has."""

import desk
import nuke

CAMERA = (("translate", 3), ("rotate", 3), ("focal", 1))


def built(scene, **knobs):
    """A group with a scene, its knobs turned."""
    from replate_nuke import parallax

    group = nuke.createNode("Group", inpanel=False)
    group.setName("Parallax1", uncollide=True)
    parallax.show(group, str(scene))
    turn(group, **knobs)
    return group


def turn(group, **knobs):
    for name, value in knobs.items():
        group[name].setValue(value)


def render(group, path, frame):
    """Writes a frame of what comes out of a group."""
    write = desk.write(group, path)
    nuke.execute(write, frame, frame)
    nuke.delete(write)


def camera(group, frames):
    """Where the camera is at some frames: place, turn and focal length."""
    eye = group.node("camera")
    return [[eye[knob].getValueAt(frame, i) for knob, count in CAMERA for i in range(count)] for frame in frames]
