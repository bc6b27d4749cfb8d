"""A time line: what held from when to when, a row a rule, drawn by ``components/chart.html`` like the other charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.web.charts import Chart, Line, Rect, Text

_ROW, _BAR, _TOP, _FOOT = 50, 16, 26, 26
#: However short it was, it is seen.
_LEAST = 50
#: The colour of what holds, and the two in turn of what held before or will.
_NOW, _OTHERS = 1, (3, 4)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from *begins* to *ends* (both included; None: open) and what held then; *known* false: nobody knows."""

    begins: date
    ends: date | None
    words: str
    known: bool = True
    holds: bool = False


Row = tuple[str, Sequence[Span]]


def spans(rows: Sequence[Row], on: date, shown: Callable[[date], str]) -> Chart:
    """
    Each row's spans on one axis of time, with a stroke at the day *on*; what is not known is left empty.

    >>> row = ("Ceiling", [Span(date(2024, 1, 1), None, "750,000", holds=True)])
    >>> spans([row], date(2026, 1, 1), str).rects[1].colour
    1
    """
    first = min((span.begins for _label, row in rows for span in row), default=on)
    last = max([on, *(span.ends or span.begins for _label, row in rows for span in row)])
    length = last.toordinal() - first.toordinal()
    axis = _Axis(first.toordinal(), last.toordinal() + max(length // 20, 31))  # what is open goes on a little
    rects: list[Rect] = []
    texts: list[Text] = []
    for index, (label, row) in enumerate(rows):
        top = index * _ROW
        texts.append(Text(0, top + 17, label))
        rects.append(Rect(0, top + _TOP, 10000, _BAR, 0))
        rects += [_drawn(axis, span, number, top) for number, span in enumerate(row) if span.known]
    ground = len(rows) * _ROW
    at = axis.place(on)
    texts += [Text(0, ground + 18, shown(first), "start", "soft")]
    texts += [Text(10000, ground + 18, shown(date.fromordinal(axis.last)), "end", "soft")]
    return Chart(ground + _FOOT, tuple(rects), (Line(at, 0, at, ground, 0),), tuple(texts))


@dataclass(frozen=True, slots=True)
class _Axis:
    first: int
    last: int

    def place(self, day: date) -> int:
        """Where a day stands, in hundredths of a per cent."""
        return min(max((day.toordinal() - self.first) * 10000 // (self.last - self.first), 0), 10000)


def _drawn(axis: _Axis, span: Span, number: int, top: int) -> Rect:
    left = axis.place(span.begins)
    right = 10000 if span.ends is None else axis.place(date.fromordinal(span.ends.toordinal() + 1))
    colour = _NOW if span.holds else _OTHERS[number % 2]
    width = max(right - left, _LEAST)
    return Rect(min(left, 10000 - width), top + _TOP, width, _BAR, colour, span.words)
