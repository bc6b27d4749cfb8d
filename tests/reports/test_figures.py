"""Every figure against what was worked out by hand, and against the book."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import func, select

from portal import db
from portal.contributions.drafts import start_supplement
from portal.contributions.service import submit_payroll
from portal.installation import pack
from portal.ledger.models import AccountName, Posting, Transaction
from portal.ledger.statement import ageing
from portal.payments.models import Payment
from portal.reports.contents import Asked, overview
from portal.reports.counting.ageing import ages_by_group
from portal.reports.counting.figures import Figures, figures
from portal.reports.counting.money import CHARGING, COSTING, SETTLING
from portal.reports.counting.people import covered_by_age, declared_by_age
from portal.reports.counting.scope import By, Key, Scope, fund_scope
from portal.reports.counting.silent import silent
from portal.reports.measures import measures, value_of
from portal.scheme.calendars import Month
from tests.factories import hire, make_person
from tests.reports.conftest import AUGUST, JUNE, NAPSA, NHIMA, OCTOBER, SEPTEMBER, TODAY, SmallFund, at, pay

ALL_MONTHS = [Month(2026, number) for number in range(6, 12)]


def of(scope: Scope, *months: Month) -> dict[Key, Figures]:
    with db.reading() as session:
        return figures(session, scope, list(months), TODAY)


def values(scope: Scope, month: Month, code: str | None = None) -> dict[str, int | None]:
    found = of(scope, month)[month, code]
    return {one.code: value_of(one, found, scope.rules) for one in measures(scope.rules)}


def test_the_month_of_nhima_as_worked_out_by_hand(small: SmallFund) -> None:
    assert values(fund_scope(pack(NHIMA)), SEPTEMBER) == {
        # Farms, Mines, Traders, Builders, Holding; the shop came later.
        "registered": 5,
        "declaring": 3,
        "declaring_rate": 600,
        # Farms on the due day itself, Holding before it; Mines half an hour after midnight in Lusaka.
        "on_time": 2,
        "late": 1,
        "silent": 2,
        "nil": 1,
        "electronic_rate": 1000,
        "by_file": 0,
        # Farms 200.00, Mines 220.00 after its revision.
        "due": 420_00,
        # Farms 200.00, Mines 100.00: what was taken back does not count.
        "collected": 300_00,
        "collection_rate": 714,
        "unpaid": 120_00,
        "arrears": 120_00,
        # Nobody knows what NHIMA charges for lateness: never zero.
        "late_charged": None,
        "late_arrears": None,
        # Traders declared 100.00 for August; Builders never declared.
        "estimated_loss": 100_00,
        # What came in September was for August.
        "received": 200_00,
        # Rose has two employers.
        "people": 3,
        "covered": 0,
        # June to September open October, for Rose and Moses; the core holds one of the two.
        "opened": 2,
        "known": 1,
        # 3, 10 and 11 October; 10 October; 10 October; 12 October.
        "days_declared": 10,
        "days_paid": 10,
        "days_covered": 10,
        "days_known": 12,
    }


def test_late_charges_of_napsa_and_a_payment_that_came_late(small: SmallFund) -> None:
    found = values(fund_scope(pack(NAPSA)), SEPTEMBER)
    # Isaac's revision changed his basic pay only, which NAPSA does not count.
    assert (found["due"], found["collected"], found["arrears"]) == (2_400_00, 1_200_00, 1_200_00)
    # Farms: 10 % for the month begun on 11 October; Mines: that and the month begun on 11 November.
    assert (found["late_charged"], found["late_arrears"]) == (120_00 + 240_00, 120_00 + 240_00)
    assert found["days_paid"] == 25
    assert "covered" not in found


def test_cover_is_counted_in_its_own_month(small: SmallFund) -> None:
    found = values(fund_scope(pack(NHIMA)), OCTOBER)
    assert found["covered"] == 2
    assert (found["opened"], found["due"], found["collection_rate"]) == (0, 0, None)
    assert (found["registered"], found["silent"]) == (6, 6)
    assert found["received"] == 300_00, "without the payment that was taken back"
    assert found["estimated_loss"] == 200_00 + 220_00 + 100_00 + 0, "the last month each declared; Holding's was nil"


def test_regions_have_their_own_figures_and_people_with_two_employers_count_in_both(small: SmallFund) -> None:
    scope = fund_scope(pack(NHIMA)).grouped(By.REGION)
    lusaka, copperbelt = (values(scope, SEPTEMBER, code) for code in ("ZM-09", "ZM-08"))
    assert [lusaka[name] for name in ("registered", "declaring", "on_time", "silent", "due", "arrears", "people")] == [
        2, 2, 2, 0, 200_00, 0, 2,
    ]  # fmt: skip
    assert [copperbelt[name] for name in ("registered", "declaring", "on_time", "silent", "due", "people")] == [
        3, 1, 0, 2, 220_00, 2,
    ]  # fmt: skip
    assert copperbelt["estimated_loss"] == 100_00
    assert values(scope, SEPTEMBER) == values(fund_scope(pack(NHIMA)), SEPTEMBER), "all together is the fund"


def test_districts_of_a_region_and_whoever_names_no_district(small: SmallFund) -> None:
    scope = fund_scope(pack(NHIMA)).inside("ZM-09").grouped(By.REGION, "ZM-09")
    assert values(scope, SEPTEMBER)["registered"] == 2
    assert values(scope, SEPTEMBER, "ZM-09-01")["due"] == 200_00
    assert values(scope, SEPTEMBER, "ZM-09")["nil"] == 1
    assert values(scope, SEPTEMBER, "ZM-09-02")["registered"] == 0


def test_sectors(small: SmallFund) -> None:
    scope = fund_scope(pack(NHIMA)).grouped(By.SECTOR)
    found = {code: values(scope, SEPTEMBER, code)["registered"] for code in ("A", "B", "G", "C")}
    assert found == {"A": 2, "B": 2, "G": 1, "C": 0}


def test_an_employer_in_no_listed_place_or_sector_is_not_lost(small: SmallFund) -> None:
    with db.writing() as session:
        session.get_one(type(small.mines), small.mines.id).location = "ZM-XX"
        session.get_one(type(small.mines), small.mines.id).activity = "?"
    for by in (By.REGION, By.SECTOR):
        assert values(fund_scope(pack(NHIMA)).grouped(by), SEPTEMBER, "")["due"] == 220_00


def test_a_list_of_places_narrows_every_figure_and_the_list(small: SmallFund) -> None:
    narrowed = fund_scope(pack(NHIMA), ["ZM-08"])
    assert values(narrowed, SEPTEMBER) == values(fund_scope(pack(NHIMA)).grouped(By.REGION), SEPTEMBER, "ZM-08"), (
        "the same as the region's row"
    )
    assert values(narrowed.inside("ZM-09"), SEPTEMBER)["registered"] == 0, "nobody sees beyond their places"
    assert values(narrowed.inside("ZM-08-01"), SEPTEMBER)["registered"] == 1
    with db.reading() as session:
        rows, total = silent(session, fund_scope(pack(NHIMA), ["ZM-08-01"]), SEPTEMBER)
        assert ([row.name for row in rows], total) == (["Ndola Traders"], 1)
        assert sum(band.people for band in declared_by_age(session, fund_scope(pack(NHIMA), ["ZM-09"]), SEPTEMBER)) == 2


def test_who_did_not_declare_the_largest_loss_first(small: SmallFund) -> None:
    with db.reading() as session:
        rows, total = silent(session, fund_scope(pack(NAPSA)), SEPTEMBER)
    assert [(row.name, row.last_month, row.amount) for row in rows] == [
        ("Ndola Traders", AUGUST, 600_00),
        ("Kitwe Builders", None, None),
    ]
    assert total == 2


def test_people_by_sex_and_age_on_the_last_day_of_the_month(small: SmallFund) -> None:
    scope = fund_scope(pack(NHIMA))
    with db.reading() as session:
        september = {
            (one.sex, one.place): (one.people, one.contribution) for one in declared_by_age(session, scope, SEPTEMBER)
        }
        october = {(one.sex, one.place): one.people for one in covered_by_age(session, scope, OCTOBER)}
    # Rose 25 with both employers, Moses 24, Isaac 65 with his raise.
    assert september == {("F", 2): (1, 200_00), ("M", 1): (1, 100_00), ("M", 6): (1, 120_00)}
    assert october == {("F", 2): 1, ("M", 2): 1}, "Moses turned 25 on 1 October"


def test_what_is_due_and_late_is_what_the_book_earned(small: SmallFund) -> None:
    for scheme in (NHIMA, NAPSA):
        found = of(fund_scope(pack(scheme)), *ALL_MONTHS)
        due, late, settled = 0, 0, 0
        for month in ALL_MONTHS:
            money = found[month, None].money
            due, late, settled = due + money.due, late + money.late, settled + money.paid + money.late_paid
        with db.reading() as session:
            earned = dict(
                session.execute(
                    select(Posting.account, func.sum(Posting.amount))
                    .join(Transaction, Transaction.id == Posting.transaction_id)
                    .where(Transaction.scheme == scheme)
                    .group_by(Posting.account)
                ).all()
            )
        assert due == -earned[AccountName.CONTRIBUTION_INCOME]
        assert late == -earned.get(AccountName.LATE_INCOME, 0)
        assert settled - earned.get(AccountName.CREDIT, 0) == earned[AccountName.MONEY_RECEIVED]


def test_what_is_in_arrears_is_what_the_page_of_arrears_says(small: SmallFund) -> None:
    for scheme in (NHIMA, NAPSA):
        found = of(fund_scope(pack(scheme)), *ALL_MONTHS)
        with db.reading() as session:
            ages = ageing(session, TODAY, scheme)
        sums = [found[month, None].money for month in ALL_MONTHS]
        assert sum(one.arrears for one in sums) == sum(age.contribution for age in ages)
        assert sum(one.late_arrears for one in sums) == sum(age.late for age in ages)
        assert sum(one.overdue for one in sums) == sum(age.charges for age in ages)


def test_the_figures_are_those_counted_one_by_one(small: SmallFund) -> None:
    from tests.reports.by_hand import counted_one_by_one

    for scheme in (NHIMA, NAPSA):
        for places in (None, ["ZM-08"], ["ZM-09-01"]):
            scope = fund_scope(pack(scheme), places)
            for month in ALL_MONTHS:
                with db.reading() as session:
                    by_hand = counted_one_by_one(session, scope, month, TODAY)
                found = values(scope, month)
                assert {name: found[name] for name in by_hand} == by_hand, (scheme, places, str(month))


def test_every_kind_of_entry_counts_as_something(database: str) -> None:
    (rule,) = [one for one in Transaction.__table__.constraints if str(one.name).endswith("kind")]
    kinds = set(re.findall(r"'(\w+)'", str(rule.sqltext)))
    touches_no_month = {"reversal", "refund"}
    assert kinds - touches_no_month == {*CHARGING, *SETTLING, *COSTING}


def test_the_table_of_agreement_has_no_difference(small: SmallFund) -> None:
    with db.reading() as session:
        contents = overview(session, Asked(fund_scope(pack(NHIMA)), SEPTEMBER, TODAY))
    for row in contents.table("agreement").rows:
        assert row.cells[3].value == 0, row


def test_a_supplementary_return_adds_people_and_money_but_no_employer(small: SmallFund) -> None:
    scope = fund_scope(pack(NHIMA))
    before = values(scope, SEPTEMBER)
    with db.writing() as session:
        forgotten = make_person(session, sex="O", birth_date=date(2012, 1, 1))
        hire(session, small.farms, forgotten, from_day=date(2026, 9, 1))
    with db.writing() as session:
        draft = start_supplement(session, small.farms.id, SEPTEMBER, at=at(date(2026, 10, 22)), by=None)
        submit_payroll(
            session, small.farms.id, draft.public_id, version=draft.version, by=None, at=at(date(2026, 10, 22))
        )  # fmt: skip
    after = values(scope, SEPTEMBER)
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    # Still on time, still one employer; nobody has paid in full any more.
    assert changed == {
        "due": (420_00, 520_00), "unpaid": (120_00, 220_00), "arrears": (120_00, 220_00), "people": (3, 4),
        "collection_rate": (714, 577), "days_paid": (10, None),
    }  # fmt: skip
    with db.reading() as session:
        bands = declared_by_age(session, scope, SEPTEMBER)
        assert sum(band.contribution for band in bands) == after["due"]
        assert [band.people for band in bands if (band.sex, band.place) == ("O", 0)] == [1], "a child of 14"
        contents = overview(session, Asked(scope, SEPTEMBER, TODAY))
    assert [row.cells[3].value for row in contents.table("agreement").rows] == [0, 0]


def test_what_is_overdue_by_age_is_what_the_page_of_arrears_says(small: SmallFund) -> None:
    for scheme in (NHIMA, NAPSA):
        scope = fund_scope(pack(scheme))
        with db.reading() as session:
            ages = ageing(session, TODAY, scheme)
            for by in (By.REGION, By.SECTOR):
                found = ages_by_group(session, scope.grouped(by), TODAY)
                assert found[None].contributions == tuple(age.contribution for age in ages)
                assert found[None].late == tuple(age.late for age in ages)
                parts = [one for code, one in found.items() if code is not None]
                assert sum(part.employers for part in parts) == found[None].employers
                for place in range(len(ages)):
                    assert sum(part.contributions[place] for part in parts) == ages[place].contribution
            narrowed = ages_by_group(session, fund_scope(pack(scheme), ["ZM-08-01"]).grouped(By.SECTOR), TODAY)
            # Traders paid nothing for August, due on 10 September.
            assert sum(narrowed[None].contributions) == {NHIMA: 100_00, NAPSA: 600_00}[scheme]


def test_money_for_another_scheme_is_never_added(small: SmallFund) -> None:
    before = values(fund_scope(pack(NHIMA)), SEPTEMBER)
    pay(small.mines, NAPSA, 100_00, date(2026, 10, 15))
    assert values(fund_scope(pack(NHIMA)), SEPTEMBER) == before


def test_payments_of_a_month_are_those_of_the_payment_table(small: SmallFund) -> None:
    with db.reading() as session:
        june = session.scalar(
            select(func.sum(Payment.amount)).where(
                Payment.scheme == NAPSA, Payment.paid_on.between(date(2026, 7, 1), date(2026, 7, 31))
            )
        )
    assert values(fund_scope(pack(NAPSA)), JUNE.next())["received"] == june == 1_200_00
