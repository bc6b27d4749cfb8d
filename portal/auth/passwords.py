"""Passwords: hashed with argon2id; refused when they are among the first that are tried, without asking outside."""

from __future__ import annotations

import re
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.installation import fund

SHORTEST_PASSWORD = 15
#: From so many characters on, length is enough.
VERY_LONG = 64
#: Of zxcvbn's five grades, 0 to 4: at least a hundred million guesses.
LEAST_GRADE = 3
#: What is tried first at this very door, beside the words of the fund's own name.
_OUR_WORDS = {"openimis", "portal", "contribution", "contributions", "employer", "fund", "password"}

#: OWASP's second recommended setting; `cheaper_passwords` is for tests and the practice fund only.
_hasher = PasswordHasher()
_nobodys_hash: str | None = None


def cheaper_passwords() -> None:
    """Hash with little work from here on: a thousand test accounts must not cost minutes."""
    global _hasher
    _hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_of(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(_typed(password))


def fits(stored: str | None, password: str) -> bool:
    """Whether this is the password.  Where there is none to compare with, the same work is done for nothing."""
    try:
        return _hasher.verify(stored or _nobody(), _typed(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _typed(password: str) -> str:
    """One form for what keyboards send in two: é as one character, or as e with an accent."""
    return unicodedata.normalize("NFC", password)


def problem_of_password(password: str, email: str) -> str | None:
    """
    Why a password will not do, as a message id, or None.

    Long is what counts; no rules about signs.  Lists of passwords that leaked, of names and of keyboard rows come with
    zxcvbn, so that nothing about a password leaves this machine.
    """
    password = _typed(password)
    if len(password) < SHORTEST_PASSWORD:
        return "too_short"
    if email and email.split("@")[0].lower() in password.lower():
        return "has_email"
    if len(set(password)) < (2 if len(password) >= VERY_LONG else 5):
        return "too_simple"
    left = _without(password, _words())
    if left != password.lower() and len(re.sub(r"[\W\d_]", "", left)) < 6:
        return "our_words"
    return "common" if len(password) < VERY_LONG and _grade(password, email) < LEAST_GRADE else None


def _grade(password: str, email: str) -> int:
    from zxcvbn import zxcvbn  # its lists are loaded where a password is chosen, and nowhere else

    said = [part for part in re.split(r"\W+", email.lower()) if part]
    return int(zxcvbn(password[:72], user_inputs=[*_words(), *said])["score"])


def _words() -> list[str]:
    names = re.findall(r"\w{4,}", f"{fund().name} {fund().short_name}".lower())
    return sorted(_OUR_WORDS | set(names), key=len, reverse=True)


def _without(password: str, words: list[str]) -> str:
    """What is left of a password when everybody's words are taken out."""
    left = password.lower()
    for word in words:
        left = left.replace(word, "")
    return left


def _nobody() -> str:
    """The hash of a password nobody has, made with the work of a real one."""
    global _nobodys_hash
    if _nobodys_hash is None:
        _nobodys_hash = _hasher.hash(secrets.token_urlsafe(16))
    return _nobodys_hash
