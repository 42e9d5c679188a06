"""`python -m replate.agent`, and `replate agent`."""

from __future__ import annotations

import contextlib
import signal
import sys

from replate.agent.dispatch import Dispatcher
from replate.agent.lines import Lines, standard_lines
from replate.agent.methods import IN_VAIN, Methods
from replate.agent.notify import Notifier
from replate.memory import keep_freed_memory


def main() -> int:
    """Serves stdin until it ends or `shutdown` is asked for. Returns the exit status."""
    keep_freed_memory()
    # Ctrl-C in the terminal that the host was started from is the host's to handle; its end is our end of input.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    run(standard_lines())
    return 0


def run(lines: Lines) -> None:
    """Serves one stream of messages to its end, then finishes sending what jobs need."""
    methods = Methods(Notifier(lines))
    dispatcher = Dispatcher(lines, methods.table(), IN_VAIN)
    try:
        dispatcher.serve()
    finally:
        methods.close()


if __name__ == "__main__":
    sys.exit(main())
