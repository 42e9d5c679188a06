"""The prompt that a model is told, out of what an artist says in a common shape: what to change, and what stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}(\.?)")
"""A field, and the full stop behind it."""


def worded(sentences: Iterable[str], parameters: Mapping[str, Any]) -> str:
    """The sentences with their fields, "{prompt}", filled in; one that has an empty field is left out."""
    return " ".join(_filled(sentence, parameters) for sentence in sentences if _said(sentence, parameters))


def fields(sentence: str) -> tuple[str, ...]:
    """Names of the text parameters that a sentence is made of."""
    return tuple(place[1] for place in _PLACE.finditer(sentence))


def _said(sentence: str, parameters: Mapping[str, Any]) -> bool:
    return all(_text(parameters, name) for name in fields(sentence))


def _filled(sentence: str, parameters: Mapping[str, Any]) -> str:
    def put(place: re.Match[str]) -> str:
        text = _text(parameters, place[1])
        # What the artist ended with a full stop has one already.
        return text if text.endswith((".", "!", "?")) else text + place[2]

    return _PLACE.sub(put, sentence)


def _text(parameters: Mapping[str, Any], name: str) -> str:
    return str(parameters.get(name, "")).strip()
