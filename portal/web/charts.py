"""
Where the marks of a chart stand: bars, columns and lines, drawn by ``components/chart.html``.

Places across are per cent of the width, places down are pixels, so a chart fits a phone without
its text getting smaller.  Every axis starts at zero; values below zero are drawn as zero (their
table says what they are).  Nothing here formats a value: the caller gives ``shown``, which writes one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: At most so many colours: they stay apart in lightness too.
COLOURS = 5
_ROW, _BAR, _TOP = 50, 16, 26
_HEIGHT, _HEAD, _FOOT = 210, 26, 28
#: More columns than this and only the highest and the last carry their value.
_LABELLED = 8
#: Longer words of a bar are cut on a phone.
_ON_A_PHONE = 30

Written = Callable[[int], str]
Row = tuple[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled box; *x* and *width* in hundredths of a per cent, *colour* 1 to 5, 0 for the empty track."""

    x: int
    y: int
    width: int
    height: int
    colour: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke; *colour* 0 is the axis."""

    x1: int
    y1: int
    x2: int
    y2: int
    colour: int


@dataclass(frozen=True, slots=True)
class Text:
    """
    Words at a place; *anchor* is start, middle or end.

    *kind* is "", soft or strong; wide (soft) and whole are hidden on a phone, narrow stands on a phone only.
    """

    x: int
    y: int
    words: str
    anchor: str = "start"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws, back to front, and the names of the colours when there are several."""

    height: int
    rects: tuple[Rect, ...]
    lines: tuple[Line, ...]
    texts: tuple[Text, ...]
    legend: tuple[str, ...] = ()


def bars(rows: Sequence[Row], shown: Written, series: Sequence[str] = ()) -> Chart:
    """
    One bar a row, lying, its words and its total above it; several values a row are stacked.

    For what has names: employers, buckets of age, schemes.

    >>> bars([("30 days", [50]), ("60 days", [100])], str).rects[1].width
    5000
    """
    _check(rows, series)
    most = max((_total(values) for _, values in rows), default=0)
    rects: list[Rect] = []
    texts: list[Text] = []
    for index, (label, values) in enumerate(rows):
        top = index * _ROW
        texts += [*_name(label, top + 17), Text(10000, top + 17, shown(sum(values)), "end", "strong")]
        rects.append(Rect(0, top + _TOP, 10000, _BAR, 0))
        left = 0
        for colour, value in enumerate(values, start=_first(values, series)):
            width = _share(value, most, 10000)
            rects.append(Rect(left, top + _TOP, width, _BAR, colour, _named(label, series, colour, shown(value))))
            left += width
    return Chart(len(rows) * _ROW, tuple(rects), (), tuple(texts), tuple(series))


def _name(label: str, y: int) -> list[Text]:
    """The words of a bar; beside them a phone has room for some thirty signs, and the table below says them all."""
    if len(label) <= _ON_A_PHONE:
        return [Text(0, y, label)]
    return [Text(0, y, label, kind="whole"), Text(0, y, f"{label[: _ON_A_PHONE - 1].rstrip()}…", kind="narrow")]


