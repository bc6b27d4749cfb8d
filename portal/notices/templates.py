"""The fund's own texts: one version after the other, in force for what is told from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.auth.models import Account
from portal.errors import Refused
from portal.installation import fund
from portal.notices import wording
from portal.notices.catalogue import spec_of
from portal.notices.kinds import AnyKind, Spec
from portal.notices.models import Template
from portal.words import Words, _


class BadTemplate(Refused):
    """A text that cannot be used; *problems* says why, by field.  Nothing is saved."""

    def __init__(self, problems: dict[str, Words]) -> None:
        super().__init__(_("The text was not saved. Look at what is said beside it."), status=422)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Texts:
    """Every version of the fund's texts in one language, so that a list of messages asks once."""

    versions: Sequence[Template]

    def of(self, kind: AnyKind, edition: int) -> Template | None:
        """The fund's text as it was at *edition*; None where the portal's own held."""
        found = [one for one in self.versions if one.kind == kind and one.id <= edition]
        return found[-1] if found and found[-1].text else None


def texts(session: Session, language: str) -> Texts:
    """All texts the fund ever had in a language."""
    wanted = select(Template).where(Template.language == language).order_by(Template.id)
    return Texts(session.scalars(wanted).all())


def versions(session: Session, kind: AnyKind, language: str) -> Sequence[Template]:
    """Every version of one text, the newest first."""
    wanted = select(Template).where(Template.kind == kind.value, Template.language == language)
    return session.scalars(wanted.order_by(Template.id.desc())).all()


def problems(spec: Spec, subject: str, text: str) -> dict[str, Words]:
    """Why a text cannot be used for a kind, by field: subject, text."""
    return wording.problems(spec, subject, text)


def versions_with_names(session: Session, kind: AnyKind, language: str) -> list[tuple[Template, str]]:
    """The same, with the name of who made each; empty where a job did."""
    wanted = select(Template, Account.name).outerjoin(Account, Account.id == Template.made_by)
    rows = session.execute(
        wanted.where(Template.kind == kind.value, Template.language == language).order_by(Template.id.desc())
    )
    return [(one, name or "") for one, name in rows]


def in_force(session: Session, kind: AnyKind, language: str) -> Template | None:
    """The fund's text that holds now; None where the portal's own does."""
    newest = next(iter(versions(session, kind, language)), None)
    return newest if newest is not None and newest.text else None


def latest(session: Session, kind: AnyKind, language: str) -> int:
    """The number of the latest version of one text; 0 when there is none."""
    return next((one.id for one in versions(session, kind, language)), 0)


def changed(session: Session) -> set[tuple[str, str]]:
    """The kinds and languages that have a text of the fund's now."""
    latest: dict[tuple[str, str], bool] = {}
    for one in session.scalars(select(Template).order_by(Template.id)):
        latest[one.kind, one.language] = bool(one.text)
    return {key for key, own in latest.items() if own}


def save(
    session: Session,
    kind: AnyKind,
    language: str,
    subject: str,
    text: str,
    *,
    seen: int | None,
    by: int,
    at: datetime,
) -> Template:
    """
    Use this text for what is told from now on; the same again makes no version.

    `BadTemplate` names what is wrong with it.  *seen* is the latest version its author knew (0: none, None: not asked);
    `Refused` when a colleague was quicker.
    """
    problems = wording.problems(spec_of(kind), subject, text)
    if problems:
        raise BadTemplate(problems)
    _hold(session, kind, language)
    now = in_force(session, kind, language)
    if now is not None and (now.subject, now.text) == (subject, text):
        return now
    if seen is not None and seen != latest(session, kind, language):
        raise Refused(
            _(
                "A colleague changed this text while you wrote. Theirs stands among the versions below; yours is kept "
                "here. Save again to use yours instead."
            ),
            status=409,
        )
    return _add(session, kind, language, subject, text, by=by, at=at)


def back_to_default(session: Session, kind: AnyKind, language: str, *, by: int, at: datetime) -> None:
    """Use the portal's own text again.  Again: nothing changes."""
    _hold(session, kind, language)
    if in_force(session, kind, language) is not None:
        _add(session, kind, language, "", "", by=by, at=at)


def _hold(session: Session, kind: AnyKind, language: str) -> None:
    """One change of a text at a time, until the transaction ends."""
    name = "/".join((Template.__tablename__, kind.value, language))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def _add(
    session: Session, kind: AnyKind, language: str, subject: str, text: str, *, by: int, at: datetime
) -> Template:  # fmt: skip
    if language not in fund().languages:
        raise Refused(_("The fund does not write in this language."), status=422)
    made = Template(kind=kind.value, language=language, subject=subject, text=text, made_at=at, made_by=by)
    session.add(made)
    session.flush()
    audit.record(
        session, Event.TEMPLATE_CHANGED, at=at, by=by, subject=f"template:{kind.value}", kind=kind.value,
        language=language, version=made.id,
    )  # fmt: skip
    return made
