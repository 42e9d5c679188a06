"""The catalog as JSON, which a host builds its knobs from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from replate.catalog import Catalog
from replate.values import Parameter, Role


def catalog_as_json(catalog: Catalog) -> dict[str, Any]:
    """Names as in `replate.catalog`; a parameter that has no bounds has none in the JSON either."""
    return {
        "version": catalog.version,
        "devices": list(catalog.devices),
        "colour_config": catalog.colour_config,
        "limits": asdict(catalog.limits),
        "operations": [
            {
                "name": operation.name,
                "label": operation.label,
                "tooltip": operation.tooltip,
                "default_model": operation.default_model,
                "inputs": [_role(role) for role in operation.inputs],
                "outputs": [{**asdict(output), "channels": list(output.channels)} for output in operation.outputs],
                "parameters": [_parameter(parameter) for parameter in operation.parameters],
            }
            for operation in catalog.operations
        ],
        "models": [
            {
                **asdict(model),
                "parameters": [_parameter(parameter) for parameter in model.parameters],
                "weights": [asdict(weight) for weight in model.weights],
            }
            for model in catalog.models
        ],
    }


def _role(role: Role) -> dict[str, Any]:
    return {**asdict(role), "kind": role.kind.value}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    said = {**asdict(parameter), "type": parameter.type.value, "choices": list(parameter.choices)}
    return {name: value for name, value in said.items() if name not in ("minimum", "maximum") or value is not None}
