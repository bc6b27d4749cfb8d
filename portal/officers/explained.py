"""Where an amount in the book comes from, in words: kept steps, or the rule applied again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.contributions.explaining import Before, declared_line
from portal.contributions.models import Declaration, DeclarationLine
from portal.installation import pack
from portal.ledger.models import AccountName
from portal.officers.records import EntryRecord
from portal.scheme.calendars import month_in_words
from portal.scheme.explain import Step, steps_from_json
from portal.words import Words, _, _n

ACCOUNTS: dict[str, Words] = {
    AccountName.CONTRIBUTION_DUE: _("Contributions the employer owes"),
    AccountName.LATE_DUE: _("Late charges the employer owes"),
    AccountName.CONTRIBUTION_INCOME: _("Contributions of the fund"),
    AccountName.LATE_INCOME: _("Late charges of the fund"),
    AccountName.MONEY_RECEIVED: _("Money received"),
    AccountName.CREDIT: _("Credit of the employer"),
    AccountName.SET_ASIDE: _("Credit set aside to be given back"),
    AccountName.MONEY_REFUNDED: _("Money given back"),
    AccountName.BOOKS_BEFORE: _("The books before"),
}
KINDS: dict[str, Words] = {
    "declaration": _("Contributions declared"),
    "amendment": _("Contributions by rules that changed later"),
    "payment": _("Payment received"),
    "late": _("Charge for paying late"),
    "credit": _("Credit moved"),
    "refund": _("Credit given back"),
    "opening": _("Brought over from the books before"),
    "reversal": _("Taken back"),
}


def entry_steps(record: EntryRecord) -> tuple[Step, ...]:
    """The calculation kept with a transaction; for a declaration without one, its sums; else what was posted."""
    kept = record.transaction.explanation.get("steps")
    if kept:
        return steps_from_json(kept)
    if record.declaration is not None:
        return declaration_steps(record.declaration)
    return tuple(_posted(record))


def declaration_steps(declared: Declaration) -> tuple[Step, ...]:
    """How the lines of a declaration come to what is charged."""
    month = month_in_words(declared.month, pack(declared.scheme).calendar)
    people = _n(
        "Shares of the employer for %(n)s person, each line rounded on its own",
        "Shares of the employer for %(n)s people, each line rounded on its own",
        declared.people,
    )
    return (
        Step(people, declared.employer_share),
        Step(_("Shares of the employees, withheld from their pay"), declared.employee_share),
        Step(_("Contributions declared for %(month)s", month=month), declared.total),
    )


def _posted(record: EntryRecord) -> list[Step]:
    """What a payment (or its reversal) did: one step for each posting on what the employer owes or holds."""
    steps = []
    for line in record.postings:
        account = line.posting.account
        if line.charge is not None and account in (AccountName.CONTRIBUTION_DUE, AccountName.LATE_DUE):
            month = month_in_words(line.charge.month, pack(line.charge.scheme).calendar)
            words = _("%(account)s, %(month)s", account=ACCOUNTS[account], month=month)
            steps.append(Step(words, line.posting.amount))
        elif account in (AccountName.CREDIT, AccountName.SET_ASIDE):
            steps.append(Step(ACCOUNTS[account], line.posting.amount))
    return steps


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A line computed again by today's rules; *same* is false when it differs from what was declared."""

    steps: tuple[Step, ...]
    total: int | None
    same: bool


def line_explained(declared: Declaration, line: DeclarationLine, birth: date, before: Before = ()) -> Recomputed:
    """The contribution of one line from what it was declared with, step by step with the legal source."""
    found = declared_line(pack(declared.scheme), declared, line, birth, before)
    again, steps = found.found, found.steps
    if again is None:
        return Recomputed(steps, None, False)
    same = (again.employer, again.employee) == (line.employer_share, line.employee_share)
    return Recomputed(steps, again.total, same)
