"""
Every kind of notice, with the text a fund begins with.

A fund may write its own (``templates``).  A text has places like ``{month}``, never calculations; paragraphs are
parted by an empty line, and the first one is what a text message holds.
"""

from __future__ import annotations

from collections.abc import Collection

from portal.auth.models import EmployerRole
from portal.notices.kinds import AnyKind, Audience, Kind, LetterKind, Spec
from portal.notices.told import enrolling, letters, money, months, people

CATALOGUE: dict[Kind, Spec] = {
    Kind(spec.kind): spec for spec in (*enrolling.KINDS, *months.KINDS, *money.KINDS, *people.KINDS, *letters.KINDS)
}
#: What letters begin with; the fund may write its own, too.
LETTERS: dict[LetterKind, Spec] = {LetterKind(spec.kind): spec for spec in letters.LETTER_KINDS}


def spec_of(code: AnyKind) -> Spec:
    """The kind of message, or of letter, with this code."""
    return LETTERS[code] if isinstance(code, LetterKind) else CATALOGUE[code]


def kinds_seen_by(roles: Collection[EmployerRole]) -> list[Kind]:
    """The kinds an employer's people with these roles may read in the portal."""
    return [
        kind for kind, spec in CATALOGUE.items()
        if spec.audience is Audience.EMPLOYER and (not spec.private or set(roles).intersection(spec.roles))
    ]  # fmt: skip


def kinds_of(audience: Audience) -> list[Kind]:
    """The kinds that readers on this side get."""
    return [kind for kind, spec in CATALOGUE.items() if spec.audience is audience]
