"""What the store gives is the pinned file, whatever happened to its folder or to a source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from replate.errors import Cancelled, Damaged, NotFound, Unavailable
from server.weights.conftest import lying_in, store_of, weight_row

CONTENT = os.urandom(3 << 20)
ROW = weight_row("a", CONTENT, ["path:missing.pth", "path:wrong.pth", "path:a.pth"])


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "wrong.pth").write_bytes(CONTENT[:-1] + b"!")
    (tmp_path / "a.pth").write_bytes(CONTENT)
    return tmp_path


def test_the_first_source_that_has_it_gives_it(sources: Path) -> None:
    store = store_of(sources, ROW)
    assert store.get("a") == store.path("a")
    assert store.path("a").read_bytes() == CONTENT
    assert lying_in(store) == {"a.bin"}


def test_what_is_there_needs_no_source(sources: Path) -> None:
    store_of(sources, ROW).get("a")
    (sources / "a.pth").unlink()
    assert store_of(sources, ROW).get("a").read_bytes() == CONTENT


def test_a_file_is_digested_once_and_again_when_it_has_changed(sources: Path) -> None:
    store_of(sources, ROW).get("a")
    store, said = store_of(sources, ROW), []
    store.get("a", lambda fraction, message: said.append(message))
    assert set(said) == {"Checking a"}
    said.clear()
    store.get("a", lambda fraction, message: said.append(message))
    assert said == []
    store.path("a").write_bytes(CONTENT[:-1] + b"!")
    assert store.present("a")
    assert store.get("a").read_bytes() == CONTENT


def test_a_spoiled_file_that_cannot_be_fetched_again_is_told(sources: Path) -> None:
    store = store_of(sources, weight_row("a", CONTENT, ["path:missing.pth"]))
    store.folder.mkdir()
    store.path("a").write_bytes(CONTENT[:100])
    assert not store.present("a")
    with pytest.raises(Damaged, match=r"a\.bin \(3\.15 MB\), whose copy in the store is damaged, could not be fetched"):
        store.get("a")


def test_all_sources_and_what_was_wrong_with_each_are_told(sources: Path) -> None:
    (sources / "a.pth").unlink()
    store = store_of(sources, ROW)
    with pytest.raises(Damaged) as caught:
        store.get("a")
    text = str(caught.value)
    assert f"{sources / 'missing.pth'} (no such file or directory)" in text
    assert f"{sources / 'wrong.pth'} (a.bin has the SHA-256" in text
    assert "replate-server weights import BUNDLE" in text
    assert lying_in(store) == set()


def test_cancelling_a_copy_leaves_nothing(sources: Path) -> None:
    def cancel(fraction: float, message: str) -> None:
        if fraction > 0.3:
            raise Cancelled("enough")

    store = store_of(sources, ROW)
    with pytest.raises(Cancelled):
        store.get("a", cancel)
    assert lying_in(store) == set()


def test_waiting_for_another_process_can_be_cancelled(sources: Path) -> None:
    def cancel(fraction: float, message: str) -> None:
        raise Cancelled(message)

    store = store_of(sources, ROW)
    store.folder.mkdir()
    with FileLock(store.folder / ".lock"), pytest.raises(Cancelled, match="Waiting for another process"):
        store.get("a", cancel)


def test_pulling_reports_over_all_of_them(sources: Path) -> None:
    store = store_of(sources, ROW, weight_row("b", b"small", ["path:b.pth"]))
    (sources / "b.pth").write_bytes(b"small")
    fractions: list[float] = []
    paths = store.pull(["a", "b"], lambda fraction, message: fractions.append(fraction))
    assert [path.name for path in paths.values()] == ["a.bin", "b.bin"]
    assert fractions[-1] == pytest.approx(1.0)


def test_a_folder_that_cannot_be_made_is_told(sources: Path) -> None:
    store = store_of(sources, ROW)
    store.folder.write_text("a file in its place")
    with pytest.raises(Unavailable, match=r"weight folder .* cannot be written"):
        store.get("a")


@pytest.mark.parametrize("ask", ["present", "get", "path"])
def test_an_unknown_name_is_not_found(sources: Path, ask: str) -> None:
    with pytest.raises(NotFound):
        getattr(store_of(sources, ROW), ask)("nothing")
