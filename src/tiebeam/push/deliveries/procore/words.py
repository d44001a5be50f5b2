"""What people read in Procore: descriptions, names of files, and the marks by which records are found."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tiebeam.push.model import Attachment, Paper

_NAME_CHARACTERS_MAX = 100
_TITLE_CHARACTERS_MAX = 120
_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
}
_TIME_TYPES = {"overtime": " overtime", "double": " double time"}


def file_name(paper: Paper, attachment: Attachment) -> str:
    """Return a name that no other file of the project has, and that is the same at every attempt."""
    stem, ending = _split(_UNFIT.sub("_", attachment.name).strip(), attachment.media_type)
    kept = stem[: _NAME_CHARACTERS_MAX - len(paper.number)].strip()
    return " ".join(part for part in (paper.number, kept, _key(paper, str(attachment.id))) if part) + ending


def _split(name: str, media_type: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    if dot and stem and 1 <= len(ending) <= 5 and ending.isalnum():
        return stem, f".{ending.lower()}"
    return name, _ENDINGS.get(media_type, "")


def mark(paper: Paper, step: str) -> str:
    """Return what stands at the end of a log's words, since a log has no key of ours."""
    return f"[{paper.number} {_key(paper, step)}]"


def _key(paper: Paper, what: str) -> str:
    """Return a few letters that nothing else of the company shares, short enough to be read past."""
    return hashlib.blake2b(f"{paper.origin}:{what}".encode(), digest_size=4).hexdigest()


def title(paper: Paper, text: str) -> str:
    """Return the number and the first line of a text, on one line."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    whole = f"{paper.number} {first}".strip()
    return whole if len(whole) <= _TITLE_CHARACTERS_MAX else whole[: _TITLE_CHARACTERS_MAX - 1] + "…"


def ticket_description(body: Mapping[str, Any], papers: list[str]) -> str:
    """Return everything that a ticket says but its rates, which travel in its paper alone."""
    return "\n".join(_ticket_lines(body, papers)).strip()


def _ticket_lines(body: Mapping[str, Any], papers: list[str]) -> Iterator[str]:
    yield str(body.get("description") or "")
    if body.get("cost_code"):
        yield f"Cost code: {body['cost_code']}"
    for heading, rows in (
        ("Labour", map(_labour, body.get("labour") or ())),
        ("Materials", map(_amount, body.get("materials") or ())),
        ("Equipment", map(_amount, body.get("equipment") or ())),
    ):
        said = [f"- {row}" for row in rows]
        yield from (f"{heading}:", *said) if said else ()
    if body.get("notes"):
        yield f"Notes: {body['notes']}"
    if body.get("signature"):
        yield f"Signed by {body['signature']['name']}, {body['signature']['signed_at']}"
    if papers:
        yield f"Rates and totals: {', '.join(papers)}"


def _labour(row: Mapping[str, Any]) -> str:
    who = ", ".join(part for part in (row["worker"], row.get("trade")) if part)
    return f"{who}: {plain(row['hours'])} h{_TIME_TYPES.get(row.get('time_type') or '', '')}"


def _amount(row: Mapping[str, Any]) -> str:
    return " ".join(part for part in (plain(row["quantity"]), row.get("unit"), row["name"]) if part)


def order_description(body: Mapping[str, Any], papers: list[str]) -> str:
    """Return what a change order request says beside its lines."""
    said = [str(body.get("description") or "")]
    if body.get("reason"):
        said.append(f"Reason: {body['reason']}")
    if papers:
        said.append(f"In Documents: {', '.join(papers)}")
    return "\n".join(said).strip()


def plain(number: Any) -> str:
    """Return a decimal without an exponent or idle zeros: `8.50` is `8.5`."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
