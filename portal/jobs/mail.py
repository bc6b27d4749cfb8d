"""Mail: to the server the settings name, or into ``var/mail/`` where there is none."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from config import Config
from portal import clock, db, outbox
from portal.web.filters import say


def send_one(config: Config) -> bool:
    """Send the oldest waiting mail; False when none waits.  A server that fails is tried again later."""
    with db.writing() as session:
        message = outbox.claim(session, "mail", at=clock.real_now())
    if message is None:
        return False
    problem = _deliver(config, message.payload, str(message.effect))
    with db.writing() as session:
        held = outbox.still_leased(session, message.effect, message.attempts)
        if held is not None:
            if problem:
                outbox.again(held, problem, at=clock.real_now())
            else:
                outbox.done(held, at=clock.real_now())
    return True


def _deliver(config: Config, payload: dict[str, Any], name: str) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = config.mail_from, payload["to"], say(payload["subject"])
    mail["Date"] = clock.now()
    mail["Message-ID"] = f"<{name}@portal>"  # the same each time: a server that has it already drops it
    mail.set_content(say(payload["text"]))
    if not config.smtp_url:
        folder: Path = config.var / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.eml").write_bytes(mail.as_bytes())
        return ""
    try:
        with _server(config.smtp_url) as smtp:
            smtp.send_message(mail)
    except (OSError, smtplib.SMTPException) as failure:
        return type(failure).__name__
    return ""


def _server(url: str) -> smtplib.SMTP:
    """A connection to the mail server: ``smtps`` is TLS from the start, ``smtp`` as soon as the server offers it."""
    server = urlsplit(url)
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=20)
    else:
        smtp = smtplib.SMTP(host, server.port or 25, timeout=20)
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
    if server.username:
        smtp.login(unquote(server.username), unquote(server.password or ""))
    return smtp
