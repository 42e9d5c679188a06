"""What a frame tells about another by what its places look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor

_ALIKE = 10
_TEMPERATURE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A frame in which an object's place is known."""

    features: Tensor
    """[rows, columns, n], of length 1."""
    likely: Tensor
    """How likely the object is at each place, in [0,1], at any resolution."""
    within: int | None = None
    """How far, in places, one that looks alike may be; None for anywhere."""


def recalled(features: Tensor, known: Sequence[Known]) -> Tensor:
    """How likely an object is at each place of a frame, [rows, columns] in [0,1].

    Each place takes the mean of what is known of the ten places that look most like it, weighted by a softmax of
    their likeness: the label propagation of Jabri, Owens and Efros, "Space-Time Correspondence as a Contrastive
    Random Walk", NeurIPS 2020, section 3.
    """
    rows, columns, depth = features.shape
    here = torch.from_numpy(features).reshape(-1, depth)
    found, labels = [], []
    for one in known:
        alike = here @ torch.from_numpy(one.features).reshape(-1, depth).T
        if one.within is not None:
            alike.masked_fill_(_too_far(rows, columns, one.within), -1.0)
        best = alike.topk(min(_ALIKE, alike.shape[1]), dim=1)
        label = torch.from_numpy(resize(one.likely, columns, rows, Nature.MATTE)).reshape(-1)
        found.append(best.values)
        labels.append(label[best.indices])
    all_found, all_labels = torch.cat(found, dim=1), torch.cat(labels, dim=1)
    best = all_found.topk(min(_ALIKE, all_found.shape[1]), dim=1)
    weight = torch.softmax(best.values / _TEMPERATURE, dim=1)
    mean = (weight * all_labels.gather(1, best.indices)).sum(dim=1)
    recalled: Tensor = mean.reshape(rows, columns).numpy()
    return recalled


@lru_cache(maxsize=4)
def _too_far(rows: int, columns: int, within: int) -> torch.Tensor:
    y, x = torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)
    return (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2 > within**2
