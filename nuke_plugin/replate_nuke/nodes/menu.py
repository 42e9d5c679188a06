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
    catalog = cards.kept()
    if catalog is None:
        cards.ask_aside(partial(_build, operation), say)
        return
    _build(operation, catalog)
    if nuke.GUI:
        cards.renew()


def ask_again() -> None:
    """Fills the menu with what the server can do now."""
    cards.ask_aside(fill, say)


def say(text: str) -> None:
    """Tells the artist a sentence: in a window, or where there is none on the terminal."""
    if nuke.GUI:
        nuke.message(text)
    else:
        nuke.tprint(f"Replate: {text}")


def _build(operation: str, catalog: Catalog) -> None:
    try:
        build.build(catalog, operation)
    except AgentError as error:
        say(str(error))
    except Exception as error:
        say(fault(error))


def _titles(catalog: Catalog) -> dict[str, str]:
    found = {each.name: build.title(each) for each in catalog.operations if build.takes_a_plate(each)}
    order = {name: place for place, name in enumerate(rules.ORDER)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def _open_scene() -> None:
    from replate_nuke import parallax

    parallax.open_scene()
