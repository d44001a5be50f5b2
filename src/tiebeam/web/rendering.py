"""Templates: escaped throughout, with the few words and forms that every page uses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from tiebeam.web.assets import address_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

TEMPLATES = Path(__file__).parent / "templates"

_STEPS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """Return a length of time in its two largest units, such as `2 h 5 min`."""
    left = round(abs(seconds))
    parts: list[str] = []
    for name, size in _STEPS:
        if left >= size or (not parts and size == 1):
            parts.append(f"{left // size} {name}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if not part.startswith("0 ")) or "0 s"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, or how far ahead it is."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(seconds)}"


def utc(moment: datetime | None) -> str:
    """Return a moment to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "never"


def iso(moment: datetime) -> str:
    """Return a moment for a machine."""
    return moment.astimezone(UTC).isoformat()


def value(given: object) -> str:
    """Return a value of a record as text."""
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    return orjson.dumps(given, option=orjson.OPT_INDENT_2).decode()


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("tiebeam.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        enable_async=False,
    )
    made.filters.update(span=span, utc=utc, iso=iso, value=value, thousands="{:,}".format)
    made.globals.update(asset=address_of, ago=ago)
    return made


ENVIRONMENT = _environment()


def rendered(template: str, context: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return a page; what is on it is escaped, whoever wrote it."""
    text = ENVIRONMENT.get_template(template).render(context)
    return HTMLResponse(text, status_code=status, headers={"Cache-Control": "no-store"})
