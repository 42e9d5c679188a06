"""The quickest exact attention that there is."""

from __future__ import annotations

import pytest

from replate_server.operations.diffusion.attention import backend


@pytest.mark.parametrize(
    ("device", "capability", "packages", "chosen"),
    [
        ("cpu", (0, 0), {"flash_attn", "flash_attn_interface"}, "native"),
        ("cuda:0", (9, 0), set(), "native"),
        ("cuda:0", (9, 0), {"flash_attn", "flash_attn_interface"}, "_flash_3"),
        ("cuda:0", (12, 0), {"flash_attn", "flash_attn_interface"}, "flash"),
        ("cuda:1", (8, 6), {"flash_attn"}, "flash"),
        ("cuda:1", (7, 5), {"flash_attn"}, "native"),
    ],
)
def test_it_depends_on_the_card_and_on_what_is_installed(
    device: str, capability: tuple[int, int], packages: set[str], chosen: str
) -> None:
    assert backend(device, capability, packages.__contains__) == chosen


def test_the_library_knows_the_names() -> None:
    from diffusers.models.attention_dispatch import AttentionBackendName

    assert {"native", "flash", "_flash_3"} <= {name.value for name in AttentionBackendName}
