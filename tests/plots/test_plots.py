"""Plots: each draws what it is given, into the Axes it is given, and returns them."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, nn, plots
from scalargrad.losses import cross_entropy, squared_error
from scalargrad.nn import MLP, Dropout, Linear, ReLU, Sequential
from scalargrad.optim import SGD
from scalargrad.train import History, fit

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.colors import to_rgba  # noqa: E402

CORNERS = [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    pyplot.close("all")


def network() -> Sequential:
    nn.seed(2)
    return Sequential(Linear(2, 4), ReLU(), Dropout(0.5), Linear(4, 3))


def bowl(x: float, y: float) -> Any:
    return x * x + 10.0 * y * y


PATHS = {"SGD": [(3.0, 1.0), (1.0, -0.5), (0.0, 0.1)], "Adam": [(3.0, 1.0), (2.0, 0.0)]}
DRAWN = {
    "loss_curves": lambda ax=None: plots.loss_curves([3.0, 2.0, 1.5, 1.0], [2, 4], [2.5, 2.0], ax),
    "decision_boundary": lambda ax=None: plots.decision_boundary(
        network(), CORNERS, ax, resolution=9
    ),
    "templates": lambda ax=None: plots.templates(Linear(6, 5).weight, (2, 3), ax),
    "confusion": lambda ax=None: plots.confusion([[3, 1], [0, 2]], ax),
    "activation_histograms": lambda ax=None: plots.activation_histograms(network(), CORNERS, ax),
    "gradient_histograms": lambda ax=None: plots.gradient_histograms(network(), ax),
    "optimizer_paths": lambda ax=None: plots.optimizer_paths(bowl, PATHS, ax, resolution=9),
}


def test_every_plot_is_drawn_here() -> None:
    public = {
        name
        for name, x in vars(plots).items()
        if getattr(x, "__module__", "").startswith("scalargrad.plots.") and callable(x)
    }
    assert public == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_a_plot_draws_into_the_axes_given(name: str) -> None:
    _, (left, right) = pyplot.subplots(1, 2)
    assert DRAWN[name](left) is left
    assert left.has_data() or left.texts or left.images
    assert not right.has_data()
    assert len(pyplot.get_fignums()) == 1


@pytest.mark.parametrize("name", DRAWN)
def test_a_plot_without_axes_makes_a_figure_of_its_own(name: str, tmp_path: Any) -> None:
    _, mine = pyplot.subplots()
    ax = DRAWN[name]()
    assert ax.figure is not mine.figure
    ax.figure.savefig(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 2000


def test_without_matplotlib_the_error_names_the_cure() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from scalargrad.train import History\n"
        "try: History([1.0]).plot()\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "plots need matplotlib: pip install matplotlib\n", done.stderr


def test_importing_what_plots_and_trains_loads_no_matplotlib() -> None:
    code = (
        "import sys, scalargrad.plots, scalargrad.train, scalargrad.diagnose\n"
        "print({'matplotlib', 'numpy', 'tqdm'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


# ------ curves

SPECIAL = [math.inf, -math.inf, math.nan, 5e-324]


def lines(ax: Any) -> dict[str, tuple[list[float], list[float]]]:
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines}


def test_curves_of_updates_epochs_and_validation() -> None:
    ax = History([4.0, 2.0, 1.0, 3.0], [0.1] * 4, [2, 4], [5.0, 6.0]).plot()
    assert lines(ax) == {
        "one batch": ([0.5, 1.0, 1.5, 2.0], [4.0, 2.0, 1.0, 3.0]),
        "mean of an epoch": ([1.0, 2.0], [3.0, 2.0]),
        "validation": ([1.0, 2.0], [5.0, 6.0]),
    }
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "linear")


def test_metrics_are_drawn_on_a_scale_of_their_own() -> None:
    metrics = {"accuracy": [0.5, 0.75], "recall": [0.1, 0.2]}
    ax = History([4.0, 2.0, 1.0, 3.0], [0.1] * 4, [2, 4], [5.0, 6.0], metrics).plot()
    (right,) = [part for part in ax.figure.axes if part is not ax]
    assert lines(right) == {
        "accuracy": ([1.0, 2.0], [0.5, 0.75]),
        "recall": ([1.0, 2.0], [0.1, 0.2]),
    }
    assert right.get_ylabel() == "accuracy, recall"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "one batch",
        "mean of an epoch",
        "validation",
        "accuracy",
        "recall",
    ]
    assert len(History([4.0, 2.0], [0.1] * 2, [1, 2]).plot().figure.axes) == 1


def test_curves_may_be_arrays() -> None:
    given = np.array([4.0, 2.0, 1.0, 3.0]), np.array([2, 4]), np.array([5.0, 6.0])
    ax = plots.loss_curves(*given, metrics={"m": np.array([0.5, 1.0])})
    assert lines(ax)["validation"] == ([1.0, 2.0], [5.0, 6.0])


def test_curve_without_a_whole_epoch_counts_updates() -> None:
    ax = plots.loss_curves([4.0, 2.0])
    assert lines(ax) == {"one batch": ([1.0, 2.0], [4.0, 2.0])}
    assert ax.get_xlabel() == "update"


@pytest.mark.parametrize(
    "losses, scale",
    [
        ([100.0, 1.0], "log"),
        ([5.0, 1.0], "linear"),
        ([100.0, 0.0], "linear"),
        ([-9.0, 1.0], "linear"),
    ],
)
def test_scale_is_logarithmic_where_the_loss_falls_far(losses: list[float], scale: str) -> None:
    assert plots.loss_curves(losses).get_yscale() == scale


@settings(max_examples=15)
@given(st.lists(st.floats(-1e9, 1e9) | st.sampled_from(SPECIAL), max_size=9), st.integers(0, 4))
def test_curves_of_any_numbers_are_drawn(losses: list[float], epochs: int) -> None:
    ends = sorted({len(losses) * (i + 1) // 4 for i in range(epochs)} - {0})
    ax = plots.loss_curves(losses, ends)
    ax.figure.canvas.draw()
    pyplot.close(ax.figure)


def test_history_of_an_interrupted_training_is_drawn() -> None:
    History([], stopped="interrupted").plot().figure.canvas.draw()


# ------ boundary


def test_the_boundary_lies_where_the_score_changes_sign() -> None:
    data = [([0.0, 0.0], -1), ([1.0, 1.0], 1)]
    ax = plots.decision_boundary(lambda x: 2.0 * x[0] - 0.8, data, resolution=41)
    border = [path for c in ax.collections for path in c.get_paths() if is_black(c)]
    xs = [x for path in border for x, _ in path.vertices]
    assert xs
    assert all(math.isclose(x, 0.4, abs_tol=1e-9) for x in xs)


def is_black(collection: Any) -> bool:
    return [tuple(c) for c in collection.get_edgecolor()] == [to_rgba("black")]


def test_regions_of_several_classes_in_the_colours_of_their_points() -> None:
    model = network().eval()
    ax = plots.decision_boundary(model, CORNERS, resolution=15, names=["a", "b", "c"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    drawn = {tuple(x for point in zip(*line.get_data()) for x in point) for line in ax.lines}
    assert drawn == {(0.0, 0.0, 1.0, 1.0), (0.0, 1.0, 1.0, 0.0)}
    assert len({line.get_marker() for line in ax.lines}) == 2


@pytest.mark.parametrize(
    "names", [np.array(["a", "b", "c"]), ("a", "b", "c"), iter(["a", "b", "c"])]
)
def test_names_of_classes_may_be_an_array(names: Any) -> None:
    ax = plots.decision_boundary(network().eval(), CORNERS, resolution=5, names=names)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_too_few_names_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 names, one for each class, got 1"):
        plots.decision_boundary(network(), CORNERS, resolution=3, names=["a"])


def test_a_threshold_is_for_a_lone_score() -> None:
    with pytest.raises(ValueError, match="a threshold is for a lone score, got 3 scores"):
        plots.decision_boundary(network(), CORNERS, resolution=3, threshold=0.5)


def test_the_model_is_looked_at_in_evaluation_mode() -> None:
    modes = set()

    class Watched(Linear):
        def __call__(self, x: Any) -> Any:
            modes.add(self.training)
            return super().__call__(x)

    model = Watched(2, 2)
    plots.decision_boundary(model, CORNERS, resolution=3)
    assert modes == {False}
    assert model.training


@pytest.mark.parametrize(
    "output", [math.nan, math.inf, 0.0, 7.0, [math.nan, 1.0], [2.0, 2.0], [-math.inf, 1.0]], ids=str
)
def test_a_model_that_says_the_same_everywhere_is_drawn(output: Any) -> None:
    data = [([0.0, 0.0], 0), ([1.0, 2.0], 1)]
    ax = plots.decision_boundary(lambda x: output, data, resolution=4)
    ax.figure.canvas.draw()
    assert len(ax.lines) == 2


def test_one_point_alone_has_a_plane_around_it() -> None:
    ax = plots.decision_boundary(lambda x: x[0], [([3.0, 4.0], 1)], resolution=4)
    assert ax.get_xlim()[0] < 3.0 < ax.get_xlim()[1]


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0], 4.0])
def test_inputs_that_are_no_points_of_a_plane_are_refused(x: Any) -> None:
    with pytest.raises(ValueError, match="a plane needs inputs of two numbers, sample 0 has"):
        plots.decision_boundary(Linear(1, 1), [(x, 0)])


# ------ images


def test_templates_stand_side_by_side_in_their_shape() -> None:
    weights = [[Value(float(10 * k + i)) for i in range(6)] for k in range(3)]
    ax = plots.templates(weights, (2, 3), columns=2)
    sheet = ax.images[0].get_array().filled(math.nan).tolist()
    nan = math.nan
    expected = [
        [0, 1, 2, nan, 10, 11, 12],
        [3, 4, 5, nan, 13, 14, 15],
        [nan] * 7,
        [20, 21, 22, nan, nan, nan, nan],
        [23, 24, 25, nan, nan, nan, nan],
    ]
    assert repr(sheet) == repr([[float(x) for x in row] for row in expected])
    assert ax.images[0].get_clim() == (-25.0, 25.0)


@settings(max_examples=20)
@given(height=st.integers(1, 4), width=st.integers(1, 4), count=st.integers(0, 20))
def test_templates_need_as_many_weights_as_pixels(height: int, width: int, count: int) -> None:
    if count == height * width:
        plots.templates([[0.0] * count], (height, width))
    else:
        wanted = f"expected {height} × {width} = {height * width} weights .* got {count}"
        with pytest.raises(ValueError, match=wanted):
            plots.templates([[0.0] * count], (height, width))
    pyplot.close("all")


@pytest.mark.parametrize("weight", [0.0, math.nan, math.inf])
def test_templates_of_weights_without_a_size_are_drawn(weight: float) -> None:
    plots.templates([[weight] * 4], (2, 2)).figure.canvas.draw()


def test_confusion_writes_counts_rows_true_columns_predicted() -> None:
    ax = plots.confusion([[3, 1], [0, 2]], names=["cat", "dog"])
    written = {(t.get_position(), t.get_text()) for t in ax.texts}
    assert written == {((0, 0), "3"), ((1, 0), "1"), ((1, 1), "2")}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


# ------ histograms


def test_activations_layer_by_layer_with_the_share_of_zeros() -> None:
    model = Sequential(Linear(1, 1, bias=False), ReLU())
    model[0].weight[0][0].data = 1.0
    ax = plots.activation_histograms(model, [([float(x)], 0) for x in (-3, -2, -1, 4)])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layers.0 Linear", "layers.1 ReLU"]
    assert [t.get_text() for t in ax.texts] == ["", "75% zero"]


def test_bars_count_the_numbers_that_are_not_zero() -> None:
    model = Linear(1, 1, bias=False)
    model.weight[0][0].data = 1.0
    ax = plots.activation_histograms(model, [([x], 0) for x in (1.0, 1.0, 2.0, 0.0)])
    heights = ax.patches[0].get_data().values
    highest = max(heights)
    assert [h for h in heights if h] == [highest, highest / 2]


def test_gradients_by_their_size_layer_by_layer() -> None:
    model = MLP(1, [2, 1])
    for i, parameter in enumerate(model.parameters()):
        parameter.grad = 0.0 if i == 0 else -(10.0**-i)
    ax = plots.gradient_histograms(model)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layers.0 Layer", "layers.1 Layer"]
    assert [t.get_text() for t in ax.texts] == ["25% zero", ""]
    edges = ax.patches[0].get_data().edges
    assert (edges[0], edges[-1]) == pytest.approx((-6.0, -1.0))


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_numbers_that_are_not_finite_are_told_in_words(bad: float) -> None:
    model = Linear(1, 2)
    model.parameters()[0].grad = bad
    ax = plots.gradient_histograms(model)
    assert ax.texts[0].get_text() == "75% zero, 1 not finite"


# ------ paths


def test_paths_over_the_contour_lines() -> None:
    ax = plots.optimizer_paths(bowl, PATHS, resolution=20)
    found = lines(ax)
    assert found["SGD"] == ([3.0, 1.0, 0.0], [1.0, -0.5, 0.1])
    assert found["Adam"] == ([3.0, 2.0], [1.0, 0.0])
    assert ax.get_xlim()[0] < 0.0 and ax.get_xlim()[1] > 3.0


def test_function_of_values_is_drawn_too_within_the_bounds_given() -> None:
    ax = plots.optimizer_paths(
        lambda x, y: Value(x) * x + y, PATHS, bounds=((-5.0, 5.0), (-2.0, 2.0)), resolution=9
    )
    assert (ax.get_xlim(), ax.get_ylim()) == ((-5.0, 5.0), (-2.0, 2.0))


def test_bounds_may_be_an_array() -> None:
    ax = plots.optimizer_paths(
        bowl, PATHS, bounds=np.array([[-5.0, 5.0], [-2.0, 2.0]]), resolution=5
    )
    assert tuple(ax.get_xlim()) == (-5.0, 5.0)


def test_numbers_may_be_numpy_scalars() -> None:
    ax = plots.optimizer_paths(lambda x, y: np.float64(x * x + y), PATHS, resolution=5)
    assert set(PATHS) <= set(lines(ax))
    ax = plots.decision_boundary(lambda x: np.float64(x[0] - 0.4), CORNERS, resolution=5)
    assert len(ax.lines) == 2
    plots.templates([np.array([1.0, 2.0, 3.0, 4.0])], (2, 2))


def test_function_without_a_value_in_places_is_drawn() -> None:
    ax = plots.optimizer_paths(lambda x, y: sg.log(x - 1.0) / sg.square(y), PATHS, resolution=9)
    ax.figure.canvas.draw()
    assert set(PATHS) <= set(lines(ax))


def test_constant_function_has_no_lines_but_paths() -> None:
    ax = plots.optimizer_paths(lambda x, y: 1.0, PATHS, resolution=5)
    ax.figure.canvas.draw()
    assert set(PATHS) <= set(lines(ax))


# ------ all together


def test_a_training_is_seen() -> None:
    model = network()
    data = [(x, y) for x, y in CORNERS]
    history = fit(model, cross_entropy, data, SGD(model, 0.1), 3, progress=False)
    assert len(lines(history.plot())["mean of an epoch"][0]) == 3
    line = Linear(1, 1)
    history = fit(line, squared_error, [([1.0], 1.0)], SGD(line, 0.1), 1, progress=False)
    history.plot().figure.canvas.draw()
