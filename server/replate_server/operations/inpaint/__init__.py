"""Inpaint: a clean plate, with what lay under a matte made up."""
