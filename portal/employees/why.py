"""
Why somebody is covered or not, in words: the rule, the months, and who has to do what.

Plain values in, sentences out; nothing is asked of the database or the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.contributions.explaining import Before, told
from portal.coverage.cover import CoverNow, cover_now
from portal.employees.record import Entry, Record
from portal.employers.given import latest_due_day
from portal.installation import pack
from portal.scheme.blocks.cover import OpensAfterPaidMonths
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.calendars import Month, month_in_words, month_of, months_between
from portal.scheme.entitlement import entitled_months, explain_entitlement, needs_all, opening_months
from portal.scheme.explain import Step
from portal.words import Words, _

#: How far ahead the beginning of cover is looked for.
AHEAD = 24
#: No scheme's months are still payable longer after their end.
BACK = 4


@dataclass(frozen=True, slots=True)
class CoverStory:
    """
    One glance at cover in one scheme: *kind* is yes, until or no.

    *because* says why, *missing* what somebody has to do (for cover in *ahead*, or today when that is
    None), *then* what follows; each a sentence.
    """

    rules: Pack
    kind: str
    title: Words
    because: tuple[Words, ...]
    missing: tuple[Words, ...]
    ahead: Month | None
    then: tuple[Words, ...]
    steps: tuple[Step, ...]


def cover_story(rules: Pack, record: Record) -> CoverStory:
    """Whether the person is covered today in the scheme, why, and who is at fault if not."""
    now = cover_now(set(record.open[rules.id]), record.today, rules.calendar)
    this = month_of(record.today, rules.calendar)
    steps = explain_entitlement(rules, record.paid[rules.id], this)
    if now.covered:
        return _covered(rules, record, now, this, steps)
    since = now.until + timedelta(days=1) if now.until else None
    title = _("Not covered since %(day)s", day=since) if since else _("Not covered yet")
    return CoverStory(
        rules, "no", title, because=(steps[0].words,), missing=tuple(_missing(rules, record, this)), ahead=None,
        then=tuple(_beginning(rules, record, this)), steps=steps,
    )  # fmt: skip


def _covered(rules: Pack, record: Record, now: CoverNow, this: Month, steps: tuple[Step, ...]) -> CoverStory:
    """Until when, and what has to happen for it to go on."""
    assert now.until is not None  # who is covered is covered until some day
    ahead = month_of(now.until, rules.calendar).next(rules.calendar)
    because = [steps[0].words]
    if (state := record.open[rules.id][this]) != "known":
        because.append(_NOT_TOLD[state])
    title = _("Covered until %(day)s", day=now.until)
    if record.last_day is not None and record.last_day < record.today:
        then = _(
            "You have had no employer on file since %(day)s, so nobody pays for the time after that.",
            day=record.last_day,
        )
        return CoverStory(rules, "until", title, tuple(because), (), None, (then,), steps)
    unpaid = [entry for month in _unpaid(rules, record, ahead) for entry in record.entries(rules.id, month)]
    kind = "until" if any(_overdue(entry, record) for entry in unpaid) else "yes"
    return CoverStory(rules, kind, title, tuple(because), tuple(_missing(rules, record, ahead)), ahead, (), steps)


_NOT_TOLD = {
    "waiting": _(
        "Hospitals may not see this yet: the health register is still being told. That usually takes minutes."
    ),
    "refused": _(
        "Hospitals may not see this: the health register did not accept your entry. The fund has been told. "
        "If you need care now, show this page and call the fund."
    ),
}


def _unpaid(rules: Pack, record: Record, month: Month) -> list[Month]:
    """The months that must be paid for cover in *month* and are not."""
    return [one for one in opening_months(rules, month) if one not in record.paid[rules.id]]


def _missing(rules: Pack, record: Record, month: Month) -> list[Words]:
    """What is missing for cover in *month*, and who has to act."""
    found: list[Words] = []
    for one in _unpaid(rules, record, month):
        entries = record.entries(rules.id, one)
        if entries:
            found += [fault(rules, entry, record) for entry in entries]
        elif one > month_of(record.today, rules.calendar):
            name = month_in_words(one, rules.calendar)
            found.append(_("Your employer has to declare and pay %(month)s, which has not begun yet.", month=name))
        elif record.first_month is not None and one >= record.first_month:
            name = month_in_words(one, rules.calendar)
            found.append(_("You had no employer on file in %(month)s.", month=name))
    return found


def _overdue(entry: Entry, record: Record) -> bool:
    return not entry.paid and entry.due_day is not None and entry.due_day < record.today


def fault(rules: Pack, entry: Entry, record: Record) -> Words:
    """What an employer has to do, or has failed to do, about a month that is not paid."""
    said = {
        "employer": entry.employer_name,
        "month": month_in_words(entry.month, rules.calendar),
        "day": entry.due_day or _("a day that is not known yet"),
    }
    if entry.left_out:
        return _("%(employer)s declared %(month)s without you.", **said)
    if entry.paid:
        return _("%(employer)s has paid %(month)s; it is being posted to you.", **said)
    if entry.declared and _overdue(entry, record):
        return _("%(employer)s declared %(month)s but has not paid for it. It was due on %(day)s.", **said)
    if entry.declared:
        return _("%(employer)s declared %(month)s and has to pay by %(day)s.", **said)
    if _overdue(entry, record):
        return _("%(employer)s has not declared %(month)s. It was due on %(day)s.", **said)
    return _("%(employer)s has to declare and pay %(month)s by %(day)s.", **said)


def _beginning(rules: Pack, record: Record, this: Month) -> list[Words]:
    """When cover can begin: at once when somebody's debt is all that is missing, else after the waiting period."""
    unpaid = _unpaid(rules, record, this)
    if needs_all(rules) and all(record.entries(rules.id, month) for month in unpaid):
        if all(entry.declared for month in unpaid for entry in record.entries(rules.id, month)):
            return [_("Your cover opens as soon as that is paid.")]
        return [_("Your cover opens as soon as that is declared and paid.")]
    words = []
    if waiting := _waiting(rules, record, unpaid):
        words.append(waiting)
    if begins := _first_possible(rules, record, this):
        name = month_in_words(begins, rules.calendar)
        words.append(_("If every month is paid from now on, cover begins in %(month)s.", month=name))
    return words


