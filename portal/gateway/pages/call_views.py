"""The gateway's call-backs.  No visit, no form: the signature over the raw bytes is the whole proof."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from portal import clock, db
from portal.auth.access import anyone, guarded
from portal.gateway import refusals, taking
from portal.gateway.providers.choosing import provider
from portal.gateway.providers.provider import Answer, CallRefused

log = logging.getLogger("portal.gateway")
bp = guarded(Blueprint("gateway_call", __name__, url_prefix="/gateway"), anyone)

#: A call-back is some hundred bytes long.
LONGEST_CALL = 16 * 1024


@bp.post("/call-back")
def call_back() -> ResponseReturnValue:
    """Take in what the gateway tells of one payment; told again, it changes nothing."""
    config = current_app.config["PORTAL"]
    gateway = provider(config.gateway_url, config.gateway_keys)
    assert gateway is not None  # the route is there only where the fund has a gateway
    try:
        told = gateway.read(dict(request.headers), _body(), at=clock.real_now())
    except CallRefused as refusal:
        log.warning("a call-back was refused: %s %s", refusal.status, refusal.reason)
        with db.writing() as session:
            told_why = refusals.note(session, refusal, request.remote_addr or "", at=clock.real_now())
        return _said(gateway.refuse(told_why))
    with db.writing() as session:
        verdict = taking.take(session, told, way="call", at=clock.now())
    return _said(gateway.answer(verdict))


def _body() -> bytes:
    """The bytes as they came; a long body is refused before it is read."""
    if request.content_length is None or request.content_length > LONGEST_CALL:
        raise CallRefused(413, f"at most {LONGEST_CALL} bytes, their number told beforehand")
    return request.get_data(cache=False)


def _said(answer: Answer) -> Response:
    return Response(answer.body, answer.status, content_type=answer.media_type)
