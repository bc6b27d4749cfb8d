"""
The database: column types, names of constraints, and the two ways to open a transaction.

``writing()`` is one user action or one job step and commits at its end; it is the only place
that commits.  ``reading()`` is kept read-only by PostgreSQL itself.  Services get a session
and never commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Engine, Identity, Integer, MetaData, create_engine, event, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from portal.errors import NotFound
from portal.scheme.calendars import Month

#: Where ``writing()`` leaves word that a job should wake up after the commit.
WAKE = "wake"
#: Marks the sessions of ``reading()``.
READ_ONLY = "read only"


class MonthColumn(TypeDecorator[Month]):
    """A contribution month, stored as year * 100 + number in the scheme's own calendar."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Month | None, dialect: Dialect) -> int | None:
        return None if value is None else value.as_int

    def process_result_value(self, value: int | None, dialect: Dialect) -> Month | None:
        return None if value is None else Month.from_int(value)


#: A row's own number; never shown outside.
Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
#: The name of a thing in addresses and messages.
PublicId = Annotated[UUID, mapped_column(server_default=text("gen_random_uuid()"), unique=True)]
#: An amount in minor units of the currency that stands beside it.
Money = Annotated[int, mapped_column(BigInteger)]
#: A reference to another row.
Ref = Annotated[int, mapped_column(BigInteger)]
#: A moment with its time zone.
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """Every table.  Constraints have predictable names so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {
        Month: MonthColumn(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


_engine: Engine | None = None
_wake: Callable[[], None] | None = None


def address(url: str) -> str:
    """A database address as SQLAlchemy wants it: PostgreSQL is spoken through psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def plain(url: str) -> str:
    """The same address for psycopg itself, where rows are copied in and out."""
    return address(url).replace("postgresql+psycopg://", "postgresql://", 1)


def bind(url: str, *, pool: int = 5) -> Engine:
    """Use the database at *url* from here on, in this process."""
    global _engine
    if _engine is not None:
        _engine.dispose()
    _engine = create_engine(
        address(url), pool_size=pool, max_overflow=5, pool_pre_ping=True, connect_args={"options": "-c timezone=UTC"},
        hide_parameters=True,  # what somebody typed must not stand in the words of a failure
    )  # fmt: skip
    event.listen(_engine, "connect", _keep_prepared)
    return _engine


def _keep_prepared(connection: Any, _record: object) -> None:
    """
    Let a connection keep all our statements prepared.

    The portal has some hundreds; with psycopg's 100 each would push another out, and be planned again next time.
    """
    connection.prepared_max = 1000


def engine() -> Engine:
    """The engine of this process; `bind` comes first."""
    if _engine is None:
        raise RuntimeError("no database is bound; call db.bind(url) first")
    return _engine


def on_wake(wake: Callable[[], None] | None) -> None:
    """Call *wake* after each commit that left something in the outbox."""
    global _wake
    _wake = wake


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction that PostgreSQL refuses to let write, seen as of one moment."""
    with Session(engine(), expire_on_commit=False, info={READ_ONLY: True}) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """One user action: everything in it is stored together, or nothing is."""
    with Session(engine(), expire_on_commit=False) as session:
        with session.begin():
            yield session
        if session.info.pop(WAKE, False) and _wake is not None:
            _wake()


Row = TypeVar("Row", bound="Base")


def by_public_id(session: Session, table: type[Row], public_id: UUID, *, lock: bool = False) -> Row:
    """The row of that name; read afresh when it is locked.  NotFound when there is none."""
    column: Any = table.public_id  # type: ignore[attr-defined]  # of every table that has addresses
    statement = select(table).where(column == public_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise NotFound(table.__tablename__)
    return found


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """
    Store many rows with one COPY, inside the session's own transaction.

    JSON values must be given as text.  Table and column names are ours, never a visitor's.
    """
    session.flush()
    connection = session.connection().connection.driver_connection
    assert connection is not None
    names = ", ".join(columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def day_range(on: date, from_day: Any, to_day: Any) -> Any:
    """The condition that *on* lies inside from_day..to_day, both inclusive, an empty to_day being open."""
    return (from_day <= on) & ((to_day.is_(None)) | (to_day >= on))


class PracticeClock(Base):
    """The one row that says how far the clock of a practice installation is moved.  Empty in production."""

    __tablename__ = "practice_clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    offset_seconds: Mapped[int] = mapped_column(BigInteger)


def stored_offset(session: Session) -> timedelta:
    """How far the practice clock is moved; zero when nobody moved it."""
    seconds = session.scalar(select(PracticeClock.offset_seconds).where(PracticeClock.id == 1))
    return timedelta(seconds=seconds or 0)


def store_offset(session: Session, offset: timedelta) -> None:
    """Move the practice clock for web, worker and timetable alike."""
    row = session.get(PracticeClock, 1) or PracticeClock(id=1)
    row.offset_seconds = int(offset.total_seconds())
    session.add(row)
