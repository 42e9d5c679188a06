"""Folders of models that paint a picture led by controls, tiny and random, as the libraries themselves write them."""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImageControlNetModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from safetensors.torch import save_model
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen3Config,
    Qwen3Model,
)

from server.operations.diffusion.checkpoints import tokenizer

UNION = "Z-Image-Turbo-Fun-Controlnet-Union-2.1-2602-8steps.safetensors"

_WIDTH = 16
_UNET: dict[str, Any] = {
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "attention_head_dim": (2, 4),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "transformer_layers_per_block": (1, 2),
    "projection_class_embeddings_input_dim": 6 * 8 + _WIDTH,
    "cross_attention_dim": 2 * _WIDTH,
    "norm_num_groups": 4,
}

_Z_IMAGE: dict[str, Any] = {"dim": _WIDTH, "n_heads": 1, "n_kv_heads": 1}


def sdxl(folder: Path) -> Path:
    """Stable Diffusion XL, 0.5 MB."""
    torch.manual_seed(5)
    words = CLIPTextConfig(
        vocab_size=60,
        hidden_size=_WIDTH,
        intermediate_size=_WIDTH,
        num_hidden_layers=3,
        num_attention_heads=2,
        projection_dim=_WIDTH,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    StableDiffusionXLPipeline(
        unet=UNet2DConditionModel(
            in_channels=4, out_channels=4, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **_UNET
        ),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            steps_offset=1,
            timestep_spacing="leading",
        ),
        vae=_autoencoder(4),
        text_encoder=CLIPTextModel(words),
        text_encoder_2=CLIPTextModelWithProjection(words),
        tokenizer=_spelling(),
        tokenizer_2=_spelling(),
        add_watermarker=False,
    ).save_pretrained(folder)
    return folder


def sdxl_controlnet(folder: Path, seed: int) -> Path:
    """A ControlNet for it, in a folder of its own. A new one's last layers are 0: these lead."""
    torch.manual_seed(seed)
    network = ControlNetModel(conditioning_embedding_out_channels=(4, 8, 8, 8), **_UNET)
    for layer in (*network.controlnet_down_blocks, network.controlnet_mid_block):
        torch.nn.init.normal_(layer.weight, std=0.3)
    torch.nn.init.normal_(network.controlnet_cond_embedding.conv_out.weight, std=0.3)
    network.save_pretrained(folder)
    return folder


def z_image(folder: Path) -> Path:
    """Z-Image-Turbo, 1.5 MB: as deep as it was published, because its ControlNet says which layers it leads."""
    torch.manual_seed(6)
    spelling = tokenizer()
    spelling.chat_template = "{% for message in messages %}user {{ message['content'] }}{% endfor %}"
    language = Qwen3Config(
        vocab_size=40,
        num_hidden_layers=2,
        hidden_size=_WIDTH,
        intermediate_size=_WIDTH,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        pad_token_id=0,
    )
    ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_autoencoder(16, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=Qwen3Model(language),
        tokenizer=spelling,
        transformer=ZImageTransformer2DModel(
            **_Z_IMAGE, n_layers=30, cap_feat_dim=_WIDTH, axes_dims=[4, 6, 6], axes_lens=[1024, 64, 64]
        ),
    ).save_pretrained(folder)
    return folder


def z_image_controlnet(folder: Path) -> Path:
    """The union ControlNet for it, 2 MB: one file, which does not say what it is."""
    torch.manual_seed(7)
    network = ZImageControlNetModel(
        **_Z_IMAGE,
        control_layers_places=list(range(0, 30, 2)),
        control_refiner_layers_places=[0, 1],
        control_in_dim=33,
        add_control_noise_refiner="control_noise_refiner",
    )
    for layers in (network.control_layers, network.control_noise_refiner):
        torch.nn.init.normal_(layers[0].before_proj.weight, std=0.3)
        for layer in layers:
            torch.nn.init.normal_(layer.after_proj.weight, std=0.1)
    folder.mkdir(exist_ok=True)
    save_model(network, str(folder / UNION))
    return folder


def _autoencoder(channels: int, **more: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        norm_num_groups=2,
        sample_size=64,
        **more,
    )


def _spelling() -> CLIPTokenizer:
    marks = ["<|startoftext|>", "<|endoftext|>"]
    letters = [*ascii_lowercase, *(f"{letter}</w>" for letter in ascii_lowercase)]
    vocabulary = {token: number for number, token in enumerate([*marks, *letters])}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
