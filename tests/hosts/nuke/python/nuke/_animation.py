"""A knob's curves, as Python gets at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from curves import CONSTANT, LINEAR, SMOOTH, Curve, Key

from nuke import _constants as c
from nuke._session import MainThread

if TYPE_CHECKING:
    from nuke._arrays import Array_Knob

_HOW = {c.CONSTANT: CONSTANT, c.LINEAR: LINEAR}
_INTERPOLATIONS = {how: interpolation for interpolation, how in _HOW.items()}


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