def columns(rows: Sequence[Row], shown: Written, series: Sequence[str] = ()) -> Chart:
    """
    One standing column a row, stacked from the ground; for months, oldest first.

    >>> columns([("Sep", [5]), ("Oct", [10])], str).rects[1].height
    156
    """
    _check(rows, series)
    most = max((_total(values) for _, values in rows), default=0)
    ground, step = _HEIGHT - _FOOT, 10000 // max(len(rows), 1)
    rects: list[Rect] = []
    for index, (label, values) in enumerate(rows):
        foot = ground
        for colour, value in enumerate(values, start=_first(values, series)):
            height = _share(value, most, ground - _HEAD)
            foot -= height
            title = _named(label, series, colour, shown(value))
            rects.append(Rect(index * step + step // 6, foot, step * 2 // 3, height, colour, title))
    tops = [ground - _share(_total(values), most, ground - _HEAD) for _, values in rows]
    centres = [index * step + step // 2 for index in range(len(rows))]
    texts = _below(rows, centres) + _above(rows, centres, tops, shown)
    return Chart(_HEIGHT, tuple(rects), (Line(0, ground, 10000, ground, 0),), texts, tuple(series))


def lines(rows: Sequence[Row], shown: Written, series: Sequence[str] = ()) -> Chart:
    """One line through all rows for each of at most three series; for what goes on over many months."""
    _check(rows, series)
    most = max((max(values) for _, values in rows), default=0)
    ground, step = _HEIGHT - _FOOT, 10000 // max(len(rows), 1)
    centres = [index * step + step // 2 for index in range(len(rows))]
    strokes = [Line(0, ground, 10000, ground, 0)]
    for place in range(len(rows[0][1]) if rows else 0):
        tops = [ground - _share(values[place], most, ground - _HEAD) for _, values in rows]
        points = list(zip(centres, tops, strict=True))
        strokes += [Line(*here, *there, place + 1) for here, there in pairwise(points)]
    highest = [ground - _share(max(values), most, ground - _HEAD) for _, values in rows]
    peaks = [(label, [max(values)]) for label, values in rows]
    texts = _below(rows, centres) + _above(peaks, centres, highest, shown)
    return Chart(_HEIGHT, (), tuple(strokes), texts, tuple(series))


def percent(hundredths: int) -> str:
    """
    A place across, as SVG writes it.

    >>> percent(1205)
    '12.05%'
    """
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _check(rows: Sequence[Row], series: Sequence[str]) -> None:
    """Every row has the same number of values, one for each named series, and there are colours for all."""
    sizes = {len(values) for _, values in rows} | ({len(series)} if series else set())
    if len(sizes) > 1 or any(size > COLOURS for size in sizes):
        raise ValueError(f"a chart has the same 1 to {COLOURS} values in each row, not {sorted(sizes)}")


def _total(values: Sequence[int]) -> int:
    """The length of a stack: what is below zero takes no room."""
    return sum(max(value, 0) for value in values)


def _share(value: int, most: int, room: int) -> int:
    """The part of *room* that *value* takes when *most* fills it."""
    return max(value, 0) * room // most if most > 0 else 0


def _named(label: str, series: Sequence[str], colour: int, value: str) -> str:
    """What a mark says under the pointer."""
    return f"{label}, {series[colour - 1]}: {value}" if series else f"{label}: {value}"


def _first(values: Sequence[int], series: Sequence[str]) -> int:
    """
    The first colour: the middle one for a single value without a name, else the darkest.

    So a named series that stands first keeps its colour from chart to chart, alone or not.
    """
    return 2 if len(values) == 1 and not series else 1


def _below(rows: Sequence[Row], centres: Sequence[int]) -> tuple[Text, ...]:
    """The names under the ground; where there are many, a phone shows every third, counted from the last."""
    last, many = len(rows) - 1, len(rows) > _LABELLED // 2 + 2
    return tuple(
        Text(x, _HEIGHT - 8, label, "middle", "wide" if many and (last - index) % 3 else "soft")
        for index, ((label, _), x) in enumerate(zip(rows, centres, strict=True))
    )


def _above(rows: Sequence[Row], centres: Sequence[int], tops: Sequence[int], shown: Written) -> tuple[Text, ...]:
    """The values over the marks: all of them where there is room, else the highest and perhaps the last."""
    totals = [sum(values) for _, values in rows]
    few = len(rows) <= _LABELLED // 2
    placed: list[Text] = []
    for index in range(len(rows)) if few else _telling(totals):
        x, anchor = (centres[index], "middle") if few else _beside(centres[index])
        placed.append(Text(x, tops[index] - 8, shown(totals[index]), anchor, "strong"))
    return tuple(placed)


def _beside(centre: int) -> tuple[int, str]:
    """Where words over a mark start or end, so that they stay inside the chart on a phone."""
    if centre < 2500:
        return 0, "start"
    return (10000, "end") if centre > 7500 else (centre, "middle")


def _telling(totals: Sequence[int]) -> list[int]:
    """The highest, and the last where its words do not lie across higher marks or the highest's own words."""
    last, highest = len(totals) - 1, totals.index(max(totals))
    clear = last - highest >= _LABELLED and totals[last] >= max(totals[-6:])
    return [highest, last] if clear else [highest]
