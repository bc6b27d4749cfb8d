"""
Reading the fund's file: what a fund changes instead of the code, checked like a scheme pack.

All mistakes of the file and of the packs it names are told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from portal.scheme.blocks.pack import Pack
from portal.scheme.fund_languages import languages, words
from portal.scheme.fund_places import locations
from portal.scheme.fund_schemes import can_serve, off, overlays, products
from portal.scheme.identity import CHECKS, IdentityKind, IdentityRules, NumberRule, PhoneRule
from portal.scheme.institution import BankAccount as BankAccount
from portal.scheme.institution import Bucket as Bucket
from portal.scheme.institution import Choice as Choice
from portal.scheme.institution import Colours as Colours
from portal.scheme.institution import Contact as Contact
from portal.scheme.institution import Fund as Fund
from portal.scheme.institution import Gateway as Gateway
from portal.scheme.institution import LegalForm as LegalForm
from portal.scheme.institution import Limits as Limits
from portal.scheme.institution import Location as Location
from portal.scheme.money import Currency
from portal.scheme.pack import PACKS, load_pack, load_packs
from portal.scheme.packfile.reading import Mistake, PackRefused, Report, Section, read_file
from portal.words import _

#: The series of numbers the portal gives, each with a prefix of its own.
SERIES = ("acknowledgement", "bill", "receipt", "application", "credit_note")

#: The employers' roles a fund may ask to sign in with a code of an authenticator as well.
SECOND_STEP_ROLES = ("administrator", "signatory", "clerk", "viewer")

#: The gateways there is a provider for.
GATEWAYS = ("signed-json",)

_COLOUR = "#[0-9a-fA-F]{6}"


def load_fund(path: Path, packs_dir: Path | None = None) -> Fund:
    """
    The fund in the file, with the packs of its schemes from *packs_dir* (else those of the portal).

    :class:`PackRefused` with every mistake of the fund and of its packs.
    """
    report = Report(path.name)
    content, digest = read_file(path, report)
    schemes = content.texts("schemes")
    packs, mistakes = _packs(schemes, overlays(content, schemes, path.parent), packs_dir)
    parts = _parts(content, path.parent) | {"schemes": schemes, "packs": packs, "hash": digest}
    parts["products"] = products(content, packs)
    parts["off"] = off(content, packs)
    can_serve(content, packs)
    content.close()
    if report.mistakes or mistakes:
        raise PackRefused((*report.mistakes, *mistakes))
    return Fund(**parts)


def _packs(
    schemes: tuple[str, ...], overlays: Mapping[str, Path], packs_dir: Path | None
) -> tuple[Mapping[str, Pack], tuple[Mistake, ...]]:
    """The packs that can be loaded, and the mistakes of those that cannot."""
    packs: dict[str, Pack] = {}
    mistakes: list[Mistake] = []
    for scheme in schemes:
        try:
            if packs_dir is None or packs_dir == PACKS:
                packs |= load_packs([scheme], overlays)
            else:
                packs[scheme] = load_pack(packs_dir / f"{scheme}.toml", overlays.get(scheme))
        except PackRefused as refused:
            mistakes += refused.mistakes
    return packs, tuple(mistakes)


def _parts(content: Section, folder: Path) -> dict[str, Any]:
    """Every field of the fund that the file alone decides."""
    currency = _currency(content.section("currency"))
    documents = _choices(content, "document")
    return {
        "name": content.text("name"),
        "short_name": content.text("short_name"),
        "practice": content.yes("practice"),
        "logo": content.text("logo", like=r"[\w./-]+\.(svg|png)", remedy=_("Write the path of an SVG or PNG file.")),
        "languages": languages(content),
        "timezone": content.read("timezone", _zone, "UTC", _('Write a zone such as "Africa/Lusaka".')),
        "currency": currency,
        "colours": _colours(content.section("colours")),
        "contact": _contact(content.section("contact")),
        "bank": _bank(content.section("bank")),
        "location_levels": content.texts("location_levels"),
        "locations": locations(content, folder),
        "identity": _identity(content.section("identity")),
        "tax_number": _identity(content.section("tax_number")),
        "insurance_number": _number(content.section("insurance_number")),
        "employer_number": _number(content.section("employer_number")),
        "phone": _phone(content.section("phone")),
        "documents": documents,
        "legal_forms": _legal_forms(content, documents),
        "activities": _choices(content, "activity"),
        "leave_reasons": _choices(content, "leave_reason"),
        "categories": _choices(content, "category"),
        "ageing": _ageing(content),
        "series": _series(content.section("series")),
        "limits": _limits(content.section("limits"), currency),
        "service_days": _service_days(content),
        "second_step_for": _second_step(content),
        "words": words(content),
        "gateway": _gateway(content),
    }


def _zone(text: str) -> str:
    """A time zone that there is; ``ValueError`` otherwise."""
    if "/" not in text or text not in available_timezones():
        raise ValueError(text)
    return text


def _service_days(content: Section) -> Mapping[str, int]:
    """Days by kind of work; none where the file is silent."""
    if "service_days" not in content:
        return {}
    section = content.section("service_days")
    found = {kind: section.number(kind, least=1, most=365) for kind in section.table.values}
    section.close()
    return found


def _second_step(content: Section) -> tuple[str, ...]:
    """The employers' roles that must sign in with a code as well; none when the fund says nothing."""
    if "second_step_for" not in content:
        return ()
    roles = content.texts("second_step_for")
    if not set(roles) <= set(SECOND_STEP_ROLES):
        content.wrong("second_step_for", _("it may name: %(roles)s.", roles=", ".join(SECOND_STEP_ROLES)))
    return roles


