"""The two packs of the practice fund."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.scheme.pack import Pack, load_packs


@pytest.fixture(scope="session")
def nhima() -> Pack:
    return load_packs(["zm-nhima"])["zm-nhima"]


@pytest.fixture(scope="session")
def napsa() -> Pack:
    return load_packs(["zm-napsa"])["zm-napsa"]


#: Every pack, every day of a century, a thousand questions: seconds each; `make test` runs them, `make fast` does not.
WIDE = {
    "test_calendars_own", "test_cases_late", "test_contribution_all_packs", "test_late_columns", "test_late_shapes",
    "test_more_vectors", "test_packfile_mistakes", "test_scheme_commands",
}  # fmt: skip


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A thousand questions are not even collected where what is wide is left out."""
    return True if collection_path.stem in WIDE and "not wide" in config.option.markexpr else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is wide."""
    for item in items:
        if item.path.stem in WIDE:
            item.add_marker(pytest.mark.wide)
