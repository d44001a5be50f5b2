"""Files that come with a write: parts of a form, or uploads made before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import SentFile, as_list
from tiebeam.simulators.procore.uploads import Blob
from tiebeam.simulators.procore.writes.kinds import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tiebeam.simulators.procore.calls import Call


def taken(call: Call, uuid: str) -> Blob:
    """The file of an upload that the caller made. Raises ApiError 403, 410 or 422."""
    return call.storeroom.uploads.take(uuid, call.principal.user["id"], call.moment)


def blob_of(sent: SentFile) -> Blob:
    """A part of a form as a stored file."""
    return Blob(sent.filename, sent.content_type, sent.data)


def attached(call: Call, *holders: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Everything that objects of a body attach, as records show it.

    `attachments[]` counts as files alone: the names or ids that some send there are dropped in silence.
    """
    return [shown(call, blob) for holder in holders for blob in _blobs(call, holder)]


def shown(call: Call, blob: Blob) -> dict[str, Any]:
    """A stored file inside a record."""
    file_id = call.storeroom.keep(blob)
    return {
        "id": file_id,
        "name": blob.filename,
        "filename": blob.filename,
        "content_type": blob.content_type,
    }


def _blobs(call: Call, holder: Mapping[str, Any]) -> Iterator[Blob]:
    sent = holder.get("attachments")
    for part in [sent] if isinstance(sent, SentFile) else as_list(sent) or []:
        if isinstance(part, SentFile):
            yield blob_of(part)
    for uuid in texts(holder.get("upload_ids")):
        yield taken(call, uuid)
    for item in as_list(holder.get("attachments_by_uuid")) or []:
        if isinstance(item, dict) and item.get("upload_uuid"):
            yield taken(call, str(item["upload_uuid"]))
