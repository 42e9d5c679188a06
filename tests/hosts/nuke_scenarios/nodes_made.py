"""A node of each operation, its knobs set to other than their defaults, saved. Arguments: the script, and what was set.

Everything is asked of the server at hand, through the agent: nothing here knows an operation's parameters.
"""

import json
import sys
from pathlib import Path

import nuke

from replate_nuke.nodes import Node, all_nodes, build, cards
from replate_nuke.nodes.controls import knob_name

script, record = sys.argv[-2:]
KINDS = {"flag": "Boolean_Knob", "whole": "Int_Knob", "real": "Double_Knob", "choice": "Enumeration_Knob"}


def other(parameter):
    """A value that is not the default, and that the server would take."""
    if parameter.type == "flag":
        return not parameter.default
    if parameter.type == "choice":
        return next(choice for choice in parameter.choices if choice != parameter.default)
    if parameter.type in ("whole", "real"):
        low, high = parameter.minimum, parameter.maximum
        return type(parameter.default)(low if parameter.default != low else min(high, low + 1))
    return "ein [Wort] mit $Zeichen und {Klammern"


plate = nuke.nodes.Constant(name="plate1")
plate["channels"].setValue("rgba")
catalog = cards.known()
operations = [operation for operation in catalog.operations if build.takes_a_plate(operation)]
assert {"restyle", "depth", "segment", "matte", "inpaint", "flow", "layers"} <= {each.name for each in operations}

said = {}
for operation in operations:
    plate.selectOnly()
    node = build.build(catalog, operation.name)
    assert Node.of(node.group) == node and node.operation == operation.name
    assert node.group.input(0) is not None and node.group.input(0).name() == "plate1"
    assert node.model == operation.default_model, node.model
    assert [pin.role for pin in node.inputs()] == [operation.inputs[0].name]
    parameters = [*operation.parameters, *node.chosen.parameters]
    assert node.parameters() == {
        each.name: list(each.default) if each.type == "prompts" else each.default for each in parameters
    }
    for parameter in parameters:
        if parameter.type == "prompts":
            continue
        knob = node.group[knob_name(parameter.name)]
        assert knob.Class() == KINDS.get(parameter.type, "String_Knob"), parameter
        assert knob.tooltip() == parameter.tooltip and knob.label() == parameter.label
        knob.setValue(other(parameter))
    node.group["seed"].setValue(7)
    node.group["first"].setValue(1001)
    node.group["last"].setValue(1024)
    said[node.name] = {"operation": operation.name, "model": node.model, "parameters": node.parameters()}

assert {node.name for node in all_nodes()} == set(said)
assert "Restyle1" in said and "Parallax1" in said
second = build.build(catalog, "restyle")
assert second.name == "Restyle2", second.name
nuke.undo()
assert {node.name for node in all_nodes()} == set(said), "one undo takes a new node away, all of it"
Path(record).write_text(json.dumps(said))
nuke.scriptSaveAs(script, 1)
