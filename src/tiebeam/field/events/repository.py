"""Change events chosen when a document was approved already, kept beside it: the document stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.field.model import Kind, Standing
from tiebeam.field.rules import NotPossibleError
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.field.model import Document
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.field.events")

KINDS: Final = (Kind.TM_TICKET, Kind.CHANGE_ORDER_REQUEST)
"""What can have a change event."""


@dataclass(frozen=True, slots=True)
class LaterEvent:
    """A choice. `change_event` is the vendor's own id."""

    number: int
    change_event: str
    chosen_at: datetime
    by: Actor


class LaterEvents:
    """The later choices of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._trail = Trail(store, store.clock)

    async def of(self, document_id: UUID) -> LaterEvent | None:
        """Return what was chosen last for a document."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await self._of(tx, document_id)

    async def choose(self, tx: Transaction, document: Document, change_event: str, by: Actor) -> bool:
        """Keep a choice for a document, which the caller holds; False when it is the present one.

        Raises NotPossibleError as `require_choosable`.
        """
        require_choosable(document)
        before = await self._of(tx, document.id)
        if before is not None and before.change_event == change_event:
            return False
        number = before.number + 1 if before else 1
        named = {
            "tenant_id": self._tenant_id,
            "document_id": document.id,
            "number": number,
            "change_event": change_event,
            "at": self._store.clock.now(),
            "author_kind": by.kind.value,
            "author_id": by.id,
            "author_name": by.name,
        }
        await tx.run(Q["add"], named)
        told = {"document": document.number, "version": document.version, "change_event": change_event}
        act, subject = "field_document.change_event_chosen", f"field_document:{document.id}"
        await self._trail.note(self._tenant_id, by, act, subject, told, tx=tx)
        return True

    async def _of(self, tx: Transaction, document_id: UUID) -> LaterEvent | None:
        named = {"tenant_id": self._tenant_id, "document_id": document_id}
        for number, change_event, chosen_at, kind, id_, name in await tx.rows(Q["of_document"], named):
            return LaterEvent(number, change_event, chosen_at, Actor(ActorKind(kind), id_, name))
        return None


def require_choosable(document: Document) -> None:
    """Raise NotPossibleError unless a change event can be chosen beside a document."""
    if document.kind not in KINDS:
        raise NotPossibleError(
            f"{document.number} has no change event: only tickets and change order requests do.",
            action="Choose a ticket or a change order request.",
        )
    if document.standing is not Standing.APPROVED:
        raise NotPossibleError(
            f"{document.number} is {document.standing}: its change event is a part of what it says.",
            action="Write the change event into the document itself, then have it approved.",
        )
    if document.body.get("change_event"):
        raise NotPossibleError(
            f"{document.number} names the change event {document.body['change_event']} already.",
            action="Once it is sent, corrections are made where it was sent to.",
        )
