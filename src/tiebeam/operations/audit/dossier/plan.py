"""A dossier as files, and what of them is signed. Pure: the same dossier gives the same bytes."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.cells import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tiebeam.operations.audit.dossier.model import Asked, Dossier, Exhibit
    from tiebeam.operations.audit.model import Entry
    from tiebeam.operations.audit.signing import SigningKey

WHAT: Final = "tiebeam.dossier"
MANIFEST: Final = "manifest.json"
HEADS: Final = (
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "act",
    "subject",
    "detail",
    "correlation_id",
    "previous",
    "hash",
)
_EXHIBIT_HEADS: Final = ("kind", "subject", "title", "at", "sha256", "told")
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)


def as_json(dossier: Dossier) -> bytes:
    """Return the whole dossier: from it the hash of every entry can be calculated again."""
    proven, anchor = dossier.proven, dossier.anchor
    told = {
        "what": WHAT,
        "company": {"id": str(dossier.tenant_id), "name": dossier.company},
        "made": {"at": moment(dossier.made_at), "by": dossier.made_by},
        "asked": asked(dossier.asked),
        "trail": {
            "holds": proven.fault is None,
            "fault": proven.fault,
            "entries": proven.trail.entries,
            "number": proven.trail.number,
            "hash": proven.trail.hash.hex(),
            "anchors": proven.anchors,
            "last_anchor": anchor
            and {
                "day": anchor.day.isoformat(),
                "number": anchor.number,
                "hash": anchor.hash.hex(),
                "previous": anchor.previous.hex(),
                "at": moment(anchor.at),
                "signature": anchor.signature.hex(),
            },
        },
        "public_key": dossier.public_key.hex(),
        "entries": [told_entry(one) for one in dossier.entries],
        "exhibits": [told_exhibit(one) for one in dossier.exhibits],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def told_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON."""
    actor = entry.actor
    named = (entry.number, moment(entry.at), actor.kind.value, actor.id, actor.name, entry.act, entry.subject)
    chain = (entry.correlation_id, entry.previous.hex(), entry.hash.hex())
    return dict(zip(HEADS, (*named, dict(entry.detail), *chain), strict=True))


def told_exhibit(one: Exhibit) -> dict[str, Any]:
    """Return an exhibit as JSON."""
    hash_ = one.sha256.hex() if one.sha256 else None
    named = (one.kind, one.subject, one.title, moment(one.at), hash_, dict(one.told))
    return dict(zip(_EXHIBIT_HEADS, named, strict=True))


def entries_csv(dossier: Dossier) -> bytes:
    """Return the entries as a table."""
    return _table(HEADS, [told_entry(one) for one in dossier.entries])


def exhibits_csv(dossier: Dossier) -> bytes:
    """Return the exhibits as a table."""
    return _table(_EXHIBIT_HEADS, [told_exhibit(one) for one in dossier.exhibits])


def manifest(dossier: Dossier, files: Mapping[str, bytes], key: SigningKey) -> bytes:
    """Return what vouches for the files: their hashes and those of the photos, signed."""
    said = {
        "what": WHAT,
        "company": {"id": str(dossier.tenant_id), "name": dossier.company},
        "made_at": moment(dossier.made_at),
        "made_by": dossier.made_by,
        "asked": asked(dossier.asked),
        "holds": dossier.proven.fault is None,
        "number": dossier.proven.trail.number,
        "hash": dossier.proven.trail.hash.hex(),
        "entries": len(dossier.entries),
        "files": {name: sha256(data).hexdigest() for name, data in sorted(files.items())},
        "photos": [
            {"subject": one.subject, "title": one.title, "sha256": one.sha256.hex()}
            for one in dossier.exhibits
            if one.sha256
        ],
    }
    signature = key.sign(canonical(said)).hex()
    told = {"signed": said, "public_key": key.public.hex(), "signature": signature}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of files; their dates are always the same."""
    into = io.BytesIO()
    with ZipFile(into, "w") as archive:
        for name, data in sorted(files.items()):
            info = ZipInfo(name, _BEGINNING)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, data)
    return into.getvalue()


def moment(at: datetime) -> str:
    """Return a moment as it stands in what is hashed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def asked(wish: Asked) -> dict[str, Any]:
    """Return what was asked for, as JSON."""
    return {
        "item": wish.item,
        "project": wish.project,
        "since": wish.since and moment(wish.since),
        "until": wish.until and moment(wish.until),
    }


def in_words(wish: Asked) -> str:
    """Return what was asked for, as a sentence."""
    parts = [f"item {wish.item}" if wish.item else "", f"project {wish.project}" if wish.project else ""]
    parts.append(f"from {moment(wish.since)[:16]} UTC" if wish.since else "")
    parts.append(f"until {moment(wish.until)[:16]} UTC" if wish.until else "")
    return ", ".join(part for part in parts if part) or "everything"


def _table(heads: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> bytes:
    into = io.StringIO()
    writer = csv.writer(into)
    writer.writerow(heads)
    for row in rows:
        writer.writerow(_cell(row[head]) for head in heads)
    return into.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return safe_cell(value) if isinstance(value, str) else value
