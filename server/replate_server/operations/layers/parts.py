"""A picture's layers before they have colours: what each covers and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.frame import Box
from replate_server.darkroom.geometry import crop
from replate_server.darkroom.matte import grow
from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.layers.chosen import Choice
from replate_server.operations.layers.coverage import enlarged, peeled, softened, weights
from replate_server.operations.layers.extend import extend
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.nearness import shrunk
from replate_server.operations.layers.regions import NOBODY, Labels

Array = NDArray[Any]

_SOLID = np.float32(0.98)
_BEFORE = np.float32(1 + 1e-3)
"""By this factor, at least, a layer is nearer than what is behind it."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What the layers of a picture cover, back to front."""

    alphas: Sequence[Tensor]
    """Each [height, width] in [0,1], as a half float can say it."""
    nearness: Sequence[Tensor]
    """Each [height, width], 1/Z > 0: of the layer itself, also where it is hidden or has an end."""

    def cropped(self, box: Box) -> Parts:
        """What lies in a box whose origin is the picture's top-left pixel."""
        return Parts([crop(alpha, box) for alpha in self.alphas], [crop(near, box) for near in self.nearness])

    def shown(self) -> list[Tensor]:
        """By how much each shows in the picture."""
        return weights(self.alphas)

    def hidden(self, layer: int) -> Hole:
        """Where something is before a layer that the layer itself goes on behind."""
        return np.asarray(self.before(layer) & (self.alphas[layer] > 0))

    def disclosed(self, layer: int, margin: int) -> Hole:
        """What of it is worth a model: pieces as large as a square of four margins; specks go on smoothly."""
        hidden = self.hidden(layer).astype(np.uint8)
        _, labels, measured, _ = cv2.connectedComponentsWithStats(hidden, connectivity=8)
        large = measured[:, cv2.CC_STAT_AREA] >= (4 * margin) ** 2
        large[0] = False
        return np.asarray(large[labels])

    def unlike(self, layer: int, margin: int) -> Hole:
        """Where a layer's own colours are not to be seen, `margin` pixels around included: what is hidden is never
        filled from what hides it, nor from what is farther."""
        away = self.before(layer)
        if layer:
            away |= self.alphas[layer] < _SOLID
        return np.asarray(grow(away.astype(np.float32), margin) > 0)

    def before(self, layer: int) -> Hole:
        """Where anything lies before a layer."""
        covered = np.zeros(self.alphas[0].shape, bool)
        for alpha in self.alphas[layer + 1 :]:
            covered |= alpha > 0
        return covered


def parted(
    display: Tensor,
    nearness: Tensor,
    labels: Labels,
    mattes: Mapping[str, Tensor],
    solid: Tensor | None,
    choice: Choice,
    blur: float,
    knobs: Knobs,
) -> Parts:
    """The layers of a picture [height, width, 3], display-referred, with its `nearness` [height, width].

    `labels` are the layers found by depth, at `Knobs.resolution`;
    `mattes` are the objects' coverage [height, width] by name; `blur` is a change of nearness
    that is none of a region's own where it happens within an edge; `solid` is the plate's own alpha, None where it is
    solid everywhere.
    """
    width = nearness.shape[1]
    edge = knobs.edge(width)
    of_depth = enlarged(labels, shrunk(nearness, knobs.resolution), nearness)
    shares = _shares(softened(of_depth, len(choice.cuts) + 1, display, edge), list(mattes.values()), choice)
    if solid is not None:
        shares = [share * solid for share in shares]
    alphas = [alpha.astype(np.float16).astype(np.float32) for alpha in peeled(shares, edge / 2)]
    if solid is None:
        alphas[0] = np.ones_like(alphas[0])
    own = [
        _own(nearness, share, _covered(shares[layer + 1 :], share), edge, blur) for layer, share in enumerate(shares)
    ]
    return Parts(alphas, _apart(own, alphas))


def _shares(by_depth: Tensor, mattes: Sequence[Tensor], choice: Choice) -> list[Tensor]:
    """The layers' shares back to front: objects take what their mattes say, and the rest is parted by depth."""
    total = np.sum(mattes, axis=0, dtype=np.float32) if mattes else np.zeros(by_depth.shape[1:], np.float32)
    fit = np.maximum(total, 1)
    rest = (1 - total).clip(0)
    objects = [np.asarray(matte / fit, np.float32) for matte in mattes]
    return [by_depth[one] * rest if one >= 0 else objects[NOBODY - 1 - one] for one in choice.order]


def _covered(shares: Sequence[Tensor], like: Tensor) -> Tensor:
    return np.sum(shares, axis=0, dtype=np.float32) if shares else np.zeros_like(like)


def _own(nearness: Tensor, share: Tensor, before: Tensor, edge: int, blur: float) -> Tensor:
    """A layer's own depth, without what is mixed into it along its edges, going on beyond them.

    `before` is the share of what lies before it: towards that a mixture comes nearer, and farther towards the rest.
    """
    mine = (share > np.float32(0.5)).astype(np.float32)
    reach = edge + 1
    core = grow(mine, -reach)
    # What is too thin to have a core is taken as it is.
    known = (core > 0) | ((mine > 0) & (grow(core, 2 * reach) == 0))
    square = np.ones((4 * reach + 1, 4 * reach + 1), np.uint8)
    hides = cv2.dilate((before > np.float32(0.5)).astype(np.uint8), square) > 0
    others = ((mine == 0) & (before <= np.float32(0.5))).astype(np.uint8)
    hidden = cv2.dilate(others, square) > 0
    low = cv2.erode(np.where(mine > 0, nearness, np.float32(np.inf)), square)
    high = cv2.dilate(np.where(mine > 0, nearness, np.float32(-np.inf)), square)
    pure = known & ~(hides & (nearness > low + blur)) & ~(hidden & (nearness < high - blur))
    known = pure if pure.any() else known
    if not known.any():
        known = share > 0
    if not known.any():
        return np.full(nearness.shape, nearness.min(), np.float32)
    return np.where(known, nearness, extend(nearness[..., None], known)[..., 0]).astype(np.float32)


def _apart(own: list[Tensor], alphas: Sequence[Tensor]) -> list[Tensor]:
    """The same, each layer behind all that lie before it wherever these are."""
    limit = np.full(own[0].shape, np.inf, np.float32)
    placed: list[Tensor] = []
    for near, alpha in zip(reversed(own), reversed(alphas), strict=True):
        behind = np.minimum(near, limit)
        placed.append(behind)
        limit = np.where(alpha > 0, np.minimum(limit, behind / _BEFORE), limit)
    return placed[::-1]
