"""A saved script rendered again, maybe where Replate is not installed. Arguments SCRIPT, OUT."""

import desk
import nuke
import parallax_desk

script, out = desk.arguments(2)
nuke.scriptOpen(script)
parallax_desk.render(nuke.toNode("Parallax"), out, 1002)
