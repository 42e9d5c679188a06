"""Replate's artist-side library.

`connect` gives a `Client`; with one, plates go to a server and come back:

    with replate.connect() as client:
        plate = replate.open_plate("shot.####.exr")
        job = client.submit("restyle", {"plate": plate, "style": style})
        for output, frame in job.frames():
            ...

Importing this package is cheap: the wire is loaded on the first use of `connect`.
The vocabulary (`replate.frame`, `replate.values`, `replate.errors`) depends on
numpy alone, and is what client and server have in common.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replate.connection import connect as connect
    from replate.media import open_plate as open_plate

try:
    __version__ = version("replate")
except PackageNotFoundError:
    __version__ = "0"

_LAZY = {"connect": "replate.connection", "open_plate": "replate.media"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'replate' has no attribute {name!r}")
