"""Nuke's expressions, as far as plugins of ours use them: numbers, operators, functions, and other knobs' values.

    evaluate("parent.strength * 2 + (frame > 1001 ? 1 : 0)", 1010, lookup)

Anything else (Tcl in brackets, noise, strings) raises. Shared by the module and by the engine.
"""

from __future__ import annotations

import math
import re
from typing import Callable

Lookup = Callable[[str, float], float]
"""A name ("parent.seed", "translate.x") and a frame, to the value there. Raises for what is not there."""


class ExpressionError(ValueError):
    """The text is no expression, or more than is evaluated here."""


def evaluate(text: str, frame: float, lookup: Lookup) -> float:
    """Its value on a frame. Raises `ExpressionError`."""
    return _Parser(text, frame, lookup).value()


def _clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(value, low), high)


def _smoothstep(low: float, high: float, value: float) -> float:
    along = _clamp((value - low) / (high - low))
    return along * along * (3 - 2 * along)


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "atan2": math.atan2,
    "ceil": math.ceil,
    "clamp": _clamp,
    "cos": math.cos,
    "degrees": math.degrees,
    "exp": math.exp,
    "fabs": abs,
    "floor": math.floor,
    "fmod": math.fmod,
    "hypot": math.hypot,
    "int": math.trunc,
    "lerp": lambda low, high, along: low + (high - low) * along,
    "log": math.log,
    "log10": math.log10,
    "max": max,
    "min": min,
    "pow": math.pow,
    "radians": math.radians,
    "rint": lambda value: math.floor(value + 0.5),
    "sin": math.sin,
    "smoothstep": _smoothstep,
    "sqrt": math.sqrt,
    "step": lambda edge, value: float(value >= edge),
    "tan": math.tan,
    "trunc": math.trunc,
}
_CONSTANTS = {"pi": math.pi, "e": math.e, "true": 1.0, "false": 0.0}

_BINARY: list[dict[str, Callable[[float, float], float]]] = [
    {"||": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda a, b: float(bool(a) and bool(b))},
    {"==": lambda a, b: float(a == b), "!=": lambda a, b: float(a != b)},
    {
        "<": lambda a, b: float(a < b),
        ">": lambda a, b: float(a > b),
        "<=": lambda a, b: float(a <= b),
        ">=": lambda a, b: float(a >= b),
    },
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b, "/": lambda a, b: a / b, "%": math.fmod},
]
"""Loosest first; all go from left to right."""

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*(?:\.\w+)*)|(\*\*|\|\||&&|[=!<>]=|[-+*/%^?:(),!<>]))"
)


class _Parser:
    def __init__(self, text: str, frame: float, lookup: Lookup) -> None:
        self._text = text
        self._frame = frame
        self._lookup = lookup
        self._tokens = self._split()

    def value(self) -> float:
        try:
            value = self._choice()
        except (ArithmeticError, TypeError) as error:
            raise ExpressionError(f"the expression {self._text!r} cannot be computed: {error}") from None
        if self._tokens:
            raise self._wrong()
        return float(value)

    def _split(self) -> list[str]:
        tokens, place = [], 0
        while self._text[place:].strip():
            found = _TOKEN.match(self._text, place)
            if not found:
                raise self._wrong()
            tokens.append(found[0].strip())
            place = found.end()
        return tokens

    def _wrong(self) -> ExpressionError:
        return ExpressionError(f"the expression {self._text!r} is more than the stand-in evaluates")

    def _next(self) -> str:
        if not self._tokens:
            raise self._wrong()
        return self._tokens.pop(0)

    def _take(self, *signs: str) -> str:
        """The next token if it is one of these, else ''."""
        return self._tokens.pop(0) if self._tokens and self._tokens[0] in signs else ""

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong()

    def _choice(self) -> float:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        yes = self._choice()
        self._expect(":")
        no = self._choice()
        return yes if condition else no

    def _binary(self, level: int) -> float:
        if level == len(_BINARY):
            return self._unary()
        value = self._binary(level + 1)
        while sign := self._take(*_BINARY[level]):
            value = _BINARY[level][sign](value, self._binary(level + 1))
        return value

    def _unary(self) -> float:
        sign = self._take("-", "+", "!")
        if not sign:
            return self._power()
        value = self._unary()
        return float(not value) if sign == "!" else -value if sign == "-" else value

    def _power(self) -> float:
        base = self._atom()
        return math.pow(base, self._unary()) if self._take("^", "**") else base

    def _atom(self) -> float:
        token = self._next()
        if token == "(":
            value = self._choice()
            self._expect(")")
            return value
        if token[0].isdigit() or token[0] == ".":
            return float(token)
        if not (token[0].isalpha() or token[0] == "_"):
            raise self._wrong()
        if self._take("("):
            return self._call(token)
        if token in ("frame", "t"):
            return self._frame
        return _CONSTANTS[token] if token in _CONSTANTS else self._lookup(token, self._frame)

    def _call(self, name: str) -> float:
        """A function's value, or a knob's on another frame: `parent.focus(frame - 1)`."""
        arguments = [self._choice()]
        while self._take(","):
            arguments.append(self._choice())
        self._expect(")")
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](*arguments)
        if len(arguments) != 1:
            raise self._wrong()
        return self._lookup(name, arguments[0])
