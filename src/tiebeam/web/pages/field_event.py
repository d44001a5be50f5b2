"""The change event of a document that had none yet when it was approved: one form of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.tying import Tying
from tiebeam.web.pages.field import site_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call


async def choose(call: Call) -> Response:
    """Choose the change event; what was sent already is tied to it by itself."""
    document = await (await site_of(call)).named(call)
    event = call.posted("change_event", most=80)
    if not event:
        raise BadInputError("No change event was chosen.", action="Choose one of the list.")
    await Tying(await call.app()).choose(document.id, event, call.viewer.person.actor)
    return call.to(f"/field/{document.id}", notice=f"The change event of {document.number} is chosen.")


ROWS = (Row("POST", "/field/{document_id}/change-event", Permission.FIELD_REVIEW, choose),)
