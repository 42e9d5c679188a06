"""The stand-in for Nuke keeps what it promises: as strict as Nuke, its scripts as Nuke's, in every Python of Nuke's."""

from __future__ import annotations

import ast
import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest

from in_nuke import SCENARIOS, Done, Nuke
from pythons import interpreter

NUKE = Path(__file__).parent / "nuke"
CHECKS = NUKE / "checks"
PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]
"""Nuke 14, 15, and 16 with 17; and what is to come."""


def start(
    folder: Path, *arguments: object, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the stand-in to its end."""
    told = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(CHECKS),
        "PYTHONIOENCODING": "utf-8",
        "NUKE_HOME_FOR_TESTS": str(folder / "home"),
        "REPLATE_TEST_ENGINE": shlex.join([sys.executable, str(CHECKS / "echo.py")]),
        **environment,
    }
    command = [python, str(NUKE / "start.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=told, timeout=120)


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> str:
    found = interpreter(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} here")
    if subprocess.run([found, "-c", "import tkinter"], capture_output=True).returncode:
        pytest.skip(f"Python {request.param} has no tkinter, which reads Tcl")
    return found


@pytest.mark.parametrize("check", ["knobs", "graph", "scripts", "callbacks", "rendering", "keyboard"])
def test_it_is_as_strict_as_nuke(check: str, python: str, tmp_path: Path) -> None:
    mode = "--tg" if check == "keyboard" else "-t"
    run = start(tmp_path, mode, CHECKS / f"{check}.py", tmp_path, python=python)
    assert run.returncode == 0, run.stderr


def test_nothing_but_the_standard_library_is_there(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.py"
    scenario.write_text("import sys\nprint(sys.version_info[:2])\nimport numpy\n")
    run = start(tmp_path, "-t", scenario)
    assert run.returncode == 1 and "No module named 'numpy'" in run.stderr


def test_a_script_is_executed_frame_by_frame(tmp_path: Path) -> None:
    script = tmp_path / "a.nk"
    script.write_text(
        f"""version 14.0 v5
Root {{
 inputs 0
 first_frame 1001
 last_frame 1002
}}
Constant {{
 inputs 0
}}
set N1 [stack 0]
Group {{
 inputs 0
 name Hold
}}
 Constant {{
  inputs 0
 }}
 Write {{
  file {tmp_path.as_posix()}/inner.%04d.exr
  name Inner
 }}
end_group
push $N1
Write {{
 file {tmp_path.as_posix()}/a.%04d.exr
 file_type exr
 name Out
}}
push $N1
Write {{
 file {tmp_path.as_posix()}/off.%04d.exr
 name Off
 disable true
}}
"""
    )

    def written() -> set[str]:
        found = {path.name for path in tmp_path.glob("*.exr")}
        for path in tmp_path.glob("*.exr"):
            path.unlink()
        return found

    assert start(tmp_path, "-x", script).returncode == 0
    assert written() == {f"{name}.{frame}.exr" for name in ("a", "inner") for frame in (1001, 1002)}
    assert start(tmp_path, "-x", "-X", "Out", "-F", "1-5x4", "-F", "8", script).returncode == 0
    assert written() == {"a.0001.exr", "a.0005.exr", "a.0008.exr"}
    script.write_text(script.read_text().replace("name Out", "name Out\n label fail"))
    failed = start(tmp_path, "-x", script)
    assert failed.returncode == 1 and "Out: the engine was told to fail" in failed.stderr


def test_start_up_files_run_as_nuke_runs_them(tmp_path: Path) -> None:
    """init.py with and without a GUI, menu.py with one; a path added in an init.py has its own init.py run."""
    said = "import nuke\nprint(__file__.replace('\\\\', '/').split('/')[-2:], nuke.GUI)\n"
    for folder, more in (
        ("home", ""),
        ("studio", "nuke.pluginAddPath('./deeper')\nimport beside\n"),
        ("studio/deeper", ""),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "init.py").write_text(said + more)
        (tmp_path / folder / "menu.py").write_text(said)
    (tmp_path / "studio" / "beside.py").write_text("")
    scenario = tmp_path / "scenario.py"
    scenario.write_text("")

    def order(mode: str) -> list[str]:
        run = start(tmp_path, mode, scenario, NUKE_PATH=str(tmp_path / "studio"))
        assert run.returncode == 0, run.stderr
        return run.stdout.splitlines()

    inits = [f"['{folder}', 'init.py'] {{}}" for folder in ("home", "studio", "deeper")]
    assert order("-t") == [line.format(False) for line in inits]
    with_gui = order("--tg")
    assert with_gui[:3] == [line.format(True) for line in inits]
    assert {line.split("'")[1] for line in with_gui[3:]} == {"home", "studio", "deeper"}
    (tmp_path / "studio" / "init.py").write_text("1 / 0")
    broken = start(tmp_path, "-t", scenario, NUKE_PATH=str(tmp_path / "studio"))
    assert broken.returncode != 0 and "ZeroDivisionError" in broken.stderr


def test_what_was_said_is_kept_for_the_test(tmp_path: Path) -> None:
    scenario, said = tmp_path / "scenario.py", tmp_path / "said.jsonl"
    scenario.write_text("import nuke\nnuke.executeInMainThreadWithResult(nuke.message, ('Fertig: ü',))\n")
    assert start(tmp_path, "--tg", scenario, REPLATE_TEST_TOLD=str(said)).returncode == 0
    assert json.loads(said.read_text(encoding="utf-8")) == {"kind": "message", "text": "Fertig: ü"}


@pytest.mark.parametrize("gui", [True, False])
def test_nuke_bin_takes_its_place(gui: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = "import os, sys; print(sys.argv[1:], os.environ['HOME'], len(sys.stdin.read()))"
    monkeypatch.setenv("NUKE_BIN", shlex.join([sys.executable, "-c", real]))
    done = Nuke(tmp_path).scenario("installed", 7, gui=gui)
    asked = ["--tg" if gui else "-t", str(SCENARIOS / "installed.py"), "7"]
    assert done == Done(0, f"{asked} {tmp_path} 0\n")
    with pytest.raises(pytest.skip.Exception):
        Nuke(tmp_path).older("3.11")


def test_it_has_nothing_that_nuke_does_not_have(tmp_path: Path) -> None:
    """Every public name of the stand-in is one that types-nuke knows."""
    stubs = [Path(str(file.locate())) for file in files("types-nuke") or () if file.suffix == ".pyi"]
    known = _declared(stubs)
    run = start(tmp_path, "-t", CHECKS / "names.py")
    assert run.returncode == 0, run.stderr
    names = json.loads(run.stdout)
    # The stubs leave out what Nuke's own menus call (nukescripts.create).
    assert set(names["module"]) <= known["module"] | {"lastHitGroup"}
    for kind, members in names["members"].items():
        public = {name for name in members if not name.startswith("_")}
        # Menus are menu items, which the stubs leave out.
        assert public <= known[kind] | (known["MenuItem"] if kind in ("MenuBar", "ToolBar") else set()), kind


def _declared(stubs: list[Path]) -> dict[str, set[str]]:
    """The names in stub files: of the module, and of each class with what it inherits."""
    names: set[str] = set()
    own: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for node in [node for stub in stubs for node in ast.parse(stub.read_text(encoding="utf-8")).body]:
        names |= _named(node)
        if isinstance(node, ast.ClassDef):
            own[node.name] = set().union(*(_named(each) for each in node.body))
            bases[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]

    def all_of(kind: str) -> set[str]:
        return own.get(kind, set()).union(*(all_of(base) for base in bases.get(kind, [])))

    return {"module": names, **{kind: all_of(kind) for kind in own}}


def _named(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {each.asname or each.name for each in node.names}
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_the_facts_are_those_of_nukes_nodes(footage: Path) -> None:
    knobs = footage.parent / "nuke" / "knobs.json"
    if not knobs.is_file():
        pytest.skip("the knobs of Nuke's nodes are not here")
    run = subprocess.run(
        [sys.executable, "-c", _COMPARE, str(NUKE), str(knobs)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr


_COMPARE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import distil
known = json.load(open(sys.argv[2], encoding="utf-8"))
assert distil.distil(known) == json.loads(distil.FACTS.read_text(encoding="utf-8")), "run distil.py again"
"""
