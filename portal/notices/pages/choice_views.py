"""What a reader wants to be written to about, and one click in a mail that ends mails of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import anyone, guarded, signed_in
from portal.errors import Refused
from portal.installation import fund
from portal.notices import choices
from portal.notices.catalogue import CATALOGUE
from portal.notices.choices import Contact
from portal.notices.kinds import Channel, Kind, Spec
from portal.notices.mailing import stopped_by
from portal.notices.pages.forms import ChoicesForm
from portal.web.forms import PortalForm

bp = guarded(Blueprint("choices", __name__, url_prefix="/messages/choose"), signed_in)
stop_bp = guarded(Blueprint("stop_mail", __name__, url_prefix="/messages/stop"), anyone)


@stop_bp.record_once
def _without_token(state: BlueprintSetupState) -> None:
    # A mail program posts this by itself (RFC 8058) and knows no token of our forms; the address itself is signed.
    state.app.extensions["csrf"].exempt(stop_bp)


@bp.get("")
def show() -> ResponseReturnValue:
    """Every kind one is written to about, with the way it comes."""
    with db.reading() as session:
        ways = choices.chosen(session, current_user.id)
    form = ChoicesForm(formdata=None)
    form.language.data = current_user.language or fund().languages[0]
    form.phone.data, form.agreed.data = current_user.phone, current_user.texts_agreed_at is not None
    return _page(form, {Kind(spec.kind): ways.get(spec.kind, spec.channel) for spec in _concerning()})


@bp.post("")
def save() -> ResponseReturnValue:
    """Keep what was chosen; what cannot be is said beside it, and everything stays as it was typed."""
    form, wanted = ChoicesForm(), _chosen(_concerning())
    if not form.validate_on_submit():
        return _page(form, wanted), 422
    contact = Contact(form.language.data, form.phone.data or "", bool(form.agreed.data))
    try:
        with db.writing() as session:
            choices.choose(session, current_user.id, wanted, contact, at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return _page(form, wanted), refusal.status
    flash(_("We write to you as you chose."), "success")
    return redirect(url_for(".show"))


@stop_bp.route("/<token>", methods=["GET", "POST"])
def stop(token: str) -> ResponseReturnValue:
    """The link at the head of a mail: a button ends mails of its kind, because mail scanners open links."""
    account, kind = stopped_by(token)
    if request.method == "POST":
        with db.writing() as session:
            choices.stop(session, account, kind)
    return render_template("notices/stop.html", form=PortalForm(), spec=CATALOGUE[kind], done=request.method == "POST")


def _concerning() -> list[Spec]:
    with db.reading() as session:
        return choices.concerning(choices.roles_of(session, current_user.id, clock.today(fund().timezone)))


def _ways() -> Sequence[Channel]:
    """The ways there are here: text messages only where the fund sends them."""
    sends_texts = current_app.config["PORTAL"].sms_folder is not None
    return [one for one in Channel if one is not Channel.SMS or sends_texts]


def _chosen(specs: Sequence[Spec]) -> dict[Kind, Channel]:
    """The ways in the form, of the kinds that may be chosen; anything else is left as it is."""
    allowed = {one.value for one in _ways()}
    given = {Kind(spec.kind): request.form.get(f"way.{spec.kind}", "") for spec in specs if not spec.fixed}
    return {kind: Channel(way) for kind, way in given.items() if way in allowed}


def _page(form: ChoicesForm, ways: Mapping[Kind, Channel]) -> str:
    specs = _concerning()
    return render_template(
        "notices/choices.html", form=form, ways=ways, offered=_ways(), own=[one for one in specs if not one.fixed],
        fixed=[one for one in specs if one.fixed], texts=Channel.SMS in _ways(),
    )  # fmt: skip
