"""Reading what a gateway sends in JSON: one reading only, whole numbers of minor units, no surprises."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from portal.gateway.providers.provider import LONGEST, CallRefused, Kind, Paid, PaidOut, Told

#: More than this in one payment is no payment: minor units.
MOST = 10**13
CHANNELS = ("mobile", "bank")
NUMBER = rf"[\x21-\x7e]{{1,{LONGEST}}}"


def parse(body: bytes) -> Mapping[str, Any]:
    """One JSON object.  Raises `CallRefused` (400) for what can be read in two ways: doubled names, NaN, not UTF-8."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CallRefused(400, "not one JSON object in UTF-8, each name once") from None
    if not isinstance(found, dict):
        raise CallRefused(400, "not a JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _no_number(_text: str) -> None:
    raise ValueError("not a number")


def told(message: Mapping[str, Any]) -> Told:
    """The fact in a message.  Raises `CallRefused` (422) with the field that cannot be."""
    amount = _whole(message, "amount", 1)
    if message.get("event") not in tuple(Kind):
        raise CallRefused(422, "event: paid or reversed")
    channel = message.get("channel", "mobile")
    return Told(
        Kind(message["event"]),
        _text(message, "transaction", NUMBER),
        _text(message, "reference", rf"[A-Za-z0-9 /-]{{1,{LONGEST}}}"),
        amount,
        _text(message, "currency", "[A-Z]{3}"),
        _moment(message),
        channel if channel in CHANNELS else "mobile",
    )


def paid_out(message: Mapping[str, Any]) -> PaidOut:
    """A payout with its parts.  Raises `CallRefused` (422): with the field that cannot be, or where it adds not up."""
    parts = [Paid(_text(one, "transaction", NUMBER), _whole(one, "amount", -MOST)) for one in message.get("parts", ())]
    found = PaidOut(
        _text(message, "payout", NUMBER), _day(message), _whole(message, "amount", -MOST), _whole(message, "fee", 0),
        _text(message, "currency", "[A-Z]{3}"), parts,
    )  # fmt: skip
    if sum(one.amount for one in parts) - found.fee != found.amount or not all(one.amount for one in parts):
        raise CallRefused(422, "parts: they less the fee are not the amount")
    return found


def _whole(message: Mapping[str, Any], name: str, least: int) -> int:
    found = message.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= MOST:
        raise CallRefused(422, f"{name}: a whole number of minor units, not below {least}")
    return found


def _day(message: Mapping[str, Any]) -> date:
    found = message.get("paid_out_on")
    try:
        return date.fromisoformat(found if isinstance(found, str) else "")
    except ValueError:
        raise CallRefused(422, "paid_out_on: a day in ISO 8601") from None


def _text(message: Mapping[str, Any], name: str, like: str) -> str:
    found = message.get(name)
    if not isinstance(found, str) or not re.fullmatch(like, found):
        raise CallRefused(422, f"{name}: missing or not as agreed")
    return found


def _moment(message: Mapping[str, Any]) -> datetime:
    found = message.get("paid_at")
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year <= 9000:
        raise CallRefused(422, "paid_at: a moment in ISO 8601 with its zone")
    return moment
