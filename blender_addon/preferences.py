"""Which server, as whom, for which project. The environment is stronger, and none of it is in a .blend."""

# No `annotations` from __future__: Blender reads them as they are.
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import bpy

from .replate_host import AgentError

NAME = __package__
"""The extension's, as Blender knows it."""
VARIABLES = {"address": "REPLATE_SERVER", "token": "REPLATE_TOKEN", "program": "REPLATE_SERVER_PROGRAM"}
"""By preference: the environment's variable that is stronger."""
CACHE = "REPLATE_CACHE"
"""The folder for results; stronger than all else."""


class Preferences(bpy.types.AddonPreferences):
    bl_idname = NAME

    address: bpy.props.StringProperty(
        name="Server",
        description="host:port, or grpcs://host:port. Empty for a server on this machine, started if need be",
    )
    token: bpy.props.StringProperty(
        name="Token", description="What the server's keeper gave you; empty where none is asked for", subtype="PASSWORD"
    )
    program: bpy.props.StringProperty(
        name="Server's Program",
        description="Of a server on this machine, with its own GPU: the Python in which replate[server] is installed, "
        "or the command replate-server. Empty to look for it on the path",
        subtype="FILE_PATH",
    )
    project: bpy.props.StringProperty(
        name="Project", description="Whose members see your jobs and share their frames; empty for you alone"
    )

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split, self.layout.use_property_decorate = True, False
        here = not (self.address or os.environ.get(VARIABLES["address"]))
        self._draw("address")
        # A server here knows its user without a token, and others need no program.
        self._draw("program" if here else "token")
        self.layout.prop(self, "project", placeholder=_EMPTY["project"])
        text, icon = ("Start a Server Here", "PLAY") if here else ("Test Connection", "LINKED")
        self.layout.operator("replate.connect", text=text, icon=icon)
        said = context.window_manager.get("replate_connection", "")
        if said:
            self.layout.label(text=said, icon="CHECKMARK" if said.startswith("Connected") else "INFO")
        elif here:
            self.layout.label(text="It is started when it is needed, and ends by itself when it is idle.", icon="INFO")

    def _draw(self, name: str) -> None:
        variable = VARIABLES[name]
        given = bool(os.environ.get(variable))
        row = self.layout.row()
        row.enabled = not given
        row.prop(self, name, placeholder="" if given else _EMPTY.get(name, ""))
        if given:
            self.layout.label(text=f"${variable} is set, and stronger.", icon="INFO")


_EMPTY = {"address": "On this machine", "program": "replate-server, on the path", "project": "For you alone"}
"""What a field means that is left empty."""


@dataclass(frozen=True)
class Connection:
    """What an agent is told; empty for what the environment says."""

    address: str = ""
    token: str = ""
    program: str = ""

    @property
    def shown(self) -> str:
        return self.address or os.environ.get(VARIABLES["address"], "")


def chosen() -> Preferences:
    return bpy.context.preferences.addons[NAME].preferences


def connection() -> Connection:
    """Raises `AgentError` where Blender is not to go online, and the server is on another machine."""
    mine = chosen()
    given = {name: "" if os.environ.get(variable) else getattr(mine, name) for name, variable in VARIABLES.items()}
    found = Connection(**given)
    if not bpy.app.online_access and not _on_this_machine(found.shown):
        raise AgentError(
            "Unmet",
            f"Blender is not to go online: allow it in Preferences, System, Network, to reach {found.shown}.",
        )
    return found


def folder() -> Path:
    """For results: $REPLATE_CACHE, else `replate` beside the .blend, else (it was never saved) under the home."""
    given, blend = os.environ.get(CACHE, "").strip(), bpy.data.filepath
    path = Path(given).expanduser() if given else (Path(blend).parent if blend else Path.home()) / "replate"
    return Path.cwd() / path


def register() -> None:
    bpy.utils.register_class(Preferences)


def unregister() -> None:
    bpy.utils.unregister_class(Preferences)


def _on_this_machine(address: str) -> bool:
    if not address or address.startswith("unix:"):
        return True
    host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
