"""
The book against what is on file: declarations with their lines, payments, receipts, reversals, refunds.

One question to the database a rule, however large the fund is; each gives employer, what it is about, what is
expected and what was found.  A reversal counts with the kind of what it takes back.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from portal.verifying.faults import Fault, asked

_UNBALANCED = """
    SELECT transaction.employer_id, transaction.name AS about, 0 AS expected, coalesce(sum(posting.amount), 0) AS found
    FROM transaction LEFT JOIN posting ON posting.transaction_id = transaction.id
    GROUP BY transaction.id HAVING coalesce(sum(posting.amount), 0) <> 0 OR count(posting.id) < 2
"""
_ELSEWHERE = """
    SELECT transaction.employer_id, transaction.name AS about, 0 AS expected, posting.amount AS found
    FROM posting JOIN transaction ON transaction.id = posting.transaction_id
    LEFT JOIN charge ON charge.id = posting.charge_id
    WHERE posting.employer_id <> transaction.employer_id
        OR (charge.employer_id, charge.scheme, charge.currency)
            <> (transaction.employer_id, transaction.scheme, transaction.currency)
        OR (posting.account IN ('contribution_due', 'late_due') AND charge.id IS NULL)
"""
_REVERSAL = """
    SELECT back.employer_id, back.name AS about, 0 AS expected, sum(posting.amount) AS found
    FROM transaction back JOIN transaction first ON first.id = back.reverses_id
    JOIN posting ON posting.transaction_id IN (back.id, first.id)
    GROUP BY back.id, posting.account, coalesce(posting.charge_id, 0) HAVING sum(posting.amount) <> 0
    UNION ALL
    SELECT employer_id, name, 0, 0 FROM transaction WHERE (kind = 'reversal') <> (reverses_id IS NOT NULL)
"""
_LINES = """
    SELECT declaration.employer_id, declaration.number AS about,
        coalesce(sum(line.employer_share + line.employee_share), 0) AS expected, declaration.total AS found
    FROM declaration LEFT JOIN declaration_line line ON line.declaration_id = declaration.id
    GROUP BY declaration.id
    HAVING coalesce(sum(line.employer_share + line.employee_share), 0) <> declaration.total
"""
_CHARGED = """
    WITH declared AS (
        SELECT employer_id, scheme, month, sum(total) AS amount FROM declaration
        WHERE state NOT IN ('superseded', 'cancelled') GROUP BY employer_id, scheme, month
    ), charged AS (
        SELECT charge.employer_id, charge.scheme, charge.month, sum(posting.amount) AS amount
        FROM posting JOIN charge ON charge.id = posting.charge_id
        JOIN transaction ON transaction.id = posting.transaction_id
        LEFT JOIN transaction first ON first.id = transaction.reverses_id
        WHERE posting.account = 'contribution_due'
            AND coalesce(first.kind, transaction.kind) IN ('declaration', 'amendment')
        GROUP BY charge.id
    )
    SELECT employer_id, scheme || ' ' || month AS about, coalesce(declared.amount, 0) AS expected,
        coalesce(charged.amount, 0) AS found
    FROM declared FULL JOIN charged USING (employer_id, scheme, month)
    WHERE coalesce(declared.amount, 0) <> coalesce(charged.amount, 0)
"""
_PAYMENT = """
    WITH booked AS (
        SELECT transaction.*, sum(posting.amount) FILTER (WHERE posting.account = 'money_received') AS money,
            -sum(posting.amount) FILTER (
                WHERE posting.account IN ('contribution_due', 'late_due', 'credit') AND posting.amount < 0
            ) AS spent
        FROM transaction LEFT JOIN posting ON posting.transaction_id = transaction.id
        WHERE transaction.kind = 'payment' GROUP BY transaction.id
    )
    SELECT coalesce(payment.employer_id, booked.employer_id) AS employer_id,
        coalesce(booked.name, 'payment/' || payment.public_id) AS about, coalesce(payment.amount, 0) AS expected,
        coalesce(least(booked.money, booked.spent), 0) AS found
    FROM payment FULL JOIN booked ON booked.id = payment.transaction_id
    WHERE (payment.employer_id, payment.scheme, payment.currency, payment.paid_on, payment.amount, payment.amount)
        IS DISTINCT FROM
        (booked.employer_id, booked.scheme, booked.currency, booked.effective_day, booked.money, booked.spent)
