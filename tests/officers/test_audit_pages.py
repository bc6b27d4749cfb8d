"""What each colleague did: filtered, in sentences, saved as shown; reading about people is written down too."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import select

from portal import audit, audit_chain, db
from portal.audit import AuditEvent, Event
from portal.auth.models import FundRoleName
from portal.cases import service
from portal.cases.kinds import QUESTION, REPORT
from portal.cases.models import Side
from portal.cases.service import New, Writer
from portal.contributions.models import Declaration
from portal.employers.models import Employment
from portal.officers.audit_words import GROUPS, sentence
from portal.people.models import Person
from tests.officers.conftest import TODAY, Fund, at
from tests.officers.test_home import text_of


def rows(fund: Fund, query: str = "") -> list[list[str]]:
    answer = fund.client.get(f"/fund/audit/audit.csv{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff").replace("\u00a0", " "))))[1:]


@pytest.mark.usefixtures("_fund")
def test_every_event_there_is_says_a_sentence() -> None:
    fields = {
        "role": "clerk", "from_day": "2026-01-01", "scheme": "zm-nhima", "month": "2026-10", "said": {}, "amount": 1,
        "total": 1, "number": "A-1", "people": 1, "lines": 1, "hired": 1, "changed": 1, "faulty": 0,
        "day": "2026-01-01",
        "paid_on": "2026-01-01", "reason": "r", "problem": "p", "left": 3, "action": "x", "where": "case", "case": "K1",
        "to": "2026-01-01", "receipt": "R1", "from_month": "2026-10",
        "as_of": "2026-01-01",
    }  # fmt: skip
    silent = [
        one.label
        for one in Event
        if str(sentence(one.label, {**dict.fromkeys(one.fields, "x"), **fields})).startswith("Recorded:")
    ]
    assert silent == []
    assert [one.label for one in Event if not one.label.startswith(tuple(GROUPS))] == []


def test_an_event_of_an_older_version_is_shown_by_its_name() -> None:
    assert str(sentence("report.sent", {})) == "Recorded: report.sent"
    assert str(sentence(Event.DECLARATION_SUBMITTED.label, {})).startswith("Recorded:")


def test_the_log_reads_as_sentences_with_who_and_whom(fund_of_three: Fund) -> None:
    page = text_of(fund_of_three.get("/fund/audit?employer=T900001&event=declaration."))
    assert "4 events" in page
    assert "August 2026 declared to NAPSA: ZMW 600.00, acknowledgement" in page
    assert "the portal or a visitor" in page
    assert "Kafue Mining" in page
    assert "Model Farms" not in page


def test_it_is_narrowed_by_who_what_whom_and_when(fund_of_three: Fund) -> None:
    with db.writing() as session:
        audit.record(session, Event.SIGNED_IN, at=at(TODAY), by=fund_of_three.supervisor.id)
    assert [row[3] for row in rows(fund_of_three, "?who=mutinta&event=account.")] == ["Signed in"]
    assert rows(fund_of_three, "?who=nobody") == []
    assert rows(fund_of_three, "?employer=T900009") == []
    day = rows(fund_of_three, "?first=2026-10-05&last=2026-10-05")
    assert {row[1][:10] for row in day} == {"2026-10-05"}
    subject = next(row[7] for row in day if row[7].startswith("declaration:"))
    assert {row[7] for row in rows(fund_of_three, f"?subject={subject}")} == {subject}
    assert len(rows(fund_of_three, "?first=nonsense&event=nonsense&subject=%20")) > 10
    assert fund_of_three.client.get("/fund/audit/audit.csv?subject=%00").status_code == 400


def test_the_file_is_exactly_the_list_and_saving_it_is_written_down(fund_of_three: Fund) -> None:
    shown = text_of(fund_of_three.get("/fund/audit?event=late_charge."))
    kept = rows(fund_of_three, "?event=late_charge.")
    assert f"{len(kept)} events" in shown
    assert all(row[3] in shown for row in kept)
    assert rows(fund_of_three, "?event=personal_data.")[0][3] == "The audit log was saved as a file"


@pytest.mark.parametrize("role", [FundRoleName.REGISTRAR, FundRoleName.CASHIER, FundRoleName.SYSTEM_ADMINISTRATOR])
def test_only_who_audits_reads_it(fund_of_three: Fund, role: FundRoleName) -> None:
    fund_of_three.sign_in(role)
    for path in ("/fund/audit", "/fund/audit/audit.csv", "/fund/audit/blocks.csv"):
        fund_of_three.get(path, 403)


def test_the_latest_hash_and_all_blocks_can_be_taken_along(fund_of_three: Fund) -> None:
    assert "Nothing is sealed yet" in fund_of_three.get("/fund/audit")
    audit_chain.seal(at=at(TODAY))
    with db.reading() as session:
        block = audit_chain.latest(session)
    assert block is not None
    assert block.hash in fund_of_three.get("/fund/audit")
    assert block.hash in fund_of_three.get("/fund/audit/blocks.csv")


def reads() -> list[tuple[str, str]]:
    """What was written down about reading: where, and about what kind of thing."""
    with db.reading() as session:
        found = session.scalars(
            select(AuditEvent).where(AuditEvent.event == Event.PERSONAL_DATA_READ.label).order_by(AuditEvent.id)
        )
        return [(event.fields["where"], event.subject.partition(":")[0]) for event in found]


def test_reading_what_single_people_earn_is_written_down(fund_of_three: Fund) -> None:
    record = fund_of_three.get("/fund/employers/T900001/tab/arrears")
    charge = re.search(r'href="(/fund/employers/T900001/charges/[^"]+)"', record)
    assert charge
    fund_of_three.get(charge[1])
    with db.reading() as session:
        declared = session.scalars(select(Declaration).where(Declaration.employer_id == fund_of_three.late.id)).first()
        person = session.scalars(
            select(Person.public_id)
            .join(Employment, Employment.person_id == Person.id)
            .where(Employment.employer_id == fund_of_three.late.id)
        ).one()
    assert declared is not None
    fund_of_three.get(f"/fund/employers/T900001/declarations/{declared.public_id}/lines/{person}")
    assert reads()[-2:] == [("lines", "charge"), ("line", "person")]


def test_a_case_about_a_person_is_written_down_and_another_is_not(fund_of_three: Fund) -> None:
    with db.writing() as session:
        person = session.scalars(select(Employment.person_id)).first()
        facts = {"month": "2026-09", "what": "wrong_wage"}
        other = Writer("other")
        about = service.open_case(
            session, New(REPORT, Side.PERSON, facts, person=person, employer=fund_of_three.late.id), "?", by=other,
            at=at(TODAY),
        )  # fmt: skip
        plain = service.open_case(
            session, New(QUESTION, Side.EMPLOYER, {"title": "x"}, employer=fund_of_three.late.id), "?", by=other,
            at=at(TODAY),
        )  # fmt: skip
    fund_of_three.get(f"/fund/cases/{plain.public_id}")
    assert reads() == []
    fund_of_three.get(f"/fund/cases/{about.public_id}")
    assert reads() == [("case", "case")]
    with db.reading() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event is not None
        assert event.account_id == fund_of_three.supervisor.id
