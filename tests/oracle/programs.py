"""Programs by hand: plain Python of many kinds, each called in every way that fits it."""

from __future__ import annotations

from .program import Argument, Program

X, Y = Argument("x"), Argument("y")
LIST = Argument("xs", ("[{}, {}, {}]",))
ARRAY = Argument("v", ("np.array([{}, {}, {}])",))
DICT = Argument("d", ("{{'a': {}, 'b': {}}}", "{{'b': {}, 'a': {}}}"))
PAIR = "class Pair(NamedTuple):\n    a: float\n    b: float\n"
BY_POSITION = ("float", "Value", "int", "mixed", "backward", "grad", "hessian", "within")
POINT = "@dataclasses.dataclass\nclass Point:\n    a: float\n    b: float = 1.0\n"
MODEL = "from scalargrad import nn\nsg.seed(3)\nnet = nn.MLP(2, [2, 1])\n"


def of(name: str, body: str, *arguments: Argument, **more: object) -> Program:
    """A program whose function has this body, or is all of this text if `f` is made in it."""
    given = arguments or (X,)
    head = f"def f({', '.join(a.name for a in given)}):\n    "
    source = body if "def f(" in body or "f = " in body else head + body.replace("\n", "\n    ")
    return Program(name, source, given, **more)  # type: ignore[arg-type]


