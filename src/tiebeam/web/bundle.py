"""The files of the phone pages: modules that import each other, so all stand under one version.

The version changes with any byte of any of them: a phone either has all of one version or all of the next.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson

from tiebeam.web.assets import FOLDER, address_of
from tiebeam.web.rendering import TEMPLATES

PAGE: Final = "/phone"
PARTS: Final = FOLDER / "phone"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
}
_WORKER: Final = "worker.js"
_HASH_DIGITS: Final = 12


@cache
def names() -> frozenset[str]:
    """Return the names that are served below the version; the worker has an address of its own."""
    return frozenset(path.name for path in PARTS.iterdir() if path.suffix in TYPES) - {_WORKER}


@cache
def content(name: str) -> bytes:
    """Return the bytes of a file of the bundle."""
    return (PARTS / name).read_bytes()


@cache
def version() -> str:
    """Return what changes with the page or any file that it needs."""
    found = sha256(address_of("tiebeam.css").encode())
    for path in (TEMPLATES / "phone.html", *sorted(PARTS.iterdir())):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:_HASH_DIGITS]


def part_address(name: str) -> str:
    """Return the address of a file of the bundle. Raises KeyError for one that is not there."""
    if name not in names():
        raise KeyError(name)
    return f"{PAGE}/app/{version()}/{name}"


def worker() -> bytes:
    """Return the service worker, told which version it keeps and where all of it is."""
    shared = (address_of("tiebeam.css"), address_of("mark.svg"), f"{PAGE}/manifest.webmanifest")
    kept = [PAGE, *shared, *(part_address(name) for name in sorted(names()))]
    told = f"const VERSION = {_js(version())};\nconst KEPT = {_js(kept)};\n"
    return told.encode() + content(_WORKER)


def manifest() -> bytes:
    """Return what makes the page installable."""
    icons = [
        {
            "src": part_address(f"icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in (192, 512)
    ]
    told = {
        "id": PAGE,
        "name": "Tiebeam field",
        "short_name": "Tiebeam",
        "description": "Tickets, daily reports, check-ins and photos from the site, also without a network.",
        "start_url": PAGE,
        "scope": PAGE,
        "display": "standalone",
        "background_color": "#f6f5f2",
        "theme_color": "#9a4508",
        "icons": icons,
    }
    return orjson.dumps(told)


def media_type(name: str) -> str:
    """Return what kind of file a part is."""
    return TYPES[Path(name).suffix]


def _js(value: object) -> str:
    return orjson.dumps(value).decode()
