"""
Signatures of messages: HMAC-SHA256 over the time, the name of the key, and the bytes as they came.

``Portal-Signature: t=1732280000,key=2026a,v1=<64 hexadecimal digits>``.  The bytes are signed, not what they mean: a
message that somebody wrote anew is another message.  Several keys may hold at once; the first one signs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

HEADER = "Portal-Signature"
#: How far the clocks of sender and receiver may differ, and how long a message may take.
WINDOW = timedelta(minutes=5)
#: A secret shorter than this can be guessed, in characters.
SHORTEST = 24
FORM = re.compile(r"t=(\d{1,12}),key=([A-Za-z0-9_-]{1,40}),v1=([0-9a-f]{64})")

Keys = Mapping[str, bytes]


def keys_of(text: str) -> dict[str, bytes]:
    """The keys of a setting, ``name:secret name:secret``.  Raises ValueError, which repeats no secret."""
    found = {}
    for part in text.split():
        name, colon, secret = part.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) or len(secret) < SHORTEST:
            raise ValueError(f"each key is written name:secret, the secret at least {SHORTEST} characters long")
        found[name] = secret.encode()
    return found


def sign(keys: Keys, content: bytes, at: datetime) -> str:
    """The header of a message sent at *at* (the real time)."""
    name = next(iter(keys))
    moment = str(int(at.timestamp()))
    return f"t={moment},key={name},v1={_digest(keys[name], moment, name, content)}"


def holds(keys: Keys, header: str, content: bytes, at: datetime) -> bool:
    """Whether a message was signed with one of the keys, within the window around *at* (the real time)."""
    found = FORM.fullmatch(header)
    if found is None:
        return False
    moment, name, told = found.groups()
    # An unknown key costs the same as a known one: nobody learns by the time it takes which there are.
    right = _digest(keys.get(name, b"no such key"), moment, name, content)
    in_time = abs(at.timestamp() - int(moment)) <= WINDOW.total_seconds()
    return hmac.compare_digest(right, told) and name in keys and in_time


def _digest(secret: bytes, moment: str, name: str, content: bytes) -> str:
    return hmac.new(secret, f"{moment}.{name}.".encode() + content, hashlib.sha256).hexdigest()
