"""Settings: the strongest source wins, and what is wrong is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from replate.errors import BadRequest, NotFound
from replate_server.settings import load


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("REPLATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REPLATE_DATA", str(tmp_path))


def file_of(folder: Path, text: str) -> Path:
    file = folder / "replate.toml"
    file.write_text(text)
    return file


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(tmp_path, 'listen = "a:1"\nlog_level = "debug"\n[store]\nlimit_gb = 1\ngrace_seconds = 2\n')
    monkeypatch.setenv("REPLATE_LISTEN", "b:2")
    monkeypatch.setenv("REPLATE_STORE__LIMIT_GB", "3")
    settings = load(file)
    assert (settings.listen, settings.log_level) == ("b:2", "debug")
    assert (settings.store.limit_gb, settings.store.grace_seconds) == (3, 2)
    assert load(file, listen="c:3", data=None).listen == "c:3"


def test_a_file_is_forgotten_once_it_is_read(tmp_path: Path) -> None:
    file = file_of(tmp_path, 'log_level = "debug"')
    assert load(file).log_level == "debug"
    assert load().log_level == "info"


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLATE_CONFIG", str(file_of(tmp_path, 'log_level = "debug"')))
    assert load().log_level == "debug"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('listn = "a:1"', r"The setting listn is wrong \(.*\): correct it in .*replate\.toml\."),
        ("[store]\nlimit = 1", r"The setting store\.limit is wrong .*\."),
        ("[store]\nlimit_gb = 0", r"The setting store\.limit_gb is wrong \(Input should be greater than 0\): .*\."),
        ('[[users]]\nname = "ann"\ntoken_sha256 = "x"', r"The setting users\.0\.token_sha256 is wrong .*\."),
        ("listen =", r"The settings file .*replate\.toml cannot be read .*: correct its TOML\."),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadRequest, match=f"^{sentence}$"):
        load(file_of(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no settings file .*: give --config an existing TOML file"):
        load(tmp_path / "none.toml")
