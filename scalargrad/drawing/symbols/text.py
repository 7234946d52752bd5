"""Text in a drawing: numbers as they are read, and a user's labels made harmless.

Text from this file is valid inside an HTML-like label of DOT, inside XML, and on one line.
"""

from __future__ import annotations

import re
from html import escape
from math import isinf, isnan
from unicodedata import bidirectional

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")
WORD = re.compile(r"\w+")
RIGHT_TO_LEFT = ("R", "AL")
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
LONGEST_LABEL = 28
DIGITS = 4
"""Significant digits of a number that nobody asked to see in full."""
MOST_WHOLE = 1e6
"""A whole number below it is written out."""


def printable(text: str) -> str:
    """Return `text` on one line: control characters become pictures of themselves."""
    return UNPRINTABLE.sub(picture, text)


def picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "↵" if found[0] in "\n\u2028\u2029" else chr(0x2400 + code) if code < 32 else "\ufffd"


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def shortened_label(text: str, longest: int = LONGEST_LABEL) -> str:
    """Return a label without its middle where it is too long: labels often differ in their ends."""
    end = (longest - 1) // 2
    start = longest - 1 - end
    return text if len(text) <= longest else f"{text[:start].rstrip()}…{text[-end:].lstrip()}"


def isolated(text: str) -> str:
    """Return text in which no name that is written from right to left moves what stands beside it,
    as it would in "x × שם = 3"."""
    return text if text.isascii() else WORD.sub(set_apart, text)


def set_apart(word: re.Match[str]) -> str:
    is_apart = any(bidirectional(letter) in RIGHT_TO_LEFT for letter in word[0])
    return f"{ISOLATE}{word[0]}{END_ISOLATE}" if is_apart else word[0]


def markup(text: str) -> str:
    """Return text as it is written within an HTML-like label."""
    # older Graphviz takes a bracket at the end of a run of text for the end of a section; alone in
    # its run a backslash cannot begin one of DOT's escapes, such as \\N
    return escape(text).replace("]", "&#93;").replace("\\", "<font>&#92;</font>")


def brief(x: float) -> str:
    """Return x as it is read in text and on the page, whose JavaScript has a twin of this."""
    return number(x, DIGITS)


def after_sign(x: float) -> str:
    """Return x as it is read after another sign: 3 × (−4)."""
    text = brief(x)
    return f"({text})" if text.startswith("−") else text


def number(x: float, precision: int) -> str:
    """Return x with so many significant digits, and a minus as wide as a plus."""
    if isnan(x):
        return "NaN"
    if isinf(x):
        return "∞" if x > 0 else "−∞"
    if float(x).is_integer() and abs(x) < MOST_WHOLE:
        return f"{x:.0f}".replace("-", "−")
    mantissa, _, exponent = f"{x:.{precision}g}".replace("-", "−").partition("e")
    return (
        f"{mantissa}e{exponent.replace('+', '').replace('−0', '−').lstrip('0')}"
        if exponent
        else mantissa
    )
