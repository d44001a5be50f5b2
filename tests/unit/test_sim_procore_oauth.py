from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.base.messages import SimRequest, SimResponse
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import OAuthClient, ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

CLIENT = OAuthClient("app", "secret", ("https://tiebeam.example/callback",))
OTHER = OAuthClient("other", "secret-2")
LOCAL = "http://localhost"
FORM = "application/x-www-form-urlencoded"


class Login:
    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 15, tzinfo=UTC))
        state = ProcoreState(1000, self.clock.now, 1)
        self.simulator = ProcoreSimulator(state, options=ProcoreOptions(clients=(CLIENT, OTHER), **options))

    def authorize(self, **query: str) -> SimResponse:
        asked = {"response_type": "code", "client_id": "app", "redirect_uri": LOCAL, **query}
        return self.simulator.handle(SimRequest("GET", "/oauth/authorize", tuple(asked.items())))

    def code(self) -> str:
        location = self.authorize(state="s1").headers["Location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    def post(
        self, path: str, fields: dict[str, str], *, form: bool = False, basic: str | None = None
    ) -> tuple[int, Any]:
        headers = {"content-type": FORM if form else "application/json"}
        if basic is not None:
            headers["authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
        body = urlencode(fields).encode() if form else orjson.dumps(fields)
        answer = self.simulator.handle(SimRequest("POST", path, (), headers, body))
        return answer.status, orjson.loads(answer.body)

    def token(self, grant_type: str, **fields: str) -> tuple[int, Any]:
        app = {"client_id": "app", "client_secret": "secret"}
        return self.post("/oauth/token", {"grant_type": grant_type, **app, **fields})

    def exchange(self, code: str, redirect_uri: str = LOCAL) -> tuple[int, Any]:
        return self.token("authorization_code", code=code, redirect_uri=redirect_uri)

    def me(self, token: str) -> SimResponse:
        return self.simulator.handle(
            SimRequest("GET", "/rest/v1.0/me", (), {"authorization": f"Bearer {token}"})
        )


@pytest.fixture
def login() -> Login:
    return Login()


def test_consent_leads_back_with_a_code_and_the_state(login: Login) -> None:
    answer = login.authorize(state="xyz")
    assert answer.status == 302
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}" == LOCAL
    assert parse_qs(location.query)["state"] == ["xyz"]


def test_the_code_is_shown_out_of_band(login: Login) -> None:
    answer = login.authorize(redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    code = answer.body.decode().partition('id="authorization_code">')[2].partition("<")[0]
    assert answer.status == 200
    assert login.exchange(code, "urn:ietf:wg:oauth:2.0:oob")[0] == 200


def test_without_automatic_consent_somebody_has_to_press_the_button() -> None:
    login = Login(auto_consent=False)
    assert login.authorize().status == 200
    assert b"<form" in login.authorize().body
    assert "code=" in login.authorize(consent="yes").headers["Location"]
    assert "error=access_denied" in login.authorize(consent="no").headers["Location"]


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_redirect_uri"),
    ],
)
def test_a_bad_authorization_is_refused_on_the_spot(
    login: Login, query: dict[str, str], status: int, error: str
) -> None:
    answer = login.authorize(**query)
    assert (answer.status, orjson.loads(answer.body)["error"]) == (status, error)


def test_a_registered_redirect_and_a_loopback_port_are_let_through(login: Login) -> None:
    assert login.authorize(redirect_uri="https://tiebeam.example/callback").status == 302
    assert login.authorize(redirect_uri="http://127.0.0.1:8931/cb").status == 302


def test_a_code_gives_tokens_for_ninety_minutes(login: Login) -> None:
    status, answer = login.exchange(login.code())
    assert status == 200
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 5400
    assert answer["created_at"] == int(login.clock.now().timestamp())
    assert orjson.loads(login.me(answer["access_token"]).body)["login"] == "pat@example.com"
    login.clock.advance(5399)
    assert login.me(answer["access_token"]).status == 200
    login.clock.advance(1)
    assert login.me(answer["access_token"]).status == 401


def test_a_code_works_once_for_ten_minutes_and_for_its_own_redirect(login: Login) -> None:
    used = login.code()
    assert login.exchange(used)[0] == 200
    assert login.exchange(used)[1]["error"] == "invalid_grant"
    assert login.exchange(login.code(), "http://localhost/elsewhere")[1]["error"] == "invalid_grant"
    late = login.code()
    login.clock.advance(600)
    assert login.exchange(late)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("basic", [True, False])
