"""The bytes behind signed URLs: no token, no limit, only a signature that ends."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tiebeam.simulators.base.messages import SimResponse

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.base.messages import SimRequest
    from tiebeam.simulators.procore.render import Renderer

_EXPIRED = (
    b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
)


def download(renderer: Renderer, request: SimRequest, moment: datetime) -> SimResponse:
    """The file that a path names: always the same bytes for the same path; 403 for a URL that has ended."""
    expires = renderer.signature_expires(dict(request.query))
    if expires is None or moment.timestamp() >= expires:
        return SimResponse(403, {"Content-Type": "application/xml"}, _EXPIRED)
    seed = hashlib.blake2b(request.path.encode()).digest()
    body = b"%PDF-1.4\n% " + seed.hex().encode() * (16 + seed[0]) + b"\n%%EOF\n"
    return SimResponse(200, {"Content-Type": "application/pdf", "ETag": f'"{seed[:16].hex()}"'}, body)
