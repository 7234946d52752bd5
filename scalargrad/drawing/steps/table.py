"""Tables for terminals and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from unicodedata import category, east_asian_width

Row = Sequence[str]


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(columns, text))


@cache
def columns(letter: str) -> int:
    """Columns of a letter: two if it is wide, none for an accent on the letter before."""
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


def aligned(rows: Iterable[Row], sides: str) -> list[str]:
    """Return rows as lines with their columns aligned, each to the left "<" or the right ">"."""
    table = list(rows)
    widths = [max(map(width, column)) for column in zip(*table)]
    return ["  ".join(map(padded, row, widths, sides)).rstrip() for row in table]


def padded(text: str, columns: int, side: str) -> str:
    space = " " * (columns - width(text))
    return text + space if side == "<" else space + text


def html(head: Row, rows: Iterable[Row], sides: str) -> str:
    """Return rows as an HTML table; whatever stands in a cell is text."""
    lines = [html_row("th", head, sides), *(html_row("td", row, sides) for row in rows)]
    return f"<table>\n{''.join(lines)}</table>\n"


def html_row(tag: str, row: Row, sides: str) -> str:
    turned = {"<": "left", ">": "right"}
    cells = (
        f'<{tag} style="text-align:{turned[side]}">{escape(text)}</{tag}>'
        for text, side in zip(row, sides)
    )
    return f"<tr>{''.join(cells)}</tr>\n"
