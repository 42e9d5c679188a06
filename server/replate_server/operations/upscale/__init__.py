"""Upscale: the plate, several times as large."""
