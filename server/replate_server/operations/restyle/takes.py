"""Takes of a window's frames, as a model repaints them, kept in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from replate.errors import BadRequest, Failed
from replate.frame import digest_of
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.highlights import without_highlights
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Cached, Steps, Tensor, Window
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.loras import loras_of
from replate_server.operations.on_demand import OnDemand
from replate_server.operations.pictures import checked, developed
from replate_server.operations.restyle.mattes import MATTE, is_restyled, matte
from replate_server.operations.restyle.nearness import nearness
from replate_server.operations.restyle.painting import name_of
from replate_server.operations.restyle.repainting import Relighter, Repainter, Take, seen_by
from replate_server.operations.restyle.smaller import SIZES, whole
from replate_server.operations.shot import Shot
from replate_server.operations.working_size import working_size

_MOST = np.float32(65535)
_ENDS = (0.5, 99.5)
"""Percentiles of a frame's depth that are taken for its ends: a stray sample must not be a shot's nearest thing."""
_THIN = 4
"""Every so manyth row and column is looked at for them."""


class Takes:
    """What a model makes of a window's frames, all at the one size that it is good at."""

    def __init__(self, model: Repainter, window: Window, shot: Shot, afterwards: tuple[str, ...]) -> None:
        """`shot` is of the window, or of the window seen smaller; `afterwards` are parameters of the operation that
        what a model paints does not depend on."""
        self._model, self._window, self._shot = model, window, shot
        left_out = {*afterwards, *(() if window.has("matte") else MATTE)}
        self._given = {name: value for name, value in window.parameters.items() if name not in left_out}
        sizes = model.card.sizes
        self.size = working_size(
            shot.box.width, shot.box.height, model.pixels(window.parameters), sizes.multiple, sizes.minimum
        )
        """Width and height."""
        self.light = isinstance(model, Relighter)
        """Whether pictures are of light."""
        self.loras = tuple(
            Lora(window.lora(name), strength) for name, strength in loras_of(model.card, window.parameters)
        )

    def picture(self, number: int) -> Tensor:
        """A frame as the model sees it, [height, width, 3] in [0,1] over the shot's box."""
        seen = self._shot.picture(number)
        small: Tensor = resize(seen_by(self._model, seen), *self.size, Nature.COLOUR)
        return small.clip(0, 1)

    def restyled(self, number: int) -> bool:
        """Whether a frame's matte leaves anything to repaint."""
        return is_restyled(self._window, number)

    def matte(self, number: int) -> Tensor:
        """Where a frame is to be repainted, [height, width] in [0,1] over the shot's box."""
        given = matte(self._window, number)
        if given is None:
            return np.ones(self.size[::-1], np.float32)
        own = self._window.frame("plate", number).spec.data_window
        box = whole(self._shot.box, SIZES[str(self._window.parameters["size"])])
        spread: Tensor = resize(reframe(given, own, box, "edge"), *self.size, Nature.MATTE)
        return spread

    def depth(self, number: int) -> Tensor:
        """How near things are in a frame, [height, width] in [0,1] over the shot's box: 1 is the shot's nearest."""
        known = nearness(self._shot.window, number, self._shot.box)
        if known is None:
            raise BadRequest(f"The depth has no frame {number}: give it the plate's frames.")
        low, high = self._ends
        level = np.nan_to_num((known - low) / max(high - low, 1e-9), nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
        small: Tensor = resize(level.astype(np.float32), *self.size, Nature.COLOUR)
        return small

    def repainted(
        self, numbers: Sequence[int], place: int, known: Mapping[int, Tensor], steps: Steps
    ) -> Sequence[Tensor]:
        """Frames repainted at once, each [height, width, 3] in [0,1]; `place` and `known` as in a `Take`.

        What was made before is not made again.
        """
        # The last is repeated to a length that the model takes.
        extra = -(len(numbers) - 1) % self._model.stride
        repeated = (*numbers, *[numbers[-1]] * extra)
        kept = steps.cached(
            self._key(repeated, place, known), lambda: self._made(repeated, len(numbers), place, known, steps)
        )
        painted = kept["painted"]
        return OnDemand(lambda index: np.asarray(painted[index], np.float32) / _MOST, range(len(numbers)))

    def _made(
        self, numbers: tuple[int, ...], wanted: int, place: int, known: Mapping[int, Tensor], steps: Steps
    ) -> Cached:
        style = None
        if self._window.has("style"):
            display = developed(self._window, "style", numbers[0], steps).display
            style = without_highlights(display, display).clip(0, 1)
        pictures: dict[int, Tensor] = {}
        for number in dict.fromkeys(numbers):
            steps.check()
            # Once, and not when asked for: a model looks at them more often than that.
            pictures[number] = self.picture(number)
        take = Take(
            numbers,
            place,
            [pictures[number] for number in numbers],
            OnDemand(self.matte, numbers) if self._window.has("matte") else None,
            OnDemand(self.depth, numbers) if self._window.has("depth") else None,
            style,
            known,
            self.loras,
        )
        name = self._model.card.name
        made = self._model.repaint(take, self._window.parameters, self._window.seed, steps)
        if len(made) != len(numbers):
            raise Failed(f"The model {name} gave {len(made)} frames of {len(numbers)}; its module must be put right.")
        width, height = self.size
        painted = np.empty((wanted, height, width, 3), np.uint16)
        for index in range(wanted):
            picture = checked(made[index], (height, width, 3), name)
            if not np.isfinite(picture).all():
                raise Failed(f"The model {name} gave a picture that is no number; try other parameters.")
            painted[index] = np.rint(picture.clip(0, 1) * _MOST)
        return {"painted": painted}

    def _key(self, numbers: Sequence[int], place: int, known: Mapping[int, Tensor]) -> str:
        card, window = self._model.card, self._window
        frames = [f"plate {self._shot.key(number)}" for number in numbers]
        if window.has("matte"):
            frames += [f"matte {name_of(window, 'matte', number)}" for number in numbers]
        if window.has("style"):
            frames.append(f"style {name_of(window, 'style', numbers[0])}")
        if window.has("depth"):
            frames += [f"depth {name_of(window, 'depth', number)}" for number in numbers] + [f"{self._ends}"]
        before = [f"{index} {digest_of(known[index].tobytes())}" for index in sorted(known)]
        worn = [f"{one.path.name} {one.path.stat().st_size} {one.path.stat().st_mtime_ns}" for one in self.loras]
        return (
            f"take 1 {card.name} {card.revision} {' '.join(card.weights)} {self._given} {worn} seed {window.seed} "
            f"place {place} {self.size} of {self._shot.box} {len(numbers)} {' '.join(frames)} known {' '.join(before)}"
        )

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """1/Z of what is farthest and nearest in the shot."""
        window, numbers = self._shot.window, self._shot.numbers
        said = [window.frame("depth", number).spec.depth for number in numbers]
        if all(one is not None and one.near > 0 for one in said):
            return min(1 / one.far for one in said if one), max(1 / one.near for one in said if one)
        found = []
        for number in numbers:
            known = nearness(window, number, self._shot.box)
            sample = known[::_THIN, ::_THIN] if known is not None else np.empty(0)
            if np.isfinite(sample).any():
                found.append(np.percentile(sample[np.isfinite(sample)], _ENDS))
        return (min(low for low, _ in found), max(high for _, high in found)) if found else (0.0, 1.0)
