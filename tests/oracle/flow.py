"""Programs by hand whose way depends on numbers: branches, loops, exceptions."""

from __future__ import annotations

from .programs import LIST, POINT, X, Y, of

BRANCHES = (
    of("if", "if x > 0.5:\n    return x * x\nreturn -x"),
    of(
        "elif",
        "if x > 1.0:\n    y = x\nelif x > 0.0:\n    y = x * x\nelse:\n    y = 0.5\nreturn y * 2.0",
    ),
    of(
        "closed-over Value in one branch",
        "v = sg.Value(1.5)\ndef f(x):\n    return x * v if x > 0 else -x",
        held=("v",),
    ),
    of("max", "return max(x, y, 0.5)", X, Y),
    of(
        "max of a closed-over Value",
        "v = sg.Value(0.5)\ndef f(x):\n    return max(x, v)",
        held=("v",),
        changes=("v.data = -0.5", "v.data = 1.5"),
    ),
    of(
        "a closed-over Value alone",
        "v = sg.Value(0.5)\ndef f(x):\n    return v",
        held=("v",),
        changes=("v.data = -0.5",),
    ),
    of(
        "branch on closed-over Values alone",
        "v, w = sg.Value(0.5), sg.Value(1.0)\ndef f(x):\n    return x * (v if v > w else w * w)",
        held=("v", "w"),
        changes=("v.data = 2.0", "w.data = 3.0", "v.data = 0.25", "w.data = 0.0"),
    ),
    of("sorted", "return sorted(xs)[1] * 2.0 + min(xs)", LIST),
    of("sorted with a key", "return sorted(xs, key=lambda t: -t * t)[0]", LIST),
    of(
        "any and all",
        "return x if any(t > 1.0 for t in (x, y)) and all(t < 2.0 for t in (x, y)) else y",
        X,
        Y,
    ),
    of("and, or", "return (x > 0 and x) or -x", returns="anything"),
    of("truth of a number", "return 1.0 / x if x else x + 5.0"),
    of("not", "return x + 1.0 if not x else x"),
    of("equal", "return x * x if x == 2.0 else 10.0 * x"),
    of("unequal", "return sg.sin(x) / x if x != 0 else 1.0 + x"),
    of("in a tuple", "return x * x if x in (1.0, 2.0) else -x"),
    of("NaN", "return 0.0 * x if x != x else x"),
    of("equal to another", "return x + y if x == y else x - y", X, Y),
    of("equal lists", "return x * 3.0 if [x, y] == [1.0, 2.0] else y", X, Y),
    of("index and count", "return [0.5, 1.0, 2.0].count(x) + xs.index(min(xs)) * x", X, LIST),
    of(
        "match on numbers",
        "match x:\n"
        "    case 0:\n"
        "        return 5.0 + x\n"
        "    case 1 | 2:\n"
        "        return x * x\n"
        "    case _:\n"
        "        return -x",
    ),
    of(
        "match on a sequence",
        "match [x, y]:\n"
        "    case [a, b] if a > b:\n"
        "        return a - b\n"
        "    case [a, *rest]:\n"
        "        return a + rest[0]",
        X,
        Y,
    ),
    of(
        "match on attributes",
        POINT + "o = Point(0.5)\n"
        "def f(x):\n"
        "    match o:\n"
        "        case Point(a=k):\n"
        "            return x * k",
        changes=("o.a = 2.5", "o = Point(3.5)"),
    ),
    of("chained comparison", "return x if 0.0 <= x < 1.0 else 1.0 - x"),
    of("conditional expression", "return (x if x > y else y) * (1 if x < 0 else 2)", X, Y),
    of("boolean as a number", "return (x > 0.5) * x + (y > x)", X, Y),
    of("sg.where", "return sg.where(x > 0.5, x * x, -x)"),
    of("round and floor", "return round(x * 1.37) + sg.floor(x + 0.3) + x // 0.7 + x % 0.7"),
)
LOOPS = (
    of(
        "Newton",
        "y = 1.0 + x * x\n"
        "while abs(y * y - 2.0) > 1e-10:\n"
        "    y = y - (y * y - 2.0) / (2.0 * y)\n"
        "return y * x",
    ),
    of("halving", "n = 0\nwhile abs(x) > 0.1:\n    x = x / 2\n    n += 1\nreturn x + n"),
    of(
        "count of a loop as result",
        "n = 0\nwhile abs(x) > 0.1:\n    x = x / 2\n    n += 1\nreturn n, x",
        returns="anything",
    ),
    of(
        "for over a range", "s = 0.0\nfor i in range(4):\n    s = s * 0.5 + sg.sin(x * i)\nreturn s"
    ),
    of(
        "break, else",
        "for k in (0.5, 1.0, 1.5):\n    if x < k:\n        break\nelse:\n    k = 3.0\nreturn k * x",
    ),
    of(
        "continue",
        "s = 0.0\nfor t in (x, -x, 2 * x):\n    if t < 0:\n        continue\n    s += t\nreturn s",
    ),
    of(
        "comprehensions",
        "ys = [t * x for t in range(3)]\n"
        "return sum({i: y for i, y in enumerate(ys)}.values()) + max(ys)",
    ),
    of(
        "generator",
        "def f(x):\n"
        "    def terms():\n"
        "        t = x\n"
        "        while abs(t) > 0.2:\n"
        "            yield t\n"
        "            t = t * 0.5\n"
        "    return sum(terms())",
    ),
    of("recursion", "def f(x, n=3):\n    return x if n == 0 else f(sg.sin(x), n - 1) + x"),
    of(
        "recursion that depends on numbers",
        "def f(x):\n    return x if abs(x) < 0.25 else f(x / 2) * 1.5",
    ),
    of(
        "mutual recursion",
        "def even(x, n):\n"
        "    return x if n == 0 else odd(x * 0.5, n - 1)\n"
        "def odd(x, n):\n"
        "    return even(x + 1.0, n - 1)\n"
        "def f(x):\n"
        "    return even(x, 4)",
    ),
    of("zip and reversed", "return sum(a * b for a, b in zip(xs, reversed(xs)))", LIST),
    of("functools.reduce", "return functools.reduce(lambda a, b: a * 0.5 + b, xs)", LIST),
    of(
        "itertools",
        "import itertools\n"
        "def f(xs):\n"
        "    return sum(itertools.accumulate(xs)) + max(itertools.combinations(xs, 2))[0]",
        LIST,
    ),
    of(
        "list built up",
        "ys = []\nfor x in xs:\n    ys.append(x * x)\nys.sort()\nreturn ys[0] - ys[-1]",
        LIST,
    ),
    of(
        "dict built up",
        "seen = {}\n"
        "for i, x in enumerate(xs):\n"
        "    seen[i % 2] = seen.get(i % 2, 0.0) + x\n"
        "return seen[0] * seen[1]",
        LIST,
    ),
)
RAISING = (
    of("raises", "if x > 0.5:\n    raise ValueError('too large')\nreturn x"),
    of(
        "catches its own",
        "try:\n"
        "    if x > 0.5:\n"
        "        raise KeyError(x)\n"
        "    return x\n"
        "except KeyError:\n"
        "    return -x\n"
        "finally:\n"
        "    pass",
    ),
    of(
        "division by zero",
        "try:\n    return 1.0 / x\nexcept ZeroDivisionError:\n    return 0.0",
        forms=("float", "Value", "keywords", "mixed", "backward", "grad", "batch", "within"),
    ),
    of(
        "key error",
        "try:\n    return x * {'a': 2.0}['a' if x > 0 else 'b']\nexcept KeyError:\n    return x",
    ),
    of("index error", "return x * [1.0, 2.0][0 if x > 0 else 5]"),
    of("asserts", "assert x < 1.0, 'x'\nreturn x * 2.0"),
    of(
        "class of one's own",
        "class Odd(Exception):\n"
        "    pass\n"
        "def f(x):\n"
        "    if x < 0:\n"
        "        raise Odd(x)\n"
        "    return x",
    ),
    of(
        "raises from",
        "try:\n"
        "    [][0]\n"
        "except IndexError as error:\n"
        "    if x > 0:\n"
        "        raise RuntimeError('x') from error\n"
        "return x",
    ),
    of("attribute error", "return x.nothing"),
    of("type error", "return x + 'a'"),
    of(
        "context manager",
        "import contextlib\n"
        "def f(x):\n"
        "    with contextlib.suppress(LookupError):\n"
        "        return x * [1.0][0 if x > 0 else 1]\n"
        "    return x",
    ),
)
