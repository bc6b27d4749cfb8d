"""Who has to be declared, and the employee's part of all branches together."""

from __future__ import annotations

from portal.scheme.blocks.shares import Branch, Membership, Split
from portal.scheme.packfile.basics import Basics, optional_number
from portal.scheme.packfile.dated import amounts, series
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.terms import share_terms
from portal.words import _


def read_split(content: Section, basics: Basics, branches: tuple[Branch, ...]) -> Split | None:
    """The employee's part of all branches together, where the scheme has one."""
    if "split" not in content:
        return None
    section = content.section("split")
    base_of = section.text("base_of")
    if base_of and base_of not in {branch.code for branch in branches}:
        section.wrong("base_of", _("there is no [branch.%(name)s]. Add it, or name another.", name=base_of))
    if "source" in section:
        basics.sources.cite(section, _("The employee's part"))
    split = Split(
        base_of,
        series(
            basics.sources, section, "employee", _("The employee's part of all branches"),
            lambda one: share_terms(one, basics, {}, {}, has_total=False),
        ),
    )  # fmt: skip
    section.close()
    return split


def read_membership(content: Section, basics: Basics) -> Membership:
    """Who has to be declared; a pack without the section sets no limit."""
    if "membership" not in content:
        return Membership()
    section = content.section("membership")
    least = None
    if "minimum_earnings" in section:
        name = _("The least wage to be declared")
        least = amounts(basics.sources, section, "minimum_earnings", name, basics.currency)
    membership = Membership(
        component=basics.component(section, "component") if least or "component" in section else None,
        minimum_earnings=least,
        age_from=optional_number(section, "age_from", 0, 150),
        age_to=optional_number(section, "age_to", 0, 150),
        source=basics.sources.cite(section, _("Who has to be declared")),
    )
    if (membership.age_from or 0) > (membership.age_to if membership.age_to is not None else 150):
        section.wrong("age_to", _("it is below the age from which. Exchange the two, or correct one."))
    section.close()
    return membership
