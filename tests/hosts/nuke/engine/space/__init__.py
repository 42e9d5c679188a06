"""Nuke's classic 3D: cameras, cards, meshes, projected pictures, and ScanlineRender."""
