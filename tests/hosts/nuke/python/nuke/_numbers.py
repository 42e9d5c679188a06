"""Knobs of numbers, by what the numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curves import CONSTANT

from nuke._arrays import Array_Knob, Channel
from nuke._session import session


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
    _STARTS = False

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
    _WIDTH = 2

    def x(self, oc: Any = None) -> float:
        return self._at(session.at(), 0)

    def y(self, oc: Any = None) -> float:
        return self._at(session.at(), 1)


class XYZ_Knob(XY_Knob):
    _WIDTH = 3

    def z(self, oc: Any = None) -> float:
        return self._at(session.at(), 2)


class Scale_Knob(XYZ_Knob):
    _ALIKE = True


class UV_Knob(Array_Knob):
    _WIDTH = 2


class WH_Knob(XY_Knob):
    _ALIKE = True


class BBox_Knob(XY_Knob):
    """x, y, right, top."""

    _WIDTH = 4

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
    _WIDTH = 3
    _ALIKE = True


class AColor_Knob(Color_Knob):
    _WIDTH = 4


class Range_Knob(Array_Knob):
    _WIDTH = 2


class IArray_Knob(Array_Knob):
    """A matrix, a row after the other."""

    def __init__(self, name: str, label: str | None = None, size: Sequence[int] = (4, 4)) -> None:
        self._size = (int(size[0]), int(size[1]))
        super().__init__(name, label, self._size[0] * self._size[1])

    def width(self) -> int:
        return self._size[0]

    def height(self) -> int:
        return self._size[1]
