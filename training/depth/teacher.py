"""The teacher, and what is asked of the student: the mean of what it says at several sizes, mirrored and not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""[height, width, 3], display-referred RGB."""
Plane = NDArray[np.float32]
"""[height, width], relative inverse depth: larger is nearer."""

SIZES = {256: 1.0, 384: 2.0, 512: 1.0, 640: 1.0}
"""Short sides at which the teacher looks, and how much each says: the small sizes order the scene, the large ones see
its edges. 384 is what it was made for."""


HINTS = {"at_eighth": ("cat_11", 96), "to_sixteenth": ("cat_15", 192), "to_eighth": ("relu_38", 96)}
"""What the teacher thinks on its way, by the part of the student that should think alike: tensor and channels."""
_MIDDLE, _SPREAD = 0.5, 0.2
"""Of the teacher's answers over photographs: the student's have median 0 and mean deviation 1, over all of them."""


class Teacher:
    """TCMonoDepth-small as an ONNX graph: RGB 0..255 in, relative inverse depth out, sides multiples of 32."""

    def __init__(self, graph: Path, threads: int = 2, hints: bool = False) -> None:
        """With `hints` it can be asked for what it thinks on its way; that needs the package `onnx`."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that wait by turning round and round take the processor from training.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        model = _opened(graph) if hints else str(graph)
        self._session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def look(self, picture: Picture, short: int = 384) -> Plane:
        """At the picture with its short side brought to `short` pixels; the answer is of the picture's own size."""
        height, width = picture.shape[:2]
        tall, wide = working_size(height, width, short)
        way = cv2.INTER_AREA if tall < height else cv2.INTER_CUBIC
        small = np.asarray(cv2.resize(picture, (wide, tall), interpolation=way), np.uint8)
        plane = self.answer(small)
        return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    def answer(self, picture: Picture) -> Plane:
        """Of a picture whose sides are multiples of 32, at its size."""
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        plane: Plane = self._session.run(None, {"rgb255": planes})[0].squeeze()
        return plane

    def told(self, pictures: NDArray[np.uint8]) -> tuple[Plane, dict[str, NDArray[np.float16]]]:
        """Of pictures [n, h, w, 3]: answers [n, h, w] in the student's unit, and hints [n, channels, ...] by part."""
        names = ["inverse_depth", *(tensor for tensor, _ in HINTS.values())]
        # One at a time: its channel shuffle is fixed to one picture.
        planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32)
        answers = [self._session.run(names, {"rgb255": plane[None]}) for plane in planes]
        depth, *hints = (np.concatenate(parts) for parts in zip(*answers, strict=True))
        unit = np.asarray((depth[:, 0] - _MIDDLE) / _SPREAD, np.float32)
        return unit, {part: hint.astype(np.float16) for part, hint in zip(HINTS, hints, strict=True)}

    def ensemble(self, picture: Picture) -> Plane:
        """The weighted mean over `SIZES` and mirrors, each first brought to median 0 and mean deviation 1."""
        total = np.zeros(picture.shape[:2], np.float32)
        for short, weight in SIZES.items():
            mirrored = np.ascontiguousarray(picture[:, ::-1])
            both = self.look(picture, short) + self.look(mirrored, short)[:, ::-1]
            total += weight * normalised(both)
        return normalised(total)


def _opened(graph: Path) -> bytes:
    """The graph with the hints among its outputs."""
    import onnx

    model = onnx.load(str(graph))
    for tensor, _ in HINTS.values():
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    return bytes(model.SerializeToString())


def working_size(height: int, width: int, short: int) -> tuple[int, int]:
    """Height and width that are multiples of 32, of about the same shape, the short side about `short`."""
    scale = short / min(height, width)
    tall, wide = (max(32, round(side * scale / 32) * 32) for side in (height, width))
    return tall, wide


def normalised(plane: Plane) -> Plane:
    """Median 0, mean absolute deviation 1: what two relative depths must be before they are compared or averaged."""
    middle = np.float32(np.median(plane))
    spread = np.float32(np.abs(plane - middle).mean())
    return (plane - middle) / max(spread, np.float32(1e-6))
