"""What the practice gateway keeps, in one SQLite file: bills and payments, and by how much its clock is moved."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from portal import clock

TABLES = """
create table if not exists bill (
  id integer primary key, reference text not null unique, said text not null, withdrawn integer not null default 0);
create table if not exists payment (
  id integer primary key, transaction_number text not null unique, bill text not null, day text not null,
  taken_back text, sent text, deducted text, said text not null);
create table if not exists setting (name text primary key, value text not null);
"""
#: What the gateway keeps of every thousand.
FEE_IN_1000 = 15
Bill = dict[str, Any]
#: A payment as the portal is told of it.
Payment = dict[str, Any]


class Store:
    """The file, or memory; one request at a time writes."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._line = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._line.executescript(TABLES)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._line.close()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            for table in ("bill", "payment", "setting"):
                self._line.execute(f"delete from {table}")  # noqa: S608  # our own names

    # ---- bills

    def keep(self, said: Mapping[str, Any]) -> str:
        """A bill, new or told again; its number here: twelve digits, beginning with 99."""
        reference = str(said["reference"])
        with self._lock:
            self._line.execute(
                "insert into bill (reference, said) values (?, ?) on conflict (reference) do update set said = "
                "excluded.said, withdrawn = 0",
                (reference, json.dumps(said)),
            )
            moved = datetime.fromisoformat(said["asked_at"]) - clock.real_now()
            self._line.execute(
                "insert into setting values ('moved', ?) on conflict (name) do update set value = excluded.value",
                (str(round(moved.total_seconds())),),
            )
            (row,) = self._line.execute("select id from bill where reference = ?", (reference,)).fetchone()
        return f"99{row:010d}"

    def bill(self, control_number: str) -> Bill | None:
        """The bill with this number here."""
        if not control_number.isdecimal() or len(control_number) != 12:
            return None
        found = self._one("select said, withdrawn from bill where id = ?", int(control_number[2:]))
        return {**json.loads(found[0]), "withdrawn": found[1], "control_number": control_number} if found else None

    def withdraw(self, reference: str) -> None:
        """The bill cannot be paid any more."""
        with self._lock:
            self._line.execute("update bill set withdrawn = 1 where reference = ?", (reference,))

    def payable(self, control_number: str, amount: int) -> Bill:
        """The bill, if it can be paid with this amount now; ValueError in words for the payer."""
        bill = self.bill(control_number)
        if bill is None or bill["withdrawn"]:
            raise ValueError("This bill cannot be paid any more. Get the bill of today from the portal.")
        if datetime.fromisoformat(bill["expires_at"]) < self.now():
            raise ValueError("The last day of this bill has passed. Get the bill of today from the portal.")
        if amount <= 0 or (bill["pays"] == "exact" and amount != bill["amount"]):
            raise ValueError("This bill is paid with exactly its amount.")
        if bill["pays"] == "partial" and amount > bill["amount"]:
            raise ValueError("No more than the amount of the bill can be paid.")
        return bill

    # ---- payments

    def paid(self, bill: Bill, amount: int, reference: str, on: date | None) -> Payment:
        """Keep a payment; the portal is told of *reference*."""
        now = self.now()
        at = datetime.combine(on, time(12), now.tzinfo) if on and on != now.date() else now
        payment = {
            "event": "paid", "transaction": f"PP{secrets.token_hex(5).upper()}", "reference": reference,
            "amount": amount, "currency": bill["currency"], "paid_at": at.isoformat(), "channel": "mobile",
        }  # fmt: skip
        with self._lock:
            self._line.execute(
                "insert into payment (transaction_number, bill, day, said) values (?, ?, ?, ?)",
                (payment["transaction"], bill["reference"], at.date().isoformat(), json.dumps(payment)),
            )
        return payment

    def reversed(self, transaction: str) -> Payment:
        """Take a payment back."""
        payment = self.payment(transaction)
        assert payment is not None
        payment["event"] = "reversed"
        with self._lock:
            self._line.execute(
                "update payment set said = ?, taken_back = coalesce(taken_back, ?) where transaction_number = ?",
                (json.dumps(payment), self.today().isoformat(), transaction),
            )
        return payment

    def payment(self, transaction: str) -> Payment | None:
        """One payment."""
        found = self._one("select said from payment where transaction_number = ?", transaction)
        return json.loads(found[0]) if found else None

    def back_of(self, payment: Payment) -> str:
        """Where its payer came from."""
        found = self._one(
            "select bill.said from payment join bill on bill.reference = payment.bill where transaction_number = ?",
            payment["transaction"],
        )
        return str(json.loads(found[0])["back"]) if found else ""

    def of_bill(self, reference: str) -> list[Payment]:
        """Every payment of a bill."""
        return self._payments("bill", reference)

    def of_day(self, day: str) -> list[Payment]:
        """Every payment of a day."""
        return self._payments("day", day)

    def payouts(self, day: date) -> list[dict[str, Any]]:
        """
        What is sent to the bank on a day: what was paid before it, less what was taken back, less a fee.

        A payment is in the first payout after it that is asked for, and stays there; a day that was asked for does not
        change any more.
        """
        before, sent = (day - timedelta(days=1)).isoformat(), day.isoformat()
        found: dict[str, list[dict[str, Any]]] = {}
        with self._lock:
            last = self._one("select value from setting where name = 'paid out'")
            new = last is None or last[0] < sent
            self._line.execute("insert or replace into setting values ('paid out', ?)", (sent,)) if new else None
            for column, since, sign in (("sent", "day", 1), ("deducted", "taken_back", -1)):
                self._line.execute(
                    f"update payment set {column} = ? where ? and {column} is null and {since} <= ?",  # noqa: S608
                    (sent, new, before),
                )
                for one in self._payments(column, sent):
                    part = {"transaction": one["transaction"], "amount": sign * one["amount"]}
                    found.setdefault(one["currency"], []).append(part)
        return [_payout(day, currency, parts) for currency, parts in sorted(found.items())]

    def _payments(self, column: str, value: str) -> list[Payment]:
        with self._lock:
            rows = self._line.execute(f"select said from payment where {column} = ? order by id", (value,))  # noqa: S608
            return [json.loads(said) for (said,) in rows]

    # ---- time

    def now(self) -> datetime:
        """The portal's clock, as it stood when the last bill was told."""
        found = self._one("select value from setting where name = 'moved'")
        return clock.real_now() + timedelta(seconds=int(found[0]) if found else 0)

    def today(self) -> date:
        """The day of that clock."""
        return self.now().date()

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._line.execute(statement, values).fetchone()
            return found


def _payout(day: date, currency: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    fee = sum(part["amount"] for part in parts if part["amount"] > 0) * FEE_IN_1000 // 1000
    return {
        "payout": f"PO{day:%Y%m%d}{currency}", "paid_out_on": day.isoformat(), "currency": currency, "fee": fee,
        "amount": sum(part["amount"] for part in parts) - fee, "parts": parts,
    }  # fmt: skip
