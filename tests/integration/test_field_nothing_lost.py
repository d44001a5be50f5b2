"""Phones and desks that act in any order, sends that are repeated: whatever was sent is there, for ever."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from tests.factories.field_work import FOREMANS, OFFICES, ticket

from tiebeam.field.model import Kind
from tiebeam.field.projects.repository import Projects
from tiebeam.field.repository import Documents, Hand, UnknownDocumentError
from tiebeam.field.rules import NotPossibleError
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.audit.repository import Trail

if TYPE_CHECKING:
    from tiebeam.field.model import Document, Put, Version
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P25", "P13")

STRANGERS = Hand(Actor(ActorKind.PERSON, str(UUID(int=3)), "Sam"), reviews=False)
HANDS = (FOREMANS, FOREMANS, OFFICES, STRANGERS)
"""Two phones of one foreman, a desk, and somebody whose document it is not."""
STEPS = 14


class Story:
    """One document, and what everybody has done to it."""

    def __init__(self, seed: int, documents: Documents, project: UUID) -> None:
        self.chance = random.Random(seed)
        self.documents = documents
        self.project = project
        self.id = uuid4()
        self.seen = [0] * len(HANDS)
        """The version that each of them looked at last."""
        self.sent: set[str] = set()
        self.before: list[Version] = []

    async def put(self, who: int, notes: str, base: int) -> Put:
        at = self.documents._store.clock.now()
        return await self.documents.put(
            self.id,
            Kind.TM_TICKET,
            self.project,
            ticket(notes=notes),
            HANDS[who],
            captured_at=at,
            base_version=base,
        )

    async def write(self, who: int) -> None:
        notes, base = f"{len(self.sent)} by {who}", self.seen[who]
        first = await self.put(who, notes, base)
        self.sent.add(notes)
        for _ in range(self.chance.randrange(3)):
            again = await self.put(who, notes, base)
            assert (again.is_new, again.aside) == (False, first.aside)
        if self.chance.random() < 0.7:
            self.seen[who] = first.document.version

    async def act(self, who: int) -> None:
        documents, hand, version = self.documents, HANDS[who], self.seen[who]
        what = self.chance.choice(("submit", "approve", "approve", "give_back", "settle", "lock", "look"))
        if not hand.reviews:
            what = self.chance.choice(("submit", "look"))
        if what == "submit":
            await documents.submit(self.id, hand, version=version)
        elif what == "approve":
            now = await documents.get(self.id)
            version = (await documents.settle(self.id, hand, version=now.version)).version
            await documents.approve(self.id, hand, version=version)
        elif what == "give_back":
            await documents.give_back(self.id, hand, version=version, why="Again.")
        elif what == "settle":
            await documents.settle(self.id, hand, version=self.chance.randint(1, len(self.before)))
        elif what == "lock":
            await documents.lock(self.id, "It was sent.", hand)
        else:
            self.seen[who] = (await documents.get(self.id)).version

    async def check(self, before: Document | None) -> None:
        now, versions = await self.documents.get(self.id), await self.documents.versions(self.id)
        assert versions[: len(self.before)] == self.before, "a version was changed or removed"
        assert [one.number for one in versions] == list(range(1, len(versions) + 1))
        assert {one.body["notes"] for one in versions} == self.sent, "something that was sent is not there"
        counting = versions[now.version - 1]
        assert (counting.aside, counting.body) == (None, now.body)
        if now.aside_version is not None:
            assert versions[now.aside_version - 1].aside
        if before is not None and before.locked_reason is not None:
            assert (now.version, now.standing) == (before.version, before.standing), "it was read-only"
        self.before = versions

    async def run(self) -> None:
        await self.write(0)
        await self.check(None)
        for _ in range(STEPS):
            who, before = self.chance.randrange(len(HANDS)), await self.documents.get(self.id)
            try:
                await (self.write(who) if self.chance.random() < 0.5 else self.act(who))
            except (NotPossibleError, UnknownDocumentError):
                after = await self.documents.get(self.id)
                assert (after.version, after.standing) == (before.version, before.standing)
            await self.check(before)


async def test_whatever_comes_in_whatever_order_nothing_is_lost(
    store: Store, tenant: Tenant, clock: ManualClock
) -> None:
    documents = Documents(store, tenant.id)
    project = (await Projects(store, tenant.id).add("24-017", "Library")).id
    reasons, locked = set(), 0
    for seed in range(24):
        story = Story(seed, documents, project)
        try:
            await story.run()
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise
        clock.advance(1)
        reasons |= {one.aside for one in story.before}
        locked += (await documents.get(story.id)).locked_reason is not None
    assert len(reasons) == 5, "every reason to keep a version aside, and none, was met"
    assert locked > 2
    assert (await Trail(store, clock).verify(tenant.id)).holds
