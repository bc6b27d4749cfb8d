"""Two cores for the same stories: the practice core, and a real openIMIS on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config import ROOT, from_environment
from portal import installation
from portal.coverage.core_client import Core
from portal.demo.practice_core import PracticeCore
from portal.openimis.server import OpenImis

#: For tests of what both must do alike: the real one runs with `make test-core` only.
BOTH = [pytest.param("practice"), pytest.param("openimis", marks=pytest.mark.core)]


@pytest.fixture(scope="session")
def openimis() -> Iterator[str]:
    """The address of an openIMIS that knows nobody yet; put together when it is not there (two minutes, once)."""
    config = from_environment()
    installation.use(ROOT / "fund.toml")
    with OpenImis(config, fresh=True) as url:
        yield url


@pytest.fixture
def core(request: pytest.FixtureRequest) -> Iterator[Core]:
    """The core named by the test's parameter, as the portal speaks to it."""
    if request.param == "practice":
        with PracticeCore() as practice:
            yield Core(practice.url, "portal", "practice")
    else:
        yield Core(request.getfixturevalue("openimis"), "portal", "practice")
