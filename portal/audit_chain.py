"""
Proof that the audit log is as it was written: its rows sealed into blocks, each block chained to the one before.

Those who write only add plain rows; a job seals them a little later, so nobody waits for a chain.  A block covers every
number from *from_id* to *to_id*: a row that is changed, removed or slipped in changes its digest, and a block that is
changed or taken out breaks the next.  Only the end of the chain could be cut off together with its rows: the hash of
the latest block is there to be published, and ``flask audit verify --expect HASH`` finds whether it is still in it.

A number may be given out and its row committed later than a higher one.  The job therefore notes the highest number,
then waits until everybody who was writing at that moment has finished: from then on no row can come below it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import BigInteger, CheckConstraint, Text, cast, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import db
from portal.audit import AuditEvent
from portal.db import Base
from portal.words import Words, _

#: Numbers a block at most: where something was changed is known as closely as that.
BLOCK = 5_000
#: What the first block is chained to.
NOTHING = "0" * 64
#: Seconds to wait for those who are writing.
PATIENCE = 20
_POLL = 0.05
_ONE_AT_A_TIME = text("SELECT pg_try_advisory_xact_lock(hashtextextended('audit chain', 0))")
#: Whoever may still commit a row below a number given out already: writers take this lock before they get a number.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' "
    "AND relation = 'audit_event'::regclass AND database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database()) AND pid <> pg_backend_pid()"
)


class AuditBlock(Base):
    """One sealed stretch of the audit log.  The database refuses to change or delete it."""

    __tablename__ = "audit_block"
    __table_args__ = (CheckConstraint("from_id <= to_id", name="stretch"),)

    #: 1, 2, 3 …
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    to_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    #: Rows in it: fewer than numbers, where a transaction gave its numbers up.
    count: Mapped[int]
    sealed_at: Mapped[datetime]
    #: SHA-256 of the rows.
    rows_hash: Mapped[str]
    previous: Mapped[str]
    #: SHA-256 of all of the above.
    hash: Mapped[str] = mapped_column(unique=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed."""

    block: int
    words: Words


@dataclass(slots=True)
class Found:
    """What a check of the whole chain found.  *unsealed* rows are younger than the last block."""

    blocks: int = 0
    rows: int = 0
    unsealed: int = 0
    latest: str = NOTHING
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything sealed is as it was."""
        return not self.faults


def seal(*, at: datetime, patience: float = PATIENCE) -> int:
    """
    Seal what can be sealed, a block a transaction; how many blocks were made.

    Nothing is sealed while somebody who is writing does not finish within *patience* seconds, or another one seals.
    """
    top = _settled(patience)
    made = 0
    while top is not None and _seal_one(top, at):
        made += 1
    return made


def _settled(patience: float) -> int | None:
    """The highest number below which no row can come any more; None when that cannot be known yet."""
    with db.reading() as session:
        top = session.scalar(select(func.max(AuditEvent.id)))
    writing = _writers()  # asked after the number: whoever begins now gets a higher one
    until = time.monotonic() + patience
    while writing:
        if time.monotonic() >= until:
            return None
        time.sleep(_POLL)
        writing &= _writers()
    return top


def _writers() -> set[str]:
    with db.reading() as session:
        return set(session.scalars(_WRITERS))


def _seal_one(top: int, at: datetime) -> bool:
    """Seal the next block up to *top*; False when there is nothing left to seal."""
    with db.writing() as session:
        if not session.scalar(_ONE_AT_A_TIME):
            return False
        last = session.scalar(select(AuditBlock).order_by(AuditBlock.number.desc()).limit(1))
        first = last.to_id + 1 if last else 1
        if first > top:
            return False
        to = min(top, first + BLOCK - 1)
        digest, count = _digest(session, first, to)
        block = AuditBlock(
            number=last.number + 1 if last else 1, from_id=first, to_id=to, count=count, sealed_at=at,
            rows_hash=digest, previous=last.hash if last else NOTHING,
        )  # fmt: skip
        block.hash = hash_of(block)
        session.add(block)
    return True


def hash_of(block: AuditBlock) -> str:
    """What a block's hash must be."""
    sealed = block.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (block.number, block.from_id, block.to_id, block.count, sealed, block.rows_hash, block.previous)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


