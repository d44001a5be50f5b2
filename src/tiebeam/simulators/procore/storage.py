"""The storage service behind uploads and downloads: no token, no limit, only signatures that end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tiebeam.simulators.base.messages import SimResponse
from tiebeam.simulators.procore.bodies import SentFile, read_parts
from tiebeam.simulators.procore.errors import ApiError
from tiebeam.simulators.procore.uploads import Blob, Uploads

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.base.messages import SimRequest
    from tiebeam.simulators.procore.options import ProcoreOptions
    from tiebeam.simulators.procore.render import Renderer
    from tiebeam.simulators.procore.uploads import Upload

# Ids of stored files, far from those of any record.
_FIRST_FILE_ID = 2**49 + 900_000_001


class Storeroom:
    """What is stored: the uploads, and the files that records hold.

    Paths under /storage/ take a form with a file, or one segment; under /storage/files/ they give out bytes.
    """

    def __init__(self, options: ProcoreOptions, seed: int) -> None:
        """Empty."""
        self.uploads = Uploads(options, seed)
        self._options = options
        self._seed = seed
        self._files: dict[str, Blob] = {}
        self._next_id = _FIRST_FILE_ID

    def keep(self, blob: Blob, name: str | None = None) -> int:
        """Store a file for a record; under a name such as `images/7` too, where no id shows."""
        taken = self.take_id()
        self._files[name or str(taken)] = blob
        return taken

    def take_id(self) -> int:
        """An id for something inside a record."""
        self._next_id += 1
        return self._next_id - 1

    def kept(self, path: str) -> Blob | None:
        """The stored file that a path under /files/ names, if it is one that was uploaded."""
        steps = path.strip("/").split("/")
        return self._files.get("/".join(steps[1:3])) or self._files.get(steps[-1])

    def form_fields(self, upload: Upload) -> dict[str, str]:
        """What has to go with the file into the form, for an hour."""
        ends = self.uploads.form_expires(upload)
        key = f"uploads/{upload.uuid}"
        policy = base64.b64encode(json.dumps({"expiration": ends, "key": key}).encode()).decode()
        return {
            "key": key,
            "Content-Type": upload.content_type,
            "Content-Disposition": f'inline; filename="{upload.filename}"',
            "policy": policy,
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-signature": self._seal("form", policy),
        }

    def segment_path(self, upload: Upload, number: int, ends: float) -> str:
        """Where a segment is PUT, until a moment in unix seconds."""
        text = f"{upload.uuid}/{number}/{int(ends)}"
        query = urlencode({"expires_at": int(ends), "sig": self._seal("part", text)})
        return f"/storage/uploads/{upload.uuid}/parts/{number}?{query}"

    def handle(self, request: SimRequest, moment: datetime) -> SimResponse:
        """Answer a call under /storage/, with an XML error when it refuses."""
        if "authorization" in request.headers:
            return refused_by_storage(400, "InvalidArgument", "Only one auth mechanism allowed")
        try:
            return self._answer(request, moment)
        except ApiError as error:
            return refused_by_storage(error.status, "InvalidRequest", error.message)
        except ValueError as error:
            return refused_by_storage(400, "MalformedPOSTRequest", str(error))

    def _answer(self, request: SimRequest, moment: datetime) -> SimResponse:
        match (request.method, request.path.strip("/").split("/")[1:]):
            case ("POST", ["uploads"]):
                return self._take_form(request, moment)
            case ("PUT", ["uploads", uuid, "parts", number]):
                return self._take_segment(request, uuid, number, moment)
            case ("GET" | "HEAD", ["files", *_]):
                return self._give(request, moment)
        return refused_by_storage(404, "NoSuchKey", "There is nothing under this key")

    def given_out(self, path: str, base_url: str, moment: datetime) -> SimResponse:
        """The redirect from a file's own URL to the storage, for a minute."""
        ends = str(int(moment.timestamp()) + self._options.storage_url_seconds)
        query = urlencode({"expires": ends, "sig": self._seal("file", f"{path}:{ends}")})
        return SimResponse(302, {"Location": f"{base_url}/storage{path}?{query}"})

    def _give(self, request: SimRequest, moment: datetime) -> SimResponse:
        path, query = request.path.removeprefix("/storage"), dict(request.query)
        ends = query.get("expires", "")
        if not hmac.compare_digest(query.get("sig", ""), self._seal("file", f"{path}:{ends}")):
            return refused_by_storage(403, "SignatureDoesNotMatch", "The signature does not match")
        if moment.timestamp() >= float(ends):
            return refused_by_storage(403, "AccessDenied", "Request has expired")
        return content(self, path)

    def _take_form(self, request: SimRequest, moment: datetime) -> SimResponse:
        """The file counts with the fields before it; what follows it is not looked at, as in S3."""
        fields: dict[str, Any] = {}
        for part in read_parts(request):
            if isinstance(part.value, SentFile) and part.name == "file":
                return self._accept(fields, part.value, moment)
            fields[part.name] = part.value
        return refused_by_storage(400, "InvalidArgument", "POST requires exactly one file upload per request")

    def _accept(self, fields: dict[str, Any], sent: SentFile, moment: datetime) -> SimResponse:
        policy = str(fields.get("policy", ""))
        if not hmac.compare_digest(str(fields.get("x-amz-signature", "")), self._seal("form", policy)):
            return refused_by_storage(403, "SignatureDoesNotMatch", "The policy is not the one given")
        rules = json.loads(base64.b64decode(policy))
        if moment.timestamp() >= rules["expiration"]:
            return refused_by_storage(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        upload = self.uploads.find(rules["key"].removeprefix("uploads/"))
        wanted = self.form_fields(upload)
        wrong = [name for name, value in wanted.items() if fields.get(name) != value]
        if wrong:
            return refused_by_storage(403, "AccessDenied", f"Invalid according to Policy: {', '.join(wrong)}")
        upload.data = sent.data
        return SimResponse(204, {"ETag": f'"{hashlib.md5(sent.data, usedforsecurity=False).hexdigest()}"'})

    def _take_segment(self, request: SimRequest, uuid: str, number: str, moment: datetime) -> SimResponse:
        query = dict(request.query)
        ends = query.get("expires_at", "")
        if not hmac.compare_digest(query.get("sig", ""), self._seal("part", f"{uuid}/{number}/{ends}")):
            return refused_by_storage(403, "SignatureDoesNotMatch", "The signature does not match")
        if moment.timestamp() >= float(ends):
            return refused_by_storage(403, "AccessDenied", "Request has expired")
        promised = request.headers.get("x-amz-content-sha256")
        if promised not in (None, hashlib.sha256(request.body).hexdigest()):
            return refused_by_storage(400, "XAmzContentSHA256Mismatch", "The hash is not that of the body")
        etag = self.uploads.receive(self.uploads.find(uuid), int(number), request.body)
        return SimResponse(200, {"ETag": f'"{etag}"'})

    def _seal(self, purpose: str, text: str) -> str:
        return hashlib.blake2b(f"{self._seed}:{purpose}:{text}".encode(), digest_size=16).hexdigest()


def content(storeroom: Storeroom, path: str) -> SimResponse:
    """The bytes of a file: those that were uploaded, else always the same ones for the same path."""
    blob = storeroom.kept(path)
    if blob is None:
        seed = hashlib.blake2b(path.encode()).digest()
        body = b"%PDF-1.4\n% " + seed.hex().encode() * (16 + seed[0]) + b"\n%%EOF\n"
        blob = Blob("file.pdf", "application/pdf", body)
    etag = hashlib.md5(blob.data, usedforsecurity=False).hexdigest()
    headers = {"Content-Type": blob.content_type, "ETag": f'"{etag}"'}
    headers["Content-Disposition"] = f'inline; filename="{_plain(blob.filename)}"'
    return SimResponse(200, headers, blob.data)


def signature_ended(renderer: Renderer, request: SimRequest, moment: datetime) -> SimResponse | None:
    """The refusal of a file's URL that is not ours or has ended; None when it is good."""
    expires = renderer.signature_expires(dict(request.query))
    if expires is None or moment.timestamp() >= expires:
        return refused_by_storage(403, "AccessDenied", "Request has expired")
    return None


def _plain(filename: str) -> str:
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "_" for letter in filename)


def refused_by_storage(status: int, code: str, message: str) -> SimResponse:
    """An error as the storage says it."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return SimResponse(status, {"Content-Type": "application/xml"}, body.encode())
