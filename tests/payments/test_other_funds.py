"""Funds with other packs, from enrolment to receipt: what the packs ask is asked, and months are their own."""

from __future__ import annotations

import io
import itertools
import re
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal import clock, db
from portal.auth.models import EmployerRole, FundRoleName
from portal.contributions import service as contributions
from portal.contributions.models import Declaration, DeclarationLine, FaultyLine, PayrollLine
from portal.contributions.service import NotReady
from portal.employers import roster, roster_import
from portal.employers import service as employers
from portal.employers.models import Employer, Employment, Enrolment
from portal.employers.roster_answers import change_answers
from portal.errors import Refused
from portal.installation import month_on, pack
from portal.ledger.models import Charge, Transaction
from portal.payments import bills
from portal.payments import service as payments
from portal.payments.models import Receipt
from portal.payments.settlement import settle_account
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.employers.test_registration import send_in
from tests.factories import give_mandate, make_employer, make_officer, make_person, sign_in
from tests.funds import fund_file, serving

pytestmark = pytest.mark.usefixtures("database")

NEPAL = ("provident", "gratuity", "medical_maternity", "accident_disability", "dependent_family")
DECEMBER = Month(2025, 12)
TODAY = date(2025, 9, 20)


LETTERS = itertools.count()


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@pytest.fixture
def cameroon(tmp_path: Path, _fund: None) -> Iterator[None]:
    with serving(fund_file(tmp_path, ("cm-cnps",), "XAF", 0, "Africa/Douala")):
        yield


@pytest.fixture
def nepal(tmp_path: Path, _fund: None) -> Iterator[None]:
    products = tuple(("np-ssf", branch) for branch in NEPAL)
    with serving(fund_file(tmp_path, ("np-ssf",), "NPR", 2, "Asia/Kathmandu", products)):
        yield


@pytest.fixture
def ethiopia(tmp_path: Path, _fund: None) -> Iterator[None]:
    with serving(fund_file(tmp_path, ("et-psssa",), "ETB", 2, "Africa/Addis_Ababa")):
        yield


@pytest.fixture
def senegal(tmp_path: Path, _fund: None) -> Iterator[None]:
    with serving(fund_file(tmp_path, ("sn-css-ipres",), "XOF", 0, "Africa/Dakar")):
        yield


@pytest.fixture
def niger(tmp_path: Path, _fund: None) -> Iterator[None]:
    with serving(fund_file(tmp_path, ("ne-cnss",), "XOF", 0, "Africa/Niamey")):
        yield


def enrolled(scheme: str, first: date, **said: str) -> Employer:
    """An employer that was enrolled on *first*, with the answers the officer entered."""
    with db.writing() as session:
        employer = make_employer(session, schemes=(), first_employment_day=first)
        employers.enrol(session, employer.id, scheme, first, at=noon(first), by=None, said=said)
        return employer


def take_on(employer: Employer, first: date, said: dict[str, str] | None = None, **pay: int) -> int:
    with db.writing() as session:
        letter = string.ascii_uppercase[next(LETTERS) % 26]
        person = make_person(session, first_name="Abebe", surname=f"{letter}bara")
        roster.hire(
            session, employer.id, person, from_day=first, category="permanent", components=pay, said=said,
            at=noon(first),
        )  # fmt: skip
        return person.id


def declare(employer: Employer, month: Month, on: date) -> Declaration:
    with db.writing() as session:
        draft = contributions.start_from_roster(session, employer.id, month, at=noon(on), by=None)
        made = contributions.submit_payroll(
            session, employer.id, draft.public_id, version=draft.version, by=None, at=noon(on)
        )
        return made[0]


def draft_of(employer: Employer, month: Month, on: date):
    with db.writing() as session:
        return contributions.start_from_roster(session, employer.id, month, at=noon(on), by=None)


def draft_rows(employer: Employer) -> list[FaultyLine]:
    with db.reading() as session:
        return list(session.scalars(select(FaultyLine).where(FaultyLine.employer_id == employer.id)))


def pay(employer: Employer, scheme: str, amount: int, on: date) -> Receipt:
    with db.writing() as session:
        return payments.record_payment(
            session, employer.id, scheme=scheme, amount=amount, paid_on=on, method="bank", bank_reference="TRX 1",
            bill_reference=None, key=None, by=None, at=noon(on),
        )  # fmt: skip


def night(employer: Employer, on: date) -> None:
    with db.writing() as session:
        settle_account(session, employer.id, at=noon(on))


