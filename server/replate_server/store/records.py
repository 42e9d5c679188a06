"""Values as the ledger writes them: JSON text, read back as the same values."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, TypeAdapter

from replate.frame import FrameSpec
from replate.values import Value
from replate_server.jobs import JobOutput

# Metadata may hold NaN and infinity, which pydantic would write as null. A dataclass alone takes no such setting.
_spec: TypeAdapter[tuple[FrameSpec]] = TypeAdapter(tuple[FrameSpec], config=ConfigDict(ser_json_inf_nan="constants"))
_parameters = TypeAdapter(dict[str, Value])
_links = TypeAdapter(dict[str, JobOutput])


def spec_text(spec: FrameSpec) -> str:
    return _spec.dump_json((spec,)).decode()


def spec_from(text: str) -> FrameSpec:
    return _spec.validate_json(text)[0]


def parameters_text(parameters: Mapping[str, Value]) -> str:
    return _parameters.dump_json(dict(parameters)).decode()


def parameters_from(text: str) -> dict[str, Value]:
    return _parameters.validate_json(text)


def links_text(links: Mapping[str, JobOutput]) -> str:
    return _links.dump_json(dict(links)).decode()


def links_from(text: str) -> dict[str, JobOutput]:
    return _links.validate_json(text)
