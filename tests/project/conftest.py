"""The site, built once for all tests of it."""

from __future__ import annotations

import pytest

from tests.support import site as sites
from tests.support.browser import missing


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[sites.Path, str]:
    """Where the site is, and why Play is not in it, or ""."""
    out = tmp_path_factory.mktemp("docs") / "html"
    reason = sites.whole(out)
    if reason:
        plain = sites.sphinx("html", out)
        assert plain.returncode == 0, plain.stderr
    return out, reason


@pytest.fixture(scope="session")
def site(built: tuple[sites.Path, str]) -> sites.Path:
    return built[0]


@pytest.fixture(scope="session")
def site_with_play(built: tuple[sites.Path, str]) -> sites.Path:
    out, reason = built
    if sites.on_pure():
        pytest.skip(reason)
    if reason:
        missing(reason)
    return out
