"""A company's documents on their way to other systems: what they are, who sends them, and when."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import uuid5

from tiebeam.capture import Capture
from tiebeam.delivering import PROCORE, ConnectedProcore
from tiebeam.field.events.repository import KINDS
from tiebeam.field.forms import photos_of
from tiebeam.field.model import Standing, Wanted
from tiebeam.field.paper.printer import PAPERS
from tiebeam.field.repository import Documents, Hand, Hooks, UnknownDocumentError
from tiebeam.kernel.errors import BadInputError
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.queue.model import NewJob
from tiebeam.push.board.repository import Board
from tiebeam.push.deliveries.folder import FolderTarget
from tiebeam.push.model import Attachment, Paper, Steps, Wish, origin_of
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner
from tiebeam.push.triggers.repository import TriggerChoices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from tiebeam.app import App
    from tiebeam.field.model import Document
    from tiebeam.field.photos.model import Photo
    from tiebeam.push.model import Plan
    from tiebeam.push.ports import Target
    from tiebeam.push.repository import Within

PUSH: Final = "push.intent"
"""The kind of job that goes on with one document."""
SOON: Final = 4
"""The priority of what somebody pressed a button for."""
NOT_SENT: Final = "documents_not_sent"
"""The alert of documents that wait for a person."""
TOLD_DOCUMENTS_MIN: Final = 5
TOLD_AFTER: Final = timedelta(hours=1)
DUE_MAX: Final = 500
BATCH_MAX: Final = 1000
_CHUNK_BYTES: Final = 1 << 20
_READ_ONLY: Final = "It was sent to {target}. Corrections are made there."


class FieldPapers:
    """The papers that are captured on site: those that are approved, each with its photos."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._capture = Capture(app)
        self._prints: dict[UUID, Attachment] = {}
        self._mapped: dict[tuple[UUID, str], str] = {}

    async def get(self, tx: Within, document_id: UUID, target: str) -> Paper | None:
        """Return an approved document as a paper, held until the transaction ends."""
        document = await self._capture.documents().hold(tx, document_id)
        if document is None or document.standing is not Standing.APPROVED:
            return None
        return await self.paper(document, target)

    async def paper(self, document: Document, target: str) -> Paper:
        """Return what a document is to a target."""
        photos = self._capture.photos()
        found = await photos.some(photos_of(document.kind, document.body))
        return Paper(
            kind=document.kind.value,
            id=document.id,
            version=document.version,
            number=document.number,
            project=await self._project(document.project_id, target),
            body=document.body,
            attachments=(
                *(_attachment(one, photos.path(one)) for one in found),
                *await self._printed(document),
            ),
            origin=origin_of(self._app.tenant.id, document.id),
            later=await self._later(document),
        )

    async def _later(self, document: Document) -> Mapping[str, str]:
        """Return what was chosen beside a document that does not say it itself."""
        if document.kind not in KINDS or document.body.get("change_event"):
            return {}
        found = await self._capture.events().of(document.id)
        return {"change_event": found.change_event} if found else {}

    async def _printed(self, document: Document) -> list[Attachment]:
        """Return the document on paper, where a paper is made of its kind."""
        if document.kind not in PAPERS:
            return []
        # Of each version another one: what was sent of an older one stays what it was.
        id_ = uuid5(document.id, f"paper/{document.version}")
        # A document is read before each of its writes, and printing it takes longer than all the rest.
        if id_ in self._prints:
            return [self._prints[id_]]
        made = await self._capture.printer().paper(document)
        digest, size = sha256(made.data).hexdigest(), len(made.data)
        printed = Attachment(id_, made.name, "application/pdf", digest, size, partial(_whole, made.data))
        self._prints = {id_: printed}
        return [printed]

    async def _project(self, project_id: UUID, target: str) -> str:
        """Return the same, asked once a run: a map that is drawn anew counts for the next one."""
        key = (project_id, target)
        if not self._mapped.get(key):
            self._mapped[key] = await self.project(project_id, target)
        return self._mapped[key]

    async def project(self, project_id: UUID, target: str) -> str:
        """Return the target's own id of one of our projects; empty while nobody has mapped it."""
        if target == FolderTarget.name:
            return str(project_id)
        projects = ProjectMap(self._app.store, self._app.tenant.id)
        for connection in await self._app.connections():
            if connection.vendor == target:
                mapped = await projects.mapped(connection.id)
                return next((theirs for theirs, ours in mapped.items() if ours == project_id), "")
        return ""

    async def seal(self, tx: Within, paper: Paper, target: str, at: datetime) -> None:
        """Make the document read-only."""
        del at
        hand = Hand(Actor.system(), reviews=True)
        await self._capture.documents().lock(
            paper.id, _READ_ONLY.format(target=target.capitalize()), hand, tx=tx
        )


