"""A payroll of 1,000 people: from the upload of its file to the checked page, and from the click to the receipt."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

from flask.testing import FlaskClient
from sqlalchemy import select

from bench import Measure
from bench._stage import middle, milliseconds, stage
from portal import clock, db
from portal.auth.models import EmployerRole
from portal.db import copy_rows
from portal.employers.models import Employer, Employment
from portal.people.models import Person
from tests.factories import give_mandate, make_employer, sign_in

PEOPLE = 1_000
MONTHS = ("2025-08", "2025-09", "2025-10")
NOW = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)


def measures() -> list[Measure]:
    """Upload and submission, each the median of three months, over the pages as a person meets them."""
    uploads, submissions = [], []
    with stage() as app:
        client = app.test_client()
        employer = employer_with_people(client)
        for month in MONTHS:
            pages = Pages(client, employer, month)
            uploads.append(milliseconds(pages.upload))
            submissions.append(milliseconds(pages.submit))
    return [
        Measure(f"a payroll file of {PEOPLE:,} lines, from upload to checked draft", middle(uploads), 2_000),
        Measure(f"a payroll of {PEOPLE:,} lines, submitted and acknowledged", middle(submissions), 1_000),
    ]


class Pages:
    """One month of an employer, clicked through."""

    def __init__(self, client: FlaskClient, employer: Employer, month: str) -> None:
        self.client = client
        self.month = month
        self.base = f"/employers/{employer.number}/payrolls"
        self.file = payroll_file(employer, month)
        self.page = ""

    def upload(self) -> None:
        """Send the file and see the page it leads to."""
        values = {"file": (io.BytesIO(self.file), f"{self.month}.csv")}
        answer = self.client.post(f"{self.base}/start/{self.month}/file", data=values, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        self.page = answer.text

    def submit(self) -> None:
        """Tick the boxes and see the acknowledgement."""
        found = re.search(rf"{self.base}/([0-9a-f-]{{36}})/submit", self.page)
        assert found is not None, self.page
        ticked = {"version": "1", "confirm": "y", "looked": "y"}
        answer = self.client.post(f"{self.base}/{found[1]}/submit", data=ticked, follow_redirects=True)
        assert "is declared" in answer.text, answer.text


def employer_with_people(client: FlaskClient) -> Employer:
    """An employer with so many people on its roster, its signatory signed in, the clock in November 2025."""
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        employer = make_employer(session)
        signer = give_mandate(session, employer, EmployerRole.SIGNATORY)
        people = [
            (f"{900_000_000 + n}", f"{100_000 + n}/11/1", "Banda", word(n), "", "F", date(1990, 5, 17), "", "", NOW)
            for n in range(PEOPLE)
        ]
        names = ("insurance_number", "national_id", "surname", "first_name", "other_names", "sex", "birth_date")
        copy_rows(session, "person", (*names, "phone", "email", "created_at"), people)
        ids = session.scalars(select(Person.id).order_by(Person.id)).all()
        jobs = [(employer.id, one, "", "permanent", date(2024, 1, 1), "", NOW) for one in ids]
        columns = ("employer_id", "person_id", "staff_number", "category", "from_day", "leave_reason", "created_at")
        copy_rows(session, Employment.__tablename__, columns, jobs)
    sign_in(client, signer)
    return employer


def word(number: int) -> str:
    """A first name for each number, in letters."""
    return "Name" + "".join(chr(97 + int(digit)) for digit in str(number))


def payroll_file(employer: Employer, month: str) -> bytes:
    """The month's file, as the employer's own program writes it."""
    head = "national_id,surname,first_name,month,days,basic,gross"
    rows = [f"{100_000 + n}/11/1,Banda,{word(n)},{month},,{4000 + n}.50,{5000 + n}.75" for n in range(PEOPLE)]
    return "\n".join([head, *rows, ""]).encode()
