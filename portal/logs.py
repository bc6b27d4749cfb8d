"""
What is written down while the portal runs: one line an event, as JSON in production and to be read by people elsewhere.

Nothing about a person goes in.  What failed is told by its class, by the statement's code and by the places in the
program: the words of an exception, and above all of a database's, repeat what somebody typed.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from typing import Any, TextIO

import psycopg

from portal import trace

OURS = Path(__file__).resolve().parent
#: Places of the program that are told of a failure, the last ones.
PLACES = 12
#: Failures behind a failure that are told.
CAUSES = 4
#: Letters of a line of others that are kept.
LONGEST = 300
#: What a logger of others may say beside warnings.
LEVELS = {"portal": logging.INFO, "gunicorn.error": logging.INFO, "celery.apps.worker": logging.INFO}


def set_up(*, production: bool, stream: TextIO | None = None) -> None:
    """Write everything that is logged in this process to *stream* (standard error), a line each."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(AsJson() if production else AsText())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    for name, level in LEVELS.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(level)


def note(log: logging.Logger, event: str, level: int = logging.INFO, **fields: object) -> None:
    """Write one event with its fields: numbers, codes and names of ours, nothing a visitor typed."""
    if log.isEnabledFor(level):
        log.log(level, event, extra={"fields": fields})


class AsJson(logging.Formatter):
    """One event as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "process": record.process,
            "event": said(record),
            **_fields(record),
        }
        return json.dumps(line, ensure_ascii=False, default=lambda thing: type(thing).__name__)


class AsText(logging.Formatter):
    """The same, to be read on a screen."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; of a failure one more a place."""
        fields = _fields(record)
        places = fields.pop("where", [])
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        told = "".join(f" {name}={value}" for name, value in fields.items() if value != "")
        head = f"{at} {record.levelname.lower():7} {record.name}: {said(record)}{told}"
        return "\n".join([head, *(f"    {place}" for place in places)]).replace("\0", "")


def said(record: logging.LogRecord) -> str:
    """What a record says, without the words of exceptions; of others' lines the first, for a traceback may follow."""
    if record.name.partition(".")[0] == "portal":
        return _said(record)
    return (_said(record).splitlines() or [""])[0][:LONGEST]


def _said(record: logging.LogRecord) -> str:
    if isinstance(record.args, Mapping) and "exc" in record.args:  # Celery's, of a job that failed
        return f"job {record.args.get('name')} {record.args.get('description', 'failed')}"
    message = type(record.msg).__name__ if isinstance(record.msg, BaseException) else str(record.msg)
    args = record.args
    if isinstance(args, tuple):
        args = tuple(type(arg).__name__ if isinstance(arg, BaseException) else arg for arg in args)
    try:
        return message % args if args else message
    except (TypeError, ValueError, KeyError):
        return message


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = {"reference": trace.current(), **getattr(record, "fields", {})}
    return fields | failure(record.exc_info[1]) if record.exc_info and record.exc_info[1] else fields


def failure(problem: BaseException) -> dict[str, Any]:
    """What went wrong, and where in the program: classes, codes of the database, lines."""
    told: dict[str, Any] = {"failure": type(problem).__name__}
    causes: list[str] = []
    cause = problem
    while (behind := cause.__cause__ or cause.__context__) is not None and len(causes) < CAUSES:
        causes.append(type(behind).__name__)
        cause = behind
    if causes:
        told["because"] = causes
    answer = getattr(problem, "orig", problem)  # what SQLAlchemy wraps
    if isinstance(answer, psycopg.Error) and answer.sqlstate:
        told["sqlstate"], told["constraint"] = answer.sqlstate, answer.diag.constraint_name or ""
    told["where"] = _places(problem)
    return told


def _places(problem: BaseException) -> list[str]:
    """Where it passed through our own program, and the place itself, which may be in a library."""
    frames = [(Path(frame.f_code.co_filename), line, frame.f_code.co_name)
              for frame, line in walk_tb(problem.__traceback__)]  # fmt: skip
    ours = [frame for frame in frames[:-1] if frame[0].is_relative_to(OURS)][-PLACES:]
    return [f"{_short(path)}:{line} {function}" for path, line, function in (*ours, *frames[-1:])]


def _short(path: Path) -> Path:
    return path.relative_to(OURS.parent) if path.is_relative_to(OURS) else Path(*path.parts[-3:])
