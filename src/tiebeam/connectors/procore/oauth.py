"""Procore's OAuth 2.0: grants, refreshes, revocation. Nothing here is ever sent twice.

A refresh token dies as soon as a refresh is processed, even when its answer is lost: whoever calls decides
what an error with `sent` means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tiebeam.connectors.answers import GarbledError, ShapeError, parse_json, read_object
from tiebeam.connectors.outcomes import ErrorRow, Outcome, VendorError
from tiebeam.connectors.ports import Request, TransportError
from tiebeam.connectors.procore.errors import (
    GRANT_REVOKED,
    LOGIN_BUSY,
    LOGIN_REFUSED,
    LOGIN_UNREACHABLE,
    LOGIN_UNREADABLE,
    WRONG_CLIENT,
)
from tiebeam.connectors.sayings import said_in
from tiebeam.kernel.moments import parse_http_date

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Response, Transport
    from tiebeam.connectors.procore.environments import Environment
    from tiebeam.kernel.clock import Clock

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect of an app without a page to return to: the user copies the code."""

LIFETIME_SECONDS = 5400
"""How long an access token lasts when the answer does not say."""
LIFETIME_SECONDS_MAX = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Grant:
    """What Procore granted. The tokens have no repr."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    """None for client credentials: they are simply asked again."""
    expires_at: datetime
    """By our clock."""


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What Procore says of an access token."""

    resource_owner_id: str
    application_id: str
    expires_in_seconds: int


class LoginError(VendorError):
    """Procore's login did not give what was asked. `sent` is False only when it was certainly never asked."""

    def __init__(
        self, row: ErrorRow, said: str = "", *, status: int | None = None, sent: bool = True
    ) -> None:
        super().__init__(Outcome(row, said, status))
        self.sent = sent


class WrongClientError(LoginError):
    """The client id or its secret is not the app's."""


class GrantRevokedError(LoginError):
    """The code or the refresh token is no longer honoured: somebody must connect again."""


