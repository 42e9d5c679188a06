"""A node's panel when something about it changes: another model, another catalog, one handle more."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import nuke

from replate_host import AgentError
from replate_host.catalog import Catalog, Model
from replate_host.versions import Version
from replate_nuke.nodes import choices, handles, inside, knobs
from replate_nuke.nodes.controls import Control, layout
from replate_nuke.nodes.handles import Handle
from replate_nuke.nodes.mirror import mirror
from replate_nuke.nodes.node import Node
from replate_nuke.nodes.undo import one_step


def first(group: nuke.Group, card: Catalog) -> None:
    """Gives a new Group its knobs, with the operation's default model."""
    _lay_out(group, [], card, choices.model(card, choices.model_items(card)[0]), [])
    mirror(Node(group))


def swap(node: Node) -> None:
    """The model was changed: its own knobs come in place of those of the one before."""
    with one_step("Change model"):
        _change(node, node.card, node.chosen)


def add(node: Node, parameter: str, box: bool) -> None:
    """One more point, or box, on the frame that the artist looks at."""
    handle = handles.another(node.group, parameter, box)
    with one_step("Add box" if box else "Add point"):
        _change(node, node.card, node.chosen, lambda there: [*there, handle])
        handles.place(node.group, handle, nuke.frame())


def remove(node: Node, name: str) -> None:
    """Takes a handle away, by its knob's name."""
    with one_step("Remove"):
        _change(node, node.card, node.chosen, lambda there: [each for each in there if each.name != name])


def refresh(node: Node, catalog: Catalog) -> None:
    """Takes over what the server can do now. Raises `AgentError` where it can no longer do this."""
    card = catalog.part(node.operation)
    if not card.operations:
        raise AgentError("NotFound", f"The server no longer has '{node.operation}': this node keeps what it knew.")
    with one_step("Refresh from the server"):
        model = card.model(node.model) or choices.model(card, choices.model_items(card)[0])
        _change(node, card, model)
        inside.build(node.group, node.kind)


def use(node: Node, version: Version) -> None:
    """Puts the knobs as they were for a version. Raises `AgentError` for a model that is no longer there."""
    card = node.card
    model = card.model(version.model)
    if model is None:
        raise AgentError("NotFound", f"The model '{version.model}' of this version is not in the catalog: refresh it.")
    parameters = choices.parameters(card, model)
    wanted = [
        Handle(parameter.name, number, "width" in prompt)
        for parameter in parameters
        if parameter.type == "prompts"
        for number, prompt in enumerate(version.parameters.get(parameter.name, ()), 1)
    ]
    with one_step("Use its settings"):
        _change(node, card, model, lambda _: wanted)
        knobs.put(node.group, parameters, version.parameters)
        node.group["seed"].setValue(version.seed)
        # A preview's single frame is no range to go on with.
        if version.first != version.last:
            node.group["first"].setValue(version.first)
            node.group["last"].setValue(version.last)
    mirror(node)


def _change(
    node: Node,
    card: Catalog,
    model: Model | None,
    change: Callable[[list[Handle]], list[Handle]] = lambda there: there,
) -> None:
    group, old = node.group, node.card
    there = _handles(group, old)
    before = layout(old, old.model(str(group["knobs_of"].value())), there)
    shown = node.shown()
    _lay_out(group, before, card, model, change(there))
    node.keep_versions(node.versions, shown)
    mirror(node)


def _lay_out(
    group: nuke.Group, before: Sequence[Control], card: Catalog, model: Model | None, there: Sequence[Handle]
) -> None:
    knobs.apply(group, before, layout(card, model, there))
    group["card"].setValue(json.dumps(card.as_json()))
    group["knobs_of"].setValue(model.name if model is not None else "")
    if model is not None:
        group["model"].setValue(choices.model_item(card, model.name))


def _handles(group: nuke.Group, card: Catalog) -> list[Handle]:
    every = [parameter for model in (None, *card.models) for parameter in choices.parameters(card, model)]
    names = dict.fromkeys(parameter.name for parameter in every if parameter.type == "prompts")
    return [handle for name in names for handle in handles.of(group, name)]
