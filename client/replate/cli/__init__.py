"""`replate`: the command line."""

from replate.cli.entry import main

__all__ = ["main"]
