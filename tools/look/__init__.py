"""Replate used in a real Blender window, with a shot of every panel to be looked at: `make look`."""
