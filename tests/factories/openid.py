"""A provider of OpenID Connect in process, strict about PKCE, whose every answer a test can bend."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tiebeam.connectors.ports import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.connectors.ports import Request
    from tiebeam.kernel.clock import Clock

ISSUER = "https://id.example"


def new_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class FakeProvider:
    """A transport that leads to one provider. `claims` go into the ID token, `bent` over all others."""

    clock: Clock
    key: RSAKey = field(default_factory=lambda: new_key("k1"), repr=False)
    client_id: str = "tiebeam"
    client_secret: str | None = "s3cret"
    claims: dict[str, Any] = field(default_factory=dict)
    bent: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    published: list[RSAKey] | None = None
    algorithm: str = "RS256"
    signed_with: Any = None
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def grant(self, url: str) -> dict[str, str]:
        """Sign in at the address that a browser was sent to; return what it brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def send(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        self.asked.append(path)
        answers = {
            "/.well-known/openid-configuration": self._configuration,
            "/token": self._token,
            "/keys": self._keys,
            "/me": self._userinfo,
        }
        status, body = answers[path](request)
        return Response(status, {}, json.dumps(body).encode())

    def _configuration(self, _: Request) -> tuple[int, Mapping[str, Any]]:
        return 200, {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/me",
            **self.document,
        }

    def _userinfo(self, _: Request) -> tuple[int, Mapping[str, Any]]:
        return 200, self.userinfo

    def _keys(self, _: Request) -> tuple[int, Mapping[str, Any]]:
        published = [self.key] if self.published is None else self.published
        return 200, {"keys": [key.as_dict(private=False) for key in published]}

    def _token(self, request: Request) -> tuple[int, Mapping[str, Any]]:
        fields = {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}
        if not self._is_client(request, fields):
            return 401, {"error": "invalid_client"}
        begun = self._codes.pop(fields["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest())
        if begun is None or begun["code_challenge"] != challenge.rstrip(b"=").decode():
            return 400, {"error": "invalid_grant"}
        assert begun["redirect_uri"] == fields["redirect_uri"]
        return 200, {"access_token": "opaque", "id_token": self._id_token(begun["nonce"])}

    def _is_client(self, request: Request, fields: Mapping[str, str]) -> bool:
        if self.client_secret is None:
            return fields.get("client_id") == self.client_id
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {pair}" or (
            (fields.get("client_id"), fields.get("client_secret")) == (self.client_id, self.client_secret)
        )

    def _id_token(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        said = {"iss": ISSUER, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce}
        said |= {"sub": "u1", "email": "ann@alder.example", "email_verified": True, "name": "Ann Alder"}
        said |= self.claims
        said |= self.bent
        kept = {name: value for name, value in said.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "none":
            parts = (json.dumps(part).encode() for part in (header, kept))
            return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])
        return jwt.encode(header, kept, self.signed_with or self.key, algorithms=[self.algorithm])
