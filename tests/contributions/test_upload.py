"""Payroll files of both layouts: lines, faulty rows as typed, and the template we hand out."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.contributions.layouts import Kind
from portal.contributions.reasons import Why
from portal.contributions.upload import ParsedPayroll, TemplateLine, layout_of, parse, template
from portal.scheme.calendars import Month
from portal.tabular.amounts import AmountRule
from portal.tabular.identity import ShapedNumber
from portal.tabular.reading import read
from portal.tabular.rows import FileRules
from portal.tabular.table import FileRefused, Table
from portal.tabular.writing import write_csv, write_xlsx
from tests.tabular.catalogue import as_csv

OCTOBER = Month(2026, 10)
RULES = FileRules(ShapedNumber("######/##/#"), AmountRule("ZMW"), date(2026, 11, 3), country_code="+260")
HEADER = ["national_id", "insurance_number", "surname", "first_name", "month", "days", "basic", "gross"]
MARY = ["123456/78/1", "1002003", "Banda", "Mary", "2026-10", "31", "8000.00", "9500.50"]
JOHN = ["223456/78/1", "1002004", "Phiri", "John", "2026-10", "31", "6000.00", "6000.00"]


def payroll(
    rows: list[list[str]], header: list[str] = HEADER, components: tuple[str, ...] = ("basic", "gross")
) -> ParsedPayroll:
    table = read(as_csv(header, rows).encode(), "payroll.csv")
    return parse(table, layout_of(table.header, components), OCTOBER, RULES)


def codes(result: ParsedPayroll) -> list[tuple[int, list[str]]]:
    return [(row.row, [problem.code for problem in row.problems]) for row in result.faulty]


def test_a_good_file_becomes_lines_in_minor_units() -> None:
    result = payroll([MARY, JOHN])
    assert (result.faulty, result.notices) == ([], [])
    mary = result.lines[0]
    assert (mary.row, mary.national_id, mary.surname, mary.days) == (2, "123456/78/1", "Banda", 31)
    assert mary.components == {"basic": 800000, "gross": 950050}


def test_a_bad_row_tells_all_its_problems_at_once_and_costs_no_good_row() -> None:
    bad = ["12345/78/1", "", "", "Mary", "2026-09", "45", "8,000", "K9500"]
    result = payroll([MARY, bad, JOHN])
    assert [line.row for line in result.lines] == [2, 4]
    assert codes(result) == [
        (3, ["E_ID_LENGTH", "E_REQUIRED", "E_MONTH_MISMATCH", "E_DAYS", "E_AMOUNT_AMBIGUOUS", "E_CURRENCY"])
    ]
    assert result.faulty[0].cells == dict(zip(HEADER, bad, strict=True))


def test_a_mended_row_goes_through_the_same_readers() -> None:
    faulty = payroll([[*MARY[:6], "8,000", "9500"]]).faulty[0]
    table = Table.typed([(faulty.row, {**faulty.cells, "basic": "8000"})])
    result = parse(table, layout_of(table.header, ["basic", "gross"]), OCTOBER, RULES)
    assert [(line.row, line.components["basic"]) for line in result.lines] == [(2, 800000)]


def test_headers_are_known_by_the_names_people_give_them() -> None:
    header = ["NRC No.", "SSN", "Last Name", "First Name", "Period", "Days worked", "Basic Pay", "GROSS SALARY"]
    result = payroll([MARY], header)
    assert [line.components for line in result.lines] == [{"basic": 800000, "gross": 950050}]
    wrong = payroll([[*MARY[:7], "x"]], header)
    assert wrong.faulty[0].problems[0].column == "GROSS SALARY"


def test_a_person_is_known_by_either_number_but_not_by_none() -> None:
    result = payroll([["", *MARY[1:]], ["", "", *JOHN[2:]]])
    assert [line.insurance_number for line in result.lines] == ["1002003"]
    assert codes(result) == [(3, ["E_REQUIRED"])]


def test_a_total_below_the_lines_is_told_from_a_person() -> None:
    result = payroll(
        [MARY, JOHN, ["", "", "TOTAL:", "", "", "", "14000.00", "15500.50"], [*[""] * 6, "14000", "15500"]]
    )
    assert codes(result) == [(4, ["E_TOTALS_ROW"]), (5, ["E_TOTALS_ROW"])]


def test_the_same_row_twice_keeps_one_and_two_different_rows_keep_none() -> None:
    assert codes(payroll([MARY, JOHN, MARY])) == [(4, ["E_DUP_ROW"])]
    other = [*MARY[:6], "1.00", "1.00"]
    result = payroll([MARY, JOHN, other])
    assert codes(result) == [(2, ["E_DUP_ID"]), (4, ["E_DUP_ID"])]
    assert "rows 2, 4" in str(result.faulty[0].problems[0].words)
    assert "123456" not in str(result.faulty[0].problems[0].words)
    assert [line.row for line in result.lines] == [3]


def test_a_row_with_a_stray_comma_says_so_and_nothing_else() -> None:
    text = as_csv(HEADER, [MARY, JOHN]).replace("6000.00,6000.00", "6,000.00,6000.00").replace("9500.50", "9500.50,,")
    table = read(text.encode(), "payroll.csv")
    result = parse(table, layout_of(table.header, ["basic", "gross"]), OCTOBER, RULES)
    assert (codes(result), [line.row for line in result.lines]) == ([(3, ["E_ROW_LONG"])], [2])


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (["a", "b", "c"], "E_HEADER"),
        (["national_id", "surname", "first_name", "gross"], "E_HEADER_MISSING"),
        (["surname", "first_name", "basic", "gross"], "E_HEADER_MISSING"),
        (["national_id", "NRC", "surname", "first_name", "basic", "gross"], "E_HEADER_DUP"),
    ],
)
def test_a_header_that_cannot_be_read_refuses_the_file(header: list[str], code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        payroll([["x"] * len(header)], header)
    assert refused.value.problem.code == code


NAPSA = (
    "Account Number,Year,Month,SSN,NRC,Surname,First Name,Other Names,Date of Birth,Gross Pay,Employee Share,"
    "Employer Share\r\n"
    "1001,2026,10,1002003,123456/78/1,Banda,Mary,Mutinta,03/04/1990,9500.50,475.03,475.03\r\n"
    "1001,2026,9,1002004,223456/78/1,Phiri,John,,13/14/1980,6000.00,300.00,\r\n"
)


def test_a_napsa_return_is_read_with_its_shares_and_day_first_dates() -> None:
    table = read(NAPSA.encode(), "napsa.csv")
    layout = layout_of(table.header, ["basic", "gross"])
    assert (layout.kind, layout.components) == (Kind.NAPSA, ("gross",))
    result = parse(table, layout, OCTOBER, RULES)
    line = result.lines[0]
    assert (line.insurance_number, line.birth_date, line.other_names) == ("1002003", date(1990, 4, 3), "Mutinta")
    assert (line.components, line.employee_share, line.employer_share) == ({"gross": 950050}, 47503, 47503)
    assert codes(result) == [(3, ["E_DATE", "E_MONTH_MISMATCH"])]
    assert result.notices == []


PEOPLE = st.builds(
    TemplateLine,
    national_id=st.from_regex(r"[1-9][0-9]{5}/[0-9]{2}/[0-9]", fullmatch=True),
    insurance_number=st.none(),
    staff_number=st.from_regex(r"0[0-9]{5}", fullmatch=True),
    surname=st.sampled_from(["Banda", "Phiri", "M'hango", "ወ/ሮ ፀሐይ"]),
    first_name=st.sampled_from(["Mary", "Jean-Luc", "Nuala", ""]),
    other_names=st.just(""),
    days=st.one_of(st.none(), st.integers(1, 31)),
    components=st.fixed_dictionaries({"basic": st.integers(0, 10**9), "gross": st.integers(0, 10**9)}),
    why=st.sampled_from(
        [
            Why(),
            Why("sickness"),
            Why("maternity", date(2026, 9, 5), date(2027, 1, 9)),
            Why("left", None, date(2026, 10, 9)),
        ]
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=5, unique_by=lambda person: person.national_id))
def test_the_template_filled_in_is_read_back_as_it_was(people: list[TemplateLine]) -> None:
    header, rows = template(["basic", "gross"], people, month=OCTOBER, money=RULES.money)
    text = {"national_id", "insurance_number", "staff_number"}
    for content, name in ((write_csv(header, rows), "t.csv"), (write_xlsx(header, rows, text), "t.xlsx")):
        table = read(content, name)
        result = parse(table, layout_of(table.header, ["basic", "gross"]), OCTOBER, RULES)
        assert (result.faulty, [n.code for n in result.notices if n.code != "W_NAME_SHORT"]) == ([], []), name
        assert [
            TemplateLine(
                n.national_id,
                n.insurance_number,
                n.staff_number,
                n.surname,
                n.first_name,
                n.other_names,
                n.days,
                n.components,
                n.why,
            )
            for n in result.lines
        ] == people


def test_a_thousand_rows_are_parsed_in_a_tenth_of_a_second() -> None:
    rows = [[f"{100000 + n}/10/1", f"{n}", *MARY[2:]] for n in range(1000)]
    table = read(as_csv(HEADER, rows).encode(), "payroll.csv")
    layout = layout_of(table.header, ["basic", "gross"])
    begun = time.process_time()
    assert len(parse(table, layout, OCTOBER, RULES).lines) == 1000
    assert time.process_time() - begun < 0.1
