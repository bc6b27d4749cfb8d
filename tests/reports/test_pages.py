"""The pages, the files and the command say the same, and only to who may see them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.auth.models import FundRoleName
from portal.reports.commands import report_command
from tests.factories import give_mandate, make_employer, make_officer, sign_in
from tests.funds import fund_file, serving
from tests.officers.conftest import counted
from tests.reports.conftest import SmallFund, set_today

SEPTEMBER = "scheme=zm-nhima&month=2026-09"
PAGES = ("", "/regions", "/sectors", "/people", "/silent", "/ages")


def text_of(page: str) -> str:
    """What a reader sees, in one line."""
    inside = page[page.index("<main") :]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside))).replace("\u00a0", " ")


def rows_of(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.lstrip("\ufeff"))))


def test_a_month_is_shown_with_the_meaning_of_each_figure(small: SmallFund) -> None:
    page = text_of(small.get(f"/fund/figures?{SEPTEMBER}"))
    assert "3 of 5 employers declared September 2026, 2 of them on time" in page
    assert "ZMW 300.00 of the ZMW 420.00 due for September 2026 is collected (71.4 %)" in page
    assert "Contributions due What was declared for the month, with all revisions" in page
    # September, August, the change, and September a year before, when there was nobody.
    assert "It equals the sum of the declarations that stand. 420.00 300.00 +120.00 0.00" in page
    assert "As it stood on 21 November 2026" in page
    assert "What NHIMA charges for paying late is not known" in page


def test_what_is_not_known_is_not_zero(small: SmallFund) -> None:
    rows = {row[1]: row for row in rows_of(small.get(f"/fund/figures/files/overview.csv?{SEPTEMBER}"))}
    assert rows["Late charges"][2:6] == ["", "", "", ""]
    assert rows["Days to full payment"][2:6] == ["10", "5", "5", ""]
    napsa = rows_of(small.get("/fund/figures/files/overview.csv?scheme=zm-napsa&month=2026-09"))
    assert ["Contributions", "Late charges", "360.00"] in [row[:3] for row in napsa]
    assert "People covered" not in {row[1] for row in napsa}, "a scheme without cover"


def test_the_file_is_exactly_the_table(small: SmallFund) -> None:
    page = small.get(f"/fund/figures/regions?{SEPTEMBER}")
    rows = rows_of(small.get(f"/fund/figures/files/regions.csv?{SEPTEMBER}&table=money"))
    assert rows[0] == ["Province", "Contributions due", "Collected", "Share collected", "Still unpaid", "In arrears",
                       "Late charges", "Estimated loss"]  # fmt: skip
    assert rows[1:] == [
        ["Copperbelt", "220.00", "100.00", "45.5", "120.00", "120.00", "", "100.00"],
        ["Lusaka", "200.00", "200.00", "100.0", "0.00", "0.00", "", "0.00"],
        ["All together", "420.00", "300.00", "71.4", "120.00", "120.00", "", "100.00"],
    ]
    assert "Copperbelt 220.00 100.00 45.5 % 120.00 120.00 - 100.00" in text_of(page)


def test_a_workbook_holds_every_table_and_what_it_means(small: SmallFund) -> None:
    answer = small.client.get(f"/fund/figures/files/people.xlsx?{SEPTEMBER}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="figures-people-zm-nhima-2026-09.xlsx"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheets = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        words = book.read("xl/sharedStrings.xml").decode()
    assert sheets == ["People declared", "Contributions declared", "People covered", "About these figures"]
    assert "September 2026" in words
    assert "each counted once, by the sex in their record" in words


def test_a_region_leads_to_its_districts_and_a_district_to_its_month(small: SmallFund) -> None:
    page = small.get(f"/fund/figures/regions?{SEPTEMBER}")
    address = re.search(r'href="([^"]+)">Copperbelt</a>', page)
    assert address
    inside = small.get(unescape(address[1]))
    assert "Kitwe 2 1 50.0 % 0 1 1 100.0 %" in text_of(inside)
    district = re.search(r'href="([^"]+)">Ndola</a>', inside)
    assert district
    assert "0 of 1 employers declared September 2026" in text_of(small.get(unescape(district[1])))


def test_an_address_nobody_made_shows_the_month_that_fell_due(small: SmallFund) -> None:
    for wrong in ("?scheme=xx&month=x&place=%27", "?month=2026-13", "?month=&page=-1"):
        assert "October 2026" in small.get(f"/fund/figures{wrong}"), wrong
    assert "November 2026" in text_of(small.get("/fund/figures?month=9999-12")), "no later than the month that runs"
    assert "October 2019" in text_of(small.get("/fund/figures?month=0001-01")), "no earlier than the scheme"
    small.get("/fund/figures/files/xx.csv", 404)
    small.get("/fund/figures/files/overview.pdf", 404)
    assert rows_of(small.get("/fund/figures/files/overview.csv?table=xx"))[0][1] == "Figure"


def test_who_did_not_declare_leads_to_the_employer(small: SmallFund) -> None:
    page = small.get(f"/fund/figures/silent?{SEPTEMBER}")
    assert f'href="/fund/employers/{small.traders.number}"' in page
    assert "Ndola, Copperbelt Wholesale and retail trade" in text_of(page)
    assert "never declared -" in text_of(page)
    rows = rows_of(small.get(f"/fund/figures/files/silent.csv?{SEPTEMBER}"))
    assert [row[0] for row in rows[1:]] == ["Ndola Traders", "Kitwe Builders"]
    everyone = small.get("/fund/figures/silent?scheme=zm-nhima&month=2026-07")
    assert "Every employer enrolled in the scheme declared this month." in everyone


def test_what_is_overdue_stands_by_region_and_sector(small: SmallFund) -> None:
    page = text_of(small.get("/fund/figures/ages?scheme=zm-nhima"))
    assert "NHIMA, 21 November 2026" in page
    # Mines 120.00 since 10 October, Traders 100.00 since 10 September.
    assert "Copperbelt owes the most: ZMW 220.00 of ZMW 220.00" in page
    assert "Copperbelt 0.00 120.00 100.00 0.00 0.00 0.00 220.00 2" in page
    rows = rows_of(small.get("/fund/figures/files/ages.csv?scheme=zm-nhima&table=sectors"))
    assert [row[0] for row in rows] == ["Sector", "Mining and quarrying",
                                        "Wholesale and retail trade; repair of motor vehicles and motorcycles",
                                        "All together"]  # fmt: skip
    nothing = small.get("/fund/figures/ages?scheme=zm-nhima&place=ZM-09")
    assert "Nobody owes anything overdue here." in nothing


def test_an_empty_fund_has_pages_too(client: FlaskClient) -> None:
    with db.writing() as session:
        officer = make_officer(session)
    sign_in(client, officer)
    set_today(date(2026, 11, 21))
    for page in PAGES:
        for scheme in ("zm-nhima", "zm-napsa"):
            assert client.get(f"/fund/figures{page}?scheme={scheme}").status_code == 200, page


@pytest.mark.parametrize("role", FundRoleName)
def test_everybody_at_the_fund_may_look_and_nobody_else(client: FlaskClient, role: FundRoleName) -> None:
    with db.writing() as session:
        officer, administrator = make_officer(session, role), give_mandate(session, make_employer(session))
    sign_in(client, officer)
    assert client.get("/fund/figures").status_code == 200
    sign_in(client, administrator)
    assert client.get("/fund/figures").status_code == 404
    assert client.get("/fund/figures/files/people.csv").status_code == 404


def test_an_officer_of_a_district_sees_its_figures_only(small: SmallFund) -> None:
    with db.writing() as session:
        officer = make_officer(session, districts=["ZM-08-01", "ZM-09"])
    sign_in(small.client, officer)
    page = text_of(small.get(f"/fund/figures?{SEPTEMBER}"))
    assert "2 of 3 employers declared September 2026" in page, "Farms and Holding in Lusaka, Traders in Ndola"
    assert "see the figures of their employers only: Ndola, Copperbelt; Lusaka." in page
    for where in ("&place=ZM-08", "&place=ZM-08-01"):
        rows = rows_of(small.get(f"/fund/figures/files/silent.csv?{SEPTEMBER}{where}"))
        assert [row[0] for row in rows[1:]] == ["Ndola Traders"], "not the builders of Kitwe"
    elsewhere = rows_of(small.get(f"/fund/figures/files/overview.csv?{SEPTEMBER}&place=ZM-08-02"))
    assert {row[2] for row in elsewhere[1:]} <= {"0", "0.00", ""}, "another district has nothing to show"
    assert "Lusaka Farms" not in small.get(f"/fund/figures/regions?{SEPTEMBER}")
    ages = rows_of(small.get("/fund/figures/files/ages.csv?scheme=zm-nhima"))
    assert ages[-1][-2:] == ["100.00", "1"]


def test_the_number_of_statements_does_not_grow_with_the_fund(small: SmallFund) -> None:
    for page in PAGES:
        with counted() as sent:
            small.get(f"/fund/figures{page}?{SEPTEMBER}")
        assert len(sent) < 25, (page, sent)


def test_looking_changes_nothing_and_names_nobody(small: SmallFund) -> None:
    for page in PAGES:
        shown = small.get(f"/fund/figures{page}?{SEPTEMBER}")
        assert "Moses" not in shown
        assert len(shown) < 100_000


def test_the_command_prints_the_same_figures(small: SmallFund, app: Flask) -> None:
    with app.app_context():
        asked = ["month", "--scheme", "zm-nhima", "--month", "2026-09"]
        table = CliRunner().invoke(report_command, asked)
        found = CliRunner().invoke(report_command, [*asked, "--format", "json"])
        wrong = CliRunner().invoke(report_command, ["month", "--scheme", "zm-nhima", "--month", "2026-14"])
        unknown = CliRunner().invoke(report_command, ["month", "--scheme", "xx", "--month", "2026-09"])
        nowhere = CliRunner().invoke(report_command, [*asked, "--place", "XX"])
    rows = [tuple(row) for row in rows_of(table.output)]
    assert ("fund", "", "Zambezi Social Insurance Fund (practice)", "due", "420.00", "ZMW") in rows
    assert ("region", "ZM-08", "Copperbelt", "silent", "2", "") in rows
    assert ("declared", "M6", "M, 65 and over", "contributions", "120.00", "ZMW") in rows
    answered = json.loads(found.output)
    assert [tuple(line.values()) for line in answered["figures"]] == rows[1:]
    assert answered["as_of"].startswith("2026-11-21")
    assert "2026-14 is not a month" in wrong.output
    assert "does not run xx" in unknown.output
    assert "XX is not a place" in nowhere.output


def test_months_of_a_fund_in_nepal_are_its_own(client: FlaskClient, tmp_path: Path) -> None:
    branches = ("provident", "gratuity", "medical_maternity", "accident_disability", "dependent_family")
    products = tuple(("np-ssf", branch) for branch in branches)
    with serving(fund_file(tmp_path, ("np-ssf",), "NPR", 2, "Asia/Kathmandu", products)):
        with db.writing() as session:
            officer = make_officer(session)
        sign_in(client, officer)
        set_today(date(2025, 12, 20))
        page = text_of(client.get("/fund/figures?month=2082-06").text)
        assert "Ashwin 2082" in page
        assert "Ashwin 2081" in page, "the same month of the year before"
        assert "Bhadra 2082" in page, "the month before"
