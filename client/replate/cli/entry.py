"""The entry point, and how a command's failure is told: one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from replate.cli.app import app
from replate.cli.console import print_json, say
from replate.cli.options import INTERRUPTED
from replate.errors import Failed, ReplateError
from replate.memory import keep_freed_memory


def main() -> NoReturn:
    """Runs the command that the program was started with.

    Exits with 0, 1 after an error (a sentence on stderr), 2 when the command
    line makes no sense, 130 after Ctrl-C. With `--json` an error is an object on
    stdout too. $REPLATE_DEBUG=1 lets tracebacks through.
    """
    keep_freed_memory()
    try:
        app()
    except ReplateError as error:
        _fail(error)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has had enough of it: `replate jobs | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        _fail(
            Failed(
                f"Replate has a fault ({type(error).__name__}: {error}); run it again with REPLATE_DEBUG=1 "
                "and report what it prints."
            ),
            error,
        )
    sys.exit(0)


def _fail(error: ReplateError, cause: BaseException | None = None) -> NoReturn:
    if os.environ.get("REPLATE_DEBUG") == "1":
        raise cause or error
    if "--json" in sys.argv:
        print_json({"error": {"kind": type(error).__name__, "message": str(error)}})
    say(str(error))
    sys.exit(1)
