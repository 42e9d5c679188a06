"""What a model draws, held to what was filmed."""

from __future__ import annotations

from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor


def agreeing(picture: Tensor, plate: Tensor) -> Tensor:
    """A picture that is nearly the plate where it is averaged back to its size, [height, width, 3] both.

    So whatever a model draws is no brighter and of no other hue than what was filmed, and does not drift. One step of
    the iterative back-projection of Irani and Peleg, "Improving Resolution by Image Registration", CVGIP 1991.
    """
    height, width = plate.shape[:2]
    astray = plate - resize(picture, width, height, Nature.COLOUR)
    held: Tensor = picture + resize(astray, picture.shape[1], picture.shape[0], Nature.COLOUR)
    return held
