"""``flask scheme run`` and ``explain``: asking packs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from portal.scheme.cases.explained import explained
from portal.scheme.cases.file import answers, read_questions
from portal.scheme.cases.inputs import BadInput
from portal.scheme.cases.run import fault_in_words
from portal.scheme.explain import steps_to_json
from portal.scheme_commands.printing import (
    Answers,
    in_language,
    pack_named,
    pairs,
    print_steps,
    say,
    speaking,
    with_overlay,
)


@click.command("run")
@click.argument("file", type=click.Path(path_type=Path))
def run(file: Path) -> None:
    """Answer every question in FILE, shaped like the published test vectors: one JSON line for each."""
    try:
        questions = read_questions(file)
    except BadInput as problem:
        raise click.ClickException(str(problem.words)) from None
    for answer in answers(questions):
        click.echo(json.dumps(answer, default=str))


@click.command("explain")
@click.argument("pack")
@click.option("--month", help="The wage month in the scheme's calendar, such as 2082-10.")
@pairs("--earnings", "Pay of the month by component, such as basic=30000.")
@click.option("--days", help="Days worked in the month.")
@pairs("--person", "What the scheme asks about the person, such as date_of_birth=1985-06-15.")
@pairs("--employer", "What it asks about the employer, such as headcount=20.")
@pairs("--option", "What was chosen.")
@click.option("--salary-paid", help="The day on which the salary was paid.")
@click.option("--charge", help="An amount that was paid late.")
@click.option("--due", help="The day by which it was due.")
@click.option("--paid", help="The day on which it was paid.")
@click.option("--json", "as_json", is_flag=True, help="The steps as JSON.")
@with_overlay
@in_language
def explain(pack: str, overlay: Path | None, lang: str, as_json: bool, **asked: Any) -> None:
    """How PACK works out a contribution, its due day, or what being late costs, step by step."""
    rules = pack_named(pack, overlay)
    with speaking(lang, rules):
        try:
            parts = explained(rules, _inputs(asked))
        except Exception as fault:
            raise click.ClickException(say(fault_in_words(fault))) from None
        for title, steps in parts:
            if as_json:
                click.echo(json.dumps({"title": str(title), "steps": steps_to_json(steps)}))
            else:
                click.echo(f"\n{say(title)}")
                print_steps(steps, rules)


def _inputs(asked: dict[str, Any]) -> dict[str, Any]:
    """The options in the form of the published test vectors."""
    tables: dict[str, Answers] = {
        "earnings": asked["earnings"],
        "person": asked["person"],
        "employer": asked["employer"],
        "options": asked["option"],
    }
    inputs: dict[str, Any] = {name: dict(pairs) for name, pairs in tables.items() if pairs}
    for name in ("month", "days", "salary_paid", "charge", "due", "paid"):
        if asked[name] is not None:
            inputs[name] = asked[name]
    return inputs
