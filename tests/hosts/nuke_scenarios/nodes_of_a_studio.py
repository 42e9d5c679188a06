"""What a studio has knobs be by default changes nothing of what is sent and read back."""

import nuke

from replate_nuke.nodes import build, cards

DEFAULTS = {
    "Write.channels": "rgb",
    "Write.create_directories": "false",
    "Write.exr.autocrop": "true",
    "Write.exr.compression": "DWAA",
    "Write.exr.datatype": "32 bit float",
    "Write.exr.interleave": "channels",
    "Write.exr.metadata": "no metadata",
    "Read.after": "hold",
    "Read.auto_alpha": "true",
    "Read.before": "hold",
    "Read.on_error": "black",
    "Grade.black_clamp": "true",
    "Grade.channels": "rgba",
}


def made():
    """All that these knobs say in nodes of all operations."""
    catalog, said = cards.known(), {}
    for operation in filter(build.takes_a_plate, catalog.operations):
        group = build.build(catalog, operation.name).group
        for node in group.nodes():
            for knob in {each.rpartition(".")[2] for each in DEFAULTS if each.startswith(f"{node.Class()}.")}:
                if node.knob(knob) is not None:
                    said[operation.name, node.name(), knob] = node[knob].toScript()
    return said


before = made()
assert {knob for _, _, knob in before} == {each.rpartition(".")[2] for each in DEFAULTS}, before
for knob, value in DEFAULTS.items():
    nuke.knobDefault(knob, value)
plain = nuke.nodes.Write()
plain["file_type"].setValue("exr")
assert (plain["channels"].value(), plain["interleave"].value()) == ("rgb", "channels")
changed = {place: value for place, value in made().items() if value != before[place]}
assert not changed, changed
