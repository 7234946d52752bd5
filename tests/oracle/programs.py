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
    of(
        "any number of them",
        "def f(*xs, scale=1.0):\n    return sum(xs) * scale",
        X,
        Y,
        forms=BY_POSITION,
    ),
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
        POINT + "def f(p):\n    return p.a * p.b + sum(vars(p).values())",
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
RESULTS = (
    of("a pair", "return x, x * 2.0", returns="numbers"),
    of("a list", "return [x, [x * x]]", returns="numbers"),
    of("a dict", "return {'b': x, 'a': x * x}", returns="numbers"),
    of(
        "a named tuple of numbers",
        PAIR + "def f(x):\n    return Pair(x, 2.0 * x)",
        returns="numbers",
    ),
    of("a dataclass", POINT + "def f(x):\n    return Point(x, 2.0 * x)", returns="anything"),
    of("an array of numbers", "return np.array([x, 2.0 * x])", returns="numbers"),
    of("numbers of all kinds", "return x, 1, True, 2.5, 'text', None, x > 0", returns="anything"),
    of(
        "loss and accuracy",
        "return {'loss': x * x, 'accuracy': 100.0 * (x > 0), 'n': len(xs)}",
        X,
        LIST,
        returns="anything",
    ),
    of("comparison", "return x > y", X, Y, returns="anything"),
    of(
        "other structures in other branches",
        "return x if x > 0 else (x, 'negative')",
        returns="anything",
    ),
    of("a constant in one branch", "return x * x if x > 0 else 0", returns="anything"),
    of("an empty list", "return [], {}, (), x", returns="anything"),
    of("the same twice", "y = x * x\nreturn y, y", returns="numbers"),
    of("its argument in a list", "return [x, 1.0, x * 0.0]", returns="numbers"),
    of(
        "what stands around",
        "k = 1.5\nv = sg.Value(2.5)\nw = [v, 3]\ndef f(x):\n    return x, k, v, w, v.data",
        returns="anything",
        held=("v",),
        changes=("k = 2", "v.data = 1.0"),
    ),
    of("detached", "return x * sg.stop_gradient(x), sg.stop_gradient(x)", returns="numbers"),
)
