"""Canonical JSON and the content hash: the same record always gives the same bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

HASH_BYTES = 16
"""128 bits: a collision would be a missed update, and 64 bits are too few for that."""

NUL_ESCAPE = b"\\u0000"


class UnstorableError(ValueError):
    """A value that PostgreSQL's jsonb cannot hold; the message is the reason that the sync log keeps."""


def canonical(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON with sorted keys and no white space.

    Raises UnstorableError for what jsonb refuses: NUL in a string, lone surrogates, numbers beyond 64 bits.
    """
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError) as error:
        raise UnstorableError(f"not representable as JSON: {error}") from error
    if b"\\" in data and NUL_ESCAPE in data and _holds_nul(value):
        raise UnstorableError("a string holds the character NUL, which PostgreSQL cannot store")
    return data


def content_hash(data: bytes) -> bytes:
    """Return the 16-byte BLAKE2b hash of canonical bytes."""
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return False
