"""What the host is told without asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replate.agent.dispatch import describe
from replate.agent.lines import Lines
from replate.figures import Summary
from replate.states import JobInfo
from replate.upload import Sent


class Notifier:
    """Writes notifications. Thread-safe."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def progress(self, info: JobInfo, sequence: int, sent: Sent) -> None:
        self._tell("job/progress", {**standing(info), "sequence": sequence, **_upload(sent)})

    def frame(self, job: str, sequence: int, output: str, number: int, view: str, path: str) -> None:
        said = {"job": job, "sequence": sequence, "output": output, "number": number, "view": view, "path": path}
        self._tell("job/frame", said)

    def preview(self, job: str, number: int, view: str, path: str) -> None:
        self._tell("job/preview", {"job": job, "number": number, "view": view, "path": path})

    def warning(self, job: str, message: str) -> None:
        self._tell("job/warning", {"job": job, "message": message})

    def scene(self, request: str | int, info: JobInfo, written: int) -> None:
        """How far the writing of a scene is, in the words of `job/progress`; `written` frames of it are."""
        total = max(info.progress.frames_total, written)
        said = {"frames_done": written, "frames_total": total, "fraction": written / total if total else 0.0}
        state = "running" if info.state.ended else info.state.value
        self._tell("scene/progress", {"request": request, **standing(info), **said, "state": state})

    def ended(
        self,
        info: JobInfo,
        sequence: int,
        sent: Sent,
        error: Exception | None,
        measured: Mapping[str, Summary] | None = None,
    ) -> None:
        """`error` is why the job failed, or why it is no longer watched; `measured` is of its frames, by output."""
        figures = {output: summary.as_json() for output, summary in (measured or {}).items()}
        said = {**standing(info), "sequence": sequence, **_upload(sent), "recipe": info.recipe, "figures": figures}
        if error is not None:
            described = describe(error)
            said["error"] = {"kind": described["data"]["kind"], "message": described["message"]}
        self._tell("job/ended", said)

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._lines.write({"jsonrpc": "2.0", "method": method, "params": params})


def standing(info: JobInfo) -> dict[str, Any]:
    """How a job stands, as JSON."""
    return {
        "job": info.id,
        "operation": info.operation,
        "model": info.model,
        "title": info.title,
        "state": info.state.value,
        "message": info.message,
        "fraction": info.progress.fraction,
        "frames_done": info.progress.frames_done,
        "frames_total": info.progress.frames_total,
        "seconds_left": info.progress.seconds_left,
        "outputs": list(info.outputs),
        "warnings": list(info.warnings),
    }


def _upload(sent: Sent) -> dict[str, Any]:
    return {"bytes_sent": sent.bytes, "bytes_to_send": sent.wanted_bytes}
