"""A comparison as its page and its file show it: the same lines, the same values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext
from sqlalchemy.orm import Session

from portal.contributions.corrections.compare import (
    Compared,
    Difference,
    Side,
    State,
    compared,
    differences,
    of_declared,
    of_draft,
)
from portal.contributions.corrections.consequence import Consequence, consequences
from portal.contributions.intake import label_of
from portal.contributions.models import Payroll
from portal.contributions.reasons import name_of
from portal.contributions.standing import standing_declarations
from portal.errors import NotFound
from portal.installation import pack
from portal.scheme.blocks.pack import Pack
from portal.scheme.money import Currency, format_amount
from portal.tabular.writing import Cell, write_csv
from portal.web.filters import pack_words, say
from portal.words import Words, _

#: So many lines that differ stand on the page before submitting; all of them have a page of their own.
FIRST = 20
KINDS = {"added": _("Added"), "removed": _("Taken out"), "changed": _("Changed")}


@dataclass(frozen=True, slots=True)
class OnPage:
    """Two states of a month beside each other, with the lines of one page; *labels* names the pay components."""

    found: Compared
    rows: list[Difference]
    labels: dict[str, Words | str] = field(default_factory=dict)

    @property
    def rules(self) -> Pack:
        """The scheme's rules."""
        return self.found.rules


def on_page(
    session: Session, before: State, now: State, *, limit: int | None = None, offset: int = 0
) -> OnPage:  # fmt: skip
    """Both states compared, and so many of the lines that differ."""
    labels = {code: label_of(code) for code in now.rules.components}
    return OnPage(
        compared(session, before, now), differences(session, before, now, limit=limit, offset=offset), dict(labels)
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """One scheme of a draft that changes a declared month: what follows from it, and the first lines that differ."""

    consequence: Consequence
    shown: OnPage | None


def what_changes(session: Session, row: Payroll, on: date) -> list[Changed]:
    """What a draft changes in its month, scheme by scheme; nothing for a month that is declared for the first time."""
    if not (row.revises or row.adds):
        return []
    return [
        Changed(one, draft_beside(session, row, one.rules.id, limit=FIRST) if row.revises else None)
        for one in consequences(session, row, on)
    ]


def draft_beside(
    session: Session, row: Payroll, scheme: str, *, limit: int | None = None, offset: int = 0
) -> OnPage:  # fmt: skip
    """A payroll in one of its schemes, beside what it would take the place of; NotFound when it is not for that one."""
    if scheme not in row.checked.get("schemes", ()):
        raise NotFound(scheme)
    declared = standing_declarations(session, row.employer_id, row.month).get(scheme) if row.revises else None
    rules = pack(scheme)
    return on_page(session, of_declared(rules, declared), of_draft(rules, row), limit=limit, offset=offset)


def as_csv(shown: OnPage) -> bytes:
    """Every line that differs, old values beside new ones."""
    currency = shown.rules.currency
    labels = [pack_words(label) for label in shown.labels.values()]
    fields = [
        *labels,
        gettext("Days"),
        gettext("Reason"),
        gettext("First day of the reason"),
        gettext("Last day of the reason"),
    ]
    fields += [gettext("Employer share"), gettext("Employee share")]
    header = [gettext("Person"), gettext("Insurance number"), gettext("What")]
    for name in fields:
        header += [gettext("%(field)s, before", field=name), gettext("%(field)s, now", field=name)]
    header.append(gettext("More or less owed, in %(currency)s", currency=currency.code))
    return write_csv(header, _cells(shown, currency))


def _cells(shown: OnPage, currency: Currency) -> Iterable[list[Cell]]:
    for one in shown.rows:
        sides = [_side(side, shown, currency) for side in (one.before, one.now)]
        pairs = [cell for pair in zip(*sides, strict=True) for cell in pair]
        yield [one.name, one.insurance_number, say(KINDS[one.kind]), *pairs, _amount(one.owed, currency)]


def _side(side: Side | None, shown: OnPage, currency: Currency) -> list[Cell]:
    if side is None:
        return [""] * (len(shown.labels) + 6)
    paid = [_amount(side.components.get(code, 0), currency) for code in shown.labels]
    days = "" if side.days is None else str(side.days)
    shares = [_amount(share, currency) for share in (side.employer_share, side.employee_share)]
    bounds = ["" if day is None else day.isoformat() for day in (side.reason_from, side.reason_to)]
    return [*paid, days, say(name_of(side.reason)), *bounds, *shares]


def _amount(minor: int, currency: Currency) -> str:
    return format_amount(minor, currency)
