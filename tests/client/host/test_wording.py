"""A prompt is put together of what an artist said, and of nothing else."""

from __future__ import annotations

import pytest

from replate_host.wording import fields, worded

SENTENCES = ("Change the picture to {prompt}.", "Keep {keep} exactly as it is.", "Film still.")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"prompt": "night", "keep": "the wall"},
            "Change the picture to night. Keep the wall exactly as it is. Film still.",
        ),
        ({"prompt": "  rain, neon\n"}, "Change the picture to rain, neon. Film still."),
        ({"prompt": "Is it night?", "keep": " "}, "Change the picture to Is it night? Film still."),
        (
            {"prompt": "rain... no, snow...", "keep": "v1..2"},
            "Change the picture to rain... no, snow... Keep v1..2 exactly as it is. Film still.",
        ),
        ({"prompt": "{keep}", "keep": ""}, "Change the picture to {keep}. Film still."),
        ({}, "Film still."),
    ],
)
def test_a_sentence_stands_where_its_fields_were_filled_in(said: dict[str, str], told: str) -> None:
    assert worded(SENTENCES, said) == told


def test_the_fields_of_a_sentence_are_known() -> None:
    assert fields("From {before} to {after_it}, not {This} or {}.") == ("before", "after_it")
