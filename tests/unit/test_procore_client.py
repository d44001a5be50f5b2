from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.factories.connector_ports import NumberedTokens, RecordingGate, ScriptedTransport, answer

from tiebeam.connectors.answers import parse_json
from tiebeam.connectors.outcomes import (
    BAD_CERTIFICATE,
    TIMED_OUT,
    UNREACHABLE,
    Place,
    VendorError,
    transport_error,
)
from tiebeam.connectors.ports import Refusal, RefusalKind, Response, Share
from tiebeam.connectors.procore.client import Call, Got, ProcoreClient
from tiebeam.connectors.procore.limits import pause_seconds, sighting_of
from tiebeam.kernel.backoff import Backoff
from tiebeam.kernel.clock import ManualClock
from tiebeam.kernel.errors import TiebeamError

START = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 15:30:00 GMT"
RFIS = Call("/rest/v1.0/projects/5/rfis", (("page", "1"),), Share.POLL, Place.TOOL)


class Desk:
    def __init__(self, *script: Response | Exception, **options: Any) -> None:
        self.transport = ScriptedTransport(*script)
        self.gate = RecordingGate()
        self.tokens = NumberedTokens()
        self.clock = ManualClock(START)
        self.client = ProcoreClient(
            base_url="https://api.example/",
            company_id=options.pop("company_id", "1000"),
            gate=self.gate,
            tokens=self.tokens,
            transport=self.transport,
            clock=self.clock,
            chance=lambda: 0.0,
            **options,
        )

    async def get(self, call: Call = RFIS) -> Got[Any] | Refusal:
        return await self.client.get(call, lambda response: parse_json(response.body))

    @property
    def waited(self) -> float:
        return self.clock.monotonic()


async def test_a_call_passes_the_gate_and_names_its_company() -> None:
    desk = Desk(answer([1], date=DATE, x_rate_limit_remaining="24"))
    got = await desk.get()
    assert isinstance(got, Got)
    assert (got.value, got.calls, desk.client.calls) == ([1], 1, 1)
    (request,) = desk.transport.requests
    assert (request.method, request.url) == ("GET", "https://api.example/rest/v1.0/projects/5/rfis")
    assert request.query == (("page", "1"),)
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Procore-Company-Id"] == "1000"
    assert desk.gate.entered == [Share.POLL]
    assert desk.gate.sightings[0].remaining == 24
    assert got.sighting.date == START


@pytest.mark.parametrize("path", ["/rest/v1.0/me", "/rest/v1.0/companies"])
async def test_two_paths_name_the_company_for_a_service_account_alone(path: str) -> None:
    user, service = Desk(answer([])), Desk(answer([]), service_account=True)
    for desk in (user, service):
        await desk.get(Call(path))
    assert "Procore-Company-Id" not in user.transport.requests[0].headers
    assert service.transport.requests[0].headers["Procore-Company-Id"] == "1000"


@pytest.mark.req("P2", "W16")
async def test_a_refused_token_is_replaced_once() -> None:
    desk = Desk(answer({"message": "expired"}, 401), answer([1]))
    got = await desk.get()
    assert isinstance(got, Got)
    assert got.calls == 2
    assert desk.tokens.replaced == ["token-1"]
    assert desk.transport.requests[1].headers["Authorization"] == "Bearer token-2"
    assert desk.waited == 0


async def test_a_token_refused_twice_blocks() -> None:
    desk = Desk(answer({"message": "no"}, 401))
    with pytest.raises(VendorError) as caught:
        await desk.get()
    assert caught.value.code == "procore.token_refused"
    assert len(desk.transport.requests) == 2


