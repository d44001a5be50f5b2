"""The phone pages of the field: one page that a phone keeps, with all that it needs, to work offline.

The page is the same for everybody and holds nothing of anybody: who is there, it asks at `phone_door`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tiebeam.web import bundle
from tiebeam.web.headers import POLICY
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from tiebeam.web.call import Call

_POLICY: Final = f"{POLICY}; manifest-src 'self'; worker-src 'self'"
_ASK_AGAIN: Final = "no-cache"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


async def page(call: Call) -> Response:
    """Give the page: the frame that its modules fill."""
    answer = call.render("phone.html", part=bundle.part_address)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = _ASK_AGAIN
    return answer


async def worker(_: Call) -> Response:
    """Give the service worker, which may look after the page itself and not only what is below it."""
    headers = {"Service-Worker-Allowed": bundle.PAGE, "Cache-Control": _ASK_AGAIN}
    return Response(bundle.worker(), media_type=bundle.TYPES[".js"], headers=headers)


async def manifest(_: Call) -> Response:
    """Give what makes the page installable."""
    headers = {"Cache-Control": _ASK_AGAIN}
    return Response(bundle.manifest(), media_type="application/manifest+json", headers=headers)


async def part(call: Call) -> Response:
    """Give a file of the present version; 404 for everything else."""
    name = call.request.path_params["name"]
    if name not in bundle.names() or call.request.url.path != bundle.part_address(name):
        return Response(status_code=404)
    headers = {"Cache-Control": _FOR_EVER}
    return Response(bundle.content(name), media_type=bundle.media_type(name), headers=headers)


ROWS = (
    Row("GET", bundle.PAGE, None, page),
    Row("GET", f"{bundle.PAGE}/worker.js", None, worker),
    Row("GET", f"{bundle.PAGE}/manifest.webmanifest", None, manifest),
    Row("GET", f"{bundle.PAGE}/app/{{version}}/{{name}}", None, part),
)
