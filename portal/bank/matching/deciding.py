"""
Whose money an entry is: by the reference first, then by what else is known, each answer with its reason in words.

Only what is sure is booked by itself.  A mistyped reference, a name, or an amount that fits nothing is proposed to an
officer.  All entries that wait are looked at together, with the same few questions however many there are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bank.matching import evidence, returns
from portal.bank.matching.evidence import Evidence, PaymentKnown
from portal.bank.matching.keeping import Answer, is_payout, keep
from portal.bank.matching.references import (
    PLACES,
    Sighting,
    bill_numbers,
    one_slip_away,
    sightings,
    squashed,
    tokens,
)
from portal.bank.models import BankAccount, BankEntry
from portal.installation import fund
from portal.payments.models import Bill
from portal.scheme.checkdigits import printed_reference
from portal.words import Amount, Words, _

#: A payment recorded by hand and the bank's entry of it lie at most so far apart.
NEAR = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry with what was read out of its texts."""

    row: Any
    sightings: Sequence[Sighting]
    numbers: frozenset[str]
    words: frozenset[str]
    name: str


def match_waiting(session: Session) -> int:
    """Look at every entry of which nothing is settled and that nobody parked; how many there were."""
    columns = [getattr(BankEntry, name) for name in (
        "id", "bank_account_id", "amount", "currency", "booking_day", "value_day", "reversal", "return_reason",
        "payer_name", "payer_account", "code", *PLACES,
    )]  # fmt: skip
    wanted = (BankEntry.unsettled == BankEntry.amount, BankEntry.parked == "", ~is_payout())
    rows = session.execute(select(*columns, BankAccount.scheme).join(BankAccount).where(*wanted).order_by(BankEntry.id))
    found = rows.all()
    answers: dict[int, Answer] = returns.find(session, [one for one in found if _is_return(one)], Answer)
    into = [one for one in found if one.amount > 0 and one.id not in answers]
    for row in found:
        if row.amount < 0 and row.id not in answers:
            answers[row.id] = Answer("out", _("Money went out: a charge of the bank, or a transfer."))
    for currency in {one.currency for one in into}:
        answers |= _credits(session, [_seen(one) for one in into if one.currency == currency], currency)
    keep(session, answers)
    return len(answers)


def _is_return(row: Any) -> bool:
    return bool(row.reversal or row.return_reason or row.amount < 0)


def _seen(row: Any) -> Seen:
    prefix = fund().series["bill"].upper()
    found: list[Sighting] = []
    said = [getattr(row, place) for place in PLACES]
    for place, words in zip(PLACES, said, strict=True):
        found += sightings(place, words, prefix)
    whole = " ".join(said)
    name = re.sub(evidence.SUFFIXES, "", re.sub(r"[\W_]", "", row.payer_name.lower()))
    return Seen(row, found, frozenset(bill_numbers(whole, prefix)), frozenset(tokens(whole)), name)


def _credits(session: Session, seen: Sequence[Seen], currency: str) -> dict[int, Answer]:
    known = _evidence(session, seen, currency)
    return {one.row.id: _answer(one, known) for one in seen}


def _evidence(session: Session, seen: Sequence[Seen], currency: str) -> Evidence:
    known = Evidence()
    prefix, rule = fund().series["bill"].upper(), fund().employer_number
    wanted = {right for one in seen for sighting in one.sightings for right in sighting.right}
    near = {s.run for one in seen for s in one.sightings if not s.right}
    slips = {slip for run in near for slip in one_slip_away(run, prefix)}
    known.by_reference = evidence.bills(session, Bill.reference, wanted | slips)
    known.by_number = evidence.bills(session, Bill.number, {number for one in seen for number in one.numbers})
    words = {word for one in seen for word in one.words if rule.prefix and word.startswith(rule.prefix)}
    known.employers = evidence.employers_by_number(session, {one for one in words if rule.problem(one) is None})
    known.by_account = evidence.employers_by_account(
        session, {one.row.payer_account for one in seen if one.row.payer_account}
    )
    known.by_name = evidence.employers_by_name(session, {one.name for one in seen if one.name})
    bills = [*known.by_reference.values(), *known.by_number.values()]
    whose = {one.employer for one in bills} | set(known.employers.values())
    whose |= set(known.by_account.values()) | set(known.by_name.values())
    known.named = evidence.names(session, whose)
    known.owed = evidence.owed(session, whose, currency)
    references = {one.row.bank_reference for one in seen if len(one.row.bank_reference) >= 4}
    known.recorded = evidence.recorded(session, whose, {one.row.amount for one in seen}, references)
    return known


