"""Log lines: one chain for ours and the libraries', under the ids of the task, without secrets."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from tiebeam.cli.logging import configure_logging
from tiebeam.kernel.correlation import Trail, acceptable, bound, correlation_id, trail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.kernel.clock import ManualClock

TENANT, CONNECTION = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    loggers = [
        logging.getLogger(name) for name in (None, "tiebeam", "uvicorn", "uvicorn.error", "uvicorn.access")
    ]
    before = [(one, one.level, one.handlers[:], one.propagate) for one in loggers]
    yield
    for one, level, handlers, propagate in before:
        one.setLevel(level)
        one.handlers[:] = handlers
        one.propagate = propagate
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.req("W14")
def test_our_lines_and_the_libraries_come_out_alike(clock: ManualClock) -> None:
    stream = io.StringIO()
    configure_logging("debug", clock, stream=stream)
    with bound("click-1", tenant_id=TENANT, connection_id=CONNECTION):
        structlog.get_logger("tiebeam.web").info("page.read", rows=3)
        logging.getLogger("tiebeam.instruments").debug("vendor.call", extra={"rows": 4})
        logging.getLogger("uvicorn.error").warning("closing %s", "soon")
    ours, theirs, foreign = lines(stream)
    ids = {"correlation_id": "click-1", "tenant_id": str(TENANT), "connection_id": str(CONNECTION)}
    when = {"timestamp": "2026-03-02T15:00:00Z"}
    assert ours == {**ids, **when, "level": "info", "logger": "tiebeam.web", "event": "page.read", "rows": 3}
    assert theirs["rows"] == 4
    assert theirs.keys() == ours.keys()
    assert (foreign["event"], foreign["logger"]) == ("closing soon", "uvicorn.error")
    assert foreign.items() >= ids.items()


def test_outside_of_any_act_the_ids_are_empty_and_there(clock: ManualClock) -> None:
    stream = io.StringIO()
    configure_logging("info", clock, stream=stream)
    structlog.get_logger().info("started")
    assert lines(stream)[0].items() >= {"correlation_id": None, "tenant_id": None}.items()


@pytest.mark.parametrize(("level", "seen"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_the_settings(clock: ManualClock, level: str, seen: int) -> None:
    stream = io.StringIO()
    configure_logging(level, clock, stream=stream)
    log = structlog.get_logger("tiebeam.any")
    for say in (log.debug, log.info, log.warning, log.error):
        say("said")
    logging.getLogger("somebody.else").debug("the token is secret")
    assert len(lines(stream)) == seen


def test_configured_again_each_line_is_written_once(clock: ManualClock) -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_logging("info", clock, stream=first)
    configure_logging("info", clock, stream=second)
    structlog.get_logger("tiebeam.any").info("said")
    assert (first.getvalue(), len(lines(second))) == ("", 1)


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.req("W14")
def test_no_secret_reaches_a_line_by_any_way(clock: ManualClock, *, readable: bool) -> None:
    stream = io.StringIO()
    configure_logging("debug", clock, stream=stream, readable=readable, known=["kno-wn-secret", "on"])
    log = structlog.get_logger("tiebeam.any")
    log.info(
        "Authorization: Bearer hunter22", headers={"Authorization": "hunter22"}, body=b"password=hunter22"
    )
    log.info("connecting", url="postgresql://me:hunter22@db/x", inner=[{"refresh_token": "hunter22"}])
    log.info("a hunter kno-wn-secret there")
    logging.getLogger("tiebeam.b").info("url %s", "https://a.example/?sig=hunter22")
    logging.getLogger("tiebeam.b").info("x", extra={"client_secret": "hunter22"})
    try:
        int("token=hunter22")
    except ValueError:
        log.exception("failed")
        logging.getLogger("tiebeam.b").exception("failed")
    told = stream.getvalue()
    assert "hunter22" not in told
    assert "kno-wn-secret" not in told
    assert told.count("ValueError: invalid literal") == 2
    assert "connecti[" not in told, "too short a secret is no secret"


def test_a_line_that_cannot_be_made_says_so_and_tells_nothing(clock: ManualClock) -> None:
    stream = io.StringIO()
    configure_logging("info", clock, stream=stream)
    told = ("tiebeam.any", logging.INFO, "any.py", 7, "%d of them", ("password=hunter22",), None)
    # To ours alone: that of pytest raises what ours has to bear.
    logging.getLogger().handlers[-1].handle(logging.LogRecord(*told))
    found = lines(stream)
    assert [line["event"] for line in found] == ["logging.line_lost"]
    assert "hunter22" not in stream.getvalue()


def test_for_people_a_line_is_short(clock: ManualClock) -> None:
    stream = io.StringIO()
    configure_logging("info", clock, stream=stream, readable=True)
    structlog.get_logger("tiebeam.any").info("page.read", rows=3)
    logging.getLogger("tiebeam.any").info("sneaky\x1b[2Jline")
    first, second = stream.getvalue().splitlines()
    assert first.startswith("15:00:00 ")
    assert "rows=3" in first
    assert "correlation_id" not in first
    assert "\x1b" not in second


def test_one_id_goes_from_the_entry_through_every_task() -> None:
    async def work() -> list[str | None]:
        with bound() as outer:
            found = await asyncio.gather(*(asyncio.create_task(_id_of_a_task()) for _ in range(3)))
            with bound(tenant_id=TENANT) as inner:
                assert inner == outer
                assert trail() == Trail(outer, TENANT, None)
        return [outer, *found]

    assert len(set(asyncio.run(work()))) == 1
    assert trail() == Trail()
    assert correlation_id() is None


async def _id_of_a_task() -> str | None:
    await asyncio.sleep(0)
    return correlation_id()


def test_each_act_has_an_id_of_its_own() -> None:
    with bound() as one:
        pass
    with bound() as two:
        pass
    assert one != two
    assert len(one) == 32


@pytest.mark.parametrize("forged", ["", "a b", 'a","level":"error', "a\nb", "x" * 65, "-a", "é"])
def test_an_id_that_could_forge_a_line_is_not_taken(forged: str) -> None:
    assert acceptable(forged) is None
    if forged:
        with pytest.raises(ValueError, match="1 to 64"), bound(forged):
            pass
