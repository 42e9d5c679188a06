"""Folders of LTX, tiny and random, as the libraries themselves write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    AutoencoderKLLTXVideo,
    FlowMatchEulerDiscreteScheduler,
    LTX2HDRPipeline,
    LTX2VideoTransformer3DModel,
    LTXConditionPipeline,
    LTXVideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2Vocoder
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from safetensors.torch import save_file
from transformers import Gemma3Config, Gemma3ForConditionalGeneration, T5Config, T5EncoderModel

from server.operations.diffusion.checkpoints import tokenizer

_CHANNELS = 8
_WIDTH = 16
_SHIFTED = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.1, max_shift=2.05)
"""A schedule as those are published with that were not taught to take few steps."""


def ltx_video(folder: Path) -> Path:
    """LTX-Video, 0.6 MB, with the published one's places: 32 pixels and 8 frames to a latent."""
    torch.manual_seed(3)
    coder = AutoencoderKLLTXVideo(
        latent_channels=_CHANNELS,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, False),
        decoder_spatio_temporal_scaling=(True, True, True),
        decoder_inject_noise=(False, False, False, False),
        upsample_residual=(True, True, True),
        upsample_factor=(1, 1, 1),
        timestep_conditioning=True,
    )
    network = LTXVideoTransformer3DModel(
        in_channels=_CHANNELS,
        out_channels=_CHANNELS,
        num_attention_heads=2,
        attention_head_dim=12,
        cross_attention_dim=24,
        num_layers=3,
        caption_channels=32,
    )
    encoder = T5EncoderModel(T5Config(vocab_size=30, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4))
    LTXConditionPipeline(_SHIFTED, coder, encoder, tokenizer(), network).save_pretrained(folder)
    return folder


def ltx2(folder: Path) -> Path:
    """LTX-2.3 with all that its pipeline wants."""
    torch.manual_seed(4)
    encoder = Gemma3ForConditionalGeneration(
        Gemma3Config(
            text_config={
                "vocab_size": 40, "hidden_size": _WIDTH, "intermediate_size": 24, "num_hidden_layers": 2,
                "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
            },
            vision_config={
                "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1,
                "image_size": 28, "patch_size": 14,
            },
            mm_tokens_per_image=4, image_token_index=39, boi_token_index=37, eoi_token_index=38,
        )
    )  # fmt: skip
    ends: dict[str, Any] = {
        f"{kind}_connector_{name}": value
        for kind in ("video", "audio")
        for name, value in (
            ("num_attention_heads", 2), ("attention_head_dim", 8), ("num_layers", 1), ("num_learnable_registers", 8)
        )
    }  # fmt: skip
    coder = AutoencoderKLLTX2Video(
        latent_channels=_CHANNELS,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        upsample_factor=(1, 1, 1),
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )
    sound = AutoencoderKLLTX2Audio(
        base_channels=4, ch_mult=(1,), num_res_blocks=1, resolution=32, latent_channels=2, mel_bins=8
    )
    LTX2HDRPipeline(
        scheduler=_SHIFTED,
        vae=coder,
        audio_vae=sound,
        text_encoder=encoder,
        tokenizer=tokenizer(),
        connectors=LTX2TextConnectors(
            caption_channels=_WIDTH, text_proj_in_factor=3, connector_rope_base_seq_len=32, video_hidden_dim=16,
            audio_hidden_dim=16, per_modality_projections=True, **ends,
        ),
        transformer=LTX2VideoTransformer3DModel(
            in_channels=_CHANNELS, out_channels=_CHANNELS, num_attention_heads=2, attention_head_dim=8,
            cross_attention_dim=16, audio_in_channels=4, audio_out_channels=4, audio_num_attention_heads=2,
            audio_attention_head_dim=4, audio_cross_attention_dim=8, num_layers=3, caption_channels=16,
        ),
        vocoder=LTX2Vocoder(
            in_channels=16, hidden_channels=16, upsample_kernel_sizes=[4, 4], upsample_factors=[2, 2],
            resnet_kernel_sizes=[3], resnet_dilations=[[1, 3, 5]], output_sampling_rate=16000,
        ),
    ).save_pretrained(folder)  # fmt: skip
    return folder


def ltx2_hdr(folder: Path) -> Path:
    """Its adapter for light, and what the adapter's training was told."""
    torch.manual_seed(5)
    folder.mkdir(exist_ok=True)
    layer = "transformer.transformer_blocks.0.attn1.to_q"
    save_file(
        {f"{layer}.lora_A.weight": torch.randn(4, _WIDTH), f"{layer}.lora_B.weight": torch.randn(_WIDTH, 4)},
        folder / "ltx-2.3-22b-ic-lora-hdr-0.9.safetensors",
    )
    save_file(
        {"video_context": torch.randn(1, 16, _WIDTH), "audio_context": torch.randn(1, 16, _WIDTH)},
        folder / "ltx-2.3-22b-ic-lora-hdr-scene-emb.safetensors",
    )
    return folder
