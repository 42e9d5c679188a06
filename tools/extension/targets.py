"""What an extension is built for: a platform that Blender runs on, and the Python inside Blender."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.version import Version


@dataclass(frozen=True)
class Target:
    """One zip."""

    platform: str
    """As Blender's manifest names it."""
    python: str
    """"3.11" or "3.13"."""

    def __str__(self) -> str:
        return f"{self.platform}-py{self.python.replace('.', '')}"

    @property
    def tags(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there, best first."""
        return _TAGS[self.platform]

    @property
    def markers(self) -> dict[str, str]:
        """What a requirement's `; condition` is held against (PEP 508)."""
        here = {name: str(value) for name, value in default_environment().items()}
        python = {"python_version": self.python, "python_full_version": f"{self.python}.0"}
        return {**here, **_MARKERS[self.platform], **python, "implementation_name": "cpython"}

    @property
    def blender(self) -> tuple[str, str | None]:
        """The first Blender with this Python, and the first that has another; None while there is none."""
        return _BLENDER[self.python]

    def fits(self, release: str) -> bool:
        """Whether a release of Blender, such as "4.5", has this Python."""
        first, end = self.blender
        return Version(first) <= Version(release) and (end is None or Version(release) < Version(end))


# Blender's own least is glibc 2.28. pip takes each tag as it is and does not know that an older one runs too.
_LINUX = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1))
_TAGS = {
    "linux-x64": (*_LINUX, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
    "windows-x64": ("win_amd64",),
    # The least that wheels of all we need are there for.
    "macos-arm64": ("macosx_14_0_arm64",),
    "macos-x64": ("macosx_13_0_x86_64",),
}
_MARKERS = {
    "linux-x64": {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
    },
    "windows-x64": {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
    },
    "macos-arm64": {
        "os_name": "posix",
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "platform_machine": "arm64",
    },
    "macos-x64": {
        "os_name": "posix",
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "platform_machine": "x86_64",
    },
}
_BLENDER = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", None)}

ALL = tuple(Target(platform, python) for platform in _TAGS for python in _BLENDER)


def here() -> Target | None:
    """That of this machine and this Python; None where no Blender is like that."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return next((target for target in _of_this_machine() if target.python == python), None)


def of_blender(release: str) -> Target | None:
    """That of this machine and a release of Blender, such as "4.5"; None where it does not run."""
    return next((target for target in _of_this_machine() if target.fits(release)), None)


def _of_this_machine() -> list[Target]:
    this = platform.system(), platform.machine()
    return [each for each in ALL if (each.markers["platform_system"], each.markers["platform_machine"]) == this]
