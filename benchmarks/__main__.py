"""Runs benchmarks by name, all of them by default; writes `benchmarks/out/NAME.json` and a plot."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from benchmarks.device import device_name

NAMES = (
    "transport",
    "repeat",
    "overhead",
    "diffusion",
    "memory",
    "inpaint",
    "upscale",
    "depth",
    "still",
    "temporal",
    "novel_view",
    "patch_synthesis",
)
OUT = Path(__file__).parent / "out"


def main(names: Sequence[str]) -> None:
    OUT.mkdir(exist_ok=True)
    for name in names or NAMES:
        if name not in NAMES:
            sys.exit(f"There is no benchmark {name}: there are {', '.join(NAMES)}.")
        print(f"{name} ...", flush=True)
        figures = importlib.import_module(f"benchmarks.{name}").measure() | _machine()
        (OUT / f"{name}.json").write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
        _plot(name, figures)
        for key, value in sorted(figures.items()):
            print(f"  {key} = {value}")


def _machine() -> dict[str, Any]:
    return {
        "date": date.today().isoformat(),
        "device": device_name(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
    }


def _plot(name: str, figures: Mapping[str, Any]) -> None:
    """Bars of what a benchmark says to plot, with the aim as a line."""
    module = importlib.import_module(f"benchmarks.{name}")
    labels, values, aim = module.plotted(figures)
    figure, axes = pyplot.subplots(figsize=(6, 0.6 * len(labels) + 1.4))
    axes.barh(labels, values, color="#4477aa")
    for index, value in enumerate(values):
        axes.text(value, index, f" {value:.3g}", va="center")
    if aim is not None:
        axes.axvline(aim, color="#cc3311", linestyle="--", label=f"aim {aim:g}")
        axes.legend(loc="lower right")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    figure.suptitle(module.TITLE, fontsize=10)
    figure.tight_layout()
    figure.savefig(OUT / f"{name}.png", dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
