"""Paper returns: an officer enters for an employer what it gave on paper; marked so, with the paper, and told."""

from __future__ import annotations

import io
import re
from datetime import timedelta

from sqlalchemy import select, update

from portal import clock, db
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRole, FundRoleName
from portal.auth.on_behalf import OnBehalf
from portal.contributions.models import Declaration, Payroll
from portal.installation import pack
from portal.notices.models import Notice
from portal.reports.counting.filings import filings
from portal.reports.counting.scope import Scope
from portal.staff.reading import Reading
from tests.factories import give_mandate, sign_in
from tests.officers.conftest import AUGUST, TODAY, Fund, set_today

PAPER = b"%PDF-1.4 the August return, signed"


def begin(fund: Fund, number: str, *, once: str = "1", status: int = 302, **changes: object) -> str:
    """Attach a paper and begin."""
    paper = (io.BytesIO(PAPER), "return.pdf")
    form = {"signed_by": "Chanda Mwale", "paper": paper, "once": once} | changes
    answer = fund.client.post(f"/fund/employers/{number}/on-behalf", data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.text
    return answer.text


def declare_on_paper(fund: Fund, number: str) -> Payroll:
    """August from the roster, as the employer's pages have it."""
    fund.client.post(f"/employers/{number}/payrolls/start/{AUGUST}/roster", data={})
    with db.reading() as session:
        draft = session.scalars(select(Payroll).order_by(Payroll.id.desc())).first()
    assert draft is not None
    page = fund.get(f"/employers/{number}/payrolls/{draft.public_id}/check")
    form = {
        name: value or "y" for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*?(?:value="([^"]*)")', page)
    }
    answer = fund.client.post(f"/employers/{number}/payrolls/{draft.public_id}/submit", data=form)
    assert answer.status_code == 303, answer.text
    return draft


def test_without_a_paper_the_employers_pages_do_not_exist_for_the_fund(fund_of_three: Fund) -> None:
    number = fund_of_three.silent.number
    fund_of_three.get(f"/employers/{number}/", 404)
    assert "Choose the scan" in begin(fund_of_three, number, paper="", status=422)
    assert "Write who signed" in begin(fund_of_three, number, signed_by=" ", status=422)
    begin(fund_of_three, number, paper=(io.BytesIO(b"hello"), "return.txt"), status=422)
    fund_of_three.get(f"/employers/{number}/", 404)


def test_a_paper_return_is_declared_marked_told_and_counted(fund_of_three: Fund) -> None:
    number = fund_of_three.silent.number
    begin(fund_of_three, number)
    home = text_of_all(fund_of_three.get(f"/employers/{number}/"))
    assert "On behalf of Silent Traders" in home
    assert "the paper signed by Chanda Mwale" in home
    declare_on_paper(fund_of_three, number)
    with db.reading() as session:
        declared = session.scalars(select(Declaration).where(Declaration.employer_id == fund_of_three.silent.id)).all()
        behind = session.scalars(select(OnBehalf)).one()
        events = session.scalars(select(AuditEvent).where(AuditEvent.event == "declaration.submitted"))
        marked = {one.on_behalf_id for one in events if one.employer_id == fund_of_three.silent.id}
        told = session.scalars(select(Notice.kind).where(Notice.employer_id == fund_of_three.silent.id)).all()
        counted = filings(session, Scope(pack("zm-napsa")), [AUGUST])
    assert {one.on_behalf_id for one in declared} == {behind.id} == marked
    assert declared[0].snapshot["submitted_by"].startswith("Chanda Mwale / Mutinta Phiri, ")
    assert told.count("done.on_behalf") == 2
    assert "declaration.submitted" in told
    whole = next(one for key, one in counted.items() if key == (AUGUST, None))
    assert (whole.declaring, whole.paper, whole.electronic) == (3, 1, 2)


