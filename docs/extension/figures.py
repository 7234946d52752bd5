"""Tables and bars of what `python docs/measure.py` measured, in the last run and before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import headlines
import history
from history import Line, Spread

from . import trends

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
        [f"[{name}](#operator-{name})", *("" if x is None else f"{x:.1f}" for x in errors)]
        for name, errors in found["worst"].items()
    ]
    half = (len(rows) + 1) // 2
    pairs = [[*left, *right] for left, right in zip(rows[:half], [*rows[half:], [""] * 4])]
    heads = ["operator", "value", "first", "second"]
    low, high = found["range"]
    said = (
        "Eager and on lanes, hundreds of points each. Sums, products, choices: "
        f"{found['lists']} lists of {found['length']} numbers between {low:g} and {high:g}."
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
OF_FUNCTIONS = "vectors: "


def table_of(found: dict[str, Any], figures: headlines.Figures) -> str:
    rows = [
        [x["name"], measured(x, history.spread(figures[x["name"]])), x["target"]]
        for x in found["figures"]
    ]
    return table(["figure", "median (range)", "held to"], rows)


def is_ratio(figure: dict[str, Any]) -> bool:
    """Whether it is another's time divided by ours."""
    return figure["unit"] == "×" and "÷ ours" in figure["name"]


def measured(figure: dict[str, Any], found: Spread) -> str:
    """The median with its range and unit; bold where another is faster."""
    text = f"{history.quoted(found)} {figure['unit']}".rstrip()
    slower = is_ratio(figure) and found.median < 1.0
    return f"**{text}**" if slower or ("ours ÷" in figure["name"] and found.median > 1.0) else text


class Bar(NamedTuple):
    """A ratio: its median as a bar on a logarithmic scale, its range as a line."""

    name: str
    found: Spread

    def place(self, x: float) -> float:
        """How far out x stands; on the other side of 1 it stands at the beginning."""
        out = log(x) if self.found.median >= 1.0 else -log(x)
        return max(out, 0.0)

    @property
    def farthest(self) -> float:
        return max(self.place(self.found.low), self.place(self.found.high))

    def drawn(self, longest: float) -> str:
        low, middle, high = (100.0 * self.place(x) / longest for x in sorted_out(self.found))
        kind = "bar" if self.found.median >= 1.0 else "bar slower"
        return (
            f'<div class="{kind}"><span class="name">{escape(self.name)}</span>'
            f'<span class="track"><span class="fill" style="width: {middle:.1f}%"></span>'
            f'<span class="range" style="left: {low:.1f}%; width: {high - low:.1f}%"></span>'
            f'</span><span class="number">{history.quoted(self.found)}</span></div>\n'
        )


def sorted_out(found: Spread) -> tuple[float, float, float]:
    """The range and the median between, the one that is nearest to 1 first."""
    ends = (found.low, found.high) if found.median >= 1.0 else (found.high, found.low)
    return ends[0], found.median, ends[1]


def bars(entries: Iterable[tuple[str, Spread]]) -> str:
    """Ratios as bars; another colour where the peer is faster."""
    found = [Bar(*entry) for entry in entries]
    longest = max((bar.farthest for bar in found), default=0.0) or 1.0
    rows = "".join(bar.drawn(longest) for bar in found)
    return f'```{{raw}} html\n<div class="bars">{rows}</div>\n```'


def folded(title: str, content: str) -> str:
    return f"::::{{dropdown}} {title}\n{content}\n::::"


def headline_runs(figures: headlines.Figures) -> Iterator[tuple[str, Sequence[Line]]]:
    """README's ratios, by workload and peer, with all runs of each."""
    for workload, cells in headlines.ROWS:
        for cell in cells:
            yield f"{workload.replace('`', '')}: {cell.peer}", cell.lines(figures)


def ratios(found: dict[str, Any], figures: headlines.Figures) -> Iterator[tuple[str, Spread]]:
    """All ratios but README's, whose names say that they are divided by ours."""
    quoted = {cell.figure for row in headlines.ROWS for cell in row.cells}
    for x in found["figures"]:
        if is_ratio(x) and x["name"] not in quoted:
            yield x["name"].replace(" ÷ ours", ""), history.spread(figures[x["name"]])


def speed() -> str:
    found, figures = stored("speed"), history.by_figure(history.lines())
    first = [(name, history.spread(runs)) for name, runs in headline_runs(figures)]
    rest = list(ratios(found, figures))
    programs = [pair for pair in rest if not pair[0].startswith(OF_FUNCTIONS)]
    functions = [pair for pair in rest if pair[0].startswith(OF_FUNCTIONS)]
    said = (
        "Times are for one core. The time of a run is the least of several rounds in which all "
        "libraries take turns, with the garbage collector on unless a line says otherwise. The "
        "last run of all figures was made with:"
    )
    return "\n\n".join(
        [
            bars(first),
            said,
            machine(found),
            folded("More programs", bars(programs)),
            folded(
                "Single functions over an array, beside NumPy and the C library", bars(functions)
            ),
            folded("All figures, with what they are held to", table_of(found, figures)),
        ]
    )


def runs() -> str:
    return trends.curves(headline_runs(history.by_figure(history.lines())))


# ------ instructions


def instructions() -> str:
    found = stored("instructions")
    rows = [
        [x["name"].removeprefix("instructions: "), f"{x['value']:,.0f}"] for x in found["figures"]
    ]
    return f"{table(['path', 'instructions'], rows)}\n\n{', '.join(found['conditions'])}."


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


# ------ gradbench
SHORT_FORM = (
    "This was a short run: the smallest inputs, repeated for a fiftieth of a second each. "
    "GradBench repeats calls for a second."
)


def gradbench_row(row: dict[str, Any], tools: Iterable[str]) -> list[str]:
    times = {tool: x and 1e-3 * x for tool, x in row["times"].items()}
    ours, *others = (times[tool] for tool in tools)
    cells = [duration(ours), *(beside(x, ours) for x in others)]
    return [f"`{row['evaluation']}`", "; ".join(row["inputs"]), *cells]


def gradbench() -> str:
    found = stored("gradbench")
    rows = [gradbench_row(row, found["tools"]) for row in found["rows"]]
    heads = ["evaluation", "inputs", *found["tools"].values()]
    settings = [SHORT_FORM] if found.get("quick") else []
    return "\n\n".join([table(heads, rows), *settings, machine(found)])


MAKERS: dict[str, Callable[[], str]] = {
    "<!-- accuracy -->": accuracy,
    "<!-- gradbench -->": gradbench,
    "<!-- loops -->": loops,
    "<!-- calls -->": calls,
    "<!-- speed -->": speed,
    "<!-- runs -->": runs,
    "<!-- instructions -->": instructions,
}


def insert(app: Any, docname: str, source: list[str]) -> None:
    for place, make in MAKERS.items():
        if place in source[0]:
            source[0] = source[0].replace(place, make())
            for file in [*FOLDER.glob("*.json"), history.FILE, Path(__file__)]:
                app.env.note_dependency(str(file))


def setup(app: Any) -> None:
    app.connect("source-read", insert)