#: A row as it is sealed: every column as text, the moment in microseconds since 1970, the fields as PostgreSQL
#: writes them.
_COLUMNS = (
    AuditEvent.id,
    cast(func.extract("epoch", AuditEvent.at) * 1_000_000, BigInteger),
    AuditEvent.event,
    AuditEvent.account_id,
    AuditEvent.person_id,
    AuditEvent.employer_id,
    AuditEvent.on_behalf_id,
    AuditEvent.subject,
    cast(AuditEvent.fields, Text),
)


def row_text(row: tuple[object, ...]) -> str:
    """
    A row as one text that no other row has: each value behind its length, an empty one as a dash.

    >>> row_text((7, None, "a"))
    '1:7-1:a'
    """
    return "".join("-" if value is None else f"{len(written := str(value))}:{written}" for value in row)


def _digest(session: Session, first: int, to: int) -> tuple[str, int]:
    """The digest of the rows numbered *first* to *to*, both included, and how many there are."""
    rows = session.execute(select(*_COLUMNS).where(AuditEvent.id.between(first, to)).order_by(AuditEvent.id))
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(row_text(tuple(row)).encode() + b"\n")
        count += 1
    return digest.hexdigest(), count


def verify(session: Session, *, expect: str = "") -> Found:
    """
    Compute every block again from the rows, and compare.  Of *expect*, a hash published earlier: is it in the chain?

    Reads everything, some 200,000 rows a second.
    """
    found = Found()
    hashes = set()
    for before, block in _pairs(session):
        found.faults += _faults(session, before, block)
        found.blocks, found.rows, found.latest = found.blocks + 1, found.rows + block.count, block.hash
        hashes.add(block.hash)
        top = block.to_id
    top = top if found.blocks else 0
    found.unsealed = session.scalar(select(func.count()).where(AuditEvent.id > top)) or 0
    below = session.scalar(select(func.count()).where(AuditEvent.id < 1)) or 0
    if below:
        found.faults.append(Fault(1, _("%(n)s rows stand before the first block.", n=below)))
    if expect and expect not in hashes:
        words = _("No block has the hash that was published. The end of the log was cut off, or all of it replaced.")
        found.faults.append(Fault(found.blocks, words))
    return found


def _pairs(session: Session) -> Iterator[tuple[AuditBlock | None, AuditBlock]]:
    before = None
    for block in session.scalars(select(AuditBlock).order_by(AuditBlock.number).execution_options(yield_per=1000)):
        yield before, block
        before = block


def _faults(session: Session, before: AuditBlock | None, block: AuditBlock) -> list[Fault]:
    """What is wrong with one block: its place in the chain, itself, its rows."""
    found = []
    at = {"block": block.number, "first": block.from_id, "last": block.to_id}
    follows = (before.number + 1, before.to_id + 1, before.hash) if before else (1, 1, NOTHING)
    if (block.number, block.from_id, block.previous) != follows:
        found.append(_("Block %(block)s does not follow the one before it: a block was removed or replaced.", **at))
    if block.hash != hash_of(block):
        found.append(_("Block %(block)s was changed after it was sealed.", **at))
    digest, count = _digest(session, block.from_id, block.to_id)
    if count != block.count:
        words = _(
            "Block %(block)s (rows %(first)s to %(last)s) was sealed with %(sealed)s rows and now has %(count)s.",
            sealed=block.count, count=count, **at,
        )  # fmt: skip
        found.append(words)
    elif digest != block.rows_hash:
        found.append(_("In block %(block)s (rows %(first)s to %(last)s) a row was changed.", **at))
    return [Fault(block.number, words) for words in found]


def latest(session: Session) -> AuditBlock | None:
    """The last block: its hash is what one publishes."""
    return session.scalar(select(AuditBlock).order_by(AuditBlock.number.desc()).limit(1))


def unsealed(session: Session) -> int:
    """How many rows wait to be sealed."""
    top = session.scalar(select(func.max(AuditBlock.to_id))) or 0
    return session.scalar(select(func.count()).where(AuditEvent.id > top)) or 0