def text_of_all(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ")


def test_the_employer_reads_that_the_fund_did_it_and_the_paper(fund_of_three: Fund) -> None:
    number = fund_of_three.silent.number
    begin(fund_of_three, number)
    declare_on_paper(fund_of_three, number)
    record = f"/fund/employers/{number}/tab"
    assert "on paper, entered by the fund" in fund_of_three.get(f"{record}/returns")
    assert "on behalf of the employer" in fund_of_three.get(f"{record}/history")
    assert "return.pdf" in fund_of_three.get(f"{record}/documents")
    with db.writing() as session:
        theirs = give_mandate(session, fund_of_three.silent)
        other = give_mandate(session, fund_of_three.model)
        name = session.scalars(
            select(Declaration.number).where(Declaration.employer_id == fund_of_three.silent.id)
        ).first()
        own = session.scalars(
            select(Declaration.number).where(Declaration.employer_id == fund_of_three.model.id)
        ).first()
    sign_in(fund_of_three.client, theirs)
    page = fund_of_three.get(f"/employers/{number}/payrolls/declarations/{name}")
    assert "The fund entered it from paper." in page
    assert fund_of_three.client.get(f"/employers/{number}/payrolls/declarations/{name}/paper").data == PAPER
    sign_in(fund_of_three.client, other)
    model = fund_of_three.model.number
    for path in (f"{number}/payrolls/declarations/{name}/paper", f"{model}/payrolls/declarations/{own}/paper"):
        fund_of_three.get(f"/employers/{path}", 404)


def test_a_second_click_begins_nothing_twice_and_tells_once(fund_of_three: Fund) -> None:
    for _click in range(2):
        begin(fund_of_three, fund_of_three.silent.number)
    with db.reading() as session:
        assert len(session.scalars(select(OnBehalf)).all()) == 1
        assert len(session.scalars(select(Notice).where(Notice.kind == "done.on_behalf")).all()) == 1


def test_it_ends_when_finished_and_at_the_end_of_the_day(fund_of_three: Fund) -> None:
    number = fund_of_three.silent.number
    begin(fund_of_three, number)
    assert fund_of_three.client.post(f"/fund/employers/{number}/on-behalf/end").status_code == 302
    fund_of_three.get(f"/employers/{number}/", 404)
    begin(fund_of_three, number, once="2")
    fund_of_three.get(f"/employers/{number}/")
    set_today(TODAY + timedelta(days=1))
    fund_of_three.get(f"/employers/{number}/", 404)


def test_only_one_employer_opens_and_never_who_may_act_for_it(fund_of_three: Fund) -> None:
    number = fund_of_three.silent.number
    begin(fund_of_three, number)
    fund_of_three.get(f"/employers/{fund_of_three.late.number}/", 404)
    fund_of_three.get(f"/employers/{number}/slips/", 403)


def test_who_leaves_the_fund_its_role_or_the_district_no_longer_acts(fund_of_three: Fund) -> None:
    number, me = fund_of_three.silent.number, fund_of_three.supervisor.id
    begin(fund_of_three, number)
    with db.writing() as session:
        session.execute(update(Account).where(Account.id == me).values(districts=["ZM-01"]))
    fund_of_three.get(f"/employers/{number}/", 404)
    with db.writing() as session:
        session.execute(update(Account).where(Account.id == me).values(districts=[]))
    fund_of_three.get(f"/employers/{number}/")
    with db.writing() as session:
        yesterday = clock.today("UTC") - timedelta(days=1)
        session.execute(update(FundRole).where(FundRole.account_id == me).values(to_day=yesterday))
    fund_of_three.get(f"/employers/{number}/", 404)


def test_a_cashier_cannot_begin(fund_of_three: Fund) -> None:
    fund_of_three.sign_in(FundRoleName.CASHIER)
    begin(fund_of_three, fund_of_three.silent.number, status=403)
    assert "/on-behalf" not in fund_of_three.get(f"/fund/employers/{fund_of_three.silent.number}")


def test_a_colleague_does_not_act_on_my_paper(fund_of_three: Fund) -> None:
    begin(fund_of_three, fund_of_three.silent.number)
    fund_of_three.sign_in(FundRoleName.CONTRIBUTION_OFFICER)
    fund_of_three.get(f"/employers/{fund_of_three.silent.number}/", 404)


def test_what_an_officer_does_as_such_is_not_marked(fund_of_three: Fund) -> None:
    begin(fund_of_three, fund_of_three.silent.number)
    once = re.findall(r'name="once"[^>]*value="([^"]+)"', fund_of_three.get("/fund/employers/T900001"))[0]
    fund_of_three.client.post("/fund/employers/T900001/notes", data={"text": "a note", "once": once})
    with db.reading() as session:
        kept = session.scalars(select(AuditEvent).where(AuditEvent.event == "employer.note_kept")).one()
    assert kept.on_behalf_id is None


def test_people_an_officer_sees_in_the_employers_pages_are_counted_as_read(fund_of_three: Fund) -> None:
    number = fund_of_three.silent.number
    begin(fund_of_three, number)
    fund_of_three.get(f"/employers/{number}/roster/")
    assert fund_of_three.client.get(f"/employers/{number}/roster/export.csv").status_code == 200
    with db.reading() as session:
        counts = session.scalars(select(Reading)).one()
    assert (counts.account_id, counts.persons, counts.files) == (fund_of_three.supervisor.id, 2, 1)
