"""`replate synthesize`: a picture painted with pieces of another, as EbSynth does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from replate.cli import asked
from replate.cli.options import Json, Server, Token
from replate.cli.run import run
from replate.connection import connect
from replate.errors import BadRequest
from replate.media import Pattern, Plate, parse_frames
from replate.media.guides import open_values, pack
from replate.values import Value

_OPERATION = "synthesize"


_BETWEEN = "\0"
"""What stands between the words of a guide: it is in no file's name."""


@dataclass(frozen=True, slots=True)
class _Guide:
    source: str
    target: str
    weight: float | None

    @staticmethod
    def of(text: str) -> _Guide:
        source, target, weight = text.split(_BETWEEN) if text.count(_BETWEEN) == 2 else ("", "", "")
        if not source or not target:
            raise BadRequest("A guide is two pictures and what it counts: write --guide SOURCE TARGET WEIGHT.")
        return _Guide(source, target, float(weight) if weight else None)


class SynthesizeCommand(TyperCommand):
    """Takes an option of two words and a number, again and again, which typer cannot say."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer has it; the words of each guide are made one."""
        words, left = [], list(args)
        while left:
            words.append(left.pop(0))
            if words[-1] == "--guide":
                pictures = [left.pop(0) for _ in range(2) if left and not left[0].startswith("--")]
                weight = left.pop(0) if left and _is_number(left[0]) else ""
                words.append(_BETWEEN.join([*pictures, weight]))
        return super().parse_args(ctx, words)


def synthesize(
    style: Annotated[str, typer.Option("--style", metavar="FILE", help="The picture whose pieces are used.")],
    guides: Annotated[
        list[str],
        typer.Option(
            "--guide",
            metavar="SOURCE TARGET [WEIGHT]",
            help="Two pictures, one for the style and one for what is made: where they look alike, pieces go. "
            'TARGET may be "shot.####.png". May be given again.',
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="PATTERN", help='Where the picture goes: "out.png", or "out/x.####.exr" for several.'
        ),
    ] = None,
    frames: Annotated[str | None, typer.Option("--frames", "-f", metavar="RANGE", help="1001-1024; else all.")] = None,
    uniformity: Annotated[
        float | None,
        typer.Option("--uniformity", min=0, help="How much it is avoided to use one part again and again; 3500."),
    ] = None,
    patch_size: Annotated[
        int | None, typer.Option("--patch-size", "--patchsize", min=3, help="Side of a piece in pixels, odd; 5.")
    ] = None,
    levels: Annotated[
        int | None, typer.Option("--levels", "--pyramidlevels", min=0, help="Sizes from coarse to fine; all that fit.")
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option("--rounds", "--searchvoteiters", min=1, help="Times at a size that pieces are sought; 12."),
    ] = None,
    sweeps: Annotated[
        int | None, typer.Option("--sweeps", "--patchmatchiters", min=1, help="Times in a round they are bettered; 6.")
    ] = None,
    extra_pass_3x3: Annotated[
        bool, typer.Option("--extra-pass-3x3", "--extrapass3x3", help="Ends with pieces of 3x3 pixels.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="What randomness there is comes from this.")] = 0,
    model: Annotated[str, typer.Option("--model", "-m", metavar="NAME", help="As `replate models` lists them.")] = "",
    title: Annotated[str, typer.Option("--title", help="Shown in lists of jobs.")] = "",
    project: Annotated[str, typer.Option("--project", help="The project that the job is shared with.")] = "",
    compression: Annotated[
        str, typer.Option("--compression", help="Of EXRs: zip, zips, piz, dwaa, dwab or none.")
    ] = "zip",
    server: Server = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Paints a picture with pieces of another, where guides say what goes where.

    Pixels are taken as they are in the files, and the result is in the style's.
    """
    pairs = [_Guide.of(text) for text in guides]
    source, target = _packed(pairs, frames)
    single = len(target) == 1
    writers = asked.writers(out, ["plate"], f"{Path(style).name.split('.')[0]}.{_OPERATION}", single=single,
                            compression=compression)  # fmt: skip
    given: dict[str, Value | None] = {
        "weights": _weights(pairs),
        "uniformity": uniformity,
        "patch_size": patch_size,
        "levels": levels,
        "rounds": rounds,
        "sweeps": sweeps,
        "extra_pass_3x3": extra_pass_3x3 or None,
    }
    with connect(server, token) as client:
        job = client.submit(
            _OPERATION,
            {"plate": target, "style": open_values(style), "source": source},
            model=asked.model_name(client.catalog().operation(_OPERATION), model),
            parameters={name: value for name, value in given.items() if value is not None},
            frames=(target.numbers[0], target.numbers[-1]),
            seed=seed,
            title=title or Path(style).stem,
            project=project,
        )
        run(job, writers, as_json=as_json)


def _weights(guides: Sequence[_Guide]) -> str:
    """As the operation has them; those left out share 1, as with EbSynth."""
    shares = [1 / len(guides) if guide.weight is None else guide.weight for guide in guides]
    return " ".join(f"guide{place}={share:g}" for place, share in enumerate(shares, 1))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _packed(guides: Sequence[_Guide], frames: str | None) -> tuple[Plate, Plate]:
    """The style's guides and the target's, a layer each."""
    names = [f"guide{place}" for place in range(1, len(guides) + 1)]
    sources = [open_values(guide.source) for guide in guides]
    targets = [open_values(guide.target, frames if Pattern(Path(guide.target)).numbered else None) for guide in guides]
    for one, other in zip(sources, targets, strict=True):
        has, lacks = (plate.spec(plate.numbers[0]).channels for plate in (one, other))
        if has != lacks:
            raise BadRequest(
                f"{one.path.name} has the channels {', '.join(has)} and {other.path.name} {', '.join(lacks)}: "
                "save both alike."
            )
    if frames is not None and all(len(target) == 1 for target in targets) and len(parse_frames(frames)) > 1:
        raise BadRequest("Each guide's TARGET is one picture: write #### for its number, or leave --frames out.")
    return pack(sources, names), pack(targets, names)