class ProcoreLogin:
    """One app's dealings with Procore's login host."""

    def __init__(
        self,
        *,
        environment: Environment,
        client_id: str,
        client_secret: str,
        transport: Transport,
        clock: Clock,
        timeout_seconds: float = 30.0,
    ) -> None:
        self._login_url = environment.login_url.rstrip("/")
        self._client = (("client_id", client_id), ("client_secret", client_secret))
        self._transport = transport
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    def authorize_url(self, *, state: str, redirect_uri: str = OUT_OF_BAND) -> str:
        """Return the address at which a user grants access; `state` comes back with the code."""
        client_id = self._client[0]
        query = (("response_type", "code"), client_id, ("redirect_uri", redirect_uri), ("state", state))
        return f"{self._login_url}/oauth/authorize?{urlencode(query, quote_via=quote)}"

    async def exchange_code(self, code: str, *, redirect_uri: str = OUT_OF_BAND) -> Grant:
        """Return the grant for a code, which serves once and for ten minutes. Raises LoginError."""
        fields = (("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri))
        return await self._grant(fields)

    async def refresh(self, refresh_token: str) -> Grant:
        """Return a new pair for a refresh token, which is dead from then on. Raises LoginError."""
        return await self._grant((("grant_type", "refresh_token"), ("refresh_token", refresh_token)))

    async def client_credentials(self) -> Grant:
        """Return a grant to the app's own service account. Raises LoginError."""
        return await self._grant((("grant_type", "client_credentials"),))

    async def revoke(self, token: str) -> None:
        """End a grant by either of its tokens; an unknown token is no error. Raises LoginError."""
        await self._post("/oauth/revoke", (("token", token),))

    async def token_info(self, access_token: str) -> TokenInfo:
        """Return whose an access token is and how long it lasts. Raises LoginError."""
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        response = await self._send("GET", "/oauth/token/info", headers, None)
        _raise_unless_granted(response, (access_token,))
        return _token_info(_read(response))

    async def _grant(self, fields: tuple[tuple[str, str], ...]) -> Grant:
        asked_at = self._clock.now()
        response = await self._post("/oauth/token", fields)
        return _grant_in(response, asked_at)

    async def _post(self, path: str, fields: tuple[tuple[str, str], ...]) -> Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        form = (*fields, *self._client)
        response = await self._send("POST", path, headers, urlencode(form).encode())
        _raise_unless_granted(response, tuple(value for name, value in form if name in _SECRET_FIELDS))
        return response

    async def _send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Response:
        url = self._login_url + path
        request = Request(method, url, headers=headers, body=body, timeout_seconds=self._timeout_seconds)
        try:
            return await self._transport.send(request)
        except TransportError as error:
            raise LoginError(LOGIN_UNREACHABLE, error.cause, sent=error.sent) from error


_SECRET_FIELDS = frozenset({"client_secret", "code", "refresh_token", "token"})


def _raise_unless_granted(response: Response, secrets: tuple[str, ...]) -> None:
    if response.status == 200:
        return
    kind, row = _refusal(response)
    # Of a grant that is over, the login recites all that may be wrong with any: our row says it plainly.
    said = "" if row is GRANT_REVOKED else said_in(response.body)
    for secret in filter(None, secrets):
        said = said.replace(secret, "[removed]")
    raise kind(row, said, status=response.status)


# Both 400 and 401 are seen with either code: the code decides, and the status only when there is none.
_BY_CODE: dict[str, tuple[type[LoginError], ErrorRow]] = {
    "invalid_client": (WrongClientError, WRONG_CLIENT),
    "unauthorized_client": (WrongClientError, WRONG_CLIENT),
    "invalid_grant": (GrantRevokedError, GRANT_REVOKED),
    "invalid_token": (GrantRevokedError, GRANT_REVOKED),
}


def _refusal(response: Response) -> tuple[type[LoginError], ErrorRow]:
    known = _BY_CODE.get(_error_code(response.body))
    if known is not None:
        return known
    if response.status == 401:
        return GrantRevokedError, GRANT_REVOKED
    if response.status == 429 or response.status >= 500:
        return LoginError, LOGIN_BUSY
    return LoginError, LOGIN_REFUSED


def _error_code(body: bytes) -> str:
    try:
        value = parse_json(body)
    except GarbledError:
        return ""
    code = value.get("error") if isinstance(value, dict) else None
    return code if isinstance(code, str) else ""


def _read(response: Response) -> dict[str, Any]:
    try:
        return read_object(response.body)
    except (GarbledError, ShapeError) as error:
        raise LoginError(LOGIN_UNREADABLE, status=response.status) from error


def _grant_in(response: Response, asked_at: datetime) -> Grant:
    answer = _read(response)
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise LoginError(LOGIN_UNREADABLE, status=response.status)
    seconds = _seconds_left(answer, parse_http_date(response.headers.get("date")))
    return Grant(
        access,
        refresh if isinstance(refresh, str) and refresh else None,
        asked_at + timedelta(seconds=seconds),
    )


def _seconds_left(answer: dict[str, Any], date: datetime | None) -> float:
    """Return how long a token lasts from now on, by the vendor's clock alone.

    A token may be handed out that was made earlier: its age is the difference of `created_at` and `Date`.
    """
    lifetime = min(_whole(answer.get("expires_in")) or LIFETIME_SECONDS, LIFETIME_SECONDS_MAX)
    created = _whole(answer.get("created_at"))
    if date is None or created <= 0:
        return lifetime
    age = date.timestamp() - created
    return max(0.0, lifetime - max(0.0, age))


def _whole(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0


def _token_info(answer: dict[str, Any]) -> TokenInfo:
    application = answer.get("application")
    uid = application.get("uid") if isinstance(application, dict) else None
    return TokenInfo(
        resource_owner_id=str(answer.get("resource_owner_id") or ""),
        application_id=str(uid or ""),
        expires_in_seconds=_whole(answer.get("expires_in_seconds", answer.get("expires_in"))),
    )
