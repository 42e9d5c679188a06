"""Who may import whom: the arrows of the design, read out of the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"replate": "client", "replate_host": "client", "replate_server": "server"}
OURS = (*FOLDERS, "nuke_plugin", "blender_addon")

VOCABULARY = ("replate.depth", "replate.frame", "replate.values", "replate.errors")
"""What every room may speak; it depends on numpy alone."""

WIRE = ("grpc", "grpc_health", "grpc_reflection", "google", "replate.v1", "replate.wire", "replate.wire_values")

SERVER = "replate_server"
VALUES = (f"{SERVER}.jobs", "replate")
"""What the server's jobs are, and the version."""
MAY_IMPORT = {
    "darkroom": (*VOCABULARY, f"{SERVER}.darkroom"),
    "operations": (
        *VOCABULARY,
        f"{SERVER}.darkroom",
        f"{SERVER}.operations",
        # What a model is told, which hosts show: they have no more than that package.
        "replate_host.wording",
    ),
    "weights": (*VOCABULARY, f"{SERVER}.weights"),
    "store": (*VOCABULARY, *VALUES, f"{SERVER}.store"),
    "worker": (
        *VOCABULARY,
        f"{SERVER}.operations",
        f"{SERVER}.store.files",
        f"{SERVER}.weights",
        f"{SERVER}.worker",
        f"{SERVER}.logs",
        # Settings of the process's allocator; it imports nothing.
        "replate.memory",
    ),
    "scheduling": (
        *VOCABULARY,
        *VALUES,
        f"{SERVER}.scheduling",
        f"{SERVER}.store",
        f"{SERVER}.weights",
        f"{SERVER}.settings",
        f"{SERVER}.worker.contract",
        # Admission plans windows and reads cards; it runs nothing.
        f"{SERVER}.operations.registry",
        f"{SERVER}.operations.contract",
        f"{SERVER}.operations.loras",
        f"{SERVER}.darkroom.colour",
        f"{SERVER}.darkroom.sequence",
    ),
}
"""Of ours, by the server's rooms. The gateway may import them all."""

STARTS_WORKERS = ("server/replate_server/scheduling/local.py", f"{SERVER}.worker.process")
"""The one place that knows more of the worker than its contract: it starts the process."""

BLENDER_ROOMS = {
    "work": (),
    "tab": ("work",),
    "pointing": ("work", "tab"),
    "parallax": ("work", "tab"),
    "render": ("work", "tab"),
    "projection": ("work", "tab", "parallax"),
}
"""Of the extension, and the other rooms that each may import."""

POSIX_ONLY = {
    *("os.fork", "os.forkpty", "os.getuid", "os.geteuid", "os.getgid", "os.getpgid", "os.setsid", "os.killpg"),
    *("os.mkfifo", "os.chown", "os.lchown", "os.openpty", "os.sched_getaffinity", "os.O_CLOEXEC"),
    *("signal.SIGKILL", "signal.SIGHUP", "signal.SIGUSR1", "signal.SIGUSR2", "signal.SIGALRM", "signal.SIGCHLD"),
    *("signal.SIGPIPE", "signal.alarm", "signal.setitimer", "signal.pause"),
}
POSIX_MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix")


NOT_IN_EVERY_PYTHON = {
    "tomllib",
    *("asynchat", "asyncore", "distutils", "imp", "lib2to3", "smtpd"),
    *(
        "aifc",
        "audioop",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "imghdr",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
    ),
    *("pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
}
"""Of the standard library, between the hosts' 3.9 and 3.13."""


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "/v1/" not in path.as_posix())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """The modules that a file imports, anywhere in it; "from a import b" is a.b where that is a module, else a."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = absolute(path, node)
            found |= {f"{base}.{name.name}" if is_module(f"{base}.{name.name}") else base for name in node.names}
    return found


def absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
    package = package[1:] if package[:1] in (("client",), ("server",)) else package
    return ".".join((*package, *([node.module] if node.module else [])))


def is_module(name: str) -> bool:
    top = name.split(".")[0]
    place = ROOT / FOLDERS.get(top, ".") / Path(*name.split("."))
    return top in OURS and (place.is_dir() or place.with_suffix(".py").is_file())


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_of_the_server_imports_only_what_the_design_lets_it(room: str) -> None:
    for path in sources(f"server/replate_server/{room}"):
        allowed = MAY_IMPORT[room]
        if name_of(path) == STARTS_WORKERS[0]:
            allowed = (*allowed, STARTS_WORKERS[1])
        ours = {module for module in imports(path) if within(module, *OURS)}
        # "replate" alone stands for its version; what lies in it must be named.
        rooms = [name for name in allowed if name != "replate"]
        wrong = {module for module in ours - {*allowed} if not within(module, *rooms)}
        assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_only_the_gateway_and_the_client_see_the_wire() -> None:
    folders = ("server/replate_server", "client/replate_host", "nuke_plugin", "blender_addon")
    for path in sources(*folders):
        if "/gateway/" not in path.as_posix():
            wrong = {module for module in imports(path) if within(module, *WIRE)}
            assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_the_client_does_not_import_the_server() -> None:
    for path in sources("client"):
        wrong = {module for module in imports(path) if within(module, SERVER)}
        assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_the_vocabulary_depends_on_numpy_alone() -> None:
    for module in VOCABULARY:
        path = ROOT / "client" / Path(*module.split(".")).with_suffix(".py")
        tops = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names)
        assert tops <= {"numpy", "blake3", "replate"}
        assert {name for name in imports(path) if within(name, *OURS)} <= set(VOCABULARY)


@pytest.mark.parametrize(
    ("folder", "host"),
    [
        ("client/replate_host", ()),
        ("nuke_plugin", ("nuke", "nukescripts", "replate_host", "replate_nuke")),
        (
            "blender_addon",
            ("bpy", "bpy_extras", "mathutils", "gpu", "gpu_extras", "blf", "addon_utils", "replate_host"),
        ),
    ],
)
def test_host_code_needs_the_standard_library_and_its_host(folder: str, host: tuple[str, ...]) -> None:
    for path in sources(folder):
        siblings = {other.stem for other in path.parent.iterdir()}
        allowed = {*sys.stdlib_module_names, *host, Path(folder).name, *siblings} - NOT_IN_EVERY_PYTHON
        wrong = {module for module in imports(path) if module.split(".")[0] not in allowed}
        assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_the_rooms_of_the_extension_import_one_another_one_way() -> None:
    for room, allowed in BLENDER_ROOMS.items():
        for path in sources(f"blender_addon/{room}"):
            nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
            others = {(node.module or node.names[0].name).split(".")[0] for node in nodes if node.level == 2}
            wrong = others & {*BLENDER_ROOMS} - {room, *allowed}
            assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"


def test_nothing_that_runs_beside_an_artist_needs_posix() -> None:
    for path in sources("client", "nuke_plugin", "blender_addon"):
        wrong = {module for module in imports(path) if module in POSIX_MODULES}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                wrong |= {f"{node.value.id}.{node.attr}"} & POSIX_ONLY
            if isinstance(node, ast.keyword) and node.arg == "preexec_fn":
                wrong.add("preexec_fn")
        assert not wrong, f"{name_of(path)} needs {sorted(wrong)}"


def test_no_file_is_too_long_to_be_one_idea() -> None:
    folders = ("client", "server", "nuke_plugin", "blender_addon", "tests")
    long = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in sources(*folders)}
    assert not {name: lines for name, lines in long.items() if lines > 400}
