"""Whether a dossier is as it was signed: nothing is needed but the dossier itself."""

from __future__ import annotations

import io
import zlib
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from zipfile import BadZipFile, ZipFile

import orjson

from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.anchors.model import Anchor
from tiebeam.operations.audit.anchors.plan import said
from tiebeam.operations.audit.dossier.model import Checked
from tiebeam.operations.audit.dossier.plan import MANIFEST, WHAT
from tiebeam.operations.audit.model import Actor, ActorKind, Entry
from tiebeam.operations.audit.plan import hash_of
from tiebeam.operations.audit.signing import is_signed

_WHOLE: Final = "dossier.json"
_MEMBERS_MAX: Final = 16
_BYTES_MAX: Final = 512 * 1024 * 1024


def check_dossier(data: bytes, *, key: str | None = None) -> Checked:
    """Say what of a dossier is not as it was signed; `key` is whose it must be, in hexadecimal.

    Raises BadInputError for what is no dossier at all.
    """
    files = _unpacked(data)
    try:
        vouched = orjson.loads(files.pop(MANIFEST))
        signed, public, signature = vouched["signed"], vouched["public_key"], vouched["signature"]
        faults = _of_signature(signed, public, signature, key)
        faults += _of_files(signed["files"], files)
        faults += [] if signed["holds"] else ["when it was made, the audit trail did not hold"]
        whole = orjson.loads(files[_WHOLE]) if _WHOLE in files else None
        faults += [*_of_entries(whole), *_of_anchor(whole)] if whole and not faults else []
        photos = {f"{one['title']} ({one['subject']})": str(one["sha256"]) for one in signed["photos"]}
        company, made_at, entries = signed["company"]["name"], signed["made_at"], signed["entries"]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _no_dossier("its manifest cannot be read") from None
    return Checked(tuple(faults), str(public), str(company), str(made_at), int(entries), photos)


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > _MEMBERS_MAX or sum(info.file_size for info in infos) > _BYTES_MAX:
                raise _no_dossier("it holds too much")
            found = {info.filename: archive.read(info) for info in infos}
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error):
        # What a changed byte makes of a ZIP: whatever is left of it is no longer what was signed.
        raise _no_dossier("it is damaged, or no ZIP file") from None
    if MANIFEST not in found:
        raise _no_dossier(f"there is no {MANIFEST} in it")
    return found


def _of_signature(signed: Any, public: str, signature: str, key: str | None) -> list[str]:
    if signed["what"] != WHAT:
        raise ValueError(signed["what"])
    if not is_signed(canonical(signed), bytes.fromhex(signature), bytes.fromhex(public)):
        return ["its manifest was changed after it was signed"]
    if key is not None and key.strip().lower() != public:
        return [f"it was signed with another key: {public}"]
    return []


def _of_files(hashes: dict[str, str], files: dict[str, bytes]) -> list[str]:
    faults = [f"{name} is missing" for name in sorted(hashes.keys() - files.keys())]
    faults += [f"{name} was put in afterwards" for name in sorted(files.keys() - hashes.keys())]
    same = sorted(hashes.keys() & files.keys())
    return faults + [
        f"{name} was changed" for name in same if sha256(files[name]).hexdigest() != hashes[name]
    ]


def _of_entries(whole: dict[str, Any]) -> list[str]:
    """Return the entries whose hashes are not those of what they say, or that do not follow on each other."""
    tenant, before = UUID(whole["company"]["id"]), None
    for told in whole["entries"]:
        entry = _entry(tenant, told)
        if hash_of(entry) != entry.hash:
            return [f"the entry {entry.number} is not what its hash says"]
        if before and entry.number == before.number + 1 and entry.previous != before.hash:
            return [f"the entry {entry.number} does not follow on the one before it"]
        before = entry
    return []


def _of_anchor(whole: dict[str, Any]) -> list[str]:
    """Return whether the last daily signature is none, or is of another entry than is told here."""
    told = whole["trail"]["last_anchor"]
    if told is None:
        return []
    anchor = Anchor(
        tenant_id=UUID(whole["company"]["id"]),
        day=date.fromisoformat(told["day"]),
        number=told["number"],
        hash=bytes.fromhex(told["hash"]),
        previous=bytes.fromhex(told["previous"]),
        at=datetime.fromisoformat(told["at"]),
        public_key=bytes.fromhex(whole["public_key"]),
        signature=bytes.fromhex(told["signature"]),
    )
    signed = is_signed(said(anchor), anchor.signature, anchor.public_key)
    same = all(one["hash"] == told["hash"] for one in whole["entries"] if one["number"] == anchor.number)
    return [] if signed and same else [f"the signature of {anchor.day} is not of entry {anchor.number}"]


def _entry(tenant_id: UUID, told: dict[str, Any]) -> Entry:
    return Entry(
        tenant_id=tenant_id,
        number=told["number"],
        at=datetime.fromisoformat(told["at"]),
        actor=Actor(ActorKind(told["actor_kind"]), told["actor_id"], told["actor_name"]),
        act=told["act"],
        subject=told["subject"],
        detail=told["detail"],
        correlation_id=told["correlation_id"],
        previous=bytes.fromhex(told["previous"]),
        hash=bytes.fromhex(told["hash"]),
    )


def _no_dossier(why: str) -> BadInputError:
    return BadInputError(
        f"This is no whole dossier: {why}.",
        action="Get it once more from whoever made it, and do not open and save it in between.",
    )
