"""Style sheets and scripts: each under an address that changes with its content, kept for ever.

All are ours but those of Swagger UI, which come with a package of their own and are served as they are.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import fastapi_offline
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER: Final = Path(__file__).parent / "static"
SWAGGER: Final = ("swagger-ui-bundle.js", "swagger-ui.css")
_SWAGGER_FOLDER: Final = Path(fastapi_offline.__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_HASH_DIGITS: Final = 12


@cache
def _content(name: str) -> bytes:
    return ((_SWAGGER_FOLDER if name in SWAGGER else FOLDER) / name).read_bytes()


@cache
def names() -> frozenset[str]:
    """Return the names that are served; nothing else of the disk is."""
    return frozenset(path.name for path in FOLDER.iterdir() if path.suffix in _TYPES).union(SWAGGER)


@cache
def address_of(name: str) -> str:
    """Return the address of an asset. Raises KeyError for one that is not there."""
    if name not in names():
        raise KeyError(name)
    return f"/static/{sha256(_content(name)).hexdigest()[:_HASH_DIGITS]}/{name}"


async def static(request: Request) -> Response:
    """Serve an asset under its present address; 404 for everything else."""
    name = request.path_params["name"]
    if name not in names() or request.url.path != address_of(name):
        return Response(status_code=404)
    return Response(
        _content(name), media_type=_TYPES[Path(name).suffix], headers={"Cache-Control": _FOR_EVER}
    )
