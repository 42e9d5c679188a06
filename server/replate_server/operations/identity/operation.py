"""The plate as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replate.values import OutputPlate, Parameter, Role, RoleKind, Value
from replate_server.operations.contract import Delivery, Model, Steps, Window


class Identity:
    name = "identity"
    label = "Identity"
    tooltip = "Gives the plate back untouched: for checking and measuring the way there and back."
    roles: tuple[Role, ...] = (Role("plate", "Plate", "Any pictures or data.", RoleKind.ANY),)
    outputs: tuple[OutputPlate, ...] = (OutputPlate("plate", "Plate", "The plate, untouched."),)
    parameters: tuple[Parameter, ...] = ()
    default_model = "identity/copy"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Nothing can be wrong."""

    def run(self, model: Model, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The frames themselves: no pixel is copied."""
        for done, number in enumerate(window.numbers):
            steps.progress(done / len(window.numbers))
            yield Delivery("plate", window.frame("plate", number))
