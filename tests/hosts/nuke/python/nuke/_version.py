"""Which Nuke this is: the one that embeds the Python that runs, or what NUKE_VERSION_FOR_TESTS says ("15.1v3")."""

from __future__ import annotations

import re
import sys

from nuke._session import environment

_EMBEDDED = {9: "14.0v5", 10: "15.1v3", 11: "16.0v4"}

STRING = environment("NUKE_VERSION_FOR_TESTS") or _EMBEDDED.get(sys.version_info[1], "17.0v1")
_found = re.fullmatch(r"(\d+)\.(\d+)v(\d+)", STRING)
if not _found:
    raise ValueError(f"NUKE_VERSION_FOR_TESTS is {STRING!r}, and no version like 15.1v3")
MAJOR, MINOR, RELEASE = (int(part) for part in _found.groups())
TEXT = f"{MAJOR}.{MINOR} v{RELEASE}"
"""As a script says it."""
