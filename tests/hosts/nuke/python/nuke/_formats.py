"""Formats: a size, a window in it, a pixel aspect, a name."""

from __future__ import annotations

from curves import number


class Format:
    """`Format(width, height, pixelAspect)` or `Format(width, height, x, y, r, t, pixelAspect)`: a value."""

    def __init__(self, width: int, height: int, *rest: float) -> None:
        if len(rest) not in (0, 1, 5):
            raise TypeError("a Format is (width, height, pixelAspect) or (width, height, x, y, r, t, pixelAspect)")
        window = rest[:4] if len(rest) == 5 else (0, 0, width, height)
        self._size = (int(width), int(height))
        self._window = tuple(int(edge) for edge in window)
        self._aspect = float(rest[-1]) if rest else 1.0
        self._called = ""

    def name(self) -> str | None:
        return self._called or None

    def setName(self, name: str) -> None:
        self._called = name

    def add(self, name: str) -> None:
        self._called = name
        formats[name] = self

    def width(self) -> int:
        return self._size[0]

    def height(self) -> int:
        return self._size[1]

    def x(self) -> int:
        return self._window[0]

    def y(self) -> int:
        return self._window[1]

    def r(self) -> int:
        return self._window[2]

    def t(self) -> int:
        return self._window[3]

    def pixelAspect(self) -> float:
        return self._aspect

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Format) and self._text() == other._text()

    def __hash__(self) -> int:
        return hash(self._text())

    def _text(self) -> str:
        window = " ".join(map(str, self._window))
        return f"{self._size[0]} {self._size[1]} {window} {number(self._aspect)} {self._called}"

    @classmethod
    def _parse(cls, text: str) -> Format:
        """ "2048 1556 0 0 2048 1556 1 name", "2048 1556 1 name", or the name of one that is known."""
        words = text.split()
        numbers = []
        while words and _is_number(words[0]):
            numbers.append(float(words.pop(0)))
        if not numbers:
            return format_named(text)
        made = cls(int(numbers[0]), int(numbers[1]), *numbers[2:])
        made._called = " ".join(words)
        if made._called:
            formats.setdefault(made._called, made)
        return made


formats: dict[str, Format] = {}


def format_named(name: str) -> Format:
    """Raises `ValueError` for a name that no format has."""
    if name not in formats:
        raise ValueError(f"there is no format {name!r}: nuke.addFormat makes one")
    return formats[name]


def reset() -> None:
    formats.clear()
    for text in (
        "640 480 0 0 640 480 1 PC_Video",
        "1280 720 0 0 1280 720 1 HD_720",
        "1920 1080 0 0 1920 1080 1 HD_1080",
        "3840 2160 0 0 3840 2160 1 UHD_4K",
        "1024 778 0 0 1024 778 1 1K_Super_35(full-ap)",
        "2048 1556 0 0 2048 1556 1 2K_Super_35(full-ap)",
        "4096 3112 0 0 4096 3112 1 4K_Super_35(full-ap)",
        "2048 1556 0 0 2048 1556 2 2K_Cinemascope",
        "256 256 0 0 256 256 1 square_256",
        "512 512 0 0 512 512 1 square_512",
        "1024 1024 0 0 1024 1024 1 square_1K",
        "2048 2048 0 0 2048 2048 1 square_2K",
    ):
        Format._parse(text)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


reset()
