"""The large practice fund: 200 employers, 20,000 people, 24 months, made through the services in several processes."""

from __future__ import annotations

from bench import Measure
from bench._stage import milliseconds, stage
from portal import clock, installation
from portal.demo import loading


def measures() -> list[Measure]:
    """Making it in an empty database."""
    with stage() as app:
        url = app.config["PORTAL"].database_url
        owner = url.replace("portal_app@", "portal_owner@")
        today = clock.today(installation.fund().timezone)
        made = milliseconds(lambda: loading.load_large(url, owner, today))
    return [Measure("large practice fund: 200 employers, 24 months", made, 180_000)]
