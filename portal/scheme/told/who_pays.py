"""Who would pay what under two versions of a pack: the same people, the same month, both rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.given import asked_of
from portal.scheme.cases.run import fault_in_words
from portal.scheme.money import Minor
from portal.words import Amount, Words, _

#: What a row may call the person; the first that is filled in names them.
_NAMES = ("name", "number", "id")


@dataclass(frozen=True, slots=True)
class Pays:
    """The two shares of one person, in minor units; *why* there are none."""

    employer: Minor = 0
    employee: Minor = 0
    why: Words | None = None

    @property
    def total(self) -> Minor:
        """Both together."""
        return self.employer + self.employee


@dataclass(frozen=True, slots=True)
class Compared:
    """One person of the roster under both rules."""

    name: str
    before: Pays
    after: Pays

    @property
    def fails(self) -> bool:
        """Whether one of the two could not be worked out."""
        return self.before.why is not None or self.after.why is not None

    @property
    def changes(self) -> bool:
        """Whether the person or the employer pays something else."""
        return not self.fails and self.before != self.after


def compared(
    old: Pack, new: Pack, month: str, rows: Iterable[Mapping[str, str]], common: Mapping[str, Any]
) -> Iterable[Compared]:
    """
    Every row of a roster under both packs.

    A column with the name of a pay component is pay, *days* are days worked, any other says something
    about the person.  *common*: what is said of the employer and chosen, the same for all.
    """
    for number, row in enumerate(rows, 1):
        filled = {
            key.strip(): cell.strip() for key, cell in row.items() if key and isinstance(cell, str) and cell.strip()
        }
        name = next((filled[key] for key in _NAMES if key in filled), str(number))
        before, after = (_pays(pack, {**common, "month": month, **_person(pack, filled)}) for pack in (old, new))
        yield Compared(name, before, after)


def _person(pack: Pack, filled: Mapping[str, str]) -> dict[str, Any]:
    pay = {code: filled[code] for code in pack.components if code in filled}
    said = {key: value for key, value in filled.items() if key not in pay and key != "days"}
    days = {"days": filled["days"]} if "days" in filled else {}
    return {"earnings": pay, "person": said, **days}


def _pays(pack: Pack, inputs: Mapping[str, Any]) -> Pays:
    try:
        found = asked_of(pack, inputs).shares()
    except Exception as fault:
        # Whatever stands in one row, the others are worked out.
        return Pays(why=fault_in_words(fault))
    if found.employer is None or found.employee is None:
        total = Amount(found.total, pack.currency.code, pack.currency.digits)
        return Pays(why=_("%(total)s in all; how it is shared is not known", total=total))
    return Pays(found.employer, found.employee)
