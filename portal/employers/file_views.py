"""The file of an employer: what the fund has on it, and who may act for it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.employers import answers as asked
from portal.employers import review, service
from portal.employers.given import asked_of_employer
from portal.employers.models import Enrolment
from portal.employers.told import Answer, answers_on
from portal.installation import fund, packs
from portal.web.filters import pack_words

bp = guarded(Blueprint("employer_file", __name__, url_prefix="/employers/<employer_number>/file"), acting_for_employer)


@bp.get("")
@needs(Right.VIEW)
def show_file(employer_number: str) -> ResponseReturnValue:
    """What the fund has on file."""
    with db.reading() as session:
        employer = service.employer_by_number(session, g.employer.number)
        enrolments = service.enrolments_of(session, employer.id)
    place = pack_words(asked.place_in_words(fund(), employer.location) or employer.location)
    codes = {"legal_form": employer.legal_form, "activity": employer.activity}
    named = {field: review.written(codes, field) for field in codes}
    return render_template(
        "employers/file.html", employer=employer, enrolments=enrolments, place=place, named=named,
        packs=packs(), told=_told(enrolments), may_manage=Right.MANAGE in g.rights,
    )  # fmt: skip


def _told(enrolments: list[Enrolment]) -> list[Answer]:
    """What the schemes are told about the employer today."""
    return [
        answer
        for one in enrolments
        if one.scheme in packs() and (one.to_day is None or one.to_day >= _today())
        for answer in answers_on(
            packs()[one.scheme], asked_of_employer(packs()[one.scheme]), one.answers, max(_today(), one.from_day)
        )
    ]


def _today() -> date:
    return clock.today(fund().timezone)
