"""The forms of what people are told."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import Words


class TextForm(PortalForm):
    """Subject and text of a kind of message; `templates` says what is wrong with them."""

    subject = StringField(_l("Subject"), description=_l("The head of the mail, on one line."))
    text = TextAreaField(
        _l("Text"),
        description=_l("An empty line parts paragraphs. The first one is what a text message says."),
        render_kw={"rows": "12"},
    )
    #: The latest version its author was shown.
    seen = HiddenField(validators=[Length(max=20)])

    @property
    def given(self) -> tuple[str, str]:
        """Subject and text as they would be saved."""
        return self.subject.data or "", (self.text.data or "").replace("\r\n", "\n")

    @property
    def last_seen(self) -> int:
        """The latest version its author was shown; 0 when the page says nothing about it."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() else 0

    def show(self, problems: Mapping[str, Words]) -> None:
        """Put each problem beside its field."""
        for name, words in problems.items():
            self[name].errors = [*self[name].errors, say(words)]
