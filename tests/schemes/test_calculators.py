"""The public calculators: every share with its steps, mistakes beside their fields, and nothing made up."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.installation import pack

Runs = Callable[..., None]


def seen(client: FlaskClient, url: str, status: int = 200) -> str:
    """The words of a page."""
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code, answer.text[:2000])
    body = re.sub(r"(?s)<head>.*?</head>", "", answer.text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).replace("\xa0", " ")


def test_the_schemes_of_the_fund_are_listed_with_what_is_not_known(visitor: FlaskClient) -> None:
    page = seen(visitor, "/calculators/")
    assert "Contribution on a month\u2019s pay : NAPSA" in page
    assert "What NHIMA charges for paying late is not known, because:" in page


def test_a_nepali_month_is_worked_out_in_its_own_calendar(visitor: FlaskClient, runs: Runs) -> None:
    runs("np-ssf")
    page = seen(visitor, "/calculators/np-ssf/contribution?year=2082&month=8&pay.basic=30000")
    assert "What is due for Mangsir 2082 (मंसिर २०८२)" in page
    assert "To pay in all NPR 9,300.00" in page
    assert "To be paid by 25 Poush 2082 (9 January 2026)." in page
    assert "Employer share for Provident fund: 10 % of NPR 30,000.00 Lockton, Nepal" in page
    assert "Not verified Rounding: Each share to the paisa, half up, is practice; no page says so." in page


def test_the_address_gives_the_same_calculation_again(visitor: FlaskClient) -> None:
    url = "/calculators/zm-napsa/contribution?year=2026&month=10&pay.gross=12500"
    page = visitor.get(url).text
    address = re.search(r">http://[^/]*(/calculators/[^<]*)<", page)
    assert address is not None
    again = visitor.get(html.unescape(address[1])).text
    its_own = re.compile(r"<code>\w+</code>|(?:subject|reference)=\w+")
    assert its_own.sub("", again) == its_own.sub("", page)
    assert 'value="12500"' in page, "what was typed stays in the form"


def test_an_address_on_paper_is_never_by_the_name_that_a_request_claims(visitor: FlaskClient) -> None:
    page = visitor.get("/calculators/zm-nhima/contribution?pay.basic=1", headers={"Host": "evil.example"}).text
    assert "evil.example" not in page


def test_wrong_input_is_kept_and_told_beside_its_field(visitor: FlaskClient) -> None:
    answer = visitor.get("/calculators/zm-nhima/contribution?year=20x6&month=10&pay.basic=12,5")
    assert answer.status_code == 422
    assert 'value="12,5"' in answer.text
    assert 'value="20x6"' in answer.text
    assert 'id="pay.basic-error"' in answer.text
    assert 'href="#pay.basic"' in answer.text
    assert "Write the year with four digits." in answer.text


@pytest.mark.parametrize("pay", ["-1", "1e9", "99999999999999999999", "five", "12,5", ""])
def test_pay_that_cannot_be_is_refused_with_its_field(visitor: FlaskClient, pay: str) -> None:
    answer = visitor.get("/calculators/zm-nhima/contribution", query_string={"year": "2026", "pay.basic": pay})
    assert answer.status_code == 422
    assert 'id="pay.basic-error"' in answer.text


def test_a_value_that_nobody_knows_is_said_and_is_not_zero(visitor: FlaskClient) -> None:
    page = seen(visitor, "/calculators/zm-napsa/contribution?year=2021&month=6&pay.gross=900000")
    assert "To pay in all not known yet" in page
    assert "Not known. NAPSA, Pension:" in page
    assert "0.00" not in page


def test_a_total_that_nobody_knows_how_to_share_is_shown_with_the_reason(visitor: FlaskClient, runs: Runs) -> None:
    runs("rw-rssb")
    page = seen(
        visitor,
        "/calculators/rw-rssb/contribution?year=2027&month=2"
        "&pay.gross=100000&pay.basic=100000&pay.transport=0&pay.net=90000",
    )
    assert "To pay in all RWF 16,600" in page
    assert "share not known yet" in page
    assert "how the 14 % and more from 2027 are shared was not found" in page


def test_one_branch_that_is_not_known_does_not_hide_the_others(visitor: FlaskClient, runs: Runs) -> None:
    runs("cm-cnps")
    rules = pack("cm-cnps")
    unknown = replace(rules.branches[0], ceiling=None, employer=_nobody_knows(rules.branches[0].employer))
    runs(replace(rules, branches=(unknown, *rules.branches[1:])))
    url = "/calculators/cm-cnps/contribution?year=2025&month=2&pay.salary=100000&employer.risk_rate=1.75+%25"
    page = seen(visitor, url)
    assert f"Not known. CNPS, {rules.branches[0].name}:" in page
    assert "it was lost" in page
    assert "To pay in all not known yet" in page
    assert rules.branches[1].name in page


def _nobody_knows(series: Any) -> Any:
    """The same rule, if every value of it were lost."""
    return replace(series, values=tuple(replace(one, value=None, unknown="it was lost") for one in series.values))


def test_age_is_asked_only_where_a_rate_depends_on_it(visitor: FlaskClient, runs: Runs) -> None:
    runs("sg-cpf", "np-ssf")
    assert "Date of birth" in seen(visitor, "/calculators/sg-cpf/contribution")
    assert "Date of birth" not in seen(visitor, "/calculators/np-ssf/contribution")
    url = "/calculators/sg-cpf/contribution?year=2026&month=8&pay.ordinary=5000"
    page = seen(visitor, f"{url}&person.date_of_birth=1980-01-01")
    assert "To pay in all SGD 1,850.00" in page
    assert "The date of birth is missing" in seen(visitor, url, 422)


def test_an_answer_that_is_not_among_those_possible_is_told(visitor: FlaskClient, runs: Runs) -> None:
    runs("cm-cnps")
    page = seen(visitor, "/calculators/cm-cnps/contribution?pay.gross=100&employer.category=circus", 422)
    assert "this answer is not among those possible" in page


def test_paying_late_in_parts_costs_by_the_month(visitor: FlaskClient) -> None:
    page = seen(
        visitor,
        "/calculators/zm-napsa/late?charge=1000&due=2026-01-10&on=2026-03-20&paid_is=yes"
        "&part1.day=2026-02-01&part1.amount=400",
    )
    assert "Late charges in all ZMW 220.00" in page
    assert "Month 2, from 11 February 2026 to 10 March 2026: ZMW 600.00 was unpaid when it began" in page
    assert "Not verified:" in page


def test_what_is_still_unpaid_goes_on_costing(visitor: FlaskClient) -> None:
    url = "/calculators/zm-napsa/late?charge=1000&due_is=month&month=12&year=2025&on=2026-03-20&paid_is=no"
    page = seen(visitor, url)
    assert "Still unpaid ZMW 1,000.00" in page
    assert "More is added on 11 April 2026 if nothing is paid before." in page


def test_rows_for_part_payments_are_added_without_losing_what_was_typed(visitor: FlaskClient) -> None:
    page = visitor.get("/calculators/zm-napsa/late?charge=oops&part1.amount=7&more=6").text
    assert 'name="part6.day"' in page
    assert 'name="part7.day"' not in page
    assert 'value="oops"' in page
    assert "error-summary" not in page


def test_part_payments_above_the_charge_or_after_the_day_are_refused(visitor: FlaskClient) -> None:
    url = "/calculators/zm-napsa/late?charge=100&due=2026-01-10&on=2026-03-20"
    assert "more than this" in seen(visitor, f"{url}&part1.day=2026-02-01&part1.amount=400", 422)
    assert "lies after this day" in seen(visitor, f"{url}&part1.day=2026-05-01&part1.amount=40", 422)
    assert "Give an amount." in seen(visitor, f"{url}&part1.day=2026-02-01", 422)


def test_a_scheme_whose_late_charge_nobody_knows_says_so(visitor: FlaskClient) -> None:
    page = seen(visitor, "/calculators/zm-nhima/late?charge=100&due=2026-01-10&on=2026-03-20")
    assert "What NHIMA charges for paying late is not known, because:" in page
    assert "Late charges in all" not in page


def test_the_steps_are_answered_as_json_too(visitor: FlaskClient) -> None:
    answer = visitor.get("/calculators/zm-napsa/contribution.json?year=2026&month=10&pay.gross=12500")
    assert answer.json is not None
    assert (answer.json["total"], answer.json["employer"]) == ("1250.00", "625.00")
    assert answer.json["steps"][-1]["text"].startswith("NAPSA for October 2026 in all")
    wrong = visitor.get("/calculators/zm-napsa/contribution.json?pay.gross=x")
    assert wrong.status_code == 422
    assert list(wrong.json["problems"]) == ["pay.gross"]


def test_what_a_visitor_types_is_never_markup_and_never_steers_addresses(visitor: FlaskClient) -> None:
    page = visitor.get(
        "/calculators/zm-nhima/contribution",
        query_string={"pay.basic": "5000", "x": "<script>alert(1)</script>", "_external": "1", "scheme": "zm-napsa"},
    )
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_scheme_that_the_fund_does_not_run_has_no_page(visitor: FlaskClient) -> None:
    assert visitor.get("/calculators/np-ssf/contribution").status_code == 404


@pytest.mark.parametrize("scheme", ["np-ssf", "in-epf", "gb-nic", "rw-rssb", "et-psssa", "bd-ups-pragati", "tz-wcf"])
def test_every_kind_of_scheme_has_its_form(visitor: FlaskClient, runs: Runs, scheme: str) -> None:
    runs(scheme)
    for page in ("contribution", "late"):
        assert visitor.get(f"/calculators/{scheme}/{page}").status_code == 200
    assert visitor.get(f"/calculators/{scheme}/contribution?year=2026&month=13").status_code in (200, 422)