def test_tokens_are_given_for_forms_and_json_with_the_secret_in_either_place(
    login: Login, *, form: bool, basic: bool
) -> None:
    fields = {"grant_type": "client_credentials"}
    if not basic:
        fields |= {"client_id": "app", "client_secret": "secret"}
    status, answer = login.post("/oauth/token", fields, form=form, basic="app:secret" if basic else None)
    assert status == 200
    assert login.me(answer["access_token"]).status == 200


def test_a_service_account_has_no_refresh_token_and_a_user_of_its_own(login: Login) -> None:
    _, answer = login.token("client_credentials")
    assert "refresh_token" not in answer
    assert orjson.loads(login.me(answer["access_token"]).body)["login"].startswith("dmsa-")


def test_a_refresh_token_works_once(login: Login) -> None:
    _, first = login.exchange(login.code())
    status, second = login.token("refresh_token", refresh_token=first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    status, refusal = login.token("refresh_token", refresh_token=first["refresh_token"])
    assert (status, refusal["error"]) == (400, "invalid_grant")
    assert refusal["error_description"]
    assert login.token("refresh_token", refresh_token=second["refresh_token"])[0] == 200


@pytest.mark.parametrize("ends", [True, False])
def test_whether_refreshing_ends_the_old_access_token_is_a_switch(*, ends: bool) -> None:
    login = Login(refresh_ends_access=ends)
    _, first = login.exchange(login.code())
    login.token("refresh_token", refresh_token=first["refresh_token"])
    assert login.me(first["access_token"]).status == (401 if ends else 200)


def test_a_refresh_token_belongs_to_its_app(login: Login) -> None:
    _, first = login.exchange(login.code())
    fields = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    status, refusal = login.post("/oauth/token", fields, basic="other:secret-2")
    assert (status, refusal["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "made-up"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
    ],
)
def test_token_errors_have_their_shape(login: Login, fields: dict[str, str], status: int, error: str) -> None:
    answer = login.post("/oauth/token", {"client_id": "app", "client_secret": "secret", **fields})
    assert (answer[0], answer[1]["error"]) == (status, error)
    assert set(answer[1]) == {"error", "error_description"}


def test_a_body_that_is_not_what_it_says_is_refused(login: Login) -> None:
    request = SimRequest("POST", "/oauth/token", (), {"content-type": "application/json"}, b"{oops")
    assert login.simulator.handle(request).status == 400


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(login: Login, which: str) -> None:
    _, grant = login.exchange(login.code())
    fields = {"token": grant[which], "client_id": "app", "client_secret": "secret"}
    assert login.post("/oauth/revoke", fields, form=True) == (200, {})
    assert login.me(grant["access_token"]).status == 401
    assert login.token("refresh_token", refresh_token=grant["refresh_token"])[0] == 400


def test_revoking_an_unknown_token_is_fine_and_somebody_elses_has_no_effect(login: Login) -> None:
    _, grant = login.exchange(login.code())
    assert login.post("/oauth/revoke", {"token": "nothing"}, basic="app:secret")[0] == 200
    assert login.post("/oauth/revoke", {"token": grant["access_token"]}, basic="other:secret-2")[0] == 200
    assert login.me(grant["access_token"]).status == 200


def test_token_info_tells_whose_token_it_is_and_how_long(login: Login) -> None:
    _, grant = login.exchange(login.code())
    login.clock.advance(400)
    headers = {"authorization": f"Bearer {grant['access_token']}"}
    answer = login.simulator.handle(SimRequest("GET", "/oauth/token/info", (), headers))
    info = orjson.loads(answer.body)
    assert (info["expires_in"], info["application"]["uid"]) == (5000, "app")
    login.clock.advance(5000)
    assert login.simulator.handle(SimRequest("GET", "/oauth/token/info", (), headers)).status == 401


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic YTpi", "Bearer"])
def test_a_call_without_a_good_token_is_unauthorised(login: Login, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = login.simulator.handle(SimRequest("GET", "/rest/v1.0/me", (), headers))
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert orjson.loads(answer.body)["code"] == 401


def test_the_login_host_does_not_use_up_the_api_limits() -> None:
    login = Login(spike_limit=1, hourly_limit=1)
    _, answer = [login.token("client_credentials") for _ in range(5)][-1]
    assert login.me(answer["access_token"]).status == 200
    assert login.me(answer["access_token"]).status == 429
