"""The month in figures over two years of a large fund: 200 employers, 20,000 people, 480,000 lines."""

from __future__ import annotations

from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy import text

from bench import Measure
from bench._stage import middle, milliseconds, stage
from portal import clock, db
from tests.factories import make_officer, sign_in

EMPLOYERS, PEOPLE, MONTHS = 200, 20_000, 24
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PAGES = (
    "/fund/figures?scheme=zm-nhima&month=2026-10",
    "/fund/figures/regions?scheme=zm-nhima&month=2026-10",
    "/fund/figures/sectors?scheme=zm-nhima&month=2026-10",
    "/fund/figures/people?scheme=zm-nhima&month=2026-10",
    "/fund/figures/silent?scheme=zm-nhima&month=2026-10",
)
TIMES = 7

#: Two years of NHIMA, in bulk: what the services would have left, without waiting for them.  One employer in
#: twelve is silent in a month, one in nine pays late or not at all, one in ten gives in a file.
STEPS = (
    """
    INSERT INTO employer (number, state, legal_name, tax_number, legal_form, activity, location, address, phone, email,
        first_employment_day, headcount, approved_at, trade_name, registration_number, contact_name, bank_name,
        bank_account)
    SELECT 'L' || n, 'active', 'Large ' || n, 'T' || n, 'company', chr(65 + n % 18),
        'ZM-0' || (1 + n % 9) || '-0' || (1 + n % 4), 'Plot 1', '', '', '2020-01-01', 100, '2020-01-01', '', '', '',
        '', ''
    FROM generate_series(1, :employers) n
    """,
    """
    INSERT INTO enrolment (employer_id, scheme, from_day) SELECT id, 'zm-nhima', '2024-01-01' FROM employer
    """,
    """
    INSERT INTO person (insurance_number, national_id, surname, first_name, other_names, sex, birth_date, phone, email,
        created_at)
    SELECT (20000000 + n)::text, 'N' || n, 'Banda', 'P' || n, '', CASE WHEN n % 5 < 2 THEN 'F' ELSE 'M' END,
        DATE '1960-01-01' + (n * 7919) % 17000, '', '', '2020-01-01'
    FROM generate_series(1, :people) n
    """,
    """
    INSERT INTO payroll (employer_id, month, state, source, version, checked, created_at, submitted_at)
    SELECT id, month, 'submitted', CASE WHEN (id + month) % 10 = 0 THEN 'file' ELSE 'roster' END, 1, '{}', sent, sent
    FROM employer, LATERAL (
        SELECT to_char(day, 'YYYYMM')::int AS month, day + interval '1 month' + (id % 14) * interval '1 day' AS sent
        FROM generate_series(DATE '2024-11-01', DATE '2026-10-01', interval '1 month') day
    ) months
    WHERE (id + month) % 12 <> 0
    """,
    """
    INSERT INTO declaration (employer_id, payroll_id, enrolment_id, scheme, month, kind, state, number, currency,
        people, earnings, insurable, employer_share, employee_share, total, provisional, due_day, pack_hash,
        submitted_at, snapshot)
    SELECT payroll.employer_id, payroll.id, enrolment.id, 'zm-nhima', payroll.month, 'regular', 'submitted',
        'A' || payroll.id, 'ZMW', 100, 50000000, 50000000, 500000, 500000, 1000000, false,
        (to_date(payroll.month::text, 'YYYYMM') + interval '1 month 9 days')::date, '', payroll.submitted_at,
        jsonb_build_object('lines', repeat('x', 2000))
    FROM payroll JOIN enrolment USING (employer_id)
    """,
    """
    INSERT INTO declaration_line (declaration_id, person_id, employer_id, components, earnings, insurable,
        employer_share, employee_share, branches)
    SELECT declaration.id, person.id, employer_id, '{"basic": 500000, "gross": 600000}', 500000, 500000, 5000, 5000,
        '{"health": [500000, 5000, 5000]}'
    FROM declaration JOIN person ON person.id % :employers = declaration.employer_id % :employers
    ORDER BY declaration.id, person.id
    """,
    """
    INSERT INTO charge (employer_id, scheme, month, due_day, currency, pack_hash, created_at)
    SELECT employer_id, scheme, month, due_day, currency, '', submitted_at FROM declaration
    """,
    """
    WITH made AS (
        INSERT INTO transaction (employer_id, scheme, currency, name, kind, effective_day, recorded_at, explanation)
        SELECT employer_id, scheme, currency, 'declaration/' || id, 'declaration', submitted_at::date, submitted_at,
            '{}'
        FROM declaration RETURNING *
    )
    INSERT INTO posting (transaction_id, employer_id, account, charge_id, amount)
    SELECT made.id, made.employer_id, side.account, CASE WHEN side.amount > 0 THEN charge.id END, side.amount
    FROM made JOIN declaration ON 'declaration/' || declaration.id = made.name
    JOIN charge ON charge.employer_id = made.employer_id AND charge.month = declaration.month,
    (VALUES ('contribution_due', 1000000), ('contribution_income', -1000000)) AS side(account, amount)
    """,
    """
    WITH made AS (
        INSERT INTO transaction (employer_id, scheme, currency, name, kind, effective_day, recorded_at, explanation)
        SELECT employer_id, scheme, currency, 'payment/' || id, 'payment', due_day + (id % 9 - 7)::int, created_at, '{}'
        FROM charge WHERE id % 9 <> 0 RETURNING *
    ), posted AS (
        INSERT INTO posting (transaction_id, employer_id, account, charge_id, amount)
        SELECT made.id, made.employer_id, side.account, CASE WHEN side.amount < 0 THEN charge.id END, side.amount
        FROM made JOIN charge ON 'payment/' || charge.id = made.name,
        (VALUES ('contribution_due', -1000000), ('money_received', 1000000)) AS side(account, amount)
    )
    INSERT INTO payment (employer_id, scheme, currency, amount, paid_on, method, bank_reference, transaction_id,
        recorded_at)
    SELECT employer_id, scheme, currency, 1000000, effective_day, 'bank', '', id, recorded_at FROM made
    """,
    """
    INSERT INTO coverage_month (employer_id, person_id, scheme, branch, month, paid_month, contribution, state,
        opened_at, core_state, core_receipt, core_policy, core_problem, core_known_at)
    SELECT charge.employer_id, person.id, 'zm-nhima', 'health',
        to_char(to_date(charge.month::text, 'YYYYMM') + interval '1 month', 'YYYYMM')::int, charge.month, 10000, 'open',
        charge.created_at, CASE WHEN charge.id % 20 = 0 THEN 'waiting' ELSE 'known' END, charge.id || '/' || person.id,
        '', '', charge.created_at + interval '1 day'
    FROM charge JOIN person ON person.id % :employers = charge.employer_id % :employers WHERE charge.id % 9 <> 0
    """,
    "ANALYZE",
)  # fmt: skip


def measures() -> list[Measure]:
    """The median of each page of figures, one after the other."""
    with stage() as app:
        make_large()
        client = officer(app.test_client())
        found = {page: _median(client, page) for page in PAGES}
    said = f"{EMPLOYERS} employers, {PEOPLE:,} people, {MONTHS} months"
    return [Measure(f"{page.split('?')[0]}, {said}, median", figure, 300) for page, figure in found.items()]


def make_large() -> None:
    """Two years of a large fund."""
    for step in STEPS:
        with db.writing() as session:
            session.execute(text(step), {"employers": EMPLOYERS, "people": PEOPLE} if ":" in step else {})


def officer(client: FlaskClient) -> FlaskClient:
    """An officer signed in, the clock on the day of the measure."""
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        account = make_officer(session)
    sign_in(client, account)
    return client


def _median(client: FlaskClient, page: str) -> int:
    def opened() -> None:
        answer = client.get(page)
        if answer.status_code != 200:
            raise RuntimeError(f"{page}: {answer.status_code}")

    opened()
    return middle([milliseconds(opened) for _time in range(TIMES)])
