"""Nuke runs this at its start, with a window and on the farm. Whatever happens here, Nuke starts."""

import sys
from pathlib import Path

import nuke

try:
    _here = Path(__file__).resolve().parent
    # Installed, replate_host lies beside this file; in a checkout, in the client's folder.
    for _folder in (_here, _here.parent / "client"):
        if (_folder / "replate_host").is_dir() and str(_folder) not in sys.path:
            sys.path.append(str(_folder))
    if str(_here) not in sys.path:
        sys.path.append(str(_here))
    nuke.pluginAddPath((_here / "icons").as_posix())

    from replate_nuke import startup

    startup.begin()
except Exception as _error:
    nuke.tprint(f"Replate did not start ({type(_error).__name__}: {_error}): install it with 'replate install nuke'.")
