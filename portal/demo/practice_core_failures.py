"""The ways in which the practice core can be told to fail."""

from __future__ import annotations

import threading
from dataclasses import dataclass

#: "down" (503), "slow", "rate_limited" (429) and "unauthorized" (401) count requests, "applied_then_…" requests that
#: write, and the last two mutations.
MODES = (
    "down",
    "slow",
    "rate_limited",
    "unauthorized",
    "applied_then_500",
    "applied_then_no_answer",
    "refuse_receipt",
    "log_stays_received",
)


@dataclass
class Plan:
    """Let *after* pass, then fail *times* (None: until told otherwise), each after *seconds*."""

    times: int | None
    after: int
    seconds: float


class Failures:
    """How the practice core was told to fail, and how often still."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._lock = threading.Lock()

    def plan(self, mode: str, times: int | None = None, after: int = 0, seconds: float = 0) -> None:
        """From now on fail in this way.  "none" ends all of them, and *times* 0 ends one."""
        with self._lock:
            if mode == "none":
                self._plans.clear()
            elif times == 0:
                self._plans.pop(mode, None)
            else:
                self._plans[mode] = Plan(times, after, seconds)

    def take(self, mode: str) -> Plan | None:
        """The plan by which to fail in this way now, if any; counts it."""
        with self._lock:
            plan = self._plans.get(mode)
            if plan is None or plan.after > 0:
                if plan:
                    plan.after -= 1
                return None
            if plan.times is not None:
                plan.times -= 1
                if plan.times <= 0:
                    del self._plans[mode]
            return plan

    def shown(self) -> dict[str, int | None]:
        """How often still, by the way of failing."""
        with self._lock:
            return {mode: plan.times for mode, plan in self._plans.items()}
