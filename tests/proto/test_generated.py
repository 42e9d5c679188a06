"""The committed code is what the protos say, and a field number means one thing for ever."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto

ROOT = Path(__file__).resolve().parents[2]
PROTOS = sorted((ROOT / "proto").glob("replate/v1/*.proto"))
NUMBERS = Path(__file__).with_name("numbers.json")


def test_the_committed_code_is_what_the_protos_generate(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools")
    command = [sys.executable, "-m", "grpc_tools.protoc", "-Iproto"]
    command += [f"--{kind}_out={tmp_path}" for kind in ("python", "grpc_python", "mypy")]
    path = f"{Path(sys.executable).parent}"
    subprocess.run(
        [*command, *(str(proto.relative_to(ROOT)) for proto in PROTOS)],
        cwd=ROOT,
        check=True,
        env={"PATH": path},
        capture_output=True,
    )
    made = {file.name: file.read_text() for file in (tmp_path / "replate/v1").iterdir()}
    committed = {file.name: file.read_text() for file in (ROOT / "client/replate/v1").glob("*_pb2*")}
    assert sorted(made) == sorted(committed)
    for name, text in made.items():
        assert committed[name] == text, f"{name} is stale: run make proto"


def test_numbers_are_never_given_another_meaning() -> None:
    """`numbers.json` holds every field and value there ever was: new ones are added, none is changed or removed."""
    known = json.loads(NUMBERS.read_text())
    now = numbers()
    for name, fields in known.items():
        for number, meaning in fields.items():
            current = now.get(name, {}).get(number)
            reserved = current is None and is_reserved(name, int(number))
            assert current == meaning or reserved, f"{name} {number} was {meaning} and is {current}"
    for name, fields in now.items():
        new = set(fields) - set(known.get(name, {}))
        assert not new, f"{name} has new numbers {sorted(new)}: add them to numbers.json"


@pytest.mark.parametrize("proto", PROTOS, ids=lambda path: path.name)
def test_every_call_says_what_it_does(proto: Path) -> None:
    lines = proto.read_text().splitlines()
    for before, line in pairwise(lines):
        if re.match(r"\s+rpc ", line):
            assert before.strip().startswith("//"), f"{line.strip()} has no comment"


def files() -> list[FileDescriptor]:
    return [importlib.import_module(f"replate.v1.{proto.stem}_pb2").DESCRIPTOR for proto in PROTOS]


def numbers() -> dict[str, dict[str, str]]:
    """By message and enum: what each number means, its name and its type."""
    found: dict[str, dict[str, str]] = {}

    def take(message: Descriptor) -> None:
        if message.GetOptions().map_entry:
            return
        found[message.full_name] = {
            str(field.number): f"{field.name} {field.type} {int(field.is_repeated)}" for field in message.fields
        }
        for nested in message.nested_types:
            take(nested)

    for file in files():
        for message in file.message_types_by_name.values():
            take(message)
        for enum in file.enum_types_by_name.values():
            found[enum.full_name] = _values(enum)
    return found


def is_reserved(name: str, number: int) -> bool:
    for file in files():
        message = file.message_types_by_name.get(name.removeprefix(f"{file.package}."))
        if message is not None:
            proto = message_proto(message)
            return any(span.start <= number < span.end for span in proto.reserved_range)
    return False


def message_proto(message: Descriptor) -> DescriptorProto:
    proto = DescriptorProto()
    message.CopyToProto(proto)
    return proto


def _values(enum: EnumDescriptor) -> dict[str, str]:
    return {str(value.number): value.name for value in enum.values}


if __name__ == "__main__":
    NUMBERS.write_text(json.dumps(dict(sorted(numbers().items())), indent=1) + "\n")
