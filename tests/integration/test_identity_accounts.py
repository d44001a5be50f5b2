"""People: who is let in, for how long, and who may change whom."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from tests.factories.people import ADDRESS, BOSS, PASSWORD, accounts_on

from tiebeam.identity.accounts import NOT_RIGHT, TOO_OFTEN, Accounts
from tiebeam.identity.model import How, Person, Refused, Role, SignedIn
from tiebeam.identity.passwords import Passwords
from tiebeam.identity.repository import Register, Tenants
from tiebeam.identity.rules import NotAllowedError
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import ActorKind, Entry, Wanted
from tiebeam.operations.audit.repository import Trail

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.identity.model import By, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P17", "P21")


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return accounts_on(store, home="alder")


@pytest.fixture
async def ann(accounts: Accounts, tenant: Tenant) -> Person:
    return await added(accounts, tenant, "ann@alder.example", Role.TENANT_ADMIN)


@pytest.fixture
async def bob(accounts: Accounts, tenant: Tenant) -> Person:
    return await added(accounts, tenant, "bob@alder.example", Role.OFFICE)


async def added(accounts: Accounts, tenant: Tenant, email: str, role: Role) -> Person:
    return await accounts.add_person(
        tenant.id, email=email, name="A Name", role=role, password=PASSWORD, by=BOSS
    )


async def come_in(accounts: Accounts, person: Person, password: str = PASSWORD) -> SignedIn:
    found = await accounts.sign_in("alder", person.email, password, address=ADDRESS)
    assert isinstance(found, SignedIn)
    return found


async def refused(accounts: Accounts, email: str, password: str, slug: str | None = "alder") -> Refused:
    found = await accounts.sign_in(slug, email, password, address=ADDRESS)
    assert isinstance(found, Refused)
    return found


async def noted(store: Store, tenant: Tenant, act: str) -> list[Entry]:
    trail = Trail(store, store.clock)
    assert (await trail.verify(tenant.id)).holds
    return await trail.entries(tenant.id, Wanted(act=act))


async def test_somebody_who_was_added_comes_in(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person, clock: ManualClock
) -> None:
    entered = await accounts.sign_in("alder", " Ann@Alder.example ", PASSWORD, address=ADDRESS)
    assert isinstance(entered, SignedIn)
    assert (entered.person.id, entered.person.signed_in_at, entered.tenant) == (ann.id, clock.now(), tenant)
    assert entered.session.how is How.PASSWORD
    assert len(entered.token) >= 43
    found = await accounts.session(entered.token)
    assert found == (entered.session, entered.person, tenant)
    (entry,) = await noted(store, tenant, "session.made")
    assert (entry.actor, entry.detail) == (ann.actor, {"how": "password", "address": ADDRESS})
    (entry,) = await noted(store, tenant, "person.added")
    assert (entry.actor, entry.detail["role"]) == (BOSS, "tenant_admin")


async def test_tokens_and_passwords_are_kept_as_hashes_and_told_nowhere(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person
) -> None:
    entered = await come_in(accounts, ann)
    await refused(accounts, ann.email, "guess of a secret")
    async with store.transaction(tenant.id) as tx:
        kept = [
            await tx.rows(f"select t::text from tiebeam.{table} t")
            for table in ("person", "session", "audit")
        ]
    for secret in (PASSWORD, entered.token, "guess of a secret"):
        assert secret not in str(kept)
        assert secret not in repr(entered)
    assert entered.session.csrf not in repr(entered)


async def test_unknown_wrong_disabled_and_without_password_hear_the_same(
    accounts: Accounts, tenant: Tenant, ann: Person, bob: Person
) -> None:
    await accounts.disable(tenant.id, bob.id, by=ann)
    await accounts.add_person(tenant.id, email="c@d.example", name="C", role=Role.OFFICE, by=ann)
    heard = [
        await refused(accounts, ann.email, "not the password"),
        await refused(accounts, bob.email, PASSWORD),
        await refused(accounts, "c@d.example", PASSWORD),
        await refused(accounts, "nobody@alder.example", PASSWORD),
        await refused(accounts, "no address at all", PASSWORD),
        await refused(accounts, ann.email, PASSWORD, "birch"),
        await refused(accounts, ann.email, PASSWORD, "no slug!"),
        await refused(accounts, "a\x00\ud800@b.example", "\x00\ud800"),
    ]
    assert heard == [Refused(NOT_RIGHT)] * len(heard)


async def test_unknown_people_are_as_much_work(
    store: Store, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    accounts = Accounts(Register(store), store.clock, home="alder", passwords=Passwords(hasher))
    ann = await added(accounts, tenant, "ann@alder.example", Role.OFFICE)
    await refused(accounts, "warm@up.example", "x")
    verified: list[str] = []
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: bytes) -> bool:
        verified.append(kept)
        return real(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email, slug in ((ann.email, "alder"), ("x@y.example", "alder"), ("x@y.example", None), ("x", "zzz")):
        before, entries = len(verified), len(await noted(store, tenant, "session.refused"))
        await refused(accounts, email, "not the password", slug)
        assert len(verified) == before + 1
        assert len(await noted(store, tenant, "session.refused")) == entries + 1
    assert {kept.rpartition("$")[0].rpartition("$")[0] for kept in verified} == {
        "$argon2id$v=19$m=64,t=1,p=1"
    }


async def test_without_a_slug_the_address_must_be_known_in_one_company(
    accounts: Accounts, ann: Person, other: Tenant
) -> None:
    entered = await accounts.sign_in(None, ann.email, PASSWORD, address=ADDRESS)
    assert isinstance(entered, SignedIn)
    await added(accounts, other, ann.email, Role.OFFICE)
    assert await refused(accounts, ann.email, PASSWORD, None) == Refused(NOT_RIGHT)
    there = await accounts.sign_in("birch", ann.email, PASSWORD, address=ADDRESS)
    assert isinstance(there, SignedIn)
    assert there.person.tenant_id == other.id


async def test_failures_make_an_account_wait_ever_longer(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person, clock: ManualClock
) -> None:
    for _ in range(4):
        assert (await refused(accounts, ann.email, "x")).wait_seconds is None
    await refused(accounts, ann.email, "x")
    assert await refused(accounts, ann.email, PASSWORD) == Refused(TOO_OFTEN, 30)
    clock.advance(29)
    assert await refused(accounts, ann.email, PASSWORD) == Refused(TOO_OFTEN, 1)
    clock.advance(1)
    waits = []
    for _ in range(7):
        await refused(accounts, ann.email, "x")
        wait_seconds = (await refused(accounts, ann.email, PASSWORD)).wait_seconds
        assert wait_seconds
        waits.append(wait_seconds)
        clock.advance(wait_seconds)
    assert waits == [60, 120, 240, 480, 900, 900, 900]
    entered = await come_in(accounts, ann)
    assert entered.person.id == ann.id
    assert (await refused(accounts, ann.email, "x")).wait_seconds is None
    missed = [entry.detail["missed"] for entry in await noted(store, tenant, "session.refused")]
    assert missed == [0, 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 0]


async def test_failures_are_forgotten_after_a_day(
    accounts: Accounts, ann: Person, clock: ManualClock
) -> None:
    for _ in range(4):
        await refused(accounts, ann.email, "x")
    clock.advance(86_401)
    for _ in range(5):
        assert (await refused(accounts, ann.email, "x")).wait_seconds is None


async def test_any_number_of_tries_at_once_stays_within_the_limit(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person
) -> None:
    tries = [refused(accounts, ann.email, f"guess {n}") for n in range(20)]
    heard = [found for found in await asyncio.gather(*tries) if found.wait_seconds is None]
    assert len(heard) == 5
    assert len(await noted(store, tenant, "session.refused")) == 5


async def test_an_address_that_tries_many_accounts_waits_too(
    accounts: Accounts, ann: Person, clock: ManualClock
) -> None:
    for number in range(30):
        assert (await refused(accounts, f"p{number}@x.example", "x")).wait_seconds is None
    assert await refused(accounts, ann.email, PASSWORD) == Refused(TOO_OFTEN, 10)
    elsewhere = await accounts.sign_in("alder", ann.email, PASSWORD, address="203.0.113.8")
    assert isinstance(elsewhere, SignedIn)
    clock.advance(10)
    # Who comes in from there proves nothing for the others: the next failure waits again.
    await come_in(accounts, ann)
    await refused(accounts, "p99@x.example", "x")
    assert (await refused(accounts, ann.email, PASSWORD)).wait_seconds == 20


async def test_a_wait_at_the_address_does_not_shut_the_account(
    accounts: Accounts, ann: Person, clock: ManualClock
) -> None:
    for number in range(30):
        await refused(accounts, f"p{number}@x.example", "x")
    for _ in range(9):
        await refused(accounts, ann.email, "x")
    elsewhere = await accounts.sign_in("alder", ann.email, PASSWORD, address="203.0.113.8")
    assert isinstance(elsewhere, SignedIn)
    assert clock.now() == elsewhere.session.made_at


async def test_addresses_of_one_ipv6_network_are_one(accounts: Accounts) -> None:
    for number in range(30):
        await accounts.sign_in("alder", f"p{number}@x.example", "x", address=f"2001:db8::{number:x}")
    heard = await accounts.sign_in("alder", "q@x.example", "x", address="2001:db8::ffff")
    assert isinstance(heard, Refused)
    assert heard.wait_seconds
    heard = await accounts.sign_in("alder", "q@x.example", "x", address="2001:db8:0:1::1")
    assert heard == Refused(NOT_RIGHT)


async def test_a_session_idles_out_and_ends_in_any_case(
    accounts: Accounts, ann: Person, clock: ManualClock
) -> None:
    idle = await come_in(accounts, ann)
    clock.advance(12 * 3600)
    assert await accounts.session(idle.token) is None
    busy = await come_in(accounts, ann)
    for _ in range(14 * 24 // 11):
        clock.advance(11 * 3600)
        assert await accounts.session(busy.token)
    clock.advance(11 * 3600)
    assert clock.now() - busy.session.made_at > timedelta(days=14)
    assert await accounts.session(busy.token) is None
    assert await accounts.sessions(ann.tenant_id, ann.id) == []


async def test_when_a_session_was_last_seen_is_written_once_a_minute(
    accounts: Accounts, store: Store, ann: Person, clock: ManualClock
) -> None:
    async def written() -> str:
        async with store.transaction(ann.tenant_id) as tx:
            return str(await tx.value("select xmin::text from tiebeam.session"))

    entered = await come_in(accounts, ann)
    before = await written()
    clock.advance(59)
    found = await accounts.session(entered.token)
    assert found
    assert (found[0].seen_at, await written()) == (entered.session.made_at, before)
    clock.advance(1)
    found = await accounts.session(entered.token)
    assert found
    assert found[0].seen_at == clock.now()
    assert await written() != before


async def test_signing_out_ends_that_session_alone(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person
) -> None:
    one, two = await come_in(accounts, ann), await come_in(accounts, ann)
    assert one.token != two.token
    assert {session.id for session in await accounts.sessions(tenant.id, ann.id)} == {
        one.session.id,
        two.session.id,
    }
    await accounts.sign_out(one.token)
    await accounts.sign_out(one.token)
    await accounts.sign_out("nothing")
    assert await accounts.session(one.token) is None
    assert await accounts.session(two.token)
    (entry,) = await noted(store, tenant, "session.ended")
    assert entry.subject == f"session:{one.session.id}"
    assert await accounts.end_sessions(tenant.id, ann.id, by=ann) == 1
    assert await accounts.session(two.token) is None


async def test_what_changes_somebody_ends_their_sessions(
    accounts: Accounts, tenant: Tenant, ann: Person, bob: Person
) -> None:
    entered = await come_in(accounts, bob)
    assert (await accounts.set_role(tenant.id, bob.id, Role.OPERATOR, by=ann)).role is Role.OPERATOR
    assert await accounts.session(entered.token) is None
    entered = await come_in(accounts, bob)
    await accounts.set_password(tenant.id, bob.id, "velvet tractor lemon", by=ann)
    assert await accounts.session(entered.token) is None
    await refused(accounts, bob.email, PASSWORD)
    entered = await come_in(accounts, bob, "velvet tractor lemon")
    assert (await accounts.disable(tenant.id, bob.id, by=ann)).active is False
    assert await accounts.session(entered.token) is None
    assert (await accounts.enable(tenant.id, bob.id, by=ann)).active
    assert await accounts.session(entered.token) is None
    await come_in(accounts, bob, "velvet tractor lemon")


async def test_somebody_changes_the_own_password(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person
) -> None:
    here, there = await come_in(accounts, ann), await come_in(accounts, ann)
    with pytest.raises(BadInputError, match="characters"):
        await accounts.change_password(ann, PASSWORD, "short", address=ADDRESS)
    heard = await accounts.change_password(ann, "wrong", "velvet tractor lemon", address=ADDRESS)
    assert isinstance(heard, Refused)
    done = await accounts.change_password(
        ann, PASSWORD, "velvet tractor lemon", address=ADDRESS, session=here.session
    )
    assert done is None
    assert await accounts.session(here.token)
    assert await accounts.session(there.token) is None
    await come_in(accounts, ann, "velvet tractor lemon")
    assert len(await noted(store, tenant, "person.password_refused")) == 1
    for _ in range(5):
        await accounts.change_password(ann, "wrong", "velvet tractor lemon", address=ADDRESS)
    heard = await accounts.change_password(ann, "wrong", "velvet tractor lemon", address=ADDRESS)
    assert heard == Refused(TOO_OFTEN, 30)


async def test_a_hash_of_former_parameters_is_renewed_on_the_way_in(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person
) -> None:
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    newer = Accounts(Register(store), store.clock, passwords=stronger)
    await come_in(newer, ann)
    async with store.transaction(tenant.id) as tx:
        kept = await tx.value("select password_hash from tiebeam.person")
    assert ",t=2," in kept
    await come_in(accounts, ann)


async def test_a_company_keeps_an_administrator(
    accounts: Accounts, tenant: Tenant, ann: Person, bob: Person
) -> None:
    for attempt in (
        accounts.disable(tenant.id, ann.id, by=ann),
        accounts.set_role(tenant.id, ann.id, Role.OFFICE, by=ann),
    ):
        with pytest.raises(BadInputError, match="only administrator"):
            await attempt
    await accounts.set_role(tenant.id, bob.id, Role.TENANT_ADMIN, by=ann)
    gone = await asyncio.gather(
        accounts.disable(tenant.id, ann.id, by=BOSS),
        accounts.disable(tenant.id, bob.id, by=BOSS),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in gone) == ["BadInputError", "Person"]


async def test_an_address_is_taken_once_in_a_company(
    accounts: Accounts, tenant: Tenant, ann: Person, other: Tenant
) -> None:
    with pytest.raises(BadInputError, match="already"):
        await added(accounts, tenant, "ANN@alder.example", Role.FIELD)
    assert (await added(accounts, other, ann.email, Role.FIELD)).tenant_id == other.id
    assert [person.email for person in await accounts.people(tenant.id)] == [ann.email]


@pytest.mark.parametrize("email", ["", "ann", "a@b@c", "a b@c.example", "a@b\n", "a\x00@b", "<a@b>"])
async def test_what_is_no_address_is_refused(accounts: Accounts, tenant: Tenant, email: str) -> None:
    if email == "a@b\n":
        assert (await added(accounts, tenant, email, Role.FIELD)).email == "a@b"
        return
    with pytest.raises(BadInputError, match="no e-mail address"):
        await added(accounts, tenant, email, Role.FIELD)


async def test_projects_are_a_matter_of_the_person(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person, bob: Person
) -> None:
    assert bob.project_ids is None
    await accounts.set_projects(tenant.id, bob.id, ["12", "7"], by=ann)
    assert (await accounts.person(tenant.id, bob.id)).project_ids == frozenset({"12", "7"})
    await accounts.set_projects(tenant.id, bob.id, [], by=ann)
    assert (await accounts.person(tenant.id, bob.id)).project_ids == frozenset()
    await accounts.set_projects(tenant.id, bob.id, None, by=ann)
    assert (await accounts.person(tenant.id, bob.id)).project_ids is None
    details = [entry.detail for entry in await noted(store, tenant, "person.projects_set")]
    assert details[-1] == {"from": None, "to": ["12", "7"]}


async def test_only_who_manages_people_changes_them(
    accounts: Accounts, tenant: Tenant, ann: Person, other: Tenant
) -> None:
    stranger = await added(accounts, other, "eve@birch.example", Role.TENANT_ADMIN)
    makers = [await added(accounts, tenant, f"{role}@x.example", role) for role in Role]
    for by in [*makers, stranger]:
        if by.role is Role.TENANT_ADMIN and by is not stranger:
            continue
        adding = accounts.add_person(tenant.id, email="z@x.example", name="Z", role=Role.FIELD, by=by)
        for attempt in [adding, *every_change(accounts, tenant.id, ann.id, by)]:
            with pytest.raises(NotAllowedError):
                await attempt


def every_change(accounts: Accounts, tenant_id: UUID, person_id: UUID, by: By) -> list[Any]:
    return [
        accounts.set_role(tenant_id, person_id, Role.FIELD, by=by),
        accounts.set_projects(tenant_id, person_id, None, by=by),
        accounts.set_password(tenant_id, person_id, "velvet tractor lemon", by=by),
        accounts.disable(tenant_id, person_id, by=by),
        accounts.enable(tenant_id, person_id, by=by),
        accounts.end_sessions(tenant_id, person_id, by=by),
    ]


async def test_an_administrator_makes_no_saas_admin_and_changes_none(
    accounts: Accounts, tenant: Tenant, ann: Person
) -> None:
    root = await added(accounts, tenant, "root@x.example", Role.SAAS_ADMIN)
    with pytest.raises(NotAllowedError):
        await accounts.add_person(tenant.id, email="z@x.example", name="Z", role=Role.SAAS_ADMIN, by=ann)
    with pytest.raises(NotAllowedError):
        await accounts.set_role(tenant.id, ann.id, Role.SAAS_ADMIN, by=ann)
    for attempt in every_change(accounts, tenant.id, root.id, ann):
        with pytest.raises(NotAllowedError):
            await attempt


async def test_nobody_is_found_or_changed_from_another_company(
    accounts: Accounts, tenant: Tenant, ann: Person, other: Tenant
) -> None:
    assert await accounts.people(other.id) == []
    assert await accounts.find(other.id, ann.email) is None
    assert await accounts.sessions(other.id, ann.id) == []
    entered = await come_in(accounts, ann)
    for attempt in [accounts.person(other.id, ann.id), *every_change(accounts, other.id, ann.id, BOSS)]:
        with pytest.raises(BadInputError, match="no such person"):
            await attempt
    assert await accounts.session(entered.token)
    assert await accounts.person(tenant.id, ann.id) == entered.person


async def test_who_did_not_get_in_is_noted_by_address_alone(
    accounts: Accounts, store: Store, tenant: Tenant, ann: Person
) -> None:
    await refused(accounts, "granite ladder oyster", "x")
    await refused(accounts, ann.email, "x")
    await refused(accounts, "x@nowhere.example", "x", "no-such-company")
    entries = await noted(store, tenant, "session.refused")
    assert [entry.actor.name for entry in entries] == ["x@nowhere.example", ann.email, ""]
    assert {entry.actor.kind for entry in entries} == {ActorKind.STRANGER}
    assert [entry.subject for entry in entries][-1] == "account:"
