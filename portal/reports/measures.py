"""
Every figure with its meaning: what is counted, on which day, from where, and what it must agree with.

Pages, files and the command read this list; a figure that is not in it is not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.reports.counting.figures import Figures
from portal.scheme.blocks.pack import Pack
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One figure: its *code* in files, what it is called, what it means, and how it is read.

    *unit*: count, amount (minor units of the scheme's currency), rate (tenths of a per cent) or days; *part* is the
    heading it stands under.  *value* gives None where it is not known.
    """

    code: str
    part: str
    unit: str
    name: Words
    meaning: Words
    value: Callable[[Figures], int | None]


def rate(part: int, whole: int) -> int | None:
    """
    A part of a whole in tenths of a per cent, rounded to the nearest; None of nothing.

    >>> rate(2, 3), rate(0, 0)
    (667, None)
    """
    return None if whole <= 0 else (2000 * part + whole) // (2 * whole)


PARTS: dict[str, Words] = {
    "employers": _("Employers"),
    "money": _("Contributions"),
    "people": _("People"),
    "days": _("How long it takes"),
}

_EMPLOYERS = (
    Measure(
        "registered", "employers", "count", _("Registered employers"),
        _("Employers enrolled in the scheme on at least one day of the month, or that declared it all the same. From "
          "the enrolments as they stand now."),
        lambda one: one.filings.registered,
    ),
    Measure(
        "declaring", "employers", "count", _("Declared"),
        _("Employers with a declaration that stands for the month, a nil declaration included. Those superseded or "
          "cancelled do not count; an employer counts once, however often it revised."),
        lambda one: one.filings.declaring,
    ),
    Measure(
        "declaring_rate", "employers", "rate", _("Share that declared"),
        _("Declared, out of the registered employers."),
        lambda one: rate(one.filings.declaring, one.filings.registered),
    ),
    Measure(
        "on_time", "employers", "count", _("Declared on time"),
        _("Employers whose first declaration of the month came on its due day or before, in the scheme's time zone. A "
          "later revision does not make it late."),
        lambda one: one.filings.on_time,
    ),
    Measure(
        "late", "employers", "count", _("Declared late"),
        _("Employers whose first declaration of the month came after its due day. Together with those on time it makes "
          "all that declared."),
        lambda one: one.filings.late,
    ),
    Measure(
        "silent", "employers", "count", _("Not declared"),
        _("Registered employers without a declaration that stands. Before the due day they may still be in time."),
        lambda one: one.filings.silent,
    ),
    Measure(
        "nil", "employers", "count", _("Nil declarations"),
        _("Of those that declared: employers that declared that nobody was employed or paid."),
        lambda one: one.filings.nil,
    ),
    Measure(
        "electronic_rate", "employers", "rate", _("Declared electronically"),
        _("Out of those that declared: employers that made their first declaration of the month themselves in the "
          "portal, on the screen or with a file. The others came on paper and were entered by an officer."),
        lambda one: rate(one.filings.electronic, one.filings.declaring),
    ),
    Measure(
        "by_file", "employers", "count", _("Declared with a file"),
        _("Of those that declared: employers whose first declaration of the month was a file; the others filled in "
          "their list of people on the screen."),
        lambda one: one.filings.by_file,
    ),
)  # fmt: skip
_MONEY = (
    Measure(
        "due", "money", "amount", _("Contributions due"),
        _("What was declared for the month, with all revisions: the entries of declarations in the book on the charges "
          "of this month. It equals the sum of the declarations that stand."),
        lambda one: one.money.due,
    ),
    Measure(
        "collected", "money", "amount", _("Collected"),
        _("Money that settled contributions of this month until now, whenever it came, credit included; payments taken "
          "back do not count. From the book."),
        lambda one: one.money.paid,
    ),
    Measure(
        "collection_rate", "money", "rate", _("Share collected"), _("Collected, out of the contributions due."),
        lambda one: rate(one.money.paid, one.money.due),
    ),
    Measure(
        "unpaid", "money", "amount", _("Still unpaid"),
        _("Contributions due less what was collected: the balance of the month's charges in the book."),
        lambda one: one.money.unpaid,
    ),
    Measure(
        "arrears", "money", "amount", _("In arrears"),
        _("The unpaid part of charges whose due day lies before today: what the page of arrears shows for this month."),
        lambda one: one.money.arrears,
    ),
    Measure(
        "late_charged", "money", "amount", _("Late charges"),
        _("What being late with this month has cost employers so far: the late charges in the book up to last night, "
          "less those taken off again."),
        lambda one: one.money.late,
    ),
    Measure(
        "late_arrears", "money", "amount", _("Late charges unpaid"),
        _("The part of these late charges that is not paid."),
        lambda one: one.money.late_arrears,
    ),
    Measure(
        "estimated_loss", "money", "amount", _("Estimated loss"),
        _("What employers that did not declare would owe if the month were like the last one each declared before. Who "
          "never declared counts nothing here."),
        lambda one: one.missed.amount if one.missed else None,
    ),
    Measure(
        "received", "money", "amount", _("Money received during the month"),
        _("Payments dated on a day of this month, whatever months they were for, without those taken back since. It is "
          "what a statement of the bank account shows, not a part of the figures above."),
        lambda one: one.money.received,
    ),
)  # fmt: skip
_PEOPLE = (
    Measure(
        "people", "people", "count", _("People declared"),
        _("People with a line in a declaration that stands for the month. A person with two employers counts once; in "
          "two regions, once in each, so regions may add up to more."),
        lambda one: one.people,
    ),
    Measure(
        "covered", "people", "count", _("People covered"),
        _("People with cover that is open for this month, whichever earlier contributions opened it."),
        lambda one: one.covered,
    ),
    Measure(
        "opened", "people", "count", _("Months of cover opened"),
        _("Months of cover that contributions of this month opened for somebody: one for each person and month "
          "covered."),
        lambda one: one.opened.opened if one.opened else None,
    ),
    Measure(
        "known", "people", "count", _("Known to the core"),
        _("Of these months of cover: those that the core was seen to hold."),
        lambda one: one.opened.known if one.opened else None,
    ),
)  # fmt: skip
_DAYS = (
    Measure(
        "days_declared", "days", "days", _("Days to the declaration"),
        _("From the last day of the month to the first declaration: the median of employers that declared. Below zero: "
          "before the month ended."),
        lambda one: one.filings.days,
    ),
    Measure(
        "days_paid", "days", "days", _("Days to full payment"),
        _("From the last day of the month to the day from which the last part of the contributions counts as paid: the "
          "median of employers that paid in full."),
        lambda one: one.money.days,
    ),
    Measure(
        "days_covered", "days", "days", _("Days to cover"),
        _("From the last day of the month to the day its contributions opened cover: the median of the months of cover "
          "they opened."),
        lambda one: one.opened.days_opened if one.opened else None,
    ),
    Measure(
        "days_known", "days", "days", _("Days until the core knows"),
        _("From the last day of the month to the day the core was seen to hold the cover: the median of the months of "
          "cover it holds."),
        lambda one: one.opened.days_known if one.opened else None,
    ),
)  # fmt: skip
_OF_COVER = {"covered", "opened", "known", "days_covered", "days_known"}
_OF_LATE = {"late_charged", "late_arrears"}


def measures(rules: Pack) -> list[Measure]:
    """The figures that a scheme has: without those of cover where it opens none."""
    listed = [*_EMPLOYERS, *_MONEY, *_PEOPLE, *_DAYS]
    return [one for one in listed if rules.opens_coverage or one.code not in _OF_COVER]


def measure(code: str) -> Measure:
    """One figure by its code; ``KeyError`` when there is none."""
    return {one.code: one for one in (*_EMPLOYERS, *_MONEY, *_PEOPLE, *_DAYS)}[code]


def value_of(one: Measure, found: Figures, rules: Pack) -> int | None:
    """The figure; None where it is not known: late charges of a scheme whose rule nobody knows are never zero."""
    return None if one.code in _OF_LATE and not rules.late_known else one.value(found)
