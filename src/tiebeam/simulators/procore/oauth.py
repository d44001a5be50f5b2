"""The login host: codes, tokens, and refresh tokens that work once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tiebeam.simulators.base.messages import SimResponse
from tiebeam.simulators.procore.calls import Principal, Query, read_fields
from tiebeam.simulators.procore.errors import ApiError, json_response, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.simulators.base.messages import SimRequest
    from tiebeam.simulators.procore.options import OAuthClient, ProcoreOptions

_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_DEFAULT_REDIRECT = "http://localhost"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    expires: float
    used: bool = False


@dataclass(slots=True)
class Grant:
    """One issue of tokens; `refresh` is None for a service account."""

    client_id: str
    access: str
    refresh: str | None
    created: float
    expires: float
    user: Mapping[str, Any]
    revoked: bool = False
    refreshed: bool = False


class OAuth:
    """Everything under /oauth. All its secrets follow from the seed."""

    def __init__(self, options: ProcoreOptions, seed: int) -> None:
        """No grants yet."""
        self._options = options
        self._seed = seed
        self._issued = 0
        self._clients = {client.client_id: client for client in options.clients}
        self._codes: dict[str, _Code] = {}
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}

    def handle(self, request: SimRequest, moment: datetime) -> SimResponse:
        """Answer a call under /oauth. Raises ApiError to refuse."""
        now = moment.timestamp()
        match (request.method, request.path):
            case ("GET" | "POST", "/oauth/authorize"):
                return self._authorize(request, now)
            case ("POST", "/oauth/token"):
                return self._token(request, now)
            case ("POST", "/oauth/revoke"):
                return self._revoke(request)
            case ("GET", "/oauth/token/info"):
                return self._info(request, now)
        raise not_found()

    def principal(self, request: SimRequest, moment: datetime) -> Principal:
        """Whose call it is. Raises ApiError 401 for a token that is missing, unknown, revoked or expired."""
        token = bearer(request)
        grant = self._by_access.get(token)
        if grant is None or grant.revoked:
            raise _unauthorized("The access token is invalid" if token else "Missing access token")
        if moment.timestamp() >= grant.expires:
            raise _unauthorized("The access token expired")
        return Principal(grant.client_id, token, grant.user, service=grant.refresh is None)

    def client_of(self, request: SimRequest) -> str:
        """The app behind a token of any state, or `anonymous`: whose limit a call uses."""
        grant = self._by_access.get(bearer(request))
        return "anonymous" if grant is None else grant.client_id

    def revoke_all(self, client_id: str | None = None) -> None:
        """End every grant (of one app), as an administrator can."""
        for grant in self._by_access.values():
            if client_id in (None, grant.client_id):
                grant.revoked = True

    def _authorize(self, request: SimRequest, now: float) -> SimResponse:
        asked = Query(request.query + tuple(read_fields(request).items()))
        client = self._clients.get(asked.get("client_id") or "")
        redirect = asked.get("redirect_uri") or _DEFAULT_REDIRECT
        if client is None:
            raise _refusal(401, "invalid_client", "Client authentication failed: unknown client_id.")
        if not _may_redirect(client, redirect):
            raise _refusal(400, "invalid_redirect_uri", "The redirect uri included is not valid.")
        if asked.get("response_type") != "code":
            return _redirect(redirect, {"error": "unsupported_response_type", "state": asked.get("state")})
        if asked.get("consent") == "no":
            return _redirect(redirect, {"error": "access_denied", "state": asked.get("state")})
        if not self._options.auto_consent and asked.get("consent") != "yes":
            return _page(_consent_form(client.client_id, request.query))
        code = self._secret("code")
        self._codes[code] = _Code(client.client_id, redirect, now + self._options.code_seconds)
        if redirect == _OUT_OF_BAND:
            return _page(f'<p>Authorization code:</p><code id="authorization_code">{code}</code>')
        return _redirect(redirect, {"code": code, "state": asked.get("state")})

    def _token(self, request: SimRequest, now: float) -> SimResponse:
        fields = read_fields(request)
        grant_type = fields.get("grant_type")
        if grant_type not in ("authorization_code", "refresh_token", "client_credentials"):
            raise _refusal(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            )
        client = self._authenticate(request, fields)
        if grant_type == "authorization_code":
            return self._exchange_code(client, fields, now)
        if grant_type == "refresh_token":
            return self._refresh(client, fields, now)
        return _issued(self._grant(client.client_id, self._options.service_user, now, refreshable=False))

    def _authenticate(self, request: SimRequest, fields: dict[str, Any]) -> OAuthClient:
        client_id, secret = _basic(request) or (fields.get("client_id"), fields.get("client_secret"))
        client = self._clients.get(str(client_id))
        if client is None or client.client_secret != secret:
            raise _refusal(
                401,
                "invalid_client",
                "Client authentication failed due to unknown client, no client authentication included,"
                " or unsupported authentication method.",
            )
        return client

    def _exchange_code(self, client: OAuthClient, fields: dict[str, Any], now: float) -> SimResponse:
        code = self._codes.get(str(fields.get("code")))
        redirect = fields.get("redirect_uri") or _DEFAULT_REDIRECT
        if code is None or code.client_id != client.client_id or code.used or now >= code.expires:
            raise self._invalid_grant()
        if code.redirect_uri != redirect:
            raise self._invalid_grant()
        code.used = True
        return _issued(self._grant(client.client_id, self._options.user, now, refreshable=True))

    def _refresh(self, client: OAuthClient, fields: dict[str, Any], now: float) -> SimResponse:
        old = self._by_refresh.get(str(fields.get("refresh_token")))
        if old is None or old.client_id != client.client_id or old.revoked or old.refreshed:
            raise self._invalid_grant()
        old.refreshed = True
        old.revoked = self._options.refresh_ends_access
        return _issued(self._grant(client.client_id, old.user, now, refreshable=True))

    def _grant(self, client_id: str, user: Mapping[str, Any], now: float, *, refreshable: bool) -> Grant:
        refresh = self._secret("refresh") if refreshable else None
        expires = now + self._options.access_token_seconds
        grant = Grant(client_id, self._secret("access"), refresh, now, expires, user)
        self._by_access[grant.access] = grant
        if refresh is not None:
            self._by_refresh[refresh] = grant
        return grant

    def _revoke(self, request: SimRequest) -> SimResponse:
        fields = read_fields(request)
        client = self._authenticate(request, fields)
        token = str(fields.get("token"))
        grant = self._by_access.get(token) or self._by_refresh.get(token)
        if grant is not None and grant.client_id == client.client_id:
            grant.revoked = True
        return json_response({})

    def _info(self, request: SimRequest, now: float) -> SimResponse:
        grant = self._by_access.get(bearer(request))
        if grant is None or grant.revoked or now >= grant.expires:
            raise _refusal(401, "invalid_request", "The access token is invalid")
        return json_response(
            {
                "resource_owner_id": grant.user["id"],
                "scopes": [],
                "expires_in_seconds": int(grant.expires - now),
                "expires_in": int(grant.expires - now),
                "application": {"uid": grant.client_id},
                "created_at": int(grant.created),
            }
        )

    def _invalid_grant(self) -> ApiError:
        return _refusal(
            self._options.invalid_grant_status,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection"
            " URI used in the authorization request, or was issued to another client.",
        )

    def _secret(self, purpose: str) -> str:
        self._issued += 1
        return hashlib.blake2b(f"{self._seed}:{purpose}:{self._issued}".encode(), digest_size=32).hexdigest()


def bearer(request: SimRequest) -> str:
    """The token of the Authorization header, or an empty string."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _basic(request: SimRequest) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return client_id, secret


