"""A worked example of a pack: what is put in, and what has to come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What a test can be about; the shapes of inputs and results are those of the published test vectors.
CATEGORIES = (
    "contribution", "penalty", "interest", "due_date", "eligibility", "calendar", "allocation", "waiver", "rounding",
    "parameter", "file_format", "instalment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a pack; only what is *expected* is compared."""

    id: str
    category: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
