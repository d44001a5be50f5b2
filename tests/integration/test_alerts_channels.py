"""Messages that really leave the process: Apprise posts to a web server on this machine."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.channels import AppriseChannel, LogChannel, NotToldError, channels_of
from tiebeam.operations.alerts.model import Notice, NoticeEvent, Quiet, Severity
from tiebeam.operations.alerts.plan import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.req("R16")

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
QUIET = Quiet(timedelta(minutes=1), timedelta(minutes=5))
SECRET = "pa55-of-the-hook"


@dataclass
class Hook:
    """A web server that takes what it is posted, or answers with `status`."""

    status: int = 200
    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)

    def url(self, path: str = "") -> str:
        return f"json://annabel:{SECRET}@127.0.0.1:{self.port}/{path}"


@contextmanager
def served() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.taken.append(json.loads(body))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with served() as found:
        yield found


def notice(n: int, severity: Severity, event: NoticeEvent = NoticeEvent.OPENED) -> Notice:
    return Notice(n, n, event, severity, 0, AT, "disk_low", f"s{n}", f"Disk {n} is full.", "Free some.", AT)


async def test_a_message_arrives_with_its_title_and_its_kind(hook: Hook) -> None:
    (channel,) = channels_of(f"critical={hook.url('alerts')}", quiet=QUIET)
    assert (channel.name, channel.threshold, channel.quiet) == ("json", Severity.CRITICAL, QUIET)
    notices = [notice(1, Severity.CRITICAL), notice(2, Severity.WARNING)]
    await channel.send(digest("alder", notices))
    await channel.send(digest("alder", [notice(3, Severity.CRITICAL, NoticeEvent.RESOLVED)]))
    assert [(one["title"], one["type"]) for one in hook.taken] == [
        ("Tiebeam, alder: 1 critical, 1 warning", "failure"),
        ("Tiebeam, alder: 1 resolved", "success"),
    ]
    assert hook.taken[0]["message"] == digest("alder", notices).body


async def test_a_refused_message_says_what_answered_and_never_the_url(
    hook: Hook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    hook.status = 503
    (channel,) = channels_of(hook.url("token-in-path"), quiet=QUIET)
    with caplog.at_level(logging.DEBUG), pytest.raises(NotToldError) as refused:
        await channel.send(digest("alder", [notice(1, Severity.WARNING)]))
    assert "The channel json did not take the message. It answered 503." in str(refused.value)
    told = [str(refused.value), repr(channel), caplog.text, *capfd.readouterr()]
    for secret in (SECRET, "token-in-path", "annabel"):
        assert not [text for text in told if secret in text]


async def test_a_service_that_is_down_is_a_refusal_too() -> None:
    with served() as hook:
        url = hook.url()
    (channel,) = channels_of(url, quiet=QUIET)
    with pytest.raises(NotToldError, match="tiebeam alerts test"):
        await channel.send(digest("alder", [notice(1, Severity.WARNING)]))


def test_channels_are_named_after_their_schemes() -> None:
    found = channels_of("json://a/ info=json://b/?x=y\n  CRITICAL=xml://c", quiet=QUIET)
    assert [(one.name, one.threshold) for one in found] == [
        ("json", Severity.WARNING),
        ("json-2", Severity.INFO),
        ("xml", Severity.CRITICAL),
    ]
    assert channels_of("  ", quiet=QUIET) == []


@pytest.mark.parametrize("entry", ["slakc://xoxb-s3cret", "xoxb-s3cret", "loud=json://s3cret", "slack://"])
def test_a_url_that_cannot_be_used_is_refused_by_its_place(
    entry: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(BadInputError, match="entry 2 is no URL") as refused:
        channels_of(f"json://localhost {entry}", quiet=QUIET)
    told = [str(refused.value), caplog.text, *capfd.readouterr()]
    assert not [text for text in told if "s3cret" in text]
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


async def test_the_log_has_a_line_for_each_alert() -> None:
    message = digest("alder", [notice(1, Severity.CRITICAL), notice(2, Severity.INFO, NoticeEvent.RESOLVED)])
    with structlog.testing.capture_logs() as lines:
        await LogChannel().send(message)
    assert [(line["event"], line["log_level"], line["alert"]) for line in lines] == [
        ("alert.opened", "error", 1),
        ("alert.resolved", "info", 2),
    ]
    assert lines[0]["summary"] == "Disk 1 is full."


def test_a_channel_can_be_made_by_hand_and_its_repr_is_safe() -> None:
    channel = AppriseChannel("pager", f"json://ann:{SECRET}@localhost", Severity.CRITICAL, QUIET)
    assert repr(channel) == "AppriseChannel('pager', critical)"
