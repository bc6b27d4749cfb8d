"""What each event of the audit log says, as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from portal.approvals import ACTIONS
from portal.audit import Event
from portal.officers.timeline import SAYS, month_said, role_said, scheme_said
from portal.words import Words, _, _n


def _day(told: object) -> date:
    """A day as an event keeps it: ISO 8601."""
    return date.fromisoformat(str(told))


Fields = Mapping[str, Any]


def _action(fields: Fields) -> Words | str:
    """What a second person is asked for."""
    action = ACTIONS.get(str(fields["action"]))
    return action.title if action else str(fields["action"])


#: Where somebody of the fund read about a person or about many.
READ: Mapping[str, Words] = {
    "case": _("A case with what the portal knows of a person was read"),
    "line": _("The calculation for one person was read"),
    "lines": _("The lines of a declaration were read"),
    "person": _("The record of a person was read"),
    "roster": _("The roster of an employer was read"),
    "documents": _("A document of an employer was read"),
    "search": _("A person was looked for"),
    "audit": _("The audit log was saved as a file"),
}

#: Events that are no part of an employer's story; those that are stand in `timeline`.
_MORE: dict[str, Callable[[Fields], Words]] = {
    Event.SIGNED_IN.label: lambda _f: _("Signed in"),
    Event.SIGN_IN_REFUSED.label: lambda _f: _("Signing in was refused"),
    Event.SIGNED_OUT.label: lambda _f: _("Signed out"),
    Event.UPLOAD_INFECTED.label: lambda f: _("A file was refused by the virus scanner: %(found)s", found=f["finding"]),
    Event.UPLOAD_NOT_SCANNED.label: lambda _f: _("A file was refused because the virus scanner did not answer"),
    Event.ACCOUNT_CREATED.label: lambda _f: _("An account was made"),
    Event.ADDRESS_CONFIRMED.label: lambda _f: _("An e-mail address was confirmed"),
    Event.PASSWORD_CHANGED.label: lambda _f: _("A password was changed"),
    Event.DETAILS_CHANGED.label: lambda _f: _("Details of an account were changed"),
    Event.ADDRESS_CHANGED.label: lambda _f: _("The e-mail address of an account was changed"),
    Event.VISITS_ENDED.label: lambda _f: _("Other visits of an account were ended"),
    Event.READING_STOPPED.label: lambda f: _(
        "An account was stopped: it read %(persons)s persons in 24 hours and took %(files)s files in an hour",
        persons=f["persons"], files=f["files"],
    ),
    Event.SECOND_STEP_ON.label: lambda _f: _("The second step of signing in was set up"),
    Event.SECOND_STEP_OFF.label: lambda _f: _("The second step of signing in was taken away"),
    Event.RECOVERY_CODES_MADE.label: lambda _f: _("New recovery codes were made"),
    Event.RECOVERY_CODE_USED.label: lambda f: _("A recovery code was used; %(left)s are left", left=f["left"]),
    Event.FUND_ROLE_GIVEN.label: lambda f: _("Someone may now work at the fund as %(role)s", role=role_said(f)),
    Event.FUND_ROLE_ENDED.label: lambda f: _("Someone no longer works at the fund as %(role)s", role=role_said(f)),
    Event.DISTRICTS_CHANGED.label: lambda _f: _("The places an officer works for were changed"),
    Event.ACCOUNT_DISABLED.label: lambda _f: _("An account was closed"),
    Event.ACCOUNT_ENABLED.label: lambda _f: _("An account was opened again"),
    Event.INVITED.label: lambda _f: _("Somebody was invited"),
    Event.INVITED_AGAIN.label: lambda _f: _("A new link was sent to somebody invited"),
    Event.INVITATION_WITHDRAWN.label: lambda _f: _("An invitation was withdrawn"),
    Event.INVITATION_ACCEPTED.label: lambda _f: _("An invitation was accepted"),
    Event.REGISTRATION_REJECTED.label: lambda _f: _("Registration rejected"),
    Event.PERSON_ADDED.label: lambda _f: _("A person was added"),
    Event.CORE_REFUSED.label: lambda f: _("The core refused a message: %(why)s", why=str(f["problem"])),
    Event.CORE_RETRIED.label: lambda _f: _("A message was sent to the core again"),
    Event.CORE_REPAIRED.label: lambda f: _n(
        "What the core had otherwise was put right for %(n)s person",
        "What the core had otherwise was put right for %(n)s people",
        int(str(f["people"])),
    ),
    Event.SLIP_PRINTED.label: lambda _f: _("A slip with a code was printed"),
    Event.EMPLOYEE_CAME_IN.label: lambda _f: _("An employee came in with a code"),
    Event.WORK_TAKEN.label: lambda _f: _("A piece of work was taken or given to a colleague"),
    Event.WORK_RELEASED.label: lambda _f: _("A piece of work was given back to everybody"),
    Event.APPROVAL_ASKED.label: lambda f: _("A second person was asked for: %(what)s", what=_action(f)),
    Event.APPROVAL_GIVEN.label: lambda f: _("Approved: %(what)s", what=_action(f)),
    Event.APPROVAL_REFUSED.label: lambda f: _("Refused: %(what)s", what=_action(f)),
    Event.APPROVAL_WITHDRAWN.label: lambda f: _("Request taken back: %(what)s", what=_action(f)),
    Event.CANDIDATE_KEPT.label: lambda f: _("Draft rules of %(scheme)s were kept", scheme=scheme_said(f)),
    Event.SIMULATED.label: lambda f: _(
        "Draft rules of %(scheme)s were tried on %(month)s", scheme=scheme_said(f), month=month_said(f["month"])
    ),
    Event.TEMPLATE_CHANGED.label: lambda _f: _("The text of a notice was changed"),
    Event.NOTICE_RETRIED.label: lambda _f: _("A notice was sent again"),
    Event.LETTER_WRITTEN.label: lambda _f: _("A letter was written"),
    Event.EMPLOYERS_BROUGHT.label: lambda f: _(
        "Employers were brought over from the books before: %(added)s added, %(known)s known already",
        added=f["added"], known=f["known"],
    ),
    Event.BALANCES_BROUGHT.label: lambda f: _(
        "Balances of %(day)s were brought over from the books before", day=date.fromisoformat(str(f["as_of"]))
    ),
    Event.BANK_ACCOUNT_ADDED.label: lambda _f: _("A bank account of the fund was opened here"),
    Event.STATEMENT_IMPORTED.label: lambda f: _(
        "A bank statement was imported: %(entries)s entries, %(known)s of them known already",
        entries=f["entries"], known=f["known"],
    ),
    Event.BANK_ENTRY_SETTLED.label: lambda _f: _("An entry of the bank left suspense"),
    Event.BANK_ENTRY_PARKED.label: lambda _f: _("An entry of the bank was left in suspense"),
    Event.BANK_PAYOUT_UNDONE.label: lambda _f: _("A payout of the gateway was taken off an entry of the bank"),
    Event.BANK_PROPOSALS_CONFIRMED.label: lambda f: _(
        "Proposals for entries of the bank were confirmed in one go: %(entries)s", entries=f["entries"]
    ),
    Event.GATEWAY_PAYMENT_ASSIGNED.label: lambda _f: _("A payment of the gateway was given to an employer"),
    Event.GATEWAY_ODDITY_CLOSED.label: lambda _f: _("A message of the gateway that did not fit was dealt with"),
    Event.MAIL_TRIED.label: lambda _f: _("A mail was sent to try the mail server"),
    Event.FUND_EXPORTED.label: lambda f: (
        _("The whole fund was exported with personal data") if f["persons"]
        else _("The whole fund was exported without personal data")
    ),
    Event.FUND_IMPORTED.label: lambda _f: _("The fund was read from an export"),
    Event.PERSONAL_DATA_READ.label: lambda f: READ[str(f["where"])],
    Event.WENT_ON.label: lambda f: _(
        "The portal went on from a backup that knew what happened until %(moment)s (UTC)",
        moment=str(f["known_until"])[:16].replace("T", " "),
    ),
    Event.CLOCK_MOVED.label: lambda f: _("The practice clock was moved to %(day)s", day=_day(f["to"])),
    Event.JOBS_RUN.label: lambda f: _("The jobs of the night of %(day)s were run", day=_day(f["day"])),
    Event.EXERCISE_STARTED.label: lambda _f: _("An exercise was begun"),
    Event.EXERCISE_ANSWERED.label: lambda _f: _("A question of an exercise was answered"),
}  # fmt: skip


def sentence(event: str, fields: Fields) -> Words:
    """What an event says; its name, where an older version of the portal wrote it."""
    says = SAYS.get(event) or _MORE.get(event)
    if says is not None:
        try:
            return says(fields)
        except (KeyError, ValueError, TypeError):
            pass  # written by an older version, with other fields
    return _("Recorded: %(event)s", event=event)


#: Kinds of event, to choose from: what their names begin with.
GROUPS: Mapping[str, Words] = {
    "account.": _("Signing in and accounts"),
    "mandate.": _("Who acts for an employer"),
    "fund_role.": _("Roles at the fund"),
    "invitation.": _("Invitations"),
    "fund.": _("Settings of the fund"),
    "person.": _("Persons"),
    "registration.": _("Registrations"),
    "employer.": _("Employers and enrolments"),
    "employment.": _("Employees of an employer"),
    "roster.": _("Roster files"),
    "payroll.": _("Payrolls"),
    "declaration.": _("Declarations"),
    "bill.": _("Bills"),
    "payment.": _("Payments"),
    "receipt.": _("Receipts"),
    "credit.": _("Credit"),
    "bank.": _("Bank statements"),
    "gateway.": _("Payment gateway"),
    "late_charge.": _("Late charges"),
    "coverage.": _("Cover"),
    "core.": _("The core"),
    "employee.": _("Visits of employees"),
    "case.": _("Cases"),
    "work.": _("Work taken and given back"),
    "approval.": _("Approvals"),
    "on_behalf.": _("What the fund did on behalf of employers"),
    "personal_data.": _("Reading of personal data"),
    "scheme.": _("Draft rules"),
    "notice.": _("Notices"),
    "letter.": _("Letters"),
    "opening.": _("What was brought over from the books before"),
    "practice.": _("Practice"),
}
