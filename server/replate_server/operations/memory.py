"""Whether an error means that there was no memory left."""

from __future__ import annotations

_SAID = ("out of memory", "alloc_failed", "can't allocate memory", "failed to allocate memory", "bad_alloc")
"""By CUDA itself (for a context, cuBLAS, cuDNN), by PyTorch's processor side, ONNX Runtime and OpenCV."""


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of any library says that there was no memory left, on the device or beside it."""
    # PyTorch's errors are told by name, since it need not be installed for every model; the others have no class of
    # their own.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return any(words in said for words in _SAID)
