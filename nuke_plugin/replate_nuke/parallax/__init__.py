"""Parallax: a scene of layers in depth as Nuke's classic 3D, inside one group that the artist steers.

The group is all there is: it is saved with the script, opens and renders where Replate is not installed, and what is
inside may be changed. Building again keeps what was changed.
"""

from __future__ import annotations

from replate_nuke.parallax.acts import bake, begin, focus_pick, open_scene, rebuild
from replate_nuke.parallax.building import show
from replate_nuke.parallax.options import prepare

__all__ = ["bake", "begin", "focus_pick", "open_scene", "prepare", "rebuild", "show"]
