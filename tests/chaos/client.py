"""
Employers and cashiers, as the portal meets them: they declare, pay, take back, and after any failure do the same again
with the same form until they have a number in their hands.  What they asked and what they were told is the history.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from html import unescape
from typing import Any, TypeVar
from uuid import UUID

from portal import clock
from portal.installation import calendar, fund, month_on, pack
from portal.scheme.calendars import Month
from tests.chaos.banking import Account, AtBank
from tests.chaos.filing import Filing
from tests.chaos.history import History
from tests.chaos.online import AtGateway
from tests.chaos.people import Firm
from tests.chaos.visitor import MOVED, Again, Answer, NotYet, Odd, Visitor, named, said

T = TypeVar("T")
#: How many payments in one bounce: most where cover rests on them, so that it ends and begins again in the core.
TAKEN_BACK = {True: 0.25, False: 0.05}
#: How many months in one are declared by a file.
FILED = 0.4
#: How many payments in one are made at the gateway.
ONLINE = 0.3
#: How many come in a statement of the bank.
BY_BANK = 0.2
#: Seconds to wait, at most, until the portal says that the gateway took a payment back: it may learn of it only later.
HEARD = 3
_PAYROLL = re.compile(r"/payrolls/([0-9a-f-]{36})")
_RECEIPT = re.compile(r"/fund/payments/receipts/([0-9a-f-]{36})")
_APPROVAL = re.compile(r"/fund/approvals/([0-9a-f-]{36})")


class GaveUp(Exception):
    """The time is over."""


class Replaced(Exception):
    """The draft was given up for another one."""


class Client(threading.Thread):
    """One employer with its cashier and a supervisor, month after month."""

    def __init__(
        self, firm: Firm, ports: Mapping[str, int], history: History, seed: int, months: Sequence[Month]
    ) -> None:
        super().__init__(name=firm.number, daemon=True)
        self.firm, self.history, self.months = firm, history, months
        self.lot = random.Random(f"{seed}/{firm.number}")
        self.employer, self.cashier, self.supervisor = (
            Visitor(ports["web"], token) for token in (firm.employer, firm.cashier, firm.supervisor)
        )
        self.gateway, self.account = Visitor(ports["gateway"]), Account(firm.account)
        self.until = time.monotonic() + 3600
        self.finished = False

    def run(self) -> None:
        """Everything in order; what could not be finished in time stays unfinished."""
        try:
            for month in self.months:
                self._month(month)
            self.finished = True
        except GaveUp:
            self.history.note("gave up", employer=self.firm.number)

    def _month(self, month: Month) -> None:
        for scheme, (_number, amount) in self._declared(month).items():
            drawn = self.lot.random()
            if drawn < ONLINE + BY_BANK:
                (self._pay_online if drawn < ONLINE else self._pay_by_bank)(month, scheme, amount)
                continue
            receipt = self._pay(month, scheme, amount)
            if self.lot.random() < TAKEN_BACK[pack(scheme).opens_coverage]:
                time.sleep(self.lot.uniform(0, 5))  # the core may know by then
                self._persist("take back", receipt, lambda receipt=receipt: self._take_back(receipt))  # type: ignore[misc]
                self._pay(month, scheme, amount)

    def _declared(self, month: Month) -> dict[str, tuple[str, str]]:
        """Declare from the roster or by a file; a draft that an older copy of the file took the place of, once more."""
        filing = Filing(self.employer, self.firm.number, month, self.lot) if self.lot.random() < FILED else None
        while True:
            start = filing.send if filing else lambda: self._start(month)
            payroll = self._persist("file" if filing else "start", str(month), start)
            facts = {"month": str(month), "file": filing.paid if filing else None}
            try:
                return self._persist("declare", payroll, lambda payroll=payroll: self._submit(payroll), **facts)  # type: ignore[misc]
            except Replaced:
                self.history.note("replaced", employer=self.firm.number, key=payroll)

    def _pay_online(self, month: Month, scheme: str, amount: str) -> None:
        """Pay at the gateway; some of it the gateway takes back, then it is paid once more, at the desk."""
        errand = AtGateway(
            self.employer, self.gateway, self.firm.number, scheme, month, amount, _day(month).isoformat(), self._key()
        )
        facts = {"scheme": scheme, "amount": amount, "month": str(month)}
        if not (told := self._persist("pay online", errand.once, errand.pay, **facts)):
            self._pay(month, scheme, amount)
            return
        if self.lot.random() < TAKEN_BACK[pack(scheme).opens_coverage]:
            errand.transaction = told["transaction"]
            self._persist("gateway takes back", errand.transaction, errand.take_back)
            until = time.monotonic() + HEARD
            while time.monotonic() < until and not self._heard(errand):
                time.sleep(0.3)
            self._pay(month, scheme, amount)

    def _pay_by_bank(self, month: Month, scheme: str, amount: str) -> None:
        """Pay at the bank; a cashier imports its statement."""
        minor = int(amount.replace(".", ""))
        errand = AtBank(
            self.employer, self.cashier, self.account, self.firm.number, scheme, month, minor, _day(month)
        )  # fmt: skip
        if self._persist("bill", f"{scheme}/{month}", errand.write):
            self._persist("import", errand.reference, errand.send, **errand.facts())
        else:
            self._pay(month, scheme, amount)

    def _heard(self, errand: AtGateway) -> bool:
        try:
            return errand.is_taken_back()
        except Again:
            return False

    def _key(self) -> str:
        return str(UUID(int=self.lot.getrandbits(128), version=4))

    def _pay(self, month: Month, scheme: str, amount: str) -> str:
        key = self._key()
        facts = {"scheme": scheme, "amount": amount, "month": str(month)}
        told = self._persist("pay", key, lambda: self._record(key, month, scheme, amount), **facts)
        return told["receipt"]

    def _persist(self, deed: str, key: str, do: Callable[[], T], **facts: Any) -> T:
        """Do it again and again, under the same key, until it is done."""
        facts = {"deed": deed, "employer": self.firm.number, "key": key, **facts}
        self.history.note("asked", **facts)
        while time.monotonic() < self.until:
            try:
                told = do()
            except NotYet:
                time.sleep(0.3)
                continue
            except Again as why:
                self.history.note("odd" if isinstance(why, Odd) else "failed", why=str(why), **facts)
                time.sleep(self.lot.uniform(0.1, 0.6))
                continue
            self.history.note("acknowledged", told=told, **facts)
            return told
        raise GaveUp

    # -- what is done

    def _start(self, month: Month) -> str:
        answer = self.employer.post(f"/employers/{self.firm.number}/payrolls/start/{month}/roster")
        return named(_PAYROLL, answer)

    def _submit(self, payroll: str) -> dict[str, tuple[str, str]]:
        at = f"/employers/{self.firm.number}/payrolls/{payroll}"
        page = self.employer.get(f"{at}/check")
        if page.status == 200 and "cannot be submitted yet" in page.text:
            raise Odd(f"check: {said(page)}")
        if page.status == 200:
            answer = self.employer.post(f"{at}/submit", version=page.hidden("version"), confirm="y", looked="y")
            if answer.status not in MOVED:
                raise Odd(f"submit: {said(answer)}")
        told = self.employer.get(f"{at}/acknowledgement")
        if told.status != 200 and "/start/" in self.employer.get(at).location:
            raise Replaced
        return _acknowledged(told)

    def _record(self, key: str, month: Month, scheme: str, amount: str) -> dict[str, str]:
        answer = self.cashier.post(
            f"/fund/payments/{self.firm.number}/record", key=key, scheme=scheme, amount=amount, method="bank",
            paid_on=_day(month).isoformat(), bank_reference=key, bill="",
        )  # fmt: skip
        receipt = named(_RECEIPT, answer)
        page = self.cashier.get(f"/fund/payments/receipts/{receipt}")
        number = re.search(r"Receipt ([A-Z]+-\d{4}-\d{6})", page.text)
        if number is None:
            raise Odd(f"receipt: {said(page)}")
        return {"receipt": receipt, "number": number.group(1)}

    def _take_back(self, receipt: str) -> str:
        """The cashier asks, the supervisor decides; whoever finds it done is content."""
        at = f"/fund/payments/receipts/{receipt}"
        if "Taken back" in (page := self.cashier.get(at).text):
            return "taken back"
        if _APPROVAL.search(page) is None:
            self.cashier.post(f"{at}/take-back", reason="The cheque came back unpaid.")
            page = self.cashier.get(at).text
        asked = _APPROVAL.search(page)
        if asked is None:
            raise Again("not asked yet")
        request = f"/fund/approvals/{asked.group(1)}"
        shown = self.supervisor.get(request)
        self.supervisor.post(f"{request}/approve", fingerprint=shown.hidden("fingerprint"), note="")
        if "Taken back" not in self.cashier.get(at).text:
            raise Again("not taken back yet")
        return "taken back"


def _day(month: Month) -> date:
    """When a month is paid: before it is late."""
    return min(clock.today(fund().timezone), month.last_day(calendar()) + timedelta(days=5))


def months_up_to_now(count: int) -> list[Month]:
    """The last *count* months that can be declared, oldest first."""
    last = month_on(clock.today(fund().timezone)).previous(calendar())
    return [last.plus(-back, calendar()) for back in reversed(range(count))]


def _acknowledged(page: Answer) -> dict[str, tuple[str, str]]:
    """By scheme: the number of its declaration, and what is to be paid, as printed."""
    found: dict[str, tuple[str, str]] = {}
    names: Mapping[str, str] = {pack(scheme).name: scheme for scheme in fund().schemes}
    for section in page.text.split('<section class="check">')[1:]:
        text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", section)))
        scheme = next((names[name] for name in names if name in text), "")
        number = re.search(r"/declarations/([^\"/]+?)\"", section)
        amount = re.search(r"To be paid\D+([\d,]+\.\d\d)", text)
        if scheme and number and amount:
            found[scheme] = (number.group(1), amount.group(1).replace(",", ""))
    if not found:
        raise Odd(f"acknowledgement: {said(page)}")
    return found
