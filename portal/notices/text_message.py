"""
Text messages: how long one is, and what hands it over.

A message is counted in segments, which is what a fund pays for: 160 signs of GSM-7, or 70 as soon as one sign is not
among them; in several segments seven or three signs fewer each (3GPP TS 23.038 and 23.040).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal import clock

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: These take two places.
_EXTENDED = frozenset("^{}\\[~]|€\f")
#: Signs that look alike and cost less.
_CHEAPER = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u00a0": " ",
     "\u202f": " ", "\u2026": "..."}
)  # fmt: skip
#: More than this is no text message.
MOST_SEGMENTS = 4


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is: places it takes, in which alphabet (GSM-7 or UCS-2), and segments it is sent in."""

    places: int
    alphabet: str
    segments: int


def cheapest(text: str) -> str:
    """*text* with signs that look alike and fit the small alphabet, on one line."""
    return " ".join(text.translate(_CHEAPER).split())


def length_of(text: str) -> Length:
    """
    How long a text message is.

    >>> length_of("Paid: 1200.00").segments, length_of("x" * 161).segments, length_of("œuvre").alphabet
    (1, 2, 'UCS-2')
    """
    if set(text) <= _BASIC | _EXTENDED:
        places = len(text) + sum(sign in _EXTENDED for sign in text)
        return Length(places, "GSM-7", _segments(places, 160, 153))
    places = len(text.encode("utf-16-be")) // 2
    return Length(places, "UCS-2", _segments(places, 70, 67))


def _segments(places: int, alone: int, of_many: int) -> int:
    return 1 if places <= alone else -(-places // of_many)


class Sender(Protocol):
    """What hands text messages over to whoever carries them."""

    def send(self, to: str, text: str, name: str) -> str:
        """Hand one over; the problem in a few words when it could not be, else nothing.  *name* is used once."""
        ...


class FolderSender:
    """Writes text messages into a file instead of sending them, a line of JSON each."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "messages.jsonl"

    def send(self, to: str, text: str, name: str) -> str:
        """Add one line."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        line = {"name": name, "to": to, "text": text, "segments": length_of(text).segments}
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, "at": clock.now().isoformat()}, ensure_ascii=False) + "\n")
        return ""
