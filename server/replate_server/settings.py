"""The server's settings, in one typed place.

Each can be given, strongest first, as a flag of `replate-server serve`, as an
environment variable (`REPLATE_LISTEN`, `REPLATE_STORE__LIMIT_GB`: two
underscores between a group and its field), or in a TOML file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from replate.errors import BadRequest, NotFound

GIGABYTE = 1 << 30

_file: ContextVar[Path | None] = ContextVar("settings file", default=None)
"""The file that is being read: pydantic asks a class for its sources, and no class knows of the file."""


class Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Group):
    limit_gb: float = Field(100.0, gt=0, description="Frames and cached encodings take at most this much disk, in GiB.")
    grace_seconds: float = Field(600.0, ge=0, description="A frame is kept at least this long after its last use.")


class LimitSettings(Group):
    frame_pixels: int = Field(64_000_000, ge=1, description="Largest frame, in pixels of its data or display window.")
    plate_frames: int = Field(10_000, ge=1, description="Longest plate, in frames.")
    message_mb: int = Field(16, ge=2, le=256, description="Largest gRPC message, in MiB.")
    open_jobs: int = Field(1_000, ge=1, description="Most open jobs of one user.")
    streams: int = Field(128, ge=8, description="Most calls served at once.")


class WorkerSettings(Group):
    devices: tuple[str, ...] = Field(
        (),
        description="Such as cuda:0, cuda:1, cpu; empty for every GPU, or else the CPU. "
        "A GPU named three times has three workers, which prepare frames while it computes.",
    )
    memory_gb: float | None = Field(
        None,
        gt=0,
        description="Memory for models on a device, in GiB, which its workers share; unset for 80 % of it. "
        "On a GPU, PyTorch gives no more than what is set.",
    )
    keep_models_seconds: float = Field(600.0, ge=0, description="An unused model leaves its device after this time.")
    attempts: int = Field(2, ge=1, description="How often a window is tried when its worker dies.")


class WeightSettings(Group):
    folder: Path | None = Field(None, description="Where weights are kept; unset for `weights` in the data directory.")
    allow_non_commercial: bool = Field(False, description="Whether weights with a non-commercial licence may be used.")
    refuse: frozenset[str] = Field(frozenset(), description="SPDX licences that are refused.")
    allow: frozenset[str] = Field(frozenset(), description="Weights by name that are allowed whatever their licence.")
    registries: tuple[Path, ...] = Field((), description="Further registry files of weights, TOML.")
    loras: Path | None = Field(None, description="A folder of LoRA files (*.safetensors) that jobs may name.")


class User(Group):
    name: str = Field(min_length=1, max_length=100)
    token_sha256: str = Field(
        pattern="^[0-9a-f]{64}$", description="sha256 of the token: `replate-server token` makes both."
    )
    projects: frozenset[Annotated[str, Field(min_length=1)]] = frozenset()


class TlsSettings(Group):
    certificate: Path
    key: Path


class Settings(BaseSettings):
    """Everything a TD can set. Frozen once loaded."""

    model_config = SettingsConfigDict(
        env_prefix="REPLATE_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    listen: str = Field("127.0.0.1:7431", description="Address: host:port, or unix:/path/to/socket.")
    data: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("replate", appauthor=False)),
        description="Frames, the ledger, weights and logs live here.",
    )
    embedded: bool = Field(False, description="Serve this machine's user only, choose the address, end when idle.")
    idle_seconds: float = Field(900.0, gt=0, description="An embedded server ends after this time without work.")
    colour_config: str = Field("ocio://default", description="OpenColorIO config that names the colour spaces.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What the log tells, and what is worse."
    )
    users: tuple[User, ...] = Field((), description="Who may connect; empty to let everybody on this machine in.")
    tls: TlsSettings | None = Field(None, description="Certificate and key files to serve TLS with.")
    store: StoreSettings = StoreSettings()
    limits: LimitSettings = LimitSettings()
    worker: WorkerSettings = WorkerSettings()
    weights: WeightSettings = WeightSettings()

    @property
    def weights_folder(self) -> Path:
        return self.weights.folder or self.data / "weights"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = _file.get()
        if file is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)


def load(config: Path | None = None, **flags: Any) -> Settings:
    """Settings from flags (those that are not None), the environment and a file, in that order.

    Raises `NotFound` when the file is not there, and `BadRequest` naming the first field that is wrong.
    """
    named = os.environ.get("REPLATE_CONFIG")
    file = config or (Path(named) if named else None)
    if file is not None and not file.is_file():
        raise NotFound(f"There is no settings file {file}: give --config an existing TOML file, or leave it out.")
    reading = _file.set(file)
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(
            f"The setting {where} is wrong ({first['msg']}): "
            f"correct it in the flags, the environment or {file or 'the settings file'}."
        ) from error
    except ValueError as error:
        raise BadRequest(f"The settings file {file} cannot be read ({error}): correct its TOML.") from error
    finally:
        _file.reset(reading)
    return settings.model_copy(update={"data": settings.data.expanduser().resolve()})


def described() -> str:
    """Every setting with its default, as a Markdown table; `docs/settings.md` holds it."""
    lines = ["| setting | default | |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {default} | {text} |" for name, default, text in _rows(Settings, "")]
    return "\n".join(lines)


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            yield from _rows(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _default(field), field.description or ""


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the user's data folder"
    default = field.default
    if default is None or isinstance(default, tuple | frozenset):
        return ""
    return f"`{json.dumps(default)}`"
