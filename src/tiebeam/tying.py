"""Documents tied to a change event that was chosen after their approval, however far they have come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tiebeam.capture import Capture
from tiebeam.delivering import PROCORE, ConnectedProcore
from tiebeam.field.events.repository import KINDS, require_choosable
from tiebeam.field.model import Standing
from tiebeam.field.repository import UnknownDocumentError
from tiebeam.field.rules import NotPossibleError
from tiebeam.kernel.errors import BadInputError, TiebeamError
from tiebeam.push.model import Blocked
from tiebeam.pushing import FieldPapers, Pushing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.field.events.repository import LaterEvent
    from tiebeam.field.model import Document
    from tiebeam.operations.audit.model import Actor
    from tiebeam.push.board.model import Standing as PushStanding
    from tiebeam.push.deliveries.procore.facts import ChangeEvent


class Tie(StrEnum):
    """How a document stands with its change event."""

    NONE_YET = "none_yet"
    """It waits for one, and is sent all the same."""
    CHOSEN = "chosen"
    """It goes along when the document is sent."""
    ON_ITS_WAY = "on_its_way"
    STUCK = "stuck"
    TIED = "tied"

    @property
    def in_words(self) -> str:
        """The same as people read it."""
        return _WORDS[self]


_WORDS = {
    Tie.NONE_YET: "None yet. It is sent all the same, and tied as soon as one is chosen.",
    Tie.CHOSEN: "Chosen; it goes along when the document is sent.",
    Tie.ON_ITS_WAY: "Chosen; the document is being tied to it.",
    Tie.STUCK: "Chosen; the document could not be tied to it yet.",
    Tie.TIED: "The document is tied to it.",
}


@dataclass(frozen=True, slots=True)
class Tied:
    """The change event of a document, by the target's own id, and how far it is.

    `later` is how it was chosen beside the document; None for one that the document names itself.
    """

    state: Tie
    change_event: str | None
    later: LaterEvent | None
    can_choose: bool


@dataclass(frozen=True, slots=True)
class Tying:
    """One tenant's choosing of change events."""

    app: App

    async def of(self, document: Document) -> Tied | None:
        """Return the change event of a document; None for what has none by its kind."""
        if document.kind not in KINDS:
            return None
        own = document.body.get("change_event")
        later = None if own else await Capture(self.app).events().of(document.id)
        event = own or (later.change_event if later else None)
        state = _state(event, await Pushing(self.app).board().of_documents([document.id]))
        can_choose = document.standing is Standing.APPROVED and not own and state is not Tie.TIED
        return Tied(state, event, later, can_choose)

    async def choices(self, document: Document) -> list[ChangeEvent] | None:
        """Return what can be chosen, out of our copy; None where it says nothing of that."""
        if not self.app.includes_procore:
            return None
        try:
            project = await FieldPapers(self.app).project(document.project_id, PROCORE)
            return await ConnectedProcore(self.app).change_events(project)
        except TiebeamError:
            return None

    async def choose(self, document_id: UUID, change_event: str, by: Actor) -> Document:
        """Have a document tied to a change event: once, now or when it is sent. The same again is nothing.

        Raises UnknownDocumentError, NotPossibleError, BadInputError for an event that there is not.
        """
        pushing, events = Pushing(self.app), Capture(self.app).events()
        ledger = pushing.ledger()
        await self._require(await pushing.documents().get(document_id), change_event)
        async with ledger.transaction() as tx:
            document = await pushing.documents().hold(tx, document_id)
            if document is None:
                raise UnknownDocumentError("There is no such document.", action="See which there are.")
            if await events.choose(tx, document, change_event, by):
                woken = await ledger.chosen(tx, document_id)
                await self.app.queue.enqueue(self.app.tenant.id, await pushing.jobs(woken, tx=tx), tx=tx)
        return document

    async def _require(self, document: Document, change_event: str) -> None:
        require_choosable(document)
        present = await self.of(document)
        if present and present.state is Tie.TIED and present.change_event != change_event:
            raise NotPossibleError(
                f"{document.number} is tied to the change event {present.change_event} already.",
                action="Tie it to another one where it was sent to.",
            )
        for target in sorted(Pushing(self.app).targets()):
            why = await self._refused(document, change_event, target)
            if why is not None:
                raise BadInputError(why.cause, action=why.action)

    async def _refused(self, document: Document, change_event: str, target: str) -> Blocked | None:
        """Return why a target would not take the choice, which may be another matter than the rest of it."""
        pushing = Pushing(self.app)
        paper = await FieldPapers(self.app).paper(document, target)
        made = await pushing.ledger().made(document.id, target)
        chosen = replace(paper, later={"change_event": change_event}, made=made)
        try:
            plan = await pushing.runner().preview(target, chosen)
        except TiebeamError:
            return None
        about_it = isinstance(plan, Blocked) and (made or plan.field == "change_event")
        return plan if isinstance(plan, Blocked) and about_it else None


def _state(event: str | None, standings: Sequence[PushStanding]) -> Tie:
    if event is None:
        return Tie.NONE_YET
    if not standings:
        return Tie.CHOSEN
    if any(one.state in ("blocked", "failed") for one in standings):
        return Tie.STUCK
    return Tie.TIED if all(one.state.startswith("done") for one in standings) else Tie.ON_ITS_WAY