def _gateway(content: Section) -> Gateway | None:
    """The payment gateway; none where the file names none."""
    if "gateway" not in content:
        return None
    section = content.section("gateway")
    name, days = section.text("name"), section.number("days", least=1, most=366)
    chosen = section.choice("provider", GATEWAYS), section.choice("pays", ("any", "partial", "exact"))
    section.close()
    return Gateway(name, *chosen, days)


def _currency(section: Section) -> Currency:
    code = section.text("code", like="[A-Z]{3}", remedy=_('Write the three letters of ISO 4217: "ZMW".'))
    currency = Currency(code, section.number("digits"))
    section.close()
    return currency


def _colours(section: Section) -> Colours:
    remedy = _('Write a colour as # and six digits or letters a to f, such as "#0b5563".')
    brand, on_brand, pale = (section.text(key, like=_COLOUR, remedy=remedy) for key in ("brand", "on_brand", "pale"))
    section.close()
    return Colours(brand, on_brand, pale)


def _contact(section: Section) -> Contact:
    email = section.text("email", like=r"[^@\s]+@[^@\s]+", remedy=_("Write an e-mail address."))
    contact = Contact(email, section.text("phone"), section.texts("address"), section.text("hours"))
    section.close()
    return contact


def _bank(section: Section) -> BankAccount:
    account = BankAccount(*(section.text(key) for key in ("name", "number", "bank", "branch", "swift")))
    section.close()
    return account


def _choices(content: Section, key: str) -> tuple[Choice, ...]:
    """A closed list of codes and names; each code once."""
    found: dict[str, Choice] = {}
    for section in content.each(key):
        choice = Choice(section.text("code"), section.text("name"))
        if choice.code in found:
            section.wrong("code", _("another entry has this code. Give it its own."))
        found[choice.code] = choice
        section.close()
    if not found:
        content.wrong(key, _("the list is empty. Add [[%(where)s]] with code and name.", where=content.at(key)))
    return tuple(found.values())


