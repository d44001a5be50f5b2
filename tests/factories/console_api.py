"""The API, in process: a console over a small copy of two projects, and clients with keys."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from tests.factories.console import console
from tests.factories.field_work import FOREMAN, FOREMANS, in_chunks, picture, ticket
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy
from tests.factories.webhooks import connected

from tiebeam.app import App
from tiebeam.capture import Capture
from tiebeam.connectors.streams import Scope
from tiebeam.field.model import Kind
from tiebeam.identity.permissions import KEY_SCOPES
from tiebeam.link.outside.model import OutsideLink
from tiebeam.link.pairs.model import Owner
from tiebeam.mirrors import SameBoards
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.alerts.own.model import Terms
from tiebeam.operations.audit.model import Actor
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.identity.permissions import Permission
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

API = "/api/v1"
RFIS = 12
"""In project 5; project 6 has as many, with other ids."""


MISS = """
update tiebeam.record set missed_at = %(at)s
where tenant_id = %(tenant)s and feed_id = %(feed)s and key = any(%(keys)s)
"""
HOLD = """
insert into tiebeam.hold (tenant_id, feed_id, keys, live, evidence, found_at)
values (%(tenant)s, %(feed)s, %(keys)s, 12, 'missing from two sweeps', %(at)s)
returning id
"""


@dataclass(slots=True)
class ApiHouse:
    """A console, a copy in it, and clients of its API."""

    console: Console
    copy: Copy

    async def keyed(
        self, scopes: Iterable[Permission] = KEY_SCOPES, *, tenant: Tenant | None = None
    ) -> httpx.AsyncClient:
        """Return a client with a new key of these scopes."""
        company = tenant or self.console.tenant
        _, secret = await self.console.house.keys.make(
            company.id, name="tests", scopes=scopes, by=Actor.command("tests")
        )
        client = self.console.stranger()
        client.headers["Authorization"] = f"Bearer {secret}"
        return client

    async def change_rfi(self, id_: int, subject: str) -> None:
        """Change an RFI at the vendor, and read it."""
        self.copy.desk.clock.advance(3600)
        self.copy.desk.state.update("rfis", id_, {"subject": subject})
        await self.copy.sync()

    async def held(self, keys: list[str]) -> int:
        """Have deletions of RFIs of project 5 held, as a sweep would; return their number."""
        feed = await self.copy.replica.feed("procore.rfis", Scope((("project_id", "5"),)))
        assert feed
        named = {
            "tenant": self.console.tenant.id,
            "feed": feed.id,
            "keys": keys,
            "at": self.console.clock.now(),
        }
        async with self.console.store.transaction(self.console.tenant.id) as tx:
            await tx.run(MISS, named)
            return int(await tx.value(HOLD, named))

    async def alerted(self) -> int:
        """Have an alert open; return its number."""
        app = await self.console.house.app(self.console.tenant.id)
        finding = Finding("gate.empty", "connection:1", Severity.WARNING, "No calls are left.", "Wait.")
        await app.alert_desk().report(app.tenant.id, [finding], rules=["gate.empty"])
        (alert,) = await app.alert_desk().open_alerts(app.tenant.id)
        return alert.id

    async def channelled(self) -> UUID:
        """Have an own channel to nowhere that messages may go; return its id."""
        app = await self.console.house.app(self.console.tenant.id)
        settings = app.settings.model_copy(update={"alert_private_addresses": True})
        lax = App(settings, app.clock, app.store, app.tenant, app.transport)
        terms, url = Terms("Known", Severity.WARNING, 5), "json://127.0.0.1:1/known"
        made = await lax.own_channels.add(app.tenant.id, url, terms, by=Actor.command("tests"))
        return made.id

    async def worked(self) -> dict[str, str]:
        """Have a job and an item of a board here; return what names them in paths."""
        work, actor = JobsAndBoards(await self.console.house.app(self.console.tenant.id)), Actor.system()
        board = await work.boards().active_jobs()
        job = await work.jobs().create(title="Depot roof", actor=actor)
        item = await work.boards().create_item(board.id, "Order nails", actor=actor)
        return {
            "work_id": str(job.id),
            "board_id": str(board.id),
            "item_id": str(item.id),
            **await self._apart(work),
        }

    async def _apart(self, work: JobsAndBoards) -> dict[str, str]:
        """Have a job and its item that do not agree, and a rule; return what names them in paths."""
        actor, linking = Actor.system(), work.linking()
        rule, *_ = await work.automated().rules.all()
        job = await work.jobs().create(title="Depot floor", actor=actor)
        (synced,) = await linking.sync_job(job.id, actor)
        assert synced.item_id
        board = (await work.boards().item(synced.item_id)).board_id
        rules = await linking.rules(board)
        asking = tuple(replace(one, owner=Owner.ASK) for one in rules.fields)
        await linking.choose(board, replace(rules, fields=asking))
        await work.jobs().change(job.id, {"title": "Floor of the depot"}, actor=actor)
        await work.boards().change_item(synced.item_id, name="The floor", actor=actor)
        await linking.sync_job(job.id, actor)
        await linking.choose(board, rules)
        (conflict,) = await linking.conflicts(job_id=job.id)
        named = {"pair_id": conflict.pair_id, "conflict_id": conflict.id, "rule_id": rule.id}
        return {name: str(one) for name, one in named.items()}

    async def mirrored(self) -> dict[str, str]:
        """Have a board joined to one of monday.com; return what names it in paths."""
        same = SameBoards(await self.console.house.app(self.console.tenant.id))
        board = await JobsAndBoards(same.app).boards().create("Yard", actor=Actor.system())
        link = OutsideLink(UUID(int=7), board.id, "monday", "77", ())
        if link.id not in {one.id for one in await same.links()}:
            await same.mirrors().join(link)
        return {"link_id": str(link.id)}

    async def captured(self) -> dict[str, str]:
        """Have a ticket and a photo of it here; return what names them in paths."""
        capture = Capture(await self.console.house.app(self.console.tenant.id))
        (project,) = await capture.projects().all() or [await capture.projects().add("24-017", "Library")]
        document_id, photo_id, at = UUID(int=1), UUID(int=2), self.console.clock.now()
        documents, photos = capture.documents(), capture.photos()
        await documents.put(document_id, Kind.TM_TICKET, project.id, ticket(), FOREMANS, captured_at=at)
        await photos.put(photo_id, in_chunks(picture()), FOREMAN, name="riser.jpg")
        return {"document_id": str(document_id), "photo_id": str(photo_id)}


@asynccontextmanager
async def api_house(
    store: Store, clock: ManualClock, tenant: Tenant, folder: Path
) -> AsyncIterator[ApiHouse]:
    """Open one, with two projects and their RFIs read."""
    desk = ProcoreDesk()
    desk.state.insert("projects", {"id": 6, "name": "Bridge"})
    for project in (5, 6):
        for number in range(RFIS):
            id_ = project * 100 + number
            fields = {"id": id_, "subject": f"Question {id_}", "number": str(id_)}
            desk.state.insert("rfis", fields, project_id=project)
    copy = Copy(desk, store, tenant.id, "rfis")
    copy = _of(copy, await connected(store, tenant.id))
    await copy.sync()
    async with console(store, clock, tenant, folder) as made:
        yield ApiHouse(made, copy)


def _of(copy: Copy, connection_id: UUID) -> Copy:
    copy.connection_id = connection_id
    return copy.on(copy.store)
