"""What each employer of a practice fund writes when it applies to be registered."""

from __future__ import annotations

from datetime import date

from portal.demo.story import Character, Story
from portal.installation import fund


def application_of(
    story: Story, character: Character, contact: str, email: str, first_day: date, phone_of: str = ""
) -> dict[str, str | list[str]]:
    """The answers on every page; *phone_of* is the employer whose telephone number is given, its own if empty."""
    country, place = story.country, story.place_of(character.code)
    begin, digits = country.telephone
    phone = int(country.tax_number(story.place_of(phone_of or character.code))) % 10**digits
    tax_number = country.tax_number(place)
    return {
        "legal_name": character.legal_name,
        "trade_name": character.trade_name,
        "tax_number": tax_number,
        "registration_number": f"1200{int(tax_number) % 100000:05d}",
        "legal_form": character.legal_form,
        "activity": character.activity,
        "location": character.location,
        "address": country.street % (int(tax_number) % 977),
        "contact_name": contact,
        "phone": f"{begin}{phone:0{digits}d}",
        "email": email,
        "bank_name": country.bank,
        "bank_account": f"{tax_number}00",
        "first_employment_day": f"{first_day.day}/{first_day.month}/{first_day.year}",
        "headcount": str(character.people),
        "schemes": list(character.schemes or fund().schemes),
    }
