"""Pipelines of the diffusers library, hosted: from a folder of weights to a picture, under a memory budget."""
