"""The forms of a payroll: upload, submit, nil; and the tables of inputs that are saved all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.approvals import LONGEST_REASON
from portal.contributions.changes import Change
from portal.contributions.queries import LineOnPage, RowToMend
from portal.employers.roster_import import money
from portal.tabular.amounts import amount_reader
from portal.tabular.cells import REQUIRED, Reader, days_reader
from portal.tabular.table import Fault, FileRefused, Noted, Problem
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import Words, _

#: Longest reason for filing late, in characters: one line.
LONGEST_LATE = 200

ONE_FILE = _("Upload one file at a time.")
NO_FILE = _("Choose the file first.")

#: The highest total that is read, in minor units: 100,000 people with the highest wage.
MOST_TOTAL = 10**14


class UploadForm(PortalForm):
    """One payroll file."""

    file = FileField(_l("Payroll file"), description=_l("CSV or XLSX, up to 20 MB."))

    total = StringField(
        _l("Total pay in the file (if you know it)"),
        description=_l(
            "The sum of gross pay, or of basic pay where the file has no gross. We compare it with the rows."
        ),
    )

    def declared_total(self) -> int | None:
        """The total that was typed, in minor units; None when there is none, or an error stands beside it."""
        typed = self.total.data or ""
        value: Any = amount_reader(replace(money(), maximum=MOST_TOTAL))(typed)
        if isinstance(value, Fault):
            self.total.errors = [say(value.at(None, None, typed).words)]
            return None
        return value.value if isinstance(value, Noted) else value

    def chosen(self) -> tuple[str, bytes] | None:
        """Name and content of the one file that was chosen; None with the reason beside the field."""
        sent = [one for one in request.files.getlist(self.file.name) if one.filename]
        if len(sent) != 1:
            self.file.errors = [say(ONE_FILE if sent else NO_FILE)]
            return None
        name = "".join(letter for letter in sent[0].filename or "" if letter.isprintable())
        return name or "payroll", sent[0].read()

    def refuse_file(self, name: str, refused: FileRefused) -> None:
        """Say beside the field which file could not be read, and why."""
        self.file.errors = [say(refused_in_words(name, refused))]


def refused_in_words(name: str, refused: FileRefused) -> Words:
    """Which file could not be read, and why."""
    return _("%(name)s was not taken. %(why)s", name=name[:80], why=refused.problem.placed)


class SubmitForm(PortalForm):
    """The attestation; *looked* is asked only when there are warnings."""

    version = HiddenField()
    reason = TextAreaField(
        _l("Why is less owed than was paid?"),
        validators=[Length(max=LONGEST_REASON)],
        description=_l("An officer of the fund reads this and decides."),
        render_kw={"rows": 3},
    )
    late_reason = StringField(
        _l("Why is this late? (optional)"),
        validators=[Length(max=LONGEST_LATE)],
        description=_l("One line. The fund reads it; the late charge follows the rule."),
    )
    looked = BooleanField(_l("I have looked at everything that is asked about above, and it is right"))
    confirm = BooleanField(validators=[InputRequired(_l("Tick the box to sign for the payroll."))])

    def agreed(self, warnings: int) -> bool:
        """Whether everything that has to be ticked is."""
        valid = bool(self.validate_on_submit())
        if warnings and not self.looked.data:
            self.looked.errors = [say(_("Tick the box once you have looked at what is asked about."))]
            return False
        return valid

    def said(self) -> dict[str, str]:
        """What was written beside the signature."""
        return {"reason": self.reason.data or "", "late_reason": " ".join((self.late_reason.data or "").split())}


class NilForm(PortalForm):
    """A nil declaration in one click; the box is asked only when somebody is on the roster."""

    nobody_paid = BooleanField(_l("Everybody on my roster earned nothing in this month"))


@dataclass(slots=True)
class Cell:
    """One input of a table: what is shown in it, what is wrong with it, and what is stored where that differs."""

    id: str
    value: str
    label: str
    errors: list[str] = field(default_factory=list)
    stored: str = ""
    type: str = "cell"


@dataclass(slots=True)
class Inputs:
    """All inputs of a page by name: looks like a form to the error summary."""

    cells: dict[str, Cell] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)

    @property
    def errors(self) -> dict[str, list[str]]:
        """What is wrong, by name of input."""
        return {name: cell.errors for name, cell in self.cells.items() if cell.errors}

    def __getitem__(self, name: str) -> Cell:
        return self.cells[name]

    def __contains__(self, name: str) -> bool:
        return name in self.cells


def line_inputs(lines: Iterable[LineOnPage], labels: Mapping[str, str], typed: Mapping[str, str] | None) -> Inputs:
    """An input for each component and the days of each line; *typed* goes before what is stored."""
    found = Inputs()
    for line in lines:
        stored = {code: money().written(line.components.get(code, 0)) for code in labels}
        stored["days"] = "" if line.days is None else str(line.days)
        for code, text in stored.items():
            name = f"{code}-{line.row}"
            label = say(_("%(what)s of %(name)s", what=labels.get(code, _("Days")), name=line.name))
            shown = typed.get(name, text) if typed is not None else text
            found.cells[name] = Cell(name, shown, label, stored=text if shown != text else "")
        if typed is not None and typed.get(f"out-{line.row}"):
            found.left_out.add(line.row)
    return found


def changes_in(inputs: Inputs, lines: Iterable[LineOnPage], components: Iterable[str], days: int) -> dict[int, Change]:
    """What was typed as changes by row; what cannot be read is an error of its input."""
    codes, changes = tuple(components), {}
    pay, worked = amount_reader(money()), days_reader(days)
    for line in lines:
        if line.row in inputs.left_out:
            continue
        paid = {code: _value(inputs[f"{code}-{line.row}"], pay, needed=True) for code in codes}
        on_days = _value(inputs[f"days-{line.row}"], worked)
        known = {code: amount for code, amount in paid.items() if amount is not None}
        if len(known) == len(codes) and (known != dict(line.components) or on_days != line.days):
            changes[line.row] = Change(known, on_days)
    return changes


def _value(cell: Cell, read: Reader, *, needed: bool = False) -> int | None:
    """What an input says; its fault goes beside it."""
    value: Any = read(cell.value)
    if isinstance(value, Noted):
        value = value.value
    if value is None and needed:
        value = REQUIRED
    if isinstance(value, Fault):
        sentence = value.at(None, None, cell.value).words
        cell.errors.append(say(_("%(what)s: %(sentence)s", what=cell.label, sentence=sentence)))
        return None
    return None if value is None else int(value)


def mend_inputs(rows: Iterable[RowToMend], typed: Mapping[str, str] | None) -> Inputs:
    """An input for each cell of each faulty row, as it was typed last."""
    found = Inputs()
    for row in rows:
        for code, text in row.cells.items():
            name = f"{code}-{row.row}"
            label = say(_("Row %(row)s, %(column)s", row=row.row, column=column_label(code)))
            found.cells[name] = Cell(name, typed.get(name, text) if typed is not None else text, label)
        if typed is not None and typed.get(f"out-{row.row}"):
            found.left_out.add(row.row)
    return found


def typed_rows(typed: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """The inputs of a page of faulty rows, by row number and column."""
    rows: dict[int, dict[str, str]] = {}
    for name, text in typed.items():
        code, dash, row = name.rpartition("-")
        if dash and row.isdigit() and code != "out":
            rows.setdefault(int(row), {})[code] = text
    return rows


def rows_out(typed: Mapping[str, str]) -> list[int]:
    """The rows whose box "leave out" is ticked."""
    return [int(name[4:]) for name in typed if name.startswith("out-") and name[4:].isdigit()]


#: Our columns in words, for the inputs of a row to mend.
COLUMN_LABELS: dict[str, Words] = {
    "national_id": _("National identity number"),
    "insurance_number": _("Insurance number"),
    "staff_number": _("Staff number"),
    "surname": _("Surname"),
    "first_name": _("First name"),
    "other_names": _("Other names"),
    "name": _("Name"),
    "month": _("Month"),
    "year": _("Year"),
    "days": _("Days worked"),
    "reason": _("Reason"),
    "reason_from": _("First day of the reason"),
    "reason_to": _("Last day of the reason"),
    "birth_date": _("Birth date"),
    "employee_share": _("Employee share"),
    "employer_share": _("Employer share"),
    "account_number": _("Account number"),
}


def column_label(code: str) -> Words | str:
    """One of our columns in words; a pay component has its scheme's name for it."""
    from portal.contributions.intake import label_of

    return COLUMN_LABELS.get(code) or label_of(code)


def problem_rows(problems: Iterable[Problem]) -> list[list[str]]:
    """Problems as rows of a file: row, column, found, please check or must mend, what to do."""
    kinds = {True: _("must be mended"), False: _("please check")}
    return [
        [str(one.row or ""), say(one.column or ""), one.found or "", say(kinds[one.blocking]), say(one.words)]
        for one in problems
    ]
