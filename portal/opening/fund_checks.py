"""What the fund's own files have to say before it goes live: rules, account, places, products, languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from portal.founding.questions import UNDECIDED
from portal.opening.check import Check, done, look, missing
from portal.scheme.blocks.pack import Pack
from portal.scheme.fund import Fund
from portal.scheme.institution import Location
from portal.web import catalogue
from portal.web.language import own_name
from portal.words import _

WRITE_FUND = _("Write it into fund.toml and start the portal anew.")


def fund_checks(fund: Fund) -> Iterator[Check]:
    """Every line about the fund's files."""
    yield _practice(fund)
    for pack in fund.packs.values():
        yield _law(fund, pack)
        if pack.unverified:
            yield _unverified(pack)
    yield _bank(fund)
    yield _contact(fund)
    yield _places(fund)
    yield from _languages(fund)


def _practice(fund: Fund) -> Check:
    title = _("The fund is not for practice")
    if fund.practice:
        words = _("In practice anyone may sign in as anybody, and the clock can be moved.")
        return missing("practice", title, words, _("Write practice = false into fund.toml, and PORTAL_ENV=production."))
    return done("practice", title, _("Everybody signs in with their own account."))


def undecided(fund: Fund, pack: Pack) -> list[str]:
    """What a pack does not know, and what the fund has neither decided nor decided to do without."""
    without = {one.what for one in fund.off if one.scheme == pack.id}
    return [gap.what for gap in pack.missing if gap.what not in without]


def _law(fund: Fund, pack: Pack) -> Check:
    title = _("%(scheme)s: every value is decided", scheme=pack.short_name)
    gaps, url = undecided(fund, pack), f"/fund/schemes/{pack.id}/"
    if gaps:
        return missing(
            "law", title, _("Not known: %(what)s.", what="; ".join(gaps)),
            _("Write each with its source into overlays/%(scheme)s.toml, or under [[off]] in fund.toml that the fund "
              "does without. Until then that function is off.", scheme=pack.id), url,
        )  # fmt: skip
    without = [one.what for one in fund.off if one.scheme == pack.id]
    if without:
        return done("law", title, _("All is decided. The fund does without: %(what)s.", what="; ".join(without)))
    return done("law", title, _("The pack and the fund's own values leave nothing open."))


def _unverified(pack: Pack) -> Check:
    title = _("%(scheme)s: what nobody confirmed", scheme=pack.short_name)
    found = _("Used, but not confirmed: %(what)s.", what="; ".join(gap.what for gap in pack.unverified))
    to_do = _("Compare each with the law, and write what is right with its source into overlays/%(scheme)s.toml.",
              scheme=pack.id)  # fmt: skip
    return look("unverified", title, found, to_do, f"/fund/schemes/{pack.id}/")


def _bank(fund: Fund) -> Check:
    title, bank = _("Bank account"), fund.bank
    if UNDECIDED in (bank.name, bank.number, bank.bank, bank.branch, bank.swift):
        return missing(
            "bank", title, _("Bills cannot say where to pay: part of the account is not decided."), WRITE_FUND
        )
    return done("bank", title, _("Employers pay to %(number)s at %(bank)s.", number=bank.number, bank=bank.bank))


def _contact(fund: Fund) -> Check:
    title, contact = _("How the fund is reached"), fund.contact
    if UNDECIDED in (contact.phone, contact.hours, *contact.address):
        return missing("contact", title, _("Telephone, address or hours are not decided."), WRITE_FUND)
    return done("contact", title, _("%(email)s, %(phone)s", email=contact.email, phone=contact.phone))


def _count(places: tuple[Location, ...]) -> int:
    return sum(1 + _count(place.places) for place in places)


def _places(fund: Fund) -> Check:
    title, number = _("Places"), _count(fund.locations)
    if number < 2:
        to_do = _("Write the regions and districts into places.csv beside fund.toml: code, name, in.")
        return missing("places", title, _("There is only one place."), to_do)
    return done("places", title, _("Employers choose among %(number)s places.", number=number))


@cache
def _untranslated(language: str) -> int:
    """How many sentences a reader of the language would get in English; all of them where it is not spoken."""
    if language == "en":
        return 0
    return len(catalogue.untranslated(catalogue.read(language))) if language in catalogue.languages() else -1


def _languages(fund: Fund) -> Iterator[Check]:
    for language in fund.languages:
        title, left = _("Language: %(language)s", language=own_name(language)), _untranslated(language)
        if left < 0:
            words = _("The portal does not speak this language; its readers get English.")
            yield missing("language", title, words, _("Take it out of languages in fund.toml, or translate it."))
        elif left:
            words = _("%(number)s sentences are not translated; readers get them in English.", number=left)
            yield look("language", title, words, _("Translate them: `make messages` collects them."))
        else:
            yield done("language", title, _("Every sentence is there."))
