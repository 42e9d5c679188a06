"""The Blender extension as zips that hold all they need: `python -m tools.extension`, or `make extension`."""
