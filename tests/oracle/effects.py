"""Scripts by hand: functions that do more than return, and functions of chance and time."""

from __future__ import annotations

from .by_hand import by_hand

LOG = (
    "log = []\n"
    "class Counter:\n"
    "    def __init__(self):\n"
    "        self.count, self.last = 0, None\n"
    "c = Counter()\n"
)
EFFECTS = (
    by_hand(
        "print",
        "def f(x):\n    print('called')\n    return x * 2.0",
        "printed(gate, 1.0)",
        "printed(gate, 1.0)",
        "printed(gate, 2.0)",
    ),
    by_hand(
        "print of a number",
        "def f(x):\n    print(x)\n    return x * 2.0",
        "printed(gate, 1.5)",
        "printed(gate, 2.5)",
    ),
    by_hand(
        "a counter",
        LOG + "def f(x):\n    c.count += 1\n    return x * c.count",
        *["gate(1.5)"] * 4,
        "c.count",
    ),
    by_hand(
        "a global counter",
        "n = 0\ndef f(x):\n    global n\n    n += 1\n    return x * n",
        *["gate(1.5)"] * 4,
        "n",
    ),
    by_hand(
        "a log of constants",
        LOG + "def f(x):\n    log.append('call')\n    return x + len(log)",
        *["gate(1.5)"] * 3,
        "shown(log)",
    ),
    by_hand(
        "a log of numbers",
        LOG + "def f(x):\n    log.append(x * 2.0)\n    return x",
        "gate(1.5)",
        "shown(log)",
        "gate(2.5)",
        "shown(log)",
    ),
    by_hand(
        "a number kept in an object",
        LOG + "def f(x):\n    c.last = x\n    return x * 2.0",
        "gate(1.5)",
        "shown(c.last)",
        "gate(2.5)",
        "shown(c.last)",
    ),
    by_hand(
        "a number kept and used",
        LOG + "def f(x):\n"
        "    y = x * (1.0 if c.last is None else c.last)\n"
        "    c.last = x\n"
        "    return y",
        "gate(1.5)",
        "gate(2.5)",
        "gate(2.5)",
        "shown(c.last)",
    ),
    by_hand(
        "a memo of constants",
        "memo = {}\n"
        "def f(x, n):\n"
        "    if n not in memo:\n"
        "        memo[n] = n * 0.5\n"
        "    return x * memo[n]",
        "gate(1.5, 2)",
        "gate(1.5, 3)",
        "gate(1.5, 2)",
        "shown(memo)",
    ),
    by_hand(
        "a memo of numbers",
        "memo = {}\n"
        "def f(x):\n"
        "    if 'y' not in memo:\n"
        "        memo['y'] = x * 0.5\n"
        "    return memo['y']",
        "gate(1.5)",
        "gate(2.5)",
        "shown(memo)",
    ),
    by_hand(
        "an argument that is changed",
        "def f(xs):\n    xs.append(xs[0] * 2.0)\n    return sum(xs)",
        "gate([1.5])",
        "gate([1.5])",
        "shown((lambda g, xs: (g(xs), xs))(gate, [1.5]))",
    ),
    by_hand(
        "an array that is changed",
        "a = np.zeros(2)\ndef f(x):\n    a[0] += 1.0\n    return x * a[0]",
        *["gate(1.5)"] * 3,
        "shown(a)",
    ),
    by_hand(
        "an iterator",
        "it = iter(range(1, 9))\ndef f(x):\n    return x * next(it)",
        *["gate(1.5)"] * 4,
    ),
    by_hand(
        "itertools.count",
        "import itertools\nit = itertools.count(1)\ndef f(x):\n    return x * next(it)",
        *["gate(1.5)"] * 4,
    ),
    by_hand(
        "a generator kept",
        "def gen():\n"
        "    for k in (1.0, 2.0, 3.0, 4.0):\n"
        "        yield k\n"
        "g = gen()\n"
        "def f(x):\n"
        "    return x * next(g)",
        *["gate(1.5)"] * 4,
    ),
    by_hand(
        "nonlocal",
        "def make():\n"
        "    n = 0\n"
        "    def f(x):\n"
        "        nonlocal n\n"
        "        n += 1\n"
        "        return x * n\n"
        "    return f\n"
        "f = make()",
        *["gate(1.5)"] * 3,
    ),
    by_hand(
        "Value changed inside",
        "v = sg.Value(1.0)\ndef f(x):\n    v.data = v.data + 1.0\n    return x * v",
        "gate(1.5)",
        "gate(1.5)",
        "v.data",
    ),
    by_hand(
        "backward inside",
        "v = sg.Value(2.0)\ndef f(x):\n    y = v * x\n    y.backward()\n    return y",
        "gate(1.5)",
        "gate(1.5)",
        "v.grad",
    ),
    by_hand(
        "grad inside",
        "def f(x):\n    return x + sg.grad(lambda t: t ** 3 * x)(x)",
        "gate(1.5)",
        "through(gate, (sg.Value(1.5),), {})",
        "sg.grad(gate)(1.5)",
    ),
    by_hand(
        "attribute set at each call",
        "class O: pass\no = O()\ndef f(x):\n    o.k = 2.0 * len(vars(o))\n    return x * o.k",
        *["gate(1.5)"] * 3,
        "o.k",
    ),
)
DRAWS = (
    "np.random.rand()",
    "rng.random()",
    "old.rand()",
    "random.random()",
    "own.gauss(0, 1)",
    "secrets.randbelow(10 ** 9)",
    "os.urandom(8)[0] + 256 * os.urandom(8)[1]",
    "np.random.permutation(1000)[0]",
    "time.time()",
    "time.perf_counter()",
    "uuid.uuid4().int % 1000",
    "datetime.datetime.now().microsecond",
    "random.choice([*range(10 ** 6)])",
)
CHANCE_AND_TIME = tuple(
    by_hand(
        draw,
        "import datetime, os, random, secrets, time, uuid\n"
        "rng = np.random.default_rng(0)\n"
        "old = np.random.RandomState(0)\n"
        "own = random.Random(0)\n"
        f"def f(x):\n    return x * {draw}",
        *["gate(1.5)"] * 3,
    )
    for draw in DRAWS
)
