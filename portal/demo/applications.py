"""What each employer of the practice fund writes when it applies to be registered."""

from __future__ import annotations

from datetime import date

from portal.demo.characters import CHARACTERS, Character

#: Tax numbers are these, one step apart, in the order of the employers.
FIRST_TAX_NUMBER, STEP = 1001000000, 7919


def tax_number_of(code: str) -> int:
    """The tax number of an employer; one of its own for who is not in the fund yet."""
    codes = [one.code for one in CHARACTERS]
    return FIRST_TAX_NUMBER + STEP * (codes.index(code) + 1 if code in codes else 99)


def application_of(
    character: Character, contact: str, email: str, first_day: date, phone_of: str = ""
) -> dict[str, str | list[str]]:
    """The answers on every page; *phone_of* is the employer whose telephone number is given, its own if empty."""
    number = tax_number_of(character.code)
    return {
        "legal_name": character.legal_name,
        "trade_name": character.trade_name,
        "tax_number": str(number),
        "registration_number": f"1200{number % 100000:05d}",
        "legal_form": character.legal_form,
        "activity": character.activity,
        "location": character.location,
        "address": f"Plot {number % 977}, Independence Avenue",
        "contact_name": contact,
        "phone": f"+26021{tax_number_of(phone_of or character.code) % 10000000:07d}",
        "email": email,
        "bank_name": "Practice Bank Zambia, Main Branch",
        "bank_account": f"{number}00",
        "first_employment_day": f"{first_day.day}/{first_day.month}/{first_day.year}",
        "headcount": str(character.people),
        "schemes": list(character.schemes),
    }
