"""What stands on a command line, as Replate's values: clicks, parameters, inputs, outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from replate.catalog import Catalog, Operation
from replate.errors import BadRequest
from replate.jobs import JobOutput
from replate.media import MovieWriter, Pattern, PlateWriter
from replate.media.cryptomatte import cryptomatte
from replate.values import Parameter, ParameterType, Point, Prompt, Region, Value

_JOB = re.compile(r"job:([^/]+)/(.+)")
_PROMPT = re.compile(r"(?:([A-Za-z]\w*)=)?(-?[\d.]+(?:,-?[\d.]+)*)(?:@(-?\d+))?")
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def job_output(text: str) -> JobOutput | None:
    """Another job's output, written job:ID/OUTPUT; None for anything else."""
    match = _JOB.fullmatch(text)
    if match:
        return JobOutput(match[1], match[2])
    if text.startswith("job:"):
        raise BadRequest(f'"{text}" is no job\'s output: write it as job:ID/OUTPUT.')
    return None


def click(text: str, frame: int, inside: bool) -> Point:
    """A click written [OBJECT=]X,Y[@FRAME], in pixels from the format's top left."""
    object_, numbers, at = _prompt(text, 2, "[OBJECT=]X,Y[@FRAME]", frame)
    return Point(at, numbers[0], numbers[1], inside, object_)


def box(text: str, frame: int) -> Region:
    """A box written [OBJECT=]X,Y,W,H[@FRAME], in pixels from the format's top left."""
    object_, numbers, at = _prompt(text, 4, "[OBJECT=]X,Y,W,H[@FRAME]", frame)
    x, y, width, height = numbers
    return Region(at, x, y, width, height, object_)


def model_name(operation: Operation, text: str) -> str:
    """A model by its whole name, or by the part after the operation's."""
    return f"{operation.name}/{text}" if text and "/" not in text else text


def parameters(
    catalog: Catalog,
    operation: Operation,
    model: str,
    assignments: Sequence[str],
    prompts: Sequence[Prompt],
    preset: str = "",
) -> dict[str, Value]:
    """Parameters written NAME=VALUE, with the types that the catalog states, and the prompts under their own name.

    What is not written is as the model's preset has it, where one is named. Raises `BadRequest` for a name there is
    none of, or a value of another type, and `NotFound` for a preset there is none of.
    """
    chosen = catalog.model(model or operation.default_model)
    known = {parameter.name: parameter for parameter in (*operation.parameters, *chosen.parameters)}
    found = dict(chosen.preset(preset).values) if preset else {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise BadRequest(f'"{assignment}" is no parameter: write it as NAME=VALUE.')
        name = name.strip().replace("-", "_")
        if name not in known:
            raise BadRequest(f"There is no parameter {name}: there are {', '.join(known) or 'none'}.")
        found[name] = _value(known[name], text.strip())
    if prompts:
        takers = [parameter.name for parameter in known.values() if parameter.type is ParameterType.PROMPTS]
        if not takers:
            raise BadRequest(f"{operation.label} takes no clicks or boxes: leave them out.")
        found[takers[0]] = tuple(prompts)
    return found


def writers(
    out: str | None, outputs: Sequence[str], stem: str, *, single: bool, compression: str
) -> Mapping[str, PlateWriter | MovieWriter]:
    """What writes each output's frames.

    `out`: a pattern, or a movie's file (.mp4); "{output}" in it stands for the output's name, which else goes
    before the frame number when there are several. None for "out/STEM.####.exr".
    `single`: whether a name without a place for the frame number will do.
    Raises `BadRequest` for a pattern that will not do.
    """
    path = Path(out if out is not None else f"out/{stem}.####.exr")
    movie = path.suffix.lower() == ".mp4"
    _check_place(path, single=single or movie)
    paths = {name: path if len(outputs) == 1 else _named(path, name) for name in outputs}
    files = {name: str(path).replace("{output}", name) for name, path in paths.items()}
    if movie:
        return {name: MovieWriter(file) for name, file in files.items()}
    return {name: PlateWriter(file, compression=compression) for name, file in files.items()}


def cryptomatte_writer(out: str, *, single: bool) -> PlateWriter:
    """What writes mattes as a Cryptomatte, losslessly: ids do not survive anything else. Raises as `writers` does."""
    path = Path(out)
    if path.suffix.lower() != ".exr":
        raise BadRequest(f"A Cryptomatte is an EXR: write {path.with_suffix('').name}.exr.")
    _check_place(path, single=single)
    return PlateWriter(out, form=cryptomatte)


def _check_place(path: Path, *, single: bool) -> None:
    if not path.suffix:
        raise BadRequest(f"{path} has no ending that says the format: write {path.name}.####.exr.")
    if not (single or Pattern(path).numbered):
        raise BadRequest(
            f"{path.name} has no place for the frame number: write {path.with_suffix('').name}.####{path.suffix}."
        )


def _named(path: Path, output: str) -> Path:
    if "{output}" in str(path):
        return path
    first, dot, rest = path.name.partition(".")
    return path.with_name(f"{first}.{output}{dot}{rest}")


def _prompt(text: str, count: int, form: str, frame: int) -> tuple[str, list[float], int]:
    match = _PROMPT.fullmatch(text.replace(" ", ""))
    try:
        numbers = [float(number) for number in match[2].split(",")] if match else []
    except ValueError:
        numbers = []
    if not match or len(numbers) != count:
        raise BadRequest(f'"{text}" cannot be read: write it as {form}.')
    return match[1] or "subject", numbers, int(match[3]) if match[3] is not None else frame


def _value(parameter: Parameter, text: str) -> Value:
    try:
        match parameter.type:
            case ParameterType.FLAG:
                return _FLAGS[text.lower()]
            case ParameterType.WHOLE:
                return int(text)
            case ParameterType.REAL:
                return float(text)
            case ParameterType.PROMPTS:
                raise BadRequest(
                    f"The parameter {parameter.name} is given by clicks: write --click X,Y or --box X,Y,W,H."
                )
            case _:
                return text
    except (ValueError, KeyError):
        kinds = {ParameterType.FLAG: "true or false", ParameterType.WHOLE: "a whole number"}
        raise BadRequest(
            f'The parameter {parameter.name} is {kinds.get(parameter.type, "a number")}, not "{text}".'
        ) from None
