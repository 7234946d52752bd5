"""`native/shared/rules.h`: all that the native part knows of operators, from their table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..rows import BUILT_IN, Operator
from ..spelling import c_function, c_number

SLOTS = {
    "add": "nb_add",
    "sub": "nb_subtract",
    "mul": "nb_multiply",
    "truediv": "nb_true_divide",
    "mod": "nb_remainder",
    "floordiv": "nb_floor_divide",
    "neg": "nb_negative",
    "abs": "nb_absolute",
}
"""CPython's slot for each Python operator; ** is not here, for its slot takes three operands."""

OPERANDS = "xyz"

VECTORS = Path(__file__).parents[1] / "native" / "machine" / "vectors"


def functions(op: Operator) -> Iterator[str]:
    """The C functions of a row: forward_NAME, and partialI_NAME for each operand I."""
    if op.arity is None:
        rule: Any = op.partials
        yield c_function(f"partial_{op.name}", rule, ["out", "x", "count"], op.zero(rule))
        return
    names = list(OPERANDS[: op.arity])
    yield c_function(f"forward_{op.name}", op, names)
    for kind, rules in (("partial", op.partials), ("beside", op.beside_constant)):
        for i, rule in enumerate(rules or ()):  # type: ignore[arg-type]
            yield c_function(f"{kind}{i}_{op.name}", rule, ["out", *names], op.zero(rule))


def spelled(op: Operator) -> str | None:
    """Return the row's functions in C; None where it has to run in Python."""
    if op.c is None or (op.arity is None and op.count is None):
        return None
    try:
        return "\n".join(functions(op))
    except ValueError:
        return None


def listing(macro: str, rows: list[str]) -> str:
    return " \\\n    ".join([f"#define {macro}(ROW)", *rows]) + "\n"


def methods(op: Operator) -> list[str]:
    """ROW(Python name, row, documentation) for each name under which the row is a method."""
    doc = json.dumps(op.__doc__, ensure_ascii=False)
    return [f"ROW({name}, {op.name}, {doc})" for name in op.method_names]


def binary_row(op: Operator) -> str:
    beside = "beside" if op.beside_constant else "partial"
    default = c_number(op.defaults[0]) if op.defaults else "NAN"
    names = ("__{}__", "__r{}__") if op.dunder else ("", "")
    swapped, reflected = (f'"{n.format(op.dunder)}"' if n else '""' for n in names)
    return f"ROW({op.name}, {beside}, {len(op.defaults)}, {default}, {swapped}, {reflected})"


def fold_row(op: Operator, count: Any) -> str:
    about = f"fold_{op.about}" if op.about else "NULL"
    return f"ROW({op.name}, {op.c}, count_{count.__name__}, {about})"


def on_vectors() -> set[str]:
    """The rows that the headers in native/machine/vectors define a function for."""
    paths = sorted(VECTORS.glob("*.h"))
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    defined = r"^(?:INLINE D NAME\(|INSTRUCTION\(D, )v_(\w+)"
    return set(re.findall(defined, text, re.MULTILINE))


def machine_lists(arity: str, rows: list[Operator]) -> Iterator[str]:
    """The rows that the machine runs on vectors, those it runs a lane at a time, and both."""
    vectors = on_vectors()
    own = [op for op in rows if op.elementary is None]
    for kind in ("VECTOR", "LANE"):
        names = [f"ROW({op.name})" for op in own if (op.name in vectors) == (kind == "VECTOR")]
        yield listing(f"{kind}_{arity}", names)
    yield listing(f"MACHINE_{arity}", [f"VECTOR_{arity}(ROW)", f"LANE_{arity}(ROW)"])


def header() -> str:
    rows = list(BUILT_IN.values())
    bodies = {op.name: text for op in rows if (text := spelled(op))}
    native = [op for op in rows if op.name in bodies]
    slots = [f".{SLOTS[op.dunder]} = slot_{op.name}" for op in native if op.dunder in SLOTS]
    parts = [
        "/* Generated from the operator table by python -m scalargrad.codegen. Do not edit. */",
        "enum {\n" + "".join(f"    OP_{op.name},\n" for op in rows) + "    OP_COUNT\n};\n",
        *bodies.values(),
        *lists(rows, native),
        "#define NUMBER_SLOTS \\\n    " + ", \\\n    ".join(slots) + "\n",
    ]
    return "\n".join(parts)


def lists(rows: list[Operator], native: list[Operator]) -> Iterator[str]:
    """The lists of rows, by how many operands they have; a macro ROW says what to do with each."""
    unary, binary, ternary, folds = (
        [op for op in native if op.arity == n] for n in (1, 2, 3, None)
    )
    yield from [
        "/* ROW(name) */",
        listing("UNARY_ROWS", [f"ROW({op.name})" for op in unary]),
        "/* ROW(name, partials beside a constant, defaults, default, Python's operator with the\n"
        "   operands swapped, as written) */",
        listing("BINARY_ROWS", [binary_row(op) for op in binary]),
        "/* ROW(name, the operands from which on all must be constants) */",
        listing("TERNARY_ROWS", [f"ROW({op.name}, {op.constant_from or 3})" for op in ternary]),
        "/* ROW(name, forward, count, what stands for `out` in them, or NULL) */",
        listing(
            "FOLD_ROWS",
            [fold_row(op, op.count) for op in folds if op.count],
        ),
        "/* ROW(name): what the machine has an instruction for, on vectors or a lane at a time */",
        *machine_lists("UNARY", unary),
        *machine_lists("BINARY", binary),
        listing("MACHINE_TERNARY", [f"ROW({op.name})" for op in ternary if op.elementary is None]),
        "/* ROW(Python name, name, documentation) */",
        listing("UNARY_METHODS", [m for op in unary for m in methods(op)]),
        listing("BINARY_METHODS", [m for op in binary for m in methods(op)]),
        listing("TERNARY_METHODS", [m for op in ternary for m in methods(op)]),
        listing("PYTHON_METHODS", [m for op in rows if op not in native for m in methods(op)]),
    ]
