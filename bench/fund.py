"""The practice fund and the ordinary pages over it, as everybody who comes in sees them."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from bench import Measure
from bench._stage import middle, milliseconds, stage
from portal import clock, installation
from portal.demo import fund_maker

#: Card -> the pages its person opens every month; N stands for the employer's number.
PAGES = {
    "signatory": ("/employers/N/", "/employers/N/roster/", "/employers/N/payrolls/", "/employers/N/account/"),
    "administrator": ("/employers/N/", "/employers/N/account/", "/employers/N/account/receipts/"),
    "auditor": ("/fund/", "/fund/employers", "/fund/arrears"),
    "cashier": ("/fund/payments/",),
    "employee": ("/me/",),
}
TIMES = 15


def measures() -> list[Measure]:
    """Making the practice fund, and the median of its ordinary pages and of the slowest of them."""
    with stage() as app:
        made = milliseconds(lambda: fund_maker.make(clock.today(installation.fund().timezone)))
        pages = {page: figure for card, pages in PAGES.items() for page, figure in _opened(app, card, pages).items()}
    slowest = max(pages, key=lambda page: pages[page])
    return [
        Measure("practice fund: 12 employers, 14 months", made, 20_000),
        Measure("ordinary page, median over all", middle(list(pages.values())), 50),
        Measure(f"slowest ordinary page, median ({slowest})", pages[slowest], 100),
    ]


def _opened(app: Flask, card: str, pages: tuple[str, ...]) -> dict[str, int]:
    """The median of each page for the person on *card*."""
    client = app.test_client()
    client.post(f"/practice/sign-in/{card}")
    home = client.get("/", follow_redirects=True).request.path
    number = home.split("/")[2] if home.startswith("/employers/") else ""
    return {f"{card} {page}": _median(client, page.replace("N", number, 1)) for page in pages}


def _median(client: FlaskClient, page: str) -> int:
    def opened() -> None:
        answer = client.get(page)
        if answer.status_code != 200:
            raise RuntimeError(f"{page}: {answer.status_code}")

    opened()  # the first one compiles templates
    return middle([milliseconds(opened) for _ in range(TIMES)])
