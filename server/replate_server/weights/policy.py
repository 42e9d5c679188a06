"""Which licences a studio accepts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from replate.errors import Unmet
from replate_server.weights.weight import Weight


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings `weights.allow_non_commercial`, `weights.refuse` and `weights.allow` say."""

    allow_non_commercial: bool = False
    refuse: frozenset[str] = frozenset()
    """SPDX identifiers that are refused wherever a licence names them."""
    allow: frozenset[str] = frozenset()
    """Names of weights that are accepted whatever their licence."""

    def check(self, weight: Weight) -> None:
        """Raises `Unmet` for a weight that must not be used here."""
        if weight.name in self.allow:
            return
        refused = self.refuse.intersection(re.findall(r"[\w.+-]+", weight.licence))
        if refused:
            raise Unmet(
                f"Weight {weight.name} has the licence {weight.licence}, and the setting weights.refuse has "
                f"{', '.join(sorted(refused))}; adding {weight.name} to weights.allow permits it."
            )
        if not (weight.commercial or self.allow_non_commercial):
            terms = weight.terms or "forbids commercial use"
            raise Unmet(
                f"Weight {weight.name} has the licence {weight.licence}, which {terms}; "
                f"weights.allow_non_commercial = true, or adding {weight.name} to weights.allow, permits it."
            )
