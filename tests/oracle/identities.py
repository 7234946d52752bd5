"""Scripts by hand: objects that a function is given twice, or is given and uses besides."""

from __future__ import annotations

from .by_hand import by_hand

BODIES = (
    "@dataclasses.dataclass(eq=False)\n"
    "class Body:\n    x: Any\n    m: float = 1.0\n"
    "A, B, C = Body(1.0), Body(3.0), Body(5.0)\n"
    "V, W = sg.Value(2.0), sg.Value(4.0)\n"
    "D, E = Body(V), Body(W)\n"
    "L, M = [1.0, 2.0], [1.0, 2.0]\n"
)
PAIRS = ("gate([A, B], A)", "gate([A, B], B)", "gate([A, B], C)", "gate([C, A, C], C)")
VALUES = ("through(gate, ([D, E], D), {})", "through(gate, ([D, E], E), {})")

IDENTITIES = (
    by_hand(
        "is not, of given objects",
        BODIES
        + "def f(bodies, sun):\n"
        + "    return sum([(b.x - sun.x) ** 2 if b is not sun else 9.0 * b.x for b in bodies])",
        *PAIRS,
        *VALUES,
        *PAIRS,
        "sg.grad(gate, 0)([A, B], A)",
        "sg.value_and_grad(gate, (0, 1))([A, B], C)",
        "sg.value_and_grad(gate, 1)([A, A], A)",
    ),
    by_hand(
        "!= of objects that equal themselves alone",
        BODIES + "def f(bodies, sun):\n    return sum([b.x * sun.m for b in bodies if b != sun])",
        *PAIRS,
        *VALUES,
        "A.x = 7.0",
        *PAIRS,
    ),
    by_hand(
        "where an object stands",
        BODIES
        + "def f(bodies, sun):\n"
        + "    return bodies.index(sun) * sun.x if sun in bodies else -sun.x",
        *PAIRS,
        *VALUES,
    ),
    by_hand(
        "objects as keys",
        BODIES
        + "def make(mass):\n"
        + "    return lambda d, k: d[k] * k.x * mass.get(k, 7.0), mass.__setitem__\n"
        + "f, put = make({A: 2.0, B: 5.0})",
        "gate({A: 1.0, B: 2.0}, A)",
        "gate({A: 1.0, B: 2.0}, B)",
        "gate({C: sg.Value(3.0)}, C)",
        "put(C, 0.5)",
        "gate({C: 3.0}, C)",
    ),
    by_hand(
        "one of those that are closed over",
        BODIES
        + "known = [A, B]\ndef f(b):\n    return sum([o.x - b.x for o in known if o is not b])",
        *[f"gate({x})" for x in "ABCABC"],
        "known.append(C)",
        *[f"gate({x})" for x in "ABC"],
        "A.x = 8.0",
        *[f"gate({x})" for x in "AB"],
    ),
    by_hand(
        "one of those that another argument leads to",
        BODIES
        + "class World:\n    def __init__(self):\n        self.bodies = [A, B]\n"
        + "w = World()\n"
        + "def f(world, b):\n    return sum([o.x * b.m for o in world.bodies if o is not b])",
        *[f"gate(w, {x})" for x in "ABCA"],
        "w.bodies.append(C)",
        *[f"gate(w, {x})" for x in "ABC"],
    ),
    by_hand(
        "a list given twice",
        BODIES + "def f(xs, ys):\n    return 1.0 if xs is ys else sum(xs) + 2.0 * sum(ys)",
        "gate(L, L)",
        "gate(L, M)",
        "gate(M, M)",
        "gate([L, M][0], M)",
        "through(gate, ([V], [V]), {})",
        "through(gate, ([V], [W]), {})",
        "gate(np.ones(2), np.ones(2))",
    ),
    by_hand(
        "an array, a tuple, a model given twice",
        BODIES
        + "from scalargrad import nn\n"
        + "sg.seed(1)\n"
        + "a, t, m, n = np.ones(2), (1.0, 2.0), nn.MLP(1, [1]), nn.MLP(1, [1])\n"
        + "def f(x, y):\n    return 1.0 if x is y else 2.0",
        *[f"gate({x}, {y})" for x, y in ("aa", "at", "tt", "mm", "mn", "nn", "am")],
        "gate(m, m.parameters()[0])",
        "gate(a, a.copy())",
    ),
    by_hand(
        "a model and one of its parameters",
        "from scalargrad import nn\n"
        "sg.seed(1)\n"
        "m, n = nn.MLP(1, [1]), nn.MLP(1, [1])\n"
        "def f(net, v):\n"
        "    return sum([p * p if p is v else p for p in net.parameters()]) + net([1.0])",
        "through(gate, (m, m.parameters()[0]), {})",
        "through(gate, (m, m.parameters()[1]), {})",
        "through(gate, (m, n.parameters()[0]), {})",
        "through(gate, (n, sg.Value(2.0)), {})",
    ),
    by_hand(
        "a Value given twice",
        BODIES + "def f(x, y):\n    return x * x * x * y if x is y else x * y",
        "through(gate, (V, V), {})",
        "through(gate, (V, W), {})",
        "through(gate, (W, W), {})",
        "through(gate, (V, 2.0), {})",
        "sg.grad(gate, (0, 1))(V, V)",
        "sg.hessian(gate, (0, 1))(V, W)",
        "sg.gradients(sg.gradients(gate(V, V), [V])[0], [V])",
    ),
    by_hand(
        "a Value that is closed over",
        BODIES + "def f(x):\n    return x * V + (x is V) + sum([v for v in [V, W] if v is not x])",
        *["through(gate, (V,), {}, [V, W])", "through(gate, (W,), {}, [V, W])"] * 2,
        "through(gate, (sg.Value(1.0),), {}, [V, W])",
        "gate(2.0)",
        "V.data = 3.0",
        "through(gate, (V,), {}, [V, W])",
        "sg.grad(gate)(V)",
    ),
    by_hand(
        "beside samples",
        BODIES
        + "def f(bodies, sun, x):\n    return x * sum([b.x for b in bodies if b is not sun])",
        "gate([A, B], A, np.array([1.0, 2.0]))",
        "gate([A, B], B, np.array([1.0, 2.0]))",
        "gate([A, B], C, np.array([1.0, 2.0]))",
        "through(gate, ([D, E], E, np.array([1.0, 2.0])), {})",
        setup="gate = compile(f, batch='x', reduce='sum')",
    ),
)
