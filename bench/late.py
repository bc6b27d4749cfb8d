"""Late charges of a whole fund in one process: 1.2 million charges, most of them paid in parts."""

from __future__ import annotations

from datetime import date

import numpy as np

from bench import Measure
from bench._stage import milliseconds
from portal.scheme.late import late_charges_on
from portal.scheme.lateness.bulk import Charges, LateColumns, late_charges_of
from portal.scheme.pack import load_packs

CHARGES = 1_200_000
ON = date(2026, 3, 20)
#: So many charges are also worked out alone: both ways have to agree.
CHECKED = 2_000
#: A penalty for each month begun, each rounded; annual interest with slabs; days of the month of payment.
PACKS = ("zm-napsa", "in-epf", "sg-cpf")


def measures() -> list[Measure]:
    """Each kind of rule over the same charges, one charge alone, and how many of those checked differ."""
    charges = charges_paid_in_parts(CHARGES)
    packs = load_packs(PACKS)
    found = []
    wrong = 0
    for id in PACKS:
        pack, kept = packs[id], list[LateColumns]()
        took = milliseconds(lambda pack=pack, kept=kept: kept.append(late_charges_of(pack, charges, ON)))
        found.append(
            Measure(f"late charges of {CHARGES:,} charges with part payments, {pack.short_name}", took, 15_000)
        )
        places = np.arange(0, CHARGES, CHARGES // CHECKED)
        alone = [late_charges_on(pack, history, ON).amount for _place, history in charges.histories(places)]
        wrong += int((kept[0].amount[places] != np.array(alone)).sum())
    histories = [history for _place, history in charges.histories(np.arange(1_000))]
    took = milliseconds(lambda: [late_charges_on(packs["zm-napsa"], history, ON) for history in histories])
    found.append(Measure("late charges of one charge, without its steps", took, 1_000, "µs"))
    found.append(Measure(f"amounts that differ between all at once and one alone, of {CHECKED} each", wrong, 0, ""))
    return found


def charges_paid_in_parts(count: int) -> Charges:
    """Charges of three years: a third not paid, the others in one to three parts, some with a law's difference."""
    chance = np.random.default_rng(20260320)
    months = chance.integers(0, 36, count)
    due = np.array([date(2023 + month // 12, month % 12 + 1, 10).toordinal() for month in range(36)])[months]
    amount = chance.integers(50_00, 20_000_00, count)
    of, day, moved = [np.arange(count)], [due - 8], [amount]
    open_now = amount.copy()
    for part in range(3):
        pays = np.flatnonzero(chance.random(count) < (0.66, 0.4, 0.3)[part])
        paid = open_now[pays] if part == 2 else open_now[pays] // 2
        of.append(pays)
        day.append(due[pays] + chance.integers(0, 120, len(pays)) + 120 * part - 30)
        moved.append(-paid)
        open_now[pays] -= paid
    more = np.flatnonzero(chance.random(count) < 0.01)
    of.append(more)
    day.append(due[more] + 200)
    moved.append(np.full(len(more), 12_34))
    columns = (np.concatenate(each) for each in (of, day, moved))
    posted = np.concatenate([np.zeros(sum(map(len, of)) - len(more), dtype=bool), np.ones(len(more), dtype=bool)])
    return Charges(due, *columns, posted)


if __name__ == "__main__":
    for measure in measures():
        print(measure)
