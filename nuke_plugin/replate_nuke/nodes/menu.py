"""The menu Replate, and what its items do."""

from __future__ import annotations

from functools import partial

import nuke

from replate_host import AgentError
from replate_host.catalog import Catalog
from replate_nuke.nodes import build, cards, rules
from replate_nuke.nodes.buttons import fault

NAME = "Replate"

_USUAL = {
    "restyle": "Restyle",
    "depth": "Depth",
    "segment": "Segment",
    "matte": "Matte",
    "inpaint": "Inpaint",
    "flow": "Flow",
    "layers": "Parallax",
}
"""What every server has, by its title: the menu is whole before one was ever asked."""


def fill(catalog: Catalog | None) -> None:
    """Makes the menu: of what the server said last, or else of what is usual."""
    menu = nuke.menu("Nodes").addMenu(NAME, icon="Replate.png")
    menu.clearMenu()
    titles = _titles(catalog) if catalog is not None else _USUAL
    for name, title in titles.items():
        menu.addCommand(title, partial(create, name), icon=rules.of(name).icon)
    menu.addSeparator()
    menu.addCommand("Open Scene...", _open_scene, icon=rules.of("layers").icon)
    menu.addCommand("Ask the Server Again", ask_again)


def create(operation: str) -> None:
    """Makes a node of an operation; says in a sentence why not."""
    try:
        build.build(cards.known(), operation)
    except AgentError as error:
        say(str(error))
    except Exception as error:
        say(fault(error))


def ask_again() -> None:
    """Fills the menu with what the server can do now."""
    try:
        fill(cards.ask())
    except AgentError as error:
        say(str(error))


def say(text: str) -> None:
    """Tells the artist a sentence: in a window, or where there is none on the terminal."""
    if nuke.GUI:
        nuke.message(text)
    else:
        nuke.tprint(f"Replate: {text}")


def _titles(catalog: Catalog) -> dict[str, str]:
    found = {each.name: build.title(each) for each in catalog.operations if build.takes_a_plate(each)}
    order = {name: place for place, name in enumerate(rules.ORDER)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def _open_scene() -> None:
    from replate_nuke import parallax

    parallax.open_scene()
