"""Images as text: a half of a character is a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""The character for a pixel and the one below it."""
DARK = 0.4
"""A pixel with more ink than this is drawn."""
BETWEEN = "   "


def image(pixels: Sequence[float], side: int) -> list[str]:
    """Return the lines of a square image, whose pixels run from 0 (paper) to 1 (ink)."""
    rows = [[x > DARK for x in pixels[i : i + side]] for i in range(0, len(pixels), side)]
    return ["".join(BLOCKS[pair] for pair in zip(*pair)) for pair in zip(rows[::2], rows[1::2])]


def sheet(images: Sequence[Sequence[float]], words: Sequence[str], side: int, columns: int) -> str:
    """Return images beside each other, `columns` in a line, with words below each."""
    starts = range(0, len(images), columns)
    lines = (row(images[i : i + columns], words[i : i + columns], side) for i in starts)
    return "\n\n".join(lines)


def row(images: Sequence[Sequence[float]], words: Sequence[str], side: int) -> str:
    pictures = [image(pixels, side) for pixels in images]
    captions = [text.center(side) for text in words]
    lines = chain(zip(*pictures), [captions])
    return "\n".join(f"  {BETWEEN.join(parts)}".rstrip() for parts in lines)
