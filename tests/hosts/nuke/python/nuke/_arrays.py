"""Knobs of numbers: constants, curves and expressions, a channel at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import facts
import nk
from curves import CONSTANT, LINEAR, SMOOTH, Curve, CurveError, Key, number
from nuke import _constants as c
from nuke import _evaluate as evaluation
from nuke._knobs import Knob
from nuke._session import MainThread, session

_HOW = {c.CONSTANT: CONSTANT, c.LINEAR: LINEAR}
_INTERPOLATIONS = {how: interpolation for interpolation, how in _HOW.items()}


@dataclass(frozen=True)
class Channel:
    """One number: a constant, a curve over it, or an expression over both."""

    constant: float = 0.0
    curve: Curve | None = None
    expression: str = ""

    def text(self, one: bool) -> str:
        """As an element of the list that a script keeps."""
        if self.expression:
            bare = not any(sign.isspace() or sign in '"[]{}$\\' for sign in self.expression)
            return "{" + (self.expression if bare else nk.word(self.expression)) + "}"
        return "{" + self.curve.text() + "}" if self.curve is not None else number(self.constant)

    @property
    def plain(self) -> bool:
        return self.curve is None and not self.expression


class Array_Knob(Knob):
    WIDTH: ClassVar[int] = 1
    ALIKE: ClassVar[bool] = False
    """Whether one number stands for all channels when they are equal, in values and in scripts."""

    def __init__(self, name: str, label: str | None = None, size: int | None = None) -> None:
        super().__init__(name, label)
        self._width = self.WIDTH if size is None else int(size)
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
        if self._width == 1 or (self.ALIKE and len(set(values)) == 1):
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
        one = self._width == 1 or (self.ALIKE and len(set(self._value)) == 1)
        return " ".join(each.text(one) for each in (self._value[:1] if one else self._value))

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


class Double_Knob(Array_Knob):
    pass


class Int_Knob(Array_Knob):
    def value(self, index: int = -1, oc: Any = None) -> Any:
        return int(self._at(session.at(), 0))

    def _number(self, value: Any) -> float:
        return float(int(super()._number(value)))


class Unsigned_Knob(Array_Knob):
    pass


class ColorChip_Knob(Unsigned_Knob):
    """A colour as 0xrrggbbaa."""

    def value(self, index: int = -1, oc: Any = None) -> Any:
        return int(self._at(session.at(), 0))

    def _text(self) -> str:
        return f"0x{int(self._value[0].constant):x}"


class Boolean_Knob(Array_Knob):
    STARTLINE = False

    def __init__(self, name: str, label: str | None = None, value: bool = False) -> None:
        super().__init__(name, label)
        self._value = (Channel(float(bool(value))),)

    def value(self, index: int = -1, oc: Any = None) -> Any:
        return bool(self._at(session.at(), 0))

    def _number(self, value: Any) -> float:
        return float(bool(super()._number(value)))

    def _how(self) -> str:
        return CONSTANT

    def _text(self) -> str:
        if self._value[0].plain:
            return "true" if self._value[0].constant else "false"
        return super()._text()

    def _told(self, text: str) -> float:
        return {"true": 1.0, "false": 0.0}[text] if text in ("true", "false") else super()._told(text)


class Disable_Knob(Boolean_Knob):
    pass


class XY_Knob(Array_Knob):
    WIDTH = 2

    def x(self, oc: Any = None) -> float:
        return self._at(session.at(), 0)

    def y(self, oc: Any = None) -> float:
        return self._at(session.at(), 1)


class XYZ_Knob(XY_Knob):
    WIDTH = 3

    def z(self, oc: Any = None) -> float:
        return self._at(session.at(), 2)


class Scale_Knob(XYZ_Knob):
    ALIKE = True


class UV_Knob(Array_Knob):
    WIDTH = 2


class WH_Knob(XY_Knob):
    ALIKE = True


class BBox_Knob(XY_Knob):
    """x, y, right, top."""

    WIDTH = 4

    def r(self, oc: Any = None) -> float:
        return self._at(session.at(), 2)

    def t(self, oc: Any = None) -> float:
        return self._at(session.at(), 3)

    def setX(self, value: float) -> bool:
        return self.setValue(value, 0)

    def setY(self, value: float) -> bool:
        return self.setValue(value, 1)

    def setR(self, value: float) -> bool:
        return self.setValue(value, 2)

    def setT(self, value: float) -> bool:
        return self.setValue(value, 3)

    def toDict(self) -> dict[str, float]:
        return dict(zip("xyrt", self.array()))

    def fromDict(self, box: dict[str, float]) -> None:
        for name, value in box.items():
            self.setValue(value, "xyrt".index(name))


class Color_Knob(Array_Knob):
    WIDTH = 3
    ALIKE = True


class AColor_Knob(Color_Knob):
    WIDTH = 4


class Range_Knob(Array_Knob):
    WIDTH = 2


class IArray_Knob(Array_Knob):
    """A matrix, a row after the other."""

    def __init__(self, name: str, label: str | None = None, size: Sequence[int] = (4, 4)) -> None:
        self._size = (int(size[0]), int(size[1]))
        super().__init__(name, label, self._size[0] * self._size[1])

    def width(self) -> int:
        return self._size[0]

    def height(self) -> int:
        return self._size[1]


class AnimationKey:
    """A key of a knob's curve; what it is set to goes into the curve."""

    def __init__(self, x: float = 0.0, y: float = 0.0, interpolation: int = c.SMOOTH) -> None:
        self._home: AnimationCurve | None = None
        self._key = Key(float(x), float(y), _HOW.get(interpolation, SMOOTH))

    @property
    def x(self) -> float:
        return self._key.x

    @x.setter
    def x(self, value: float) -> None:
        self._move(replace(self._key, x=float(value)))

    @property
    def y(self) -> float:
        return self._key.y

    @y.setter
    def y(self, value: float) -> None:
        self._move(replace(self._key, y=float(value)))

    @property
    def interpolation(self) -> int:
        return _INTERPOLATIONS.get(self._key.how, c.SMOOTH)

    @interpolation.setter
    def interpolation(self, value: int) -> None:
        self._move(replace(self._key, how=_HOW.get(value, SMOOTH)))

    def _move(self, key: Key) -> None:
        old, self._key = self._key, key
        if self._home is not None:
            self._home._set(self._home._curve.without(old.x).with_key(key))


