"""In Nuke's panel: what a model is told, and what it makes of it while it does."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from in_nuke import Nuke
from nuke_plates import write_plate
from serving import Server, Studio, until

FRAMES = (1001, 1002, 1003)
LONG = "Multiline_Eval_String_Knob"


def test_a_prompt_is_read_and_its_picture_seen_as_it_comes(server: Server, studio: Studio, tmp_path: Path) -> None:
    plate, out, seen = tmp_path / "plates" / "plate.%04d.exr", tmp_path / "said.json", tmp_path / "seen"
    write_plate(plate, FRAMES)
    gate, nuke = studio.gate("sketched"), Nuke(tmp_path / "home", server.address)
    with ThreadPoolExecutor(1) as artists:
        artist = artists.submit(nuke.scenario, "work_sketched", out, plate, tmp_path / "shot.nk", seen, gui=True)
        try:
            until(lambda: seen.exists() or artist.done(), "something is seen")
        finally:
            gate.open()
    done = artist.result()
    assert done.code == 0 and out.is_file(), done.said
    said = json.loads(out.read_text("utf-8"))
    night = "Make it a winter night, heavy snow on every roof and a single lamp."
    begun, spoken, silent, again = said["told"]
    assert begun == [[LONG, LONG], "Make it night."]
    assert spoken[1].replace("\n", " ") == f"{night} Keep her face and the wall exactly as it is."
    assert "\n" in spoken[1], "no line widens the panel"
    assert (silent[1], again[1]) == (night, "Make it night.")
    assert said["gone"], "a model without a prompt says nothing of one"
    before, during, after = said["shown"]
    assert before[0] is after[0] is False and after[1].strip() == ""
    assert (
        during[0]
        and during[1].startswith('<img src="/')
        and during[1].endswith('.png"><br>frame 1001')
        and said["there"]
    )
    assert said["frames"] == [1001, 1002]
