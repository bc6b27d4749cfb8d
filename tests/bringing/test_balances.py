"""Opening balances: whole or not at all, by two people, and the book goes on from there."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import approvals, db, fund_commands
from portal.approvals import Approval
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName
from portal.bringing import balances, uploads
from portal.bringing.balances_file import COLUMNS
from portal.bringing.models import Kind
from portal.employers.models import Employer
from portal.errors import Refused
from portal.ledger import arrears
from portal.ledger.models import Posting, Transaction
from portal.ledger.standing import credit, standings
from portal.ledger.statement import statement
from portal.payments.service import record_payment
from portal.scheme.calendars import Month
from portal.tabular.writing import write_csv
from tests.factories import make_employer, make_officer, sign_in

AT = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)
LAST = date(2026, 10, 31)
ROWS = (
    ("M1", "NAPSA", "2026-08", "10000.00", "1,000.00", ""),
    ("M1", "NHIMA", "2026-09", "500.00", "", ""),
    ("M2", "zm-napsa", "", "", "", "250.00"),
)
OWED, CREDIT = 11_500_00, 250_00


@pytest.fixture
def employers(app: Flask, database: str) -> dict[str, Employer]:
    with db.writing() as session:
        return {number: make_employer(session, number=number) for number in ("M1", "M2")}


@pytest.fixture
def two(database: str) -> tuple[Account, Account]:
    """Who asks, and who decides."""
    with db.writing() as session:
        return make_officer(session, FundRoleName.CONTRIBUTION_OFFICER), make_officer(session, FundRoleName.SUPERVISOR)


def kept(two: tuple[Account, Account], rows: object = ROWS, owed: int = OWED, credit: int = CREDIT) -> UUID:
    content = write_csv(COLUMNS, rows)  # type: ignore[arg-type]
    options = {"as_of": LAST.isoformat(), "owed": owed, "credit": credit}
    with db.writing() as session:
        row = uploads.keep(session, Kind.BALANCES, content, "balances.csv", options=options, by=two[0].id, at=AT)
        return row.public_id


def asked(file: UUID, two: tuple[Account, Account]) -> Approval:
    with db.writing() as session:
        return balances.ask(session, file, reason="Compared by Ruth.", by=two[0].id, at=AT)


def agreed(request: Approval, by: Account) -> None:
    with db.writing() as session:
        approvals.approve(session, request.public_id, fingerprint=request.fingerprint, by=by.id, at=AT)


def test_what_is_owed_stands_in_the_book_once_two_people_agree(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    request = asked(kept(two), two)
    with db.reading() as session:
        assert session.scalars(select(Transaction)).all() == []  # asking posts nothing
    with pytest.raises(Refused, match="Somebody else has to decide"):
        agreed(request, two[0])
    agreed(request, two[1])
    agreed(request, two[1])  # pressed twice
    with db.reading() as session:
        first = {one.charge.scheme: one for one in standings(session, employers["M1"].id)}
        assert (first["zm-napsa"].balance.contribution, first["zm-napsa"].balance.late) == (10_000_00, 1_000_00)
        assert first["zm-napsa"].charge.due_day == date(2026, 9, 10)
        assert first["zm-nhima"].balance.contribution == 500_00
        assert credit(session, employers["M2"].id, "zm-napsa") == 250_00
        assert session.scalar(select(func.sum(Posting.amount))) == 0
        assert len(session.scalars(select(Transaction).where(Transaction.kind == "opening")).all()) == 3
        rows = statement(session, employers["M1"].id, "zm-napsa", LAST, LAST).rows
        assert [str(row.words) for row in rows] == ["Brought over from the books before, August 2026"]
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.event == "opening.balances")).all()
        assert (event.fields["owed"], event.fields["employers"]) == (OWED, 2)


def test_late_charges_run_on_from_the_day_of_the_balances(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    agreed(asked(kept(two), two), two[1])
    mine = employers["M1"].id
    with db.writing() as session:
        assert arrears.accrue(session, mine, on=LAST, at=AT).charges == 0  # what was late until then is in the file
    with db.writing() as session:
        arrears.accrue(session, mine, on=date(2026, 12, 15), at=AT)
        [napsa] = standings(session, mine, "zm-napsa")
    assert napsa.balance.late > 1_000_00
    assert napsa.late_posted == napsa.balance.late - 1_000_00


def test_a_payment_settles_an_opening_balance_and_gets_a_receipt(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    agreed(asked(kept(two), two), two[1])
    with db.writing() as session:
        receipt = record_payment(
            session, employers["M1"].id, scheme="zm-nhima", amount=500_00, paid_on=date(2026, 11, 10), method="bank",
            by=two[1].id, at=AT,
        )  # fmt: skip
        assert receipt.number
        assert standings(session, employers["M1"].id, "zm-nhima")[0].settled


def test_a_file_that_does_not_add_up_to_the_control_total_is_refused_whole(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    with pytest.raises(Refused, match=r"Find the difference of 1,000\.00 ZMW"):
        asked(kept(two, owed=OWED - 1_000_00), two)
    with pytest.raises(Refused, match="Credit: the file adds up to"):
        asked(kept(two, credit=0), two)
    with db.reading() as session:
        assert session.scalars(select(Approval)).all() == []


def test_a_row_with_a_problem_keeps_all_of_the_file_out(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    wrong = (
        ("M9", "NAPSA", "2026-08", "1.00", "", ""),
        ("M1", "PENSION", "2026-08", "1.00", "", ""),
        ("M1", "NAPSA", "2026-12", "1.00", "", ""),
        ("M1", "NAPSA", "", "1.00", "", ""),
        ("M1", "NAPSA", "2026-07", "", "0", ""),
        ("M1", "NAPSA", "2026-06", "1.234", "", ""),
        ("M1", "NAPSA", "2026-05", "-1.00", "", ""),
        ("M1", "NAPSA", "2026-04", "1.00", "", ""),
        ("M1", "NAPSA", "2026-04", "2.00", "", ""),
        ("M1", "NAPSA", "2010-01", "2.00", "", ""),
        ("", "NAPSA", "2026-03", "2.00", "", ""),
    )
    file = kept(two, (*ROWS, *wrong))
    with db.reading() as session:
        found = balances.plan(session, uploads.upload_of(session, file)).problems
    assert [(one.row, one.column) for one in found] == [
        (5, "employer_number"), (6, "scheme"), (7, "month"), (8, "month"), (9, "contribution"), (10, "contribution"),
        (11, "contribution"), (13, "month"), (14, "month"), (15, "employer_number"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="Some rows have problems"):
        asked(file, two)


def test_the_same_balance_is_not_brought_over_by_another_file(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    file = kept(two)
    agreed(asked(file, two), two[1])
    assert kept(two) == file  # the same content is the same file
    with pytest.raises(Refused, match="was brought over on"):
        asked(file, two)
    more = (*ROWS, ("M2", "NAPSA", "2026-09", "5.00", "", ""))
    with pytest.raises(Refused, match="Some rows have problems"):
        asked(kept(two, more, owed=OWED + 5_00), two)


def test_two_requests_about_one_balance_post_it_once(
    employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    first = asked(kept(two), two)
    second = asked(kept(two, ROWS[:1], owed=11_000_00, credit=0), two)
    agreed(first, two[1])
    with pytest.raises(Refused, match="Some rows have problems"):
        agreed(second, two[1])
    with db.reading() as session:
        assert len(standings(session, employers["M1"].id, "zm-napsa")) == 1
        waiting = session.scalars(select(Approval).where(Approval.decision.is_(None))).all()
        assert [one.public_id for one in waiting] == [second.public_id]  # nothing of the refused decision stands


def test_pages_ask_for_the_control_totals_and_for_a_second_person(
    client: FlaskClient, employers: dict[str, Employer], two: tuple[Account, Account]
) -> None:
    sign_in(client, two[0])
    content = write_csv(COLUMNS, ROWS)
    typed = {"as_of": LAST.isoformat(), "owed": "11,500.00", "credit": "250"}

    def upload(**changes: str) -> object:
        data = {**typed, **changes, "file": (io.BytesIO(content), "balances.csv")}
        return client.post("/fund/opening/balances", data=data)

    for wrong in ({"owed": "K 11,500"}, {"credit": ""}, {"as_of": "2999-01-01"}):
        assert upload(**wrong).status_code == 422
    short = upload(owed="10,500.00").location
    assert "The file does not add up to the control total." in client.get(short).text
    right = upload().location
    page = client.get(right).text
    assert "ZMW\u00a011,500.00" in page
    assert client.post(f"{right}/balances", data={"reason": ""}).status_code == 422
    request = client.post(f"{right}/balances", data={"reason": "Compared by Ruth."})
    assert "Bring over opening balances" in client.get(request.location).text
    assert "A second person has to agree." in client.get(right).text
    with db.reading() as session:
        asked_for = session.scalars(select(Approval)).one()
    agreed(asked_for, two[1])
    assert "The balances stand in the book." in client.get(right).text
    assert client.post(f"{right}/employers").status_code in (403, 404)


def test_a_month_of_the_first_row_is_one_month(employers: dict[str, Employer], two: tuple[Account, Account]) -> None:
    with db.reading() as session:
        found = balances.plan(session, uploads.upload_of(session, kept(two)))
    assert found.rows[0][1].month == Month(2026, 8)
    assert found.employers == 2


def test_commands_look_at_files_first_and_leave_the_decision_to_the_portal(
    app: Flask, employers: dict[str, Employer], two: tuple[Account, Account], tmp_path: Path
) -> None:
    fund_commands.register(app)
    run = app.test_cli_runner().invoke
    file = tmp_path / "balances.csv"
    file.write_bytes(write_csv(COLUMNS, ROWS))
    line = ["fund", "import-balances", str(file), "--as-of", "2026-10-31", "--credit", "250", "--by"]
    looked = run(args=[*line, two[0].email, "--owed", "10500.00"])
    assert looked.exit_code == 0
    assert "3 rows about 2 employers." in looked.output
    assert "Find the difference of" in looked.output
    assert run(args=[*line, two[0].email, "--owed", "10500.00", "--ask", "Compared."]).exit_code == 1
    assert "nobody who may do this" in run(args=[*line, "x@example.org", "--owed", "1"]).output
    asked_for = run(args=[*line, two[0].email, "--owed", "11500.00", "--ask", "Compared."])
    assert "A second person decides at /fund/approvals/" in asked_for.output
    with db.reading() as session:
        assert session.scalars(select(Transaction)).all() == []
