"""
A mail as it leaves: both as a page and as plain text, in the reader's language, from the fund.

It is put together when it is sent, so a notice that waited holds no text; what cannot be sent any more is None.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from babel import Locale
from flask import current_app
from flask_babel import force_locale
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup, escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.auth.service import account_by_email
from portal.errors import NotFound
from portal.installation import fund
from portal.notices import letters
from portal.notices.addressing import language_of
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import AnyKind, Audience, Kind, Spec
from portal.notices.models import Delivery, Notice
from portal.notices.written import Written, put_into_words
from portal.web.filters import say
from portal.words import _

PREFERENCES = "/messages/choose"
STOP = "/messages/stop/"
WIDTH = 78
CHOOSE = _("Choose what we write to you about")
OF_ACCOUNT = _("You get this mail because of your account.")


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a digest."""

    subject: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to be written down.  Addresses of pages are whole."""

    to: str
    language: str
    subject: str
    page: Sequence[Markup]
    plain: Sequence[str]
    url: str = ""
    action: str = ""
    why: str = ""
    choose: str = ""
    #: Where one click ends mails of this kind.
    stop: str = ""
    items: Sequence[Item] = ()
    attached: Mapping[str, bytes] = field(default_factory=dict)


def compose(session: Session, payload: Mapping[str, Any]) -> Mail | None:
    """The mail that a row of the outbox stands for; None when there is nothing to send any more."""
    if "delivery" in payload:
        return _of_delivery(session, payload["delivery"])
    if "digest" in payload:
        return _of_digest(session, payload["digest"])
    return _of_words(session, payload)


def written_down(mail: Mail, *, sender: str, name: str) -> EmailMessage:
    """The mail as it goes over the line; *name* is the same each time, so that a server knows what it has already."""
    head = fund()
    letter = EmailMessage()
    user, _at, domain = sender.rpartition("@")
    letter["From"] = Address(head.short_name, user, domain)
    letter["To"], letter["Subject"] = mail.to, mail.subject
    letter["Reply-To"] = head.contact.email
    letter["Date"], letter["Message-ID"] = clock.now(), f"<{name}@portal>"
    letter["Auto-Submitted"] = "auto-generated"
    if mail.stop:
        letter["List-Unsubscribe"], letter["List-Unsubscribe-Post"] = f"<{mail.stop}>", "List-Unsubscribe=One-Click"
    letter.set_content(plain_of(mail))
    letter.add_alternative(page_of(mail), subtype="html")
    for filename, content in mail.attached.items():
        letter.add_attachment(content, maintype="application", subtype="pdf", filename=filename)
    return letter


def page_of(mail: Mail) -> str:
    """The mail as a page."""
    with force_locale(mail.language):
        return current_app.jinja_env.get_template("mail/notice.html").render(
            fund=fund(), lang=mail.language, direction=Locale.parse(mail.language, sep="-").text_direction,
            practice=fund().practice, subject=mail.subject, body=mail.page, items=mail.items, url=mail.url,
            action=mail.action, why=mail.why, choose=mail.choose,
        )  # fmt: skip


def plain_of(mail: Mail) -> str:
    """The mail as plain text, in lines that any program can show."""
    head = fund()
    with force_locale(mail.language):
        parts = [_wrapped(one) for one in mail.plain]
        parts += [f"{_wrapped(one.subject)}\n{_wrapped(one.text)}\n{one.url}" for one in mail.items]
        if mail.url:
            parts.append("\n".join((_labelled(mail.action), mail.url)))
        foot = [f"-- \n{head.name}", " · ".join(filter(None, (head.contact.email, head.contact.phone)))]
        foot += [_wrapped(mail.why)] if mail.why else []
        foot += ["\n".join((_labelled(say(CHOOSE)), mail.choose))] if mail.choose else []
    return "\n\n".join(parts) + "\n\n" + "\n".join(foot) + "\n"


def _labelled(what: str) -> str:
    """What an address below it leads to; a colon stands as the language writes it."""
    return say(_("%(what)s:", what=what))


def _wrapped(text: str) -> str:
    return "\n".join(
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
    )


# -- what a row of the outbox stands for ----------------------------------------------


def _of_delivery(session: Session, delivery_id: int) -> Mail | None:
    found = session.execute(
        select(Delivery, Notice).join(Notice, Notice.id == Delivery.notice_id).where(Delivery.id == delivery_id)
    ).one_or_none()
    if found is None or found[0].state not in ("queued", "refused"):
        return None
    delivery, notice = found
    spec = CATALOGUE[Kind(notice.kind)]
    (words,) = put_into_words(session, [notice], delivery.language)
    return _mail(spec, words, delivery, letters.attached_to(session, notice) if spec.kind is Kind.LETTER else {})


def _mail(spec: Spec, words: Written, delivery: Delivery, attached: Mapping[str, bytes]) -> Mail:
    account = delivery.account_id
    with force_locale(delivery.language):
        why = _why(spec, delivery)
    return Mail(
        delivery.address, delivery.language, words.subject, words.page, words.plain, outside(words.link), words.action,
        why, outside(PREFERENCES) if account else "",
        outside(STOP + stop_token(account, spec.kind)) if account and not spec.fixed else "", attached=attached,
    )  # fmt: skip


def _why(spec: Spec, delivery: Delivery) -> str:
    """Why the reader gets this mail."""
    if spec.audience is Audience.PERSON:
        return say(_("You get this mail because this address stands beside your name at the fund."))
    if delivery.account_id is None:
        return say(_("You get this mail because this address stands in your employer's file at the fund."))
    if spec.fixed:
        return say(_("You get this mail because of your account. Mails of this kind cannot be turned off."))
    return say(OF_ACCOUNT)


def _of_digest(session: Session, ids: Sequence[int]) -> Mail | None:
    rows = session.execute(
        select(Delivery, Notice).join(Notice, Notice.id == Delivery.notice_id)
        .where(Delivery.id == func.any(list(ids)), Delivery.state.in_(("queued", "refused"))).order_by(Notice.id)
    ).all()  # fmt: skip
    if not rows:
        return None
    first: Delivery = rows[0][0]
    words = put_into_words(session, [notice for _delivery, notice in rows], first.language)
    items = [Item(one.subject, one.short, outside(one.link)) for one in words]
    with force_locale(first.language):
        lead = say(_("This is what happened since the last summary."))
        return Mail(
            first.address, first.language, say(_("Your summary of the day")), [Markup("<p>{}</p>").format(lead)],
            [lead], why=say(OF_ACCOUNT), choose=outside(PREFERENCES), items=items,
        )  # fmt: skip


def _of_words(session: Session, payload: Mapping[str, Any]) -> Mail:
    """A mail that is no notice: a link to confirm an address, a code."""
    account = account_by_email(session, payload["to"])
    language = language_of(payload.get("language") or (account.language if account else None))
    with force_locale(language):
        subject, text = say(payload["subject"]), say(payload["text"])
        why = say(_("You get this mail because this address was given to the fund. If it was not you, do nothing."))
    return Mail(payload["to"], language, subject, [_linked(text)], [text], why=why)


def _linked(text: str) -> Markup:
    """A paragraph whose addresses can be followed."""
    link = Markup('<a href="{0}">{0}</a>')
    parts = [
        link.format(word) if word.startswith(("http://", "https://")) else escape(word) for word in text.split(" ")
    ]
    return Markup("<p>{}</p>").format(Markup(" ").join(parts))


def outside(path: str) -> str:
    """The whole address of a page of the portal."""
    return f"{current_app.config['BASE_URL']}{path}" if path else ""


# -- one click to stop ----------------------------------------------------------------


def stop_token(account: int, kind: AnyKind) -> str:
    """What the link that ends mails of a kind carries: nobody can make one for somebody else."""
    return str(_signer().dumps([account, kind.value]))


def stopped_by(token: str) -> tuple[int, Kind]:
    """Whose mails of which kind a link ends; NotFound when we did not make it."""
    try:
        account, kind = _signer().loads(token)
        return int(account), Kind(kind)
    except (BadSignature, ValueError, TypeError):
        raise NotFound("token") from None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="notices")
