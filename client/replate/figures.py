"""What was measured of a job's frames, summed up, and which of them deserve a look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean, median
from typing import Any

from replate.frame import Figure

ERROR, PLATE_ERROR, STYLE, STRUCTURE = "warping_error", "plate_warping_error", "style_distance", "structure"
DRIFT, JOIN = "drift", "join"

_ENOUGH = 8
"""Frames below which none stands out."""
_BESIDE = 4
"""Frames on either side that one is held against."""
_QUIET = 1e-5
"""A warping error that nobody sees: 0.3 per cent of white. What is below is all the same."""
_FAR = 4.0
"""Deviations from the others, as these spread, at which a frame stands out."""
_TWICE = log(2)
_SEEN = 0.08
"""Of structure, or of the way from plate to style, that is seen."""
_SEAM = 0.03
"""Mean difference of two takes on a frame that they share that is seen as one gives way to the other."""
_WANDERED = 0.01
"""Drift that is worth a word."""
_SPREAD = 1.4826
"""From the median of absolute deviations to the standard deviation of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Look:
    """A frame that deserves a look."""

    number: int
    figure: str
    """The name of what stands out."""
    why: str
    """What an artist reads after the number: "changes more than its neighbours"."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a plate."""

    frames: Mapping[int, Mapping[str, float]]
    """By frame number, rising, and name."""
    means: Mapping[str, float]
    """Of each name; and "warping_ratio", how many times as large as the plate's own the warping error is."""
    looks: tuple[Look, ...]

    def as_json(self) -> dict[str, Any]:
        """As docs/agent.md has it."""
        return {
            "means": dict(self.means),
            "looks": [{"frame": look.number, "figure": look.figure, "why": look.why} for look in self.looks],
            "told": told(self),
        }


def summed_up(figures: Mapping[int, Sequence[Figure]]) -> Summary | None:
    """The figures of frames by their numbers, in any order. None where nothing was measured."""
    frames = {
        number: {figure.name: figure.value for figure in figures[number]}
        for number in sorted(figures)
        if figures[number]
    }
    if not frames:
        return None
    names = dict.fromkeys(name for each in frames.values() for name in each)
    means = {name: fmean(each[name] for each in frames.values() if name in each) for name in names}
    if means.get(PLATE_ERROR, 0) > 0 and ERROR in means:
        means["warping_ratio"] = means[ERROR] / means[PLATE_ERROR]
    return Summary(frames, means, tuple(sorted(_looks(frames), key=lambda look: look.number)))


def told(summary: Summary) -> list[str]:
    """A summary in a sentence or two; the last is of the frames that deserve a look, where there are any."""
    means = summary.means
    said = []
    if "warping_ratio" in means:
        said.append(f"changes from frame to frame {means['warping_ratio']:.2g} times as much as the plate")
    if STYLE in means:
        said.append(f"{means[STYLE]:.2f} from the style, where the plate is 1")
    if STRUCTURE in means:
        said.append(f"{means[STRUCTURE]:.2f} of the plate's structure")
    drift = max((each[DRIFT] for each in summary.frames.values() if DRIFT in each), default=0.0)
    if drift > _WANDERED:
        said.append(f"the model's colours drifted by up to {drift:.2f}")
    lines = [f"Measured: {'; '.join(said)}."] if said else []
    if summary.looks:
        lines.append(f"Worth a look: {looks_told(summary.looks)}.")
    return lines


def looks_told(looks: Sequence[Look], most: int = 6) -> str:
    """ "1018 changes more than its neighbours; 1031, 1040: each keeps less of the plate than the others"."""
    whys: dict[int, list[str]] = {}
    for look in looks:
        whys.setdefault(look.number, []).append(look.why)
    numbers: dict[str, list[int]] = {}
    for number, found in whys.items():
        numbers.setdefault(" and ".join(found), []).append(number)
    return "; ".join(_told(why, found, most) for why, found in numbers.items())


def _told(why: str, numbers: Sequence[int], most: int) -> str:
    if len(numbers) == 1:
        return f"{numbers[0]} {why}"
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return f"{', '.join(map(str, numbers[:most]))}{more}: each {why}"


def _looks(frames: Mapping[int, Mapping[str, float]]) -> Iterator[Look]:
    restless = _of(frames, lambda each: log((each[ERROR] + _QUIET) / (each[PLATE_ERROR] + _QUIET)), ERROR, PLATE_ERROR)
    beside = _beside({number: frames[number][ERROR] for number in restless})
    for number, far in _outliers(restless, _beside(restless), _TWICE):
        # Where the plate stands still for a frame, the least change is many times its own.
        if far > 0 and frames[number][ERROR] > beside[number]:
            yield Look(number, ERROR, "changes more than its neighbours")
    structure = _of(frames, lambda each: each[STRUCTURE], STRUCTURE)
    for number, far in _outliers(structure, _median(structure), _SEEN):
        yield Look(number, STRUCTURE, f"keeps {'more' if far > 0 else 'less'} of the plate than the others")
    style = _of(frames, lambda each: each[STYLE], STYLE)
    for number, far in _outliers(style, _median(style), _SEEN):
        if far > 0:
            yield Look(number, STYLE, "is farther from the style than the others")
    for join in _joins(frames):
        number = max(join, key=lambda one: join[one])
        if join[number] > _SEAM:
            yield Look(number, JOIN, "lies where two takes differ")


def _joins(frames: Mapping[int, Mapping[str, float]]) -> Iterator[dict[int, float]]:
    """How far apart two takes are, by the frames that they share; one join after the other."""
    join: dict[int, float] = {}
    for number, each in frames.items():
        if JOIN in each:
            join[number] = each[JOIN]
        elif join:
            yield join
            join = {}
    if join:
        yield join


def _of(
    frames: Mapping[int, Mapping[str, float]], value: Callable[[Mapping[str, float]], float], *names: str
) -> dict[int, float]:
    """A value of those frames that have what it takes."""
    return {number: value(each) for number, each in frames.items() if all(name in each for name in names)}


def _outliers(values: Mapping[int, float], due: Mapping[int, float], least: float) -> Iterator[tuple[int, float]]:
    """Frames whose values are farther from what is due than the others', and by so much at least; and how far."""
    if len(values) < _ENOUGH:
        return
    astray = {number: value - due[number] for number, value in values.items()}
    spread = _SPREAD * median(abs(far) for far in astray.values())
    yield from ((number, far) for number, far in astray.items() if abs(far) > max(least, _FAR * spread))


def _median(values: Mapping[int, float]) -> Mapping[int, float]:
    return dict.fromkeys(values, median(values.values())) if values else {}


def _beside(values: Mapping[int, float]) -> Mapping[int, float]:
    """Of each frame, the median of those around it."""
    row = list(values.values())
    return {
        number: median([*row[max(place - _BESIDE, 0) : place], *row[place + 1 : place + 1 + _BESIDE]] or [row[place]])
        for place, number in enumerate(values)
    }