def late_entries(employer: Employer) -> list[Transaction]:
    with db.reading() as session:
        wanted = (Transaction.employer_id == employer.id, Transaction.kind == "late")
        return list(session.scalars(select(Transaction).where(*wanted).order_by(Transaction.id)))


def answer(employer: Employer, scheme: str, from_day: date, **said: str) -> None:
    with db.writing() as session:
        row = session.scalars(select(Enrolment).where(Enrolment.employer_id == employer.id)).one()
        reason = "Letter of the inspection"
        employers.answer(session, row, said, from_day=from_day, reason=reason, at=noon(from_day), by=None)


def test_a_cameroonian_employer_declares_with_its_risk_class_pays_late_and_gets_a_receipt(cameroon: None) -> None:
    employer = enrolled("cm-cnps", date(2025, 1, 1), risk_rate="2.5 %")
    take_on(employer, date(2025, 1, 1), salary=200_000)
    made = declare(employer, DECEMBER, date(2026, 1, 5))
    with db.reading() as session:
        line = session.scalars(select(DeclarationLine)).one()
    assert line.branches["injury"] == [200_000, 5_000, 0]  # 2.5 % of 200,000
    assert made.given["said"] == {"risk_rate": "2.5 %"}
    with db.writing() as session:
        charge = session.scalars(select(Charge)).one()
        bill = bills.issue_bill(session, employer.id, charge.id, at=noon(date(2026, 1, 6)), by=None)
    assert bill.amount == made.total
    night(employer, date(2026, 3, 20))
    entries = late_entries(employer)
    assert entries
    assert all(one.explanation["pack"] == pack("cm-cnps").hash for one in entries)
    receipt = pay(employer, "cm-cnps", made.total, date(2026, 3, 20))
    assert receipt.snapshot["pack"] == pack("cm-cnps").hash
    assert receipt.snapshot["amount"] == made.total


def test_a_month_waits_with_the_question_until_the_fund_has_answered_it(cameroon: None) -> None:
    employer = enrolled("cm-cnps", date(2025, 1, 1))
    take_on(employer, date(2025, 1, 1), salary=200_000)
    with db.reading() as session:
        row = next(
            one for one in contributions.months_to_declare(session, employer.id, date(2026, 1, 5))
            if one.month == DECEMBER
        )  # fmt: skip
    assert row.schemes[0].state == "blocked"
    assert "Rate of the risk class (A, B, C) has to be said" in str(row.schemes[0].why)
    with pytest.raises(Refused, match="Rate of the risk class"):
        declare(employer, DECEMBER, date(2026, 1, 5))
    answer(employer, "cm-cnps", date(2025, 1, 1), risk_rate="1.75 %")
    assert declare(employer, DECEMBER, date(2026, 1, 5)).given["said"] == {"risk_rate": "1.75 %"}


def test_a_new_risk_class_holds_from_its_day_and_the_old_one_stays_in_earlier_months(cameroon: None) -> None:
    employer = enrolled("cm-cnps", date(2025, 1, 1), risk_rate="1.75 %")
    take_on(employer, date(2025, 1, 1), salary=200_000)
    answer(employer, "cm-cnps", date(2025, 12, 1), risk_rate="5 %")
    november = declare(employer, Month(2025, 11), date(2026, 1, 5))
    december = declare(employer, DECEMBER, date(2026, 1, 5))
    assert december.employer_share - november.employer_share == 200_000 * 325 // 10_000
    with db.reading() as session:
        kept = session.scalars(select(Enrolment)).one().answers
    assert [(one["from"], one["said"]["risk_rate"]) for one in kept] == [
        ("2025-01-01", "1.75 %"),
        ("2025-12-01", "5 %"),
    ]


def test_an_answer_that_the_pack_does_not_accept_names_those_it_does(cameroon: None) -> None:
    with pytest.raises(Refused, match=r"Choose one of: 1.75.%, 2.5.%, 5.%") as refused:
        enrolled("cm-cnps", date(2025, 1, 1), risk_rate="3 %")
    assert refused.value.field == "risk_rate"


def test_a_person_is_asked_for_their_category_and_it_changes_from_a_day_on(senegal: None) -> None:
    first = date(2025, 1, 1)
    employer = enrolled("sn-css-ipres", first, risk_rate="1 %")
    usual = take_on(employer, first, gross=600_000, professional_expenses=0)
    cadre = take_on(employer, first, {"sn-css-ipres.category": "cadre"}, gross=600_000, professional_expenses=0)
    for _each in range(8):  # from ten people on the pack knows the due day
        take_on(employer, first, gross=100_000, professional_expenses=0)
    declare(employer, Month(2025, 11), date(2025, 12, 5))
    shares = shares_of(Month(2025, 11))
    assert shares[cadre] > shares[usual]
    with db.writing() as session:
        held = roster.employments_of(session, employer.id, usual)[0].public_id
        said = {"sn-css-ipres.category": "Executive (cadre)"}
        change_answers(session, employer.id, held, said, from_day=date(2025, 12, 1), at=noon(date(2025, 12, 1)))
    declare(employer, DECEMBER, date(2026, 1, 5))
    after = shares_of(DECEMBER)
    assert after[usual] == after[cadre]


