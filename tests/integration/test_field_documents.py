"""Documents of the field: kept once, every version for ever, and nothing lost whatever comes when."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.factories.field_work import FOREMAN, FOREMANS, OFFICES, request_form, ticket

from tiebeam.field.model import Aside, Kind, Put, Standing, Wanted
from tiebeam.field.projects.repository import Projects
from tiebeam.field.repository import Documents, Hand, Hooks, UnknownDocumentError
from tiebeam.field.rules import NotPossibleError
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.audit.model import Wanted as WantedEntries
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from tiebeam.field.model import Document
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.transaction import Transaction

pytestmark = pytest.mark.req("P25")


@pytest.fixture
async def project(store: Store, tenant: Tenant) -> UUID:
    return (await Projects(store, tenant.id).add("24-017", "Library")).id


@pytest.fixture
def documents(store: Store, tenant: Tenant) -> Documents:
    return Documents(store, tenant.id)


async def captured(
    documents: Documents,
    project: UUID,
    *,
    id_: UUID | None = None,
    base: int = 0,
    hand: Hand = FOREMANS,
    **body: Any,
) -> Put:
    at = documents._store.clock.now() - timedelta(hours=5)
    return await documents.put(
        id_ or uuid4(), Kind.TM_TICKET, project, ticket(**body), hand, captured_at=at, base_version=base
    )


async def test_the_same_sent_again_is_the_same_document(documents: Documents, project: UUID) -> None:
    first = await captured(documents, project)
    again = await captured(documents, project, id_=first.document.id)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.document == first.document
    assert (first.document.number, first.document.version) == ("TM-0001", 1)
    assert first.document.captured_at == first.document.received_at - timedelta(hours=5)
    assert len(await documents.versions(first.document.id)) == 1


async def test_sent_from_eight_places_at_once_it_is_kept_once(documents: Documents, project: UUID) -> None:
    id_ = uuid4()
    put = await asyncio.gather(*(captured(documents, project, id_=id_) for _ in range(8)))
    assert sorted(one.is_new for one in put) == [False] * 7 + [True]
    assert {one.document.number for one in put} == {"TM-0001"}
    assert (await captured(documents, project)).document.number == "TM-0002"


async def test_numbers_are_each_kinds_and_projects_own(
    documents: Documents, project: UUID, store: Store, tenant: Tenant
) -> None:
    other = (await Projects(store, tenant.id).add("24-018", "Bridge")).id
    at = store.clock.now()
    made = [
        await documents.put(uuid4(), kind, where, body, OFFICES, captured_at=at)
        for kind, where, body in (
            (Kind.TM_TICKET, project, ticket()),
            (Kind.CHANGE_ORDER_REQUEST, project, request_form()),
            (Kind.TM_TICKET, other, ticket()),
            (Kind.TM_TICKET, project, ticket(notes="another")),
        )
    ]
    assert [one.document.number for one in made] == ["TM-0001", "COR-0001", "TM-0001", "TM-0002"]


async def test_what_was_captured_stays_beside_what_it_became(documents: Documents, project: UUID) -> None:
    first = (await captured(documents, project)).document
    second = await captured(documents, project, id_=first.id, base=1, hand=OFFICES, description="Corrected")
    assert (second.document.version, second.document.body["description"]) == (2, "Corrected")
    assert second.document.author == FOREMAN
    assert (await documents.original(first.id)).body == first.body
    assert [(one.number, one.base) for one in await documents.versions(first.id)] == [(1, 0), (2, 1)]


async def test_a_change_and_the_change_back_are_versions_of_their_own(
    documents: Documents, project: UUID
) -> None:
    first = (await captured(documents, project)).document
    await captured(documents, project, id_=first.id, base=1, notes="wet")
    back = await captured(documents, project, id_=first.id, base=2)
    assert (back.is_new, back.document.version, back.document.body) == (True, 3, first.body)


async def test_changed_in_two_places_at_once_both_are_kept_and_the_office_decides(
    documents: Documents, project: UUID
) -> None:
    id_ = (await captured(documents, project)).document.id
    await captured(documents, project, id_=id_, base=1, hand=OFFICES, notes="office")
    late = await captured(documents, project, id_=id_, base=1, notes="phone")
    assert (late.is_new, late.aside, late.document.version, late.document.aside_version) == (
        True,
        Aside.STALE,
        2,
        3,
    )
    again = await captured(documents, project, id_=id_, base=1, notes="phone")
    assert (again.is_new, again.aside) == (False, Aside.STALE)
    await documents.submit(id_, FOREMANS, version=2)
    with pytest.raises(NotPossibleError, match="Version 3 of TM-0001 was kept aside"):
        await documents.approve(id_, OFFICES, version=2)
    assert [one.id for one in await documents.search(Wanted(aside_only=True))] == [id_]
    settled = await documents.settle(id_, OFFICES, version=3)
    assert (settled.version, settled.body["notes"], settled.aside_version) == (4, "phone", None)
    assert (await documents.approve(id_, OFFICES, version=4)).standing is Standing.APPROVED


async def test_of_two_versions_the_one_that_counts_can_be_kept(documents: Documents, project: UUID) -> None:
    id_ = (await captured(documents, project)).document.id
    await captured(documents, project, id_=id_, base=1, notes="first")
    await captured(documents, project, id_=id_, base=1, notes="second")
    settled = await documents.settle(id_, OFFICES, version=2)
    assert (settled.version, settled.body["notes"], settled.aside_version) == (2, "first", None)
    assert len(await documents.versions(id_)) == 3
    with pytest.raises(UnknownDocumentError, match="no version 9"):
        await documents.settle(id_, OFFICES, version=9)


@pytest.mark.req("P13")
async def test_it_can_be_changed_until_it_is_locked_and_is_read_only_after(
    documents: Documents, project: UUID
) -> None:
    id_ = (await captured(documents, project)).document.id
    await documents.submit(id_, FOREMANS, version=1)
    await captured(documents, project, id_=id_, base=1, hand=OFFICES, notes="office")
    await documents.approve(id_, OFFICES, version=2)
    late = await captured(documents, project, id_=id_, base=2, notes="phone, late")
    assert (late.aside, late.document.body["notes"]) == (Aside.APPROVED, "office")
    assert await documents.lock(id_, "It is in Procore.", OFFICES)
    assert not await documents.lock(id_, "Again.", OFFICES)
    for hand in (FOREMANS, OFFICES):
        put = await captured(documents, project, id_=id_, base=2, hand=hand, notes=f"after, {hand.by.name}")
        assert (put.aside, put.document.body["notes"]) == (Aside.LOCKED, "office")
    with pytest.raises(NotPossibleError, match="read-only: It is in Procore"):
        await documents.give_back(id_, OFFICES, version=2, why="Sign it.")
    with pytest.raises(NotPossibleError, match="read-only: It is in Procore"):
        await documents.settle(id_, OFFICES, version=3)
    assert (await documents.settle(id_, OFFICES, version=2)).aside_version is None
    assert len(await documents.versions(id_)) == 5


async def test_it_goes_back_to_who_captured_it_with_the_reason(documents: Documents, project: UUID) -> None:
    id_ = (await captured(documents, project)).document.id
    with pytest.raises(NotPossibleError, match="is draft, and cannot be approved"):
        await documents.approve(id_, OFFICES, version=1)
    await documents.submit(id_, FOREMANS, version=1)
    back = await documents.give_back(id_, OFFICES, version=1, why="Whose truck was it?")
    assert (back.standing, back.returned_reason) == (Standing.RETURNED, "Whose truck was it?")
    await captured(documents, project, id_=id_, base=1, notes="Ours")
    with pytest.raises(NotPossibleError, match="at version 2, not 1"):
        await documents.submit(id_, FOREMANS, version=1)
    again = await documents.submit(id_, FOREMANS, version=2)
    assert (again.standing, again.returned_reason) == (Standing.SUBMITTED, None)
    assert await documents.submit(id_, FOREMANS, version=1) == again


async def test_nobody_submits_or_changes_what_somebody_else_captured(
    documents: Documents, project: UUID
) -> None:
    id_ = (await captured(documents, project)).document.id
    stranger = Hand(Actor(ActorKind.PERSON, str(uuid4()), "Sam"), reviews=False)
    put = await captured(documents, project, id_=id_, base=1, hand=stranger, notes="mine now")
    assert (put.aside, put.document.body["notes"]) == (Aside.NOT_THE_AUTHOR, "")
    with pytest.raises(UnknownDocumentError):
        await documents.submit(id_, stranger, version=1)


async def test_what_is_no_such_form_is_not_kept(documents: Documents, project: UUID) -> None:
    at, id_ = documents._store.clock.now(), uuid4()
    with pytest.raises(BadInputError, match=r"labour\.0\.hours cannot be used"):
        await captured(documents, project, labour=[{"worker": "A", "hours": 8.5}])
    with pytest.raises(BadInputError, match="no such project"):
        await documents.put(id_, Kind.TM_TICKET, uuid4(), ticket(), FOREMANS, captured_at=at)
    await captured(documents, project, id_=id_)
    with pytest.raises(NotPossibleError, match="of another kind"):
        await documents.put(id_, Kind.CHANGE_ORDER_REQUEST, project, request_form(), FOREMANS, captured_at=at)
    assert len(await documents.search()) == 1


async def test_what_names_photos_that_are_not_here_is_kept_and_not_approved(
    documents: Documents, project: UUID
) -> None:
    id_ = (await captured(documents, project, photos=[str(uuid4())])).document.id
    await documents.submit(id_, FOREMANS, version=1)
    with pytest.raises(NotPossibleError, match="1 of the photos of TM-0001 has not arrived"):
        await documents.approve(id_, OFFICES, version=1)


async def test_hooks_and_what_they_hang_on_are_kept_together_or_not_at_all(
    store: Store, tenant: Tenant, project: UUID
) -> None:
    heard: list[tuple[str, int]] = []

    async def changed(_: Transaction, document: Document) -> None:
        heard.append(("changed", document.version))

    async def approved(tx: Transaction, document: Document) -> None:
        heard.append(("approved", await tx.value("select 7")))
        if document.body["notes"] == "breaks":
            raise RuntimeError("the hook broke")

    documents = Documents(store, tenant.id, Hooks((changed,), (approved,)))
    for notes in ("breaks", "holds"):
        id_ = (await captured(documents, project, notes=notes)).document.id
        await documents.submit(id_, FOREMANS, version=1)
        if notes == "breaks":
            with pytest.raises(RuntimeError, match="the hook broke"):
                await documents.approve(id_, OFFICES, version=1)
            assert (await documents.get(id_)).standing is Standing.SUBMITTED
            continue
        await documents.approve(id_, OFFICES, version=1)
        await documents.approve(id_, OFFICES, version=1)
    assert heard == [("changed", 1), ("approved", 7)] * 2


async def test_every_act_is_in_the_audit_trail_with_when_it_was_captured(
    documents: Documents, project: UUID, store: Store, tenant: Tenant, clock: ManualClock
) -> None:
    id_ = (await captured(documents, project)).document.id
    await documents.submit(id_, FOREMANS, version=1)
    await documents.give_back(id_, OFFICES, version=1, why="Sign it.")
    trail = Trail(store, clock)
    found = await trail.entries(tenant.id, WantedEntries(subject=f"field_document:{id_}"))
    acts = [(one.act, one.actor.name) for one in reversed(found)]
    assert acts == [
        ("field_document.captured", "Finn Foreman"),
        ("field_document.submitted", "Finn Foreman"),
        ("field_document.returned", "Olga Office"),
    ]
    assert found[-1].detail["captured_at"] == (clock.now() - timedelta(hours=5)).isoformat()
    assert (await trail.verify(tenant.id)).holds


@pytest.mark.parametrize(
    "attempt",
    [
        "update tiebeam.field_version set body = '{}'",
        "delete from tiebeam.field_version",
        "truncate tiebeam.field_version",
        "delete from tiebeam.field_document",
        "update tiebeam.field_photo set name = ''",
    ],
)
async def test_not_even_the_owner_of_the_tables_changes_what_was_captured(
    store: Store, tenant: Tenant, project: UUID, owner_url: str, attempt: str
) -> None:
    await captured(Documents(store, tenant.id), project)
    with pytest.raises(Exception, match=r"denied|what was captured is kept"):
        async with store.transaction(tenant.id) as tx:
            await tx.run(attempt)
    async with await psycopg.AsyncConnection.connect(owner_url) as owner:
        await owner.execute(b"select set_config('tiebeam.tenant', %s, true)", (str(tenant.id),))
        if "photo" in attempt:
            await owner.execute(PHOTO, {"tenant": tenant.id, "at": store.clock.now()})
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="kept as it was"):
            await owner.execute(attempt.encode())


PHOTO = b"""
insert into tiebeam.field_photo (
    tenant_id, id, sha256, bytes, name, media_type, received_at, author_kind, author_id, author_name
)
values (
    %(tenant)s, %(tenant)s, decode(repeat('00', 32), 'hex'), 1, 'a', 'image/png', %(at)s, 'person', '', ''
)
"""


@pytest.mark.req("P21")
async def test_one_companys_documents_are_nobody_elses(
    documents: Documents, project: UUID, store: Store
) -> None:
    id_ = (await captured(documents, project)).document.id
    other = Documents(store, (await Tenants(store).create("birch", "Birch Ltd")).id)
    assert await other.search() == []
    with pytest.raises(UnknownDocumentError):
        await other.get(id_)
    theirs = (await Projects(store, other._tenant_id).add("1", "Theirs")).id
    assert (await captured(other, theirs, id_=id_)).is_new
    with pytest.raises(BadInputError, match="no such project"):
        await captured(other, project)


async def test_documents_are_listed_by_what_they_are_and_on_from_a_place(
    documents: Documents, project: UUID, clock: ManualClock
) -> None:
    made = []
    for number in range(5):
        clock.advance(60)
        made.append((await captured(documents, project, notes=str(number))).document)
    first = await documents.search(Wanted((project,), Kind.TM_TICKET, Standing.DRAFT, FOREMAN.id), limit=3)
    rest = await documents.search(limit=3, before=(first[-1].changed_at, first[-1].id))
    assert [one.id for one in [*first, *rest]] == [one.id for one in reversed(made)]
    for nothing in (Wanted(kind=Kind.PHOTO), Wanted(project_ids=()), Wanted(standing=Standing.APPROVED)):
        assert await documents.search(nothing) == []


async def test_two_phones_at_once_one_counts_and_the_other_is_kept(
    documents: Documents, project: UUID
) -> None:
    id_ = (await captured(documents, project)).document.id
    put = await asyncio.gather(
        *(captured(documents, project, id_=id_, base=1, notes=f"phone {number}") for number in range(4))
    )
    assert sorted((one.aside for one in put), key=str) == [None, *[Aside.STALE] * 3]
    kept = {one.body["notes"] for one in await documents.versions(id_)}
    assert kept == {"", "phone 0", "phone 1", "phone 2", "phone 3"}


class Killed(BaseException):
    """Stands for the end of the process."""


async def test_killed_between_any_two_statements_the_same_sent_again_is_there_once(
    database_url: str, clock: ManualClock, tenant: Tenant, documents: Documents, project: UUID
) -> None:
    async def intent(tx: Transaction, document: Document) -> None:
        # A second one for the same document would be refused: its name is taken.
        named = {"tenant": tenant.id, "name": str(document.id)}
        await tx.run("insert into tiebeam.crew values (%(tenant)s, %(name)s, '[]')", named)

    async def all_of_it(store: Store, id_: UUID) -> None:
        within = Documents(store, tenant.id, Hooks(approved=(intent,)))
        await captured(within, project, id_=id_)
        put = await captured(within, project, id_=id_, base=1, notes="more")
        await within.submit(id_, FOREMANS, version=put.document.version)
        await within.approve(id_, OFFICES, version=put.document.version)

    killed_at, id_ = 0, uuid4()
    while True:
        left = killed_at = killed_at + 1

        async def count(_: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Killed

        async with await Store.open(database_url, clock=clock, after_statement=count) as store:
            try:
                await all_of_it(store, id_)
                break
            except Killed:
                pass
        async with await Store.open(database_url, clock=clock) as store:
            await all_of_it(store, id_)
        found = await documents.get(id_)
        assert (found.standing, found.version, found.body["notes"]) == (Standing.APPROVED, 2, "more")
        assert [one.aside for one in await documents.versions(id_)] == [None, None]
        assert len({one.number for one in await documents.search(limit=1000)}) == killed_at
        id_ = uuid4()
    assert killed_at > 40
    intents = {one.name for one in await Projects(documents._store, tenant.id).crews()}
    assert intents == {str(one.id) for one in await documents.search(limit=1000)}
