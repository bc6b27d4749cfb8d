"""What leaves the portal: queues by topic, long work, the core, mail, the virus scanner and the payment gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config import Config
from portal.breaker import Breaker
from portal.coverage.setting_aside import CORE
from portal.jobs.models import Sighting
from portal.machine.queries import Waiting
from portal.opening.check import Check, done, look, missing
from portal.scheme.explain import words_from_json
from portal.words import Words, _, _n

#: Waiting longer is worth a look, and longer than that somebody's business.
SLOW, LATE = timedelta(minutes=15), timedelta(hours=1)
#: What was seen longer ago than this says nothing of now: a worker looks every five minutes.
STALE = timedelta(minutes=15)
A_DAY = timedelta(hours=26)
#: How a topic is called, and the page that shows what of it waits or is set aside.
TOPICS: dict[str, tuple[Words, str]] = {
    "core": (_("What the core must hear"), "/fund/core"),
    "mail": (_("Mail that waits"), "/fund/messages"),
    "sms": (_("Text messages that wait"), "/fund/messages"),
    "letter": (_("Letters to be drawn"), "/fund/messages"),
    "settle": (_("Accounts to be settled"), ""),
    "gateway": (_("What the payment gateway must hear"), "/fund/gateway"),
}
#: Of these somebody may stay set aside: an address that does not exist.
MAY_STAY = ("mail", "sms")


@dataclass(frozen=True, slots=True)
class CoreState:
    """What is known of the core: whether it is left alone, the last comparison, and how many person-months differ."""

    breaker: Breaker | None
    compared_at: datetime | None
    differences: int


def queue_lines(found: Sequence[Waiting], *, now: datetime) -> Iterator[Check]:
    """A line for each topic of which anything waits.  *now* is the time by which messages are dated: `clock.now`."""
    topics = {one.topic for one in found}
    if not topics:
        yield done("messages", _("Messages"), _("Nothing waits."))
    for topic in [*(one for one in TOPICS if one in topics), *sorted(topics - set(TOPICS))]:
        yield _queue(topic, [one for one in found if one.topic == topic], now)


def _queue(topic: str, found: Sequence[Waiting], now: datetime) -> Check:
    title, url = TOPICS.get(topic, (_("Messages: %(topic)s", topic=topic), ""))
    aside = sum(one.messages for one in found if one.state == "set aside")
    open_ones = [one for one in found if one.state != "set aside"]
    since = min((one.since for one in open_ones), default=now)
    if aside and topic not in MAY_STAY:
        words = _n("%(n)s is set aside with its reason, until somebody sends it again.",
                   "%(n)s are set aside with their reasons, until somebody sends them again.", aside)  # fmt: skip
        return missing(topic, title, words, _("Open the list, mend the reason, send it again."), url)
    waiting = sum(one.messages for one in open_ones)
    words = _n("%(n)s waits, since %(at)s.", "%(n)s wait, the oldest since %(at)s.", waiting, at=since)
    if now - since > LATE:
        to_do = _("See whether the worker is there, and whether what takes it answers; it is tried again by itself.")
        return missing(topic, title, words, to_do, url)
    if aside:
        words = _n("%(n)s was given up.", "%(n)s were given up.", aside)
        return look(topic, title, words, _("Mostly the address does not exist; the list says why."), url)
    if now - since > SLOW:
        return look(topic, title, words, _("It is tried again by itself. Look once more in a quarter of an hour."), url)
    return done(topic, title, words)


def work_line(waiting: int, since: datetime | None, *, at: datetime) -> Check:
    """Long work that somebody watches: files, slips, exports.  *at* is the real time."""
    title = _("Long work")
    if since is None:
        return done("work", title, _("Nobody waits for any."))
    words = _n("%(n)s is not done; asked for on %(at)s.", "%(n)s are not done, the oldest asked for on %(at)s.",
               waiting, at=since)  # fmt: skip
    if at - since > SLOW:
        return look("work", title, words, _("See whether the worker is there; a large file takes some minutes."))
    return done("work", title, words)


def core_line(config: Config, state: CoreState, seen: Mapping[str, Sighting], *, at: datetime) -> Check:
    """Whether the core answers, agrees, and was compared.  *at* is the real time."""
    title, url = _("The core"), "/fund/core"
    if not config.core_url:
        words = _("No core is set: paid months wait until one is.")
        return look("core-away", title, words, _("Set CORE_URL, CORE_USER and CORE_PASSWORD."), url)
    if state.breaker is not None and state.breaker.open_since is not None:
        words = _("It has not answered since %(at)s and is left alone but for one probe a minute: %(why)s",
                  at=state.breaker.open_since, why=state.breaker.problem)  # fmt: skip
        to_do = _("Ask those who run it. Nothing is lost: what it must hear waits, and is sent in order.")
        return missing("core-away", title, words, to_do, url)
    sighting = seen.get(CORE)
    if sighting is not None and not sighting.well:
        return missing("core-away", title, _kept(sighting), _("Mend this with those who run it."), url)
    return _agrees(title, state, sighting, url, at)


def _agrees(title: Words, state: CoreState, sighting: Sighting | None, url: str, at: datetime) -> Check:
    if state.differences:
        words = _n("It says something else of %(n)s person-month.", "It says something else of %(n)s person-months.",
                   state.differences)  # fmt: skip
        to_do = _("Look at the differences; two people have them put right.")
        return look("core-away", title, words, to_do, "/fund/core/differences")
    if state.compared_at is None or at - state.compared_at > A_DAY:
        words = _("It was not compared in the last day.")
        return look("core-away", title, words, _("See below whether the job that reads it back runs."), url)
    if sighting is None or at - sighting.at > STALE:
        return look("core-away", title, _("No worker asked it lately."), _("See whether the worker is there."), url)
    words = _("It answers, and agreed with the portal on %(at)s. %(said)s", at=state.compared_at, said=_kept(sighting))
    return done("core-away", title, words)


def mail_line(config: Config, last_sent: datetime | None, seen: Mapping[str, Sighting], *, at: datetime) -> Check:
    """Whether mail can leave, and when one last did.  *at* is the real time."""
    title = _("Mail server")
    if not config.smtp_url:
        words = _("No mail server is set: mail is written into files on this machine.")
        return look("mail-server", title, words, _("Set SMTP_URL and MAIL_FROM."))
    sighting = seen.get("mail")
    if sighting is not None and not sighting.well:
        words = _("It does not take mail: %(said)s", said=_kept(sighting))
        return missing("mail-server", title, words, _("Ask those who run it, or mend SMTP_URL. Mail waits meanwhile."))
    if sighting is None or at - sighting.at > STALE:
        return look("mail-server", title, _("No worker asked it lately."), _("See whether the worker is there."))
    if last_sent is None:
        return done("mail-server", title, _("It answers. No mail was sent yet."))
    return done("mail-server", title, _("It answers. The last mail was sent on %(at)s.", at=last_sent))


def scanner_line(config: Config, seen: Mapping[str, Sighting], *, at: datetime) -> Check:
    """Whether the virus scanner answers, where there is one.  *at* is the real time."""
    title, sighting = _("Virus scanner"), seen.get("scanner")
    if not config.clamd_url:
        words = _("No scanner is set: what is uploaded is kept as it comes, and only ever offered as a download.")
        return look("scanner", title, words, _("Run clamd, and name it in CLAMD_URL."))
    if sighting is not None and not sighting.well:
        words = _("It does not answer, so no file can be uploaded.")
        return missing("scanner", title, words, _("Start clamd, or mend CLAMD_URL."))
    if sighting is None or at - sighting.at > STALE:
        return look("scanner", title, _("No worker asked it lately."), _("See whether the worker is there."))
    return done("scanner", title, _("It answers, and sees every file before the portal does."))


def gateway_line(config: Config, seen: Mapping[str, Sighting], *, at: datetime) -> Check:
    """Whether the payment gateway answers, for a fund that has one.  *at* is the real time."""
    title, url, sighting = _("Payment gateway"), "/fund/gateway/", seen.get("gateway")
    if not config.gateway_url:
        words = _("The fund's file names a gateway, and no address is set: employers cannot pay at it.")
        return look("gateway-away", title, words, _("Set GATEWAY_URL and GATEWAY_KEYS."), url)
    if sighting is not None and not sighting.well:
        to_do = _(
            "Ask those who run it, or mend GATEWAY_URL and GATEWAY_KEYS. What was paid is asked for once it is back."
        )
        return missing("gateway-away", title, _kept(sighting), to_do, url)
    if sighting is None or at - sighting.at > STALE:
        return look("gateway-away", title, _("No worker asked it lately."), _("See whether the worker is there."), url)
    return done("gateway-away", title, _kept(sighting))


def _kept(sighting: Sighting) -> Words:
    return words_from_json(sighting.found)