def shares_of(month: Month) -> dict[int, int]:
    with db.reading() as session:
        rows = session.execute(
            select(DeclarationLine.person_id, DeclarationLine.employer_share)
            .join(Declaration, Declaration.id == DeclarationLine.declaration_id)
            .where(Declaration.month == month)
        )
        return dict(rows.all())


def test_the_roster_of_the_month_says_how_large_an_employer_is(niger: None) -> None:
    first = date(2025, 7, 1)
    small, large = (enrolled("ne-cnss", first) for _each in range(2))
    take_on(small, first, salary=100_000)
    for _each in range(20):
        take_on(large, first, salary=100_000)
    with pytest.raises(Refused, match="has no due day for such an employer"):  # the pack knows it from twenty people on
        declare(small, Month(2025, 10), date(2025, 11, 2))
    assert declare(large, Month(2025, 10), date(2025, 11, 2)).due_day == date(2025, 11, 15)


def test_the_months_page_asks_for_the_number_of_people_in_one_statement_however_many(niger: None) -> None:
    first = date(2025, 7, 1)
    employer = enrolled("ne-cnss", first)
    take_on(employer, first, salary=100_000)

    def statements() -> int:
        seen: list[str] = []
        with db.reading() as session:
            listen = lambda *args: seen.append(args[2])  # noqa: E731
            event.listen(db.engine(), "before_cursor_execute", listen)
            rows = contributions.months_to_declare(session, employer.id, date(2026, 1, 5))
            event.remove(db.engine(), "before_cursor_execute", listen)
        assert len(rows) == 7
        return len(seen)

    few = statements()
    for _each in range(30):
        take_on(employer, first, salary=100_000)
    assert statements() == few == 5


@pytest.fixture
def bangladesh(tmp_path: Path, _fund: None) -> Iterator[None]:
    """A fund that decided by when an instalment is paid: no page says it."""
    own = (
        'overlay_of = "bd-ups-pragati"\n[source.board]\ntitle = "Board resolution 1"\nkind = "decision"\n'
        "date = 2024-01-01\n[[due.payment]]\nfrom = 2023-11-01\n"
        'rule = "day_of_month"\nnumber = "15"\nsource = "board"\n'
    )
    scheme = "bd-ups-pragati"
    with serving(fund_file(tmp_path, (scheme,), "BDT", 2, "Asia/Dhaka", overlays={scheme: own})):
        yield


def test_who_has_not_said_what_a_rule_needs_is_found_among_many_and_the_others_are_computed(
    bangladesh: None, client: FlaskClient
) -> None:
    employer = enrolled("bd-ups-pragati", date(2025, 1, 1))
    for number in range(30):
        said = {"bd-ups-pragati.instalment": "2000.00"} if number != 17 else None
        take_on(employer, date(2025, 1, 1), said)
    draft = draft_of(employer, DECEMBER, date(2026, 1, 5))
    assert draft.checked["blocking"] == 1
    with db.reading() as session:
        lines = session.scalars(select(PayrollLine).where(PayrollLine.payroll_id == draft.id)).all()
    [faulty] = [one for one in lines if not one.shares]
    assert faulty.problems[0]["column"] == "Chosen monthly instalment"
    assert faulty.problems[0]["code"] == "E_NOT_SAID"
    with db.writing() as session:
        sign_in_as = give_mandate(session, employer)
    sign_in(client, sign_in_as)
    base = f"/employers/{employer.number}/payrolls/{draft.public_id}"
    assert "Chosen monthly instalment has to be said" in client.get(f"{base}/lines/{faulty.row_number}").text
    assert client.get(base).status_code == client.get(f"{base}/check").status_code == 200
    with pytest.raises(NotReady, match="1 line must be corrected"):
        declare(employer, DECEMBER, date(2026, 1, 5))


