"""The links at the top of a page: those of the employer in the address, or of the fund."""

from __future__ import annotations

from flask import g, request
from flask_babel import gettext as _

from portal.auth.access import Right
from portal.installation import fund

Link = tuple[str, str, bool]


def navigation() -> list[Link]:
    """What the visitor may open from here: (label, address, whether it is the page shown)."""
    rights = g.get("rights", frozenset())
    if g.get("employer") is not None:
        return _links(_of_employer(f"/employers/{g.employer.number}"))
    if Right.FUND_VIEW in rights:
        return _links(_of_fund(rights))
    return []


def _of_employer(base: str) -> list[tuple[str, str]]:
    return [
        (_("Home"), f"{base}/"),
        (_("People"), f"{base}/roster/"),
        (_("Payroll"), f"{base}/payrolls/"),
        (_("Account"), f"{base}/account/"),
        (_("Questions"), f"{base}/cases/"),
        (_("Messages"), f"{base}/messages/"),
        (_("Employer file"), f"{base}/file"),
        (_("Colleagues"), f"{base}/colleagues/"),
        (_("Calculators"), "/calculators/"),
    ]


def _of_fund(rights: frozenset[Right]) -> list[tuple[str, str]]:
    links = [(_("Home"), "/fund/"), (_("What waits"), "/fund/queues"), (_("Employers"), "/fund/employers")]
    links += [(_("Search"), "/fund/search"), (_("Registrations"), "/fund/registrations")]
    if Right.CASH in rights:
        links += [(_("Payments"), "/fund/payments/"), (_("Bank"), "/fund/bank/")]
        if fund().gateway is not None:
            links.append((_("Gateway"), "/fund/gateway/"))
    links += [
        (_("Approvals"), "/fund/approvals"),
        (_("Arrears"), "/fund/arrears"),
        (_("Figures"), "/fund/figures"),
        (_("Cases"), "/fund/cases"),
        (_("Messages"), "/fund/messages"),
        (_("Core"), "/fund/core"),
        (_("Schemes"), "/fund/schemes/"),
    ]
    if Right.REVIEW in rights:
        links.append((_("Access"), "/fund/access"))
    if Right.AUDIT in rights:
        links.append((_("What was done"), "/fund/audit"))
    if Right.SYSTEM in rights:
        links += [(_("Ready?"), "/fund/ready"), (_("Machine room"), "/fund/machine")]
    return links


def _links(links: list[tuple[str, str]]) -> list[Link]:
    # The longest address that begins the page's own is the one shown; home only when it is exactly that.
    fitting = [
        url for _label, url in links if request.path == url or (request.path.startswith(url) and url != links[0][1])
    ]
    shown = max(fitting, key=len, default="")
    return [(label, url, url == shown) for label, url in links]
