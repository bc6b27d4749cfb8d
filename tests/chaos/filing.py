"""Somebody who sends the month's payroll as a file, and sends it again whenever no answer came."""

from __future__ import annotations

import csv
import io
import random
import re
from dataclasses import dataclass, field

from portal.scheme.calendars import Month
from tests.chaos.visitor import Odd, Visitor, named

_PAYROLL = re.compile(r"/payrolls/([0-9a-f-]{36})")
#: By how much, of a hundred, a month's pay is more than the roster says: less would want a reason.
DIFFERS = (0, 6)


@dataclass
class Filing:
    """The file of one month: the portal's own template with what was paid this time."""

    employer: Visitor
    number: str
    month: Month
    lot: random.Random
    content: bytes = b""
    #: By national identity: what stands in the file as basic pay, in minor units.
    paid: dict[str, int] = field(default_factory=dict)

    def send(self) -> str:
        """One more try: the payroll that was made of it, or `Again`."""
        at = f"/employers/{self.number}/payrolls/start/{self.month}"
        if not self.content:
            template = self.employer.get(f"{at}/template.csv")
            if template.status != 200:
                raise Odd(f"template: {template.status}")
            self.content = self._filled_in(template.text)
        return named(_PAYROLL, self.employer.upload(f"{at}/file", f"payroll-{self.month}.csv", self.content))

    def _filled_in(self, template: str) -> bytes:
        rows = list(csv.DictReader(io.StringIO(template.lstrip("\ufeff"))))
        written = io.StringIO()
        table = csv.DictWriter(written, rows[0].keys())
        table.writeheader()
        for row in rows:
            more = self.lot.randint(*DIFFERS)
            basic, gross = (_minor(row[name]) * (100 + more) // 100 for name in ("basic", "gross"))
            self.paid[row["national_id"]] = basic
            table.writerow(
                {**row, "insurance_number": "", "basic": f"{basic / 100:.2f}", "gross": f"{gross / 100:.2f}"}
            )
        return written.getvalue().encode()


def _minor(text: str) -> int:
    return int(text.replace(",", "").replace(".", ""))
