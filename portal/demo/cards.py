"""The people of the Zambezi fund one may come in as, each with what there is to see."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.demo.story import Card

FUND = "@zambezi-fund.example"


def _staff(code: str, title: str, who: str, hint: str, goes_to: str = "/") -> Card:
    return Card(code, title, who, hint, goes_to, email=f"{code}{FUND}", at_fund=True)


CARDS = (
    Card(
        "clerk",
        _l("Sign in as the payroll clerk of Kafue Mining"),
        "Mutinta Phiri",
        _l("300 people. Bring the month's payroll and hand it to the signatory."),
        "/",
        email="clerk@kafue-mining.example",
    ),
    Card(
        "signatory",
        _l("Sign in as the signatory of Kafue Mining"),
        "Joseph Mwansa",
        _l("Submit the payroll, see the bills and receipts."),
        "/",
        email="signatory@kafue-mining.example",
    ),
    Card(
        "administrator",
        _l("Sign in as the administrator of Mosi Transport"),
        "Grace Tembo",
        _l("In arrears: see what is owed and why, step by step."),
        "/",
        email="administrator@mosi-transport.example",
    ),
    Card(
        "viewer",
        _l("Sign in as the accountant of three employers"),
        "Brian Zulu",
        _l("One account, several employers; may look, not change."),
        "/",
        email="accounts@zulu-and-partners.example",
    ),
    Card(
        "employee",
        _l("Come in as an employee of Kafue Mining"),
        "Chanda Mulenga",
        _l("Am I covered today, and which months were paid?"),
        "/me/",
        national_id="412087/61/1",
    ),
    Card(
        "employee-late",
        _l("Come in as an employee of Mosi Transport"),
        "Bwalya Sakala",
        _l("The employer declares but does not pay: see who is at fault."),
        "/me/",
        national_id="305518/64/1",
    ),
    _staff(
        "registrar",
        _l("Sign in as the registrar of the fund"),
        "Ruth Kapata",
        _l("A registration waits to be decided."),
    ),
    _staff(
        "officer",
        _l("Sign in as a contribution officer"),
        "Peter Lungu",
        _l("Who has not declared, and what employees report."),
    ),
    _staff(
        "cashier",
        _l("Sign in as the cashier"),
        "Esther Banda",
        _l("Enter a payment and print its receipt."),
        "/fund/payments/",
    ),
    _staff(
        "supervisor",
        _l("Sign in as the supervisor"),
        "Charles Nkonde",
        _l("Everything the fund's people see; takes a payment back."),
    ),
    _staff(
        "auditor",
        _l("Sign in as the auditor"),
        "Agnes Simukonda",
        _l("From the fund's total down to each posting and its reason."),
        "/fund/arrears",
    ),
    _staff(
        "administrator-of-systems",
        _l("Sign in as the system administrator"),
        "Daniel Moyo",
        _l("Does the core know what it must?"),
        "/fund/core",
    ),
)
