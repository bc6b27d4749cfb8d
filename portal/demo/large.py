"""
A large practice fund: 200 employers, 20,000 people, 24 months, for figures and for measuring.

The employers of the fund's own story stand in it, and others drawn by lot around them: few are large and
many small, most pay in time, and some are late, pay a part, fall behind, never declare or send a bad cheque.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from portal.demo.life import SEED
from portal.demo.story import Character, OnTime, Story
from portal.scheme.fund import Fund

EMPLOYERS, PEOPLE, MONTHS = 200, 20_000, 24
SMALLEST, LARGEST = 10, 990
#: How fast sizes fall from the largest employer to the smallest: half of all have a dozen people or fewer.
STEEPNESS = 9.85
#: So many of a hundred leave in a month, and as many begin; small employers change people once in a quarter.
TURNOVER, SMALL = 1.5, 100
#: Of the employers this small, half are in the fund's first scheme only.
ONE_SCHEME = 30
#: What enterprises of a branch of activity are called, and how many women of a hundred work in it.
TRADES: dict[str, tuple[tuple[str, ...], int]] = {
    "A": (("Farms", "Growers", "Estates"), 45),
    "B": (("Quarries", "Minerals"), 12),
    "C": (("Textiles", "Foods", "Furniture", "Packaging"), 35),
    "D": (("Power", "Solar"), 15),
    "F": (("Builders", "Roads", "Construction"), 10),
    "G": (("Traders", "Wholesale", "Hardware", "Supermarket"), 48),
    "H": (("Transport", "Couriers"), 12),
    "I": (("Hotel", "Lodge", "Restaurant"), 55),
    "J": (("Software", "Media"), 35),
    "K": (("Savings", "Insurance Brokers"), 50),
    "M": (("Engineers", "Auditors"), 40),
    "N": (("Security", "Cleaners"), 40),
    "P": (("School", "College"), 65),
    "Q": (("Clinic", "Hospital", "Pharmacy"), 70),
    "S": (("Laundry", "Repairs"), 50),
}
#: Pays for three months at once, the last of them in time.
QUARTERLY = (None, None, OnTime) * 8
#: How employers behave, and how many of a hundred do.
HABITS: tuple[tuple[int, dict[str, Any]], ...] = (
    (40, {"pays": (OnTime,)}),
    (12, {"pays": (-9,)}),
    (6, {"pays": QUARTERLY}),
    (12, {"pays": (OnTime, 4, OnTime, 15, OnTime)}),
    (8, {"pays": (6,)}),
    (6, {"pays": (None, 24)}),
    (4, {"pays": (OnTime, 5), "share": 70}),
    (4, {"pays": (None, None, None, None, None, OnTime)}),
    (2, {"pays": (*[None] * 14, 18)}),
    (2, {"pays": (None,), "declares": False}),
    (3, {"pays": (OnTime,), "closed_months": frozenset({4, 5, 16})}),
    (1, {"pays": (OnTime,), "rounds_up_to": 1000}),
)


def story_of(story: Story, fund: Fund, employers: int = EMPLOYERS, people: int = PEOPLE, months: int = MONTHS) -> Story:
    """The same story told of many: so many *employers* in all, with about so many *people*, over *months* months."""
    lot = random.Random(f"{SEED}/large")
    own = tuple(replace(one, months=months if one.months >= story.months else one.months) for one in story.characters)
    others = employers - len(own)
    sizes = _sizes(others, people - sum(one.people for one in own))
    names = _names(story, fund, lot)
    drawn = tuple(_drawn(next(names), size, story, fund, months, lot) for size in sizes)
    return replace(story, characters=(*own, *drawn), months=months, apart=True)


def parts_of(story: Story, count: int) -> list[list[Character]]:
    """The employers in *count* parts of about the same work; those on sign-in cards are all in the first one."""
    known = {code for code, _position in story.known} | {each for agent in story.agents for each in agent.employers}
    parts: list[list[Character]] = [
        [one for one in story.characters if one.code in known],
        *([] for _ in range(count - 1)),
    ]
    for character in sorted(story.characters, key=_work, reverse=True):
        if character.code not in known:
            min(parts, key=lambda part: sum(map(_work, part))).append(character)
    return parts


def _work(character: Character) -> int:
    """What an employer costs to make: its months, and the lines in them."""
    return character.months * (100 + character.people)


def _sizes(count: int, people: int) -> list[int]:
    """So many employers with so many people in all, the largest first."""
    span = min(LARGEST, people // 4) - SMALLEST
    sizes = [SMALLEST + round(span * (1 - place / count) ** STEEPNESS) for place in range(count)]
    rest = people - sum(sizes)
    return [max(SMALLEST, size + rest // count + (place < rest % count)) for place, size in enumerate(sizes)]


def _names(story: Story, fund: Fund, lot: random.Random) -> Iterator[tuple[str, str, str]]:
    """Name, activity and place of enterprises, no two with the same name."""
    places = [place for area in fund.locations for place in area.places or (area,)]
    activities = {activity.code for activity in fund.activities}
    called = [
        (f"{place.name} {trade}", activity, place.code)
        for place in places
        for activity, (trades, _women) in TRADES.items()
        if activity in activities
        for trade in trades
    ]
    taken = {one.trade_name for one in story.characters}
    lot.shuffle(called)
    yield from (one for one in called if one[0] not in taken)


def _drawn(
    called: tuple[str, str, str], size: int, story: Story, fund: Fund, months: int, lot: random.Random
) -> Character:
    """One employer drawn by lot."""
    name, activity, place = called
    habit = lot.choices([each for _weight, each in HABITS], [weight for weight, _each in HABITS])[0]
    like = lot.choice(story.characters)
    here = months if lot.random() < 0.5 else lot.randrange(3, months)
    every = 1 if size >= SMALL else 3
    return Character(
        code=name.lower().replace(" ", "-"),
        legal_name=story.country.company % name,
        trade_name=name,
        legal_form=story.country.legal_form,
        activity=activity,
        location=place,
        people=size,
        lowest=like.lowest,
        highest=like.highest,
        months=here,
        turnover=int(size * every * TURNOVER / 100 + lot.random()),
        turnover_every=every,
        bounces=lot.randrange(1, here) if lot.random() < 0.05 and "share" not in habit else None,
        women=TRADES[activity][1],
        schemes=fund.schemes[:1] if size < ONE_SCHEME and lot.random() < 0.5 else (),
        **habit,
    )
