"""What valgrind watches: every kind of node built, differentiated, copied, pickled and freed."""

import copy
import math
import pickle
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.rows import BUILT_IN


def operands(row: sg.Operator, sample: object) -> list[sg.Value]:
    return [sg.Value(x) for x in (sample if isinstance(sample, tuple) else (sample,))]


def exercise(row: sg.Operator, xs: list[sg.Value]) -> None:
    out = row(*xs) if row.arity is not None else row(xs)
    out.label = row.name
    out.backward()
    copied = pickle.loads(pickle.dumps(copy.deepcopy(out)))
    copied.zero_grad()
    assert copied.data == out.data or math.isnan(out.data)
    sg.gradients(out, xs)


for row in BUILT_IN.values():
    for sample in row.samples:
        if row.name != "dot":
            exercise(row, operands(row, sample))
            exercise(row, operands(row, sample)[:1] * len(operands(row, sample)))

ws, xs = [sg.Value(0.1 * i) for i in range(40)], [0.2 * i for i in range(40)]
for bias in (None, 1.0, sg.Value(2.0)):
    sg.dot(ws, xs, bias=bias).backward()
deep = sg.Value(1.0)
for _ in range(20_000):
    deep = deep * 1.0001 + ws[3]
deep.backward()
del deep
compiled = compile(lambda w, x: sg.tanh(w * x) if x > 0.1 else sg.logsumexp([w, x]), batch="x")
for count in (1, 64, 131):
    sg.value_and_grad(compiled, (0, 1))(0.5, [math.sin(k) for k in range(count)])
sg.sum(list(compiled(sg.Value(0.5), [0.2, -0.3]))).backward()
for bad in ("a", None, 1j, [1]):
    try:
        sg.Value(bad)
    except TypeError:
        continue
    raise AssertionError(bad)
print("done")
