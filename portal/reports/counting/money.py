"""What a month brought, read from the book: due, collected, unpaid, in arrears, and what being late costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.reports.counting.scope import LOOKED_AT, Key, Scope, key_of
from portal.scheme.calendars import Month

#: Kinds of entry that say what is owed for contributions, those that settle it, and those that say what lateness costs.
#: What was brought over from the books before is the part that was unpaid then, of both.
CHARGING, SETTLING, COSTING = ("declaration", "amendment", "opening"), ("payment", "credit"), ("late", "opening")

#: A reversal counts with the kind of what it takes back.
_MONEY = text(
    LOOKED_AT
    + """
    , moved AS (
        SELECT charge.employer_id, charge.month, charge.due_day, posting.account, posting.amount,
            transaction.effective_day, coalesce(taken_back.kind, transaction.kind) AS kind, charge.id AS charge_id,
            transaction.reverses_id IS NULL
                AND NOT EXISTS (SELECT FROM transaction back WHERE back.reverses_id = transaction.id) AS stands
        FROM charge
        JOIN posting ON posting.employer_id = charge.employer_id AND posting.charge_id = charge.id
        JOIN transaction ON transaction.id = posting.transaction_id
        LEFT JOIN transaction taken_back ON taken_back.id = transaction.reverses_id
        WHERE charge.scheme = :scheme AND charge.month = ANY(:months)
            AND posting.account IN ('contribution_due', 'late_due')
    ), standing AS (
        SELECT employer_id, month, due_day,
            coalesce(sum(amount) FILTER (WHERE account = 'contribution_due' AND kind = ANY(:charging)), 0) AS due,
            -coalesce(sum(amount) FILTER (WHERE account = 'contribution_due' AND kind = ANY(:settling)), 0) AS paid,
            coalesce(sum(amount) FILTER (WHERE account = 'contribution_due'), 0) AS unpaid,
            coalesce(sum(amount) FILTER (WHERE account = 'late_due' AND kind = ANY(:costing)), 0) AS late,
            -coalesce(sum(amount) FILTER (WHERE account = 'late_due' AND kind = ANY(:settling)), 0) AS late_paid,
            coalesce(sum(amount) FILTER (WHERE account = 'late_due'), 0) AS late_unpaid,
            max(effective_day) FILTER (
                WHERE account = 'contribution_due' AND kind = ANY(:settling) AND amount < 0 AND stands
            ) AS last_paid
        FROM moved
        GROUP BY charge_id, employer_id, month, due_day
    )
    SELECT month, place, grouping(place) AS whole, sum(due)::bigint AS due, sum(paid)::bigint AS paid,
        sum(unpaid)::bigint AS unpaid,
        coalesce(sum(greatest(unpaid, 0)) FILTER (WHERE due_day < :on_day), 0)::bigint AS arrears,
        sum(late)::bigint AS late, sum(late_paid)::bigint AS late_paid,
        coalesce(sum(greatest(late_unpaid, 0)) FILTER (WHERE due_day < :on_day), 0)::bigint AS late_arrears,
        count(*) FILTER (WHERE due_day < :on_day AND (unpaid > 0 OR late_unpaid > 0)) AS overdue,
        count(*) FILTER (WHERE due > 0 AND unpaid <= 0) AS settled,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY CASE WHEN due > 0 AND unpaid <= 0 THEN last_paid - last_day END)
            AS days
    FROM standing JOIN looked_at USING (employer_id) JOIN wanted USING (month)
    GROUP BY month, ROLLUP (place)
    """
)
_RECEIVED = text(
    LOOKED_AT
    + """
    SELECT month, place, grouping(place) AS whole, sum(payment.amount)::bigint AS received
    FROM payment JOIN wanted ON payment.paid_on BETWEEN wanted.first_day AND wanted.last_day
    JOIN looked_at USING (employer_id)
    WHERE payment.scheme = :scheme AND payment.paid_on BETWEEN :since AND :until
        AND NOT EXISTS (SELECT FROM payment_reversal WHERE payment_reversal.payment_id = payment.id)
    GROUP BY month, ROLLUP (place)
    """
)


@dataclass(frozen=True, slots=True)
class Money:
    """
    What the book holds of one month's charges, in minor units of the scheme's currency.

    *due* less *paid* is *unpaid*; what of it is past its due day is in *arrears*.  *late* is what lateness was
    charged with, *late_arrears* what of that is unpaid.  *overdue* and *settled* count employers; *days* is the
    median from the month's last day to the day its last part was paid.  *received* is money that came in during
    the month, whatever it was for.
    """

    due: int = 0
    paid: int = 0
    unpaid: int = 0
    arrears: int = 0
    late: int = 0
    late_paid: int = 0
    late_arrears: int = 0
    overdue: int = 0
    settled: int = 0
    days: int | None = None
    received: int = 0


def money(session: Session, scope: Scope, months: Sequence[Month], on: date) -> dict[Key, Money]:
    """What each of *months* brought as the book stands; in arrears is what was due before *on*.  Two queries."""
    asked = scope.parameters(
        months, on_day=on, charging=list(CHARGING), settling=list(SETTLING), costing=list(COSTING)
    )  # fmt: skip
    came_in = received(session, scope, months)
    found = {
        key_of(row): Money(
            row.due, row.paid, row.unpaid, row.arrears, row.late, row.late_paid, row.late_arrears, row.overdue,
            row.settled, row.days, came_in.get(key_of(row), 0),
        )
        for row in session.execute(_MONEY, asked)
    }  # fmt: skip
    return {key: Money(received=amount) for key, amount in came_in.items()} | found


def received(session: Session, scope: Scope, months: Sequence[Month]) -> dict[Key, int]:
    """Money that came in during each of *months* and was not taken back since, in minor units."""
    asked = scope.parameters(months)
    rows = session.execute(_RECEIVED, {**asked, "since": min(asked["firsts"]), "until": max(asked["lasts"])})
    return {key_of(row): row.received for row in rows}
