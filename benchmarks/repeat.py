"""What a second job on the same plate costs: with other parameters, and with the same."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.plates import client_of_new_server, median, plate
from replate.media import PlateWriter, open_plate

TITLE = "The same recipe again: milliseconds to the answer"
AIM = 50.0
FRAMES, ROUNDS = 24, 15


def measure() -> dict[str, Any]:
    """`uploaded_bytes` by a second job with other parameters; `answer_ms` from asking to knowing it is done."""
    with tempfile.TemporaryDirectory() as folder, client_of_new_server() as client:
        writer = PlateWriter(Path(folder) / "plate.####.exr")
        for frame in plate(1, FRAMES, 640, 360, "RGB"):
            writer.write(frame)
        inputs = {"plate": open_plate(writer.pattern)}
        first = client.submit("flow", inputs, parameters={"preset": "ultrafast"})
        first.wait()
        other = client.submit("flow", inputs, parameters={"preset": "fast"})
        other.wait()
        answers = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            again = client.submit("flow", inputs, parameters={"preset": "fast"})
            again.wait()
            answers.append((time.perf_counter() - start) * 1e3)
    return {
        "first_uploaded_bytes": first.sent.bytes,
        "uploaded_bytes": other.sent.bytes,
        "answer_ms": round(median(answers), 1),
        "answer_ms_most": round(max(answers), 1),
        "frames": FRAMES,
    }


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    return ["median", "slowest"], [figures["answer_ms"], figures["answer_ms_most"]], AIM
