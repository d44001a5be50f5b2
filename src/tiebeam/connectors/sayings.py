"""What a vendor's error answers say: one line out of any shape, without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.answers import BOM, GarbledError, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SAID_CHARACTERS_MAX = 400


def said_in(body: bytes) -> str:
    """Return what an error answer says, in one line and without secrets, whatever its shape; may be empty."""
    if looks_like_html(body):
        return scrubbed(_title(body.decode("utf-8", "replace")))
    try:
        value = parse_json(body)
    except GarbledError:
        return scrubbed(body[:2000].decode("utf-8", "replace"))
    return scrubbed("; ".join(dict.fromkeys(_sayings(value))))


def looks_like_html(body: bytes) -> bool:
    """Say whether a body is a page for people instead of JSON."""
    return body[:200].removeprefix(BOM).lstrip()[:1] == b"<"


def _title(page: str) -> str:
    found = re.search(r"<(title|h1)[^>]*>(.*?)</\1", page, re.IGNORECASE | re.DOTALL)
    return re.sub(r"<[^>]+>", " ", found[2] if found else page)


_SPOKEN = ("message", "error_description", "error", "errors", "reason", "fields", "details", "exception")


def _sayings(value: Any, field: str = "") -> Iterable[str]:
    """Yield the sentences of an error body: texts, lists of texts, texts by field, and all of it nested."""
    if isinstance(value, str):
        if value.strip():
            yield f"{field}: {value.strip()}" if field else value.strip()
    elif isinstance(value, list):
        for item in value:
            yield from _sayings(item, field)
    elif isinstance(value, dict):
        yield from _sayings_of_object(value, field)


def _sayings_of_object(value: Mapping[str, Any], field: str) -> Iterable[str]:
    spoken = [name for name in _SPOKEN if value.get(name)]
    if not spoken:
        for name, item in value.items():
            yield from _sayings(item, "" if name == "base" else name)
        return
    # `error` and `reason` are mostly the message over again as a code: they speak when nothing else does.
    sentences = [name for name in spoken if name not in _CODES or not isinstance(value[name], str)]
    for name in sentences or spoken:
        inner = _by_field(value[name]) if name in ("errors", "fields") else value[name]
        yield from _sayings(inner, field)


_CODES = frozenset({"error", "reason", "exception"})


def _by_field(value: Any) -> Any:
    """Return `errors` such that a field that happens to be named like a saying is not taken for one."""
    if not isinstance(value, dict):
        return value
    return [
        f"{name}: {text}" if name != "base" else text
        for name, item in value.items()
        for text in _sayings(item)
    ]


_SECRETS = (
    (re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*"), r"\1"),
    (re.compile(r"(?i)\bbearer\s+[\w.~+/=-]{8,}"), "Bearer [removed]"),
    (
        re.compile(
            r"(?i)\b((?:access_|refresh_|id_)token|client_secret|secret|password)"
            r"([\"']?\s*[:=]\s*[\"']?)[^\s\"',&;]+"
        ),
        r"\1\2[removed]",
    ),
    (re.compile(r"(?i)\b(code|token)=[^\s\"',&;]+"), r"\1=[removed]"),
)


def scrubbed(text: str) -> str:
    """Return a vendor's words in one short line, without anything that could be a secret."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    line = " ".join(text.replace("\0", " ").split()).encode("utf-8", "replace").decode()
    return line if len(line) <= SAID_CHARACTERS_MAX else line[: SAID_CHARACTERS_MAX - 1] + "…"
