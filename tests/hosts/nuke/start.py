"""Stands for Nuke's executable.

    start.py [--tg] [-t] [-x] [-F 1001-1010] [-X Write1,Write2] [--view left,right] [file] [arguments...]

`-t` runs a Python file without a GUI, or opens a script and ends; `-x` opens a script and executes its Writes (those
that `-X` names) over the frames of `-F`, or the script's; `--tg` runs a Python file in a thread of its own while the
main thread runs the event loop: as an artist at the keyboard, who acts by nuke.executeInMainThreadWithResult. Without
any of these the file is a script, opened with a GUI, and the event loop runs till standard input ends.

NUKE_HOME_FOR_TESTS is what `~/.nuke` is, and NUKE_PATH is honoured. The exit code is 0 when all went well.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
import sysconfig
import threading
import traceback
from pathlib import Path

_ASKED_FOR = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
_STANDARD = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
_STANDARD.update(_ASKED_FOR, (str(Path(path).absolute()) for path in _ASKED_FOR))
# Nuke's Python has its standard library, and nothing that is installed beside the Python that runs this.
sys.path[:] = [path for path in sys.path if path in _STANDARD or path.endswith(("lib-dynload", "DLLs", ".zip"))]
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in getattr(finder, "__module__", "").lower()]
sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))

import nuke  # noqa: E402
from nuke import _plugins, _threads  # noqa: E402


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    # -X alone renders, too.
    asked.x = asked.x or bool(asked.writes)
    gui = not (asked.t or asked.x)
    nuke._begin(str(Path(__file__).resolve()), arguments, gui)
    _plugins.begin()
    if asked.x:
        return _execute(asked)
    if asked.t:
        return _terminal(asked)
    return _keyboard(asked) if asked.tg else _window(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="Nuke", add_help=False)
    parser.add_argument("--tg", action="store_true")
    parser.add_argument("-t", action="store_true")
    parser.add_argument("-x", action="store_true")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-V", dest="verbose", nargs="?", const="1")
    parser.add_argument("-F", dest="frames", action="append", default=[])
    parser.add_argument("-X", dest="writes", default="")
    parser.add_argument("--view", dest="views", default="")
    parser.add_argument("--cont", action="store_true")
    parser.add_argument("file", nargs="?")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _execute(asked: argparse.Namespace) -> int:
    """`-x`: opens the script, and renders."""
    nuke.scriptOpen(asked.file)
    writes = [nuke.toNode(name) for name in asked.writes.split(",") if name] or _writes()
    if not writes or None in writes:
        print("Nuke: there is nothing to execute", file=sys.stderr)
        return 1
    root = nuke.root()
    frames = nuke.FrameRanges(" ".join(asked.frames) or f"{root.firstFrame()}-{root.lastFrame()}")
    views = [view for view in asked.views.split(",") if view] or None
    try:
        for write in sorted(writes, key=lambda each: float(each["render_order"].value())):
            nuke.execute(write, frames, views=views, continueOnError=asked.cont)
    except Exception as failure:
        traceback.print_exc()
        print(f"Nuke: {failure}", file=sys.stderr)
        return 1
    return 0


def _terminal(asked: argparse.Namespace) -> int:
    """`-t`: a Python file on the main thread; or a script, opened."""
    if not asked.file:
        return 0
    if asked.file.endswith(".nk"):
        nuke.scriptOpen(asked.file)
        return 0
    return _python(asked)


def _keyboard(asked: argparse.Namespace) -> int:
    """`--tg`: the file in a thread, the event loop here."""
    codes: list[int] = []
    scenario = threading.Thread(target=lambda: codes.append(_python(asked)), name="scenario", daemon=True)
    scenario.start()
    _threads.loop(lambda: not scenario.is_alive())
    nuke.scriptClear()
    return codes[0] if codes else 1


def _window(asked: argparse.Namespace) -> int:
    """The file opened with a GUI."""
    if asked.file:
        nuke.scriptOpen(asked.file)
    closed = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        closed.set()

    threading.Thread(target=wait, daemon=True).start()
    _threads.loop(closed.is_set)
    nuke.scriptClear()
    return 0


def _python(asked: argparse.Namespace) -> int:
    sys.argv = [asked.file, *asked.rest]
    try:
        runpy.run_path(asked.file, run_name="__main__")
    except SystemExit as ends:
        return ends.code if isinstance(ends.code, int) else 0 if ends.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _writes() -> list[nuke.Node]:
    """All Writes of the script that are not disabled, those within groups too."""
    return [each for each in nuke.allNodes("Write", nuke.root(), True) if not each["disable"].value()]


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