ARGUMENTS = (
    of("one number", "return x * x + sg.sin(x)"),
    of("two numbers", "return x * sg.exp(-y) + y", X, Y),
    of("its argument", "return x"),
    of("a constant", "return 2.0"),
    of("a whole number", "return 2"),
    of("nothing", "return None", returns="anything"),
    of("keyword-only", "def f(x, *, k):\n    return x * k", X, Argument("k", keyword_only=True)),
    of(
        "keyword-only with a default",
        "def f(x, *, k=2.0):\n    return x * k",
        X,
        Argument("k", keyword_only=True, optional=True),
    ),
    of(
        "defaults",
        "def f(x, y=3.0, z=0.5):\n    return x * y - z",
        X,
        Argument("y", optional=True),
        Argument("z", optional=True),
        changes=("f.__defaults__ = (1.5, 2.5)", "f.__defaults__ = (sg.Value(1.0), 0.5)"),
    ),
    of("any number of them", "def f(*xs, scale=1.0):\n    return sum(xs) * scale", X, Y, forms=BY_POSITION),
    of(
        "any number of them, and a keyword",
        "def f(x, *rest, scale=1.0):\n    return x + sum(rest) * scale",
        X,
        Argument("scale", keyword_only=True),
    ),
    of(
        "any keywords",
        "def f(x, **named):\n    return x + sum(named.values()) + len(named)",
        X,
        Argument("k", keyword_only=True, optional=True),
        Argument("l", keyword_only=True, optional=True),
    ),
    of("positional-only", "def f(x, /, y=2.0):\n    return x - y", X, forms=BY_POSITION),
    of("a list", "return xs[0] * xs[1] + sum(xs) + len(xs)", LIST),
    of("a list iterated", "return sum(i * x * x for i, x in enumerate(xs, 1))", LIST),
    of("a dict", "return 2.0 * list(d.values())[0] - d['b']", DICT),
    of("a dict's items", "return sum(x * len(k) + i for i, (k, x) in enumerate(d.items()))", DICT),
    of("a tuple", "a, b = t\nreturn a * b", Argument("t", ("({}, {})",))),
    of(
        "a named tuple",
        PAIR + "def f(p):\n    return p.a * p.b + p._asdict()['a']",
        Argument("p", ("Pair({}, {})",)),
    ),
    of(
        "a dataclass",
        POINT + "def f(p):\n    return p.a * p.b + dataclasses.astuple(p)[0]",
        Argument("p", ("Point({}, {})", "Point({}, b={})")),
    ),
    of("an array", "return np.sum(v ** 2) ** 0.5 + v[0]", ARRAY),
    of("an array iterated", "return sum(x * x for x in v) + len(v) + v.shape[0]", ARRAY),
    of("functions of NumPy", "return np.dot(v, v) + np.mean(v) + (v * 2.0)[1] + v.max()", ARRAY),
    of("an array elementwise", "return np.tanh(v) + 1.0", ARRAY, returns="numbers"),
    of("an array to slices", "return v[1:] - v[:-1]", ARRAY, returns="numbers"),
    of("a number and an array", "return np.mean((x * v - 1.0) ** 2)", X, ARRAY),
    of(
        "Rosenbrock",
        "return np.sum(100.0 * (v[1:] - v[:-1] ** 2) ** 2 + (1.0 - v[:-1]) ** 2)",
        ARRAY,
    ),
    of(
        "constants beside numbers",
        "return x ** n if flag else {'a': x, 'b': -x}[key]",
        X,
        Argument("n", ("2", "3", "0")),
        Argument("flag", ("True", "False")),
        Argument("key", ("'a'", "'b'")),
    ),
    of("None or a number", "return x if y is None else x * 2.0", X, Argument("y", ("None", "1.0"))),
    of("nested", "return q['a'][0][1] * q['a'][1]", Argument("q", ("dict(a=[(1, {}), {}])",))),
    of(
        "a model",
        MODEL + "def f(net, x):\n    return net([x, 1.0])",
        Argument("net", ("net",)),
        X,
        changes=("net.parameters()[0].data = 0.3", "net.eval()"),
        held=("net.parameters()",),
    ),
    of(
        "a model closed over",
        MODEL + "def f(x):\n    return net([x, 1.0])",
        changes=("net.parameters()[0].data = 0.3", "sg.seed(4); net = nn.MLP(2, [3, 1])"),
        held=("net.parameters()",),
    ),
)
BRANCHES = (
    of("if", "if x > 0.5:\n    return x * x\nreturn -x"),
    of("elif", "if x > 1.0:\n    y = x\nelif x > 0.0:\n    y = x * x\nelse:\n    y = 0.5\nreturn y * 2.0"),
    of("closed-over Value in one branch", "v = sg.Value(1.5)\ndef f(x):\n    return x * v if x > 0 else -x", held=("v",)),
    of("max", "return max(x, y, 0.5)", X, Y),
    of("max of a closed-over Value", "v = sg.Value(0.5)\ndef f(x):\n    return max(x, v)", held=("v",), changes=("v.data = -0.5", "v.data = 1.5")),
    of("a closed-over Value alone", "v = sg.Value(0.5)\ndef f(x):\n    return v", held=("v",), changes=("v.data = -0.5",)),
    of(
        "branch on closed-over Values alone",
        "v, w = sg.Value(0.5), sg.Value(1.0)\ndef f(x):\n    return x * (v if v > w else w * w)",
        held=("v", "w"),
        changes=("v.data = 2.0", "w.data = 3.0", "v.data = 0.25", "w.data = 0.0"),
    ),
    of("sorted", "return sorted(xs)[1] * 2.0 + min(xs)", LIST),
    of("sorted with a key", "return sorted(xs, key=lambda t: -t * t)[0]", LIST),
    of("any and all", "return x if any(t > 1.0 for t in (x, y)) and all(t < 2.0 for t in (x, y)) else y", X, Y),
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
    of("match on numbers", "match x:\n    case 0:\n        return 5.0 + x\n    case 1 | 2:\n        return x * x\n    case _:\n        return -x"),
    of("match on a sequence", "match [x, y]:\n    case [a, b] if a > b:\n        return a - b\n    case [a, *rest]:\n        return a + rest[0]", X, Y),
    of("match on attributes", POINT + "o = Point(0.5)\ndef f(x):\n    match o:\n        case Point(a=k):\n            return x * k", changes=("o.a = 2.5", "o = Point(3.5)")),
    of("chained comparison", "return x if 0.0 <= x < 1.0 else 1.0 - x"),
    of("conditional expression", "return (x if x > y else y) * (1 if x < 0 else 2)", X, Y),
    of("boolean as a number", "return (x > 0.5) * x + (y > x)", X, Y),
    of("sg.where", "return sg.where(x > 0.5, x * x, -x)"),
    of("round and floor", "return round(x * 1.37) + sg.floor(x + 0.3) + x // 0.7 + x % 0.7"),
)
LOOPS = (
    of("Newton", "y = 1.0 + x * x\nwhile abs(y * y - 2.0) > 1e-10:\n    y = y - (y * y - 2.0) / (2.0 * y)\nreturn y * x"),
    of("halving", "n = 0\nwhile abs(x) > 0.1:\n    x = x / 2\n    n += 1\nreturn x + n"),
    of("count of a loop as result", "n = 0\nwhile abs(x) > 0.1:\n    x = x / 2\n    n += 1\nreturn n, x", returns="anything"),
    of("for over a range", "s = 0.0\nfor i in range(4):\n    s = s * 0.5 + sg.sin(x * i)\nreturn s"),
    of("break, else", "for k in (0.5, 1.0, 1.5):\n    if x < k:\n        break\nelse:\n    k = 3.0\nreturn k * x"),
    of("continue", "s = 0.0\nfor t in (x, -x, 2 * x):\n    if t < 0:\n        continue\n    s += t\nreturn s"),
    of("comprehensions", "ys = [t * x for t in range(3)]\nreturn sum({i: y for i, y in enumerate(ys)}.values()) + max(ys)"),
    of("generator", "def f(x):\n    def terms():\n        t = x\n        while abs(t) > 0.2:\n            yield t\n            t = t * 0.5\n    return sum(terms())"),
    of("recursion", "def f(x, n=3):\n    return x if n == 0 else f(sg.sin(x), n - 1) + x"),
    of("recursion that depends on numbers", "def f(x):\n    return x if abs(x) < 0.25 else f(x / 2) * 1.5"),
    of("mutual recursion", "def even(x, n):\n    return x if n == 0 else odd(x * 0.5, n - 1)\ndef odd(x, n):\n    return even(x + 1.0, n - 1)\ndef f(x):\n    return even(x, 4)"),
    of("zip and reversed", "return sum(a * b for a, b in zip(xs, reversed(xs)))", LIST),
    of("functools.reduce", "return functools.reduce(lambda a, b: a * 0.5 + b, xs)", LIST),
    of("itertools", "import itertools\ndef f(xs):\n    return sum(itertools.accumulate(xs)) + sum(a * b for a, b in itertools.combinations(xs, 2))", LIST),
    of("list built up", "ys = []\nfor x in xs:\n    ys.append(x * x)\nys.sort()\nreturn ys[0] - ys[-1]", LIST),
    of("dict built up", "seen = {}\nfor i, x in enumerate(xs):\n    seen[i % 2] = seen.get(i % 2, 0.0) + x\nreturn seen[0] * seen[1]", LIST),
)
RAISING = (
    of("raises", "if x > 0.5:\n    raise ValueError('too large')\nreturn x"),
    of("catches its own", "try:\n    if x > 0.5:\n        raise KeyError(x)\n    return x\nexcept KeyError:\n    return -x\nfinally:\n    pass"),
    of("division by zero", "try:\n    return 1.0 / x\nexcept ZeroDivisionError:\n    return 0.0"),
    of("key error", "try:\n    return x * {'a': 2.0}['a' if x > 0 else 'b']\nexcept KeyError:\n    return x"),
    of("index error", "return x * [1.0, 2.0][0 if x > 0 else 5]"),
    of("asserts", "assert x < 1.0, 'x'\nreturn x * 2.0"),
    of("class of one's own", "class Odd(Exception):\n    pass\ndef f(x):\n    if x < 0:\n        raise Odd(x)\n    return x"),
    of("raises from", "try:\n    [][0]\nexcept IndexError as error:\n    if x > 0:\n        raise RuntimeError('x') from error\nreturn x"),
    of("attribute error", "return x.nothing"),
    of("type error", "return x + 'a'"),
    of("context manager", "import contextlib\ndef f(x):\n    with contextlib.suppress(LookupError):\n        return x * [1.0][0 if x > 0 else 1]\n    return x"),
)
RESULTS = (
    of("a pair", "return x, x * 2.0", returns="numbers"),
    of("a list", "return [x, [x * x]]", returns="numbers"),
    of("a dict", "return {'b': x, 'a': x * x}", returns="numbers"),
    of("a named tuple of numbers", PAIR + "def f(x):\n    return Pair(x, 2.0 * x)", returns="numbers"),
    of("a dataclass", POINT + "def f(x):\n    return Point(x, 2.0 * x)", returns="anything"),
    of("an array of numbers", "return np.array([x, 2.0 * x])", returns="numbers"),
    of("numbers of all kinds", "return x, 1, True, 2.5, 'text', None, x > 0", returns="anything"),
    of("loss and accuracy", "return {'loss': x * x, 'accuracy': 100.0 * (x > 0), 'n': len(xs)}", X, LIST, returns="anything"),
    of("comparison", "return x > y", X, Y, returns="anything"),
    of("other structures in other branches", "return x if x > 0 else (x, 'negative')", returns="anything"),
    of("a constant in one branch", "return x * x if x > 0 else 0", returns="anything"),
    of("an empty list", "return [], {}, (), x", returns="anything"),
    of("the same twice", "y = x * x\nreturn y, y", returns="numbers"),
    of("its argument in a list", "return [x, 1.0, x * 0.0]", returns="numbers"),
    of("what stands around", "k = 1.5\nv = sg.Value(2.5)\nw = [v, 3]\ndef f(x):\n    return x, k, v, w, v.data", returns="anything", held=("v",), changes=("k = 2", "v.data = 1.0")),
    of("detached", "return x * sg.stop_gradient(x), sg.stop_gradient(x)", returns="numbers"),
)
GROUPS = (ARGUMENTS, BRANCHES, LOOPS, RAISING, RESULTS)
PROGRAMS = tuple(program for group in GROUPS for program in group)
