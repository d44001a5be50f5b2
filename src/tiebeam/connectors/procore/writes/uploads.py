"""Files on their way to Procore: a form at the storage, or segments for large ones, never held whole."""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tiebeam.connectors.answers import read_object
from tiebeam.connectors.outcomes import Outcome, Place, outcome_of_silence
from tiebeam.connectors.ports import Refusal, RefusalKind, Request, TransportError
from tiebeam.connectors.procore.client import Call
from tiebeam.connectors.procore.errors import STORAGE_REFUSED
from tiebeam.connectors.procore.writes.plan import project_path
from tiebeam.connectors.procore.writes.writer import BEGIN_SECONDS
from tiebeam.connectors.sayings import said_in
from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

    from tiebeam.connectors.ports import Response, Transport
    from tiebeam.connectors.procore.writes.writer import ProcoreWriter

FORM_BYTES_MAX = 10 * 1024 * 1024
SEGMENT_BYTES = 8 * 1024 * 1024
"""Procore takes segments of 5 MB or more; the last may be smaller."""

_TIMEOUT_SECONDS = 300.0
_NOT_THOSE_BYTES = frozenset({400, 409, 410, 422})
_NOT_OURS_TO_SEND = frozenset({"content-length", "host"})


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be read from its beginning as often as needed."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int
    open: Callable[[], AsyncIterator[bytes]] = field(repr=False, compare=False)


class FileChangedError(TiebeamError):
    """A file that was to be sent is not what was captured: its bytes on the disk have changed."""

    code = "procore.file_changed"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class _Segment:
    size: int
    sha256: str