def _may_redirect(client: OAuthClient, redirect: str) -> bool:
    if redirect == _OUT_OF_BAND or redirect in client.redirect_uris:
        return True
    return urlsplit(redirect).hostname in _LOOPBACK


def _issued(grant: Grant) -> SimResponse:
    answer: dict[str, Any] = {
        "access_token": grant.access,
        "token_type": "Bearer",
        "expires_in": int(grant.expires - grant.created),
        "created_at": int(grant.created),
    }
    if grant.refresh is not None:
        answer["refresh_token"] = grant.refresh
    return json_response(answer, headers={"Cache-Control": "no-store"})


def _redirect(target: str, parameters: dict[str, str | None]) -> SimResponse:
    given = {name: value for name, value in parameters.items() if value is not None}
    if target == _OUT_OF_BAND:
        raise _refusal(400, given.get("error", "invalid_request"), "The request was not granted.")
    separator = "&" if urlsplit(target).query else "?"
    return SimResponse(302, {"Location": f"{target}{separator}{urlencode(given)}"})


def _consent_form(client_id: str, query: tuple[tuple[str, str], ...]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in query
    )
    return (
        f"<h1>Simulated Procore</h1><p>The app <b>{html.escape(client_id)}</b> asks to read what you see.</p>"
        f'<form method="post">{hidden}<button name="consent" value="yes">Allow</button> '
        '<button name="consent" value="no">Deny</button></form>'
    )


def _page(body: str) -> SimResponse:
    head = '<meta name="viewport" content="width=device-width"><title>Sign in</title>'
    text = f'<!DOCTYPE html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>'
    return SimResponse(200, {"Content-Type": "text/html; charset=utf-8"}, text.encode())


def _refusal(status: int, error: str, description: str) -> ApiError:
    payload = {"error": error, "error_description": description}
    headers = {"WWW-Authenticate": f'Bearer realm="Procore", error="{error}"'} if status == 401 else {}
    return ApiError(status, description, shape="plain", payload=payload, headers=headers)


def _unauthorized(message: str) -> ApiError:
    challenge = f'Bearer realm="Procore", error="invalid_token", error_description="{message}"'
    return ApiError(401, message, headers={"WWW-Authenticate": challenge})
