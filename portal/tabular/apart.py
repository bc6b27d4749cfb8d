"""
A stranger's bytes are read in a child process, with a bounded share of memory and time, and without a secret.

The first call starts a *steward*: a small process that has the readers loaded and forks a child for each piece of work
(some milliseconds, where starting Python anew takes two hundred).  It begins with an empty environment and no open file
but its one socket, so it and its children know no address, no password and no connection to the database.  The kernel
stops a child at its limits; whoever asked gets `TooMuchWork` and goes on.  The steward ends with its parent.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

log = logging.getLogger("portal.apart")

_LENGTH = struct.Struct("!Q")
_MOST_ANSWER = 256 * 1024 * 1024
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from portal.tabular import apart; apart.steward(int(sys.argv[2]))"
#: Seconds beyond its own clock after which a child that is still silent is given up.
_GRACE = 5
#: Seconds within which a child that ended without an answer has hardly begun.
_AT_ONCE = 1


class TooMuchWork(Exception):
    """The child reached a limit of memory or time, or ended in the middle of its work."""


class BrokeDown(Exception):
    """The function failed on what it was given: a damaged file, or a mistake of ours."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a child may take: *memory* in bytes of address space, *seconds* of processor and of clock."""

    memory: int
    seconds: int


@dataclass(slots=True)
class _Steward:
    process: subprocess.Popen[bytes]
    control: socket.socket
    owner: int  # the process that started it: a fork of that one starts its own


_lock = threading.Lock()
_running: _Steward | None = None


def call(work: str, content: bytes, asked: Any, share: Share) -> Any:
    """
    The answer of ``module:function`` to ``function(content, asked)``, worked out in a child; both sides are JSON.

    Raises `TooMuchWork` when the child is stopped, `BrokeDown` when the function fails; its fault is logged by its kind
    only, for its words may hold what stood in the file.  A child that is gone at once is tried once more: a steward
    that is being killed takes it along, and no file is to blame for that.
    """
    began = time.monotonic()
    try:
        return _call(work, content, asked, share)
    except TooMuchWork:
        if time.monotonic() - began > _AT_ONCE:
            raise
        return _call(work, content, asked, share)


def _call(work: str, content: bytes, asked: Any, share: Share) -> Any:
    deadline = time.monotonic() + share.seconds + _GRACE
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _hand_over(theirs)
        try:
            answer = _exchange(ours, {"work": work, "asked": asked, "share": [share.memory, share.seconds]},
                               content, deadline)  # fmt: skip
        except (OSError, EOFError):  # timed out, or closed before the answer was whole
            raise TooMuchWork from None
    if "fault" in answer:
        log.error("a reader failed in its child: %s in %s", answer["fault"], work)
        raise BrokeDown
    return answer["answer"]


def warm() -> None:
    """Start the steward now, so that the first file of this process need not wait for it."""
    with _lock:
        _steward()


def _exchange(ours: socket.socket, order: dict[str, Any], content: bytes, deadline: float) -> dict[str, Any]:
    """Send an order with its content and wait for the answer until *deadline* (of the monotonic clock)."""
    head = json.dumps(order).encode()
    ours.settimeout(max(0.1, deadline - time.monotonic()))
    for part in (_LENGTH.pack(len(head)), head, _LENGTH.pack(len(content)), content):
        ours.sendall(part)
    answer: dict[str, Any] = json.loads(_received(ours, deadline))
    return answer


def _received(connection: socket.socket, deadline: float | None = None) -> bytes:
    """One piece with its length before it.  Raises EOFError when it ends early or is longer than any answer."""
    length = _LENGTH.unpack(_exactly(connection, _LENGTH.size, deadline))[0]
    if length > _MOST_ANSWER:
        raise EOFError
    return bytes(_exactly(connection, length, deadline))


def _exactly(connection: socket.socket, length: int, deadline: float | None) -> bytearray:
    whole, at = bytearray(length), 0
    view = memoryview(whole)
    while at < length:
        if deadline is not None:
            connection.settimeout(max(0.1, deadline - time.monotonic()))
        got = connection.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got
    return whole


def _hand_over(connection: socket.socket) -> None:
    """Give *connection* to the steward, who gives it to a child; one that is gone is replaced."""
    with _lock:
        try:
            socket.send_fds(_steward().control, [b"w"], [connection.fileno()])
        except OSError:
            _end()
            socket.send_fds(_steward().control, [b"w"], [connection.fileno()])


def _steward() -> _Steward:
    global _running
    if _running is None or _running.owner != os.getpid():
        ours, theirs = socket.socketpair()
        root = str(Path(__file__).parents[2])
        command = [sys.executable, "-I", "-c", _CODE, root, str(theirs.fileno())]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd="/", env={}, start_new_session=True,
                                   pass_fds=[theirs.fileno()])  # fmt: skip
        theirs.close()
        _running = _Steward(process, ours, os.getpid())
    return _running


def _end() -> None:
    """Forget a steward that no longer answers."""
    global _running
    if _running is not None:
        _running.control.close()
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            _running.process.wait(timeout=1)
    _running = None


def steward(number: int) -> None:
    """In the steward: fork a child for each connection that arrives, until the parent is gone."""
    import_module("portal.tabular.reading")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    control = socket.socket(fileno=number)
    while True:
        message, found, _flags, _address = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for each in found:
            if os.fork() == 0:
                control.close()
                _child(socket.socket(fileno=each))
            os.close(each)


def _child(connection: socket.socket) -> None:
    """In the child: take the order, bind oneself to its share, work, answer, end; never return."""
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)  # what a reader prints may repeat what stands in the file
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        order = json.loads(_received(connection))
        _bind(Share(*order["share"]))
        connection.sendall(_answer(order, _received(connection)))
        code = 0
    finally:
        os._exit(code)


def _bind(share: Share) -> None:
    """From here on the kernel ends this process when it takes more than its share."""
    gc.disable()  # nothing here is garbage before the end, and looking for it is a third of the time
    for limit, most in (
        (resource.RLIMIT_AS, share.memory),
        (resource.RLIMIT_CPU, share.seconds),
        (resource.RLIMIT_FSIZE, 0),  # it writes no file
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        hard = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (most, most) if hard == resource.RLIM_INFINITY or most <= hard else (hard, hard))
    signal.setitimer(signal.ITIMER_REAL, share.seconds)  # nobody handles the alarm: it ends the process


def _answer(order: dict[str, Any], content: bytes) -> bytes:
    module, _colon, name = order["work"].partition(":")
    try:
        said = {"answer": getattr(import_module(module), name)(content, order["asked"])}
    except MemoryError:
        os._exit(1)  # as what else runs out of memory: the parent hears nothing
    except Exception as fault:  # whatever it was, the parent hears its kind and nothing of the file
        said = {"fault": type(fault).__name__}
    answer = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return _LENGTH.pack(len(answer)) + answer
