"""Knobs to choose from: enumerations, channels, formats, views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import nk

from nuke._arrays import Channel
from nuke._formats import Format, format_named
from nuke._knobs import Knob
from nuke._numbers import Unsigned_Knob
from nuke._session import session


class Enumeration_Knob(Unsigned_Knob):
    """One of some words. "value\\tlabel" is called by what stands before the tab."""

    def __init__(self, name: str, label: str | None = None, values: Sequence[str] = ()) -> None:
        super().__init__(name, label)
        if isinstance(values, str) or not all(isinstance(value, str) for value in values):
            raise TypeError(f"{name}: the choices are a list of str")
        self._values = tuple(values)
        self._open = False

    def value(self, *_: Any) -> str:
        return self._called(int(self._at(session.at(), 0)))

    def values(self) -> list[str]:
        return list(self._values)

    def numValues(self) -> int:
        return len(self._values)

    def enumName(self, n: int) -> str:
        return self._called(n)

    def setValues(self, items: Sequence[str]) -> None:
        """New choices; the one that is chosen stays so if it is among them."""
        if isinstance(items, str) or not all(isinstance(item, str) for item in items):
            raise TypeError(f"{self._name}: the choices are a list of str")
        chosen = self.value() if self._values else None
        self._values = tuple(items)
        called = [self._called(place) for place in range(len(self._values))]
        self._change((Channel(float(called.index(chosen) if chosen in called else 0)),))

    def setValue(self, value: Any, channel: int = -1, time: float | None = None, view: Any = None) -> bool:
        return super().setValue(self._place(value), channel, time)

    def setValueAt(self, value: Any, time: float, channel: int = -1, view: Any = None) -> bool:
        return self.setValue(value, channel, time)

    def _place(self, value: Any) -> int:
        if isinstance(value, str):
            called = [self._called(place) for place in range(len(self._values))]
            if value in called:
                return called.index(value)
            if value in self._values:
                return self._values.index(value)
            if self._open:
                self._values = (*self._values, value)
                return len(self._values) - 1
            raise ValueError(f"{self._name} is one of {', '.join(called)}: not {value!r}")
        place = int(self._number(value))
        if not 0 <= place < len(self._values):
            raise ValueError(f"{self._name} has {len(self._values)} choices: there is no number {place}")
        return place

    def _called(self, place: int) -> str:
        return self._values[place].split("\t")[0] if 0 <= place < len(self._values) else ""

    def _how(self) -> str:
        return "K"

    def _text(self) -> str:
        return self._called(int(self._value[0].constant)) if self._value[0].plain else super()._text()

    def _word(self) -> str:
        return nk.word(self._text()) if self._value[0].plain else f"{{{self._text()}}}"

    def _parse(self, text: str) -> tuple[Channel, ...]:
        if text.startswith("{"):
            words = nk.split(text)
            if len(words) == 2:  # {0} word: older scripts keep the number beside it.
                text = words[1]
            else:
                return super()._parse(text)
        return (Channel(float(self._place(text))),)

    def _set_default(self, default: Any) -> None:
        if self._values:
            self._default = self._value = (Channel(float(self._place(default if default is not None else 0))),)

    def _written(self) -> bool:
        # Its choices may be others next time: what a user knob says is said by name, always.
        return super()._written() or (self._user and bool(self._values) and self._value != self._default)

    def _defined(self) -> list[str]:
        return ["M", "{" + nk.words(self._values) + "}"]

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        self._values = told.menu


class CascadingEnumeration_Knob(Enumeration_Knob):
    pass


class EditableEnumeration_Knob(Enumeration_Knob):
    pass


class Radio_Knob(Enumeration_Knob):
    pass


class Bitmask_Knob(Enumeration_Knob):
    pass


class Pulldown_Knob(Enumeration_Knob):
    """A menu whose items run Python."""

    def __init__(self, name: str, label: str | None = None, values: Mapping[str, str] | None = None) -> None:
        super().__init__(name, label, list(values or {}))
        self._commands = list((values or {}).values())

    def itemName(self, n: int) -> str:
        return self._called(n)

    def commands(self, n: int) -> str:
        return self._commands[n]

    def setValues(self, items: Mapping[str, str]) -> None:  # type: ignore[override]
        self._commands = list(items.values())
        super().setValues(list(items))

    def _defined(self) -> list[str]:
        both = [each for pair in zip(self._values, self._commands) for each in pair]
        return ["M", "{" + nk.words(both) + "}"]

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        self._values, self._commands = told.menu[::2], list(told.menu[1::2])


class Channel_Knob(Knob):
    """A layer or a channel: "rgba", "depth.Z", "none"."""

    def __init__(self, name: str, label: str | None = None, input: int = 0) -> None:
        super().__init__(name, label)
        self._value = self._default = "none"

    def value(self, *_: Any) -> str:
        return str(self._value)

    def getValue(self, *_: Any) -> str:
        return str(self._value)

    def setValue(self, name: str, *_: Any) -> bool:
        if not isinstance(name, str):
            raise TypeError(f"{self._name} takes the name of a layer or a channel")
        self._change(self._parse(name))
        return True

    def _parse(self, text: str) -> str:
        for each in text.split():
            if each.lstrip("-") not in _channel_names():
                raise ValueError(f"{self._name}: there is no layer or channel {each!r} in the script")
        return text


class ChannelMask_Knob(Channel_Knob):
    pass


class MultiView_Knob(Knob):
    """Some of the views: "left right"."""

    def __init__(self, name: str, label: str | None = None) -> None:
        super().__init__(name, label)
        self._value = self._default = "main"

    def value(self, *_: Any) -> str:
        return str(self._value)

    def notDefault(self) -> bool:
        return bool(self._value != self._default)

    def setValue(self, views: str, *_: Any) -> bool:
        self._change(str(views))
        return True


class OneView_Knob(Enumeration_Knob):
    pass


class Format_Knob(Knob):
    """A format; without one, the root's."""

    def __init__(self, name: str, label: str | None = None) -> None:
        super().__init__(name, label)

    def value(self, *_: Any) -> Format:
        return self.actualValue()

    def actualValue(self, *_: Any) -> Format:
        if self._value is not None:
            return self._value  # type: ignore[no-any-return]
        return session.root["format"].actualValue()  # type: ignore[no-any-return]

    def notDefault(self) -> bool:
        return bool(self._value != self._default)

    def setValue(self, value: Any, *_: Any) -> bool:
        if isinstance(value, str):
            value = format_named(value)
        if not isinstance(value, Format):
            raise TypeError(f"{self._name} takes a Format or the name of one")
        self._change(value)
        return True

    def _text(self) -> str:
        return "" if self._value is None else self._value._text()

    def _parse(self, text: str) -> Format:
        return Format._parse(text)

    def _word(self) -> str:
        return '"' + self._text() + '"'


