"""Replate goes into Nuke in a minute, and comes out again without a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from replate.errors import BadRequest, NotFound
from replate.install import nuke
from replate.install.files import RECEIPT

COMMAND = [sys.executable, "-c", "from replate.cli import main; main()"]


def state(folder: Path) -> Mapping[str, bytes]:
    """All files under a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "before",
    [
        None,
        b"",
        b"\n",
        b"import nuke\n",
        b"import nuke\n\n# mine",
        b"import nuke\r\nnuke.tprint('hi')\r\n",
        b"import nuke\r\n# mine",
        b"# caf\xe9\n",
        b"# replate install nuke\n",
    ],
)
def test_what_was_there_before_is_there_again_to_the_byte(before: bytes | None, tmp_path: Path) -> None:
    init = tmp_path / "init.py"
    if before is not None:
        init.write_bytes(before)
    (tmp_path / "menu.py").write_text("# mine\n")
    was = state(tmp_path)
    done = nuke.install(tmp_path)
    assert done.line and done.files == len(nuke.contents())
    after = init.read_bytes()
    assert after.startswith(before or b"")
    assert after[len(before or b"") :].strip().decode() == f"{nuke.LINE}  # {nuke.MARK}"
    assert (b"\r\n" in after) == (b"\r\n" in (before or b""))
    gone = nuke.uninstall(tmp_path)
    assert gone.line and gone.files == done.files and not gone.left
    assert state(tmp_path) == was
    assert not (tmp_path / "replate").exists()


def test_lines_that_were_added_since_stay(tmp_path: Path) -> None:
    init = tmp_path / "init.py"
    init.write_bytes(b"first = 1")
    nuke.install(tmp_path)
    init.write_bytes(init.read_bytes() + b"\nsecond = 2\n")
    nuke.uninstall(tmp_path)
    assert init.read_bytes() == b"first = 1\nsecond = 2\n"


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    nuke.install(tmp_path)
    first = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = nuke.install(tmp_path)
    assert (again.files, again.line) == (0, False)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == first
    nuke.uninstall(tmp_path)
    once_more = nuke.uninstall(tmp_path)
    assert (once_more.files, once_more.line) == (0, False)


def test_an_upgrade_takes_away_what_is_no_longer_in_it(tmp_path: Path) -> None:
    nuke.install(tmp_path)
    folder = tmp_path / "replate"
    receipt = json.loads((folder / RECEIPT).read_text())
    receipt["files"].append("replate_nuke/old/gone.py")
    (folder / RECEIPT).write_text(json.dumps(receipt))
    old = folder / "replate_nuke" / "old"
    (old / "__pycache__").mkdir(parents=True)
    (old / "gone.py").write_text("")
    (old / "__pycache__" / "gone.cpython-311.pyc").write_text("")
    (folder / "menu.py").write_text("# of an older one")
    (tmp_path / "init.py").write_text(f"nuke.pluginAddPath('./elsewhere')  # {nuke.MARK}\nx = 1\n")
    done = nuke.install(tmp_path)
    assert (done.files, done.line) == (2, True)
    assert not old.exists()
    assert state(folder).keys() == {*nuke.contents(), RECEIPT}
    assert (tmp_path / "init.py").read_text() == f"{nuke.LINE}  # {nuke.MARK}\nx = 1\n"


def test_what_nuke_compiled_goes_and_what_others_put_there_stays(tmp_path: Path) -> None:
    nuke.install(tmp_path)
    folder = tmp_path / "replate"
    (folder / "replate_nuke" / "__pycache__").mkdir()
    (folder / "replate_nuke" / "__pycache__" / "startup.cpython-311.pyc").write_bytes(b"")
    mine = folder / "icons" / "mine.png"
    mine.write_bytes(b"")
    assert nuke.uninstall(tmp_path).left == (mine,)
    assert state(tmp_path) == {"replate/icons/mine.png": b""}


def test_what_is_not_ours_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "replate"
    folder.mkdir()
    (folder / "mine.py").write_text("mine = True")
    was = state(tmp_path)
    for act in (nuke.install, nuke.uninstall):
        with pytest.raises(BadRequest, match="Replate did not make it"):
            act(tmp_path)
    assert state(tmp_path) == was
    (folder / "mine.py").unlink()
    folder.rmdir()
    folder.write_text("a file")
    with pytest.raises(BadRequest, match="is no folder of Replate's"):
        nuke.install(tmp_path)
    folder.unlink()
    (tmp_path / "init.py").mkdir()
    with pytest.raises(BadRequest, match=r"init\.py cannot be changed"):
        nuke.install(tmp_path)
    with pytest.raises(NotFound, match="There is no folder"):
        nuke.install(tmp_path / "nowhere")


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    nuke.install(tmp_path / "checkout")
    (tmp_path / "nuke").mkdir()
    try:
        (tmp_path / "nuke" / "replate").symlink_to(tmp_path / "checkout" / "replate")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(BadRequest, match="is no folder of Replate's"):
        nuke.uninstall(tmp_path / "nuke")
    assert (tmp_path / "checkout" / "replate" / "init.py").is_file()


def test_a_receipt_that_names_others_files_takes_none_of_them_away(tmp_path: Path) -> None:
    nuke.install(tmp_path)
    other = tmp_path / "other.py"
    other.write_text("")
    names = ["../other.py", str(other), "C:\\other.py", "init.py"]
    (tmp_path / "replate" / RECEIPT).write_text(json.dumps({"files": names}))
    nuke.uninstall(tmp_path)
    assert other.is_file() and not (tmp_path / "replate" / "init.py").exists()


def test_an_artist_installs_it_into_their_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60)

    said = run("install", "nuke")
    assert said.returncode == 0, said.stderr
    init = tmp_path / ".nuke" / "init.py"
    assert f"Added a line to {init}." in said.stderr and (tmp_path / ".nuke" / "replate" / "menu.py").is_file()
    assert "has its line already" in run("install", "nuke").stderr
    gone = json.loads(run("uninstall", "nuke", "--json").stdout)
    assert gone["line_removed"] and gone["left"] == []
    assert "nothing is changed" in run("uninstall", "nuke").stderr
    assert not init.exists()
