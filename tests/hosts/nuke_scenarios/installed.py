"""Nuke that finds Replate in the artist's own folder: where everything comes from, and whether the agent answers."""

import json

import nuke

import replate_host
from replate_nuke import agent, startup


def _in_menu() -> bool:
    return nuke.menu("Nodes").findItem("Replate") is not None


told = {
    "problem": startup.problem(),
    "plugin": startup.__file__,
    "host": replate_host.__file__,
    "operations": len(agent.current().call("catalog")["operations"]),
    "menu": nuke.executeInMainThreadWithResult(_in_menu) if nuke.GUI else None,
}
agent.forget()
print("TOLD " + json.dumps(told))
