"""The terms of a fund beside its contributions: instalments, estimates, certificates, formulas, files."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from portal.scheme.blocks.cover import Clearance, EstimateTerms, FileLine, Formula, InstalmentTerms
from portal.scheme.packfile.basics import Basics, optional_number
from portal.scheme.packfile.reading import Section
from portal.words import _

T = TypeVar("T")

_NO_UPLIFT, _TEN_TIMES = Fraction(0), Fraction(10)


def read_optional(content: Section, basics: Basics, key: str, read: Callable[[Section, Basics], T]) -> T | None:
    """What the section says, or None where it is left out."""
    if key not in content:
        return None
    section = content.section(key)
    found = read(section, basics)
    section.close()
    return found


def instalments(section: Section, basics: Basics) -> InstalmentTerms:
    """Paying arrears in parts; what is left out is not known."""
    source, doubt = basics.sources.cited(section, _("Paying in parts"))
    return InstalmentTerms(
        down_payment=section.rate("down_payment") if "down_payment" in section else None,
        most_months=optional_number(section, "most_months", 1, 1200),
        missed_allowed=optional_number(section, "missed_allowed", 0, 1200),
        late_charges=section.choice("late_charges", ("stop", "go_on")) if "late_charges" in section else None,
        source=source,
        unverified=doubt,
    )


def estimate(section: Section, basics: Basics) -> EstimateTerms:
    """What is assessed when nothing was declared."""
    source, doubt = basics.sources.cited(section, _("Estimates"))
    basis = section.choice("basis", ("last_declaration", "average", "officer"))
    return EstimateTerms(
        basis=basis,
        months=section.number("months", 1, 120) if basis == "average" or "months" in section else 1,
        uplift=section.rate("uplift", most=_TEN_TIMES) if "uplift" in section else _NO_UPLIFT,
        notice_days=optional_number(section, "notice_days", 0, 3660),
        source=source,
        unverified=doubt,
    )


def clearance(section: Section, basics: Basics) -> Clearance:
    """The certificate that an employer owes nothing."""
    name = section.text("name")
    source, doubt = basics.sources.cited(section, name)
    by_days = "valid_days" in section
    return Clearance(
        name=name,
        conditions=section.texts("conditions"),
        paid_years=optional_number(section, "paid_years", 0, 100),
        valid_until="days" if by_days else section.choice("valid_until", ("year_end",)),
        valid_days=optional_number(section, "valid_days", 1, 36600),
        source=source,
        unverified=doubt,
    )


def read_formulas(content: Section, basics: Basics) -> tuple[Formula, ...]:
    """Published figures that are made from others."""
    formulas = []
    for code, section in content.named("formula") if "formula" in content else ():
        name = section.text("name")
        source = basics.sources.cite(section, name)
        formulas.append(Formula(code, name, section.decimal("times"), section.text("of"), source))
        section.close()
    return tuple(formulas)


def read_file_lines(content: Section, basics: Basics, branches: tuple[str, ...]) -> tuple[FileLine, ...]:
    """Lines of files that an authority reads."""
    lines = []
    for code, section in content.named("file_line") if "file_line" in content else ():
        name = section.text("name")
        source = basics.sources.cite(section, name)
        bases = tuple((branch, str(field)) for branch, field in section.pairs("bases").items())
        for branch, _field in bases:
            if branch not in branches:
                section.wrong("bases", _("there is no [branch.%(name)s]. Add it, or name another.", name=branch))
        fields = section.texts("fields")
        _check_fields(section, fields, dict(bases))
        separator = section.text("separator", like=r"(?s).+")
        lines.append(FileLine(code, name, separator, fields, bases, source))
        section.close()
    return tuple(lines)


def _check_fields(section: Section, fields: tuple[str, ...], bases: dict[str, str]) -> None:
    for one in fields:
        branch, dot, side = one.partition(".")
        if dot and (branch not in bases or side not in ("employer", "employee", "total")):
            words = _("%(field)s is no share of a branch with a base here. Add it to bases.", field=one)
            section.wrong("fields", words)
