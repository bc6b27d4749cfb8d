"""Officers of the fund who read its rules, and a portal whose fund has other schemes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient

from portal import clock, db, installation
from portal.auth.models import Account, FundRoleName
from portal.scheme.pack import Pack, load_packs
from tests.factories import make_officer, sign_in

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _today() -> None:
    """It is 21 November 2026."""
    clock.shift(clock.real_now().replace(year=2026, month=11, day=21, hour=9) - clock.real_now())


@pytest.fixture
def visitor(client: FlaskClient) -> FlaskClient:
    """Somebody who is not signed in, on the day that the clock of practice shows."""
    with db.writing() as session:
        db.store_offset(session, clock.now() - clock.real_now())
    return client


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """The fund runs these schemes for the length of a test."""

    def these(*schemes: str | Pack) -> None:
        known = load_packs(one for one in schemes if isinstance(one, str))
        known |= {one.id: one for one in schemes if isinstance(one, Pack)}
        monkeypatch.setattr(installation, "_packs", known)

    return these


@pytest.fixture
def come_in(client: FlaskClient) -> Callable[[FundRoleName], Account]:
    """Somebody of the fund signs in."""

    def enter(role: FundRoleName) -> Account:
        with db.writing() as session:
            db.store_offset(session, clock.now() - clock.real_now())
            officer = make_officer(session, role)
        sign_in(client, officer)
        return officer

    return enter
