"""Models are found by their entry points, and a broken one stops nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from replate_server.operations import registry

GOOD = """
from replate_server.operations.contract import Card

class Mine:
    card = Card("matte/mine", "Mine", "A studio's own.", "1", "LicenseRef-Studio")

    def load(self, weights, device):
        pass
"""

WANTING = GOOD.replace('"LicenseRef-Studio")', '"LicenseRef-Studio", needs=("style",))')
PRESET = """
from replate.values import Parameter, ParameterType, Preset
from replate_server.operations.contract import Card

GAIN = Parameter("gain", "Gain", ParameterType.REAL, 1.0, "How bright.", 0.0, 2.0)
PRESETS = (Preset("bold", "Bold", "Brighter.", VALUES),)

class Mine:
    card = Card("matte/mine", "Mine", "A studio's own.", "1", "CC0-1.0", parameters=(GAIN,), presets=PRESETS)

    def load(self, weights, device):
        pass
"""


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[[str, str, str], None]]:
    """Installs a module and announces a model of it, for the length of a test."""
    before = set(sys.modules)

    def put(module: str, source: str, entry: str) -> None:
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[replate.models]\n{entry}\n", encoding="utf-8")
        registry.forget()

    sys.path.insert(0, str(tmp_path))
    yield put
    sys.path.remove(str(tmp_path))
    for module in set(sys.modules) - before:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[module]
    registry.forget()


def test_every_operation_has_its_default_model() -> None:
    for operation in registry.operations().values():
        assert operation.default_model in registry.models()
        assert registry.models()[operation.default_model].card.operation == operation.name


def test_our_own_models_are_all_found_and_whole() -> None:
    assert set(registry.models()) >= {
        "flow/dis",
        "identity/copy",
        "inpaint/migan",
        "inpaint/patch",
        "matte/modnet",
        "matte/u2netp",
        "restyle/adain",
        "segment/sam2-tiny",
    }
    assert not registry.broken_models()


def test_a_studios_model_is_found(install: Callable[[str, str, str], None]) -> None:
    install("studio_matte", GOOD, "matte/mine = studio_matte:Mine")
    assert registry.models()["matte/mine"].card.label == "Mine"


@pytest.mark.parametrize(
    ("source", "entry", "said"),
    [
        ("raise RuntimeError('no licence server')", "matte/mine = broken_one:Mine", "no licence server"),
        ("import a_module_there_is_not", "matte/mine = broken_one:Mine", "No module named"),
        ("import sys\nsys.exit(3)", "matte/mine = broken_one:Mine", "SystemExit"),
        (GOOD, "matte/mine = broken_one:Yours", "has no attribute"),
        (GOOD, "matte/other = broken_one:Mine", "its card calls it matte/mine"),
        ("Mine = 3", "matte/mine = broken_one:Mine", "it has no card"),
        (
            GOOD.replace("matte/mine", "conjure/mine"),
            "conjure/mine = broken_one:Mine",
            "there is no operation conjure",
        ),
        (WANTING, "matte/mine = broken_one:Mine", "it needs style, which is no input of matte"),
        (
            PRESET.replace("VALUES", "{'grain': 1.0}"),
            "matte/mine = broken_one:Mine",
            'its preset bold is refused (The model matte/mine has no parameter "grain"',
        ),
        (
            PRESET.replace("VALUES", "{'gain': 9.0}"),
            "matte/mine = broken_one:Mine",
            'The parameter "gain" is 9.0; give a number from 0 to 2',
        ),
        (
            PRESET.replace("VALUES", "{}").replace("PRESETS)", "2 * PRESETS)"),
            "matte/mine = broken_one:Mine",
            "two of its presets have the same name",
        ),
    ],
)
def test_a_broken_model_is_left_out_and_said(
    install: Callable[[str, str, str], None], source: str, entry: str, said: str
) -> None:
    install("broken_one", source, entry)
    name = entry.split(" ")[0]
    assert name not in registry.models()
    assert said in registry.broken_models()[name]
    assert "restyle/adain" in registry.models()


def test_a_studios_presets_are_found(install: Callable[[str, str, str], None]) -> None:
    install("studio_matte", PRESET.replace("VALUES", "{'gain': 2}"), "matte/mine = studio_matte:Mine")
    (preset,) = registry.models()["matte/mine"].card.presets
    assert (preset.name, preset.values) == ("bold", {"gain": 2})


def test_nobody_takes_the_place_of_our_own(install: Callable[[str, str, str], None]) -> None:
    install("usurper", GOOD.replace("matte/mine", "matte/modnet"), "matte/modnet = usurper:Mine")
    assert registry.models()["matte/modnet"].card.label == "MODNet"
    assert "another package has a model of that name" in registry.broken_models()["matte/modnet"]