"""
_REVERSED = """
    SELECT coalesce(payment.employer_id, back.employer_id) AS employer_id,
        coalesce(back.name, 'payment/' || payment.public_id) AS about,
        CASE WHEN payment_reversal.id IS NULL THEN 0 ELSE payment.amount END AS expected,
        CASE WHEN back.id IS NULL THEN 0 ELSE payment.amount END AS found
    FROM payment LEFT JOIN payment_reversal ON payment_reversal.payment_id = payment.id
    LEFT JOIN transaction back ON back.reverses_id = payment.transaction_id
    WHERE payment_reversal.transaction_id IS DISTINCT FROM back.id
"""
_REFUND = """
    WITH booked AS (
        SELECT transaction.*, -sum(posting.amount) FILTER (WHERE posting.account = 'money_refunded') AS money
        FROM transaction LEFT JOIN posting ON posting.transaction_id = transaction.id
        WHERE transaction.kind = 'refund' GROUP BY transaction.id
    )
    SELECT coalesce(refund.employer_id, booked.employer_id) AS employer_id,
        coalesce(refund.number, booked.name) AS about, coalesce(refund.amount, 0) AS expected,
        coalesce(booked.money, 0) AS found
    FROM refund FULL JOIN booked ON booked.id = refund.transaction_id
    WHERE (refund.employer_id, refund.scheme, refund.currency, refund.amount)
        IS DISTINCT FROM (booked.employer_id, booked.scheme, booked.currency, booked.money)
"""
_SET_ASIDE = """
    SELECT transaction.employer_id, transaction.scheme AS about, 0 AS expected, sum(posting.amount) AS found
    FROM posting JOIN transaction ON transaction.id = posting.transaction_id
    WHERE posting.account = 'set_aside'
    GROUP BY transaction.employer_id, transaction.scheme HAVING sum(posting.amount) <> 0
"""
_RECEIPT = """
    WITH said AS (
        SELECT receipt.payment_id, receipt.number, (snapshot ->> 'amount')::bigint AS amount,
            (snapshot ->> 'credit_left')::bigint + coalesce((
                SELECT sum((part ->> 'amount')::bigint) FROM jsonb_array_elements(snapshot -> 'allocations') part
            ), 0) AS parts
        FROM receipt
    )
    SELECT payment.employer_id, coalesce(said.number, 'payment/' || payment.public_id) AS about,
        payment.amount AS expected, coalesce(least(said.amount, said.parts), 0) AS found
    FROM payment LEFT JOIN said ON said.payment_id = payment.id
    WHERE (payment.amount, payment.amount) IS DISTINCT FROM (said.amount, said.parts)
"""
#: Declared, made late and given back, less what was paid: each from what is on file, beside the employer's accounts.
_BALANCE = """
    WITH happened AS (
        SELECT employer_id, scheme, total AS amount FROM declaration WHERE state NOT IN ('superseded', 'cancelled')
        UNION ALL
        SELECT employer_id, scheme, -amount FROM payment
        WHERE NOT EXISTS (SELECT FROM payment_reversal WHERE payment_id = payment.id)
        UNION ALL
        SELECT employer_id, scheme, amount FROM refund
        UNION ALL
        SELECT transaction.employer_id, transaction.scheme, -posting.amount
        FROM posting JOIN transaction ON transaction.id = posting.transaction_id
        WHERE posting.account IN ('late_income', 'books_before')
    ), expected AS (
        SELECT employer_id, scheme, sum(amount) AS amount FROM happened GROUP BY employer_id, scheme
    ), booked AS (
        SELECT transaction.employer_id, transaction.scheme, sum(posting.amount) AS amount
        FROM posting JOIN transaction ON transaction.id = posting.transaction_id
        WHERE posting.account IN ('contribution_due', 'late_due', 'credit', 'set_aside')
        GROUP BY transaction.employer_id, transaction.scheme
    )
    SELECT employer_id, scheme AS about, coalesce(expected.amount, 0) AS expected, coalesce(booked.amount, 0) AS found
    FROM expected FULL JOIN booked USING (employer_id, scheme)
    WHERE coalesce(expected.amount, 0) <> coalesce(booked.amount, 0)
"""
RULES = {
    "entry.unbalanced": _UNBALANCED,
    "entry.elsewhere": _ELSEWHERE,
    "reversal.unequal": _REVERSAL,
    "declaration.lines": _LINES,
    "declaration.charged": _CHARGED,
    "payment.booked": _PAYMENT,
    "payment.reversed": _REVERSED,
    "refund.booked": _REFUND,
    "refund.pending": _SET_ASIDE,
    "receipt.amount": _RECEIPT,
    "account.balance": _BALANCE,
}


def compare(session: Session) -> Iterator[Fault]:
    """Every difference between the book and what is on file, rule by rule."""
    yield from asked(session, RULES, "employer")
