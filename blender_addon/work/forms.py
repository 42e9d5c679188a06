"""What is asked of an operation's outputs, in the forms that Blender can use.

Blender has pixels only of pictures without layers: of "depth.Z" or "dog.A" there is something in the compositor, and
nothing in the Image Editor or in texture nodes; of a lone "A" the colours are arbitrary. So a channel comes alone, as
grey, and objects come together as a Cryptomatte besides.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..replate_host.catalog import Operation, Output

CRYPTOMATTE = "cryptomatte"


def wishes(chosen: Operation, objects: Sequence[str]) -> dict[str, Output]:
    """Outputs by what the agent's `submit` is asked for; `objects` are those that are pointed at."""
    return {wish: each for each in chosen.outputs for wish in _forms(each, objects)}


def output(wish: str) -> str:
    """The output's name."""
    return wish.partition("/")[0]


def called(wish: str) -> str:
    """In a word, for files and images: "depth", "matte_dog", "cryptomatte"."""
    name, _, form = wish.partition("/")
    if form == CRYPTOMATTE:
        return form
    return f"{name}_{named(wish)}" if of_an_object(wish) else name


def of_an_object(wish: str) -> bool:
    """Whether it is one matte among those of an output."""
    return wish.partition("/")[2].endswith(".A")


def named(wish: str) -> str:
    """The object's name where it is of one."""
    return wish.partition("/")[2].removesuffix(".A")


def _forms(output: Output, objects: Sequence[str]) -> list[str]:
    mattes = output.channels and all(channel.endswith(".A") for channel in output.channels)
    if output.data and (mattes or len(output.channels) == 1):
        return [f"{output.name}/{channel}" for channel in output.channels]
    if output.data and objects and not output.channels:
        return [*(f"{output.name}/{name}.A" for name in objects), f"{output.name}/{CRYPTOMATTE}"]
    return [output.name]
