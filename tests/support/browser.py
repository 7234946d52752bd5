"""A headless Chromium for tests of pages, and what they ask of an open page.

Without Chromium or Playwright those tests are skipped by name; SCALARGRAD_REQUIRE_CHROMIUM=1
makes them fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def missing(what: str) -> NoReturn:
    if os.environ.get("SCALARGRAD_REQUIRE_CHROMIUM") == "1":
        pytest.fail(f"{what}, and SCALARGRAD_REQUIRE_CHROMIUM=1", pytrace=False)
    pytest.skip(what)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, as Playwright's Browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install playwright")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing("no chromium was found: apt-get install chromium")
    with sync_playwright() as driver:
        # without a sandbox, for root has none to give
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


PATIENCE = 30.0
"""Seconds to wait before a page is said not to answer: other work may hold the processor."""

TURN = "#step=0"
"""The address of the seed, where the way back begins."""


@contextmanager
def opened(browser: Any, path: Path, address: str = TURN, **options: Any) -> Iterator[Any]:
    """The page of a file, as Playwright's Page, at the turn unless an address says otherwise. On
    leaving, it must have logged no error and asked for nothing but its file."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url))
    page.goto(f"{path.as_uri()}{address}")
    yield page
    context.close()
    assert [x.partition("#")[0].partition("?")[0] for x in problems] == [path.as_uri()]


def wait_until(page: Any, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait, without code of ours inside the page: its security policy forbids that."""
    for _ in range(int(50 * seconds)):
        if holds():
            return
        page.wait_for_timeout(20)
    pytest.fail(f"waited {seconds} seconds in vain", pytrace=False)


# ------ what a page says, by the ids of its elements


def fragment(page: Any) -> str:
    """The address after the page's file, asked of the page: Playwright's `url` follows later."""
    return str(page.evaluate("location.hash"))


def text(page: Any, selector: str) -> str:
    """What a reader sees there, on one line, with plain minus signs."""
    return " ".join(page.inner_text(selector).split()).replace("−", "-")


def numbers(page: Any, selector: str) -> list[float]:
    """All numbers in there, in every digit: they stand in the titles."""
    found = page.locator(f"{selector} .number[title]")
    return [float(x) for x in found.evaluate_all("all => all.map(x => x.title)")]


def steps(page: Any) -> list[list[float]]:
    """Upstream, local, contribution and sum of every step, from the table of all steps."""
    if not page.locator("#all").evaluate("all => all.open"):
        page.click("#all summary")
        wait_until(page, lambda: page.locator("#steps tbody tr").count() > 0)
    flat = numbers(page, "#steps tbody")
    return [flat[i : i + 4] for i in range(0, len(flat), 4)]


def type_leaf(page: Any, name: str, value: str) -> None:
    field = page.get_by_label(f"Value of {name}", exact=True)
    field.fill(value)
    field.press("Enter")