def _waiting(rules: Pack, record: Record, unpaid: list[Month]) -> Words | None:
    """That cover has not begun because the first month on file is too near."""
    rule, first = rules.entitlement, record.first_month
    if not isinstance(rule, OpensAfterPaidMonths) or first is None or not unpaid or unpaid[0] >= first:
        return None
    return _(
        "This is the waiting period: your first month on file is %(month)s, and %(n)s successive months must be "
        "paid before cover begins.",
        month=month_in_words(first, rules.calendar), n=rule.months,
    )  # fmt: skip


def _first_possible(rules: Pack, record: Record, this: Month) -> Month | None:
    """The first month of cover if every month whose due day is still to come is paid."""
    if record.last_day is not None and record.last_day < record.today:
        return None
    month, calendar = this, rules.calendar
    near = months_between(this.plus(-BACK, calendar), this.plus(AHEAD, calendar), calendar)
    paid = {*record.paid[rules.id], *(one for one in near if _still_to_come(rules, one, record))}
    for _step in range(AHEAD):
        month = month.next(calendar)
        if month in entitled_months(rules, paid):
            return month
    return None


def _still_to_come(rules: Pack, month: Month, record: Record) -> bool:
    """Whether a month can still be paid in time."""
    due = latest_due_day(rules, month)
    return due is not None and due >= record.today


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as a page shows it: with its rules and the sentence under its marks."""

    entry: Entry
    rules: Pack
    note: Words
    birth: date
    before: Before = ()

    @property
    def pay(self) -> list[tuple[str, int]]:
        """The pay declared, by the name of each component the scheme counts, in minor units."""
        components = self.entry.line.components if self.entry.line else {}
        return [(self.rules.label_of(code), components[code]) for code in self.rules.components if code in components]

    @property
    def steps(self) -> tuple[Step, ...]:
        """How the contribution follows from the pay declared; nothing where none was."""
        line = self.entry.line
        if line is None:
            return ()
        return told(
            line.given, self.entry.month, line.components, line.days, line.said, self.birth, self.before
        ).steps  # fmt: skip


def shown(record: Record, month: Month, *, employer: str = "") -> list[Shown]:
    """The entries of one month; of one employer only, where a number is given."""
    entries = [one for one in record.months.get(month, ()) if employer in ("", one.employer_number)]
    return [
        Shown(one, rules := pack(one.scheme), note(rules, one, record), record.person.birth_date, _before(record, one))
        for one in entries
    ]


def _before(record: Record, entry: Entry) -> list[tuple[Month, Mapping[str, int]]]:
    """What the same employer declared of the person for the months before, as limits of a year ask it."""
    of_employer = (entry.scheme, entry.employer_number)
    return [
        (month, one.line.components)
        for month, entries in sorted(record.months.items())
        for one in entries
        if month < entry.month and one.line is not None and (one.scheme, one.employer_number) == of_employer
    ]


def note(rules: Pack, entry: Entry, record: Record) -> Words:
    """One sentence under the marks of a month: what it opened, or who has to act."""
    if not entry.paid or (rules.opens_coverage and not entry.posted):
        return fault(rules, entry, record)
    if isinstance(rules.entitlement, Unknown):
        return _("Paid in full. When that opens cover is not decided yet.")
    if not rules.opens_coverage:
        return _("Paid in full.")
    if entry.opens is None:
        return _("Counts towards the successive months that open cover.")
    return _("Opened cover in %(month)s.", month=month_in_words(entry.opens, rules.calendar))