def _identity(section: Section) -> IdentityRules:
    """The kinds of identity number: by pattern, or as so many digits."""
    kinds = []
    for inner in section.each("kind"):
        code, name = inner.text("code"), inner.text("name")
        by_digits = "digits" in inner
        pattern = "9" * inner.number("digits") if by_digits else inner.text("pattern")
        check = inner.choice("check", tuple(CHECKS))
        kind = IdentityKind(code, name, pattern, check, inner.text("example"))
        kept = kind.fits(kind.example)
        if kept is None or not kind.check_holds(kept):
            inner.wrong("example", _("it is not a number of this kind. Correct it, or the pattern."))
        kinds.append(kind)
        inner.close()
    if not kinds:
        section.wrong("kind", _("no kind of number is allowed. Add [[%(where)s]].", where=section.at("kind")))
    section.close()
    return IdentityRules(tuple(kinds))


def _number(section: Section) -> NumberRule:
    rule = NumberRule(
        name=section.text("name"),
        prefix=section.optional("prefix") or "",
        digits=section.number("digits"),
        check=section.choice("check", tuple(CHECKS)),
        first=section.number("first"),
        given_by_portal=section.yes("given_by_portal"),
    )
    if not 0 < rule.first < 10**rule.digits:
        section.wrong("first", _("the first number has more digits than the numbers have. Correct one of the two."))
    section.close()
    return rule


def _phone(section: Section) -> PhoneRule:
    rule = PhoneRule(
        section.text("country", like=r"[1-9]\d{0,2}", remedy=_('Write the country\'s code without +, such as "260".')),
        section.number("digits"),
        section.text("example"),
    )
    if rule.problem(rule.example):
        section.wrong("example", _("it is not a number of this kind. Correct it, or the digits."))
    section.close()
    return rule


def _legal_forms(content: Section, documents: tuple[Choice, ...]) -> tuple[LegalForm, ...]:
    known = {document.code for document in documents}
    found = []
    for section in content.each("legal_form"):
        form = LegalForm(section.text("code"), section.text("name"), section.texts("documents"))
        for code in form.documents:
            if code not in known:
                section.wrong("documents", _("there is no [[document]] with the code %(code)s. Add it.", code=code))
        found.append(form)
        section.close()
    if not found:
        content.wrong("legal_form", _("the list is empty. Add [[legal_form]] with code, name and documents."))
    return tuple(found)


def _ageing(content: Section) -> tuple[Bucket, ...]:
    """The ages of arrears: from 0 on, without a hole, the last one open."""
    buckets: list[Bucket] = []
    for section in content.each("ageing"):
        first = section.number("from")
        last = section.number("to") if "to" in section else None
        expected = 0 if not buckets else (buckets[-1].last or 0) + 1
        if first != expected or (last is not None and last < first):
            section.wrong("from", _("the age before it ends the day before %(day)s. Begin there.", day=expected))
        buckets.append(Bucket(first, last))
        section.close()
    if not buckets or buckets[-1].last is not None or any(bucket.last is None for bucket in buckets[:-1]):
        content.wrong("ageing", _("only the last age is open. Leave out its to, and give one to all others."))
    return tuple(buckets)


def _series(section: Section) -> dict[str, str]:
    remedy = _("Write one to three capital letters.")
    prefixes = {key: section.text(key, like="[A-Z]{1,3}", remedy=remedy) for key in SERIES}
    if len(set(prefixes.values())) < len(prefixes):
        section.wrong("receipt", _("two series have the same prefix. Give each its own."))
    section.close()
    return prefixes


def _limits(section: Section, currency: Currency) -> Limits:
    limits = Limits(section.rate("wage_jump", most=Fraction(100)), section.amount("most_wage", currency))
    if "odd_change" in section:
        limits = replace(limits, odd_change=section.rate("odd_change", most=Fraction(100)))
    if "odd_people" in section:
        limits = replace(limits, odd_people=section.number("odd_people", least=1, most=100_000))
    if "claim_alone" in section:
        limits = replace(limits, claim_alone=section.amount("claim_alone", currency))
    section.close()
    return limits
