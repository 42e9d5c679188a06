"""Mattes of what the artist points at, carried through the shot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, cast

import numpy as np

from replate.values import OutputPlate, Parameter, ParameterType, Prompt, Role, Value
from replate_server.darkroom.development import develop
from replate_server.operations.contract import Cached, Delivery, Model, Steps, Tensor, Window
from replate_server.operations.edges import follow
from replate_server.operations.pictures import data_beside, developed
from replate_server.operations.segment.carry import Candidate, Eyes, carried
from replate_server.operations.segment.hints import Hints, by_object, hints_of

_DOUBT = np.float32(0.2)
"""Below this likelihood a place is empty, and above one minus it solid: the mean error on davis_judo is halved."""
_KEPT = 4
"""Encodings in memory: those that several objects ask for one after the other."""


class Segmenter(Model, Protocol):
    """A model that finds what is pointed at. It sees a picture once and is then asked about it often."""

    def encode(self, picture: Tensor) -> Cached:
        """All that the model needs to know of a picture [height, width, 3], as arrays by name."""

    def features(self, encoding: Cached) -> Tensor:
        """What each place looks like, [rows, columns, n] float32 of length 1: alike means the same thing is there."""

    def decode(self, encoding: Cached, hints: Hints) -> Sequence[Candidate]:
        """The masks that the hints may mean, over the whole picture, at whatever resolution the model has them."""


class Segment:
    name = "segment"
    label = "Segment"
    tooltip = "Cuts out what you point at, and follows it through the shot."
    roles: tuple[Role, ...] = (Role("plate", "Plate", "The footage to look at."),)
    outputs: tuple[OutputPlate, ...] = (
        OutputPlate("matte", "Matte", 'One layer an object, "subject.A": 1 where it covers the pixel.', (), True),
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "prompts",
            "Prompts",
            ParameterType.PROMPTS,
            (),
            "Points inside and outside the subject, and boxes around it, on any frames.",
        ),
        Parameter(
            "edge_radius",
            "Edge radius",
            ParameterType.WHOLE,
            2,
            "How far the matte's edge may move to meet the picture's, in pixels of the model; 0 leaves it.",
            0,
            16,
        ),
    )
    default_model = "segment/sam2-tiny"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Raises `BadRequest` when nothing is pointed at."""
        prompts = cast("tuple[Prompt, ...]", parameters["prompts"])
        by_object(prompts, {prompt.frame for prompt in prompts})

    def run(self, model: Segmenter, window: Window, steps: Steps) -> Iterator[Delivery]:
        """A frame of mattes for each of the window's frames, a channel "name.A" an object."""
        prompts = cast("tuple[Prompt, ...]", window.parameters["prompts"])
        radius = int(cast(int, window.parameters["edge_radius"]))
        objects = by_object(prompts, window.context)
        shot = _Shot(model, window, steps, len(objects))
        eyes = Eyes(shot.features, shot.decode)
        hints = {
            name: {number: hints_of(given, window.frame("plate", number).spec) for number, given in on_frames.items()}
            for name, on_frames in objects.items()
        }
        followed = [carried(eyes, given, window.context) for given in hints.values()]
        channels = tuple(f"{name}.A" for name in objects)
        for found in zip(*followed, strict=True):
            number = found[0][0]
            if number not in window.numbers:
                continue
            picture = shot.picture(number)
            planes = [_solid(follow(picture, likely, radius)) for _, likely in found]
            yield Delivery("matte", data_beside(window.frame("plate", number), channels, np.stack(planes, -1)))


def _solid(likely: Tensor) -> Tensor:
    """Coverage of a likelihood: a segmenter is never quite certain, and an artist wants 1 to be 1."""
    coverage: Tensor = np.clip((likely - _DOUBT) / (1 - 2 * _DOUBT), 0, 1)
    return coverage


class _Shot:
    """The window's frames as the model knows them: encoded once a frame, whoever asks."""

    def __init__(self, model: Segmenter, window: Window, steps: Steps, objects: int) -> None:
        self._model, self._window, self._steps = model, window, steps
        self._encodings: OrderedDict[int, Cached] = OrderedDict()
        self._asked = 0
        self._expected = max(len(window.context) * objects, 1)

    def picture(self, number: int) -> Tensor:
        """A frame as the model sees it. What is mended in it is told here, and not again where it is encoded."""
        return developed(self._window, "plate", number, self._steps).display

    def features(self, number: int) -> Tensor:
        return self._model.features(self._encoding(number))

    def decode(self, number: int, hints: Hints) -> Sequence[Candidate]:
        encoding = self._encoding(number)
        self._asked += 1
        self._say(number)
        return self._model.decode(encoding, hints)

    def _encoding(self, number: int) -> Cached:
        if number not in self._encodings:
            self._say(number)
            self._encodings[number] = self._steps.cached(
                self._key(number), lambda: self._model.encode(self._seen(number))
            )
            while len(self._encodings) > _KEPT:
                self._encodings.popitem(last=False)
        self._encodings.move_to_end(number)
        return self._encodings[number]

    def _seen(self, number: int) -> Tensor:
        return develop(self._window.frame("plate", number), self._window.colour_config).display

    def _key(self, number: int) -> str:
        card, spec = self._model.card, self._window.frame("plate", number).spec
        box = spec.data_window
        return (
            f"encoding {card.name} {card.revision} {' '.join(card.weights)} {self._window.colour_config} "
            f"{spec.colour_space} {','.join(spec.channels)} {box.width}x{box.height} {spec.pixel_type.value} "
            f"{self._window.digest('plate', number)}"
        )

    def _say(self, number: int) -> None:
        self._steps.progress(min(self._asked / self._expected, 1.0), f"Looking at frame {number}")
