"""Nuke's numbers. Their worth is nobody's business but Nuke's: they are compared by name."""

from __future__ import annotations

# Knob flags.
DISABLED = 0x80
NO_ANIMATION = 0x100
DO_NOT_WRITE = 0x200
INVISIBLE = 0x400
STARTLINE = 0x1000
ENDLINE = 0x2000
EXPAND_TO_WIDTH = 0x4000
NO_MULTIVIEW = 0x8000
NO_UNDO = 0x80000
ALWAYS_SAVE = 0x100000
NODIR = 0x200000
KNOB_CHANGED_RECURSIVE = 0x8000000
READ_ONLY = 0x10000000
DONT_SAVE_TO_NODEPRESET = 0x20000000
HIDDEN = 0x40000000
"""What `setVisible(False)` sets; Nuke has it, and shows it to no script."""

SAVED_FLAGS = {"INVISIBLE": INVISIBLE, "HIDDEN": HIDDEN, "DISABLED": DISABLED, "READ_ONLY": READ_ONLY}
"""Those that a script keeps with a user knob, besides STARTLINE; all others are gone when it is opened again."""

# Kinds of tabs.
TABKNOB, TABBEGINGROUP, TABBEGINCLOSEDGROUP, TABENDGROUP = 0, 1, 2, -1

# What dependencies are.
EXPRESSIONS, INPUTS, HIDDEN_INPUTS = 1, 2, 4

# How knobs are written.
TO_SCRIPT, TO_VALUE, WRITE_USER_KNOB_DEFS, WRITE_ALL, WRITE_NON_DEFAULT_ONLY = 1, 2, 4, 8, 16

# How a curve goes on from a key.
LINEAR, CONSTANT, SMOOTH, CATMULL_ROM, CUBIC, HORIZONTAL, BREAK = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40

# Kinds of menu items and windows, of nodes' colours.
VIEWER, MONITOR, IMAGE, PYTHON, SCRIPT, GEO, FONT = 1, 16, 1, 2, 4, 16, 8
