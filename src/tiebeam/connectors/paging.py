"""Pages, as arithmetic: which is the last, how many rows there are, how large one may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s=;,<>]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,<>\"]+))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_DAYS = re.compile(r"(?<!\d)(\d{1,3})[ -]days?\b", re.IGNORECASE)
_CEILING = re.compile(r"max(?:imum)?\b\D{0,40}?(\d+)", re.IGNORECASE)


def parse_links(header: str | None) -> dict[str, str]:
    """Return the targets of a `Link` header by relation, in lower case; the first of a relation counts.

    What cannot be read is passed over: a garbled header is the same as none.
    """
    found: dict[str, str] = {}
    for link in _LINK.finditer(header or ""):
        relation = _REL.search(link[2])
        for name in (relation[1] or relation[2] or "").split() if relation else ():
            found.setdefault(name.lower(), link[1].strip())
    return found


def total_of(headers: Mapping[str, str]) -> int | None:
    """Return the count of the whole listing from the `Total` header, or None."""
    text = headers.get("total", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def per_page_of(headers: Mapping[str, str], asked: int) -> int:
    """Return how many rows a page really holds at most: some lists lower what was asked without a word."""
    text = headers.get("per-page", "").strip()
    told = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return min(asked, told) if told > 0 else asked


def has_next(headers: Mapping[str, str], *, page: int, rows: int) -> bool:
    """Say whether another page follows: the vendor's `Link: next` decides, never the size of this one.

    A link that does not lead beyond this page is not followed, nor one of an empty page past the end: a
    listing must end.
    """
    target = parse_links(headers.get("link")).get("next")
    if target is None:
        return False
    following = _page_in(target)
    if following is not None and following <= page:
        return False
    return rows > 0 or not _is_past_the_end(headers, page)


def _page_in(target: str) -> int | None:
    try:
        values = parse_qs(urlsplit(target).query).get("page", [])
    except ValueError:
        return None
    text = values[0] if values else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _is_past_the_end(headers: Mapping[str, str], page: int) -> bool:
    last = _page_in(parse_links(headers.get("link")).get("last", ""))
    return last is None or page >= last


def smaller_page(said: str, per_page: int) -> int | None:
    """Return the page size to ask for after a refusal of `per_page`; None when there is no smaller one.

    The vendor's words name the most it takes ("exceeding max per_page of 100"); when they do not, half.
    """
    if per_page <= 1:
        return None
    ceilings = [int(digits[:9]) for digits in _CEILING.findall(said)]
    named = [ceiling for ceiling in ceilings if 0 < ceiling < per_page]
    return min(named) if named else per_page // 2


def days_allowed(said: str) -> int | None:
    """Return the most days that the vendor's words allow in one window ("up to 31 days"), or None."""
    counts = [int(digits) for digits in _DAYS.findall(said)]
    return min((count for count in counts if count > 0), default=None)
