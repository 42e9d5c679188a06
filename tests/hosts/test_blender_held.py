"""Whatever an artist does while a job is under way, and whatever goes wrong: nothing is lost, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from blender_plates import FRAMES, sequence
from blenders import each_blender
from serving import Server, Studio

Told = Callable[..., dict[str, Any]]

pytestmark = each_blender


def test_saved_opened_cancelled_undone_and_refused(told: Told, server: Server, studio: Studio, tmp_path: Path) -> None:
    said = told("held", server.address, sequence(tmp_path), studio.gates)

    reopened = said["reopened"]
    assert (reopened["elsewhere"], reopened["watched"], reopened["state"]) == (0, 1, "done")
    assert reopened["images"] == [["My look", [FRAMES[0], FRAMES[-1]]]]
    assert not reopened["token"]

    cancelled = said["cancelled"]
    assert (cancelled["state"], cancelled["status"]) == ("cancelled", "Cancelled; 2 of 3 frames done")
    assert cancelled["frames"] == cancelled["shown"] == [1001, 1002]
    assert cancelled["poll"] == [True, False]

    undone = said["undone"]
    assert undone == {"under_way": 1, "objects": [], "version": [True, "done"], "images": 1}

    refused = said["refused"]
    assert refused["missing"].startswith("There is no ") and "nothing.####.exr" in refused["missing"]
    assert "broken.1001.exr" in refused["broken"]
    assert refused["in sight"] and refused["dismissed"]
    assert refused["unsaved"] == 'Save the image "Painted here" to disk: the plate is read from there.'
    assert refused["away"].startswith("The server at 127.0.0.1:9 ")
    assert refused["offline"].startswith("Blender is not to go online: allow it in Preferences")
    assert refused["back"].startswith("Connected: ")
