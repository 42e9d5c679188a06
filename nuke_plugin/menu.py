"""Nuke runs this at its start when it has a window. Whatever happens here, Nuke starts."""

import nuke

try:
    from replate_nuke import startup

    startup.begin_gui()
except Exception as _error:
    _problem = f"Replate did not start ({type(_error).__name__}: {_error}): install it with 'replate install nuke'."
    nuke.menu("Nodes").addMenu("Replate").addCommand("What Is Wrong...", lambda text=_problem: nuke.message(text))
