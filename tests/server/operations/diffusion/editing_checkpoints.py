"""Folders of models that edit as they are told, tiny and random, as the libraries themselves write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    QwenImageEditPlusPipeline,
    QwenImageLayeredPipeline,
    QwenImageTransformer2DModel,
)
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen3Config, Qwen3ForCausalLM
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from server.operations.diffusion.checkpoints import tokenizer

_WIDTH = 16
_LANGUAGE = {
    "hidden_size": _WIDTH,
    "intermediate_size": _WIDTH,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}
_PAINTER = {"num_attention_heads": 2, "attention_head_dim": 16}
_SHIFT = {"base_shift": 0.5, "max_shift": 0.9, "shift_terminal": 0.02}
_MARKS = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")


def flux2_klein(folder: Path) -> Path:
    """FLUX.2 klein, 0.6 MB."""
    torch.manual_seed(3)
    spelling = tokenizer()
    spelling.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    # The prompt is read out of the ninth, eighteenth and twenty-seventh layers.
    language = Qwen3Config(vocab_size=40, num_hidden_layers=27, head_dim=8, **_LANGUAGE)
    Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(block_out_channels=(4, 4, 4, 4), layers_per_block=1, norm_num_groups=1, sample_size=64),
        text_encoder=Qwen3ForCausalLM(language),
        tokenizer=spelling,
        transformer=Flux2Transformer2DModel(
            num_layers=1,
            num_single_layers=2,
            joint_attention_dim=3 * _WIDTH,
            timestep_guidance_channels=16,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
            **_PAINTER,
        ),
        is_distilled=True,
    ).save_pretrained(folder)
    return folder


def qwen_edit(folder: Path) -> Path:
    """Qwen-Image-Edit-2509, 0.6 MB."""
    return _qwen(QwenImageEditPlusPipeline, folder, {"use_dynamic_shifting": True, **_SHIFT}, {}, {})


def qwen_layered(folder: Path) -> Path:
    """Qwen-Image-Layered, 0.6 MB."""
    return _qwen(
        QwenImageLayeredPipeline,
        folder,
        {"use_dynamic_shifting": True, "time_shift_type": "exponential"},
        {"input_channels": 4},
        {"use_additional_t_cond": True, "use_layer3d_rope": True},
    )


def _qwen(kind: Any, folder: Path, scheduler: Any, coder: Any, painter: Any) -> Path:
    torch.manual_seed(4)
    spelling = tokenizer()
    spelling.add_special_tokens({"additional_special_tokens": list(_MARKS)})
    mark = dict(zip(_MARKS, spelling.convert_tokens_to_ids(list(_MARKS)), strict=True))
    language = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(spelling),
            "num_hidden_layers": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]},
            "bos_token_id": 1,
            "eos_token_id": 1,
            **_LANGUAGE,
        },
        vision_config={
            "depth": 2,
            "hidden_size": _WIDTH,
            "intermediate_size": _WIDTH,
            "num_heads": 2,
            "out_hidden_size": _WIDTH,
            "fullatt_block_indexes": [1],
        },
        image_token_id=mark["<|image_pad|>"],
        video_token_id=mark["<|video_pad|>"],
        vision_start_token_id=mark["<|vision_start|>"],
        vision_end_token_id=mark["<|vision_end|>"],
    )
    kind(
        scheduler=FlowMatchEulerDiscreteScheduler(**scheduler),
        vae=AutoencoderKLQwenImage(base_dim=8, dim_mult=[1, 1, 1, 1], num_res_blocks=1, **coder),
        text_encoder=Qwen2_5_VLForConditionalGeneration(language),
        tokenizer=spelling,
        processor=None,
        transformer=QwenImageTransformer2DModel(
            num_layers=2, joint_attention_dim=_WIDTH, axes_dims_rope=(4, 6, 6), **_PAINTER, **painter
        ),
    ).save_pretrained(folder)
    # Its own class for this wants torchvision: the folder is written as that would.
    spelling.save_pretrained(folder / "processor")
    Qwen2VLImageProcessorPil().save_pretrained(folder / "processor")
    index = folder / "model_index.json"
    said = json.loads(index.read_text("utf-8"))
    index.write_text(json.dumps(said | {"processor": ["transformers", "Qwen2VLProcessor"]}), "utf-8")
    return folder
