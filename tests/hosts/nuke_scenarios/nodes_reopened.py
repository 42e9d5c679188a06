"""A script with nodes of Replate's, opened where Replate is not installed. Arguments: the script, and what was set."""

import json
import sys
from pathlib import Path

import nuke

script, record = sys.argv[-2:]
try:
    import replate_nuke
except ImportError:
    pass
else:
    raise AssertionError(f"Replate is here: {replate_nuke}")

nuke.scriptOpen(script)
said = json.loads(Path(record).read_text())
found = {group.name(): group for group in nuke.allNodes("Group")}
assert set(found) == set(said)
for name, expected in said.items():
    group = found[name]
    assert group["operation"].value() == expected["operation"]
    assert (group["seed"].value(), group["first"].value(), group["last"].value()) == (7, 1001, 1024)
    for parameter, value in expected["parameters"].items():
        if not isinstance(value, list):
            assert group[f"p_{parameter}"].value() == value, (name, parameter, group[f"p_{parameter}"].value(), value)
    card = json.loads(group["card"].value())
    assert card["operations"][0]["name"] == expected["operation"]
    assert group.node("Output1").input(0) is not None

group = found["Restyle1"]
group["process"].execute()
assert group["status"].value().startswith("Replate is not installed here"), group["status"].value()
