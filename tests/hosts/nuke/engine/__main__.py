"""`python tests/hosts/nuke/engine`: answers on stdout what it is asked on stdin, until that ends."""

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOME), str(HOME / "python")]

from engine.process import serve  # noqa: E402

if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
