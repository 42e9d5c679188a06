"""The script's working space, by a name that OpenColorIO configs share.

Nuke's Writes leave pixels as they are (raw), and the server is told what they are in. A role ("scene_linear") means
another space in each config, and so it never leaves the script: it is resolved to the space it stands for.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import nuke

LINEAR = "Linear Rec.709 (sRGB)"
"""What "linear" is where Nuke manages colours itself, and in the config "nuke-default"."""
ACESCG = "ACEScg"
_ROLES = {"scene_linear", "rendering", "reference", "default", "compositing_linear"}
_BUILT_IN = "ocio://"


def working_space() -> str:
    """The name of the working space of the script that is open."""
    root = nuke.root()
    config = os.environ.get("OCIO", "").strip()
    if not config and str(root["colorManagement"].value()) == "Nuke":
        return LINEAR
    name = _bare(str(root["workingSpaceLUT"].value()))
    if not config:
        chosen = str(root["OCIO_config"].value()).split("\t")[0]
        config = str(root["customOCIOConfigPath"].value()) if chosen == "custom" else chosen
    return _resolved(name, config)


def _bare(name: str) -> str:
    """A menu's item as the config calls it: "ACES/ACEScg" and "scene_linear (ACEScg)" have more to them."""
    name = name.split("\t")[0].strip()
    role = re.fullmatch(r"(\w+) \((.+)\)", name)
    if role and role[1] in _ROLES:
        return role[1]
    return name.split("/")[-1]


def _resolved(name: str, config: str) -> str:
    if Path(config).is_file():
        return _roles(_text(Path(config))).get(name, name)
    # A config that comes with Nuke or with OpenColorIO: all but Nuke's oldest are ACES.
    linear = LINEAR if config.startswith(("nuke-default", "spi-", "iif")) else ACESCG
    if name in _ROLES:
        return linear
    return LINEAR if name == "linear" else name


def _text(path: Path) -> str:
    """A config's text, also of an archive (.ocioz); empty where it cannot be read: Nuke itself complains then."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return archive.read("config.ocio").decode("utf-8", "replace")
        return path.read_text("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""


def _roles(text: str) -> Mapping[str, str]:
    """A config's roles and what they stand for: the lines below "roles:" that are indented."""
    block = re.search(r"^roles:\s*\n((?:[ \t]+.*\n|\s*\n|#.*\n)*)", f"{text}\n", re.MULTILINE)
    lines = re.findall(r"^[ \t]+(\w+):[ \t]*(.+?)[ \t]*$", block[1] if block else "", re.MULTILINE)
    return {role: space.strip("\"'") for role, space in lines}
