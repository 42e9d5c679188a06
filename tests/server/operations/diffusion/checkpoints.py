"""Folders of the architectures that studios run, tiny and random, as the libraries themselves write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel


@dataclass(frozen=True, slots=True)
class WanSize:
    """How large Wan is built; what is not said is as it was published."""

    encoder: Mapping[str, Any]
    autoencoder: Mapping[str, Any]
    network: Mapping[str, Any]
    layers: int


TINY = WanSize(
    {"vocab_size": 30, "d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4},
    {"base_dim": 3, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1},
    {"num_attention_heads": 2, "attention_head_dim": 12, "text_dim": 32, "ffn_dim": 32},
    3,
)

_LETTERS = [(chr(code), -2.0) for code in range(ord("a"), ord("z") + 1)]


def wan_vace(folder: Path, size: WanSize = TINY, dtype: torch.dtype = torch.float32) -> Path:
    """Wan VACE, 0.4 MB where nothing else is said."""
    torch.manual_seed(1)
    led = list(range(0, size.layers, 2))
    network = WanVACETransformer3DModel(**_network(size), vace_layers=led, vace_in_channels=96)
    WanVACEPipeline(**_around(size), transformer=network).to(dtype).save_pretrained(folder)
    return folder


def wan(folder: Path, size: WanSize = TINY, dtype: torch.dtype = torch.float32) -> Path:
    """Wan for text to video; its text encoder and autoencoder are those of `wan_vace`."""
    torch.manual_seed(2)
    pipeline = WanPipeline(**_around(size), transformer=WanTransformer3DModel(**_network(size)))
    pipeline.to(dtype).save_pretrained(folder)
    return folder


def tokenizer() -> PreTrainedTokenizerFast:
    """One that spells."""
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -1.0), *_LETTERS]
    spelling = Tokenizer(models.Unigram(vocabulary, unk_id=2))
    spelling.pre_tokenizer = pre_tokenizers.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=spelling, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def _around(size: WanSize) -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "tokenizer": tokenizer(),
        "text_encoder": UMT5EncoderModel(UMT5Config(**size.encoder)),
        "vae": AutoencoderKLWan(**size.autoencoder),
        "scheduler": UniPCMultistepScheduler(flow_shift=3.0, prediction_type="flow_prediction", use_flow_sigmas=True),
    }


def _network(size: WanSize) -> dict[str, Any]:
    return {"num_layers": size.layers, "in_channels": 16, "out_channels": 16, **size.network}
