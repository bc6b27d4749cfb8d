from __future__ import annotations

import json
from datetime import date

import pytest

from portal.scheme.calendars import Month
from portal.scheme.contribution import explain_contribution
from portal.scheme.explain import Step, steps_from_json, steps_to_json
from portal.scheme.late import ChargeHistory, Movement, late_charges_on
from portal.scheme.pack import Pack
from portal.words import Amount, _, _n


def kept(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return steps_from_json(json.loads(json.dumps(steps_to_json(steps))))


def test_every_kind_of_value_comes_back_as_it_was() -> None:
    inner = _("of %(amount)s", amount=Amount(-305, "ZMW"))
    words = _(
        "%(a)s %(b)s %(c)s %(d)s %(e)s %(f)s", a="text", b=7, c=date(2026, 2, 28), d=Month(2026, 10), e=inner, f=None
    )
    steps = (Step(words, 1250, "Act, s. 15(2)"), Step(_("alone")), Step(_n("%(n)s month", "%(n)s months", 3)))
    assert kept(steps) == steps
    assert str(kept(steps)[2].words) == "3 months"


def test_a_receipt_can_keep_a_real_calculation(napsa: Pack) -> None:
    steps = explain_contribution(napsa, Month(2027, 1), {"gross": 50_000_00})
    assert kept(steps) == steps
    history = ChargeHistory(date(2026, 1, 10), (Movement(date(2026, 1, 10), 100_00),))
    steps = late_charges_on(napsa, history, date(2026, 3, 1)).steps
    assert [str(step.words) for step in kept(steps)] == [str(step.words) for step in steps]


def test_what_cannot_be_kept_is_refused_at_once() -> None:
    with pytest.raises(TypeError):
        steps_to_json([Step(_("%(what)s", what=object()))])