# -- the answer for one entry ----------------------------------------------------------


def _answer(one: Seen, known: Evidence) -> Answer:
    for way in (_by_reference, _by_bill_number, _by_mistyped, _by_employer_number, _by_account, _by_name):
        found = way(one, known)
        if found is not None:
            return _unless_recorded(one, found, known)
    return _unless_recorded(one, Answer("nothing", _("Nothing in the entry tells whose money it is.")), known)


def _by_reference(one: Seen, known: Evidence) -> Answer | None:
    hits = [
        (sighting, known.by_reference[right])
        for sighting in one.sightings
        for right in sighting.right
        if right in known.by_reference
    ]
    if not hits:
        return None
    whose = {bill.employer for _sighting, bill in hits}
    sighting, bill = next((hit for hit in hits if hit[1].amount == one.row.amount), hits[0])
    if bill.currency != one.row.currency or len(whose) > 1:
        return Answer("likely", _("It names bills of more than one employer, or of another currency."))
    values = {
        "place": PLACES[sighting.place], "bill": bill.number, "amount": Amount(bill.amount, bill.currency),
    }  # fmt: skip
    return Answer("reference", _compared(one.row.amount, bill.amount, values), bill.employer, bill.scheme, bill.id)


def _compared(amount: int, asked: int, values: dict[str, Any]) -> Words:
    if amount == asked:
        return _("The reference of bill %(bill)s stands in %(place)s, and the amount is that of the bill.", **values)
    if amount < asked:
        return _("The reference of bill %(bill)s stands in %(place)s. It is less than the bill, %(amount)s.", **values)
    return _("The reference of bill %(bill)s stands in %(place)s. It is more than the bill, %(amount)s.", **values)


def _by_bill_number(one: Seen, known: Evidence) -> Answer | None:
    bills = [known.by_number[number] for number in sorted(one.numbers) if number in known.by_number]
    bills = [bill for bill in bills if bill.currency == one.row.currency]
    if not bills:
        return None
    bill = next((bill for bill in bills if bill.amount == one.row.amount), bills[0])
    if bill.amount == one.row.amount:
        words = _("It quotes the number of bill %(bill)s, and the amount is that of the bill.", bill=bill.number)
        return Answer("quoted", words, bill.employer, bill.scheme, bill.id)
    words = _(
        "It quotes the number of bill %(bill)s, but the amount is not %(amount)s.",
        bill=bill.number, amount=Amount(bill.amount, bill.currency),
    )  # fmt: skip
    return Answer("likely", words, bill.employer, bill.scheme, bill.id)


def _by_mistyped(one: Seen, known: Evidence) -> Answer | None:
    wrong = [sighting for sighting in one.sightings if not sighting.right]
    if not wrong:
        return None
    prefix, run = fund().series["bill"].upper(), wrong[0].run
    near = [known.by_reference[slip] for slip in one_slip_away(run, prefix) if slip in known.by_reference]
    near = sorted(near, key=lambda bill: (bill.amount != one.row.amount, bill.number))
    values = {"reference": printed_reference(run[: 8 + 10]), "place": PLACES[wrong[0].place]}
    if not near:
        return Answer("mistyped", _("The reference %(reference)s in %(place)s is mistyped.", **values))
    words = _(
        "The reference %(reference)s in %(place)s is mistyped. One character away is %(right)s of bill %(bill)s.",
        **values, right=printed_reference(near[0].reference), bill=near[0].number,
    )  # fmt: skip
    return Answer("mistyped", words, near[0].employer, near[0].scheme, near[0].id)


