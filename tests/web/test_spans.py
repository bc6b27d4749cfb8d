"""A time line: what held from when to when, and nothing outside its frame."""

from __future__ import annotations

from datetime import date

from portal.web.spans import Span, spans

TODAY = date(2026, 11, 21)
CEILING = (
    "Ceiling",
    [
        Span(date(2018, 1, 1), date(2018, 12, 31), "19,900"),
        Span(date(2019, 1, 1), date(2023, 12, 31), "not known", known=False),
        Span(date(2024, 1, 1), date(2026, 12, 31), "29,816", holds=True),
        Span(date(2027, 1, 1), None, "37,236"),
    ],
)


def test_what_is_not_known_is_left_empty_and_what_holds_has_its_own_colour() -> None:
    track, *drawn = spans([CEILING], TODAY, str).rects
    assert track.colour == 0
    assert [one.title for one in drawn] == ["19,900", "29,816", "37,236"]
    assert [one.colour for one in drawn].count(1) == 1
    assert drawn[1].x > drawn[0].x + drawn[0].width + 3000, "five unknown years are a hole"


def test_nothing_sticks_out_however_late_or_short_it_is() -> None:
    short = ("Short", [Span(date(2018, 1, 1), date(2018, 1, 1), "one day"), Span(date(2026, 11, 21), None, "now")])
    for one in spans([CEILING, short], TODAY, str).rects:
        assert 0 <= one.x <= one.x + one.width <= 10000
        assert one.width >= 50


def test_two_rules_stand_below_each_other_on_one_axis() -> None:
    chart = spans([CEILING, CEILING], TODAY, str)
    assert chart.rects[1].x == chart.rects[5].x
    assert chart.rects[5].y > chart.rects[1].y
    assert [text.words for text in chart.texts].count("Ceiling") == 2
