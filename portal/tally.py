"""
What a process has done since it last wrote it down: messages sent, exchanges with the core, by name.

A worker adds it to the table `tally` at the end of each job, so that the figures are those of all workers on all
machines and survive a start.  A worker that is killed loses the figures of one job, nothing else.
"""

from __future__ import annotations

from collections import Counter

_done: Counter[str] = Counter()


def count(name: str, by: int = 1) -> None:
    """Note that it happened.  *name* is one of a few fixed ones, parts divided by ``/``; never a person's."""
    _done[name] += by


def take() -> dict[str, int]:
    """What was noted since the last time, which is forgotten here."""
    taken = dict(_done)
    _done.clear()
    return taken
