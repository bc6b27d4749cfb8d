"""Telephone numbers and e-mail addresses, as a roster or a form holds them."""

from __future__ import annotations

import re
import unicodedata

from portal.tabular.cells import Reader, ascii_digits, noted, tidied
from portal.tabular.table import Fault
from portal.words import _

_SEPARATORS = re.compile(r"[ ().\-/]")
_PREMIUM = re.compile(r"\+\d{1,3}900\d{5,7}")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[^\W_]"
    r"(?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)

PHONE = Fault(
    "E_PHONE", _("“%(found)s” is not a telephone number. Write it with its country code, like +260977123456.")
)
PREMIUM = Fault("W_PHONE", _("“%(found)s” looks like a paid-service number. Check it."), blocking=False)
EMAIL = Fault("E_EMAIL", _("“%(found)s” is not an e-mail address. Write it like name@example.org."))
ALPHABETS = Fault("E_EMAIL_SCRIPT", _("“%(found)s” mixes alphabets. Type the address again."))


def phone_reader(country_code: str = "") -> Reader:
    """Reads a number into ``+`` and digits; *country_code* (``+260``) completes one written without it."""

    def read(text: str) -> object:
        clean = tidied(text, 40)
        if isinstance(clean, Fault) or not clean:
            return clean or None
        plain = _SEPARATORS.sub("", ascii_digits(clean) or "")
        if plain.startswith("00"):
            plain = "+" + plain[2:]
        elif not plain.startswith("+") and country_code:
            plain = country_code + plain.removeprefix("0")
        digits = plain.removeprefix("+")
        if not digits.isascii() or not digits.isdigit() or not 7 <= len(digits) <= 15:
            return PHONE
        doubts = [PREMIUM] if _PREMIUM.fullmatch(plain) else []
        return noted(plain, plain, text, *doubts)

    return read


def read_email(text: str) -> object:
    """An address whose domain is in lower case; nothing but the address, and one alphabet."""
    if "\n" in text or "\r" in text:
        return EMAIL
    clean = tidied(text, 254)
    if isinstance(clean, Fault) or not clean:
        return clean or None
    if not _ADDRESS.fullmatch(clean):
        return EMAIL
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in clean if letter.isalpha()}
    if len(scripts) > 1:
        return ALPHABETS
    local, _at, domain = clean.rpartition("@")
    address = f"{local}@{domain.lower()}"
    return noted(address, address, text)
