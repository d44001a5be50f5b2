"""The judge of the kills sees what it is there to see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from tests.crash.judge import judge
from tests.crash.parts import Killed
from tests.crash.record import Seen

START = datetime(2026, 3, 2, tzinfo=UTC)
_CHANGES = count(1)


def at(seconds: float, what: str, subject: str = "7", worker: int | None = None, **more: object) -> Seen:
    change = more.get("change") or next(_CHANGES)
    assert isinstance(change, int)
    return Seen(START + timedelta(seconds=seconds), change, what, subject, worker, str(more.get("state", "")))


def killed(seconds: float, pid: int) -> Killed:
    return Killed("worker-1", pid, START + timedelta(seconds=seconds))


TWO_WORKERS = [at(0, "joined", "host/100", 1), at(0, "joined", "host/200", 2), at(0, "queued")]


def test_a_job_of_a_killed_worker_is_timed_until_another_has_it() -> None:
    found = judge(
        [
            *TWO_WORKERS,
            at(1, "taken", worker=1),
            at(11, "struck off", "host/100", 1),
            at(11, "laid down", worker=1, state="ready"),
            at(12, "taken", worker=2),
            at(13, "ended", worker=2),
        ],
        [killed(2, 100)],
    )
    assert found.resumed_seconds == [10.0]
    assert (found.taken, found.never_resumed, found.in_two_hands, found.taken_for_dead) == (2, [], [], 0)
    assert found.queued == {"7"}


def test_a_job_that_nobody_takes_again_is_missed() -> None:
    held = judge([*TWO_WORKERS, at(1, "taken", worker=1)], [killed(2, 100)])
    assert held.never_resumed == ["7"]
    put_back = [*TWO_WORKERS, at(1, "taken", worker=1), at(11, "laid down", worker=1, state="ready")]
    assert judge(put_back, [killed(2, 100)]).never_resumed == ["7"]


def test_what_a_worker_sent_before_it_was_killed_counts() -> None:
    ended = [*TWO_WORKERS, at(1, "taken", worker=1), at(2.1, "ended", worker=1)]
    found = judge(ended, [killed(2, 100)])
    assert (found.resumed_seconds, found.never_resumed) == ([], [])


def test_a_job_taken_from_a_living_worker_is_in_two_hands() -> None:
    found = judge(
        [
            *TWO_WORKERS,
            at(1, "taken", worker=1),
            at(9, "struck off", "host/100", 1),
            at(9, "laid down", worker=1, state="ready"),
            at(10, "taken", worker=2),
        ],
        [],
    )
    assert (found.taken_for_dead, found.in_two_hands) == (1, ["7"])


def test_a_job_taken_without_having_been_laid_down_is_in_two_hands() -> None:
    found = judge([*TWO_WORKERS, at(1, "taken", worker=1), at(2, "taken", worker=2)], [])
    assert found.in_two_hands == ["7"]


def test_a_worker_may_change_its_number_and_leave() -> None:
    found = judge(
        [
            *TWO_WORKERS,
            at(1, "taken", worker=1),
            at(2, "struck off", "host/100", 1, change=50_000),
            at(2, "joined", "host/100", 3, change=50_000),
            at(2, "renumbered", worker=3),
            at(3, "ended", worker=3),
            at(4, "struck off", "host/100", 3),
        ],
        [],
    )
    assert (found.taken_for_dead, found.in_two_hands) == (0, [])


def test_a_tick_acted_on_twice_is_seen() -> None:
    assert judge([at(0, "ticked", "t/s/1"), at(1, "ticked", "t/s/1")], []).ticks_acted_twice == ["t/s/1"]