class Uploads:
    """Puts files where records can take them from. Doing it twice leaves nothing that anybody would see."""

    def __init__(self, writer: ProcoreWriter, transport: Transport) -> None:
        self._writer = writer
        self._transport = transport

    async def put(self, project_id: str, file: File) -> str | Refusal:
        """Upload a file and return the id by which a record takes it, good for a week.

        Raises FileChangedError when its bytes are not those that were promised, TiebeamError as the client.
        """
        path = project_path(project_id, "uploads", version="v1.1")
        wanted: dict[str, Any] = {"response_filename": file.name, "response_content_type": file.media_type}
        if file.size_bytes <= FORM_BYTES_MAX:
            return await self._put_form(path, wanted, file)
        segments = await _segments_of(file)
        wanted["segments"] = [{"size": one.size, "sha256": one.sha256} for one in segments]
        return await self._put_segments(path, wanted, file)

    async def _put_form(self, path: str, wanted: Mapping[str, Any], file: File) -> str | Refusal:
        data = b"".join([chunk async for chunk in file.open()])
        _check(file, len(data), hashlib.sha256(data).hexdigest())
        promised = await self._tell("POST", path, wanted)
        if isinstance(promised, Refusal):
            return promised
        boundary = f"tiebeam-{file.sha256[:40]}"
        fields = {str(name): str(value) for name, value in promised["fields"].items()}
        body = _multipart(boundary, fields, file, data)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        stored = await self._store("POST", promised["url"], headers, body)
        return stored if isinstance(stored, Refusal) else str(promised["uuid"])

    async def _put_segments(self, path: str, wanted: Mapping[str, Any], file: File) -> str | Refusal:
        promised = await self._tell("POST", path, wanted)
        if isinstance(promised, Refusal):
            return promised
        etags: list[dict[str, str]] = []
        async with aclosing(_cut(file)) as pieces:
            async for piece in pieces:
                segment = promised["segments"][len(etags)]
                stored = await self._store("PUT", segment["url"], segment.get("headers") or {}, piece)
                if isinstance(stored, Refusal):
                    return stored
                etags.append({"etag": stored.headers["etag"]})
        whole = await self._tell("PATCH", f"{path}/{promised['uuid']}", {"segments": etags})
        if not isinstance(whole, Refusal):
            return str(promised["uuid"])
        # What the storage kept is not what it answered: no person can mend that, and all can be put anew.
        return _stored_wrong(whole) if whole.status in _NOT_THOSE_BYTES else whole

    async def _tell(self, method: str, path: str, content: Mapping[str, Any]) -> dict[str, Any] | Refusal:
        call = Call(path, (), self._writer.share, Place.PROJECT)
        got = await self._writer.client.write(
            method,
            call,
            lambda answer: read_object(answer.body),
            content=content,
            begin_seconds=BEGIN_SECONDS,
        )
        # An upload that no record takes is thrown away: it can always be made anew.
        return _nothing_done(got) if isinstance(got, Refusal) else got.value

    async def _store(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Response | Refusal:
        """Hand bytes to the storage, without our token: the address is its own permission."""
        address = urlsplit(url)
        sent = {name: value for name, value in headers.items() if name.lower() not in _NOT_OURS_TO_SEND}
        request = Request(
            method,
            address._replace(query="", fragment="").geturl(),
            tuple(parse_qsl(address.query, keep_blank_values=True)),
            sent,
            body,
            timeout_seconds=_TIMEOUT_SECONDS,
        )
        try:
            answer = await self._transport.send(request)
        except TransportError as error:
            return _nothing_done(outcome_of_silence(error).refusal(1))
        if 200 <= answer.status < 300 and _is_storages(answer, method):
            return answer
        return _nothing_done(Outcome(STORAGE_REFUSED, said_in(answer.body), answer.status).refusal(1))


def _is_storages(answer: Response, method: str) -> bool:
    """Say whether the storage has answered, and not a page for people in its stead, which keeps nothing."""
    named = method != "PUT" or bool(answer.headers.get("etag"))
    return named and not answer.headers.get("content-type", "").startswith("text/html")


def _stored_wrong(refusal: Refusal) -> Refusal:
    return _nothing_done(Outcome(STORAGE_REFUSED, refusal.cause, refusal.status).refusal(refusal.calls))


def _nothing_done(refusal: Refusal) -> Refusal:
    kind = RefusalKind.UNAVAILABLE if refusal.maybe_done else refusal.kind
    return replace(refusal, kind=kind, maybe_done=False)


async def _segments_of(file: File) -> list[_Segment]:
    """Return how a file is cut, and make sure that it is what was promised."""
    whole = hashlib.sha256()
    segments = []
    async with aclosing(_cut(file)) as pieces:
        async for piece in pieces:
            whole.update(piece)
            segments.append(_Segment(len(piece), hashlib.sha256(piece).hexdigest()))
    _check(file, sum(segment.size for segment in segments), whole.hexdigest())
    return segments


async def _cut(file: File) -> AsyncGenerator[bytes, None]:
    """Yield pieces of the same size, the last one smaller; no more than two are held at a time."""
    held = bytearray()
    async for chunk in file.open():
        held += chunk
        while len(held) >= SEGMENT_BYTES:
            yield bytes(held[:SEGMENT_BYTES])
            del held[:SEGMENT_BYTES]
    if held:
        yield bytes(held)


def _check(file: File, size_bytes: int, sha256: str) -> None:
    if (size_bytes, sha256) != (file.size_bytes, file.sha256):
        raise FileChangedError(
            f"The file {file.name} is not what was captured: its bytes on the disk have changed.",
            action="Restore it from a backup, then send it again. The captured document is not touched.",
        )


def _multipart(boundary: str, fields: Mapping[str, str], file: File, data: bytes) -> bytes:
    """Return the form that the storage wants: its own fields first, the file last."""
    name = file.name.replace("\\", "_").replace('"', "_")
    parts = [f'name="{field}"\r\n\r\n{value}'.encode() for field, value in fields.items()]
    head = f'name="file"; filename="{name}"\r\nContent-Type: {file.media_type}\r\n\r\n'.encode()
    opening = b"--" + boundary.encode() + b"\r\nContent-Disposition: form-data; "
    closing = b"--" + boundary.encode() + b"--\r\n"
    return b"".join(opening + part + b"\r\n" for part in [*parts, head + data]) + closing
