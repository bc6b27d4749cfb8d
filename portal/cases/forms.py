"""The forms of cases: what is wrong on a page, a question to the fund, an answer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length

from portal.cases.kinds import OUTCOMES
from portal.cases.service import LONGEST, LONGEST_NAME, Paper
from portal.files import LARGEST_DOCUMENT
from portal.web.filters import say
from portal.web.forms import PortalForm

_TOO_LONG = _l("Use at most %(max)d characters.")


class ProblemForm(PortalForm):
    """What is wrong on a page."""

    text = TextAreaField(
        _l("What is wrong?"),
        validators=[DataRequired(_l("Write what is wrong.")), Length(max=LONGEST, message=_TOO_LONG)],
        description=_l("What you wanted to do, and what happened instead. Leave out wages and numbers of identity."),
        render_kw={"rows": "6"},
    )
    contact = StringField(
        _l("How can we reach you? (optional)"),
        validators=[Length(max=LONGEST_NAME, message=_TOO_LONG)],
        description=_l("An e-mail address gets our answer. Without it, keep the number you get on the next page."),
        render_kw={"autocomplete": "email"},
    )
    page = HiddenField(validators=[Length(max=300)])
    reference = HiddenField(validators=[Length(max=20)])
    #: So that a second click opens no second case.
    once = HiddenField(validators=[Length(max=40)])


class WithPaper(PortalForm):
    """A text with one paper, if there is one."""

    text = TextAreaField(
        _l("Your text"),
        validators=[DataRequired(_l("Write something first.")), Length(max=LONGEST, message=_TOO_LONG)],
        render_kw={"rows": "6"},
    )
    papers = FileField(_l("A document (optional)"), description=_l("PDF, PNG or JPEG, up to 5 MB."))
    #: The last entry the writer was shown.
    seen = HiddenField(validators=[Length(max=20)])

    @property
    def last_seen(self) -> int:
        """The last entry the writer was shown; 0 when the page says nothing about it."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() else 0

    def sent(self) -> list[Paper]:
        """The paper that came along, if one did."""
        file = self.papers.data
        if not file or not file.filename:
            return []
        return [Paper(file.filename, file.stream.read(LARGEST_DOCUMENT + 1))]


class AskForm(WithPaper):
    """A question or a complaint of an employer."""

    kind = RadioField(
        _l("What is it?"),
        choices=[
            SelectChoice("question", _l("A question")),
            SelectChoice("complaint", _l("A complaint about the fund")),
        ],
        default="question",
        validators=[InputRequired(_l("Choose what it is."))],
    )
    title = StringField(
        _l("What is it about?"),
        validators=[DataRequired(_l("Write in a few words what it is about.")), Length(max=LONGEST_NAME)],
    )
    once = HiddenField(validators=[Length(max=40)])


class OfficerForm(WithPaper):
    """What somebody of the fund writes, and what happens then."""

    then = RadioField(_l("What happens with it?"), validators=[InputRequired(_l("Choose what happens with it."))])
    outcome = SelectField(_l("How did it end?"), description=_l("Only when you close the case."), validate_choice=False)

    def __init__(self, *args: Any, readable: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        send = [("wait", _l("Send it, and wait for their answer")), ("close", _l("Send it, and close the case"))]
        close = [("close", _l("Close the case with it"))]
        note = ("note", _l("Keep it as a note that only the fund reads"))
        self.then.choices = [SelectChoice(*one) for one in (*(send if readable else close), note)]
        outcomes = [SelectChoice(code, say(words)) for code, words in OUTCOMES.items()]
        self.outcome.choices = [SelectChoice("", _l("Not closed yet")), *outcomes]

    def validate_outcome(self, field: SelectField) -> None:
        """A case that is closed has ended somehow."""
        if self.then.data == "close" and not field.data:
            raise ValidationError(_l("Choose how it ended."))


class InquiryForm(WithPaper):
    """A question of the fund to an employer."""

    title = StringField(
        _l("What is it about?"),
        validators=[DataRequired(_l("Write in a few words what it is about.")), Length(max=LONGEST_NAME)],
    )
    once = HiddenField(validators=[Length(max=40)])


class ReasonForm(PortalForm):
    """Why a closed case is opened again."""

    text = TextAreaField(
        _l("Why is it opened again?"),
        validators=[DataRequired(_l("Write why it is opened again.")), Length(max=LONGEST, message=_TOO_LONG)],
        render_kw={"rows": "3"},
    )
