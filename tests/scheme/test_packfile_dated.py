"""Since when a value holds and since when it was known: late laws, provisional values, and gaps."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from portal.scheme.blocks.shares import ShareTerms
from portal.scheme.blocks.values import NotKnown, Series
from portal.scheme.pack import Pack
from tests.scheme.packs import WIDE, changed, mistakes_of, read

LAST = '[[branch.pension.employee]]\nfrom = 2018-01-01\nrate = "5 %"\nsource = "notice"\n'


def rates(pack: Pack) -> Series[ShareTerms]:
    series = pack.branch("pension").employee
    assert series is not None
    return series


def later(tmp_path: Path, *entries: str) -> Pack:
    text = "".join(f'\n[[branch.pension.employee]]\n{entry}\nsource = "notice"\n' for entry in entries)
    return read(changed(tmp_path, WIDE, (LAST, LAST + text)))


def test_a_law_of_the_28th_that_holds_from_the_1st_is_not_known_before(tmp_path: Path) -> None:
    pack = later(tmp_path, 'from = 2025-03-01\nknown = 2025-03-28\nrate = "6 %"')
    day = date(2025, 3, 10)
    assert rates(pack).value_at(day).rate == Fraction(6, 100)
    assert rates(pack).value_at(day, known_on=date(2025, 3, 27)).rate == Fraction(5, 100)
    assert rates(pack).value_at(day, known_on=date(2025, 3, 28)).rate == Fraction(6, 100)
    assert rates(pack).value_at(date(2025, 2, 28)).rate == Fraction(5, 100)


def test_each_later_law_is_kept_beside_what_was_believed_before(tmp_path: Path) -> None:
    pack = later(
        tmp_path,
        'from = 2025-03-01\nknown = 2025-03-28\nrate = "6 %"',
        'from = 2025-02-01\nto = 2025-04-30\nknown = 2025-05-15\nrate = "7 %"',
    )
    believed = {
        date(2025, 3, 1): [5, 5, 5, 5],
        date(2025, 4, 1): [5, 5, 6, 6],
        date(2025, 6, 1): [5, 7, 7, 6],
    }
    for known_on, expected in believed.items():
        found = [rates(pack).value_at(date(2025, month, 10), known_on).rate for month in (1, 2, 3, 5)]
        assert found == [Fraction(one, 100) for one in expected], known_on
    assert [day for day, _values in rates(pack).amended] == [date(2025, 3, 28), date(2025, 5, 15)]


def test_an_amendment_with_a_last_day_gives_back_to_what_it_covered(tmp_path: Path) -> None:
    pack = later(tmp_path, 'from = 2025-03-01\nto = 2025-03-31\nknown = 2025-03-28\nrate = "0 %"')
    days = [(dated.since, dated.until) for dated in rates(pack).values]
    assert days == [
        (date(2018, 1, 1), date(2025, 2, 28)),
        (date(2025, 3, 1), date(2025, 3, 31)),
        (date(2025, 4, 1), None),
    ]


def test_a_value_after_an_amendment_is_not_covered_by_it(tmp_path: Path) -> None:
    pack = later(tmp_path, 'from = 2025-03-01\nknown = 2025-03-28\nrate = "6 %"', 'from = 2026-01-01\nrate = "8 %"')
    assert rates(pack).value_at(date(2026, 1, 1)).rate == Fraction(8, 100)
    assert rates(pack).value_at(date(2025, 12, 31)).rate == Fraction(6, 100)
    assert rates(pack).value_at(date(2025, 12, 31), known_on=date(2025, 3, 1)).rate == Fraction(5, 100)


def test_an_amendment_that_leaves_a_hole_is_refused(tmp_path: Path) -> None:
    ended = LAST.replace("from = 2018-01-01", "from = 2018-01-01\nto = 2024-12-31")
    entry = '\n[[branch.pension.employee]]\nfrom = 2025-03-01\nknown = 2025-03-28\nrate = "6 %"\nsource = "act"\n'
    found = mistakes_of(changed(tmp_path, WIDE, (LAST, ended + entry)))
    assert ["from 1 January 2025 to 28 February 2025 there is no value" in one for one in found] == [True]


def test_nothing_was_known_before_the_first_value(tmp_path: Path) -> None:
    known = LAST.replace("from = 2018-01-01", "from = 2018-01-01\nknown = 2019-01-01")
    assert (
        "branch.pension.employee[1].known: nothing was known" in mistakes_of(changed(tmp_path, WIDE, (LAST, known)))[0]
    )


def test_a_provisional_value_goes_on_with_the_one_before_and_says_so(tmp_path: Path) -> None:
    ceiling = read(WIDE).branch("pension").ceiling
    assert ceiling is not None
    provisional = ceiling.at(date(2027, 5, 1))
    assert (provisional.value, provisional.provisional, provisional.source) == (
        30000_00, True, "The Act (https://example.org/act)",
    )  # fmt: skip


def test_a_gap_that_is_written_down_answers_with_the_rule_the_day_and_the_reason() -> None:
    ceiling = read(WIDE).branch("pension").ceiling
    assert ceiling is not None
    with pytest.raises(NotKnown) as gap:
        ceiling.at(date(2020, 6, 1))
    assert str(gap.value) == (
        "The ceiling of Pension is not known on 1 June 2020: the ceilings of 2019 and 2020 were not found"
    )
    assert ceiling.dated(date(2020, 6, 1)).at_most == 30000_00


def test_before_the_first_and_after_the_last_value_nothing_is_guessed(tmp_path: Path) -> None:
    ended = "[[branch.pension.ceiling]]\nfrom = 2026-01-01\nto = 2026-12-31\nprovisional = true"
    path = changed(tmp_path, WIDE, ("[[branch.pension.ceiling]]\nfrom = 2026-01-01\nprovisional = true", ended))
    ceiling = read(path).branch("pension").ceiling
    assert ceiling is not None
    with pytest.raises(NotKnown, match="the first value in the pack is that of 1 January 2018"):
        ceiling.at(date(2017, 12, 31))
    with pytest.raises(NotKnown, match="the last value in the pack ends on 31 December 2026"):
        ceiling.at(date(2027, 1, 1))


def test_due_days_of_the_same_first_day_are_one_value_together() -> None:
    payment = read(WIDE).due.payment
    assert isinstance(payment, Series)
    first, second = payment.values
    assert first.value is not None
    assert [(terms.from_headcount, terms.rule) for terms in first.value] == [(20, "day_of_month"), (0, "printed_dates")]
    assert first.source == "The Act (https://example.org/act); Practice"
    assert second.value is not None
    assert len(second.value) == 1


def test_what_is_not_known_and_not_verified_is_listed_with_its_reason() -> None:
    pack = read(WIDE)
    assert [(one.what, one.where) for one in pack.missing] == [
        ("The ceiling of Pension", "branch.pension.ceiling[2]"),
        ("The name of the minister", "missing[1]"),
    ]
    assert [(one.what, one.why, one.where) for one in pack.unverified] == [
        ("The due day", "It is from memory; no public page was found.", "due.payment[1]")
    ]
