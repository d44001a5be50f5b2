"""A list of records as a file, sent while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from tiebeam.identity.permissions import Permission
from tiebeam.replicate.explorer.formats import MEDIA_TYPES, writer
from tiebeam.web.pages.records import explorer
from tiebeam.web.pages.records_query import kind, read
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from tiebeam.replicate.explorer.formats import Writer
    from tiebeam.replicate.explorer.model import Wanted
    from tiebeam.replicate.explorer.repository import Explorer
    from tiebeam.web.call import Call


async def export(call: Call) -> Response:
    """Send all of a list: every record that is filtered, with the columns that were chosen, if any."""
    stream, form = kind(call.request.path_params["view"]), call.request.path_params["form"]
    asked = read(stream, call.request.query_params)
    writing = writer(form, asked.columns if asked.chosen else stream.columns)
    viewer = call.viewer
    detail = {"format": form, "query": asked.query()}
    subject = f"stream:{stream.name}"
    await call.house.trail.note(viewer.tenant.id, viewer.person.actor, "records.exported", subject, detail)
    name = f"{stream.view}-{call.house.clock.now():%Y-%m-%d}.{form}"
    return StreamingResponse(
        _sent(await explorer(call), asked.wanted, writing),
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _sent(looking: Explorer, wanted: Wanted, writing: Writer) -> AsyncIterator[bytes]:
    yield writing.begin()
    async for rows in looking.walk(wanted):
        if part := writing.rows(rows):
            yield part
    yield writing.end()


ROWS = (Row("GET", "/exports/{view}/{form}", Permission.RECORDS_EXPORT, export),)
