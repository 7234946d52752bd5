"""`scalargrad demo` end to end, on the real digits, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import scalargrad
from scalargrad.nn import load
from scalargrad.shell import demo
from scalargrad.train import accuracy

image = pytest.importorskip("matplotlib.image")
for needed in demo.NEEDED:
    pytest.importorskip(needed)

# all 20 epochs take the pure engine a minute
OPTIONS, ACCURACY = ([], 0.96) if scalargrad.engine == "native" else (["--epochs", "3"], 0.9)


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
    assert ("a shorter run: --epochs 2" in finished.stdout) == (scalargrad.engine == "pure")


def test_demo_shows_a_progress_bar_with_the_loss(finished: Any) -> None:
    assert re.search(r"epoch (\d+)/\1: 100%.*loss=0\.\d+, rate=0\.\d+", finished.stderr)


def test_saved_model_reads_the_digits_as_the_demo_said(finished: Any, out: Path) -> None:
    model = demo.network([32])
    load(model, out / "digits-model.json")
    found = accuracy(model, demo.load_digits().test)
    assert f"test accuracy {found:.1%} " in finished.stdout


def test_plot_shows_two_curves(finished: Any, out: Path) -> None:
    pixels = image.imread(out / "digits-loss.png")
    assert pixels.shape[:2] == (480, 840)
    red, _, blue = (pixels[..., i] for i in range(3))
    # the curve of the batches is pale and thin, that of the epochs has the full colour
    epochs = (red < 0.01) & (abs(blue - 178 / 255) < 0.01)
    pale = (blue - red > 0.1) & (red > 0.3)
    assert epochs.sum() > 300
    assert pale.sum() > 3000


def test_digits_are_split_the_same_way_each_time_without_overlap() -> None:
    digits, again = demo.load_digits(), demo.load_digits()
    assert digits == again
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    pixels = [tuple(image) for image, _ in digits.train + digits.test]
    assert len(set(pixels)) == 1797
    assert {p for image in pixels for p in image} == {i / 16 for i in range(17)}
    assert {digit for _, digit in digits.test} == set(range(10))


def test_same_seed_trains_the_same_network(tmp_path: Path) -> None:
    saved = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        small = ("--epochs", "1", "--hidden", "2", "3", "--seed", seed)
        assert run("demo", *small, "--out", str(tmp_path / name)).returncode == 0
        saved.append(json.loads((tmp_path / name / "digits-model.json").read_text())["model"])
    assert saved[0] == saved[1] != saved[2]
    assert len(saved[0]) == 64 * 2 + 2 + 2 * 3 + 3 + 3 * 10 + 10


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_interrupted_demo_tests_and_saves_what_it_has(tmp_path: Path) -> None:
    strike = """
import signal
from scalargrad.shell import demo
# a run in the background inherits that interrupts are ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
fit = demo.fit
def struck(*args, **named):
    strike = lambda run: run.updates == 50 and signal.raise_signal(signal.SIGINT)
    return fit(*args, **named, on_update=[strike])
demo.fit = struck
"""
    result = run("demo", "--hidden", "3", "--out", str(tmp_path), before=strike)
    assert result.returncode == 0, result.stderr
    assert "interrupted after 1 of 20 epochs" in result.stdout
    assert "test accuracy" in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"digits-model.json", "digits-loss.png"}


# ------ what can go wrong


def test_missing_extra_names_the_cure() -> None:
    result = run("demo", before="sys.modules['sklearn'] = sys.modules['tqdm'] = None")
    assert result.returncode == 1
    assert result.stderr == (
        "scalargrad demo: the demo needs scikit-learn, tqdm: pip install scikit-learn tqdm\n"
    )


def test_folder_that_cannot_be_made_is_an_error_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("demo", "--out", str(tmp_path / "file"))
    assert result.returncode == 1
    assert result.stderr.startswith("scalargrad demo: ")
    assert "file" in result.stderr
    assert "training" not in result.stderr


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
