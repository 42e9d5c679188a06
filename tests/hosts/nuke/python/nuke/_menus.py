"""Menus and toolbars: kept, so that a test can look at them and choose from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nuke._session import MainThread, main_thread, run_python, session


class MenuItem(MainThread):
    def __init__(self, name: str, command: Any = None, shortcut: str = "", icon: str = "", tooltip: str = "") -> None:
        self._name = name
        self._command = command
        self._shortcut = shortcut
        self._icon = icon
        self._tooltip = tooltip
        self._enabled = True
        self._visible = True

    def name(self) -> str:
        return self._name

    def script(self) -> str:
        return self._command if isinstance(self._command, str) else ""

    def setScript(self, script: str) -> None:
        self._command = script

    def shortcut(self) -> str:
        return self._shortcut

    def setShortcut(self, keySequence: str) -> None:
        self._shortcut = keySequence

    def icon(self) -> str:
        return self._icon

    def setIcon(self, icon: str) -> None:
        self._icon = icon

    def setEnabled(self, enabled: bool, recursive: bool = False) -> None:
        self._enabled = bool(enabled)

    def setVisible(self, visible: bool) -> None:
        self._visible = bool(visible)

    def invoke(self) -> None:
        if not self._enabled:
            raise RuntimeError(f"the menu item {self._name} is greyed out")
        if callable(self._command):
            self._command()
        elif self._command:
            run_python(self._command, f"menu {self._name}")


class Menu(MenuItem):
    """Items by name; "A/B" is B in the menu A."""

    def __init__(self, name: str, icon: str = "", tooltip: str = "") -> None:
        super().__init__(name, icon=icon, tooltip=tooltip)
        self._items: list[MenuItem] = []

    def items(self) -> list[MenuItem]:
        return list(self._items)

    def addCommand(
        self,
        name: str,
        command: str | Callable[[], Any] | None = None,
        shortcut: str = "",
        icon: str = "",
        tooltip: str = "",
        index: int = -1,
        readonly: bool = False,
        shortcutContext: int = 0,
        node: bool = False,
        tag: int = 0,
    ) -> MenuItem:
        if command is not None and not callable(command) and not isinstance(command, str):
            raise TypeError(f"the command of {name} is Python as str or a callable")
        menu, last = self._down(name)
        return menu._put(MenuItem(last, command, shortcut, icon, tooltip), index)

    def addMenu(self, name: str, icon: str = "", tooltip: str = "", index: int = -1) -> Menu:
        menu, last = self._down(name)
        found = menu.findItem(last)
        if isinstance(found, Menu):
            return found
        made = Menu(last, icon, tooltip)
        menu._put(made, index)
        return made

    def addSeparator(self, index: int = -1) -> MenuItem:
        return self._put(MenuItem(""), index)

    def findItem(self, name: str) -> Any:
        found: Any = self
        for part in name.split("/"):
            inside = found._items if isinstance(found, Menu) else []
            found = next((each for each in inside if each._name == part), None)
        return found

    def menu(self, name: str) -> Any:
        found = self.findItem(name)
        return found if isinstance(found, Menu) else None

    def removeItem(self, name: str) -> None:
        menu, last = self._down(name)
        menu._items = [each for each in menu._items if each._name != last]

    def clearMenu(self) -> bool:
        self._items.clear()
        return True

    def _down(self, name: str) -> tuple[Menu, str]:
        *above, last = name.split("/")
        menu = self
        for part in above:
            menu = menu.addMenu(part)
        return menu, last

    def _put(self, item: MenuItem, index: int) -> MenuItem:
        same = [place for place, each in enumerate(self._items) if each._name == item._name and item._name]
        if same:
            self._items[same[0]] = item
        else:
            self._items.insert(len(self._items) if index < 0 else index, item)
        return item


class ToolBar(Menu):
    """At the left edge, for the nodes."""


class MenuBar(Menu):
    """Along the top of the window."""


_menus: dict[str, Menu] = {}
_KINDS = {
    "Nuke": MenuBar,
    "Nodes": ToolBar,
    "Node Graph": Menu,
    "Viewer": Menu,
    "Properties": Menu,
    "Animation": Menu,
    "Axis": Menu,
    "Pane": Menu,
}


@main_thread
def menu(name: str) -> Any:
    """None without a GUI, and for a menu that Nuke does not have."""
    if not session.gui or name not in _KINDS:
        return None
    return _menus.setdefault(name, _KINDS[name](name))


@main_thread
def toolbar(name: str, create: bool = True) -> Any:
    if not session.gui:
        return None
    if name == "Nodes":
        return menu(name)
    return _menus.setdefault(name, ToolBar(name)) if create else _menus.get(name)
