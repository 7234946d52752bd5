"""`scalargrad demo` end to end, on the real digits, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import scalargrad
from scalargrad.nn import load
from scalargrad.shell import demo, digits
from scalargrad.train import accuracy

image = pytest.importorskip("matplotlib.image")
for needed in demo.NEEDED:
    pytest.importorskip(needed)

OPTIONS, ACCURACY = ([], 0.96) if scalargrad.engine == "native" else (["--epochs", "5"], 0.9)
WRITTEN = {"digits-model.json", "digits.png"}


def run(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"import sys; {before}\nfrom scalargrad.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


@pytest.fixture(scope="module")
def out(tmp_path_factory: Any) -> Path:
    return Path(tmp_path_factory.mktemp("demo")) / "made" / "here"


@pytest.fixture(scope="module")
def finished(out: Path) -> Any:
    return run("demo", *OPTIONS, "--out", str(out))


def test_demo_prints_a_good_test_accuracy_and_the_engine(finished: Any) -> None:
    assert finished.returncode == 0, finished.stderr
    found = re.search(r"^test accuracy ([\d.]+)% of 360 images$", finished.stdout, re.MULTILINE)
    assert found is not None
    assert float(found[1]) / 100 >= ACCURACY
    assert f"on the {scalargrad.engine} engine" in finished.stdout


def test_demo_compares_graphs_with_a_program(finished: Any) -> None:
    found = re.search(
        r"^eager: +([\d,]+) images in [\d.]+ s: ([\d,]+) nodes built, ([\d,]+) local gradients$",
        finished.stdout,
        re.MULTILINE,
    )
    assert found is not None
    images, nodes, edges = (int(text.replace(",", "")) for text in found.groups())
    assert (nodes / images, edges / images) == (84, 2789)
    found = re.search(
        r"^compiled: +[\d,]+ images in .* ([\d.]+) × as fast, the same losses$",
        finished.stdout,
        re.MULTILINE,
    )
    assert found is not None
    assert float(found[1]) > 1.0


def test_demo_says_how_far_it_is(finished: Any) -> None:
    assert re.search(r"^epoch (\d+)/\1: loss=0\.\d+ rate=[\d.]+$", finished.stderr, re.MULTILINE)


def test_nothing_controls_the_terminal_in_a_pipe(finished: Any) -> None:
    assert all(x.isprintable() or x == "\n" for x in finished.stdout + finished.stderr)


def test_demo_draws_images_with_what_the_network_reads(finished: Any, out: Path) -> None:
    model = digits.network([32])
    load(model, out / "digits-model.json")
    examples = digits.load_digits().test
    readings = demo.read(model, examples)
    assert demo.shown(readings) in finished.stdout
    wrong = [(guess, digit) for (_, digit), guess in readings if guess != digit]
    assert f"{len(wrong)} that it reads wrongly" in finished.stdout
    assert f"{wrong[0][0]}, not {wrong[0][1]}" in finished.stdout
    assert finished.stdout.count("█") > 100


def test_demo_ends_with_commands_that_run(finished: Any, tmp_path: Path) -> None:
    commands = [x.strip() for x in finished.stdout.splitlines() if x.startswith("  scalargrad ")]
    explain, again = (shlex.split(x)[1:] for x in commands)
    assert run(*(x for x in explain if x != "--open"), before=moved(tmp_path)).returncode == 0
    assert run(*again, "--epochs", "1", before=moved(tmp_path)).returncode == 0
    assert {x.name for x in tmp_path.iterdir()} == {"neuron.html", *WRITTEN}


def moved(folder: Path) -> str:
    return f"import os; os.chdir({str(folder)!r})"


def test_saved_model_reads_the_digits_as_the_demo_said(finished: Any, out: Path) -> None:
    model = digits.network([32])
    load(model, out / "digits-model.json")
    found = accuracy(model, digits.load_digits().test)
    assert f"test accuracy {found:.1%} " in finished.stdout


def test_picture_shows_curves_images_and_templates(finished: Any, out: Path) -> None:
    pixels = image.imread(out / "digits.png")
    height, width = pixels.shape[:2]
    assert (height, width) == (864, 1560)
    red, green, blue = (pixels[..., i] for i in range(3))
    is_blue = (red < 0.01) & (abs(blue - 178 / 255) < 0.01)
    is_orange = (red > 0.8) & (abs(green - 94 / 255) < 0.01) & (blue < 0.01)
    for half in (slice(0, height // 2), slice(height // 2, height)):
        assert is_blue[half, : width // 2].sum() > 300
        assert is_orange[half, : width // 2].sum() > 300
    images = (red == green) & (green == blue) & (red < 0.95)
    assert images[: height * 2 // 5, width // 2 :].sum() > 20_000
    templates = abs(red - blue) > 0.2
    assert templates[height // 2 :, width // 2 :].sum() > 10_000


def test_digits_are_split_the_same_way_each_time_without_overlap() -> None:
    images, again = digits.load_digits(), digits.load_digits()
    assert images == again
    assert (len(images.train), len(images.test)) == (1437, 360)
    pixels = [tuple(image) for image, _ in images.train + images.test]
    assert len(set(pixels)) == 1797
    assert {p for image in pixels for p in image} == {i / 16 for i in range(17)}
    assert {digit for _, digit in images.test} == set(range(10))


def test_same_seed_trains_the_same_network(tmp_path: Path) -> None:
    saved = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        small = ("--epochs", "1", "--hidden", "2", "3", "--seed", seed)
        assert run("demo", *small, "--out", str(tmp_path / name)).returncode == 0
        saved.append(json.loads((tmp_path / name / "digits-model.json").read_text())["model"])
    assert saved[0] == saved[1] != saved[2]
    assert len(saved[0]) == 64 * 2 + 2 + 2 * 3 + 3 + 3 * 10 + 10


STRIKE = """
import signal
from scalargrad.shell import digits
# a run in the background inherits that interrupts are ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
fit = digits.fit
def struck(*args, **named):
    def strike(run):
        if run.updates == UPDATE and named["compile"] is COMPILED:
            signal.raise_signal(signal.SIGINT)
    return fit(*args, **{**named, "on_update": [*named.get("on_update", ()), strike]})
