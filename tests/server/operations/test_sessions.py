"""Networks run where they can, and a file that holds none is said to."""

from __future__ import annotations

from pathlib import Path

import pytest

from replate.errors import Unmet
from replate_server.operations.sessions import session


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x00\x00\x00\x00ORTM but cut off"])
def test_a_file_that_holds_no_network_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    weights = tmp_path / "mine.onnx"
    weights.write_bytes(content)
    with pytest.raises(Unmet, match=r"The weight file mine\.onnx cannot be loaded \(.*\); pull it again\."):
        session(weights, "cpu")


def test_styles_network_too(tmp_path: Path) -> None:
    from replate_server.operations.restyle.adain import AdaIN

    broken = tmp_path / "vgg.pth"
    broken.write_bytes(b"not a network")
    with pytest.raises(Unmet, match=r"The weight file vgg\.pth does not hold AdaIN's network"):
        AdaIN().load({"adain-vgg": broken, "adain-decoder": broken}, "cpu")
