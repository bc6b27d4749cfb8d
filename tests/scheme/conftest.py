"""The two packs of the practice fund."""

from __future__ import annotations

import pytest

from portal.scheme.pack import Pack, load_packs


@pytest.fixture(scope="session")
def nhima() -> Pack:
    return load_packs(["zm-nhima"])["zm-nhima"]


@pytest.fixture(scope="session")
def napsa() -> Pack:
    return load_packs(["zm-napsa"])["zm-napsa"]
