"""Mail and text messages: to the server the settings name, or into ``var/`` where there is none."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from config import Config
from portal import clock, db, outbox
from portal.notices import deliveries, mailing
from portal.notices.mailing import Mail
from portal.notices.text_message import FolderSender, Sender
from portal.notices.texting import compose_text

#: What hands a message over: says what went wrong, and whether trying again would help.
Outcome = tuple[str, bool]
#: Tried so often (about three days), a message is given up.
MOST_TRIES = 300
SENT: Outcome = ("", False)
GONE: Outcome = ("There was nothing to send any more.", False)


def send_one(config: Config) -> bool:
    """Send the oldest waiting mail; False when none waits.  A server that fails is tried again later."""
    return _next("mail", partial(_mail, config))


def send_one_text(config: Config) -> bool:
    """The same for the oldest waiting text message."""
    return _next("sms", partial(_text, sender_of(config)))


def sender_of(config: Config) -> Sender | None:
    """What carries text messages; None where the settings say that none are sent."""
    return FolderSender(config.sms_folder) if config.sms_folder else None


def _next(topic: str, hand_over: Callable[[Mapping[str, Any], str], Outcome]) -> bool:
    with db.writing() as session:
        message = outbox.claim(session, topic, at=clock.real_now())
    if message is None:
        return False
    payload = dict(message.payload)
    problem, again = hand_over(payload, str(message.effect))
    again = again and message.attempts < MOST_TRIES
    with db.writing() as session:
        held = outbox.still_leased(session, message.effect, message.attempts)
        if held is None:
            return True
        if not problem:
            outbox.done(session, held, at=clock.real_now())
        elif again:
            outbox.again(held, problem, at=clock.real_now())
        else:
            outbox.refused(session, held, problem, at=clock.real_now())
        state = "queued" if again and problem else "refused" if problem else "sent"
        deliveries.noted(session, payload, state, attempts=message.attempts, at=clock.now(), problem=problem)
    return True


def _mail(config: Config, payload: Mapping[str, Any], name: str) -> Outcome:
    with db.reading() as session:
        mail: Mail | None = mailing.compose(session, payload)
    if mail is None or not mail.to:
        return GONE
    try:
        letter = mailing.written_down(mail, sender=config.mail_from, name=name)
    except ValueError:
        return ("The address cannot be written to.", False)
    return _deliver(config, letter, name)


def _text(sender: Sender | None, payload: Mapping[str, Any], name: str) -> Outcome:
    if sender is None:
        return ("Text messages are turned off.", False)
    with db.reading() as session:
        found = compose_text(session, payload)
    if found is None:
        return GONE
    problem = sender.send(found.to, found.text, name)
    return problem, bool(problem)


def _deliver(config: Config, letter: EmailMessage, name: str) -> Outcome:
    if not config.smtp_url:
        folder: Path = config.var / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.eml").write_bytes(letter.as_bytes())
        return SENT
    try:
        with _server(config.smtp_url) as smtp:
            smtp.send_message(letter)
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _words in refusal.recipients.values()]
        return f"The server does not take mail for this address ({codes[0]}).", codes[0] < 500
    except (OSError, smtplib.SMTPException) as failure:
        return type(failure).__name__, True
    return SENT


def server_answers(config: Config) -> str:
    """What goes wrong when the mail server is greeted, or an empty text: it takes us in.  Nothing is sent."""
    try:
        with _server(config.smtp_url) as smtp:
            smtp.noop()
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
