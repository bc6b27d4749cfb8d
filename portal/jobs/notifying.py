"""Finding the readers of what was told: some at a time, each time a transaction."""

from __future__ import annotations

from config import Config
from portal import clock, db
from portal.notices import addressing


def address(config: Config) -> bool:
    """Find the readers of the oldest notices that wait for it; False when none does."""
    with db.writing() as session:
        return bool(addressing.address_some(session, at=clock.now(), sms=config.sms_folder is not None))
