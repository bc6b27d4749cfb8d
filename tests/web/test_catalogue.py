"""The French of the portal: complete where amounts are explained, with every value in its place, and kept readable."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from babel.support import Translations
from click.testing import CliRunner
from flask_babel import force_locale

from portal.scheme.pack import find_pack, load_pack
from portal.scheme_commands import application, scheme_command
from portal.web import catalogue, filters
from portal.words import Amount, _

#: Packages whose sentences explain what somebody has to pay or gets; not one of them may be left in English.
EXPLAINED = ("portal/scheme", "portal/ledger", "portal/payments", "portal/contributions/", "portal/schemes/",
             "portal/templates/schemes/", "portal/templates/payments/", "portal/templates/pdf/")  # fmt: skip
PLACE = re.compile(r"%\(\w+\)[sd]|%%")
#: What may stand as it is: addresses, code in quotation marks of a file, tags.
AS_IT_IS = re.compile(r"https?://\S+|`[^`]*`|<[^>]*>|\"[^\"]*\"|\[+[^]]*\]+|\{[^}]*\}")


@pytest.fixture(scope="module")
def french() -> Catalog:
    return catalogue.read("fr")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return catalogue.collected()


def both(message: Message) -> list[tuple[str, str]]:
    """Each English form with the French one beside it."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string, strict=True))


def asked(*words: str) -> str:
    """What a command answers in French, with common spaces and apostrophes, which are easier to compare."""
    answer = CliRunner().invoke(scheme_command, [*words, "--lang", "fr"])
    assert answer.exit_code == 0, answer.output
    return re.sub("[\u00a0\u202f]", " ", answer.output).replace("\u2019", "'")


@pytest.fixture(autouse=True)
def _application() -> object:
    with application().app_context():
        yield


def test_every_sentence_about_an_amount_is_in_french(french: Catalog, template: Catalog) -> None:
    """Where this fails, type `make messages` and write the French of what it names."""
    missing = []
    for message in template:
        if any(name.startswith(EXPLAINED) for name, _line in message.locations):
            first = message.id if isinstance(message.id, str) else message.id[0]
            found = french.get(first, message.context)
            if found is None or not found.string or not all(found.string):
                missing.append((first, sorted(name for name, _line in message.locations)))
    assert missing == []


def test_every_value_of_a_sentence_stands_in_its_french(french: Catalog) -> None:
    wrong = []
    for message in french:
        for english, said in both(message) if message.id and all(message.string) else ():
            wanted, got = sorted(PLACE.findall(english)), sorted(PLACE.findall(said))
            if wanted != got and not (isinstance(message.id, tuple) and set(got) <= set(PLACE.findall(message.id[1]))):
                wrong.append((english, said))
    assert wrong == []


def test_a_plural_keeps_its_values_and_has_both_forms(french: Catalog) -> None:
    plurals = [message for message in french if isinstance(message.id, tuple) and any(message.string)]
    assert french.plural_expr == "(n > 1)"  # zéro jour, un jour, deux jours
    assert len(plurals) > 50
    for message in plurals:
        assert len(message.string) == 2
        assert set(PLACE.findall(message.string[1])) == set(PLACE.findall(message.id[1])), message.id


def test_nothing_is_guessed_and_nothing_is_left_over() -> None:
    with catalogue.source("fr").open("rb") as file:
        kept = read_po(file, abort_invalid=True)
    assert [message.id for message in kept if message.fuzzy] == []
    assert kept.obsolete == {}


def test_signs_stand_as_french_is_printed(french: Catalog) -> None:
    """A space that does not break stands before : ; ? ! and %, and the apostrophe is a curved one."""
    wrong = []
    for message in french:
        for _english, said in both(message) if message.id and all(message.string) else ():
            text = AS_IT_IS.sub("", said)
            if "'" in text or re.search(
                r"(?<=[^\s\u00a0])[;?!](?=\s|$)|[a-zéà)] [:;?!](?=\s|$)|[^\u00a0]:(?=\s|$)| %%", text
            ):
                wrong.append(said)
    assert wrong == []


def test_what_a_person_reads_is_not_the_english_sentence(french: Catalog) -> None:
    """A few short ones are the same in both languages; a whole sentence never is."""
    same = [m.id for m in french if isinstance(m.id, str) and m.id == m.string and len(PLACE.sub("", m.id).split()) > 3]
    assert same == []


def test_no_message_is_a_piece_that_is_joined_to_another(template: Catalog) -> None:
    """Languages order words differently: a message is a sentence or a label, and values stand inside it."""
    pieces = [
        form
        for message in template
        for form in ((message.id,) if isinstance(message.id, str) else message.id)
        if form and re.search(r"^[\s,;:.!?)]|[\s,(]$", form)
    ]
    assert pieces == []


def test_a_penalty_of_napsa_reads_as_a_story_in_french() -> None:
    told = asked("explain", "zm-napsa", "--charge", "3000", "--due", "2026-01-10", "--paid", "2026-03-01")
    sentences = [line.strip() for line in told.splitlines()]
    assert sentences[1] == "En cas de retard"
    for sentence in (
        "1. Il s'ajoute 10 % du montant impayé pour chaque mois ou fraction de mois "
        "après l'échéance, le 10 janvier 2026.",
        "2. Mois numéro 1, du 11 janvier 2026 au 10 février 2026 : 3 000,00 ZMW impayés à son début ; "
        "10 % de cette somme = 300,00 ZMW",
        "4. Total des 2 mois commencés au 1er mars 2026 = 600,00 ZMW",
        "5. La cotisation est payée ; rien de plus n'est ajouté.",
    ):
        assert sentence in sentences


