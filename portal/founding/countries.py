# ruff: noqa: E501  # one country a line: a table reads better than a list
"""
What is usual in a country, so that somebody who begins a fund there has little to type.

These are proposals: whoever makes a fund sees each and may write another.  Currencies and their digits are those of
ISO 4217, time zones those of the IANA; how identity and tax numbers are written has to be compared with a document.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """
    One country by its two letters of ISO 3166.

    *phone* is the country's code, the digits of a number in it, and an example.  In *identity* and *tax* 9 stands for
    a digit and A for a letter.
    """

    code: str
    name: str
    currency: str
    digits: int
    timezone: str
    languages: tuple[str, ...]
    phone: tuple[str, int, str]
    identity: str
    tax: str
    levels: tuple[str, ...]


COUNTRIES = {
    one.code: one
    for one in (
        Country("BD", "Bangladesh", "BDT", 2, "Asia/Dhaka", ("en",), ("880", 10, "01712 345678"), "9999999999", "999999999999", ("Division", "District")),
        Country("CG", "Congo", "XAF", 0, "Africa/Brazzaville", ("fr", "en"), ("242", 9, "06 612 34 56"), "999999999999", "A999999999999999", ("Department", "District")),
        Country("CM", "Cameroon", "XAF", 0, "Africa/Douala", ("fr", "en"), ("237", 9, "671 23 45 67"), "999999999", "A999999999999A", ("Region", "Department")),
        Country("ET", "Ethiopia", "ETB", 2, "Africa/Addis_Ababa", ("en",), ("251", 9, "0911 234 567"), "9999999999999999", "9999999999", ("Region", "Zone")),
        Country("GM", "The Gambia", "GMD", 2, "Africa/Banjul", ("en",), ("220", 7, "301 2345"), "99999999999", "9999999999", ("Region", "District")),
        Country("NE", "Niger", "XOF", 0, "Africa/Niamey", ("fr", "en"), ("227", 8, "93 12 34 56"), "9999999999", "99999", ("Region", "Department")),
        Country("NG", "Nigeria", "NGN", 2, "Africa/Lagos", ("en",), ("234", 10, "0802 123 4567"), "99999999999", "9999999999", ("State", "Local government area")),
        Country("NP", "Nepal", "NPR", 2, "Asia/Kathmandu", ("en",), ("977", 10, "984-1234567"), "9999999999", "999999999", ("Province", "District")),
        Country("SN", "Senegal", "XOF", 0, "Africa/Dakar", ("fr", "en"), ("221", 9, "70 123 45 67"), "9999999999999", "999999999", ("Region", "Department")),
        Country("TJ", "Tajikistan", "TJS", 2, "Asia/Dushanbe", ("en",), ("992", 9, "91 712 3456"), "A99999999", "999999999", ("Region", "District")),
        Country("TZ", "Tanzania", "TZS", 2, "Africa/Dar_es_Salaam", ("en",), ("255", 9, "0621 234 567"), "99999999999999999999", "999999999", ("Region", "District")),
        Country("ZM", "Zambia", "ZMW", 2, "Africa/Lusaka", ("en",), ("260", 9, "0977 123 456"), "999999/99/9", "9999999999", ("Province", "District")),
    )
}  # fmt: skip
#: For a country that is not in the list: whoever makes the fund is asked for what is left empty here.
ELSEWHERE = Country("", "", "", 2, "", ("en",), ("", 9, ""), "9999999999", "9999999999", ("Region", "District"))