async def test_a_revoked_grant_comes_through_from_the_token_source(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(answer({"message": "no"}, 401))

    async def revoked(_stale: str) -> str:
        raise TiebeamError("The grant is gone.", action="Connect again.", code="procore.grant_revoked")

    monkeypatch.setattr(desk.tokens, "replace", revoked)
    with pytest.raises(TiebeamError) as caught:
        await desk.get()
    assert caught.value.code == "procore.grant_revoked"


@pytest.mark.req("W16")
async def test_a_server_error_is_tried_again_after_growing_pauses() -> None:
    desk = Desk(answer({}, 500), answer({}, 502), answer([1]))
    got = await desk.get()
    assert isinstance(got, Got)
    assert got.calls == 3
    assert desk.waited == pytest.approx(0.25 + 0.5)
    assert len(desk.gate.entered) == len(desk.gate.sightings) == 3


async def test_after_the_last_attempt_it_is_refused() -> None:
    desk = Desk(answer({"message": "oops"}, 500), backoff=Backoff(attempts_max=4))
    got = await desk.get()
    assert isinstance(got, Refusal)
    assert (got.kind, got.code, got.calls, got.status) == (
        RefusalKind.UNAVAILABLE,
        "procore.server_error",
        4,
        500,
    )


@pytest.mark.req("R8")
async def test_a_429_waits_until_the_reset_and_tells_the_gate() -> None:
    reset = str(int((START + timedelta(seconds=7)).timestamp()))
    limited = answer(
        {"message": "limit"}, 429, date=DATE, x_rate_limit_reset=reset, x_rate_limit_remaining="0"
    )
    desk = Desk(limited, answer([1]))
    got = await desk.get()
    assert isinstance(got, Got)
    assert desk.waited == pytest.approx(7.25)
    assert desk.gate.sightings[0].status == 429
    assert desk.gate.sightings[0].reset == START + timedelta(seconds=7)


@pytest.mark.req("R8")
async def test_a_503_waits_as_long_as_it_says() -> None:
    desk = Desk(answer({}, 503, retry_after="20"), answer([1]))
    await desk.get()
    assert desk.waited == pytest.approx(20.25)
    assert desk.gate.sightings[0].retry_after_seconds == 20


@pytest.mark.req("R8")
async def test_a_connection_error_is_told_to_the_gate_and_tried_again() -> None:
    desk = Desk(transport_error(TIMED_OUT, "", sent=True), answer([1]))
    got = await desk.get()
    assert isinstance(got, Got)
    assert desk.gate.sightings[0].status is None
    assert got.calls == 2


async def test_an_unreachable_host_ends_in_a_refusal_that_says_what_to_check() -> None:
    desk = Desk(transport_error(UNREACHABLE, "(api.example: refused)", sent=False))
    got = await desk.get()
    assert isinstance(got, Refusal)
    assert (got.kind, got.code) == (RefusalKind.UNAVAILABLE, "transport.unreachable")
    assert "api.example" in got.cause
    assert "firewall" in got.action


async def test_a_bad_certificate_is_not_tried_again() -> None:
    desk = Desk(transport_error(BAD_CERTIFICATE, "", sent=False))
    with pytest.raises(VendorError) as caught:
        await desk.get()
    assert caught.value.code == "transport.certificate"
    assert len(desk.transport.requests) == 1


@pytest.mark.parametrize(
    ("body", "code", "calls"),
    [
        (b"<html><title>Maintenance</title></html>", "procore.html_answer", 3),
        (b'[{"id":1},{"id"', "procore.garbled_answer", 3),
        (b"", "procore.garbled_answer", 3),
        (b"\x1f\x8b\x08garbage", "procore.garbled_answer", 3),
    ],
)
async def test_an_unreadable_success_is_tried_again_and_given_up(body: bytes, code: str, calls: int) -> None:
    desk = Desk(answer(body=body))
    got = await desk.get()
    assert isinstance(got, Refusal)
    assert (got.kind, got.code, got.calls) == (RefusalKind.UNREADABLE, code, calls)


async def test_a_passing_html_page_costs_one_more_call() -> None:
    desk = Desk(answer(body=b"<html></html>"), answer([1]))
    got = await desk.get()
    assert isinstance(got, Got)
    assert got.calls == 2


async def test_a_tool_that_is_off_is_refused_at_once() -> None:
    desk = Desk(answer({"message": "The rfis tool is not enabled"}, 403))
    got = await desk.get()
    assert isinstance(got, Refusal)
    assert (got.kind, got.calls) == (RefusalKind.TOOL_OFF, 1)


async def test_a_company_that_cannot_be_seen_blocks() -> None:
    desk = Desk(answer({"message": "You do not have access to this company"}, 403))
    with pytest.raises(VendorError) as caught:
        await desk.get()
    assert caught.value.code == "procore.company_not_permitted"
    assert "administrator" in caught.value.action or "Check in Procore" in caught.value.action


async def test_no_secret_is_told() -> None:
    desk = Desk(answer({"message": "bad token token-1 here"}, 422))
    got = await desk.get()
    assert isinstance(got, Refusal)
    assert "token-1" not in repr(got)
    assert "token-1" not in repr(desk.transport.requests[0])


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def test_a_reset_is_held_within_an_hour_of_the_date() -> None:
    far = sighting_of(
        200, {"date": DATE, "x-rate-limit-reset": seconds(START + timedelta(days=2))}, now=START
    )
    assert far.reset == START + timedelta(hours=1)
    past = sighting_of(
        200, {"date": DATE, "x-rate-limit-reset": seconds(START - timedelta(hours=3))}, now=START
    )
    assert past.reset == START
    skewed = START + timedelta(days=365)
    undated = sighting_of(200, {"x-rate-limit-reset": seconds(START)}, now=skewed)
    assert (undated.reset, undated.date) == (skewed, None)


@pytest.mark.parametrize("text", ["", "soon", "-5", "9" * 18, "9" * 40, "\u0663"])
def test_garbled_headers_are_the_same_as_none(text: str) -> None:
    headers = {"x-rate-limit-limit": text, "x-rate-limit-reset": text, "retry-after": text, "date": text}
    sighting = sighting_of(429, headers, now=START)
    assert sighting.reset is None
    assert pause_seconds(sighting, now=START) in (0.0, 3600.0)


def test_retry_after_may_be_a_date() -> None:
    headers = {"date": DATE, "retry-after": "Mon, 02 Mar 2026 15:31:30 GMT"}
    assert sighting_of(503, headers, now=START).retry_after_seconds == 90
