"""The people of the Himal fund one may come in as, each with what there is to see."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.demo.story import Card

FUND = "@himal-fund.example"


def _staff(code: str, title: str, who: str, hint: str, goes_to: str = "/") -> Card:
    return Card(code, title, who, hint, goes_to, email=f"{code}{FUND}", at_fund=True)


CARDS = (
    Card(
        "clerk",
        _l("Sign in as the payroll clerk of Marsyangdi Hydropower"),
        "Sunita Gurung",
        _l("180 people. Bring the month's payroll and hand it to the signatory."),
        "/",
        email="clerk@marsyangdi-hydro.example",
    ),
    Card(
        "signatory",
        _l("Sign in as the signatory of Marsyangdi Hydropower"),
        "Prakash Adhikari",
        _l("Submit the payroll, see the bills and receipts."),
        "/",
        email="signatory@marsyangdi-hydro.example",
    ),
    Card(
        "administrator",
        _l("Sign in as the administrator of Koshi Transport"),
        "Bishnu Rai",
        _l("In arrears: see what is owed and why, step by step."),
        "/",
        email="administrator@koshi-transport.example",
    ),
    Card(
        "viewer",
        _l("Sign in as the accountant of three employers"),
        "Gita Sharma",
        _l("One account, several employers; may look, not change."),
        "/",
        email="accounts@sharma-and-associates.example",
    ),
    Card(
        "employee",
        _l("Come in as an employee of Marsyangdi Hydropower"),
        "Maya Gurung",
        _l("Am I covered today, and which months were paid?"),
        "/me/",
        national_id="40-01-66-04512",
    ),
    Card(
        "employee-new",
        _l("Come in as an employee of New Road Traders"),
        "Dipak Shrestha",
        _l("New: medical cover begins after three paid months."),
        "/me/",
        national_id="27-01-70-06018",
    ),
    Card(
        "employee-late",
        _l("Come in as an employee of Koshi Transport"),
        "Arjun Limbu",
        _l("The employer declares but does not pay: see who is at fault."),
        "/me/",
        national_id="05-02-68-03377",
    ),
    _staff(
        "registrar",
        _l("Sign in as the registrar of the fund"),
        "Kamala Poudel",
        _l("A registration waits to be decided."),
    ),
    _staff(
        "officer",
        _l("Sign in as a contribution officer"),
        "Ramesh Karki",
        _l("Who has not declared, and what employees report."),
    ),
    _staff(
        "cashier",
        _l("Sign in as the cashier"),
        "Anita Maharjan",
        _l("Enter a payment and print its receipt."),
        "/fund/payments/",
    ),
    _staff(
        "supervisor",
        _l("Sign in as the supervisor"),
        "Gopal Bhandari",
        _l("Everything the fund's people see; takes a payment back."),
    ),
    _staff(
        "auditor",
        _l("Sign in as the auditor"),
        "Nirmala Joshi",
        _l("From the fund's total down to each posting and its reason."),
        "/fund/arrears",
    ),
    _staff(
        "administrator-of-systems",
        _l("Sign in as the system administrator"),
        "Pasang Sherpa",
        _l("Does the core know what it must?"),
        "/fund/core",
    ),
)