digits.fit = struck
"""


def struck_at(update: int, compiled: bool) -> str:
    """Code for a Ctrl-C after so many updates of the compiled or of the eager training."""
    return STRIKE.replace("UPDATE", str(update)).replace("COMPILED", str(compiled))


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_interrupted_demo_tests_and_saves_what_it_has(tmp_path: Path) -> None:
    strike = struck_at(50, compiled=True)
    result = run("demo", "--hidden", "3", "--out", str(tmp_path), before=strike)
    assert result.returncode == 0, result.stderr
    assert "interrupted after 1 of 20 epochs" in result.stdout
    model = digits.network([3])
    load(model, tmp_path / "digits-model.json")
    assert f"test accuracy {accuracy(model, digits.load_digits().test):.1%} " in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_demo_interrupted_at_its_start_ends_in_one_line(tmp_path: Path) -> None:
    result = run("demo", "--out", str(tmp_path), before=struck_at(2, compiled=False))
    assert (result.returncode, result.stderr) == (130, "scalargrad demo: interrupted\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_demo_interrupted_in_its_first_epoch_keeps_the_model_of_before(tmp_path: Path) -> None:
    (tmp_path / "digits-model.json").write_text("trained before")
    result = run("demo", "--out", str(tmp_path), before=struck_at(2, compiled=True))
    assert result.returncode == 130
    assert result.stderr.endswith("scalargrad demo: interrupted\n")
    assert "compiled:" not in result.stdout
    assert [path.read_text() for path in tmp_path.iterdir()] == ["trained before"]


# ------ what can go wrong


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "scalargrad", "demo", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.close()
    _, errors = program.communicate()
    assert (program.returncode, errors) == (0, b"")


def test_missing_extra_names_the_cure() -> None:
    result = run("demo", before="sys.modules['matplotlib'] = sys.modules['tqdm'] = None")
    assert result.returncode == 1
    assert result.stderr == (
        "scalargrad demo: the demo needs matplotlib, tqdm: pip install matplotlib tqdm\n"
    )


def test_folder_that_cannot_be_made_is_an_error_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("demo", "--out", str(tmp_path / "file"))
    assert result.returncode == 1
    assert result.stderr.startswith("scalargrad demo: ")
    assert "file" in result.stderr
    assert "eager" not in result.stdout


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_folder_that_cannot_be_written_is_an_error_before_training(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    result = run("demo", "--out", str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert "Permission denied" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["train"],
        ["demo", "--epochs", "0"],
        ["demo", "--epochs", "two"],
        ["demo", "--hidden"],
        ["demo", "--hidden", "-3"],
        ["demo", "--unknown"],
    ],
    ids=" ".join,
)
def test_wrong_command_prints_usage_and_exits_with_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage: scalargrad" in result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"]], ids=" ".join)
def test_help_goes_to_stdout(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("usage: scalargrad")


# ------ the data


def test_a_fifth_of_the_images_is_held_out_every_digit_in_proportion() -> None:
    train, test = digits.load_digits()
    assert (len(train), len(test)) == (1437, 360)
    learnt, held = (Counter(digit for _, digit in part) for part in (train, test))
    assert set(learnt) == set(range(10))
    assert all(abs(learnt[digit] / 4 - held[digit]) <= 1 for digit in range(10))


def test_the_images_are_those_of_the_data_set_each_once() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    theirs = [(tuple(image), digit) for image, digit in zip((images / 16).tolist(), labels)]
    ours = [(tuple(image), digit) for part in digits.load_digits() for image, digit in part]
    assert sorted(ours) == sorted(theirs)
