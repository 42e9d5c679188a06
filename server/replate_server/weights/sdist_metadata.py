"""A build backend that builds nothing: for reading an sdist, and running none of it.

`pip download` asks an sdist's build backend for the package's metadata, which
for setuptools means running the package's `setup.py`. The fetcher puts this
file in the place of `setuptools.build_meta` for its pip alone: it answers with
the PKG-INFO that every sdist carries, which is that metadata already
(https://packaging.python.org/en/latest/specifications/source-distribution-format/).
"""

from __future__ import annotations

import re
import shutil
import sys
from email.parser import HeaderParser
from pathlib import Path

Settings = dict[str, object] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    said = HeaderParser().parsestr(Path("PKG-INFO").read_text("utf-8"))
    # Older versions of pip read the name from the folder.
    name = re.sub(r"[-_.]+", "_", said["Name"])
    folder = Path(metadata_directory) / f"{name}-{said['Version']}.dist-info"
    folder.mkdir()
    shutil.copyfile("PKG-INFO", folder / "METADATA")
    return folder.name


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    raise RuntimeError("This backend is for reading sdists, not for building them.")


# What pip asks for where an sdist has no pyproject.toml (PEP 517): "setuptools.build_meta:__legacy__".
__legacy__ = sys.modules[__name__]
