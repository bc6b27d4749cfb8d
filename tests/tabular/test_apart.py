"""A reader in its child: what it may take, what it can see, and that the process that asked goes on."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from portal.tabular.apart import BrokeDown, Share, TooMuchWork, call
from tests.tabular import in_a_child

pytestmark = pytest.mark.wide
HERE = in_a_child.__name__
SHARE = Share(512 << 20, 60)


def test_work_is_done_and_answered() -> None:
    assert call(f"{HERE}:size", b"x" * 5_000_000, ["é", 1, None], SHARE) == [5_000_000, ["é", 1, None]]


@pytest.mark.parametrize(
    ("work", "asked", "share"),
    [
        ("spin", None, Share(512 << 20, 1)),
        ("sleep", None, Share(512 << 20, 1)),
        ("grow", 1 << 30, SHARE),
        ("end", None, SHARE),
    ],
)
def test_a_child_beyond_its_share_is_stopped_and_the_next_one_works(work: str, asked: object, share: Share) -> None:
    began = time.monotonic()
    with pytest.raises(TooMuchWork):
        call(f"{HERE}:{work}", b"", asked, share)
    assert time.monotonic() - began < 5
    assert call(f"{HERE}:grow", b"", 100 << 20, SHARE) == 100 << 20


def test_a_child_writes_no_file(tmp_path: Path) -> None:
    with pytest.raises((TooMuchWork, BrokeDown)):
        call(f"{HERE}:write", b"", str(tmp_path / "left"), SHARE)
    assert [path.stat().st_size for path in tmp_path.iterdir()] in ([], [0])


def test_a_fault_is_told_by_its_kind_and_nothing_of_the_file(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(BrokeDown):
        call(f"{HERE}:fail", b"Chanda Mwale", None, SHARE)
    assert "ValueError" in caplog.text
    assert "Chanda" not in caplog.text


def test_a_child_sees_no_setting_no_connection_and_nobody_to_talk_to(
    monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    seen = call(f"{HERE}:around", b"", None, SHARE)
    assert set(seen["environment"]) <= {"LC_CTYPE"}  # Python sets that one itself
    assert len([file for file in seen["files"] if file.startswith("socket:")]) == 1
    assert {file for file in seen["files"] if not file.startswith("socket:")} == {"/dev/null"}
    assert seen["modules"] == []
    assert seen["memory"] == SHARE.memory


def test_a_steward_that_was_killed_is_replaced() -> None:
    steward = call(f"{HERE}:around", b"", None, SHARE)["parent"]
    os.kill(steward, signal.SIGKILL)
    time.sleep(0.1)
    assert call(f"{HERE}:around", b"", None, SHARE)["parent"] != steward


def test_a_child_that_is_killed_as_it_begins_is_tried_once_more_and_one_that_ends_by_itself_is_told() -> None:
    steward = call(f"{HERE}:around", b"", None, SHARE)["parent"]
    os.kill(steward, signal.SIGSTOP)  # it takes the connection and is killed before it forks
    threading.Timer(0.2, os.kill, (steward, signal.SIGKILL)).start()
    assert call(f"{HERE}:size", b"xx", 7, SHARE) == [2, 7]
    with pytest.raises(TooMuchWork):
        call(f"{HERE}:end", b"", None, SHARE)


def test_many_at_once_each_get_their_own_answer() -> None:
    found: dict[int, object] = {}

    def ask(number: int) -> None:
        found[number] = call(f"{HERE}:size", b"x" * number, number, SHARE)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [number, number] for number in range(16)}


def test_a_worker_forked_from_ours_has_a_steward_of_its_own() -> None:
    ours = call(f"{HERE}:around", b"", None, SHARE)["parent"]
    out, into = os.pipe()
    if os.fork() == 0:  # as a broker's worker does
        os.write(into, str(call(f"{HERE}:around", b"", None, SHARE)["parent"]).encode())
        os._exit(0)
    theirs = int(os.read(out, 20))
    assert theirs != ours
    assert call(f"{HERE}:around", b"", None, SHARE)["parent"] == ours
    deadline = time.monotonic() + 5
    while Path(f"/proc/{theirs}").exists() and time.monotonic() < deadline:  # it ends with the worker
        time.sleep(0.05)
    assert not Path(f"/proc/{theirs}").exists() or "Z" in Path(f"/proc/{theirs}/stat").read_text()
