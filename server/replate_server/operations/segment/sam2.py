"""SAM 2, hiera-tiny, a frame at a time: Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Cached, Card, Tensor, Windows
from replate_server.operations.segment.carry import Candidate
from replate_server.operations.segment.hints import Hints
from replate_server.operations.sessions import planes, session

_SIDE = 1024
"""The encoder sees the picture stretched to this square, and points are given in it."""
_MASK = 256
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_OUTPUTS = ("high_res_feats_0", "high_res_feats_1", "image_embed")
_OUTSIDE, _INSIDE, _TOP_LEFT, _BOTTOM_RIGHT, _NOTHING = 0, 1, 2, 3, -1
_CERTAIN = 1e-3


class Sam2Tiny:
    card = Card(
        name="segment/sam2-tiny",
        label="SAM 2 tiny",
        tooltip="Cuts out anything from a click or a box. The first click on a frame takes seconds, further ones none.",
        revision="1",
        licence="Apache-2.0",
        weights=("sam2-tiny-encoder", "sam2-tiny-decoder"),
        windows=Windows(length=None),
        memory_bytes=1500 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._encoder = session(weights["sam2-tiny-encoder"], device)
        self._decoder = session(weights["sam2-tiny-decoder"], device)

    def encode(self, picture: Tensor) -> Cached:
        """8 MiB of half floats."""
        square = resize(picture, _SIDE, _SIDE, Nature.COLOUR)
        outputs = self._encoder({"image": planes((square - _MEAN) / _DEVIATION)})
        return {name: output.astype(np.float16) for name, output in zip(_OUTPUTS, outputs, strict=True)}

    def features(self, encoding: Cached) -> Tensor:
        """The image embedding less its mean, [64, 64, 256]."""
        places = encoding["image_embed"][0].transpose(1, 2, 0).astype(np.float32)
        places = places - places.mean(axis=(0, 1))
        length = np.linalg.norm(places, axis=-1, keepdims=True)
        features: Tensor = places / np.maximum(length, np.float32(1e-6))
        return features

    def decode(self, encoding: Cached, hints: Hints) -> Sequence[Candidate]:
        """Three masks, 256 square."""
        points = [(x * _SIDE, y * _SIDE) for x, y in hints.points]
        labels = [_INSIDE if inside else _OUTSIDE for inside in hints.inside]
        if hints.box is not None:
            left, top, right, bottom = (side * _SIDE for side in hints.box)
            points += [(left, top), (right, bottom)]
            labels += [_TOP_LEFT, _BOTTOM_RIGHT]
        if not points:
            points, labels = [(0.0, 0.0)], [_NOTHING]
        masks, confidence = self._decoder(
            {
                **{name: encoding[name].astype(np.float32) for name in _OUTPUTS},
                "point_coords": np.array([points], np.float32),
                "point_labels": np.array([labels], np.float32),
                "mask_input": _logits(hints.guess)[None, None],
                "has_mask_input": np.array([hints.guess is not None], np.float32),
            }
        )
        likely = 1.0 / (1.0 + np.exp(-masks[0].clip(-30, 30)))
        return [
            Candidate(np.asarray(mask, np.float32), float(sure))
            for mask, sure in zip(likely, confidence[0], strict=True)
        ]


def _logits(guess: Tensor | None) -> Tensor:
    if guess is None:
        return np.zeros((_MASK, _MASK), np.float32)
    likely = resize(guess, _MASK, _MASK, Nature.MATTE).clip(_CERTAIN, 1 - _CERTAIN)
    logits: Tensor = np.log(likely / (1 - likely)).astype(np.float32)
    return logits