class SceneGraph_Knob(Knob):
    """What is in a file of geometry, by path and kind, and which of it is read: nothing, until it is chosen.

    Nuke fills it when the file is named; the stand-in leaves that to whoever needs it. How Nuke writes the choice into
    a script is told nowhere; here it is the paths.
    """

    def __init__(self, name: str, label: str | None = None) -> None:
        super().__init__(name, label)
        self._value = self._default = ""
        self._items: list[tuple[str, str]] = []

    def getItems(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._items)

    def setItems(self, items: Sequence[tuple[str, str]], autoSelect: bool = False) -> None:
        self._items = [(str(name), str(kind)) for name, kind in items]
        if autoSelect:
            self.setSelectedItems([name for name, _ in self._items])

    def getSelectedItems(self) -> list[str]:
        return str(self._value).split()

    def setSelectedItems(self, names: Sequence[str]) -> None:
        if isinstance(names, str):
            raise TypeError(f"{self._name} takes a list of paths")
        unknown = sorted(set(names) - {name for name, _ in self._items})
        if unknown:
            raise ValueError(f"{self._name} has no {unknown[0]}")
        self._change(" ".join(names))


def _channel_names() -> set[str]:
    names = {"none", "all", *session.layers}
    for layer, channels in session.layers.items():
        names.update(channels)
        names.update(f"{layer}.{each.split('.')[-1]}" for each in channels)
    names.update(("red", "green", "blue", "-rgba"))
    return names
