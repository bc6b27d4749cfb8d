"""Letters are drawn by the worker: a page of WeasyPrint takes longer than an officer should wait."""

from __future__ import annotations

import logging

from flask import current_app
from flask_babel import force_locale

from portal import clock, db, outbox, pdf
from portal.notices import letters
from portal.notices.models import Letter
from portal.web.filters import say
from portal.words import _

log = logging.getLogger("portal.jobs")


def draw_one() -> bool:
    """Draw the oldest letter that waits, and put it among its employer's messages; False when none waits."""
    with db.writing() as session:
        message = outbox.claim(session, letters.TOPIC, at=clock.real_now())
    if message is None:
        return False
    problem, drawn, number = "", b"", message.payload["letter"]
    try:
        with db.reading() as session:
            letter = letters.to_draw(session, number)
        drawn = _drawn(letter) if letter is not None else b""
    except Exception as failure:  # one letter's trouble must not keep the others waiting
        log.exception("letter %s not drawn", number)
        problem = type(failure).__name__
    with db.writing() as session:
        held = outbox.still_leased(session, message.effect, message.attempts)
        if held is not None and problem:
            outbox.again(held, problem, at=clock.real_now())
        elif held is not None:
            if drawn:
                letters.keep(session, number, drawn, at=clock.now())
            outbox.done(session, held, at=clock.real_now())
    return True


def _drawn(letter: Letter) -> bytes:
    with force_locale(letter.language):
        html = current_app.jinja_env.get_template("pdf/letter.html").render(**pdf.page(letter.snapshot))
        title = say(_("Letter %(number)s", number=letter.number))
        return pdf.render(html, title=title, language=letter.language)
