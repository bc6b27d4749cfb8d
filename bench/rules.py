"""
What is due on the pay of 100,000 people, from lists to columns of shares, and on that of one.

The same rules written for OpenFisca-core run beside, in an environment of its own below ``var/``: how long
they take, and by how much their floats miss the amount to the smallest coin.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import Measure
from bench._stage import middle, milliseconds
from config import ROOT
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.contribution import People, Shares, contribution_on, work_out
from portal.scheme.pack import find_pack, load_pack

PEOPLE = 100_000
ONES = 2_000
OPENFISCA = "OpenFisca-Core==46.0.1"
ENVIRONMENT = ROOT / "var" / "openfisca"
FEBRUARY = date(2026, 2, 1)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme to measure: its pack, the month, the component it counts, and the time it may take (ms)."""

    name: str
    pack: Pack
    month: Month
    component: str
    goal: int
    told: str


def schemes() -> list[Scheme]:
    """Five flat rates, tiers of pay, and rates by age with a taper and rounded totals."""
    return [
        Scheme("nepal", _pack("np-ssf"), Month(2082, 10), "basic", 300, "Nepal's five branches"),
        Scheme("kenya", _pack("ke-nssf"), Month(2026, 2), "pensionable", 600, "Kenya's tiers"),
        Scheme("singapore", _pack("sg-cpf"), Month(2026, 2), "ordinary", 600, "Singapore's bands by age"),
    ]


def _pack(id: str) -> Pack:
    return load_pack(find_pack(id))


def drawn() -> tuple[list[int], list[int]]:
    """Pay in the smallest coin and days of birth, the same at every run."""
    draw = random.Random(2026)
    pay = [draw.randrange(0, 200_000_00) for _number in range(PEOPLE)]
    first, last = date(1950, 1, 1).toordinal(), date(2007, 12, 31).toordinal()
    return pay, [draw.randrange(first, last) for _number in range(PEOPLE)]


def measures() -> Iterator[Measure]:
    """Each scheme for everybody and for one, then what OpenFisca makes of the same people."""
    pay, born = drawn()
    found: dict[str, Shares] = {}
    for scheme in schemes():
        everybody = partial(work_out, scheme.pack, scheme.month, People({scheme.component: pay}, birth=born))
        took = middle([milliseconds(everybody) for _time in range(5)])
        yield Measure(f"{scheme.told}, {PEOPLE:,} people", took, scheme.goal)
        yield Measure(f"{scheme.told}, one person", microseconds(partial(_each, scheme, pay, born)) // ONES, 100, "µs")
        found[scheme.name] = everybody()
    for line in beside(pay, born, found):
        print(line, flush=True)


def _each(scheme: Scheme, pay: list[int], born: list[int]) -> None:
    """Some of the people, one after the other."""
    for number in range(ONES):
        contribution_on(scheme.pack, scheme.month, {scheme.component: pay[number]}, birth=born[number])


def microseconds(action: Callable[[], object]) -> int:
    """How long *action* takes at its best of three, in whole microseconds."""
    found = []
    for _time in range(3):
        began = time.perf_counter_ns()
        action()
        found.append((time.perf_counter_ns() - began) // 1_000)
    return min(found)


def beside(pay: list[int], born: list[int], found: dict[str, Shares]) -> Iterator[str]:
    """OpenFisca's time and its cents of error, or why it could not be asked."""
    python = environment()
    if python is None:
        yield f"{OPENFISCA} is not measured: it could not be installed below {ENVIRONMENT.relative_to(ROOT)}."
        return
    answer = asked(python, {"pay": pay, "age": [counted_age(day) for day in born]})
    for name, shares in found.items():
        theirs = answer[name]
        cents, people = difference(name, shares, theirs["shares"])
        yield (
            f"  beside it, {OPENFISCA.replace('==', ' ')}: {name} | {theirs['ms']} ms | off by {cents:,} cents in all,"
            f" for {people:,} of {PEOPLE:,} people"
        )


def environment() -> Path | None:
    """The Python that has OpenFisca, made when first asked for; None where it cannot be installed."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=False)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OPENFISCA]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return python if done.returncode == 0 else None


def asked(python: Path, people: dict[str, list[int]]) -> Any:
    """What the other rules answer."""
    with TemporaryDirectory() as folder:
        given, kept = Path(folder, "people.json"), Path(folder, "shares.json")
        given.write_text(json.dumps(people))
        subprocess.run([str(python), str(ROOT / "bench" / "_openfisca.py"), str(given), str(kept)], check=True)
        return json.loads(kept.read_text())


def counted_age(born: int) -> int:
    """The age that counts in February 2026: a new one from the month after the birthday."""
    day = date.fromordinal(born)
    return ((FEBRUARY.year - day.year) * 12 + FEBRUARY.month - day.month - 1) // 12


def difference(name: str, ours: Shares, theirs: dict[str, list[int]]) -> tuple[int, int]:
    """How many cents all shares differ by, and for how many people one does."""
    columns = [(exact.tolist(), theirs[key]) for key, exact in pairs(name, ours)]
    off = [sum(abs(exact[place] - other[place]) for exact, other in columns) for place in range(PEOPLE)]
    return sum(off), sum(1 for one in off if one)


def pairs(name: str, ours: Shares) -> list[tuple[str, Any]]:
    """Our share beside the name of theirs."""
    if name == "singapore":
        return [("cpf_total", ours.total), ("cpf_employee", ours.employee)]
    if name == "kenya":
        return [(f"ke_{code}", ours.branch(code).employee) for code in ("tier1", "tier2")]
    return [
        ("np_provident", ours.branch("provident").employee),
        ("np_gratuity", ours.branch("gratuity").employer),
        ("np_medical", ours.branch("medical_maternity").employee),
        ("np_accident", ours.branch("accident_disability").employer),
        ("np_family", ours.branch("dependent_family").employer),
    ]
