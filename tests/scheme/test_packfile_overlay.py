"""A fund's own file over a pack: what it decides, with date and source, and what it cannot."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from portal import installation
from portal.scheme.blocks.values import Series, Unknown
from portal.scheme.fund import load_fund
from portal.scheme.pack import PACKS, Pack, PackRefused
from tests.scheme.packs import WIDE, changed, mistakes_of, read

FUND = Path(__file__).parents[2] / "fund.toml"

BOARD = """
[source.board]
title = "Board resolution 12"
kind = "decision"
date = 2026-02-01
"""


def overlay(tmp_path: Path, text: str, of: str = "xx-wide") -> Path:
    path = tmp_path / "overlays" / f"{of}.toml"
    path.parent.mkdir(exist_ok=True)
    cited = BOARD if 'source = "board"' in text else ""
    path.write_text(f'overlay_of = "{of}"\n{cited}{text}')
    return path


def ceilings(pack: Pack) -> Series[int]:
    series = pack.branch("pension").ceiling
    assert series is not None
    return series


def test_a_value_is_added_from_its_day_on(tmp_path: Path) -> None:
    text = '[[branch.pension.employee]]\nfrom = 2026-03-01\nrate = "6 %"\nsource = "board"\n'
    pack = read(WIDE, overlay(tmp_path, text))
    employee = pack.branch("pension").employee
    assert employee is not None
    assert employee.value_at(date(2026, 2, 28)).rate == Fraction(5, 100)
    assert employee.at(date(2026, 3, 1)).source == "Board resolution 12"
    assert pack.overlay == "xx-wide.toml"
    assert pack.hash != read(WIDE).hash


def test_a_year_that_was_not_known_is_filled_and_the_rest_stays_unknown(tmp_path: Path) -> None:
    text = '[[branch.pension.ceiling]]\nyear = "2020"\nvalue = "27000.00"\nsource = "board"\n'
    pack = read(WIDE, overlay(tmp_path, text))
    assert ceilings(pack).value_at(date(2020, 7, 1)) == 27000_00
    assert ceilings(pack).dated(date(2019, 7, 1)).unknown is not None
    assert [one.what for one in pack.missing] == ["The ceiling of Pension", "The name of the minister"]


def test_an_entry_of_the_same_first_day_replaces_and_holds_as_long(tmp_path: Path) -> None:
    text = '[[branch.pension.ceiling]]\nfrom = 2019-01-01\nvalue = "27000.00"\nsource = "board"\n'
    pack = read(WIDE, overlay(tmp_path, text))
    assert ceilings(pack).value_at(date(2020, 12, 31)) == 27000_00
    assert ceilings(pack).value_at(date(2021, 1, 1)) == 30000_00
    assert [one.what for one in pack.missing] == ["The name of the minister"]


def test_a_provisional_value_goes_on_with_what_the_fund_says(tmp_path: Path) -> None:
    text = '[[branch.pension.ceiling]]\nyear = "2025"\nvalue = "33000.00"\nsource = "board"\n'
    pack = read(WIDE, overlay(tmp_path, text))
    assert ceilings(pack).value_at(date(2024, 12, 31)) == 30000_00
    assert ceilings(pack).value_at(date(2026, 5, 1)) == 33000_00


def test_a_late_decision_is_not_known_before_it_was_made(tmp_path: Path) -> None:
    text = '[[branch.pension.employee]]\nfrom = 2026-01-01\nknown = 2026-02-01\nrate = "6 %"\nsource = "board"\n'
    employee = read(WIDE, overlay(tmp_path, text)).branch("pension").employee
    assert employee is not None
    assert employee.value_at(date(2026, 1, 15), known_on=date(2026, 1, 31)).rate == Fraction(5, 100)
    assert employee.value_at(date(2026, 1, 15)).rate == Fraction(6, 100)


def test_what_a_pack_does_not_know_a_fund_can_supply(tmp_path: Path) -> None:
    late = WIDE.read_text().split("[late.penalty]")[1].split("[[allocation]]")[0]
    unknown = changed(tmp_path, WIDE, (f"[late.penalty]{late}", '[late]\nunknown = "no page names a rate"\n'))
    assert isinstance(read(unknown).late, Unknown)
    text = (
        '[late.fee]\nname = "Fee"\nkind = "penalty"\ntrigger = "late_payment"\naxis = "due_date"\nbase = "unpaid"\n'
        'counting = "anniversary"\ncompounding = "simple"\nsource = "board"\n'
        '[late.fee.rounding]\nmode = "half_up"\nunit = "1"\nsource = "board"\n'
        '[[late.fee.terms]]\nfrom = 2018-01-01\nrate = "2 %"\neach = "month"\nsource = "board"\n'
    )
    pack = read(unknown, overlay(tmp_path, text))
    assert not isinstance(pack.late, Unknown)
    assert [rule.code for rule in pack.late] == ["fee"]
    assert "What being late costs" not in [one.what for one in pack.missing]


def test_another_rule_of_cover_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    pack = read(WIDE, overlay(tmp_path, '[entitlement]\nrule = "received_by_due"\nsource = "board"\n'))
    assert type(pack.entitlement).__name__ == "OpensWhenReceived"


def test_tests_and_missing_pieces_are_added_replaced_and_settled(tmp_path: Path) -> None:
    text = (
        '[[missing]]\nwhat = "The name of the minister"\nsettled = true\n[[missing]]\nwhat = "Forms"\nwhy = "None."\n'
    )
    pack = read(WIDE, overlay(tmp_path, text))
    assert [one.what for one in pack.missing] == ["The ceiling of Pension", "Forms"]


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ('[[branch.pension.employee]]\nfrom = 2026-03-01\nrate = "600 %"\nsource = "board"\n',
         "branch.pension.employee[1].rate", "between 0 and 100 %"),
        ('[[branch.pension.employee]]\nfrom = 2026-03-01\nrate = "6 %"\n',
         "branch.pension.employee[1].source", "this is missing"),
        ('[[branch.pension.employee]]\nrate = "6 %"\nsource = "board"\n',
         "branch.pension.employee[1].from", "Write a day"),
        ('[[branch.pension.employee]]\nfrom = 2015-01-01\nto = 2016-12-31\nrate = "6 %"\nsource = "board"\n',
         "branch.pension.employee[1].from", "there is no value"),
        ('[rounding]\nmode = "floor"\n', "rounding.mode", "does not say by which decision"),
        ('[due.grace]\nday = "20"\n', "due.grace.day", "does not say by which decision"),
        ('[due]\neffective = "paid"\n', "due.effective", "does not say by which decision"),
        ('version_day = "first"\n', "version_day", "cannot change this"),
        ('[branch.pension.rounding]\nemployee = { mode = "floor" }\n', "branch.pension.rounding.employee", "by which"),
        ('[currency]\ncode = "USD"\n', "currency", "cannot change this"),
        ('[source.friend]\ntitle = "A friend"\nkind = "memory"\n', "source.friend.kind", "page, law, decision"),
        ('[source.minutes]\ntitle = "Minutes"\nkind = "decision"\n', "source.minutes.date", "Write a day"),
        ("[[branch.pension.workers]]\nfrom = 2026-03-01\n", "branch.pension.workers", "means nothing here"),
    ],
)  # fmt: skip
def test_a_mistake_of_the_fund_names_the_file_and_line_of_the_fund(
    tmp_path: Path, text: str, where: str, says: str
) -> None:
    path = overlay(tmp_path, text)
    found = mistakes_of(WIDE, path)
    assert any(f": {where}: " in one and says in one for one in found), found
    own = path.read_text().split("\n")
    for one in found:
        line = int(one.removeprefix("overlays/xx-wide.toml:").split(":")[0])
        assert own[line - 1].strip(), one


def test_an_overlay_says_what_it_lies_over(tmp_path: Path) -> None:
    (found, *_rest) = mistakes_of(WIDE, overlay(tmp_path, "", of="xx-other"))
    assert "overlay_of: found 'xx-other'. Write the pack it is laid over: overlay_of = \"np-ssf\"." in found


def test_overlays_of_a_fund_are_named_in_its_file(tmp_path: Path) -> None:
    text = '[[membership.minimum_earnings]]\nfrom = 2026-03-01\nvalue = "20.00"\nsource = "board"\n'
    overlay(tmp_path, text, of="zm-napsa")
    fund_file = tmp_path / "fund.toml"
    fund_file.write_text(FUND.read_text() + '\n[overlay]\nzm-napsa = "overlays/zm-napsa.toml"\n')
    least = load_fund(fund_file).pack("zm-napsa").membership.minimum_earnings
    assert least is not None
    assert least.value_at(date(2026, 3, 1)) == 20_00


def test_an_overlay_of_a_scheme_that_the_fund_does_not_run_is_a_mistake(tmp_path: Path) -> None:
    fund_file = tmp_path / "fund.toml"
    fund_file.write_text(FUND.read_text() + '\n[overlay]\nnp-ssf = "overlays/np-ssf.toml"\n')
    with pytest.raises(PackRefused, match="does not run this scheme"):
        load_fund(fund_file)


def test_a_fund_that_is_refused_leaves_the_one_in_use(tmp_path: Path) -> None:
    used = installation.use(FUND)
    packs = installation.packs()
    broken = tmp_path / "fund.toml"
    broken.write_text(FUND.read_text().replace('"zm-nhima", "zm-napsa"', '"zm-nhima", "zz-none"'))
    with pytest.raises(PackRefused, match="there is no pack of this name"):
        installation.use(broken)
    assert installation.fund() is used
    assert installation.packs() is packs
    assert (PACKS / "zm-napsa.toml").is_file()
