"""A checkpoint's folder brings numbers and names, and no code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file

from replate.errors import Unmet
from replate_server.operations.diffusion.checkpoint import read_checkpoint
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.parts import loaded_parts


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def rewritten(file: Path, **changed: object) -> None:
    said = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(said | changed), "utf-8")


def test_its_parts_and_their_sizes(wan_vace: Path) -> None:
    checkpoint = read_checkpoint(wan_vace)
    assert set(checkpoint.parts) == {"scheduler", "text_encoder", "tokenizer", "transformer", "vae"}
    transformer = checkpoint.part("transformer")
    tensors = load_file(transformer.folder / "diffusion_pytorch_model.safetensors")
    assert transformer.numbers == sum(tensor.numel() for tensor in tensors.values())
    assert transformer.configuration["vace_layers"] == [0, 2]
    assert checkpoint.part("tokenizer").numbers == 0


def test_classes_of_other_libraries_are_refused(wan_vace: Path, tmp_path: Path) -> None:
    folder = copied(wan_vace, tmp_path / "evil")
    rewritten(folder / "model_index.json", transformer=["my_code", "Transformer"])
    with pytest.raises(Unmet, match="wants its transformer from my_code, and only classes of diffusers and"):
        read_checkpoint(folder)


@pytest.mark.parametrize("kind", ["NoSuchModel", "utils", "DiffusionPipeline.from_pretrained"])
def test_what_a_library_does_not_have_is_never_made(wan_vace: Path, tmp_path: Path, kind: str) -> None:
    folder = copied(wan_vace, tmp_path / "odd")
    rewritten(folder / "model_index.json", transformer=["diffusers", kind])
    with pytest.raises(Unmet, match="has no " + kind):
        loaded_parts(read_checkpoint(folder), ("transformer",), (), Fit())


def test_a_pickle_in_the_place_of_tensors_is_not_read(wan_vace: Path, tmp_path: Path) -> None:
    folder = copied(wan_vace, tmp_path / "pickled")
    weights = folder / "transformer/diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(Unmet, match="The transformer of the checkpoint cannot be loaded"):
        loaded_parts(read_checkpoint(folder), ("transformer",), (), Fit())


@pytest.mark.parametrize("harm", ["short", "long", "gone"])
def test_damage_is_said_in_a_sentence(wan_vace: Path, tmp_path: Path, harm: str) -> None:
    folder = copied(wan_vace, tmp_path / "damaged")
    weights = folder / "transformer/diffusion_pytorch_model.safetensors"
    if harm == "short":
        weights.write_bytes(weights.read_bytes()[:100])
    elif harm == "long":
        weights.write_bytes((1 << 60).to_bytes(8, "little"))
    else:
        (folder / "model_index.json").unlink()
    with pytest.raises(Unmet, match="cannot be read: pull it again"):
        read_checkpoint(folder)


def test_what_two_checkpoints_have_in_common_is_loaded_once(wan_vace: Path, wan: Path) -> None:
    both = [read_checkpoint(folder) for folder in (wan_vace, wan)]
    first, second = (loaded_parts(one, ("text_encoder", "vae", "transformer"), ("vae",), Fit()) for one in both)
    assert first["text_encoder"] is second["text_encoder"] and first["vae"] is second["vae"]
    assert first["transformer"] is not second["transformer"]
    (precise,) = {tensor.dtype for tensor in first["vae"].parameters()}
    other = loaded_parts(both[0], ("text_encoder",), (), Fit(half=False))
    assert other["text_encoder"] is not first["text_encoder"]
    assert str(precise) == "torch.float32"
