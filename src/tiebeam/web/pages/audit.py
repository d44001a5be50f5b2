"""Who did what: the trail, whether its chain holds, and the trail as a file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response as StarletteResponse
from starlette.responses import StreamingResponse

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.cells import safe_cell
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.dossier.model import Asked
from tiebeam.operations.audit.model import Wanted
from tiebeam.proof import Proof
from tiebeam.web.pages.runs import day
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.operations.audit.anchors.model import Proven
    from tiebeam.operations.audit.model import Entry
    from tiebeam.operations.audit.repository import Trail
    from tiebeam.web.call import Call

PAGE = 50
BATCH = 1000
HEADS: Final = (
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "act",
    "subject",
    "detail",
    "correlation_id",
    "hash",
)


async def audit_page(call: Call) -> Response:
    """Show the trail, filtered, the newest first."""
    return await _shown(call, None)


async def verify(call: Call) -> Response:
    """Read the whole chain and its signatures, and show whether they hold."""
    tenant_id, actor = call.viewer.tenant.id, call.viewer.person.actor
    found = await Proof(await call.app()).dossiers().prove()
    detail = {"entries": found.trail.entries, "holds": found.fault is None, "anchors": found.anchors}
    await call.house.trail.note(tenant_id, actor, "audit.verified", "audit:trail", detail)
    return await _shown(call, found)


async def _shown(call: Call, verified: Proven | None) -> Response:
    before = call.number("before", 0, most=999_999_999)
    trail, tenant_id = call.house.trail, call.viewer.tenant.id
    found = await trail.entries(tenant_id, _wanted(call), limit=PAGE + 1, before=before or None)
    asked = {name: call.asked(name) for name in ("act", "who", "subject", "since", "until")}
    return call.render(
        "audit.html",
        title="Audit trail",
        found=found[:PAGE],
        older=found[PAGE - 1].number if len(found) > PAGE else None,
        first=not before,
        asked=asked,
        given={name: text for name, text in asked.items() if text},
        people=await call.house.accounts.people(tenant_id),
        verified=verified,
        public_key=(await (await call.app()).evidence.key(tenant_id)).public.hex(),
    )


def _wanted(call: Call) -> Wanted:
    """Return which entries are asked for; `until` counts with its whole day. Raises BadInputError."""
    since, until = call.asked("since"), call.asked("until")
    return Wanted(
        act=call.asked("act") or None,
        subject=call.asked("subject") or None,
        actor_id=call.asked("who") or None,
        since=day(since) if since else None,
        until=day(until) + timedelta(days=1) if until else None,
    )


async def export(call: Call) -> Response:
    """Give the filtered trail as a file: CSV, or one JSON object a line."""
    kind, wanted = call.asked("format", "csv"), _wanted(call)
    if kind not in ("csv", "json"):
        raise BadInputError(f"The trail cannot be had as {kind!r}.", action="Ask for csv or json.")
    viewer, trail = call.viewer, call.house.trail
    await trail.note(viewer.tenant.id, viewer.person.actor, "audit.exported", "audit:trail", {"format": kind})
    lines, media = (_csv, "text/csv; charset=utf-8") if kind == "csv" else (_json, "application/x-ndjson")
    name = (
        f"audit-{viewer.tenant.slug}-{call.house.clock.now():%Y-%m-%d}.{'csv' if kind == 'csv' else 'jsonl'}"
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    batches = _batches(trail, viewer.tenant.id, wanted)
    return StreamingResponse(lines(batches), media_type=media, headers=headers)


async def _batches(trail: Trail, tenant_id: UUID, wanted: Wanted) -> AsyncIterator[Sequence[Entry]]:
    before: int | None = None
    while found := await trail.entries(tenant_id, wanted, limit=BATCH, before=before):
        yield found
        before = found[-1].number


async def _csv(batches: AsyncIterator[Sequence[Entry]]) -> AsyncIterator[str]:
    yield _line(HEADS)
    async for some in batches:
        yield "".join(_line(_cell(value) for value in _told(one).values()) for one in some)


async def _json(batches: AsyncIterator[Sequence[Entry]]) -> AsyncIterator[bytes]:
    async for some in batches:
        told = ({**_told(one), "detail": dict(one.detail)} for one in some)
        yield b"".join(orjson.dumps(one) + b"\n" for one in told)


def _told(one: Entry) -> dict[str, Any]:
    actor = one.actor
    named = (one.number, one.at.isoformat(), actor.kind.value, actor.id, actor.name, one.act, one.subject)
    detail = orjson.dumps(dict(one.detail)).decode()
    return dict(zip(HEADS, (*named, detail, one.correlation_id, one.hash.hex()), strict=True))


def _cell(value: Any) -> Any:
    return safe_cell(value) if isinstance(value, str) else value


def _line(values: Iterable[Any]) -> str:
    into = io.StringIO()
    csv.writer(into).writerow(values)
    return into.getvalue()


async def dossier(call: Call) -> Response:
    """Give what is known of an item, a project or a time as a signed dossier."""
    wanted, app = _wanted(call), await call.app()
    wish = Asked(wanted.subject, call.asked("project") or None, wanted.since, wanted.until)
    made = await Proof(app).dossiers().make(wish, call.viewer.person.actor)
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
    return StarletteResponse(made.data, media_type="application/zip", headers=headers)


ROWS = (
    Row("GET", "/audit", Permission.AUDIT_READ, audit_page),
    Row("POST", "/audit/verify", Permission.AUDIT_READ, verify),
    Row("GET", "/audit/export", Permission.AUDIT_READ, export),
    Row("GET", "/audit/dossier", Permission.AUDIT_READ, dossier),
)
