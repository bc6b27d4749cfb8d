"""What the portal promises in figures: each module here measures some of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One promise with what was measured.

    *figure* and *goal* are in *unit*; the promise is kept when the figure is no more than the goal.
    """

    name: str
    figure: int
    goal: int
    unit: str = "ms"

    @property
    def kept(self) -> bool:
        """Whether the figure stays within the goal."""
        return self.figure <= self.goal

    def __str__(self) -> str:
        verdict = "kept" if self.kept else "missed"
        return f"{self.name} | {self.figure} {self.unit} | {self.goal} {self.unit} | {verdict}"