def test_a_contribution_of_nepal_reads_as_a_story_in_french() -> None:
    told = asked("explain", "np-ssf", "--month", "2082-10", "--earnings", "basic=30000")
    assert "1. Salaire de base : compte dans l'assiette de la branche Fonds de prévoyance = 30 000,00 NPR" in told
    assert "Part de l'employeur, Indemnité de fin de service : 8,33 % de 30 000,00 NPR = 2 499,00 NPR" in told
    assert "SSF pour Magh 2082 : total = 9 300,00 NPR" in told
    assert "SSF pour Magh 2082 est à payer au plus tard le 25 Falgun 2082 (9 mars 2026)." in told


def test_the_rules_of_cameroon_are_described_in_french_with_their_doubts() -> None:
    told = asked("show", "cm-cnps")
    assert "selon Régime : Général 7 %, Gens de maison 7 %, Agriculture 5,65 %, Enseignement privé 3,7 %" in told
    assert (
        "! non vérifié : Publié pour le 1er janvier 2017 ; considéré comme en vigueur depuis la réforme de 2016."
        in told
    )
    assert "La part de l'employeur, branche Prestations familiales" in told
    english = [line for line in told.splitlines() if re.search(r"\b(the|of|is|from|not)\b", line) and "§" not in line]
    assert english == []


@pytest.mark.parametrize("pack", ["zm-napsa", "zm-nhima", "np-ssf", "sn-css-ipres", "et-poessa", "tz-nssf", "gb-paye"])
def test_no_sentence_of_a_described_pack_stays_english(pack: str) -> None:
    own = load_pack(find_pack(pack), tests=False)
    told = asked("show", pack).replace(own.name, "")
    english = [line for line in told.splitlines() if re.search(r"\b(the|of|is|not|and)\b", line) and "§" not in line]
    assert english == []


def test_days_and_figures_follow_the_language() -> None:
    words = _("%(rate)s of it", rate="1.75\u00a0%")
    with force_locale("fr"):
        assert filters.day(date(2026, 3, 1)) == "1er mars 2026"
        assert filters.day(date(2026, 3, 11)) == "11 mars 2026"
        assert filters.say(words).startswith("1,75\u00a0%")
        exact = filters.say(_("Exactly: %(exact)s", exact="1,234.5678 ZMW"))
        assert exact == "Exactement\u00a0: 1\u202f234,5678 ZMW"
        assert filters.say(_("At least %(share)s has to be paid at once.", share=Amount(1234_50, "ZMW"))) == (
            "Il faut payer au moins 1\u202f234,50\u00a0ZMW immédiatement."
        )
    with force_locale("en"):
        assert filters.say(words) == "1.75\u00a0% of it"
        assert filters.day(date(2026, 3, 1)) == "1 March 2026"


def test_only_words_of_a_pack_are_taken_for_words_of_a_pack() -> None:
    """A person who is called like a branch keeps that name, and what somebody wrote stays as it was written."""
    with force_locale("fr"):
        assert filters.say(_("%(branch)s", branch="Family benefits")) == "Prestations familiales"
        assert filters.say(_("%(name)s", name="General")) == "General"
        assert filters.say(_("%(found)s", found="Gross pay")) == "Gross pay"
        assert filters.say(_("%(why)s", why="Paid in cash; see the slip")) == "Paid in cash; see the slip"


def test_a_source_keeps_its_title_and_a_missing_one_is_told_in_the_readers_language() -> None:
    with force_locale("fr"):
        assert filters.source("NAPSA, 2018 social security ceiling") == "NAPSA, 2018 social security ceiling"
        assert filters.source("Assumed by this portal") == "Supposé par ce portail"
        assert filters.source("Act 5; From memory") == "Act 5; De mémoire"


def test_what_programs_read_is_made_again_when_a_translator_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "fr" / "LC_MESSAGES"
    place.mkdir(parents=True)
    shutil.copy(catalogue.source("fr"), place / "messages.po")
    monkeypatch.setattr(catalogue, "TRANSLATIONS", tmp_path)
    catalogue.ready()
    made = place / "messages.mo"
    assert Translations.load(tmp_path, ["fr"]).gettext("Due day") == "Échéance"
    first = made.stat().st_mtime_ns
    catalogue.ready()
    assert made.stat().st_mtime_ns == first  # nothing to do
    changed = (place / "messages.po").read_text().replace('"Échéance"', '"Date limite"')
    (place / "messages.po").write_text(changed)
    os.utime(place / "messages.po", ns=(first + 1, first + 1))
    catalogue.ready()
    assert Translations.load(tmp_path, ["fr"]).gettext("Due day") == "Date limite"
    assert sorted(each.name for each in place.iterdir()) == ["messages.mo", "messages.po"]


def test_collecting_keeps_what_is_translated_and_adds_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "fr" / "LC_MESSAGES"
    place.mkdir(parents=True)
    shutil.copy(catalogue.source("fr"), place / "messages.po")
    monkeypatch.setattr(catalogue, "TRANSLATIONS", tmp_path)
    template = Catalog()
    template.add("Due day", locations=[("portal/scheme/cases/explained.py", 0)])
    template.add("A sentence nobody wrote before", locations=[("portal/app.py", 0)])
    catalogue.update(template)
    kept = catalogue.read("fr")
    assert kept["Due day"].string == "Échéance"
    assert [message.id for message in catalogue.untranslated(kept)] == ["A sentence nobody wrote before"]
    assert "POT-Creation-Date" not in (place / "messages.po").read_text()
