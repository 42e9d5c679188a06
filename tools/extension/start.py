"""The agent, carried along: `python -I -S FOLDER`, with this file as the folder's `__main__.py`."""

import sys

from replate.agent.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
