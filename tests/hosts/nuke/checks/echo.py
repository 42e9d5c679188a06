"""The other end of the engine's protocol, without a picture: what it is asked for is what the file says."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import evaluation
import nk

INFO = {
    "format": [0, 0, 64, 48, 2.0, "wide"],
    "bbox": [-8, 0, 72, 48],
    "channels": ["rgba.red", "hero.alpha"],
    "metadata": {"input/timecode": "01:00:00:01"},
}


def answer(asked):
    script = nk.loads(asked["script"])
    node = script.node(asked["node"])
    if asked.get("what") == "info":
        return INFO
    if asked.get("what") == "sample":
        return {"value": 0.18}
    if any(each.knobs.get("label") == "fail" for each in script.root.walk()):
        return {"error": "the engine was told to fail"}
    file = Path(evaluation.file(node.knobs["file"], asked["frame"], asked["view"]))
    file.write_text(json.dumps(asked), encoding="utf-8")
    return {"ok": True}


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"id": asked["id"], **answer(asked)}), flush=True)
