"""What the roles are called, and what each lets somebody do, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portal.auth.models import EmployerRole, FundRoleName
from portal.words import Words, _

Role = EmployerRole | FundRoleName

#: The name of a role inside a sentence or a cell.
NAMES: Mapping[Role, Words] = {
    EmployerRole.ADMINISTRATOR: _("administrator"),
    EmployerRole.SIGNATORY: _("signatory"),
    EmployerRole.CLERK: _("payroll clerk"),
    EmployerRole.VIEWER: _("viewer"),
    FundRoleName.REGISTRAR: _("registrar"),
    FundRoleName.CONTRIBUTION_OFFICER: _("contribution officer"),
    FundRoleName.CASHIER: _("cashier"),
    FundRoleName.SUPERVISOR: _("supervisor"),
    FundRoleName.AUDITOR: _("auditor"),
    FundRoleName.SYSTEM_ADMINISTRATOR: _("system administrator"),
}

#: The same with what it means, to choose from.
AT_AN_EMPLOYER: Mapping[EmployerRole, Words] = {
    EmployerRole.ADMINISTRATOR: _("Administrator: does everything and decides who may act"),
    EmployerRole.SIGNATORY: _("Signatory: prepares and submits payrolls"),
    EmployerRole.CLERK: _("Payroll clerk: prepares payrolls"),
    EmployerRole.VIEWER: _("Viewer: only looks"),
}
AT_THE_FUND: Mapping[FundRoleName, Words] = {
    FundRoleName.REGISTRAR: _("Registrar: decides about registrations and changes of employers"),
    FundRoleName.CONTRIBUTION_OFFICER: _("Contribution officer: declarations, arrears, cases"),
    FundRoleName.CASHIER: _("Cashier: records payments"),
    FundRoleName.SUPERVISOR: _("Supervisor: does all of these and decides what needs two people"),
    FundRoleName.AUDITOR: _("Auditor: reads everything, with what each colleague did"),
    FundRoleName.SYSTEM_ADMINISTRATOR: _("System administrator: lets colleagues in and out"),
}


def role_of(code: str) -> Role:
    """The role of this code, at an employer or at the fund; ValueError when there is none."""
    return EmployerRole(code) if code in set(EmployerRole) else FundRoleName(code)


def named(codes: Iterable[str]) -> list[Words]:
    """What these roles are called, in the order of the list above."""
    given = {role_of(code) for code in codes}
    return [words for role, words in NAMES.items() if role in given]
