"""Knobs of numbers: constants, curves and expressions, a channel at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import facts
import nk
from curves import SMOOTH, Curve, CurveError, Key, number

from nuke import _constants as c
from nuke import _evaluate as evaluation
from nuke._animation import AnimationCurve
from nuke._knobs import Knob
from nuke._session import session


@dataclass(frozen=True)
class Channel:
    """One number: a constant, a curve over it, or an expression over both."""

    constant: float = 0.0
    curve: Curve | None = None
    expression: str = ""

    def text(self) -> str:
        """As an element of the list that a script keeps."""
        if self.expression:
            bare = not any(sign.isspace() or sign in '"[]{}$\\' for sign in self.expression)
            return "{" + (self.expression if bare else nk.word(self.expression)) + "}"
        return "{" + self.curve.text() + "}" if self.curve is not None else number(self.constant)

    @property
    def plain(self) -> bool:
        return self.curve is None and not self.expression


class Array_Knob(Knob):
    _WIDTH: ClassVar[int] = 1
    _ALIKE: ClassVar[bool] = False
    """Whether one number stands for all channels when they are equal, in values and in scripts."""

    def __init__(self, name: str, label: str | None = None, size: int | None = None) -> None:
        super().__init__(name, label)
        self._width = self._WIDTH if size is None else int(size)
        self._value: tuple[Channel, ...] = (Channel(),) * self._width
        self._default = self._value
        self._range: tuple[float, float] | None = None

    # Values.

    def value(self, index: int = -1, oc: Any = None) -> Any:
        return self.getValue(index)

    def getValue(self, channel: int = -1) -> Any:
        return self._shown([self._at(session.at(), each) for each in range(self._width)], channel)

    def getValueAt(self, frame: float, channel: int = -1, view: Any = None) -> Any:
        return self._shown([self._at(frame, each) for each in range(self._width)], channel)

    def valueAt(self, frame: float, channel: int = -1, view: Any = None) -> Any:
        return self.getValueAt(frame, channel, view)

    def array(self) -> list[float]:
        return [self._at(session.at(), each) for each in range(self._width)]

    def arraySize(self) -> int:
        return self._width

    def width(self) -> int:
        return self._width

    def height(self) -> int:
        return 1

    def singleValue(self, view: Any = None) -> bool:
        values = self.array()
        return all(value == values[0] for value in values)

    def setValue(self, value: Any, channel: int = -1, time: float | None = None, view: Any = None) -> bool:
        """Where a curve is, a key on the frame."""
        channels = list(self._value)
        for place, each in self._numbers(value, channel):
            channels[place] = self._with(channels[place], each, session.at() if time is None else time)
        self._change(tuple(channels))
        return True

    def setValueAt(self, value: Any, time: float, channel: int = -1, view: Any = None) -> bool:
        return Array_Knob.setValue(self, value, channel, time)

    def notDefault(self) -> bool:
        return bool(self._value != self._default)

    def setRange(self, low: float, high: float) -> None:
        self._range = (float(low), float(high))

    def min(self) -> float:
        return self._range[0] if self._range else 0.0

    def max(self) -> float:
        return self._range[1] if self._range else 1.0

    minimum = min
    maximum = max

    def defaultValue(self) -> float:
        return float(self._default[0].constant)

    def setDefaultValue(self, values: Sequence[float]) -> None:
        self._default = tuple(Channel(float(value)) for value in values)

    # Curves.

    def isAnimated(self, channel: int = -1, view: Any = None) -> bool:
        return any(not each.plain for each in self._some(channel))

    def setAnimated(self, channel: int = -1, view: Any = None) -> bool:
        """Begins a curve, with a key on this frame."""

        def animated(each: Channel) -> Channel:
            if each.curve is not None:
                return each
            return replace(each, curve=Curve((Key(session.at(), each.constant, self._how()),)))

        return self._each(channel, animated)

    def clearAnimated(self, channel: int = -1, view: Any = None) -> bool:
        values = self.array()
        channels = list(self._value)
        for place in self._places(channel):
            channels[place] = Channel(values[place])
        self._change(tuple(channels))
        return True

    def setKeyAt(self, time: float, channel: int = -1, view: Any = None) -> bool:
        def keyed(each: Channel) -> Channel:
            curve = each.curve or Curve()
            return replace(each, curve=curve.with_key(Key(time, curve.at(time) if each.curve else each.constant)))

        return self._each(channel, keyed)

    def removeKey(self, channel: int = -1) -> bool:
        return self.removeKeyAt(session.at(), channel)

    def removeKeyAt(self, time: float, channel: int = -1, view: Any = None) -> bool:
        return self._each(
            channel, lambda each: each if each.curve is None else replace(each, curve=each.curve.without(time))
        )

    def isKey(self, channel: int = -1, view: Any = None) -> bool:
        return self.isKeyAt(session.at(), channel)

    def isKeyAt(self, time: float, channel: int = -1, view: Any = None) -> bool:
        return any(key.x == time for each in self._some(channel) for key in self._keys(each))

    def getKeyList(self) -> list[float]:
        return sorted({key.x for each in self._value for key in self._keys(each)})

    def getNumKeys(self, channel: int = -1, view: Any = None) -> int:
        return max(len(self._keys(each)) for each in self._some(channel))

    def getKeyTime(self, index: int, channel: int = 0, view: Any = None) -> float:
        return self._keys(self._value[channel])[index].x

    def getKeyIndex(self, time: float, channel: int = 0, view: Any = None) -> int:
        return next((place for place, key in enumerate(self._keys(self._value[channel])) if key.x == time), -1)

    def animation(self, channel: int, view: Any = None) -> AnimationCurve | None:
        return AnimationCurve(self, channel) if self._value[channel].curve is not None else None

    def animations(self, view: Any = None) -> list[AnimationCurve]:
        return [AnimationCurve(self, place) for place, each in enumerate(self._value) if each.curve is not None]

    def copyAnimation(self, channel: int, curve: AnimationCurve, view: Any = None) -> None:
        self._each(channel, lambda each: replace(each, curve=curve._curve))

    # Expressions.

    def setExpression(self, expression: str, channel: int = -1, view: str = "") -> bool:
        if not isinstance(expression, str):
            raise TypeError("an expression is a str")
        return self._each(channel, lambda each: replace(each, expression=expression))

    def hasExpression(self, channel: int = -1) -> bool:
        return any(each.expression for each in self._some(channel))

    # Below this is the stand-in's own.

    def _at(self, frame: float, channel: int) -> float:
        each = self._value[channel]
        if each.expression:
            if self._node is None:
                raise RuntimeError(f"the expression in {self._name} is evaluated once the knob is on a node")
            names = facts.FIELDS.get(self._kind, "")
            field = names[channel] if channel < len(names) else str(channel) if self._width > 1 else ""
            return evaluation.number(each.expression, frame, self._node, field)
        return each.constant if each.curve is None else each.curve.at(frame)

    def _how(self) -> str:
        """How a new key goes on."""
        return SMOOTH

    def _shown(self, values: list[float], channel: int) -> Any:
        if channel >= 0:
            return values[channel]
        if self._width == 1 or (self._ALIKE and len(set(values)) == 1):
            return values[0]
        return values

    def _places(self, channel: int) -> list[int]:
        if channel >= self._width:
            raise ValueError(f"{self._name} has {self._width} channels: there is no channel {channel}")
        return list(range(self._width)) if channel < 0 else [channel]

    def _some(self, channel: int) -> list[Channel]:
        return [self._value[place] for place in self._places(channel)]

    def _each(self, channel: int, change: Any) -> bool:
        if self._flags & c.NO_ANIMATION:
            raise RuntimeError(f"{self._name} has the flag NO_ANIMATION: no curve and no expression")
        channels = list(self._value)
        for place in self._places(channel):
            channels[place] = change(channels[place])
        self._change(tuple(channels))
        return True

    @staticmethod
    def _keys(channel: Channel) -> tuple[Key, ...]:
        return channel.curve.keys if channel.curve is not None else ()

    def _numbers(self, value: Any, channel: int) -> list[tuple[int, float]]:
        """Which channels take which numbers."""
        places = self._places(channel)
        if isinstance(value, (list, tuple)):
            if channel >= 0 or len(value) > self._width:
                raise ValueError(f"{self._name} has {self._width} channels, and gets {len(value)} numbers")
            return [(place, self._number(each)) for place, each in enumerate(value)]
        return [(place, self._number(value)) for place in places]

    def _number(self, value: Any) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        raise TypeError(f"{self._name}: a {self._kind} takes numbers, not {type(value).__name__}")

    def _with(self, channel: Channel, value: float, time: float) -> Channel:
        if channel.expression:
            raise RuntimeError(f"{self.fullyQualifiedName()} has an expression: clearAnimated() comes first")
        if channel.curve is None:
            return replace(channel, constant=value)
        old = next((key for key in channel.curve.keys if key.x == time), None)
        before = [key for key in channel.curve.keys if key.x < time]
        how = old.how if old else before[-1].how if before else self._how()
        return replace(channel, curve=channel.curve.with_key(Key(time, value, how)))

    def _text(self) -> str:
        one = self._width == 1 or (self._ALIKE and len(set(self._value)) == 1)
        return " ".join(each.text() for each in (self._value[:1] if one else self._value))

    def _word(self) -> str:
        text = self._text()
        return text if len(nk.split(text)) == 1 and text[0] != "{" else f"{{{text}}}"

    def _parse(self, text: str) -> tuple[Channel, ...]:
        elements = nk.split(text)
        if len(elements) == 1:
            elements *= self._width
        if len(elements) > self._width:
            raise ValueError(f"{self._name} has {self._width} channels: {text!r} says {len(elements)}")
        read = [self._element(each) for each in elements]
        return (*read, *self._value[len(read) :])

    def _element(self, text: str) -> Channel:
        try:
            return Channel(self._told(text))
        except ValueError:
            pass
        if text.split()[:1] == ["curve"]:
            try:
                curve = Curve.parse(text)
            except CurveError:
                return Channel(expression=text)
            return Channel(curve.keys[0].y if curve.keys else 0.0, curve)
        words = nk.split(text)
        return Channel(expression=words[0] if len(words) == 1 else text)

    def _told(self, text: str) -> float:
        return float(int(text, 16)) if text[:2] == "0x" else float(text)

    def _set_default(self, default: Any) -> None:
        self._default = self._value = (Channel(float(default or 0.0)),) * self._width

    def _defined(self) -> list[str]:
        return ["R", number(self._range[0]), number(self._range[1])] if self._range else []

    def _define(self, told: nk.UserKnob) -> None:
        super()._define(told)
        if told.range:
            self._range = told.range