def test_a_nepali_fund_counts_its_months_in_bikram_sambat_from_roster_to_receipt(
    nepal: None, client: FlaskClient
) -> None:
    first = date(2025, 7, 17)  # 1 Shrawan 2082
    employer = enrolled("np-ssf", first)
    take_on(employer, first, basic=20_000_00)
    ashwin = Month(2082, 6)
    assert month_on(date(2025, 10, 1)) == ashwin
    made = declare(employer, ashwin, date(2025, 10, 20))
    assert made.total == 6_200_00  # 31 % of 20,000
    assert made.due_day == date(2025, 11, 11)  # 25 days after the last of Ashwin, 17 October
    with db.writing() as session:
        db.store_offset(session, noon(date(2025, 12, 20)) - clock.real_now())
        signer = give_mandate(session, employer, EmployerRole.ADMINISTRATOR)
    night(employer, date(2025, 12, 20))
    receipt = pay(employer, "np-ssf", made.total, date(2025, 12, 20))
    assert receipt.snapshot["allocations"][0]["month"] == "2082-06"
    sign_in(client, signer)
    base = f"/employers/{employer.number}"
    for page in (
        "/", "/payrolls/", "/payrolls/start/2082-07", "/payrolls/start/2082-07/template.csv", "/roster/", "/file",
        "/account/", "/account/statement", "/account/receipts/", f"/account/receipts/{receipt.public_id}",
        "/roster/hire", f"/payrolls/declarations/{made.number}",
    ):  # fmt: skip
        shown = client.get(base + page)
        assert shown.status_code == 200, page
        assert "October 2082" not in shown.text, page
        assert "June 2082" not in shown.text, page
    assert "Ashwin 2082" in client.get(f"{base}/payrolls/declarations/{made.number}").text
    started = client.post(f"{base}/payrolls/start/2082-07/roster")
    assert started.status_code == 303
    assert client.get(started.headers["Location"]).status_code == 200


def test_the_thirteenth_month_of_an_ethiopian_year_is_declared_from_a_file(ethiopia: None, client: FlaskClient) -> None:
    employer = enrolled("et-psssa", date(2025, 1, 1))
    soldier = take_on(employer, date(2025, 1, 1), {"et-psssa.category": "military_police"}, salary=10_000_00)
    clerk = take_on(employer, date(2025, 1, 1), salary=10_000_00)
    with db.writing() as session:
        db.store_offset(session, noon(date(2025, 9, 20)) - clock.real_now())
        signer = give_mandate(session, employer, EmployerRole.ADMINISTRATOR)
    sign_in(client, signer)
    base = f"/employers/{employer.number}/payrolls"
    assert client.get(f"{base}/start/2017-13").status_code == 200
    filled = client.get(f"{base}/start/2017-13/template.csv").data
    assert b"2017-13" in filled
    rows = [line.split(b",") for line in filled.strip().splitlines()]
    filled = b"\n".join(b",".join([one[0], *one[2:]]) for one in rows)  # the stage's people have made-up numbers
    values = {"file": (io.BytesIO(filled), "pagume.csv")}
    sent = client.post(f"{base}/start/2017-13/file", data=values, content_type="multipart/form-data")
    assert sent.status_code == 303, re.findall(r"error-message[^<]*<[^<]*<[^<]*", sent.text)
    assert [one.problems for one in draft_rows(employer)] == []
    made = declare(employer, Month(2017, 13), date(2025, 9, 20))
    assert str(made.month) == "2017-13"
    shares = shares_of(Month(2017, 13))
    assert shares[soldier] == 2_500_00
    assert shares[clerk] == 1_100_00


def test_an_officer_enters_and_changes_what_the_scheme_asks_and_the_employer_sees_it(
    cameroon: None, client: FlaskClient
) -> None:
    employer = enrolled("cm-cnps", date(2025, 1, 1))
    with db.writing() as session:
        officer, viewer = make_officer(session, FundRoleName.REGISTRAR), give_mandate(session, employer)
    sign_in(client, officer)
    url = f"/fund/employers/{employer.number}/enrolments/cm-cnps"
    assert "Not said yet" in client.get(url).text
    typed = {"cm-cnps.risk_rate": "2.5 %", "from_day": ["1", "1", "2025"], "reason": "no"}
    assert client.post(url, data=typed).status_code == 422
    typed["reason"] = "Letter 12 of the inspection"
    assert client.post(url, data=typed).status_code == 303
    shown = client.get(url).text
    assert "Letter 12 of the inspection" in shown
    assert client.get(f"/fund/employers/{employer.number}").status_code == 200
    sign_in(client, viewer)
    assert "2.5" in client.get(f"/employers/{employer.number}/file").text


