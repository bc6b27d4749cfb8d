"""
Ready to go live?  Everything that is missing, with why and what to do, and the test mail.

Nothing here changes what the portal does: a function whose law is undecided is off by itself.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from config import Config
from portal import audit, clock, outbox
from portal.audit import Event
from portal.auth.models import Account
from portal.errors import Refused
from portal.opening.check import Check, Standing
from portal.opening.fund_checks import fund_checks
from portal.opening.machine_checks import MAIL, machine_checks, mail_facts
from portal.opening.models import ReadyMark
from portal.opening.staff_checks import staff_checks
from portal.scheme.fund import Fund
from portal.words import _

#: The mark of a test mail on its way; it holds the digest of its code.
MAIL_SENT = "mail-sent"
CODE_FOR = timedelta(hours=1)


def checks(session: Session, config: Config, fund: Fund, *, on: date) -> list[Check]:
    """Every line, those that are missing first."""
    found = [
        *fund_checks(fund), *machine_checks(session, config, fund, at=clock.real_now()), *staff_checks(session, on)
    ]  # fmt: skip
    order = [Standing.MISSING, Standing.LOOK, Standing.DONE]
    return sorted(found, key=lambda one: order.index(one.standing))


def send_test_mail(session: Session, config: Config, account: Account, *, by: int) -> None:
    """Send a code to the person who asks, through the mail server that is set.  An earlier code ends."""
    now, code = clock.real_now(), f"{secrets.randbelow(10**6):06d}"
    facts = {**mail_facts(config), "code": _digest(code)}
    session.merge(ReadyMark(name=MAIL_SENT, at=now, account_id=by, facts=facts))
    text = _("Mail from the portal arrives. Type this code on the page “Ready to go live?”: %(code)s", code=code)
    outbox.put_mail(session, f"mail/ready/{now.isoformat()}", account.email, _("Test mail of the portal"), text, at=now)


def confirm_test_mail(session: Session, config: Config, code: str, *, by: int, at: datetime) -> None:
    """The code of the test mail was typed: mail arrives.  Refused when it is another one, or too old."""
    now, sent = clock.real_now(), session.get(ReadyMark, MAIL_SENT, with_for_update=True)
    facts = mail_facts(config)
    if sent is None or sent.facts != {**facts, "code": _digest(code.strip())} or now - sent.at > CODE_FOR:
        raise Refused(
            _("This is not the code of the last test mail. Compare it, or send another one."), field="code", status=422
        )
    session.merge(ReadyMark(name=MAIL, at=now, account_id=by, facts=facts))
    session.delete(sent)
    audit.record(session, Event.MAIL_TRIED, at=at, by=by)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
