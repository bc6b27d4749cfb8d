"""
What the practice core keeps, in one SQLite file, and the rules by which it takes something in.

The rules are those seen in a running openIMIS: receipts unique for each product, cover from the later of
first day and payment, and no deduplication of anything else.  Told to take everything, it does not even look for
receipts, persons and employers it has: then its log shows whatever was sent twice.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from portal import clock

TABLES = """
create table if not exists setting (name text primary key, value text not null);
create table if not exists employer (uuid text primary key, code text not null, body text not null);
create table if not exists village (uuid text primary key, code text not null, name text not null);
create table if not exists officer (id integer primary key, code text not null);
create table if not exists product (id integer primary key, code text not null, name text not null);
create table if not exists person (
  id integer primary key, uuid text not null, chf_id text not null, last_name text not null, other_names text not null,
  dob text not null, gender text not null, passport text, family_id integer, family_uuid text, village text not null);
create index if not exists person_chf_id on person (chf_id);
create index if not exists person_passport on person (passport);
create index if not exists person_family on person (family_id);
create table if not exists policy (
  id integer primary key, uuid text not null unique, product_id integer not null, family_id integer not null,
  officer_id integer not null, enroll_date text not null, start_date text not null, effective_date text,
  expiry_date text not null, value text not null, status integer not null, stage text not null);
create index if not exists policy_family on policy (family_id);
create table if not exists premium (
  id integer primary key, uuid text not null, policy_id integer not null, product_id integer not null,
  amount text not null, receipt text not null, pay_date text not null, pay_type text not null);
create index if not exists premium_receipt on premium (receipt);
create index if not exists premium_policy on premium (policy_id);
create table if not exists log (
  id integer primary key, uuid text not null, name text not null, given text not null, client_mutation_id text,
  client_mutation_label text, status integer not null, error text, request_date_time text not null);
