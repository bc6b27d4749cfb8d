"""Asking what stands outside whether it is there: by a worker, so that no page has to wait for an answer."""

from __future__ import annotations

from config import Config
from portal import clock, db, scanner
from portal.coverage.core_check import findings
from portal.coverage.setting_aside import CORE
from portal.gateway.providers.choosing import provider
from portal.gateway.providers.provider import GatewayRefused, GatewayUnavailable
from portal.installation import fund
from portal.jobs import mail
from portal.jobs.models import Sighting
from portal.scheme.explain import words_to_json
from portal.words import Words, _

#: Seconds until each exchange with the core, and the scanner, must have answered.
PATIENCE = 10

#: Whether it is as it must be, and what there is to say of it.
Seen = tuple[bool, Words]


def look_around(config: Config) -> None:
    """Look at each server the settings name, one after the other, and keep what was seen."""
    looks = (
        (CORE, config.core_url, _core), ("mail", config.smtp_url, _mail), ("scanner", config.clamd_url, _scanner),
        ("gateway", fund().gateway and config.gateway_url, _gateway),
    )  # fmt: skip
    for what, address, ask in looks:
        if address:
            well, words = ask(config)
            with db.writing() as session:
                at = clock.real_now()
                session.merge(Sighting(what=what, at=at, well=well, found=words_to_json(words)))


def _core(config: Config) -> Seen:
    """The first thing that is wrong, or what its clock shows."""
    found = findings(config, timeout=PATIENCE)
    wrong = [one.words for one in found if not one.ok]
    return (False, wrong[0]) if wrong else (True, found[1].words)


def _mail(config: Config) -> Seen:
    problem = mail.server_answers(config)
    return (
        (False, _("It could not be reached (%(problem)s).", problem=problem)) if problem else (True, _("It answers."))
    )


def _scanner(config: Config) -> Seen:
    there = scanner.answers(config.clamd_url, patience=PATIENCE)
    return there, _("It answers.") if there else _("It does not answer.")


def _gateway(config: Config) -> Seen:
    """Its shortest list: a question it answers only when address and keys are right."""
    gateway = provider(config.gateway_url, config.gateway_keys)
    assert gateway is not None
    try:
        gateway.payouts(clock.today(fund().timezone))
    except (GatewayUnavailable, GatewayRefused) as away:
        return False, away.words
    return True, _("It answers.")
