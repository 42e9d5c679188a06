"""A shot's estimates, clip by clip, brought to one scale where clips share frames.

A model that takes one picture at a time has clips of one frame that share none; what it says of each frame has a
scale of its own, which `align` deals with. A video model is led over the shot in clips that overlap, and each
clip's scale and shift are fitted to those of the clip before on the frames they share, where the two then fade into
one another: the inference of Chen et al., "Video Depth Anything", CVPR 2025, section 3.3.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

from replate.errors import Failed
from replate.values import Value
from replate_server.operations.clips import clips
from replate_server.operations.contract import Cached, Steps, Tensor
from replate_server.operations.depth.affine import Affine, fit
from replate_server.operations.depth.estimator import Estimator
from replate_server.operations.on_demand import OnDemand
from replate_server.operations.pictures import checked
from replate_server.operations.shot import Shot

_KEPT = 32
"""Frames of estimates in memory, but two clips at least."""
_FARTHEST = 1e6
"""Metres beyond which a metric model sees infinity."""
_SAMPLES = 1 << 16
"""Of the frames that two clips share, what is compared."""


class Clips:
    """Inverse depth of a shot's frames, larger is nearer: of a relative model in one clip's scale, else 1/metres."""

    def __init__(self, model: Estimator, shot: Shot, parameters: Mapping[str, Value], steps: Steps) -> None:
        self._model, self._shot, self._parameters, self._steps = model, shot, parameters, steps
        self._clips = clips(len(shot.numbers), model.frames, model.overlap)
        self._to_first: list[Affine] = []
        self._kept: OrderedDict[int, Cached] = OrderedDict()
        self._shape: tuple[int, ...] | None = None

    def level(self, place: int, steps: Steps) -> Tensor:
        """Inverse depth of a frame by its place in the shot, [rows, columns], on the scale of the first clip.

        Frames are first asked for in rising order.
        """
        held = [index for index, clip in enumerate(self._clips) if clip.start <= place < clip.stop]
        while len(self._to_first) <= held[-1]:
            self._to_first.append(self._joined(len(self._to_first), steps))
        mixed, total = None, 0.0
        for index in held:
            clip = self._clips[index]
            said = self._to_first[index].of(self._said(index, place, steps))
            # The first clip of two fades out over the frames that they share.
            share = float(min(place - clip.start + 1, clip.stop - place)) if len(held) > 1 else 1.0
            mixed = said * share if mixed is None else mixed + said * share
            total += share
        assert mixed is not None
        level: Tensor = np.asarray(mixed / total, np.float32)
        return level

    def focal(self, place: int, steps: Steps) -> float:
        """The focal length that the model found for a frame, in the plate's pixels; 0 where it found none."""
        index = next(i for i, clip in enumerate(self._clips) if clip.start <= place < clip.stop)
        return float(self._record(index, steps)["focal"][place - self._clips[index].start])

    def _joined(self, index: int, steps: Steps) -> Affine:
        """From a clip's scale to the first one's."""
        shared = range(self._clips[index].start, self._clips[index - 1].stop) if index else range(0)
        if not shared:
            return Affine()
        here = np.concatenate([_thinned(self._said(index, place, steps), len(shared)) for place in shared])
        before = [self._said(index - 1, place, steps) for place in shared]
        there = np.concatenate([_thinned(self._to_first[-1].of(one), len(shared)) for one in before])
        return fit(here, there, shifted=not self._model.metric)

    def _said(self, index: int, place: int, steps: Steps) -> Tensor:
        depth: Tensor = self._record(index, steps)["depth"][place - self._clips[index].start]
        return depth

    def _record(self, index: int, steps: Steps) -> Cached:
        if index not in self._kept:
            self._kept[index] = self._steps.cached(self._key(index), lambda: self._estimated(index, steps))
            size = self._model.frames
            while len(self._kept) > max(_KEPT // size, 2):
                self._kept.popitem(last=False)
        self._kept.move_to_end(index)
        return self._kept[index]

    def _estimated(self, index: int, steps: Steps) -> Cached:
        clip, name = self._clips[index], self._model.card.name
        numbers = list(self._shot.numbers[clip.start : clip.stop])
        padded = numbers + numbers[-1:] * (self._model.frames - len(numbers))
        made = self._model.run(OnDemand(self._shot.picture, padded), self._parameters, steps)
        if len(made) != len(padded):
            raise Failed(f"The model {name} gave {len(made)} estimates of {len(padded)} pictures; mend its module.")
        planes = [checked(estimate.depth, (0, 0), name) for estimate in made[: len(numbers)]]
        for plane in planes:
            self._shape = self._shape or plane.shape
            if plane.shape != self._shape:
                raise Failed(f"The model {name} gave estimates of {self._shape} and {plane.shape}; mend its module.")
        focal = np.array([estimate.focal for estimate in made[: len(numbers)]], np.float32)
        return {"depth": np.stack([_inverse(plane, self._model) for plane in planes]), "focal": focal}

    def _key(self, index: int) -> str:
        card, clip = self._model.card, self._clips[index]
        own = {parameter.name: self._parameters[parameter.name] for parameter in card.parameters}
        frames = " ".join(self._shot.key(number) for number in self._shot.numbers[clip.start : clip.stop])
        return f"depth 1 {card.name} {card.revision} {' '.join(card.weights)} {own} {self._model.frames} {frames}"


def _inverse(depth: Tensor, model: Estimator) -> Tensor:
    if np.isnan(depth).any() or not (model.metric or np.isfinite(depth).all()):
        raise Failed(f"The model {model.card.name} gave depth that is no number; try another model.")
    if not model.metric:
        return depth
    if (depth <= 0).any():
        raise Failed(f"The model {model.card.name} gave distances that are not over 0; try another model.")
    inverse: Tensor = np.reciprocal(np.minimum(depth, np.float32(_FARTHEST)))
    return inverse


def _thinned(plane: Tensor, planes: int) -> Tensor:
    step = max(int(np.sqrt(plane.size * planes / _SAMPLES)), 1)
    return plane[step // 2 :: step, step // 2 :: step].reshape(-1)
