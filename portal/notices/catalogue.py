"""
Every kind of notice, with the text a fund begins with.

A fund may write its own (``templates``).  A text has places like ``{month}``, never calculations; paragraphs are
parted by an empty line, and the first one is what a text message holds.
"""

from __future__ import annotations

from collections.abc import Collection

from portal.auth.models import EmployerRole
from portal.notices.kinds import Audience, Kind, Spec
from portal.notices.told import enrolling, money, months, people

CATALOGUE: dict[Kind, Spec] = {
    spec.kind: spec for spec in (*enrolling.KINDS, *months.KINDS, *money.KINDS, *people.KINDS)
}


def kinds_seen_by(roles: Collection[EmployerRole]) -> list[Kind]:
    """The kinds an employer's people with these roles may read in the portal."""
    return [
        spec.kind for spec in CATALOGUE.values()
        if spec.audience is Audience.EMPLOYER and (not spec.private or set(roles).intersection(spec.roles))
    ]  # fmt: skip


def kinds_of(audience: Audience) -> list[Kind]:
    """The kinds that readers on this side get."""
    return [spec.kind for spec in CATALOGUE.values() if spec.audience is audience]
