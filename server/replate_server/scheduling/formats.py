"""How large the frames are that a job will give."""

from __future__ import annotations

from collections.abc import Mapping

from replate.errors import BadRequest
from replate.frame import FrameSpec
from replate.values import Value
from replate_server.jobs import JobOutput, Source
from replate_server.operations.contract import Operation, Resizing, windows_due
from replate_server.operations.registry import operations
from replate_server.store.ledger import Ledger


def check_format(
    operation: Operation, parameters: Mapping[str, Value], source: Source, ledger: Ledger, most_pixels: int
) -> None:
    """Raises `BadRequest` where a job that changes the format of its plate would give frames of more pixels than that.

    What other operations give is as large as what they get.
    """
    if not isinstance(operation, Resizing):
        return
    for spec in _specs(source, ledger):
        due = windows_due(operation, spec, parameters)
        for window in (due.data_window, due.display_window):
            pixels = window.width * window.height
            if pixels > most_pixels:
                raise BadRequest(
                    f"{operation.label} would make frame {spec.number} {window.width}x{window.height}, "
                    f"{pixels / 1e6:.3g} megapixels where this server takes {most_pixels / 1e6:.3g}: choose a smaller "
                    "scale, or raise limits.frame_pixels."
                )


def _specs(source: Source, ledger: Ledger) -> tuple[FrameSpec, ...]:
    """Of a job's plate, its frames' specs as far as their windows go: what another job will give is not there yet."""
    if not isinstance(source, JobOutput):
        return tuple(frame.spec for frame in source)
    upstream = ledger.job(source.job).spec
    operation = operations()[upstream.operation]
    plate = upstream.inputs[operation.roles[0].name]
    return tuple(windows_due(operation, spec, upstream.parameters) for spec in _specs(plate, ledger))
