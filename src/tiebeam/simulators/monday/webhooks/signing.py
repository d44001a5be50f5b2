"""The JSON Web Token that a webhook of an app carries in its Authorization header."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def signed(claims: Mapping[str, Any], secret: str, algorithm: str = "HS256") -> str:
    """`claims` under a signature of the app's signing secret."""
    head = _part(orjson.dumps({"alg": algorithm, "typ": "JWT"}))
    text = f"{head}.{_part(orjson.dumps(dict(claims)))}"
    signature = hmac.new(secret.encode(), text.encode(), _HASHES[algorithm]).digest()
    return f"{text}.{_part(signature)}"


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
