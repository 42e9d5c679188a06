"""LoRA files are named in a text, and what cannot be read of it is refused in a sentence."""

from __future__ import annotations

import pytest

from replate.errors import BadRequest
from replate_server.operations.loras import named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        (" , ", ()),
        ("noir", (("noir", 1.0),)),
        ("film-grain:0.8, noir", (("film-grain", 0.8), ("noir", 1.0))),
        ("Film Grain v2.1 : -0.5", (("Film Grain v2.1", -0.5),)),
        ("b, a:0", (("b", 1.0), ("a", 0.0))),
    ],
)
def test_names_and_strengths_are_read_in_order(text: str, found: tuple[tuple[str, float], ...]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grain:much", 'The strength "much" of the LoRA grain is no number from -4 to 4'),
        ("grain:nan", "is no number"),
        ("grain:5", "is no number"),
        ("grain:", "is no number"),
        (":0.5", "names no LoRA"),
        ("n" * 121, "names no LoRA"),
        ("noir, noir:0.5", "noir is named twice"),
        (", ".join("abcdefghi"), "9 LoRA files are named where 8"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        named(text)
