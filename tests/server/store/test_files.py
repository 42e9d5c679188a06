"""Blobs on disk: complete or not at all, and never another's."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from replate.errors import Damaged, Exhausted, NotFound
from replate.frame import Box, FrameSpec, PixelType, StoredFrame, digest_of
from replate_server.store.files import FrameFiles


@pytest.fixture
def files(tmp_path: Path) -> FrameFiles:
    return FrameFiles(tmp_path)


def spec(width: int = 4, height: int = 3) -> FrameSpec:
    window = Box(0, 0, width, height)
    return FrameSpec(1, window, window, ("R", "G", "B"), PixelType.HALF)


def leftovers(files: FrameFiles) -> list[Path]:
    return list((files.folder / "incoming").iterdir())


def test_pixels_come_back_as_they_went_in(files: FrameFiles) -> None:
    pixels = np.random.default_rng(0).random((3, 4, 3)).astype(np.float16)
    digest, size = files.put(pixels)
    assert size == pixels.nbytes
    frame = files.read(StoredFrame(spec(), digest))
    np.testing.assert_array_equal(frame.pixels, pixels)
    assert not frame.pixels.flags.writeable


def test_a_blob_that_arrives_in_chunks_is_there_when_it_is_complete(files: FrameFiles) -> None:
    blob = os.urandom(1000)
    digest = digest_of(blob)
    with files.receive(digest, 1000) as write:
        write(blob[:600])
        assert not files.has(digest)
        write(blob[600:])
    assert files.has(digest, 1000)
    assert bytes(files.blob(digest)) == blob


@pytest.mark.parametrize("sent", [b"short", b"x" * 11, b"too long, by far"])
def test_bytes_that_are_not_the_digests_are_refused_and_leave_nothing(files: FrameFiles, sent: bytes) -> None:
    digest = digest_of(b"what it was")
    with pytest.raises(Damaged, match="again"), files.receive(digest, 11) as write:
        write(sent)
    assert not files.has(digest)
    assert not leftovers(files)


def test_a_sender_that_goes_away_leaves_nothing(files: FrameFiles) -> None:
    with pytest.raises(ConnectionError), files.receive(digest_of(b"abc"), 3) as write:
        write(b"ab")
        raise ConnectionError
    assert not leftovers(files)


def test_a_spec_that_does_not_fit_the_pixels_is_refused(files: FrameFiles) -> None:
    digest, _ = files.put(np.zeros((3, 4, 3), np.float16))
    with pytest.raises(Damaged, match="72 bytes"):
        files.read(StoredFrame(spec(5, 5), digest))


def test_what_is_not_there_is_not_found(files: FrameFiles) -> None:
    with pytest.raises(NotFound):
        files.blob(digest_of(b"never sent"))


def test_arrays_are_kept_under_their_key(files: FrameFiles) -> None:
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2, np.uint8)}
    assert files.cached("key") is None
    files.keep("key", arrays)
    found = files.cached("key")
    assert found is not None
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
    assert files.cached("other key") is None


def test_a_full_disk_is_said_and_leaves_nothing(files: FrameFiles) -> None:
    """A limit on file sizes is the full disk that a test can have: the kernel refuses the write in the same place."""
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    blob = os.urandom(4 << 20)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
        with pytest.raises(Exhausted, match="full"), files.receive(digest_of(blob), len(blob)) as write:
            for start in range(0, len(blob), 1 << 19):
                write(blob[start : start + (1 << 19)])
        with pytest.raises(Exhausted, match="full"):
            files.put(np.ones((1 << 20,), np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert not leftovers(files)
