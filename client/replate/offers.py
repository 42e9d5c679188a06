"""Frames sent ahead of the job that will need them."""

from __future__ import annotations

from dataclasses import dataclass

from replate.frame import StoredFrame
from replate.upload import Sent, Upload


@dataclass(frozen=True, slots=True)
class Offer:
    """Frames whose digests are known, on their way to the server. Nothing there holds on to them for long."""

    frames: tuple[StoredFrame, ...]
    _upload: Upload

    @property
    def sent(self) -> Sent:
        """How far the sending is; all zeros when the server had everything."""
        return self._upload.sent

    def wait(self) -> None:
        """Returns when the frames are on the server, or `stop` was called. Raises what stopped the sending."""
        self._upload.wait()

    def stop(self) -> None:
        """Gives up what has not been sent. A job that needs it sends it itself."""
        self._upload.stop()
