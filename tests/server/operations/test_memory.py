"""What means that there was no memory left."""

from __future__ import annotations

from replate_server.operations.memory import out_of_memory


def test_every_librarys_lack_of_memory_is_told_from_other_errors() -> None:
    class OutOfMemoryError(RuntimeError):
        """As PyTorch names it."""

    assert out_of_memory(MemoryError())
    assert out_of_memory(OutOfMemoryError("CUDA out of memory."))
    assert out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"))
    assert out_of_memory(RuntimeError("Failed to allocate memory for requested buffer of size 1099511627776"))
    assert out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert not out_of_memory(RuntimeError("shapes do not match"))
