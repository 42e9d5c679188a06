"""What USD's own rules find wrong."""

from __future__ import annotations

from pxr import Usd, UsdValidation


def complaints(stage: Usd.Stage) -> list[str]:
    """What `usdchecker` would print: the errors and warnings of every rule there is."""
    rules = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert any("Reference" in rule.GetMetadata().name for rule in rules)
    return [error.GetMessage() for error in UsdValidation.ValidationContext(rules).Validate(stage)]
