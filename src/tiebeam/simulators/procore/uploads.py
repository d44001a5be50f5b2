"""Direct uploads: what was promised, what arrived, and who may use it until when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tiebeam.simulators.procore.errors import ApiError, not_found
from tiebeam.simulators.procore.identifiers import Ulids

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.procore.options import ProcoreOptions

Status = Literal["non_segmented", "ready", "receiving", "complete", "available"]

_MIB = 1024 * 1024
_GIB = 1024 * _MIB


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's bytes, with the name and type under which it is given out."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Segment:
    """One piece of an upload: what was promised of it, and what arrived."""

    size: int
    sha256: str
    md5: str | None = None
    etag: str | None = None
    data: bytes | None = None


@dataclass(slots=True)
class Upload:
    """One upload. Moments are unix seconds; `unified` marks those of version 2.1."""

    uuid: str
    owner_id: int
    filename: str
    content_type: str
    created: float
    project_id: int | None
    unified: bool = False
    segments: list[Segment] = field(default_factory=list)
    data: bytes | None = None
    sha256: str | None = None
    completed_at: float | None = None

    @property
    def status(self) -> Status:
        """How far it has come."""
        if not self.segments:
            return "non_segmented"
        if self.completed_at is not None:
            return "complete"
        return "receiving" if any(segment.etag for segment in self.segments) else "ready"


class Uploads:
    """Every upload of the company."""

    def __init__(self, options: ProcoreOptions, seed: int) -> None:
        """None yet; their ids follow from the seed and the moments."""
        self._options = options
        self._ulids = Ulids(seed + 7919)
        self._uploads: dict[str, Upload] = {}

    def create(self, upload: Upload, moment: datetime) -> Upload:
        """Promise an upload; it is given its id. Raises ApiError 422 for segments of wrong sizes."""
        self._check_sizes(upload)
        upload.uuid = self._ulids.take(moment)
        self._uploads[upload.uuid] = upload
        return upload

    def find(self, uuid: str) -> Upload:
        """The upload itself. Raises ApiError 404."""
        upload = self._uploads.get(uuid)
        if upload is None:
            raise not_found("The upload")
        return upload

    def owned(self, uuid: str, user_id: int, moment: datetime) -> Upload:
        """The upload, for its owner before it ends. Raises ApiError 404, 403 or 410."""
        upload = self.find(uuid)
        if upload.owner_id != user_id:
            raise ApiError(403, "Only the user who created an upload can use it")
        if moment.timestamp() >= upload.created + self._lifetime_seconds(upload):
            raise ApiError(410, "The upload has expired")
        return upload

    def take(self, uuid: str, user_id: int, moment: datetime) -> Blob:
        """The file of an upload that a record is to hold. Raises ApiError 403, 410 or 422."""
        if uuid not in self._uploads:
            raise _unusable(uuid, "is not a valid upload")
        upload = self.owned(uuid, user_id, moment)
        if upload.data is None:
            raise _unusable(uuid, "has not been uploaded")
        return Blob(upload.filename, upload.content_type, upload.data)

    def receive(self, upload: Upload, number: int, data: bytes) -> str:
        """Take one segment, counted from 1; its ETag comes back. Raises ApiError 400 for other bytes."""
        segment = upload.segments[number - 1]
        if len(data) != segment.size:
            raise ApiError(400, f"The segment has {len(data)} bytes, not {segment.size}")
        if hashlib.sha256(data).hexdigest() != segment.sha256.lower():
            raise ApiError(400, "The SHA-256 of the segment does not match")
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if segment.md5 is not None and digest != segment.md5.lower():
            raise ApiError(400, "The MD5 of the segment does not match")
        segment.data = data
        return digest

    def complete(self, upload: Upload, etags: list[str | None], moment: datetime) -> None:
        """Note the ETags of the segments, in their order; once all are there the file is whole.

        None stands for a segment that is still to come. Raises ApiError 422 for ETags that are not those, or
        a whole that is not what was promised.
        """
        if len(etags) != len(upload.segments):
            raise _unusable(upload.uuid, f"needs {len(upload.segments)} ETags, got {len(etags)}")
        for number, (segment, etag) in enumerate(zip(upload.segments, etags, strict=True), 1):
            if etag is not None and not _is_etag_of(segment, etag):
                raise _unusable(upload.uuid, f"has another ETag in segment {number}")
        for segment, etag in zip(upload.segments, etags, strict=True):
            segment.etag = None if etag is None else etag.strip('"')
        if all(segment.etag for segment in upload.segments):
            data = b"".join(segment.data or b"" for segment in upload.segments)
            if upload.sha256 is not None and hashlib.sha256(data).hexdigest() != upload.sha256.lower():
                raise _unusable(upload.uuid, "has another SHA-256 than was promised")
            upload.data, upload.completed_at = data, moment.timestamp()

    def expires(self, upload: Upload) -> float:
        """When an upload that no record holds is thrown away, in unix seconds."""
        return upload.created + self._lifetime_seconds(upload)

    def form_expires(self, upload: Upload) -> float:
        """Until when the storage takes the file of an upload, in unix seconds."""
        return upload.created + self._options.upload_form_seconds

    def _lifetime_seconds(self, upload: Upload) -> float:
        return self._options.unified_upload_seconds if upload.unified else self._options.upload_seconds

    def _check_sizes(self, upload: Upload) -> None:
        """Every segment within its bounds; the last may be smaller."""
        least = self._options.segment_bytes_min
        most = 100 * _MIB if upload.unified else 5 * _GIB
        for number, segment in enumerate(upload.segments, 1):
            last = number == len(upload.segments)
            if segment.size > most or (segment.size < least and not last):
                bounds = f"must be between {least} and {most} bytes"
                raise ApiError(422, bounds, shape="errors", payload={"segments": [f"{number} {bounds}"]})


def segments_of(sent: Any) -> list[Segment]:
    """The segments that a request promises. Raises ApiError 422 when one lacks its size or hash."""
    if sent in (None, []):
        return []
    if not isinstance(sent, list):
        raise ApiError(422, "segments must be a list", shape="errors", payload={"segments": ["is invalid"]})
    return [_segment(number, item) for number, item in enumerate(sent, 1)]


def _segment(number: int, sent: Any) -> Segment:
    size = str(sent.get("size") or "") if isinstance(sent, dict) else ""
    digest = str(sent.get("sha256") or "") if isinstance(sent, dict) else ""
    if not size.isdecimal() or len(digest) != 64:
        said = f"{number} needs its size in bytes and its sha256"
        raise ApiError(422, said, shape="errors", payload={"segments": [said]})
    return Segment(int(size), digest, sent.get("md5"))


def _is_etag_of(segment: Segment, etag: str) -> bool:
    if segment.data is None:
        return False
    return etag.strip('"').lower() == hashlib.md5(segment.data, usedforsecurity=False).hexdigest()


def _unusable(uuid: str, message: str) -> ApiError:
    return ApiError(422, f"Upload {uuid} {message}", shape="errors", payload={"upload": [message]})
