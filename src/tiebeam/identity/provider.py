"""An OpenID provider: where it is, and what it vouches for; only what it has signed counts."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tiebeam.connectors.ports import Request, TransportError
from tiebeam.identity.model import Role
from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.connectors.ports import Response, Transport
    from tiebeam.kernel.clock import Clock

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a private key alone: what the client knows can sign nothing."""
FOUND_LASTS: Final = timedelta(hours=1)
LEEWAY_SECONDS: Final = 60

_SUBJECT_LENGTH_MAX = 255
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OidcError(TiebeamError):
    """The OpenID provider cannot be asked, or vouches in a way that cannot be trusted."""

    code = "oidc.provider"
    owner = Owner.OPERATOR


class CodeRefusedError(OidcError):
    """The provider no longer honours the code that it sent."""

    code = "oidc.code_refused"
    owner = Owner.NOBODY


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches for people, and which of its groups have which role here."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a public client: PKCE alone guards the code."""
    groups_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Group to role; of several the first that is listed here counts. Without any, only people whom somebody
    has added come in, with the role that they have."""
    scope: str = "openid email profile"
    email_trusted: bool = False
    """Whether to believe its e-mail addresses without `email_verified`, which some directories never say."""


def roles_in(text: str) -> dict[str, Role]:
    """Return group to role, in order, of a text such as `bosses=tenant_admin, office=office`.

    Raises BadInputError for what is not such a pair, and for a role that there is not.
    """
    found: dict[str, Role] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        group, _, role = (part.strip() for part in pair.rpartition("="))
        if not group or role not in set(Role):
            raise BadInputError(
                f"{pair!r} does not say which role a group has.",
                action=f"Write group=role in TIEBEAM_OIDC_GROUPS; the roles are {', '.join(Role)}.",
            )
        found.setdefault(group, Role(role))
    return found


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider means."""

    issuer: str
    subject: str
    email: str | None
    """None when it says none, or none that is verified."""
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the provider says of itself."""

    document: Mapping[str, Any]
    at: datetime

    def address(self, name: str) -> str:
        """Return one of its addresses. Raises OidcError."""
        value = self.document.get(name)
        if not isinstance(value, str) or not _is_safe(value):
            raise OidcError(
                f"The OpenID provider's configuration has no safe {name}.",
                action="See that TIEBEAM_OIDC_ISSUER is right, and that the provider is served over https.",
            )
        return value


class OpenIdClient:
    """What a client says to its provider, and how it reads the answers."""

    def __init__(self, provider: Provider, transport: Transport, clock: Clock) -> None:
        self.provider = provider
        self._transport = transport
        self._clock = clock
        self._found: _Found | None = None
        self._keys: KeySet | None = None

    async def authorize_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser signs in. Raises OidcError."""
        found = await self._configuration()
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.provider.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        address = found.address("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query, quote_via=quote)}"

    async def vouched(self, code: str, *, redirect_uri: str, nonce: str, verifier: str) -> Vouched:
        """Return whom a code means. Raises CodeRefusedError, OidcError."""
        found = await self._configuration()
        answer = await self._exchange(found, code, redirect_uri, verifier)
        claims = await self._claims(found, answer.get("id_token"), nonce)
        wanted = {"email"} | ({self.provider.groups_claim} if self.provider.roles else set())
        if not wanted <= claims.keys() and "userinfo_endpoint" in found.document:
            claims = await self._more(found, answer.get("access_token"), claims)
        return self._read(claims)

    async def _configuration(self) -> _Found:
        now = self._clock.now()
        if self._found is None or now - self._found.at >= FOUND_LASTS:
            issuer = self.provider.issuer.rstrip("/")
            if not _is_safe(issuer):
                raise OidcError(
                    "The OpenID issuer is not an https address.", action="Correct TIEBEAM_OIDC_ISSUER."
                )
            document = await self._get(f"{issuer}/.well-known/openid-configuration")
            if str(document.get("issuer")).rstrip("/") != issuer:
                raise OidcError(
                    "The OpenID provider says that it is another issuer than the one that is set.",
                    action="Set TIEBEAM_OIDC_ISSUER to the issuer of its configuration.",
                )
            self._found, self._keys = _Found(document, now), None
        return self._found

    async def _exchange(self, found: _Found, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers |= self._authenticated(found, fields)
        request = Request(
            "POST",
            found.address("token_endpoint"),
            headers=headers,
            body=urlencode(fields).encode(),
            timeout_seconds=15.0,
        )
        response = await self._sent(request)
        if response.status == 400 and _object(response).get("error") == "invalid_grant":
            raise CodeRefusedError("The sign-in was over already.", action="Sign in again.")
        if response.status != 200:
            raise OidcError(
                f"The OpenID provider answered {response.status} when the sign-in was to be completed.",
                action="See that TIEBEAM_OIDC_CLIENT_ID and TIEBEAM_OIDC_CLIENT_SECRET are its own.",
            )
        return _object(response)

    def _authenticated(self, found: _Found, fields: dict[str, str]) -> dict[str, str]:
        """Say who asks, in the way that the provider takes: in a header, or among the fields."""
        client_id, secret = self.provider.client_id, self.provider.client_secret
        methods = found.document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is not None and "client_secret_basic" in methods:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
            return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        fields["client_id"] = client_id
        if secret is not None:
            fields["client_secret"] = secret
        return {}

    async def _claims(self, found: _Found, token: object, nonce: str) -> dict[str, Any]:
        """Return what an ID token says, when it is the provider's, for us, fresh and asked for."""
        if not isinstance(token, str):
            raise _untrusted("it has no ID token")
        fresh = self._keys is None
        try:
            claims = _signed_by(await self._key_set(found, anew=False), token)
            if claims is None and not fresh:
                # The provider may have begun to sign with another key.
                claims = _signed_by(await self._key_set(found, anew=True), token)
        except (JoseError, ValueError, binascii.Error) as error:
            raise _untrusted("its signature cannot be read") from error
        if claims is None:
            raise _untrusted("its signature is not the provider's")
        self._check(found, claims, nonce)
        return claims

    async def _key_set(self, found: _Found, *, anew: bool) -> KeySet:
        if self._keys is None or anew:
            document = await self._get(found.address("jwks_uri"))
            usable = [key for key in document.get("keys", ()) if _is_usable(key)]
            if not usable:
                raise _untrusted("it publishes no key that could sign")
            self._keys = KeySet.import_key_set({"keys": usable})
        return self._keys

    def _check(self, found: _Found, claims: dict[str, Any], nonce: str) -> None:
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        checks = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": found.document["issuer"]},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            checks.validate(claims)
        except JoseError as error:
            raise _untrusted(f"{error.error}") from error
        if not isinstance(audiences, list) or self.provider.client_id not in audiences:
            raise _untrusted("it is meant for somebody else")
        if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != self.provider.client_id:
            raise _untrusted("it was made for somebody else")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _untrusted("it belongs to another sign-in")
        if not 1 <= len(str(claims["sub"])) <= _SUBJECT_LENGTH_MAX:
            raise _untrusted("it names nobody")

    async def _more(self, found: _Found, access_token: object, claims: dict[str, Any]) -> dict[str, Any]:
        """Return the claims with what the provider tells when asked; it must be of the same person."""
        if not isinstance(access_token, str):
            return claims
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        told = await self._get(found.address("userinfo_endpoint"), headers)
        if told.get("sub") != claims["sub"]:
            raise _untrusted("its details are of somebody else")
        return {**told, **claims}

    def _read(self, claims: dict[str, Any]) -> Vouched:
        email, groups = claims.get("email"), claims.get(self.provider.groups_claim, ())
        verified = self.provider.email_trusted or claims.get("email_verified") in {True, "true"}
        return Vouched(
            issuer=str(claims["iss"]),
            subject=str(claims["sub"]),
            email=email if isinstance(email, str) and verified else None,
            name=str(claims.get("name") or claims.get("preferred_username") or email or claims["sub"]),
            groups=(groups,) if isinstance(groups, str) else tuple(map(str, groups or ())),
        )

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        asked = headers or {"Accept": "application/json"}
        response = await self._sent(Request("GET", url, headers=asked, timeout_seconds=15.0))
        if response.status != 200:
            raise OidcError(
                f"The OpenID provider answered {response.status} at {urlsplit(url).path}.",
                action="See that TIEBEAM_OIDC_ISSUER is right and that the provider is up, then try again.",
            )
        return _object(response)

    async def _sent(self, request: Request) -> Response:
        try:
            return await self._transport.send(request)
        except TransportError as error:
            raise OidcError(
                f"The OpenID provider cannot be reached. {error.cause}",
                action="See that it is up and reachable from here, then try again.",
                code="oidc.unreachable",
            ) from error


def _signed_by(keys: KeySet, token: str) -> dict[str, Any] | None:
    """Return the claims of a token that one of the keys has signed; None when none has."""
    header = jws.extract_compact(token.encode()).headers()
    for key in keys:
        if "kid" in header and key.kid != header["kid"]:
            continue
        try:
            return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims)
        except JoseError:
            continue
    return None


def _is_usable(key: object) -> bool:
    return (
        isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use") in {None, "sig"}
    )


def _is_safe(address: str) -> bool:
    """Say whether an address is of https; on this machine alone it may be of http."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _object(response: Response) -> dict[str, Any]:
    try:
        found = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    raise OidcError(
        "The OpenID provider's answer cannot be read.", action="See that TIEBEAM_OIDC_ISSUER is right."
    )


def _untrusted(why: str) -> OidcError:
    return OidcError(
        f"What the OpenID provider vouches for cannot be trusted: {why}.",
        action="Sign in again; if it happens again, see that TIEBEAM_OIDC_ISSUER and the client are right.",
        code="oidc.untrusted",
    )


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