def _by_employer_number(one: Seen, known: Evidence) -> Answer | None:
    whose = {known.employers[word] for word in one.words if word in known.employers}
    if len(whose) != 1:
        return None
    employer = whose.pop()
    name = known.named[employer]
    return _by_owed(one, known, employer, "quoted", {
        True: _("It quotes the number of %(name)s, and the amount is what it owes.", name=name),
        False: _("It quotes the number of %(name)s, but the amount is not what it owes.", name=name),
    })  # fmt: skip


def _by_account(one: Seen, known: Evidence) -> Answer | None:
    employer = known.by_account.get(squashed(one.row.payer_account)) or known.by_account.get(one.row.payer_account)
    if employer is None:
        return None
    name = known.named[employer]
    return _by_owed(one, known, employer, "account", {
        True: _("It was paid from the account of %(name)s, and the amount is what it owes.", name=name),
        False: _("It was paid from the account of %(name)s, but the amount is not what it owes.", name=name),
    })  # fmt: skip


def _by_name(one: Seen, known: Evidence) -> Answer | None:
    employer = known.by_name.get(one.name) if one.name else None
    if employer is None:
        return None
    words = _("The payer is called like %(name)s. Only the name says so.", name=known.named[employer])
    return Answer("name", words, employer, _scheme_owed(one, known, employer))


def _by_owed(one: Seen, known: Evidence, employer: int, sure: str, words: dict[bool, Words]) -> Answer:
    scheme = _scheme_owed(one, known, employer)
    if scheme is None:
        return Answer("likely", words[False], employer, one.row.scheme)
    return Answer(sure, words[True], employer, scheme)


def _scheme_owed(one: Seen, known: Evidence, employer: int) -> str | None:
    """The one scheme in which the amount is that of a month that is open, or of all that is open."""
    fits = {
        scheme
        for scheme, amounts in known.owed.get(employer, {}).items()
        if one.row.amount in amounts or one.row.amount == sum(amounts)
    }
    return fits.pop() if len(fits) == 1 else None


def _unless_recorded(one: Seen, answer: Answer, known: Evidence) -> Answer:
    """Money that a cashier recorded from the slip comes in at the bank a few days later: it is the same money."""
    waiting = known.recorded.get(one.row.amount, [])
    near = [each for each in waiting if abs(each.paid_on - one.row.value_day) <= NEAR]
    same = next((each for each in near if _same(one, each, answer)), None)
    near = [each for each in near if not each.at_gateway]  # its money comes in a payout
    if same is not None:
        waiting.remove(same)
        words = _("It was recorded by hand already, as receipt %(number)s.", number=same.number)
        return Answer("recorded", words, same.employer, same.scheme, answer.bill, same.id)
    perhaps = [each for each in near if each.employer == answer.employer and answer.scheme in (None, each.scheme)]
    if perhaps:
        words = _("Perhaps it was recorded by hand already, as receipt %(number)s.", number=perhaps[0].number)
        return Answer(
            "perhaps_recorded", words, answer.employer, perhaps[0].scheme, answer.bill, perhaps[0].id
        )  # fmt: skip
    return answer


def _same(one: Seen, payment: PaymentKnown, answer: Answer) -> bool:
    """
    The same bill; or the bank's reference on the slip stands in the entry, and nothing else speaks against it.

    A bill that was paid at the gateway and again at the bank was paid twice: only the number of the payment tells.
    """
    if payment.bill is not None and payment.bill == answer.bill and not payment.at_gateway:
        return True
    reference = squashed(payment.reference)
    stands = len(reference) >= 4 and any(reference in squashed(getattr(one.row, place)) for place in PLACES)
    return stands and answer.employer in (None, payment.employer)
