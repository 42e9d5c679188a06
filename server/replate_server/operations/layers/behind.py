"""What lies behind: each layer completed through the shot, as other frames show it and a model makes up the rest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from replate.values import Value
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.inpaint.filling import Inpainter
from replate_server.operations.inpaint.holes import Hole, Packed
from replate_server.operations.inpaint.shot import filled
from replate_server.operations.layers.footage import Footage
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.looking import Looked
from replate_server.operations.layers.parts import Parts, parted
from replate_server.operations.layers.pieces import Piecewise
from replate_server.operations.layers.separation import to_fill
from replate_server.operations.spans import part

_KEPT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A shot's frames as layers without colours; the last ones asked for are kept."""

    footage: Footage
    looked: Looked
    knobs: Knobs
    _parts: OrderedDict[int, Parts] = field(default_factory=OrderedDict)
    _holes: dict[tuple[int, int], tuple[Packed, Packed]] = field(default_factory=dict)

    def parts(self, number: int) -> Parts:
        """The layers of a frame, over the shot's box."""
        if number not in self._parts:
            while len(self._parts) >= _KEPT:
                self._parts.popitem(last=False)
            take, looked, knobs = self.footage.take(number), self.looked, self.knobs
            self._parts[number] = parted(
                take.display,
                take.nearness,
                looked.labels[number],
                take.mattes,
                take.solid,
                looked.choice,
                knobs.step * looked.depth / 2,
                knobs,
            )
        self._parts.move_to_end(number)
        return self._parts[number]

    def holes(self, number: int, layer: int) -> tuple[Hole, Hole]:
        """What of a frame must not be looked at when a layer is completed, and what is to be filled."""
        if (number, layer) not in self._holes:
            # All at once: they are asked for layer by layer, and parting is dear.
            parts = self.parts(number)
            for each in range(len(parts.alphas)):
                hole, wanted = to_fill(parts, each, self.knobs)
                self._holes[number, each] = Packed.of(hole), Packed.of(wanted)
        kept = self._holes[number, layer]
        return kept[0].unpacked, kept[1].unpacked


def completed(
    apart: Apart, inpainter: Inpainter, tracker: Tracker, parameters: Mapping[str, Value], seed: int, steps: Steps
) -> Iterator[tuple[int, list[Tensor]]]:
    """Each frame's pictures, display-referred over the shot's box, with all gone that lies before each layer, back
    to front."""
    count = len(apart.looked.choice.order)
    shots = [_Layered(apart, layer) for layer in range(count)]
    streams = [
        filled(shot, Piecewise(inpainter) if layer else inpainter, tracker, parameters, seed, part(steps, layer, count))
        if shot.lacks()
        else ((number, shot.picture(number)) for number in shot.numbers)
        for layer, shot in enumerate(shots)
    ]
    for each in zip(*streams, strict=True):
        yield each[0][0], [picture for _, picture in each]


@dataclass(frozen=True, slots=True, eq=False)
class _Layered:
    """A `Shot` in which what lies before one layer is the hole."""

    apart: Apart
    layer: int

    @property
    def numbers(self) -> Sequence[int]:
        return self.apart.footage.numbers

    @property
    def context(self) -> Sequence[int]:
        return self.apart.footage.numbers

    def picture(self, number: int) -> Tensor:
        return self.apart.footage.take(number).display

    def hole(self, number: int) -> Hole:
        return self.apart.holes(number, self.layer)[0]

    def wanted(self, number: int) -> Hole:
        return self.apart.holes(number, self.layer)[1]

    def lacks(self) -> bool:
        """Whether anything is to be filled in any frame."""
        return any(self.wanted(number).any() for number in self.numbers)
