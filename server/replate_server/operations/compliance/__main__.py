"""`python -m replate_server.operations.compliance NAME [WEIGHT=FILE ...]`: checks an installed model."""

from __future__ import annotations

import sys
from pathlib import Path

from replate_server.operations.compliance.checks import check_model
from replate_server.operations.registry import broken_models, models


def main(arguments: list[str]) -> int:
    if not arguments or any("=" not in pair for pair in arguments[1:]):
        print("Usage: python -m replate_server.operations.compliance NAME [WEIGHT=FILE ...]")
        return 2
    name, *pairs = arguments
    if name not in models():
        print(broken_models().get(name, f"There is no model {name}; there are {', '.join(models())}."))
        return 2
    weights = {weight: Path(file) for weight, _, file in (pair.partition("=") for pair in pairs)}
    faults = check_model(models()[name], weights)
    print("\n".join(faults) if faults else f"{name} complies.")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
