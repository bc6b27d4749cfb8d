"""Lines against the roster: what blocks, what asks for a look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from portal.contributions.checks import CheckLimits, LineToCheck, RosterEntry, check, control_total
from portal.scheme.calendars import Month
from portal.tabular.amounts import AmountRule

OCTOBER = Month(2026, 10)
LIMITS = CheckLimits(AmountRule("ZMW", 2, 1_000_000_00), {"gross": 3000_00}, jump=3, columns={"gross": "Gross Pay"})
MARY = LineToCheck(2, 1, "123456/78/1", "Banda", "Mary", {"gross": 9500_00}, 31)
JOHN = LineToCheck(3, 2, "223456/78/1", "Phiri", "John", {"gross": 6000_00}, 31)
ROSTER = {
    1: RosterEntry(1, "123456/78/1", "Mary Banda", date(2020, 1, 1), None, {"gross": 9000_00}),
    2: RosterEntry(2, "223456/78/1", "John Phiri", date(2020, 1, 1), None, {"gross": 6000_00}),
}


def found(lines: list[LineToCheck], roster: dict[int, RosterEntry] | None = None) -> list[tuple[str, int | None, bool]]:
    entries = dict((roster or ROSTER).items())
    return [(p.code, p.row, p.blocking) for p in check(lines, {**entries}, OCTOBER, LIMITS)]


def test_a_payroll_that_fits_the_roster_has_no_problem() -> None:
    assert found([MARY, JOHN]) == []


def test_an_unknown_person_blocks_and_a_missing_one_is_asked_about_by_name() -> None:
    stranger = LineToCheck(3, None, "999999/11/1", "New", "Person", {"gross": 6000_00})
    assert found([MARY, stranger]) == [("E_NOT_ON_ROSTER", 3, True), ("W_MISSING_EMPLOYEE", None, False)]
    missing = check([MARY], {**ROSTER}, OCTOBER, LIMITS)[0]
    assert "John Phiri is on your roster" in str(missing.words)


def test_leavers_and_those_who_have_not_begun_are_told_by_their_days() -> None:
    gone = {**ROSTER, 2: replace(ROSTER[2], to_day=date(2026, 9, 30))}
    assert found([MARY, JOHN], gone) == [("E_ENDED_BEFORE", 3, True)]
    assert found([MARY], gone) == []
    last_day = {**ROSTER, 2: replace(ROSTER[2], to_day=date(2026, 10, 1))}
    assert found([MARY, JOHN], last_day) == []
    coming = {**ROSTER, 2: replace(ROSTER[2], from_day=date(2026, 11, 1))}
    assert found([MARY, JOHN], coming) == [("E_START_AFTER_MONTH", 3, True)]
    assert found([MARY], coming) == []


def test_pay_is_compared_with_last_month_the_minimum_and_the_maximum() -> None:
    def gross(minor: int, days: int | None = 31) -> list[tuple[str, int | None, bool]]:
        return found([replace(MARY, components={"gross": minor}, days=days), JOHN])

    assert gross(27000_00) == [("W_WAGE_JUMP", 2, False)]
    assert gross(26999_99) == []
    assert gross(3000_00) == [("W_WAGE_JUMP", 2, False)]
    assert gross(2999_99) == [("W_BELOW_MINIMUM", 2, False), ("W_WAGE_JUMP", 2, False)]
    assert gross(0) == [("W_ZERO_WAGE", 2, False)]
    assert gross(1_000_000_01) == [("E_AMOUNT_MAX", 2, True), ("W_WAGE_JUMP", 2, False)]


def test_the_minimum_is_for_the_days_worked() -> None:
    half = {**ROSTER, 1: replace(ROSTER[1], last_components=None)}
    assert found([replace(MARY, components={"gross": 1500_00}, days=15), JOHN], half) == []
    assert found([replace(MARY, components={"gross": 1500_00}, days=None), JOHN], half) == [
        ("W_BELOW_MINIMUM", 2, False)
    ]


def test_a_jump_is_said_with_both_amounts_under_the_header_of_the_file() -> None:
    problem = check([replace(MARY, components={"gross": 90000_00}), JOHN], {**ROSTER}, OCTOBER, LIMITS)[0]
    assert str(problem.placed) == "Row 2, Gross Pay: “90000.00” is 10 times last month's 9,000.00 ZMW. Is it right?"


def test_one_person_in_two_rows_blocks_both_and_namesakes_are_asked_about() -> None:
    assert found([MARY, JOHN, replace(MARY, row=4)]) == [("E_DUP_ID", 2, True), ("E_DUP_ID", 4, True)]
    namesake = replace(JOHN, surname="BANDA", first_name="mary")
    assert found([MARY, namesake]) == [("W_SAME_NAME", 2, False), ("W_SAME_NAME", 3, False)]


def test_shares_the_file_works_out_otherwise_are_said_and_not_used() -> None:
    line = replace(MARY, shares_in_file=(475_00, 475_01), shares_due=(475_00, 475_00))
    problems = check([line, JOHN], {**ROSTER}, OCTOBER, LIMITS)
    assert [(p.code, p.column, p.found) for p in problems] == [("W_SHARE_DIFFERS", "employer_share", "475.01")]


def test_a_control_total_that_differs_names_both_sums() -> None:
    assert control_total([MARY, JOHN], "gross", 15500_00, LIMITS) is None
    problem = control_total([MARY, JOHN], "gross", 15000_00, LIMITS)
    assert problem is not None
    assert "15,500.00 ZMW; you declared 15,000.00 ZMW" in str(problem.words)


def test_people_who_share_a_name_are_asked_about_once_and_not_again_every_month() -> None:
    lines = [
        LineToCheck(2, 1, "100001/11/1", "Banda", "Mary", {"basic": 500000}),
        LineToCheck(3, 2, "100002/11/1", "Banda", "Mary", {"basic": 500000}),
    ]
    paid = RosterEntry(1, "100001/11/1", "Mary Banda", date(2020, 1, 1), None, {"basic": 500000})
    roster = {1: paid, 2: replace(paid, person_key=2, national_id="100002/11/1")}
    assert found(lines, roster) == []  # both stood in the last payroll
    roster[2] = replace(roster[2], last_components=None)
    assert found(lines, roster) == [("W_SAME_NAME", 2, False), ("W_SAME_NAME", 3, False)]  # one of them is new
