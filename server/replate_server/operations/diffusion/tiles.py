"""Latents that are larger than a network is good at, in overlapping tiles that are mixed at every step.

Bar-Tal et al., "MultiDiffusion: Fusing Diffusion Paths for Controlled Image Generation", ICML 2023: neighbours draw the
same thing, because where they overlap each goes on from what both have said.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from replate.frame import Box
from replate_server.darkroom.geometry import scaled
from replate_server.darkroom.tiles import in_windows
from replate_server.operations.diffusion.devices import working_device
from replate_server.operations.working_size import working_size

if TYPE_CHECKING:
    import torch

_TOKEN = 2
"""Latents along a side of what a network of clips sees as one."""

Size = tuple[int, int]
"""Rows and columns, of latents."""


def tile_of(rows: int, columns: int, most: int) -> Size:
    """The tiles in which so large a plane is seen, of its proportions and no more than `most` latents."""
    across, down = working_size(columns, rows, most, _TOKEN, _TOKEN)
    return down, across


def mixed(
    size: Size, tile: Size, overlap: Size, work: Callable[[Box], torch.Tensor], multiple: int = 1, scale: int = 1
) -> torch.Tensor:
    """What `work` gives of each tile [..., rows, columns], `scale` times as large, put together on the processor, in
    float32: the nearer to a tile's middle, the more it counts."""
    import torch

    whole = in_windows(
        size,
        tile,
        overlap,
        lambda window: work(window).float().cpu().numpy(),
        axes=(-2, -1),
        multiple=multiple,
        scale=scale,
    )
    return torch.from_numpy(whole)


def cut(planes: torch.Tensor, window: Box) -> torch.Tensor:
    """A window of planes [..., rows, columns]; a view."""
    return planes[..., window.y : window.bottom, window.x : window.right]


class TiledNetwork:
    """A denoiser of clips that sees a run's latents, and what leads it, a tile at a time.

    The first `leading` frames are of pictures that each tile sees whole: they lie in the first tile's place, and what
    is predicted of them is the mean of all. Elsewhere these frames are nothing.
    """

    def __init__(self, network: Any, tile: Size, leading: int = 0) -> None:
        self._network, self._tile, self._leading = network, tile, leading
        self.config, self.dtype, self.cache_context = network.config, network.dtype, network.cache_context

    def __call__(
        self, *, hidden_states: torch.Tensor, control_hidden_states: torch.Tensor | None = None, **named: Any
    ) -> tuple[torch.Tensor]:
        """As the network's own, which is asked for no dictionary; predictions are float32."""
        import torch

        led: list[torch.Tensor] = []

        def predicted(window: Box) -> torch.Tensor:
            seen = partial(self._seen, window=window, device=hidden_states.device)
            control = {} if control_hidden_states is None else {"control_hidden_states": seen(control_hidden_states)}
            made: torch.Tensor = self._network(hidden_states=seen(hidden_states), **control, **named)[0]
            led.append(made[:, :, : self._leading].float().cpu())
            return made[:, :, self._leading :]

        rows, columns = self._tile
        clip = mixed(_size(hidden_states), self._tile, _overlap(self._tile), predicted, _TOKEN)
        pictures = clip.new_zeros(*clip.shape[:2], self._leading, *clip.shape[-2:])
        pictures[..., :rows, :columns] = torch.stack(led).mean(dim=0)
        return (torch.cat([pictures, clip], dim=2).to(hidden_states.device),)

    def _seen(self, planes: torch.Tensor, window: Box, device: Any) -> torch.Tensor:
        import torch

        rows, columns = self._tile
        pictures = planes[:, :, : self._leading, :rows, :columns]
        return torch.cat([pictures, cut(planes[:, :, self._leading :], window)], dim=2).to(device)


class TiledCoder:
    """A clip's autoencoder that works in the same tiles. It takes and gives tensors on the processor, where there is
    room for the pixels of a large clip."""

    def __init__(self, coder: Any, tile: Size) -> None:
        import torch

        self._coder, self._tile, self._scale = coder, tile, coder.spatial_compression_ratio
        self.config, self.dtype, self.device = coder.config, coder.dtype, torch.device("cpu")

    def modules(self) -> tuple[()]:
        """None that a device is to be read from: `working_device` is the processor."""
        return ()

    def encode(self, pictures: torch.Tensor) -> Any:
        """As the autoencoder's own, of [1, 3, frames, height, width] in [-1,1]."""
        from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
        from diffusers.models.modeling_outputs import AutoencoderKLOutput

        def work(window: Box) -> torch.Tensor:
            moments: torch.Tensor = self._coder.encode(
                self._brought(cut(pictures, scaled(window, self._scale)))
            ).latent_dist.parameters
            return moments

        rows, columns = pictures.shape[-2] // self._scale, pictures.shape[-1] // self._scale
        moments = mixed((rows, columns), self._tile, _overlap(self._tile), work, _TOKEN)
        return AutoencoderKLOutput(latent_dist=DiagonalGaussianDistribution(moments))

    def decode(self, latents: torch.Tensor, return_dict: bool = False) -> tuple[torch.Tensor]:
        """As the autoencoder's own, which is asked for no dictionary."""

        def work(window: Box) -> torch.Tensor:
            pictures: torch.Tensor = self._coder.decode(self._brought(cut(latents, window)), return_dict=False)[0]
            return pictures

        return (mixed(_size(latents), self._tile, _overlap(self._tile), work, _TOKEN, self._scale),)

    def _brought(self, tile: torch.Tensor) -> torch.Tensor:
        return tile.to(working_device(self._coder), self.dtype)


def _size(latents: torch.Tensor) -> Size:
    rows, columns = latents.shape[-2:]
    return rows, columns


def _overlap(tile: Size) -> Size:
    """At the least, of neighbours."""
    return tile[0] // 4, tile[1] // 4
