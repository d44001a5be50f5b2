"""A company's documents on their way to other systems: what they are, who sends them, and when."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

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
from tiebeam.push.errors import GoneError
from tiebeam.push.model import Attachment, Paper, Steps, Wish, origin_of
from tiebeam.push.remedies import Adviser, NotMendedError, mended
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner
from tiebeam.push.triggers.repository import TriggerChoices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from tiebeam.app import App
    from tiebeam.connectors.procore.pages import VendorPage
    from tiebeam.field.model import Document
    from tiebeam.field.photos.model import Photo
    from tiebeam.push.board.model import Standing as Stands
    from tiebeam.push.model import Plan
    from tiebeam.push.ports import Target
    from tiebeam.push.remedies import Remedy
    from tiebeam.push.repository import Within

PUSH: Final = "push.intent"
"""The kind of job that goes on with one document."""
SOON: Final = 4
"""The priority of what somebody pressed a button for."""
AT_ONCE: Final = 5
"""The priority of the one document that somebody pressed a button for."""
NOT_SENT: Final = "documents_not_sent"
"""The alert of documents that wait for a person."""
TOLD_DOCUMENTS_MIN: Final = 5
TOLD_AFTER: Final = timedelta(hours=1)
DUE_MAX: Final = 500
BATCH_MAX: Final = 1000
OFFERED_MAX: Final = 300
"""More is not offered in a form; it is typed."""
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
            priority = AT_ONCE if len(found) == 1 else SOON
            jobs = [push_job(one, target, priority=priority) for one in found]
            await self.app.queue.enqueue(self.app.tenant.id, jobs, tx=tx)
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
        await self.app.queue.enqueue(self.app.tenant.id, await self.jobs(woken))
        return woken

    async def remedies(self, standings: Iterable[Stands]) -> dict[UUID, Remedy]:
        """Return what a person can choose where a document names something wrongly, by intent."""
        places: dict[tuple[str, str], list[Stands]] = {}
        for one in standings:
            if one.field:
                places.setdefault((one.target, one.project), []).append(one)
        found: dict[UUID, Remedy] = {}
        for (name, project), those in places.items():
            known = await self._remedies(name, project, {one.field or "" for one in those})
            found |= {one.intent_id: known[place] for one in those if (place := one.field or "") in known}
        return found

    async def offers(self, document: Document, names: Collection[str]) -> dict[str, Remedy]:
        """Return what the targets know that a document may name, by what it is called in its form."""
        found: dict[str, Remedy] = {}
        for name in sorted(self.targets()):
            known = await self._remedies(name, str(document.project_id), set(names))
            found |= {one: remedy for one, remedy in known.items() if 0 < len(remedy.options) <= OFFERED_MAX}
        return found

    async def mend(self, standing: Stands, value: str, hand: Hand, *, version: int) -> Document:
        """Put what a person chose into a document where it named something wrongly, and send it again.

        `version` is the one that was looked at. Raises NotMendedError, BadInputError.
        """
        chosen = (await self.remedies([standing])).get(standing.intent_id)
        document = await self.documents().get(standing.document_id)
        if chosen is None or document.version != version:
            raise NotMendedError(
                f"{standing.number} has changed since.", action="Look at it again, and decide anew."
            )
        put = await self.documents().put(
            document.id,
            document.kind,
            document.project_id,
            mended(document.body, chosen.field, chosen.checked(value)),
            hand,
            captured_at=self.app.clock.now(),
            base_version=version,
        )
        if put.aside is not None:
            raise NotMendedError(put.aside.in_words, action="Look at it again, and decide anew.")
        await self.send_again([standing.intent_id])
        return put.document

    async def versions(self, document_ids: Iterable[UUID]) -> dict[UUID, int]:
        """Return which version of each document counts."""
        documents = self.documents()
        return {id_: (await documents.get(id_)).version for id_ in dict.fromkeys(document_ids)}

    async def page(self, standing: Stands) -> VendorPage | None:
        """Return where people find a document that is in Procore; None: not known."""
        if not standing.synced or standing.target != PROCORE or not self.app.includes_procore:
            return None
        project = await FieldPapers(self.app).project(UUID(standing.project), PROCORE)
        steps = await self.board().steps(standing.intent_id)
        try:
            return await ConnectedProcore(self.app).page(project, steps)
        except GoneError:
            return None

    async def _remedies(self, name: str, project: str, fields: set[str]) -> Mapping[str, Remedy]:
        target = self.targets().get(name)
        theirs = await FieldPapers(self.app).project(UUID(project), name)
        if not isinstance(target, Adviser) or not theirs:
            return {}
        try:
            return await target.remedies(theirs, fields)
        except GoneError:
            return {}

    async def due(self) -> list[NewJob]:
        """Send the batches that are due, and return the jobs for everything that is to be gone on with."""
        for target in self.targets():
            await self._batch(target)
        return await self.jobs(await self.ledger().due(DUE_MAX), priority=0)

    async def jobs(
        self, intent_ids: Sequence[UUID], *, priority: int = SOON, tx: Within | None = None
    ) -> list[NewJob]:
        """Return the jobs that go on with these documents, of those that are still wanted."""
        targets = await self.ledger().targets_of(intent_ids, tx) if intent_ids else {}
        return [push_job(one, targets[one], priority=priority) for one in intent_ids if one in targets]

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
                jobs = [push_job(one, target) for one in found]
                await self.app.queue.enqueue(self.app.tenant.id, jobs, tx=tx)
        await self._changed(tx, document)

    async def _changed(self, tx: Within, document: Document) -> None:
        woken = await self.ledger().changed(tx, document.id)
        await self.app.queue.enqueue(self.app.tenant.id, await self.jobs(woken, tx=tx), tx=tx)

    def _wish(self, document: Document, target: str) -> Wish:
        if document.standing is not Standing.APPROVED:
            raise UnknownDocumentError(
                f"{document.number} is not approved, so it is not sent.",
                action="Approve it first.",
                code="push.not_ready",
            )
        return Wish(document.kind.value, document.id, document.number, str(document.project_id), target)


def push_job(intent_id: UUID, target: str, *, priority: int = SOON) -> NewJob:
    """Return the job that goes on with a document.

    Of those that go to one target one is at work at a time: what limits them is what the target allows, so
    that side by side they would only all be half there, and hold the hands of those who read.
    """
    return NewJob(PUSH, str(intent_id), {}, priority=priority, serial_key=f"push/{target}")


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
