"""Folders of the architectures that studios run, tiny and random, as the libraries themselves write them."""

from __future__ import annotations

from pathlib import Path

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

_LETTERS = [(chr(code), -2.0) for code in range(ord("a"), ord("z") + 1)]
_WIDTH = 32


def wan_vace(folder: Path) -> Path:
    """Wan VACE, 0.4 MB."""
    torch.manual_seed(1)
    network = WanVACETransformer3DModel(**_wan_network(), vace_layers=[0, 2], vace_in_channels=96)
    WanVACEPipeline(**_around_wan(), transformer=network).save_pretrained(folder)
    return folder


def wan(folder: Path) -> Path:
    """Wan for text to video; its text encoder and autoencoder are those of `wan_vace`."""
    torch.manual_seed(2)
    WanPipeline(**_around_wan(), transformer=WanTransformer3DModel(**_wan_network())).save_pretrained(folder)
    return folder


def tokenizer() -> PreTrainedTokenizerFast:
    """One that spells."""
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -1.0), *_LETTERS]
    spelling = Tokenizer(models.Unigram(vocabulary, unk_id=2))
    spelling.pre_tokenizer = pre_tokenizers.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=spelling, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def _around_wan() -> dict[str, object]:
    torch.manual_seed(0)
    return {
        "tokenizer": tokenizer(),
        "text_encoder": UMT5EncoderModel(
            UMT5Config(vocab_size=30, d_model=_WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
        ),
        "vae": AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
        ),
        "scheduler": UniPCMultistepScheduler(flow_shift=3.0, prediction_type="flow_prediction", use_flow_sigmas=True),
    }


def _wan_network() -> dict[str, object]:
    return {
        "patch_size": (1, 2, 2),
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "in_channels": 16,
        "out_channels": 16,
        "text_dim": _WIDTH,
        "freq_dim": 256,
        "ffn_dim": 32,
        "num_layers": 3,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 32,
    }
