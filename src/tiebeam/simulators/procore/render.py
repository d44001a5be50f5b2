"""Records as answers show them: the stable part kept as bytes, what every read changes filled in last."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.resources import RESOURCES
from tiebeam.simulators.procore.views import build_view

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tiebeam.simulators.procore.resources import Resource
    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.tables import Row

# Marks stand for what differs at each read, so that a record's bytes can be kept and only the marks replaced.
_BASE = "~{base-url}~"
_SIGNATURE = "~{signature}~"
_READ_AT = "~{read-at}~"

VOLATILE_FIELDS = frozenset(
    {
        "url",
        "thumbnail_url",
        "large_thumbnail_url",
        "pdf_url",
        "png_url",
        "zip_url",
        "activity_stream_last_viewed_at",
    }
)


class Renderer:
    """Turns rows into JSON; `signed_url_seconds` is how long a file's URL works."""

    def __init__(self, state: ProcoreState, signed_url_seconds: int) -> None:
        """Signatures follow from the state's seed and the number of reads."""
        self._state = state
        self._seconds = signed_url_seconds
        self._reads = 0

    def rows(self, resource: str, rows: Iterable[Row], view: str) -> bytes:
        """Many records as the bytes of a JSON array, still with marks."""
        return b"[" + b",".join([self.row(resource, row, view) for row in rows]) + b"]"

    def row(self, resource: str, row: Row, view: str) -> bytes:
        """One record as the bytes of JSON, still with marks."""
        kept = row.rendered.get(view)
        if kept is None:
            kept = row.rendered[view] = _rendered(
                RESOURCES[resource], row, build_view(self._state, resource, row, view), view
            )
        return kept

    def finish(self, body: bytes, base_url: str, moment: datetime) -> bytes:
        """Fill the marks of an answer read at `moment`."""
        if b"~{" not in body:
            return body
        self._reads += 1
        return (
            body.replace(_BASE.encode(), base_url.encode())
            .replace(_SIGNATURE.encode(), self._signature(moment).encode())
            .replace(_READ_AT.encode(), stamp(moment).encode())
        )

    def signature_expires(self, query: dict[str, str]) -> float | None:
        """When the URL with these parameters ends; None for a signature that is not ours."""
        expires, read = query.get("expires", ""), query.get("read", "")
        if not expires.isdecimal() or not hmac.compare_digest(
            query.get("sig", ""), self._seal(expires, read)
        ):
            return None
        return float(expires)

    def _signature(self, moment: datetime) -> str:
        expires = str(int(moment.timestamp()) + self._seconds)
        return f"expires={expires}&read={self._reads}&sig={self._seal(expires, str(self._reads))}"

    def _seal(self, expires: str, read: str) -> str:
        text = f"{self._state.seed}:{expires}:{read}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _rendered(resource: Resource, row: Row, content: Any, view: str) -> bytes:
    if view in {"ids", "compact"}:
        return orjson.dumps(content)
    folder = f"{_BASE}/files/{resource.name}/{row.id}"
    content.update({name: f"{folder}/{name}?{_SIGNATURE}" for name in resource.signed})
    content.update(dict.fromkeys(resource.read_stamps, _READ_AT))
    plain = orjson.dumps(content)
    # Walking through a record costs more than writing it, and most records have no file inside.
    if b'"filename":' in plain or b'"size":' in plain:
        return orjson.dumps(_with_urls(content, folder))
    return plain


def _with_urls(content: dict[str, Any], folder: str) -> dict[str, Any]:
    complete = {name: _nested(value, f"{folder}/{name}") for name, value in content.items()}
    if "url" not in complete and ("filename" in content or ("size" in content and "number" in content)):
        complete["url"] = f"{folder}/{content.get('id', 'file')}?{_SIGNATURE}"
    return complete


def _nested(value: Any, folder: str) -> Any:
    if isinstance(value, dict):
        return _with_urls(value, folder)
    if isinstance(value, list):
        return [_nested(item, folder) for item in value]
    return value