create index if not exists log_label on log (client_mutation_label);
create index if not exists log_client on log (client_mutation_id);
"""
KEPT = ("employer", "person", "policy", "premium", "log")
IDLE, ACTIVE, SUSPENDED = 1, 2, 4
RECEIVED, FAILED, DONE = 0, 1, 2
Row = dict[str, Any]


class Unfit(Exception):
    """The core does not take this; the text is what stands in its log."""


class Store:
    """Everything the practice core was told.  One writer at a time; what an answer told of outlives a hard kill."""

    def __init__(self, path: Path | None, products: Iterable[str], *, takes_everything: bool = False) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self.lock = threading.RLock()
        self.today: date | None = None
        self.takes_everything = takes_everything
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + TABLES)
        self._seed(products)

    def close(self) -> None:
        """Give the file back."""
        with self.lock:
            self._db.close()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is done inside holds together or not at all; may stand inside another."""
        with self.lock:
            self._db.execute("savepoint step")
            try:
                yield
            except BaseException:
                self._db.execute("rollback to step")
                raise
            finally:
                self._db.execute("release step")

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """The rows a statement gives."""
        with self.lock:
            return [dict(row) for row in self._db.execute(statement, values)]

    def add(self, table: str, **values: Any) -> int:
        """A new row; answers with its number."""
        marks = ",".join("?" * len(values))
        statement = f"insert into {table} ({','.join(values)}) values ({marks})"  # noqa: S608  # names are our own
        with self.lock:
            return int(self._db.execute(statement, tuple(values.values())).lastrowid or 0)

    def setting(self, name: str, otherwise: str) -> str:
        """A value made once and kept, as the secret that signs tokens."""
        with self.lock:
            self._db.execute("insert or ignore into setting values (?, ?)", (name, otherwise))
            return str(self.rows("select value from setting where name=?", name)[0]["value"])

    def reset(self) -> None:
        """Forget all that was told.  Products, officer and village stay."""
        with self.all_or_nothing():
            for table in KEPT:
                self._db.execute(f"delete from {table}")  # noqa: S608

    def told(self) -> dict[str, list[Row]]:
        """Employers, persons, policies and log entries, oldest first."""
        return {
            "employers": self.rows("select uuid, code from employer order by rowid"),
            "persons": self.rows("select uuid, chf_id, last_name, other_names, dob, passport from person order by id"),
            "policies": self.rows(
                "select policy.uuid, chf_id, code product, start_date, effective_date, expiry_date, value, status,"
                " (select group_concat(receipt) from premium where policy_id=policy.id) receipt from policy"
                " join product on product.id=product_id join person using (family_id) order by policy.id"
            ),
            "log": self.rows("select client_mutation_id, client_mutation_label, status, error from log order by id"),
        }

    def _seed(self, products: Iterable[str]) -> None:
        with self.all_or_nothing():
            known = {row["code"] for row in self.rows("select code from product")}
            for code in products:
                if code not in known:
                    self.add("product", code=code, name=f"{code} (practice)")
            if not self.rows("select 1 from officer"):
                self.add("officer", code="PORTAL")
                self.add("village", uuid=str(uuid4()), code="PORTAL", name="Practice village")

    # ---- mutations

    def receive(self, name: str, given: Mapping[str, Any]) -> Row:
        """Write a mutation into the log, before anything is done."""
        row: Row = {
            "uuid": str(uuid4()),
            "name": name,
            "given": json.dumps(dict(given)),
            "client_mutation_id": given.get("clientMutationId"),
            "client_mutation_label": given.get("clientMutationLabel"),
            "status": RECEIVED,
            "error": None,
            "request_date_time": clock.real_now().replace(tzinfo=None).isoformat(timespec="microseconds"),
        }
        return {**row, "id": self.add("log", **row)}

    def work(self, entry: Row, *, receipt_taken: bool = False) -> None:
        """Do what a log entry asks and write down how it ended."""
        step = {"createPolicy": self._create_policy, "createPremium": self._create_premium}.get(entry["name"])
        status, error = DONE, None
        try:
            with self.all_or_nothing():
                if step:
                    step(json.loads(entry["given"]), receipt_taken)
                elif not self._suspend(json.loads(entry["given"])["uuids"]):
                    status, error = FAILED, '["title", "list"]'  # as measured: says nothing, and the others are done
        except Unfit as unfit:
            status, error = FAILED, str(unfit)
        self._end(entry, status, error)

    def fail(self, entry: Row, error: str) -> None:
        """End a log entry without doing anything."""
        self._end(entry, FAILED, error)

    def _end(self, entry: Row, status: int, error: str | None) -> None:
        with self.lock:
            self._db.execute("update log set status=?, error=? where id=?", (status, error, entry["id"]))

    def catch_up(self) -> int:
        """Work on all that was only received, oldest first, as a worker does that starts again."""
        with self.lock:
            waiting = self.rows("select * from log where status=0 order by id")
            for entry in waiting:
                self.work(entry)
        return len(waiting)

    def _create_policy(self, given: Row, receipt_taken: bool) -> None:
        def unfit(detail: str) -> Unfit:
            return Unfit(json.dumps([{"message": "policy.mutation.failed_to_create_policy", "detail": detail}]))

        if date.fromisoformat(given["enrollDate"]) > (self.today or clock.real_now().date()):
            raise unfit("['policy.enroll_date_in_the_future']")
        product = self.rows("select * from product where id=?", given["productId"])
        if not product:
            raise unfit("Product matching query does not exist.")
        if not self.rows("select 1 from person where family_id=?", given["familyId"]):
            raise unfit("Family matching query does not exist.")
        receipt = given.get("receipt") or f"RE-{product[0]['code']}-{given['enrollDate']}-{uuid4().hex[:4]}"
        if receipt_taken or self._taken(receipt, given["productId"]):
            raise unfit("['Receipt already exist for a given product.']")
        policy = self._add_policy(given)
        if given.get("isPaid"):
            self._pay(policy, given["value"], receipt, given["enrollDate"], "C")

    def _add_policy(self, given: Row) -> Row:
        number = self.add(
            "policy",
            uuid=str(uuid4()),
            product_id=given["productId"],
            family_id=given["familyId"],
            officer_id=given["officerId"],
            enroll_date=given["enrollDate"],
            start_date=given["startDate"],
            expiry_date=given["expiryDate"],
            value=_money(given["value"]),
            status=IDLE,
            stage="N",
        )
        return self.rows("select * from policy where id=?", number)[0]

    def _create_premium(self, given: Row, receipt_taken: bool) -> None:
        def unfit(detail: str) -> Unfit:
            return Unfit(json.dumps([{"message": "contribution.mutation.failed_to_create_premium", "detail": detail}]))

        policy = self.rows("select * from policy where uuid=?", given["policyUuid"])
        if not policy:
            raise unfit("policy_uuid_not_found")
        if receipt_taken or self._taken(given["receipt"], policy[0]["product_id"]):
            raise unfit("['mutation.code_already_taken']")
        self._pay(policy[0], given["amount"], given["receipt"], given["payDate"], given.get("payType") or "C")

    def _pay(self, policy: Row, amount: str, receipt: str, pay_date: str, pay_type: str) -> None:
        """A premium.  Once they sum to the value the policy is active, from its first day or the payment, the later."""
        self.add(
            "premium",
            uuid=str(uuid4()),
            policy_id=policy["id"],
            product_id=policy["product_id"],
            amount=_money(amount),
            receipt=receipt,
            pay_date=pay_date,
            pay_type=pay_type,
        )
        premiums = self.rows("select amount from premium where policy_id=?", policy["id"])
        paid = sum(Decimal(premium["amount"]) for premium in premiums)
        if paid >= Decimal(policy["value"]) and policy["status"] in {IDLE, SUSPENDED}:  # as measured
            begins = max(policy["start_date"], pay_date)
            self._db.execute("update policy set status=?, effective_date=? where id=?", (ACTIVE, begins, policy["id"]))

    def _suspend(self, uuids: list[str]) -> bool:
        """Suspend the policies there are; whether all were there."""
        known = [uuid for uuid in uuids if self.rows("select 1 from policy where uuid=?", uuid)]
        for uuid in known:
            self._db.execute("update policy set status=? where uuid=?", (SUSPENDED, uuid))
        return len(known) == len(uuids)

    def _taken(self, receipt: str, product: int) -> bool:
        return self.has("select 1 from premium where receipt=? and product_id=?", receipt, product)

    def has(self, statement: str, *values: Any) -> bool:
        """Whether what is sent anew is there already; never in the eyes of a core that takes everything."""
        return not self.takes_everything and bool(self.rows(statement, *values))


def _money(text: str) -> str:
    """An amount with two decimals, as the core keeps it."""
    return str(Decimal(str(text)).quantize(Decimal("0.01")))
