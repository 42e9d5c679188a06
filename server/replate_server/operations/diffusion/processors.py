"""What shows pictures to a language model: transformers' own wants torchvision for videos that nobody brings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PICTURE = "<|image_pad|>"


class QwenProcessor:
    """In the place of transformers' Qwen2VLProcessor and Qwen2_5_VLProcessor, for text and pictures."""

    def __init__(self, tokenizer: Any, image_processor: Any) -> None:
        self.tokenizer = tokenizer
        self.image_processor = image_processor

    @classmethod
    def from_pretrained(cls, folder: Path, **_named: Any) -> QwenProcessor:
        """What a checkpoint's folder says. Raises OSError."""
        from transformers import AutoTokenizer
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

        return cls(
            AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False),
            Qwen2VLImageProcessorPil.from_pretrained(folder, local_files_only=True),
        )

    def __call__(self, text: Sequence[str], images: Sequence[Any], **named: Any) -> Any:
        """Tokens of texts, each picture in them as many as it has, and the pictures' patches; PyTorch tensors.

        `mm_token_type_ids` says which are a picture's: without it the network takes a picture for a line of text.
        """
        from transformers import BatchFeature

        seen = self.image_processor(images=list(images), return_tensors="pt") if images else {}
        merged = self.image_processor.merge_size**2
        counts = iter([int(grid.prod()) // merged for grid in seen.get("image_grid_thw", ())])
        spelled = [re.sub(re.escape(_PICTURE), lambda _: _PICTURE * next(counts), one) for one in text]
        tokens = self.tokenizer(spelled, padding=True, return_tensors="pt")
        picture = self.tokenizer.convert_tokens_to_ids(_PICTURE)
        kinds = (tokens["input_ids"] == picture).long()
        return BatchFeature({**tokens, "mm_token_type_ids": kinds, **seen})
