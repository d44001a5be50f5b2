from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.factories.connector_ports import ScriptedTransport, answer

from tiebeam.connectors.outcomes import UNREACHABLE, transport_error
from tiebeam.connectors.procore.environments import ENVIRONMENTS, environment_at
from tiebeam.connectors.procore.oauth import (
    OUT_OF_BAND,
    GrantRevokedError,
    LoginError,
    ProcoreLogin,
    WrongClientError,
)
from tiebeam.kernel.clock import ManualClock

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Response

START = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 15:30:00 GMT"
GRANTED = {
    "access_token": "acc-1",
    "token_type": "Bearer",
    "expires_in": 5400,
    "refresh_token": "ref-1",
    "created_at": int(START.timestamp()),
}


def login(*script: Response | Exception) -> tuple[ProcoreLogin, ScriptedTransport]:
    transport = ScriptedTransport(*script)
    desk = ProcoreLogin(
        environment=ENVIRONMENTS["production"],
        client_id="app",
        client_secret="s3cret",
        transport=transport,
        clock=ManualClock(START),
    )
    return desk, transport


def form(transport: ScriptedTransport) -> dict[str, str]:
    body = transport.requests[-1].body or b""
    return {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def test_the_address_to_grant_access_at() -> None:
    desk, _ = login(answer({}))
    url = urlsplit(desk.authorize_url(state="a b&c"))
    assert (url.netloc, url.path) == ("login.procore.com", "/oauth/authorize")
    assert parse_qs(url.query) == {
        "response_type": ["code"],
        "client_id": ["app"],
        "redirect_uri": [OUT_OF_BAND],
        "state": ["a b&c"],
    }


@pytest.mark.req("P2")
async def test_a_code_becomes_a_grant() -> None:
    desk, transport = login(answer(GRANTED, date=DATE))
    grant = await desk.exchange_code("the-code", redirect_uri="http://localhost:9/cb")
    assert (grant.access_token, grant.refresh_token) == ("acc-1", "ref-1")
    assert grant.expires_at == START + timedelta(seconds=5400)
    assert form(transport) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": "http://localhost:9/cb",
        "client_id": "app",
        "client_secret": "s3cret",
    }
    assert transport.requests[0].url == "https://login.procore.com/oauth/token"


async def test_a_refresh_sends_its_token_and_a_service_account_gets_none() -> None:
    desk, transport = login(answer(GRANTED), answer({"access_token": "acc-2", "expires_in": 5400}))
    await desk.refresh("ref-0")
    assert form(transport)["refresh_token"] == "ref-0"
    grant = await desk.client_credentials()
    assert form(transport)["grant_type"] == "client_credentials"
    assert grant.refresh_token is None


@pytest.mark.parametrize(
    ("created", "lifetime", "left"),
    [
        (0, 5400, 5400),
        (-600, 5400, 4800),
        (-9000, 5400, 0),
        (300, 5400, 5400),
        (0, None, 5400),
        (0, "60", 60),
    ],
)
async def test_the_end_is_reckoned_by_the_vendors_clock(created: int, lifetime: object, left: int) -> None:
    made = {**GRANTED, "created_at": int(START.timestamp()) + created, "expires_in": lifetime}
    desk, _ = login(answer(made, date=DATE))
    assert (await desk.client_credentials()).expires_at == START + timedelta(seconds=left)


async def test_a_vendors_clock_that_is_a_year_off_does_no_harm() -> None:
    there = START + timedelta(days=365)
    made = {**GRANTED, "created_at": int(there.timestamp())}
    desk, _ = login(answer(made, date="Tue, 02 Mar 2027 15:30:00 GMT"))
    assert (await desk.client_credentials()).expires_at == START + timedelta(seconds=5400)


@pytest.mark.parametrize("status", [400, 401])
async def test_a_dead_refresh_token_means_to_connect_again(status: int) -> None:
    words = "The provided authorization grant is invalid, expired, revoked"
    desk, _ = login(answer({"error": "invalid_grant", "error_description": words}, status))
    with pytest.raises(GrantRevokedError, match="revoked") as caught:
        await desk.refresh("ref-0")
    assert caught.value.code == "procore.grant_revoked"
    assert "Connect the company to Procore again" in caught.value.action


@pytest.mark.parametrize("status", [400, 401])
async def test_wrong_credentials_are_told_from_a_dead_grant(status: int) -> None:
    desk, _ = login(answer({"error": "invalid_client", "error_description": "Client failed"}, status))
    with pytest.raises(WrongClientError) as caught:
        await desk.client_credentials()
    assert caught.value.code == "procore.wrong_client"
    assert "developer portal" in str(caught.value)


async def test_an_unreachable_login_says_whether_the_token_may_be_spent() -> None:
    for sent in (True, False):
        desk, _ = login(transport_error(UNREACHABLE, "(login.procore.com: refused)", sent=sent))
        with pytest.raises(LoginError) as caught:
            await desk.refresh("ref-0")
        assert (caught.value.code, caught.value.sent) == ("procore.login_unreachable", sent)
        assert "login.procore.com" in str(caught.value)


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (answer({}, 503), "procore.login_busy"),
        (answer({}, 429), "procore.login_busy"),
        (answer({"error": "invalid_request"}, 400), "procore.login_refused"),
        (answer(body=b"<html>", status=200), "procore.login_unreadable"),
        (answer([1]), "procore.login_unreadable"),
        (answer({"expires_in": 5400}), "procore.login_unreadable"),
    ],
)
async def test_other_answers_have_codes_of_their_own(response: Response, code: str) -> None:
    desk, transport = login(response)
    with pytest.raises(LoginError) as caught:
        await desk.refresh("ref-0")
    assert caught.value.code == code
    assert len(transport.requests) == 1


async def test_no_secret_is_told() -> None:
    desk, transport = login(
        answer({"error": "x", "error_description": "s3cret and ref-0 are wrong"}, 400), answer(GRANTED)
    )
    with pytest.raises(LoginError) as caught:
        await desk.refresh("ref-0")
    told = f"{caught.value!r} {caught.value} {transport.requests[0]!r} {await desk.refresh('ref-0')!r}"
    for secret in ("s3cret", "ref-0", "acc-1", "ref-1"):
        assert secret not in told


async def test_a_grant_is_ended_by_its_token() -> None:
    desk, transport = login(answer({}))
    await desk.revoke("acc-1")
    assert transport.requests[0].url.endswith("/oauth/revoke")
    assert form(transport)["token"] == "acc-1"
    assert form(transport)["client_secret"] == "s3cret"


async def test_what_a_token_is() -> None:
    described = {"resource_owner_id": 7, "expires_in_seconds": 60, "application": {"uid": "app"}}
    desk, transport = login(answer(described), answer({"error": "invalid_request"}, 401))
    info = await desk.token_info("acc-1")
    assert (info.resource_owner_id, info.application_id, info.expires_in_seconds) == ("7", "app", 60)
    assert transport.requests[0].headers["Authorization"] == "Bearer acc-1"
    with pytest.raises(GrantRevokedError):
        await desk.token_info("acc-1")


def test_environments_are_data_and_a_simulator_is_one() -> None:
    assert set(ENVIRONMENTS) == {"production", "sandbox", "monthly", "federal"}
    assert ENVIRONMENTS["federal"].api_url == "https://api.procoregov.com"
    here = environment_at("http://127.0.0.1:8001/", "http://127.0.0.1:8001")
    assert here.login_url == here.api_url == "http://127.0.0.1:8001"
