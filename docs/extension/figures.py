"""Tables and plots of what `python docs/measure.py` measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from . import curves

FOLDER = Path(__file__).parents[1] / "measured"


def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Rows of texts as a table; columns of the first head to the left, of numbers to the right."""
    lines = [heads, ["---" if head == heads[0] else "---:" for head in heads], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine(found: dict[str, Any]) -> str:
    return "\n".join(["```text", *found["machine"], "```"])


def short(x: float) -> str:
    return f"{x:.3g}" if abs(x) < 1000 else f"{x:,.0f}"


# ------ accuracy


def accuracy() -> str:
    found = stored("accuracy")
    rows = [
        [f"[{name}](#operator-{name})", f"{value:.1f}", f"{slope:.1f}"]
        for name, (value, slope) in found["worst"].items()
    ]
    half = (len(rows) + 1) // 2
    pairs = [[*left, *right] for left, right in zip(rows[:half], [*rows[half:], ["", "", ""]])]
    heads = ["operator", "value", "gradient"]
    low, high = found["range"]
    said = (
        f"{found['points']} points each; for operators over lists {found['points']} lists of "
        f"{found['length']} numbers between {low:g} and {high:g}."
    )
    return "\n\n".join([machine(found), said, table(heads * 2, pairs)])


# ------ calls
FORMS = {
    "MLP 2-16-16-1, 100 samples: ": " ÷ fastest",
    "MLP 2-16-16-1, 100 rows: ": " ÷ float64",
}
"""How the names of figures begin and end that compare forms of arguments."""
FASTEST = {
    "MLP 2-16-16-1, 100 samples: ": ", the fastest form",
    "MLP 2-16-16-1, 100 rows ": "in float64 arrays",
}
"""The same for the time that they are compared with."""


def calls() -> str:
    found = stored("calls")
    values = {x["name"]: x["value"] for x in found["figures"]}
    (parameters, rows), (fastest, of_rows) = FORMS.items(), FASTEST.items()
    lines = [
        *by_form(values, "parameters: ", parameters, fastest),
        ["samples: float64 arrays", short(least(values, of_rows)), "1"],
        *by_form(values, "samples: ", rows, of_rows),
    ]
    return table(["form", "µs a call", "× the fastest"], lines)


Affixes = tuple[str, str]


def by_form(
    values: dict[str, float], what: str, names: Affixes, fastest: Affixes
) -> Iterator[list[str]]:
    begin, end = names
    for name, ratio in values.items():
        if name.startswith(begin) and name.endswith(end):
            form = name.removeprefix(begin).removesuffix(end)
            yield [what + form, short(ratio * least(values, fastest)), short(ratio)]


def least(values: dict[str, float], affixes: Affixes) -> float:
    begin, end = affixes
    return next(x for name, x in values.items() if name.startswith(begin) and name.endswith(end))


# ------ speed


def figures(found: dict[str, Any]) -> str:
    rows = [[x["name"], measured(x), x["target"]] for x in found["figures"]]
    return table(["figure", "measured", "held to"], rows)


def is_ratio(figure: dict[str, Any]) -> bool:
    """Whether it is another's time divided by ours."""
    return figure["unit"] == "×" and "÷ ours" in figure["name"]


def measured(figure: dict[str, Any]) -> str:
    """The figure with its unit; bold where another is faster."""
    x, text = figure["value"], f"{short(figure['value'])} {figure['unit']}"
    slower = is_ratio(figure) and x < 1.0
    return f"**{text}**" if slower or ("ours ÷" in figure["name"] and x > 1.0) else text


def bars(entries: Iterator[tuple[str, float]], label: str) -> str:
    """Ratios as bars from 1: to the right the peer takes longer, to the left it wins."""
    names, values = zip(*entries)
    figure = Figure((7.2, 0.26 * len(names) + 0.8), layout="constrained")
    axes = figure.add_subplot()
    colours = [curves.VALUE if x >= 1.0 else curves.GRADIENT for x in values]
    axes.barh(range(len(names)), [x - 1.0 for x in values], left=1.0, color=colours, height=0.6)
    axes.set_xscale("log")
    axes.axvline(1.0, color=curves.INK, linewidth=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("× what scalargrad takes", color=curves.INK)
    axes.tick_params(colors=curves.INK, labelsize=8)
    for place, x in enumerate(values):
        side, gap = ("left", 3.0) if x >= 1.0 else ("right", -3.0)
        axes.annotate(short(x), (x, place), (gap, 0.0), textcoords="offset points", ha=side,
                      va="center", fontsize=8, color=curves.INK)  # fmt: skip
    # all bars begin at 1, and matplotlib would let the axis begin there too
    axes.set_xlim(min(1.0, *values) / 40.0, max(values) * 100.0)
    for spine in axes.spines.values():
        spine.set_color(curves.RULE)
    return f'```{{raw}} html\n<div class="chart">{curves.svg(figure, label)}</div>\n```'


def speed() -> str:
    import matplotlib

    found = stored("speed")
    settings = "short form (`--quick`): rough figures" if found["quick"] else "full form"
    # that they are divided by ours the axis says
    ratios = (
        (x["name"].replace(" ÷ ours", ""), x["value"]) for x in found["figures"] if is_ratio(x)
    )
    with matplotlib.rc_context(curves.SVG):
        picture = bars(ratios, "times of others")
    said = (
        "One core; the least time of several rounds in which all take turns; garbage collector on "
        f"unless a line says otherwise; {settings}."
    )
    return "\n\n".join([machine(found), said, picture, figures(found)])


# ------ loops


UNITS = ((1.0, "s"), (1e-3, "ms"), (0.0, "µs"))


def duration(seconds: float) -> str:
    size, unit = next((size or 1e-6, unit) for size, unit in UNITS if seconds >= size)
    return f"{short(seconds / size)} {unit}"


def beside(seconds: float | None, ours: float) -> str:
    """A time of another's; bold where it is faster."""
    if seconds is None:
        return "—"
    return f"**{duration(seconds)}**" if seconds < ours else duration(seconds)


def loop_row(row: dict[str, Any], limit: float) -> list[str]:
    then, first = row["then"], row["first"]
    ours, unchanged = then["compiled"], row.get("unchanged")
    as_it_stands = (
        [beside(unchanged[0], 0.0), beside(unchanged[1], ours)]
        if unchanged
        else [f"> {limit:g} s", "—"]
    )
    return [
        *(row["name"], duration(then["plain"]), duration(first["compiled"]), duration(ours)),
        *(beside(then["eager"], ours), beside(then.get("autograd"), ours)),
        *as_it_stands,
        *(beside(first.get("jax"), 0.0), beside(then.get("jax"), ours)),
    ]


def loops() -> str:
    found = stored("loops")
    heads = [
        *("loop", "plain Python, value alone", "compiled: first call", "compiled: then", "eager"),
        *("autograd", "JAX, same loop: first call", "JAX, same loop: then"),
        *("JAX, rewritten: first call", "JAX, rewritten: then"),
    ]
    rows = [loop_row(row, found["limit"]) for row in found["rows"]]
    return "\n\n".join([table(heads, rows), machine(found)])


MAKERS: dict[str, Callable[[], str]] = {
    "<!-- accuracy -->": accuracy,
    "<!-- loops -->": loops,
    "<!-- calls -->": calls,
    "<!-- speed -->": speed,
}


def insert(app: Any, docname: str, source: list[str]) -> None:
    for place, make in MAKERS.items():
        if place in source[0]:
            source[0] = source[0].replace(place, make())
            for file in [*FOLDER.glob("*.json"), Path(__file__)]:
                app.env.note_dependency(str(file))


def setup(app: Any) -> None:
    app.connect("source-read", insert)