@dataclass(frozen=True, slots=True)
class Pushing:
    """One tenant's side of it."""

    app: App

    def targets(self) -> Mapping[str, Target]:
        """Return what documents can be sent to, by name."""
        folder = self.app.settings.push_folder
        found: dict[str, Target] = {PROCORE: ConnectedProcore(self.app)} if self.app.includes_procore else {}
        return {**found, FolderTarget.name: FolderTarget(folder, self.app.clock)} if folder else found

    def ledger(self) -> Ledger:
        """Return what is wanted, for who carries it out."""
        return Ledger(self.app.store, self.app.tenant.id, self.app.clock, FieldPapers(self.app))

    def runner(self, stopping: Callable[[], bool] = lambda: False) -> Runner:
        """Return what carries it out."""
        return Runner(self.ledger(), self.targets(), self.app.clock, chance=_chance, stopping=stopping)

    def board(self) -> Board:
        """Return how it all stands."""
        return Board(self.app.store, self.app.tenant.id)

    def triggers(self) -> TriggerChoices:
        """Return what has documents sent."""
        return TriggerChoices(self.app.store, self.app.tenant.id)

    def documents(self) -> Documents:
        """Return the documents, such that their approval and their changes are heard of here."""
        hooks = Hooks(changed=(self._changed,), approved=(self._approved,))
        return Documents(self.app.store, self.app.tenant.id, hooks)

    async def preview(self, document: Document, target: str) -> Plan:
        """Return exactly what would be sent now: of what is there already, what was chosen beside it."""
        paper = await FieldPapers(self.app).paper(document, target)
        made = await self.ledger().made(document.id, target)
        plan = await self.runner().preview(target, replace(paper, made=made))
        if not made or not isinstance(plan, Steps):
            return plan
        return Steps(tuple(step for step in plan.steps if step.name not in made), made)

    async def send(
        self, documents: Sequence[Document], target: str, *, by: str, trigger: str = "button"
    ) -> list[UUID]:
        """Have approved documents sent, each once however often it is asked for; return the intents.

        Raises BadInputError for a target that there is not, and for one whose button is switched off.
        """
        await self.require(target, trigger)
        wishes = [self._wish(document, target) for document in documents]
        ledger = self.ledger()
        async with ledger.transaction() as tx:
            found = await ledger.want(wishes, by=by, trigger=trigger, tx=tx)
            await self.app.queue.enqueue(self.app.tenant.id, map(push_job, found), tx=tx)
        return found

    async def require(self, target: str, trigger: str = "button") -> None:
        """Raise BadInputError unless there is such a target, and such a way to have documents sent to it."""
        if target not in self.targets():
            raise BadInputError(
                f"There is no target {target!r} here.",
                action="Choose one of the settings' list, or have it set up.",
            )
        if trigger == "button" and not (await self.triggers().of(target)).button:
            raise BadInputError(
                f"Sending to {target} by hand is switched off for your company.",
                action="Ask an administrator to switch it on, on the page of what is sent.",
            )

    async def send_again(
        self, intent_ids: Sequence[UUID], names: Sequence[str] | None = None, *, sent_stands: bool = False
    ) -> list[UUID]:
        """Go on with documents that are stuck; return those that are gone on with."""
        woken = await self.ledger().send_again(intent_ids, names, sent_stands=sent_stands)
        await self.app.queue.enqueue(self.app.tenant.id, map(push_job, woken))
        return woken

    async def due(self) -> list[NewJob]:
        """Send the batches that are due, and return the jobs for everything that is to be gone on with."""
        for target in self.targets():
            await self._batch(target)
        return [push_job(intent_id, priority=0) for intent_id in await self.ledger().due(DUE_MAX)]

    async def tell(self) -> None:
        """Have one alert stand while enough documents wait for a person, or one does for long."""
        found, now = await self.board().not_sent(), self.app.clock.now()
        told: list[Finding] = []
        if found and (found.documents >= TOLD_DOCUMENTS_MIN or now - found.since >= TOLD_AFTER):
            many = f"{found.documents} documents" if found.documents > 1 else "A document"
            summary = f"{many} could not be sent. The oldest: {found.cause}"
            action = "Look at the page Sent: each is there with its cause and who can mend it."
            told = [Finding(NOT_SENT, "documents", Severity.WARNING, summary, action)]
        await self.app.alert_desk().report(self.app.tenant.id, told, rules=[NOT_SENT])

    async def _batch(self, target: str) -> None:
        now = self.app.clock.now()
        if not (await self.triggers().of(target)).batch_due(now):
            return
        approved = Wanted(standing=Standing.APPROVED)
        documents = await self.documents().search(approved, limit=BATCH_MAX)
        standings = await self.board().of_documents([one.id for one in documents])
        wanted = {one.document_id for one in standings if one.target == target}
        wishes = [self._wish(one, target) for one in documents if one.id not in wanted]
        ledger = self.ledger()
        async with ledger.transaction() as tx:
            await ledger.want(wishes, by="the schedule", trigger="schedule", tx=tx)
            await self.triggers().batched(target, now, tx=tx)

    async def _approved(self, tx: Within, document: Document) -> None:
        for target in self.targets():
            if (await self.triggers().of(target, tx=tx)).on_approval:
                ledger = self.ledger()
                wishes = [self._wish(document, target)]
                found = await ledger.want(wishes, by="the approval", trigger="approval", tx=tx)
                await self.app.queue.enqueue(self.app.tenant.id, map(push_job, found), tx=tx)
        await self._changed(tx, document)

    async def _changed(self, tx: Within, document: Document) -> None:
        woken = await self.ledger().changed(tx, document.id)
        await self.app.queue.enqueue(self.app.tenant.id, map(push_job, woken), tx=tx)

    def _wish(self, document: Document, target: str) -> Wish:
        if document.standing is not Standing.APPROVED:
            raise UnknownDocumentError(
                f"{document.number} is not approved, so it is not sent.",
                action="Approve it first.",
                code="push.not_ready",
            )
        return Wish(document.kind.value, document.id, document.number, str(document.project_id), target)


def push_job(intent_id: UUID, *, priority: int = SOON) -> NewJob:
    """Return the job that goes on with a document."""
    return NewJob(PUSH, str(intent_id), {}, priority=priority, serial_key=f"push/{intent_id}")


def _attachment(photo: Photo, path: Path) -> Attachment:
    return Attachment(
        photo.id, photo.name, photo.media_type, photo.sha256.hex(), photo.bytes, partial(_chunks, path)
    )


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk


def _chance() -> float:
    return secrets.randbelow(1 << 30) / (1 << 30)
