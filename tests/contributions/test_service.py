"""A payroll becomes declarations: once, whole, charged to the ngwee."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, event, func, select

from portal import db
from portal.contributions import service
from portal.contributions.models import Declaration, DeclarationLine, FaultyLine, Payroll, PayrollLine
from portal.contributions.service import Change, NotReady, Stale
from portal.employers.models import Employment, Enrolment, Wage
from portal.employers.roster import roster_in
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.ledger import book
from portal.ledger.models import Charge
from portal.scheme.calendars import Month
from portal.tabular.table import FileRefused
from tests.factories import give_mandate, hire, make_employer, make_person

pytestmark = pytest.mark.usefixtures("database", "_fund")

OCTOBER = Month(2025, 10)
NOVEMBER = Month(2025, 11)
AT = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)
TODAY = date(2025, 11, 3)


def employer_with(people: int = 2, **wage: int):
    """An employer with so many people since 2024, and the account that signs for it."""
    with db.writing() as session:
        employer = make_employer(session)
        hired = [hire(session, employer, **wage) for _ in range(people)]
        return employer, give_mandate(session, employer, name="Mutinta Banda"), hired


def start(employer, month=OCTOBER, at=AT):
    with db.writing() as session:
        return service.start_from_roster(session, employer.id, month, at=at, by=None)


def submit(employer, draft, by=None, at=AT):
    with db.writing() as session:
        return service.submit_payroll(
            session, employer.id, draft.public_id, version=draft.version, by=by and by.id, at=at
        )


def upload(employer, text: str, month=OCTOBER, name="payroll.csv", at=AT):
    with db.writing() as session:
        return service.save_upload(session, employer.id, month, content=text.encode(), name=name, at=at, by=None)


def numbers(employer) -> list[str]:
    with db.reading() as session:
        return [one.national_id for one in roster_in(session, employer.id, OCTOBER)]


def rows_of(table, **wanted):
    with db.reading() as session:
        return session.scalars(select(table).filter_by(**wanted)).all()


def count(table) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def template(rows: list[str]) -> str:
    return "national_id,surname,first_name,month,days,basic,gross\n" + "\n".join(rows) + "\n"


def test_a_month_from_the_roster_makes_one_declaration_for_each_scheme():
    employer, signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    health, pension = submit(employer, start(employer), by=signer)
    assert (health.scheme, health.people, health.earnings, health.total) == ("zm-nhima", 2, 10_000_00, 200_00)
    assert (pension.scheme, pension.earnings, pension.total) == ("zm-napsa", 12_000_00, 1_200_00)
    assert (health.employer_share, health.employee_share) == (100_00, 100_00)
    assert health.due_day == pension.due_day == date(2025, 11, 10)
    assert [health.number, pension.number] == ["A-2025-000001", "A-2025-000002"]


def test_submitting_charges_each_scheme_what_it_declares():
    employer, signer, _hired = employer_with(2)
    submit(employer, start(employer), by=signer)
    with db.reading() as session:
        charges = {each.scheme: each for each in session.scalars(select(Charge))}
        owed = book.balances(session, [each.id for each in charges.values()])
    assert owed[charges["zm-nhima"].id].contribution == 200_00
    assert owed[charges["zm-napsa"].id].contribution == 1_200_00
    assert charges["zm-napsa"].due_day == date(2025, 11, 10)


def test_a_second_click_gives_the_same_declarations():
    employer, signer, _hired = employer_with()
    draft = start(employer)
    first = submit(employer, draft, by=signer)
    again = submit(employer, draft, by=signer)
    assert [each.number for each in first] == [each.number for each in again]
    assert count(Declaration) == 2
    with db.reading() as session:
        charges = session.scalars(select(Charge.id)).all()
        assert sum(each.contribution for each in book.balances(session, charges).values()) == 1_400_00


def test_starting_twice_opens_the_same_draft():
    employer, _signer, _hired = employer_with()
    assert start(employer).public_id == start(employer).public_id


def test_lines_of_a_declaration_keep_only_the_pay_its_scheme_counts():
    employer, _signer, _hired = employer_with(1, basic=5_000_00, gross=6_000_00)
    health, pension = submit(employer, start(employer))
    assert rows_of(DeclarationLine, declaration_id=health.id)[0].components == {"basic": 5_000_00}
    assert rows_of(DeclarationLine, declaration_id=pension.id)[0].components == {"gross": 6_000_00}
    assert rows_of(DeclarationLine, declaration_id=pension.id)[0].branches == {"pension": [6_000_00, 300_00, 300_00]}


def test_pay_above_the_ceiling_counts_up_to_it():
    employer, _signer, _hired = employer_with(1, basic=40_000_00, gross=40_000_00)
    health, pension = submit(employer, start(employer))
    assert (pension.earnings, pension.insurable, pension.total) == (40_000_00, 34_164_00, 3_416_40)
    assert health.insurable == 40_000_00


def test_an_employer_of_one_scheme_declares_that_one_only():
    with db.writing() as session:
        employer = make_employer(session, schemes=("zm-nhima",))
        hire(session, employer)
    (only,) = submit(employer, start(employer))
    assert only.scheme == "zm-nhima"


def test_the_acknowledgement_holds_totals_and_nobodys_wage():
    employer, signer, _hired = employer_with(2, basic=5_123_00, gross=6_000_00)
    health, _pension = submit(employer, start(employer), by=signer)
    kept = health.snapshot
    assert kept["number"] == "A-2025-000001"
    assert kept["submitted_by"]["values"] == {"who": "Mutinta Banda", "role": "administrator"}
    assert kept["schemes"][0]["total"] == health.total
    assert len(kept["fingerprint"]) == 64
    assert "512300" not in str(kept)


def test_a_month_is_not_declared_before_it_begins():
    employer, _signer, _hired = employer_with()
    with pytest.raises(Refused, match="December 2025 has not begun"):
        start(employer, Month(2025, 12))


def test_a_month_before_enrolment_is_refused():
    employer, _signer, _hired = employer_with()
    with pytest.raises(Refused, match="not enrolled"):
        start(employer, Month(2023, 12))


def test_a_month_is_not_declared_twice():
    employer, _signer, _hired = employer_with()
    submit(employer, start(employer))
    with pytest.raises(Refused, match="declared already"):
        start(employer)


def test_changed_amounts_are_computed_again():
    employer, _signer, _hired = employer_with(2)
    draft = start(employer)
    with db.writing() as session:
        changed = service.change_lines(
            session, employer.id, draft.public_id, version=draft.version,
            changes={2: Change({"basic": 7_000_00, "gross": 8_000_00}, 20)}, at=AT, by=None,
        )  # fmt: skip
    assert changed.version == 2
    assert changed.checked["sums"]["zm-napsa"]["earnings"] == 14_000_00
    health, _pension = submit(employer, changed)
    assert health.total == 240_00


def test_a_page_that_is_no_longer_current_changes_nothing():
    employer, _signer, _hired = employer_with(1)
    draft = start(employer)
    old = draft.version
    change = {1: Change({"basic": 7_000_00, "gross": 8_000_00})}
    with db.writing() as session:
        service.change_lines(session, employer.id, draft.public_id, version=old, changes=change, at=AT, by=None)
    with pytest.raises(Stale), db.writing() as session:
        service.change_lines(session, employer.id, draft.public_id, version=old, changes=change, at=AT, by=None)
    with pytest.raises(Stale):
        submit(employer, draft)


def test_a_file_of_good_rows_becomes_lines():
    employer, _signer, _hired = employer_with(2)
    one, two = numbers(employer)
    draft = upload(
        employer, template([f"{one},Banda,Agnes,2025-10,31,5000.00,6500.00", f"{two},Banda,Brian,2025-10,31,4000,4000"])
    )
    assert draft.checked["faulty"] == 0
    lines = rows_of(PayrollLine, payroll_id=draft.id)
    assert sorted(line.components["gross"] for line in lines) == [4_000_00, 6_500_00]
    assert sorted(line.row_number for line in lines) == [2, 3]


def test_a_bad_row_waits_beside_the_good_ones():
    employer, _signer, _hired = employer_with(2)
    one, two = numbers(employer)
    draft = upload(
        employer, template([f"{one},Banda,Agnes,2025-10,31,5000.00,6500.00", f"{two},Banda,Brian,2025-10,31,x,4000"])
    )
    (bad,) = rows_of(FaultyLine, payroll_id=draft.id)
    assert bad.cells["basic"] == "x"
    assert [each["code"] for each in bad.problems] == ["E_AMOUNT"]
    assert len(rows_of(PayrollLine, payroll_id=draft.id)) == 1
    with pytest.raises(NotReady):
        submit(employer, draft)


def mend(employer, draft, typed, leave_out=()):
    with db.writing() as session:
        return service.mend_rows(
            session, employer.id, draft.public_id, version=draft.version, typed=typed, leave_out=leave_out,
            at=AT, by=None,
        )  # fmt: skip


def test_a_mended_row_joins_the_good_ones_and_keeps_its_number():
    employer, _signer, _hired = employer_with(2)
    one, two = numbers(employer)
    draft = upload(
        employer, template([f"{one},Banda,Agnes,2025-10,31,5000.00,6500.00", f"{two},Banda,Brian,2025-10,31,x,4000"])
    )
    still = mend(employer, draft, {3: {"basic": "4o00"}})
    assert rows_of(FaultyLine, payroll_id=draft.id)[0].cells["basic"] == "4o00"
    mended = mend(employer, still, {3: {"basic": "4000"}})
    assert mended.checked["faulty"] == 0
    assert [line.row_number for line in rows_of(PayrollLine, payroll_id=draft.id)] == [2, 3]
    assert len(submit(employer, mended)) == 2


def test_a_row_that_is_left_out_holds_nothing_up():
    employer, _signer, _hired = employer_with(2)
    one, _two = numbers(employer)
    draft = upload(
        employer,
        template([f"{one},Banda,Agnes,2025-10,31,5000.00,6500.00", "999999/11/1,Nobody,Nelson,2025-10,31,1,1"]),
    )
    assert rows_of(FaultyLine, payroll_id=draft.id)[0].problems[0]["code"] == "E_NOT_ON_ROSTER"
    left = mend(employer, draft, {}, leave_out=[3])
    assert left.checked["faulty"] == 0
    assert left.checked["missing"] == 1
    health, _pension = submit(employer, left)
    assert health.people == 1


def test_somebody_hired_after_the_upload_is_found_when_checked_again():
    employer, _signer, _hired = employer_with(1)
    (one,) = numbers(employer)
    draft = upload(
        employer, template([f"{one},Banda,Agnes,2025-10,31,5000,6500", "700000/11/1,Zulu,Nelson,2025-10,31,1000,1000"])
    )
    with db.writing() as session:
        hire(session, employer, make_person(session, national_id="700000/11/1", surname="Zulu"))
    assert mend(employer, draft, {}).checked["faulty"] == 0


def test_a_refused_file_leaves_nothing_behind():
    employer, _signer, _hired = employer_with(1)
    with pytest.raises(FileRefused):
        upload(employer, "national_id,surname\n1,2\n")
    assert (count(Payroll), count(StoredFile)) == (0, 0)


def test_the_same_file_again_is_said_and_kept_once():
    employer, _signer, _hired = employer_with(1)
    (one,) = numbers(employer)
    text = template([f"{one},Banda,Agnes,2025-10,31,5000,6500"])
    first = upload(employer, text)
    second = upload(employer, text)
    assert [each["code"] for each in first.checked["notices"]] == []
    assert [each["code"] for each in second.checked["notices"]] == ["W_SAME_FILE"]
    assert count(StoredFile) == 1
    assert {each.state for each in rows_of(Payroll, id=first.id)} == {"cancelled"}


NAPSA = (
    "Account Number,Year,Month,SSN,NRC,Surname,First Name,Other Names,Date of Birth,Gross Pay,Employee Share,"
    "Employer Share\n"
)


def test_a_napsa_file_takes_basic_pay_from_the_roster_and_says_so():
    employer, _signer, _hired = employer_with(1, basic=5_000_00, gross=6_000_00)
    (one,) = numbers(employer)
    draft = upload(employer, NAPSA + f"123,2025,10,,{one},Banda,Agnes,,17/05/1990,7000.00,350.00,350.00\n")
    assert draft.checked["faulty"] == 0
    assert "W_FROM_ROSTER" in {each["code"] for each in draft.checked["notices"]}
    (line,) = rows_of(PayrollLine, payroll_id=draft.id)
    assert line.components == {"basic": 5_000_00, "gross": 7_000_00}


def test_shares_that_differ_from_the_rules_are_said():
    employer, _signer, _hired = employer_with(1)
    (one,) = numbers(employer)
    draft = upload(employer, NAPSA + f"123,2025,10,,{one},Banda,Agnes,,17/05/1990,7000.00,300.00,350.00\n")
    (line,) = rows_of(PayrollLine, payroll_id=draft.id)
    assert [each["code"] for each in line.problems] == ["W_SHARE_DIFFERS"]


def test_somebody_who_left_before_the_month_blocks_until_left_out():
    employer, _signer, _hired = employer_with(1)
    with db.writing() as session:
        gone = make_person(session)
        hire(session, employer, gone, to_day=date(2025, 9, 30), leave_reason="resigned")
    (one,) = numbers(employer)
    draft = upload(
        employer,
        template([f"{one},Banda,Agnes,2025-10,31,5000,6500", f"{gone.national_id},Banda,Brian,2025-10,31,1000,1000"]),
    )
    assert draft.checked["blocking"] == 1
    with pytest.raises(NotReady):
        submit(employer, draft)
    with db.writing() as session:
        left = service.leave_out(session, employer.id, draft.public_id, version=draft.version, rows=[3], at=AT, by=None)
    assert len(submit(employer, left)) == 2


def test_pay_far_from_last_month_is_asked_about_and_not_refused():
    employer, _signer, _hired = employer_with(1)
    submit(employer, start(employer))
    (one,) = numbers(employer)
    draft = upload(employer, template([f"{one},Banda,Agnes,2025-11,30,50000,60000"]), NOVEMBER)
    assert (draft.checked["warnings"], draft.checked["blocking"]) == (1, 0)
    assert len(submit(employer, draft)) == 2


def test_people_missing_from_a_file_can_be_added_from_the_roster():
    employer, _signer, _hired = employer_with(3)
    one, *_others = numbers(employer)
    draft = upload(employer, template([f"{one},Banda,Agnes,2025-10,31,5000,6500"]))
    assert draft.checked["missing"] == 2
    with db.writing() as session:
        full = service.add_missing(session, employer.id, draft.public_id, version=draft.version, at=AT, by=None)
    assert (full.checked["missing"], full.checked["lines"]) == (0, 3)


def test_a_roster_without_a_wage_leaves_a_row_to_fill_in():
    with db.writing() as session:
        employer = make_employer(session)
        person = make_person(session, first_name="Agnes", insurance_number=fund().insurance_number.issue(1))
        hired = hire(session, employer, person)
        session.execute(delete(Wage).where(Wage.employment_id == hired.id))
    draft = start(employer)
    assert (draft.checked["lines"], draft.checked["faulty"]) == (0, 1)
    full = mend(employer, draft, {1: {"basic": "5000", "gross": "6000"}})
    assert full.checked["faulty"] == 0
    assert submit(employer, full)[0].total == 100_00


def test_a_nil_declaration_is_acknowledged_and_charges_nothing():
    with db.writing() as session:
        employer = make_employer(session)
    with db.writing() as session:
        first = service.submit_nil(session, employer.id, OCTOBER, by=None, at=AT)
    with db.writing() as session:
        again = service.submit_nil(session, employer.id, OCTOBER, by=None, at=AT)
    assert [each.number for each in first] == [each.number for each in again]
    assert {(each.kind, each.total, each.people) for each in first} == {("nil", 0, 0)}
    assert count(Charge) == 0


def test_nil_with_people_on_the_roster_asks_once():
    employer, _signer, _hired = employer_with(2)
    with pytest.raises(Refused, match="2 people are on your roster") as refused, db.writing() as session:
        service.submit_nil(session, employer.id, OCTOBER, by=None, at=AT)
    assert refused.value.field == "nobody_paid"
    with db.writing() as session:
        done = service.submit_nil(session, employer.id, OCTOBER, by=None, at=AT, nobody_paid=True)
    assert len(done) == 2


def test_a_revision_posts_exactly_the_difference():
    employer, _signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    old_health, old_pension = submit(employer, start(employer))
    with db.writing() as session:
        draft = service.revise_payroll(session, employer.id, OCTOBER, at=AT, by=None)
    with db.writing() as session:
        draft = service.change_lines(
            session, employer.id, draft.public_id, version=draft.version,
            changes={2: Change({"basic": 5_000_00, "gross": 7_000_00})}, at=AT, by=None,
        )  # fmt: skip
    (pension,) = submit(employer, draft)
    assert (pension.kind, pension.supersedes_id, pension.total) == ("revised", old_pension.id, 1_300_00)
    with db.reading() as session:
        assert session.get(Declaration, old_pension.id).state == "superseded"
        assert session.get(Declaration, old_health.id).state == "submitted"
        charge = session.scalar(select(Charge).where(Charge.scheme == "zm-napsa"))
        assert book.balances(session, [charge.id])[charge.id].contribution == 1_300_00


def test_a_revision_downwards_takes_back_the_difference():
    employer, _signer, _hired = employer_with(2, basic=5_000_00, gross=6_000_00)
    submit(employer, start(employer))
    with db.writing() as session:
        draft = service.revise_payroll(session, employer.id, OCTOBER, at=AT, by=None)
        draft = service.leave_out(
            session, employer.id, draft.public_id, version=draft.version, rows=[2], at=AT, by=None
        )
    assert {each.total for each in submit(employer, draft)} == {100_00, 600_00}
    with db.reading() as session:
        charges = session.scalars(select(Charge.id)).all()
        assert sum(each.contribution for each in book.balances(session, charges).values()) == 700_00
        assert len(service.declared_people(session, employer.id, "zm-nhima", OCTOBER)) == 1


def test_a_revision_that_changes_nothing_is_refused():
    employer, _signer, _hired = employer_with(1)
    submit(employer, start(employer))
    with db.writing() as session:
        draft = service.revise_payroll(session, employer.id, OCTOBER, at=AT, by=None)
    with pytest.raises(NotReady, match="Nothing differs"):
        submit(employer, draft)


def test_another_employers_payroll_is_not_there():
    employer, _signer, _hired = employer_with(1)
    other, _signer, _hired = employer_with(1)
    draft = start(employer)
    with pytest.raises(NotFound), db.writing() as session:
        service.submit_payroll(session, other.id, draft.public_id, version=1, by=None, at=AT)


def test_months_to_declare_tell_the_oldest_first_and_what_is_late():
    employer, _signer, _hired = employer_with(1)
    submit(employer, start(employer, Month(2024, 1)))
    with db.reading() as session:
        rows = service.months_to_declare(session, employer.id, TODAY)
    assert (rows[0].month, rows[-1].month) == (NOVEMBER, Month(2024, 1))
    assert {one.state for one in rows[-1].schemes} == {"overdue"}
    assert {one.state for one in rows[0].schemes} == {"not_declared"}
    assert service.next_month(rows).month == Month(2024, 2)


def test_a_napsa_row_is_mended_in_its_own_columns():
    employer, _signer, _hired = employer_with(1, basic=5_000_00, gross=6_000_00)
    (one,) = numbers(employer)
    draft = upload(employer, NAPSA + f"123,2025,10,,{one},Banda,Agnes,,17/05/1990,7o00,350.00,350.00\n")
    assert draft.checked["faulty"] == 1
    mended = mend(employer, draft, {2: {"gross": "7000.00"}})
    assert mended.checked["faulty"] == 0
    assert rows_of(PayrollLine, payroll_id=draft.id)[0].components == {"basic": 5_000_00, "gross": 7_000_00}


def test_a_roster_that_changed_since_is_noticed_before_submitting():
    employer, _signer, hired = employer_with(2)
    draft = start(employer)
    with db.writing() as session:
        session.get_one(Employment, hired[0].id).to_day = date(2025, 9, 30)
    with pytest.raises(NotReady, match="1 line must be corrected"):
        submit(employer, draft)
    assert count(Declaration) == 0


def test_a_scheme_whose_rules_are_not_known_holds_the_other_one_up_by_nothing():
    with db.writing() as session:
        employer = make_employer(session, schemes=())
        for scheme in ("zm-nhima", "zm-napsa"):
            session.add(Enrolment(employer_id=employer.id, scheme=scheme, from_day=date(2020, 1, 1)))
        hire(session, employer, from_day=date(2020, 1, 1))
    may = Month(2020, 5)
    (only,) = submit(employer, start(employer, may))
    assert only.scheme == "zm-nhima"
    with db.reading() as session:
        row = next(one for one in service.months_to_declare(session, employer.id, TODAY) if one.month == may)
    assert row.declared
    assert [one.state for one in row.schemes] == ["overdue", "blocked"]


def test_a_scheme_joined_later_can_be_declared_beside_what_stands():
    with db.writing() as session:
        employer = make_employer(session, schemes=("zm-nhima",))
        hire(session, employer)
    submit(employer, start(employer))
    with db.writing() as session:
        session.add(Enrolment(employer_id=employer.id, scheme="zm-napsa", from_day=date(2025, 1, 1)))
    (only,) = submit(employer, start(employer))
    assert (only.scheme, only.kind) == ("zm-napsa", "regular")


def test_two_people_who_submit_at_once_make_one_declaration_a_scheme():
    employer, _signer, _hired = employer_with(3)
    draft = start(employer)
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _n: submit(employer, draft), range(2))
    assert [each.id for each in first] == [each.id for each in second]
    assert count(Declaration) == 2


def statements(action) -> int:
    """How many statements *action* sends through SQLAlchemy."""
    seen = []

    def note(_conn, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        action()
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)
    return len(seen)


def test_the_number_of_statements_is_the_same_for_10_and_1000_lines():
    counts = []
    for size in (10, 1000):
        employer, signer, _hired = employer_with(size)
        text = template([f"{one},Banda,Person,2025-10,31,5000,6500" for one in numbers(employer)])
        drafts = []
        saved = statements(lambda e=employer, t=text, d=drafts: d.append(upload(e, t)))
        assert drafts[0].checked["lines"] == size
        submitted = statements(lambda e=employer, d=drafts, s=signer: submit(e, d[0], by=s))
        counts.append((saved, submitted))
    assert counts[0] == counts[1]
