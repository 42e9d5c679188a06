"""What is asked of the engine, a JSON object a line, and what it answers.

Asked is a node of a script (the whole text) at a frame and a view: to write its file, or with `what`, to say what
it gives. `{"id": 1, "script": "...", "node": "Group1.Write1", "frame": 1001, "view": "main"}` is answered by
`{"id": 1, "ok": true}` or by `{"id": 1, "error": "one sentence"}`.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any, TextIO

import nk
import numpy as np

from engine import channels, nodes
from engine.errors import Refused
from engine.graph import Graph
from engine.image import Box, Image
from engine.knobs import Knobs


def serve(asked: TextIO, answers: TextIO) -> None:
    """Answers until there are no more lines."""
    known: tuple[str, Graph] | None = None
    for line in asked:
        request: dict[str, Any] = {}
        try:
            request = json.loads(line)
            if known is None or known[0] != request["script"]:
                known = request["script"], Graph(nk.loads(request["script"]))
            answer = {"ok": True, **_answer(known[1], request)}
        except (Refused, nk.ScriptError) as error:
            answer = {"error": str(error)}
        except Exception as error:  # The process goes on; the sentence says where to look.
            traceback.print_exc(limit=-4, file=sys.stderr)
            answer = {"error": f"the stand-in's engine failed at {request.get('node')}: {error!r}"}
        print(json.dumps({"id": request.get("id"), **answer}), file=answers, flush=True)


def _answer(graph: Graph, request: dict[str, Any]) -> dict[str, Any]:
    call = graph.call(request["node"], float(request.get("frame", 1)), str(request.get("view", "main")))
    what = request.get("what")
    try:
        if what is None:
            _full_size(graph)
            nodes.write(call)
            return {}
        image = graph.result(call.node, call.frame, call.view)
        if not isinstance(image, Image):
            raise call.refused("this gives 3D, and no picture")
        if what == "info":
            return _info(image)
        if what == "sample":
            return {"value": _sample(image, request)}
    finally:
        graph.forget()
    raise Refused(f"the engine knows nothing of {what!r}: info and sample are what it can be asked for")


def _full_size(graph: Graph) -> None:
    """Raises `Refused` in proxy mode, in which Nuke would render small pictures, under other names."""
    if Knobs(graph.script.root, graph.script, 0).flag("proxy"):
        raise Refused("the script is in proxy mode, which the stand-in does not render: turn root.proxy off")


def _info(image: Image) -> dict[str, Any]:
    format, box = image.format, image.box
    return {
        "format": [0, 0, format.width, format.height, format.pixel_aspect, format.name],
        "bbox": [box.x, box.y, box.r, box.t],
        "channels": sorted(image.planes, key=channels.in_order),
        "metadata": {name: _plain(value) for name, value in image.metadata.items()},
    }


def _sample(image: Image, request: dict[str, Any]) -> float:
    """The mean of the pixels around a place, dx by dy of them."""
    wide, high = (max(1, round(float(request.get(side, 1)))) for side in ("dx", "dy"))
    left = int(np.floor(float(request["x"]) - (wide - 1) / 2))
    low = int(np.floor(float(request["y"]) - (high - 1) / 2))
    name = channels.one(str(request["channel"]), image.planes, {})
    found = image.plane(name or "", Box(left, low, left + wide, low + high))
    return float(found.mean())


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, tuple, list)):
        return np.asarray(value).tolist()
    return value if isinstance(value, (str, int, float)) else str(value)
