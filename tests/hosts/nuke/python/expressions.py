"""Nuke's expressions, as far as plugins of ours use them: numbers, operators, functions, and other knobs' values.

    evaluate("parent.strength * 2 + (frame > 1001 ? 1 : 0)", 1010, lookup)

Anything else (Tcl in brackets, noise, strings) raises. Shared by the module and by the engine.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Callable

Lookup = Callable[[str, float], float]
"""A name ("parent.seed", "translate.x") and a frame, to the value there. Raises for what is not there."""


class ExpressionError(ValueError):
    """The text is no expression, or more than is evaluated here."""


def evaluate(text: str, frame: float, lookup: Lookup) -> float:
    """Its value on a frame. Raises `ExpressionError`."""
    try:
        return float(_parsed(text)(frame, lookup))
    except (ArithmeticError, TypeError) as error:
        raise ExpressionError(f"the expression {text!r} cannot be computed: {error}") from None


Part = Callable[[float, Lookup], float]
"""A part of an expression that was read: its value on a frame."""


@cache
def _parsed(text: str) -> Part:
    return _Parser(text).expression()


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
    """Reads an expression once; what it gives computes only what it has to: one branch of a choice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()

    def expression(self) -> Part:
        part = self._choice()
        if self._tokens:
            raise self._wrong()
        return part

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

    def _choice(self) -> Part:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        yes = self._choice()
        self._expect(":")
        no = self._choice()
        return lambda frame, lookup: (yes if condition(frame, lookup) else no)(frame, lookup)

    def _binary(self, level: int) -> Part:
        if level == len(_BINARY):
            return self._unary()
        part = self._binary(level + 1)
        while sign := self._take(*_BINARY[level]):
            part = _both(_BINARY[level][sign], part, self._binary(level + 1))
        return part

    def _unary(self) -> Part:
        sign = self._take("-", "+", "!")
        if not sign:
            return self._power()
        part = self._unary()
        if sign == "!":
            return lambda frame, lookup: float(not part(frame, lookup))
        return (lambda frame, lookup: -part(frame, lookup)) if sign == "-" else part

    def _power(self) -> Part:
        base = self._atom()
        return _both(math.pow, base, self._unary()) if self._take("^", "**") else base

    def _atom(self) -> Part:
        token = self._next()
        if token == "(":
            part = self._choice()
            self._expect(")")
            return part
        if token[0].isdigit() or token[0] == ".":
            return _always(float(token))
        if not (token[0].isalpha() or token[0] == "_"):
            raise self._wrong()
        if self._take("("):
            return self._call(token)
        if token in ("frame", "t"):
            return lambda frame, lookup: frame
        return _always(_CONSTANTS[token]) if token in _CONSTANTS else lambda frame, lookup: lookup(token, frame)

    def _call(self, name: str) -> Part:
        """A function's value, or a knob's on another frame: `parent.focus(frame - 1)`."""
        arguments = [self._choice()]
        while self._take(","):
            arguments.append(self._choice())
        self._expect(")")
        if name in _FUNCTIONS:
            function = _FUNCTIONS[name]
            return lambda frame, lookup: function(*(each(frame, lookup) for each in arguments))
        if len(arguments) != 1:
            raise self._wrong()
        return lambda frame, lookup: lookup(name, arguments[0](frame, lookup))


def _always(value: float) -> Part:
    return lambda frame, lookup: value


def _both(function: Callable[[float, float], float], left: Part, right: Part) -> Part:
    return lambda frame, lookup: function(left(frame, lookup), right(frame, lookup))
