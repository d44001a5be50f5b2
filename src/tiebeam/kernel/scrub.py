"""Takes out of text and data whatever looks like a secret. It would rather take too much than too little."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

REMOVED: Final = "[removed]"
TEXT_CHARACTERS_MAX: Final = 16_384
"""A text is cut after so many characters; what is longer than four times that is not even read to its end."""
ITEMS_MAX: Final = 200
"""A mapping or a sequence is cut after so many items."""

_DEPTH_MAX = 6
_INTEGER_MAX = 2**63  # What JSON writers take; a longer one is told by its digits.
_WORDS = (
    r"(?:pass[_-]?(?:word|wd|phrase)|secret|tokens?|(?:api|private|master|secret|access|account)[_-]?keys?"
    r"|credentials?|signature|session[_-]?id|assertion|(?<![A-Za-z])(?:pwd|sig|bearer|code[_-]verifier))"
)
_WHOLE_LINE = r"(?:authorization|cookie)"
_QUOTED = r"""b?"(?:\\.|[^"\\])*"?|b?'(?:\\.|[^'\\])*'?|(?P<e>\\+)"(?:(?!(?<!\\)(?P=e)").)*(?:(?P=e)")?"""
_SAYS = r"""\\*["']?\s*(?:=>?|:|%3[ad])\s*"""

# In this order: a scheme before its token goes first, or its name would be taken for the whole secret.
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", REMOVED),
        (r"\beyJ[A-Za-z0-9._~+/=-]{6,}", REMOVED),
        (r"\b(bearer\s+)(?!tokens?\b)[A-Za-z0-9._~+/=-]+", rf"\1{REMOVED}"),
        (r"\b(basic\s+)(?=(?-i:[^\s]*[0-9A-Z=]))[A-Za-z0-9+/=_-]{4,}", rf"\1{REMOVED}"),
        (rf"({_WHOLE_LINE}{_SAYS})(?:{_QUOTED}|[^\r\n\"']+)", rf"\1{REMOVED}"),
        (r"(://)(?:[^\s/?#\"']{0,400}|[^\s/:@\"']{0,100}:(?!\d+[/?#])[^\s@\"']{0,300})@", rf"\1{REMOVED}@"),
        (r"(hooks\.slack\.com/(?:services|workflows)/|/api/webhooks/)[^\s\"']+", rf"\1{REMOVED}"),
        (
            r"\b((?:slack|discord|msteams|workflows?|tgram|pover|ntfys?|gotifys?|mmosts?)://)[^\s\"']+",
            rf"\1{REMOVED}",
        ),
        (r"([?&]code=)[^\s&\"']+", rf"\1{REMOVED}"),
        (rf"({_WORDS}{_SAYS})(?:{_QUOTED}|[^\s&\"']+)", rf"\1{REMOVED}"),
    )
)
_SECRET_KEY = re.compile(rf".*(?:{_WORDS}|{_WHOLE_LINE})", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def scrub_text(text: str, known: Collection[str] = ()) -> str:
    """Return `text` without secrets, without control characters, and of at most TEXT_CHARACTERS_MAX.

    `known` are secrets to take out as they stand.
    """
    text = _readable(text).encode("utf-8", "replace").decode()
    for secret in known:
        text = text.replace(secret, REMOVED)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if len(text) <= TEXT_CHARACTERS_MAX else text[:TEXT_CHARACTERS_MAX] + "…"


def _readable(text: str) -> str:
    if len(text) <= 4 * TEXT_CHARACTERS_MAX:
        return text
    # A secret must not be cut in two, for its half could be told: back to where a word ends.
    return text[: 4 * TEXT_CHARACTERS_MAX].rpartition(" ")[0] + " …"


def scrub(value: Any, known: Collection[str] = (), *, depth: int = 0) -> Any:
    """Return `value` as plain data (JSON's types, and times) without secrets.

    In a mapping what stands under the name of a secret goes whole. What is no plain data is told by its repr.
    """
    if _is_plain(value):
        return value
    if isinstance(value, str | bytes | bytearray):
        return scrub_text(value if isinstance(value, str) else bytes(value).decode("utf-8", "replace"), known)
    if depth < _DEPTH_MAX and isinstance(value, Mapping):
        return _scrubbed_mapping(value, known, depth)
    if depth < _DEPTH_MAX and isinstance(value, list | tuple | AbstractSet):
        return [scrub(item, known, depth=depth + 1) for item in list(value)[:ITEMS_MAX]]
    return scrub_text(_told(value), known)


def _is_plain(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) < _INTEGER_MAX
    return value is None or isinstance(value, float | datetime | date | timedelta | UUID)


def _scrubbed_mapping(value: Mapping[Any, Any], known: Collection[str], depth: int) -> dict[str, Any]:
    return {
        scrub_text(str(name), known): REMOVED
        if _is_secret(name, item)
        else scrub(item, known, depth=depth + 1)
        for name, item in list(value.items())[:ITEMS_MAX]
    }


def _is_secret(name: object, item: object) -> bool:
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return not _is_plain(item) and _SECRET_KEY.fullmatch(text) is not None


def _told(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - what cannot even tell its name must not take the log line with it
        return f"<{type(value).__name__} without a repr>"
