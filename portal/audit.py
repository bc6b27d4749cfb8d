"""
Who did what, when: one append-only table.

Each event names its exact fields, so that an auditor knows what to expect and nobody writes
free text (or a person's name or wage) into the log.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, Id

#: Where a session keeps under which permission its deeds are done.
ON_BEHALF = "on_behalf"


class Event(Enum):
    """Everything that is recorded, with the fields it carries beside actor, employer and time."""

    SIGNED_IN = ("account.signed_in", ())
    SIGN_IN_REFUSED = ("account.sign_in_refused", ("account",))
    SIGNED_OUT = ("account.signed_out", ())
    ACCOUNT_CREATED = ("account.created", ("account",))
    ADDRESS_CONFIRMED = ("account.address_confirmed", ("account",))
    PASSWORD_CHANGED = ("account.password_changed", ("account",))
    DETAILS_CHANGED = ("account.details_changed", ("account",))
    ADDRESS_CHANGED = ("account.address_changed", ("account",))
    VISITS_ENDED = ("account.visits_ended", ("account",))
    SECOND_STEP_ON = ("account.second_step_on", ("account",))
    SECOND_STEP_OFF = ("account.second_step_off", ("account",))
    RECOVERY_CODES_MADE = ("account.recovery_codes_made", ("account",))
    RECOVERY_CODE_USED = ("account.recovery_code_used", ("left",))
    MANDATE_GIVEN = ("mandate.given", ("account", "role"))
    MANDATE_ENDED = ("mandate.ended", ("account", "role"))
    FUND_ROLE_GIVEN = ("fund_role.given", ("account", "role"))
    FUND_ROLE_ENDED = ("fund_role.ended", ("account", "role"))
    DISTRICTS_CHANGED = ("account.districts_changed", ("account", "districts"))
    ACCOUNT_DISABLED = ("account.disabled", ("account",))
    ACCOUNT_ENABLED = ("account.enabled", ("account",))
    INVITED = ("invitation.sent", ("roles", "from_day", "to_day"))
    INVITED_AGAIN = ("invitation.sent_again", ())
    INVITATION_WITHDRAWN = ("invitation.withdrawn", ())
    INVITATION_ACCEPTED = ("invitation.accepted", ())

    UPLOAD_INFECTED = ("account.upload_infected", ("size", "finding"))
    UPLOAD_NOT_SCANNED = ("account.upload_not_scanned", ("size",))

    REGISTRATION_STARTED = ("registration.started", ("registration",))
    REGISTRATION_SUBMITTED = ("registration.submitted", ("registration",))
    REGISTRATION_RETURNED = ("registration.returned", ("registration", "remarks"))
    REGISTRATION_APPROVED = ("registration.approved", ("registration", "employer_number"))
    REGISTRATION_REJECTED = ("registration.rejected", ("registration", "reason"))
    DOCUMENT_ADDED = ("registration.document_added", ("registration", "kind"))
    EMPLOYER_CHANGED = ("employer.changed", ("fields",))
    ENROLLED = ("employer.enrolled", ("scheme", "from_day"))
    ENROLMENT_ANSWERED = ("employer.answered", ("scheme", "from_day", "said", "reason"))
    NOTE_KEPT = ("employer.note_kept", ())

    PERSON_ADDED = ("person.added", ())
    HIRED = ("employment.hired", ("employment",))
    LEFT = ("employment.left", ("employment", "reason"))
    WAGE_CHANGED = ("employment.wage_changed", ("employment", "from_month"))
    PERSON_ANSWERED = ("employment.answered", ("employment", "from_day"))
    ROSTER_IMPORTED = ("roster.imported", ("file", "hired", "changed", "faulty"))

    PAYROLL_SAVED = ("payroll.saved", ("payroll", "month", "lines", "faulty"))
    PAYROLL_CANCELLED = ("payroll.cancelled", ("payroll", "month"))
    DECLARATION_SUBMITTED = ("declaration.submitted", ("declaration", "scheme", "month", "number", "total"))
    DECLARATION_SUPERSEDED = ("declaration.superseded", ("declaration", "replaced_by"))
    DECLARATION_RETURNED = ("declaration.returned", ("scheme", "month"))
    DECLARATION_LOOKED_AT = ("declaration.looked_at", ("scheme", "month"))

    BILL_ISSUED = ("bill.issued", ("bill", "amount"))
    PAYMENT_RECORDED = ("payment.recorded", ("payment", "scheme", "amount", "paid_on"))
    PAYMENT_REVERSED = ("payment.reversed", ("payment", "reason"))
    CREDIT_REFUNDED = ("credit.refunded", ("refund", "scheme", "amount"))
    RECEIPT_ISSUED = ("receipt.issued", ("receipt", "payment"))
    LATE_CHARGE_POSTED = ("late_charge.posted", ("charge", "amount", "day"))

    BANK_ACCOUNT_ADDED = ("bank.account_added", ("currency",))
    STATEMENT_IMPORTED = ("bank.statement_imported", ("format", "from_day", "to_day", "entries", "known"))
    BANK_ENTRY_SETTLED = ("bank.entry_settled", ("way", "amount"))
    BANK_ENTRY_PARKED = ("bank.entry_parked", ())
    BANK_PAYOUT_UNDONE = ("bank.payout_undone", ("payout", "amount"))
    BANK_PROPOSALS_CONFIRMED = ("bank.proposals_confirmed", ("entries",))

    GATEWAY_PAYMENT_ASSIGNED = ("gateway.payment_assigned", ("amount",))
    GATEWAY_ODDITY_CLOSED = ("gateway.oddity_closed", ())

    COVERAGE_OPENED = ("coverage.opened", ("scheme", "month", "people"))
    COVERAGE_CLOSED = ("coverage.closed", ("scheme", "month", "people", "reason"))
    CORE_REFUSED = ("core.refused", ("message", "problem"))
    CORE_RETRIED = ("core.retried", ("message",))
    CORE_REPAIRED = ("core.repaired", ("scheme", "month", "people"))

    SLIP_PRINTED = ("employee.slip_printed", ())
    EMPLOYEE_CAME_IN = ("employee.came_in", ("way",))

    CASE_OPENED = ("case.opened", ("case", "kind"))
    CASE_WRITTEN = ("case.written", ("case", "step"))
    CASE_CLOSED = ("case.closed", ("case", "outcome"))
    CASE_REOPENED = ("case.reopened", ("case",))
    WORK_TAKEN = ("work.taken", ("to_account",))
    WORK_RELEASED = ("work.released", ("to_account",))

    APPROVAL_ASKED = ("approval.asked", ("approval", "action"))
    APPROVAL_GIVEN = ("approval.given", ("approval", "action"))
    APPROVAL_REFUSED = ("approval.refused", ("approval", "action"))
    APPROVAL_WITHDRAWN = ("approval.withdrawn", ("approval", "action"))

    TEMPLATE_CHANGED = ("notice.template_changed", ("kind", "language", "version"))
    NOTICE_RETRIED = ("notice.retried", ("delivery",))
    LETTER_WRITTEN = ("letter.written", ("letter", "kind"))
    ON_BEHALF_BEGUN = ("on_behalf.begun", ())
    ON_BEHALF_ENDED = ("on_behalf.ended", ())
    READING_STOPPED = ("account.reading_stopped", ("account", "persons", "files"))
    PERSONAL_DATA_READ = ("personal_data.read", ("where",))

    CANDIDATE_KEPT = ("scheme.candidate_kept", ("scheme", "file"))
    SIMULATED = ("scheme.simulated", ("scheme", "month", "file", "people"))

    EMPLOYERS_BROUGHT = ("opening.employers", ("file", "added", "known"))
    BALANCES_BROUGHT = ("opening.balances", ("file", "as_of", "employers", "owed", "credit"))
    WENT_ON = ("fund.went_on", ("known_until", "series"))
    MAIL_TRIED = ("fund.mail_tried", ())
    FUND_EXPORTED = ("fund.exported", ("persons", "rows", "sha256"))
    FUND_IMPORTED = ("fund.imported", ("persons", "rows"))

    CLOCK_MOVED = ("practice.clock_moved", ("to",))
    JOBS_RUN = ("practice.jobs_run", ("day",))
    EXERCISE_STARTED = ("practice.exercise_started", ("exercise",))
    EXERCISE_ANSWERED = ("practice.exercise_answered", ("exercise", "step"))

    def __init__(self, label: str, fields: tuple[str, ...]) -> None:
        self.label = label
        self.fields = fields


class AuditEvent(Base):
    """One line of the audit log.  The database refuses to change or delete it."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index(None, "employer_id", "id"),
        Index(None, "account_id", "id"),
        Index(None, "event", "id"),
        Index(None, "subject"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    event: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    #: What it is about, as "kind:public id", so that a record's timeline finds it.
    subject: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]]
    #: Under which permission somebody of the fund acted for the employer; None where they acted for themselves.
    on_behalf_id: Mapped[int | None] = mapped_column(BigInteger)


def record(
    session: Session,
    event: Event,
    *,
    at: datetime,
    by: int | None = None,
    person: int | None = None,
    employer: int | None = None,
    subject: str = "",
    **fields: Any,
) -> None:
    """
    Write one event, in the transaction of what it tells about.

    *by* is the account that acted, *person* the employee who did; neither means a job.
    Raises ValueError when the fields are not exactly those the event names.
    """
    if set(fields) != set(event.fields):
        raise ValueError(f"{event.label} carries {event.fields}, not {tuple(fields)}")
    session.add(
        AuditEvent(
            at=at,
            event=event.label,
            account_id=by,
            person_id=person,
            employer_id=employer,
            subject=subject,
            fields={name: _json(value) for name, value in fields.items()},
            on_behalf_id=acting_under(session),
        )
    )


def acting_under(session: Session) -> int | None:
    """Under which permission somebody of the fund acts for an employer here; None where they act for themselves."""
    found: int | None = session.info.get(ON_BEHALF)
    return found


def _json(value: Any) -> Any:
    """Numbers and lists stay; everything else (dates, months, ids) is written as text."""
    return value if isinstance(value, int | list | dict | type(None)) else str(value)
