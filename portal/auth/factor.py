"""
The second step of signing in: a code of an authenticator (RFC 6238), or one of ten recovery codes.

The secret an authenticator is set up with is worked out from a random salt in the account's row and the installation's
own secret (HMAC-SHA256): reading the table gives nobody a code, and there is nothing to decrypt.  Whoever changes the
installation's secret ends every authenticator; recovery codes go on working.  Codes run on the real clock.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.auth.models import Account, RecoveryCode, SecondFactor
from portal.errors import Refused
from portal.words import _

#: How long a code is shown, in seconds; one before and one after are taken too, because clocks differ.
STEP, BESIDE = 30, 1
RECOVERY_CODES = 10
#: Letters and digits that nobody takes for another; sixteen of them are more than anybody can try.
_ALPHABET, _LENGTH = "34679ACDEFGHJKMNPQRTUVWXY", 16

DOES_NOT_FIT = _("This code does not fit, or it was used already. Wait for the next one and type that.")


def is_on(session: Session, account_id: int) -> bool:
    """Whether signing in to this account takes a second step."""
    found = session.get(SecondFactor, account_id)
    return found is not None and found.confirmed_at is not None


def those_with_it(session: Session, accounts: Sequence[int]) -> set[int]:
    """Those among these accounts whose signing in takes a second step."""
    on = (SecondFactor.account_id.in_(accounts), SecondFactor.confirmed_at.is_not(None))
    return set(session.scalars(select(SecondFactor.account_id).where(*on)))


def begin(session: Session, account_id: int, *, at: datetime) -> None:
    """Make a new authenticator, which counts once a first code shows that it works.  Begun again: the same one."""
    found = session.get(SecondFactor, account_id, with_for_update=True)
    if found is None:
        session.add(SecondFactor(account_id=account_id, salt=secrets.token_hex(16), made_at=at, last_step=0))


def secret_of(session: Session, account_id: int, *, key: bytes) -> str | None:
    """What is typed into an authenticator, in base 32; None when none was begun, or when it works already."""
    found = session.get(SecondFactor, account_id)
    return None if found is None or found.confirmed_at is not None else _secret(found, key)


def address_of(secret: str, *, name: str, issuer: str) -> str:
    """The same as an address for a QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=name, issuer_name=issuer)


def confirm(session: Session, account: Account, code: str, *, key: bytes, at: datetime) -> list[str]:
    """The first code of a new authenticator; from now on signing in asks for one.  Gives the recovery codes, once."""
    found = session.get(SecondFactor, account.id, with_for_update=True)
    if found is None or found.confirmed_at is not None:
        raise Refused(_("This was done already."), status=409)
    if not _takes(found, code, key, at):
        raise Refused(DOES_NOT_FIT, field="code", status=422)
    found.confirmed_at = at
    audit.record(session, Event.SECOND_STEP_ON, at=at, by=account.id, account=str(account.public_id))
    return _new_codes(session, account.id)


def check(session: Session, account_id: int, code: str, *, key: bytes, at: datetime) -> None:
    """Take a code, of the authenticator or for recovery; neither is taken twice.  Refused when it does not fit."""
    found = session.get(SecondFactor, account_id, with_for_update=True)
    if found is None or found.confirmed_at is None:
        raise Refused(DOES_NOT_FIT, field="code", status=422)
    if _takes(found, code, key, at):
        return
    wanted = (RecoveryCode.account_id == account_id, RecoveryCode.digest == _digest(code))
    spare = session.scalar(select(RecoveryCode).where(*wanted, RecoveryCode.used_at.is_(None)))
    if spare is None:
        raise Refused(DOES_NOT_FIT, field="code", status=422)
    spare.used_at = at
    audit.record(session, Event.RECOVERY_CODE_USED, at=at, by=account_id, left=codes_left(session, account_id))


def new_codes(session: Session, account: Account, *, at: datetime) -> list[str]:
    """Ten new recovery codes; the old ones end."""
    session.get_one(SecondFactor, account.id, with_for_update=True)
    audit.record(session, Event.RECOVERY_CODES_MADE, at=at, by=account.id, account=str(account.public_id))
    return _new_codes(session, account.id)


def codes_left(session: Session, account_id: int) -> int:
    """How many recovery codes were not used yet."""
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def end(session: Session, account: Account, *, by: int, at: datetime) -> None:
    """Signing in takes no second step any more; its codes are worth nothing."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    gone = session.execute(
        delete(SecondFactor).where(SecondFactor.account_id == account.id).returning(SecondFactor.account_id)
    )
    if gone.all():
        audit.record(session, Event.SECOND_STEP_OFF, at=at, by=by, account=str(account.public_id))


def _takes(found: SecondFactor, code: str, key: bytes, at: datetime) -> bool:
    """Whether a code of the authenticator fits now and is newer than the last one that was taken."""
    typed, now = "".join(code.split()), int(at.timestamp()) // STEP
    totp = pyotp.TOTP(_secret(found, key), interval=STEP)
    for step in range(now - BESIDE, now + BESIDE + 1):
        fitting = hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())
        if fitting and step > found.last_step:
            found.last_step = step
            return True
    return False


def _secret(found: SecondFactor, key: bytes) -> str:
    return b32encode(hmac.digest(key, f"second step:{found.account_id}:{found.salt}".encode(), "sha256")[:20]).decode()


def _new_codes(session: Session, account_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _place in range(_LENGTH)) for _code in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account_id, digest=_digest(code)) for code in codes)
    return ["-".join(code[place : place + 4] for place in range(0, _LENGTH, 4)) for code in codes]


def _digest(code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
