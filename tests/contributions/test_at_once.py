"""Two people put one month right at once, or while its payment is being taken back: one wins, nobody loses a word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import db
from portal.approvals import Approval
from portal.contributions import service
from portal.contributions.models import Declaration, Payroll
from portal.employers.models import Employer
from portal.errors import Refused
from portal.ledger.standing import standings
from tests.contributions.test_correction_pages import declared, paid_and_lowered, revise
from tests.contributions.test_pages import NOW, OCTOBER, base, draft, edit, employer, go, submit
from tests.factories import hire, make_account

__all__ = ["employer"]


def being_taken_back(employer: Employer, at: datetime = NOW) -> None:
    """An officer asked to take a payment for October back; a colleague has not decided yet."""
    with db.writing() as session:
        values = {"action": "payment.reverse", "subject": "payment:1", "reason": "wrong", "fingerprint": ""}
        asked_by = make_account(session).id
        session.add(
            Approval(employer_id=employer.id, shown={"months": ["2025-10"]}, asked_by=asked_by, asked_at=at, **values)
        )


def begin(kind: str, employer_id: int) -> int | str:
    """The payroll that is open afterwards, or why none could be begun."""
    start = {"revise": service.revise_payroll, "add": service.start_supplement}[kind]
    try:
        with db.writing() as session:
            return start(session, employer_id, OCTOBER, at=NOW, by=None).id
    except Refused as refusal:
        return str(refusal.words)


def test_two_people_who_revise_at_the_same_moment_work_on_one_draft(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(begin, ("revise", "revise"), (employer.id, employer.id))
    assert first == second == draft(employer).id


def test_one_revises_while_another_adds_and_one_of_them_is_told(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    with db.writing() as session:
        hire(session, session.get_one(Employer, employer.id))
    with ThreadPoolExecutor(2) as both:
        found = sorted(both.map(begin, ("revise", "add"), (employer.id, employer.id)), key=str)
    assert found[0] == draft(employer).id
    assert "first" in str(found[1])


def test_what_one_types_is_kept_when_a_colleague_submits_meanwhile(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    revise(client, employer, gross__2="7000")
    opened = draft(employer)
    submit(client, employer)
    typed = {"version": str(opened.version), "gross-2": "7777.77", "basic-2": "5000.00"}
    late = client.post(f"{base(employer)}/{opened.public_id}/lines", data=typed)
    assert late.status_code == 409
    assert "was submitted or given up since you opened it" in late.text
    assert 'value="7777.77"' in late.text
    line = client.post(
        f"{base(employer)}/{opened.public_id}/lines/2", data={"version": str(opened.version), "days": "7", "reason": ""}
    )
    assert line.status_code == 409
    assert 'value="7"' in line.text
    with db.reading() as session:
        totals = session.scalars(select(Declaration.total).where(Declaration.kind == "revised")).all()
    assert totals == [1_300_00]


def test_a_month_whose_payment_is_being_taken_back_waits_and_its_draft_is_kept(
    client: FlaskClient, employer: Employer
) -> None:
    paid_and_lowered(client, employer)
    being_taken_back(employer)
    answer = submit(client, employer, reason="Typed the bonus twice")
    assert answer.status_code == 409
    assert "The fund is deciding whether to take back a payment for October 2025" in answer.text
    assert "Typed the bonus twice" in answer.text
    assert draft(employer).checked["sums"]["zm-napsa"]["earnings"] == 11_500_00
    go(client, "POST", f"{base(employer)}/{draft(employer).public_id}/give-up")
    assert go(client, "POST", f"{base(employer)}/start/2025-10/revise").status_code == 409
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Payroll).where(Payroll.state == "draft")) == 0


def test_a_save_and_a_submission_at_the_same_moment_never_mix(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    revise(client, employer, gross__2="7000")
    kept = draft(employer)
    edit(client, employer, gross__2="7100")
    assert "Someone changed this payroll" in submit(client, employer, kept).text
    assert "October 2025 is declared" in submit(client, employer).text
    with db.reading() as session:
        assert [one.charged for one in standings(session, employer.id, "zm-napsa")] == [1_310_00]
