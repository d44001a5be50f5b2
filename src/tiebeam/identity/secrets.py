"""Secrets that are handed out: 256 bits each, and only a hash of them is kept."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

BYTES: Final = 32
_LENGTH_MAX = 512


def new_secret() -> str:
    """Return 256 bits of chance as text fit for a header, a cookie and an address."""
    return secrets.token_urlsafe(BYTES)


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret. Its 256 bits cannot be guessed, so no slow hash is needed."""
    return sha256(secret[:_LENGTH_MAX].encode("utf-8", "surrogatepass")).digest()
