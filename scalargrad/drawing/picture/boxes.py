"""The look of boxes: items as HTML-like tables of DOT, in a theme's colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from ..symbols.text import markup, printable, shortened_label
from . import colours
from .colours import Theme
from .items import Item
from .modules import Submodule
from .view import View

SYMBOL, SIGN, LABEL, NUMBER, SMALL = 15, 20, 13, 12, 10
"""Sizes in points: an operator's name, an operator of one character, labels, numbers, the rest."""
GAP_CELL = '<td width="3"></td>'
NARROW = 26
"""Notes of so few characters share a line."""
LOCAL, CONTRIBUTION = "local", "contribution"
MEANING = {LOCAL: "   ∂ local gradient", CONTRIBUTION: "   += contribution to the operand's grad"}


def styled(text: str, size: float, colour: str, tag: str = "") -> str:
    """Return harmless markup: `text` in this size and colour, within a `tag` such as b or i."""
    inner = markup(printable(text))
    inner = f"<{tag}>{inner}</{tag}>" if tag else inner
    return f'<font point-size="{size}" color="{colour}">{inner}</font>'


def table(rows: str, attributes: str, padding: int = 2) -> str:
    return (
        f'<table cellborder="0" cellspacing="0" cellpadding="{padding}" {attributes}>{rows}</table>'
    )


def row(*cells: str, span: int = 1) -> str:
    spanned = f' colspan="{span}"' if span > 1 else ""
    return f"<tr>{''.join(f'<td{spanned}>{text}</td>' for text in cells)}</tr>"


def joined(notes: list[str]) -> list[str]:
    """Notes on lines of moderate length."""
    lines: list[str] = []
    for note in notes:
        if lines and len(lines[-1]) + len(note) <= NARROW:
            lines[-1] += f" · {note}"
        else:
            lines.append(note)
    return lines


class BoxTables:
    """Items as tables. Gradients are coloured beside the largest of the view."""

    def __init__(self, view: View, theme: Theme) -> None:
        self.theme = theme
        grads = [abs(item.grad) for item in view.items if item.grad is not None]
        self.largest = max(filter(isfinite, grads), default=0.0)

    def label(self, item: Item) -> str:
        if item.kind == "constant":
            return styled(item.label, NUMBER, self.theme.faint)
        rows = [self._heading(item), *self._rows(item), *self._notes(item)]
        return self._framed(item, "".join(rows))

    def _framed(self, item: Item, rows: str) -> str:
        line = self.theme.alarm if item.wrong else colours.line(item.grad, self.theme)
        ground = colours.ground(item.grad, self.largest, self.theme)
        shape = "" if item.kind == "leaf" else 'style="rounded" '
        width = 2 if item.root or item.wrong else 1
        inner = table(rows, 'border="0"', padding=1)
        framed = table(row(inner), f'{shape}border="{width}" color="{line}" bgcolor="{ground}"', 3)
        if not item.stands_for_many:
            return framed
        around = f'{shape}border="1" color="{line}" bgcolor="{self.theme.paper}"'
        return table(row(framed), around)

    def _heading(self, item: Item) -> str:
        theme, label, symbol = self.theme, shortened_label(item.label), shortened_label(item.symbol)
        size = SIGN if len(item.symbol) == 1 else SYMBOL
        if item.kind == "module" and label:
            parts = [(label, LABEL, theme.ink, "b"), (symbol, SMALL, theme.faint, "")]
        else:
            tag = "" if item.stands_for_many else "i"
            parts = [(symbol, size, theme.ink, "b"), (label, LABEL, theme.ink, tag)]
        cells = [styled(*part) for part in parts if part[0]]
        return row(table(row(*cells), 'border="0"', padding=2), span=3) if cells else ""

    def _rows(self, item: Item) -> Iterator[str]:
        for name, text in item.rows:
            name, text = styled(name, SMALL, self.theme.faint), styled(text, NUMBER, self.theme.ink)
            yield f'<tr><td align="left">{name}</td>{GAP_CELL}<td align="right">{text}</td></tr>'

    def _notes(self, item: Item) -> Iterator[str]:
        hidden = [f"{item.hidden:,} not drawn"] if item.hidden else []
        for line in joined([*item.notes, *hidden]):
            yield row(styled(line, SMALL, self.theme.faint), span=3)

    def title(self, part: Submodule) -> str:
        """The title above the cluster of a module."""
        name = shortened_label(part.name.removeprefix(f"{part.parent}."))
        return styled(" · ".join(filter(None, (name, part.kind))), 11, self.theme.faint)

    def loop_title(self, told: str) -> str:
        """The title above the frame of a folded loop."""
        return styled(told, 11, self.theme.faint)

    def legend(self, edges: Sequence[str]) -> str:
        """The meaning of the colours of gradients, and of the numbers beside edges."""
        meanings = (("grad < 0", -1.0), ("0", 0.0), ("> 0", 1.0))
        cells = [f"{self._swatch(x)}<td>{self._said(text)}</td>" for text, x in meanings]
        cells += [f"<td>{self._said(MEANING[name])}</td>" for name in edges]
        return table(f"<tr>{''.join(cells)}</tr>", 'border="0"', padding=3)

    def _said(self, text: str) -> str:
        return styled(text, SMALL, self.theme.faint)

    def _swatch(self, grad: float) -> str:
        line, ground = colours.line(grad, self.theme), colours.ground(grad, 1.0, self.theme)
        return f'<td border="1" color="{line}" bgcolor="{ground}" width="18"></td>'
