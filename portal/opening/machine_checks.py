"""What the machine has to have before the fund goes live: mail, backup, certificate, secret, timetable, roles, core."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from config import PUBLIC_GATEWAY_KEY, PUBLIC_SECRET, Config
from portal import clock, scanner
from portal.coverage.core_check import check
from portal.coverage.core_client import Core
from portal.jobs.models import JobRun
from portal.jobs.nightly import NIGHT
from portal.opening.check import Check, done, look, missing
from portal.opening.models import BACKUP, RESTORE, ReadyMark
from portal.scheme.fund import Fund
from portal.words import _

#: A night and some delay: what should happen each night is late after that.
A_NIGHT = timedelta(hours=26)
#: The same for what should happen each quarter.
A_QUARTER = timedelta(days=100)
MAIL = "mail"
#: How long a page waits for the core, in seconds.
TIMEOUT = 2.0
SHORTEST_SECRET = 32


def machine_checks(session: Session, config: Config, fund: Fund, *, at: datetime) -> Iterator[Check]:
    """Every line about the machine.  *at* is the real time."""
    yield _production(config)
    yield _address(config)
    yield _secret(config)
    yield _mail(session, config)
    yield backup(session, at=at)
    yield restore_tried(session, at=at)
    yield _scanner(config)
    yield _timetable(session, at)
    yield _roles(session)
    yield from _core(config, fund)
    yield from _gateway(config, fund)


def _production(config: Config) -> Check:
    title = _("Settings of production")
    if config.production:
        return done("production", title, _("PORTAL_ENV=production: what is unsafe is refused."))
    words = _("The portal runs with the settings for trying it out.")
    return missing("production", title, words, _("Set PORTAL_ENV=production, as docs/operations.md tells."))


def _address(config: Config) -> Check:
    title = _("Address and certificate")
    if config.secure:
        return done("address", title, _("Visitors come to %(url)s, over TLS.", url=config.base_url))
    words = _("BASE_URL is %(url)s: what visitors send can be read on the way.", url=config.base_url)
    return missing("address", title, words, _("Put a proxy with a certificate before the portal, and set BASE_URL."))


def _secret(config: Config) -> Check:
    title = _("Secret of this installation")
    if config.secret_key == PUBLIC_SECRET or len(config.secret_key) < SHORTEST_SECRET:
        words = _("The secret is the public one of practice, or too short.")
        return missing("secret", title, words, _("Set SECRET_KEY to 32 or more random characters, and keep a copy."))
    return done("secret", title, _("It is this installation's own."))


def mail_facts(config: Config) -> dict[str, str]:
    """What a test mail is sent with; when it changes, another one is needed."""
    return {"server": urlsplit(config.smtp_url).hostname or "", "sender": config.mail_from}


def _mail(session: Session, config: Config) -> Check:
    title = _("Mail")
    if not config.smtp_url:
        words = _("No mail server is set: mail is written into files on this machine.")
        return missing("mail", title, words, _("Set SMTP_URL and MAIL_FROM."))
    mark = session.get(ReadyMark, MAIL)
    if mark is None or mark.facts != mail_facts(config):
        words = _("No test mail arrived yet through %(server)s.", **mail_facts(config))
        return missing("mail", title, words, _("Send a test mail to yourself and type the code in it."), "#mail")
    return done("mail", title, _("A test mail from %(sender)s arrived.", **mail_facts(config)))


def backup(session: Session, *, at: datetime) -> Check:
    """Whether a backup was made last night, and read through."""
    title, mark = _("Backup"), session.get(ReadyMark, BACKUP)
    to_do = _("Let the script that makes the backup end with: flask backup note FILE")
    if mark is None:
        return missing("backup", title, _("No backup is known."), to_do)
    if at - mark.at > A_NIGHT:
        return missing("backup", title, _("The last backup known is of %(at)s.", at=mark.at), to_do)
    if "sha256" not in mark.facts:
        found = _("The last backup is of %(at)s; nobody read it through.", at=mark.at)
        return look("backup", title, found, to_do)
    return done("backup", title, _("The last backup is of %(at)s, and can be read to its end.", at=mark.at))


def restore_tried(session: Session, *, at: datetime) -> Check:
    """Whether somebody lately brought a backup back somewhere, to see that it works."""
    title, mark = _("A backup brought back, to try it"), session.get(ReadyMark, RESTORE)
    to_do = _("Bring the last backup back on another machine as docs/operations.md tells, then: flask backup restored")
    if mark is None:
        return look("restore", title, _("Nobody noted that a backup was ever brought back."), to_do)
    if at - mark.at > A_QUARTER:
        return look("restore", title, _("A backup was last brought back on %(at)s.", at=mark.at), to_do)
    return done("restore", title, _("A backup was last brought back on %(at)s.", at=mark.at))


def _scanner(config: Config) -> Check:
    title = _("Virus scanner")
    if not config.clamd_url:
        words = _("No scanner is set: what is uploaded is kept as it comes, and only ever offered as a download.")
        return look("scanner", title, words, _("Run clamd, and name it in CLAMD_URL."))
    if scanner.answers(config.clamd_url, patience=TIMEOUT):
        return done("scanner", title, _("It answers, and sees every file before the portal does."))
    words = _("It does not answer, so no file can be uploaded.")
    return missing("scanner", title, words, _("Start clamd, or mend CLAMD_URL."))


def _timetable(session: Session, at: datetime) -> Check:
    title = _("Timetable")
    last = session.scalar(select(func.max(JobRun.finished_at)).where(JobRun.job == NIGHT))
    to_do = _("Run one worker with the timetable: celery -A wsgi:celery worker -B.")
    if last is None:
        return missing("timetable", title, _("The night's work never ran."), to_do)
    if at - last > A_NIGHT:
        return missing("timetable", title, _("The night's work last ran on %(at)s.", at=last), to_do)
    return done("timetable", title, _("The night's work last ran on %(at)s.", at=last))


#: Whether whoever the portal is in the database could change what is only ever added to.
_MAY_CHANGE = text("SELECT bool_or(has_table_privilege(current_user, name, 'UPDATE, DELETE, TRUNCATE')) "
                   "FROM unnest(ARRAY['posting', 'transaction', 'audit_event', 'receipt']) AS name")  # fmt: skip


def _roles(session: Session) -> Check:
    title = _("Roles in the database")
    if session.scalar(_MAY_CHANGE):
        words = _("The portal's own role may change rows of the book and of the audit log.")
        return missing("roles", title, words, _("Name portal_app in DATABASE_URL and the owner in OWNER_URL only."))
    return done("roles", title, _("The portal can add to the book and cannot change it."))


def _core(config: Config, fund: Fund) -> Iterator[Check]:
    title, products = _("The core"), sorted(set(fund.products.values()))
    if not products:
        yield done("core", title, _("No scheme of this fund opens cover that a core has to know."))
        return
    if not config.core_url:
        words = _("No core is set: paid months wait until one is.")
        yield missing("core", title, words, _("Set CORE_URL, CORE_USER and CORE_PASSWORD."), "/fund/core")
        return
    core = Core(config.core_url, config.core_user, config.core_password, config.core_agent, timeout=TIMEOUT, patience=0)
    wrong = [one.words for one in check(core, products, now=clock.real_now) if not one.ok]
    if wrong:
        yield missing("core", title, wrong[0], _("Mend this with those who run the core."), "/fund/core")
    elif urlsplit(config.core_url).hostname in {"127.0.0.1", "localhost"}:
        yield look("core", title, _("What answers is on this machine; it may be the practice core."),
                   _("Compare CORE_URL with the address of the fund's core."), "/fund/core")  # fmt: skip
    else:
        yield done("core", title, _("It answers and has all the portal needs."))


def _gateway(config: Config, fund: Fund) -> Iterator[Check]:
    """The payment gateway, where the fund's file names one: its address, and keys that are nobody else's."""
    if fund.gateway is None:
        return
    title, name = _("Payment gateway"), fund.gateway.name
    known = set(PUBLIC_GATEWAY_KEY.split())
    if not config.gateway_url:
        words = _("The fund's file names %(name)s, but no address of it is set: nobody can pay there.", name=name)
        yield missing("gateway", title, words, _("Set GATEWAY_URL, or take [gateway] out of the fund's file."))
    elif not config.gateway_url.startswith("https://"):
        words = _("GATEWAY_URL is %(url)s: what is sent there can be read on the way.", url=config.gateway_url)
        yield missing("gateway", title, words, _("Set GATEWAY_URL to an address that begins with https://."))
    elif not config.gateway_keys or known & set(config.gateway_keys.split()):
        words = _("No key of %(name)s is set, or the public one of practice: anybody could invent payments.", name=name)
        yield missing("gateway", title, words, _("Set GATEWAY_KEYS to the keys agreed with the gateway."))
    else:
        yield done("gateway", title, _("Bills go to %(url)s, signed with a key.", url=config.gateway_url))
