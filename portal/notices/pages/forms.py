"""The forms of what people are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, StringField, TelField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, Optional, Regexp

from portal.installation import fund
from portal.notices.kinds import LetterKind
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.web.language import own_name
from portal.words import Words


def _number(text: str | None) -> str:
    """A telephone number without what people write between its figures."""
    return re.sub(r"[ ().\-/]", "", text or "")


class ChoicesForm(PortalForm):
    """In which language one is written to, and whether by text message."""

    language = RadioField(_l("The language we write to you in"), validators=[InputRequired()])
    phone = TelField(
        _l("Telephone number for text messages"), filters=[_number],
        validators=[
            Optional(), Regexp(r"\+\d{7,15}$", message=_l("Write it with its country code, like +260977123456."))
        ],
        render_kw={"autocomplete": "tel"},
    )  # fmt: skip
    agreed = BooleanField(_l("I agree to get text messages at this number"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, own_name(code)) for code in fund().languages]


class SubjectAndText(PortalForm):
    """What both a text and a letter have; `wording` says what is wrong with it."""

    subject = StringField(_l("Subject"))
    text = TextAreaField(
        _l("Text"), description=_l("An empty line parts paragraphs."), render_kw={"rows": "12"}
    )  # fmt: skip

    @property
    def given(self) -> tuple[str, str]:
        """Subject and text as they would be saved."""
        return self.subject.data or "", (self.text.data or "").replace("\r\n", "\n")

    def show(self, problems: Mapping[str, Words]) -> None:
        """Put each problem beside its field."""
        for name, words in problems.items():
            self[name].errors = [*self[name].errors, say(words)]


class LetterForm(SubjectAndText):
    """A letter before it is sent."""

    kind = HiddenField(validators=[AnyOf(list(LetterKind))])
    language = HiddenField()
    #: So that a second click writes no second letter.
    once = HiddenField(validators=[InputRequired(), Length(max=40)])


class TextForm(SubjectAndText):
    """Subject and text of a kind of message."""

    subject = StringField(_l("Subject"), description=_l("The head of the mail, on one line."))
    text = TextAreaField(
        _l("Text"),
        description=_l("An empty line parts paragraphs. The first one is what a text message says."),
        render_kw={"rows": "12"},
    )
    #: The latest version its author was shown.
    seen = HiddenField(validators=[Length(max=20)])

    @property
    def last_seen(self) -> int:
        """The latest version its author was shown; 0 when the page says nothing about it."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() else 0