class AnimationCurve(MainThread):
    """One channel's curve, as it is on its knob."""

    def __init__(self, knob: Array_Knob, channel: int) -> None:
        self._knob = knob
        self._channel = channel

    @property
    def _curve(self) -> Curve:
        return self._knob._value[self._channel].curve or Curve()

    def _set(self, curve: Curve) -> None:
        self._knob._each(self._channel, lambda each: replace(each, curve=curve))

    def knob(self) -> Array_Knob:
        return self._knob

    def knobIndex(self) -> int:
        return self._channel

    def keys(self) -> list[AnimationKey]:
        return [self._seen(key) for key in self._curve.keys]

    def size(self) -> int:
        return len(self._curve.keys)

    def evaluate(self, t: float) -> float:
        return self._curve.at(t)

    def setKey(self, t: float, y: float) -> AnimationKey:
        key = Key(float(t), float(y), self._knob._how())
        self._set(self._curve.with_key(key))
        return self._seen(key)

    def addKey(self, keys: AnimationKey | Sequence[AnimationKey]) -> None:
        curve = self._curve
        for key in [keys] if isinstance(keys, AnimationKey) else keys:
            curve = curve.with_key(key._key)
        self._set(curve)

    def removeKey(self, keys: AnimationKey | Sequence[AnimationKey]) -> None:
        curve = self._curve
        for key in [keys] if isinstance(keys, AnimationKey) else list(keys):
            curve = curve.without(key.x)
        self._set(curve)

    def clear(self) -> None:
        self._set(Curve())

    def changeInterpolation(self, keys: Sequence[AnimationKey], interpolation: int) -> None:
        how = _HOW.get(interpolation, SMOOTH)
        frames = {key.x for key in keys}
        self._set(Curve.of(replace(key, how=how) if key.x in frames else key for key in self._curve.keys))

    def constant(self) -> bool:
        return len({key.y for key in self._curve.keys}) <= 1

    def expression(self) -> str:
        return self._knob._value[self._channel].expression or "curve"

    def setExpression(self, expression: str) -> None:
        self._knob.setExpression(expression, self._channel)

    def toScript(self, selected: bool = False) -> str:
        return self._curve.text()

    def fromScript(self, text: str) -> None:
        self._set(Curve.parse(text))

    def _seen(self, key: Key) -> AnimationKey:
        seen = AnimationKey(key.x, key.y)
        seen._key = key
        seen._home = self
        return seen