def test_who_hires_is_asked_what_the_scheme_asks_and_a_file_carries_it(ethiopia: None, client: FlaskClient) -> None:
    employer = enrolled("et-psssa", date(2025, 1, 1))
    with db.writing() as session:
        db.store_offset(session, noon(date(2025, 9, 20)) - clock.real_now())
        clerk = give_mandate(session, employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    base = f"/employers/{employer.number}/roster"
    assert "PSSSA: Service" in client.get(f"{base}/hire").text
    typed = {
        "national_id": "123456/78/1", "first_name": "Abebe", "surname": "Bikila", "sex": "M", "category": "permanent",
        "birth_date": ["7", "8", "1990"], "from_day": ["1", "9", "2025"], "pay_salary": "10000",
        "et-psssa.category": "military_police", "staff_number": "", "other_names": "", "phone": "", "email": "",
    }  # fmt: skip
    assert client.post(f"{base}/hire", data=typed).status_code == 302
    exported = client.get(f"{base}/export.csv").text
    assert exported.splitlines()[0].rstrip().endswith("et-psssa.category")
    assert exported.splitlines()[1].rstrip().endswith("military_police")
    with db.writing() as session:
        changed = exported.replace("military_police", "Civil service").encode()
        file = roster_import.keep_file(session, employer.id, changed, "people.csv", "text/csv", at=noon(TODAY), by=None)
        counts = roster_import.import_roster(
            session, employer.id, file, wages_from=month_on(date(2025, 10, 20)), at=noon(TODAY)
        )
    assert counts["changed"] == 1
    with db.reading() as session:
        kept = session.scalars(select(Employment)).one()
    assert [(one["from"], one["said"]) for one in kept.answers] == [
        ("2025-09-01", {"et-psssa.category": "military_police"}),
        ("2025-10-11", {"et-psssa.category": "civil"}),  # 1 Tikimt 2018
    ]
    with db.reading() as session:
        person = session.get_one(Person, kept.person_id).public_id
    shown = client.get(f"{base}/{person}").text
    assert "PSSSA: Service" in shown
    url = f"{base}/employment/{kept.public_id}/answers"
    assert client.get(url).status_code == 200
    again = {"et-psssa.category": "military_police", "from_day": ["1", "12", "2025"]}
    assert client.post(url, data=again).status_code == 302
    with db.reading() as session:
        assert len(session.scalars(select(Employment)).one().answers) == 3


def test_a_file_that_says_what_the_scheme_does_not_know_is_told_the_answers(ethiopia: None) -> None:
    employer = enrolled("et-psssa", date(2025, 1, 1))
    text = (
        "national_id,surname,first_name,sex,birth_date,category,from_day,salary,et-psssa.category\n"
        "123456/78/1,Bikila,Abebe,M,1990-08-07,permanent,2025-01-01,10000,sailor\n"
    )
    reading = roster_import.read_file(text.encode(), "people.csv", TODAY)
    with db.reading() as session:
        planned = roster_import.plan_import(session, employer.id, reading, month_on(TODAY))
    [problem] = planned.problems
    assert problem.column == "et-psssa.category"
    assert "Choose one of: civil, military_police" in str(problem.words)


def test_the_registrar_answers_the_schemes_questions_when_approving(cameroon: None, client: FlaskClient) -> None:
    with db.writing() as session:
        row = send_in(session, schemes=["cm-cnps"])
        registrar = make_officer(session, FundRoleName.REGISTRAR)
    sign_in(client, registrar)
    url = f"/fund/registrations/{row.public_id}/approve"
    assert "Rate of the risk class" in client.get(url).text
    refused = client.post(url, data={"cm-cnps.risk_rate": "3 %"})
    assert refused.status_code == 422
    assert "Choose one of" in refused.text
    assert client.post(url, data={"cm-cnps.risk_rate": "5 %"}).status_code == 302
    with db.reading() as session:
        kept = session.scalars(select(Enrolment)).one()
    assert [one["said"] for one in kept.answers] == [{"risk_rate": "5 %"}]


def test_the_people_of_a_fund_of_another_country_see_their_record(nepal: None, client: FlaskClient) -> None:
    first = date(2025, 7, 17)
    employer = enrolled("np-ssf", first)
    person = take_on(employer, first, basic=20_000_00)
    declare(employer, Month(2082, 6), date(2025, 10, 20))
    with db.writing() as session:
        db.store_offset(session, noon(date(2025, 12, 20)) - clock.real_now())
        officer = make_officer(session)
    sign_in(client, person_id=person)
    assert "Ashwin 2082" in client.get("/me/").text
    assert client.get("/me/months/2082-06").status_code == 200
    sign_in(client, officer)
    for page in ("/fund/", f"/fund/employers/{employer.number}", "/fund/employers", "/fund/arrears"):
        assert client.get(page).status_code == 200, page
