"""The prompt that a model is told, out of what an artist says in a common shape: what to change, and what stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def worded(sentences: Iterable[str], parameters: Mapping[str, Any]) -> str:
    """The sentences with their fields, "{prompt}", filled in; one that has an empty field is left out."""
    return " ".join(_filled(sentence, parameters) for sentence in sentences if _said(sentence, parameters))


def fields(sentence: str) -> tuple[str, ...]:
    """Names of the text parameters that a sentence is made of."""
    return tuple(_FIELD.findall(sentence))


def _said(sentence: str, parameters: Mapping[str, Any]) -> bool:
    return all(_text(parameters, name) for name in fields(sentence))


def _filled(sentence: str, parameters: Mapping[str, Any]) -> str:
    filled = _FIELD.sub(lambda field: _text(parameters, field[1]), sentence)
    # What the artist ended with a full stop has one already.
    return re.sub(r"([.!?])\.", r"\1", filled)


def _text(parameters: Mapping[str, Any], name: str) -> str:
    return str(parameters.get(name, "")).strip()
