"""A dossier as a PDF, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.operations.audit.dossier.plan import in_words, moment
from tiebeam.paper.sheet import Sheet

if TYPE_CHECKING:
    from tiebeam.operations.audit.dossier.model import Dossier
    from tiebeam.operations.audit.model import Entry

_HOW = (
    "Each entry carries the hash of the one before it and of itself, so that a later change of any shows. "
    "manifest.json beside this file holds the SHA-256 of every file of this dossier and of every photo, "
    "signed with Ed25519 by the key named above. `tiebeam audit verify-dossier` checks all of it, without "
    "access to our database; whether the key is the company's own, ask the company."
)


def as_pdf(dossier: Dossier) -> bytes:
    """Return the dossier on pages of paper."""
    sheet = Sheet("Evidence", footer=f"{dossier.company} · made {moment(dossier.made_at)[:19]} UTC")
    sheet.facts(_facts(dossier))
    sheet.text(_HOW)
    sheet.heading(f"What was done ({len(dossier.entries):,} entries)")
    rows = [_row(one) for one in dossier.entries]
    sheet.table(
        ("No.", "When (UTC)", "Who", "Did", "To what, and how"),
        rows,
        [0.07, 0.15, 0.18, 0.17, 0.43],
        numbers={0},
    )
    _add_photos(sheet, dossier)
    for one in dossier.exhibits:
        if not one.sha256:
            sheet.heading(f"{one.title} ({moment(one.at)[:19]} UTC)")
            sheet.text(one.subject)
            sheet.facts((name, _said(value)) for name, value in one.told.items())
    return sheet.made()


def _facts(dossier: Dossier) -> list[tuple[str, str]]:
    proven, anchor = dossier.proven, dossier.anchor
    holds = f"Holds: {proven.trail.entries:,} entries, none changed, removed or reordered."
    signed = f"{anchor.day.isoformat()}, up to entry {anchor.number:,}" if anchor else "not yet"
    return [
        ("Company", dossier.company),
        ("About", in_words(dossier.asked)),
        ("Made", f"{moment(dossier.made_at)[:19]} UTC by {dossier.made_by}"),
        ("The audit trail", holds if proven.fault is None else f"DOES NOT HOLD: {proven.fault}."),
        ("Its last entry", f"number {proven.trail.number:,}, hash {proven.trail.hash.hex()}"),
        ("Last signed on", signed),
        ("Public key", dossier.public_key.hex()),
    ]


def _row(entry: Entry) -> tuple[str, ...]:
    who = f"{entry.actor.name} ({entry.actor.kind.value})"
    said = [entry.subject, *(f"{name}: {_said(value)}" for name, value in entry.detail.items())]
    if entry.correlation_id:
        said.append(f"correlation: {entry.correlation_id}")
    when = moment(entry.at)[:19].replace("T", " ")
    return (str(entry.number), when, who, entry.act, "\n".join([*said, f"hash {entry.hash.hex()}"]))


def _add_photos(sheet: Sheet, dossier: Dossier) -> None:
    photos = [(one, one.sha256) for one in dossier.exhibits if one.sha256]
    if photos:
        sheet.heading(f"Photos ({len(photos):,})")
        rows = [(one.title, moment(one.at)[:19].replace("T", " "), hash_.hex()) for one, hash_ in photos]
        sheet.table(("Photo", "When (UTC)", "SHA-256 of the original"), rows, [0.35, 0.2, 0.45])


def _said(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
