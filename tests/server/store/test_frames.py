"""The store under its limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from replate.errors import Exhausted
from replate_server.store.files import FrameFiles
from replate_server.store.frames import FrameStore

SIZE = 1000


class Shelf:
    """A store of blobs of one size, with a list of what open jobs need."""

    def __init__(self, folder: Path, blobs: float, grace: float = 0.0) -> None:
        self.needed: set[str] = set()
        self.files = FrameFiles(folder)
        self.store = FrameStore(self.files, int(blobs * SIZE), grace, lambda: self.needed)

    def add(self, value: int) -> str:
        with self.store.reserve(SIZE):
            digest, size = self.files.put(np.full(SIZE // 4, value, np.float32))
        self.store.adopt(digest, size)
        return digest


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 3.5)
    first, second, third = (shelf.add(value) for value in range(3))
    assert shelf.store.missing([first]) == []
    shelf.add(3)
    assert shelf.store.missing([first, second, third]) == [second]
    assert not shelf.files.has(second)


def test_what_an_open_job_needs_never_goes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 2.5)
    shelf.needed = {shelf.add(0), shelf.add(1)}
    with pytest.raises(Exhausted, match=r"store\.limit_gb"):
        shelf.add(2)
    assert shelf.store.missing(shelf.needed) == []
    shelf.needed.clear()
    shelf.add(2)


def test_what_was_used_a_moment_ago_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 1.5, grace=3600)
    shelf.add(0)
    with pytest.raises(Exhausted):
        shelf.add(1)


def test_a_refused_reservation_takes_no_room(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 1.5)
    with pytest.raises(Exhausted), shelf.store.reserve(10 * SIZE):
        pass
    shelf.add(1)


def test_a_store_finds_its_blobs_again_after_a_restart(tmp_path: Path) -> None:
    digest = Shelf(tmp_path, 5).add(7)
    again = Shelf(tmp_path, 5).store
    assert again.has(digest)
    assert again.bytes_held == SIZE


def test_missing_names_each_once_in_order(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 5)
    held = shelf.add(1)
    assert shelf.store.missing(["b" * 64, held, "a" * 64, "b" * 64]) == ["b" * 64, "a" * 64]


@pytest.mark.parametrize("left", [0, 500])
def test_a_blob_that_a_power_cut_spoiled_is_asked_for_again(tmp_path: Path, left: int) -> None:
    shelf = Shelf(tmp_path, 5)
    whole, spoiled = shelf.add(1), shelf.add(2)
    path = shelf.files.path(spoiled)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:left])
    assert Shelf(tmp_path, 5).store.missing([whole, spoiled]) == [spoiled]
