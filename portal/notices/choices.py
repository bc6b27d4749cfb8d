"""What a reader chose: by which way each kind of message comes, in which language, and whether by text message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.auth.models import Account, EmployerRole, FundRole, FundRoleName, Mandate
from portal.db import day_range
from portal.errors import Refused
from portal.installation import fund
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import Audience, Channel, Kind, Role, Spec
from portal.notices.models import Preference
from portal.words import _


@dataclass(frozen=True, slots=True)
class Contact:
    """How an account wants to be written to; *agreed*: text messages may go to *phone*."""

    language: str
    phone: str
    agreed: bool


def roles_of(session: Session, account: int, today: date) -> set[Role]:
    """Every role an account holds today, for whichever employer and at the fund."""
    acting = select(Mandate.role).where(
        Mandate.account_id == account, day_range(today, Mandate.from_day, Mandate.to_day)
    )
    working = select(FundRole.role).where(
        FundRole.account_id == account, day_range(today, FundRole.from_day, FundRole.to_day)
    )
    employers = {EmployerRole(role) for role in session.scalars(acting)}
    return employers | {FundRoleName(role) for role in session.scalars(working)}


def concerning(roles: Collection[Role]) -> list[Spec]:
    """The kinds that somebody with these roles is written to about."""
    return [
        spec for spec in CATALOGUE.values()
        if spec.audience is not Audience.PERSON and (spec.audience is Audience.ACCOUNT or set(roles) & set(spec.roles))
    ]  # fmt: skip


def chosen(session: Session, account: int) -> dict[str, Channel]:
    """What the account chose, by kind; a kind that is not there comes by its usual way."""
    rows = session.scalars(select(Preference).where(Preference.account_id == account))
    return {one.kind: Channel(one.channel) for one in rows}


def choose(session: Session, account: int, ways: Mapping[Kind, Channel], contact: Contact, *, at: datetime) -> None:
    """
    Keep what a reader chose.

    `Refused` where a kind that cannot be turned off is, where text messages are chosen without a number or without
    consent, and for a language the fund does not speak; nothing is changed then.
    """
    _check(ways, contact)
    found = session.get_one(Account, account, with_for_update=True)
    found.language, found.phone = contact.language, contact.phone
    agreed = contact.agreed and bool(contact.phone)
    found.texts_agreed_at = (found.texts_agreed_at or at) if agreed else None
    _keep(session, account, ways)


def stop(session: Session, account: int, kind: Kind) -> None:
    """No more mail of a kind: it stands in the portal only.  Again: nothing changes."""
    if CATALOGUE[kind].fixed:
        raise Refused(_("Messages of this kind cannot be turned off."))
    if session.get(Account, account) is not None:
        _keep(session, account, {kind: Channel.PORTAL})


def _check(ways: Mapping[Kind, Channel], contact: Contact) -> None:
    if contact.language not in fund().languages:
        raise Refused(_("The fund does not write in this language."), field="language", status=422)
    if any(CATALOGUE[kind].fixed for kind in ways):
        raise Refused(_("Messages of this kind cannot be turned off."), status=422)
    if contact.agreed and not contact.phone:
        raise Refused(_("Write the number to which text messages may be sent."), field="phone", status=422)
    if Channel.SMS in ways.values() and not contact.agreed:
        raise Refused(
            _("You chose text messages for some kinds. Tick the box to agree to them, or choose another way."),
            field="agreed", status=422,
        )  # fmt: skip


def _keep(session: Session, account: int, ways: Mapping[Kind, Channel]) -> None:
    """Only what differs from the usual way is kept, so that a kind whose usual way changes follows."""
    usual = [kind.value for kind, way in ways.items() if way is CATALOGUE[kind].channel]
    own: Iterable[dict[str, object]] = [
        {"account_id": account, "kind": kind.value, "channel": way.value}
        for kind, way in ways.items() if way is not CATALOGUE[kind].channel
    ]  # fmt: skip
    session.execute(delete(Preference).where(Preference.account_id == account, Preference.kind.in_(usual)))
    if rows := list(own):
        made = insert(Preference).values(rows)
        changed = {"channel": made.excluded.channel}
        session.execute(made.on_conflict_do_update(index_elements=["account_id", "kind"], set_=changed))
