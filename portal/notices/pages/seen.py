"""A text as its author sees it before it is sent: filled with samples, as a mail and as a text message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import force_locale

from portal.notices.kinds import Audience, Spec
from portal.notices.text_message import Length, length_of
from portal.notices.texting import text_of
from portal.notices.written import Written, place_written, sample
from portal.web.filters import say
from portal.words import Words, _

AUDIENCES: Mapping[Audience, Words] = {
    Audience.EMPLOYER: _("To those who act for an employer"),
    Audience.ACCOUNT: _("To who applied or holds an account"),
    Audience.PERSON: _("To insured people"),
    Audience.FUND: _("To the fund's own people"),
}
LETTERS_TITLE = _("Letters an officer begins with")
#: Places every text may use.
COMMON: Mapping[str, tuple[Words, str]] = {
    "employer": (_("the employer's name"), "Mulungushi Bakery"),
    "number": (_("the employer's number"), "ZE9000005"),
    "fund": (_("the fund's short name"), ""),
    "link": (_("the address of the page where the reader goes next"), ""),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with its places filled, and what it would be as a text message."""

    written: Written
    short: str
    length: Length


def shown_as(spec: Spec, subject: str, text: str, language: str) -> Sample:
    """What readers would get."""
    written = sample(spec, subject, text, language)
    short = text_of(written)
    return Sample(written, short, length_of(short))


def places_of(spec: Spec, language: str) -> list[tuple[str, Words, str, bool]]:
    """The places a text of this kind may use: name, meaning, a sample in the language, whether it is needed."""
    with force_locale(language):
        own = [
            (f"{{{name}}}", one.meaning, place_written(one), one.required) for name, one in spec.places.items()
        ]  # fmt: skip
        filled = sample(spec, "{fund}", "{link}", language)
    samples = {"fund": filled.subject, "link": say(filled.plain[0]) if filled.plain else ""}
    common = [(f"{{{name}}}", meaning, shown or samples[name], False) for name, (meaning, shown) in COMMON.items()]
    return own + [one for one in common if one[0] not in {row[0] for row in own}]
