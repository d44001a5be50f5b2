"""Anchors: what is signed of the trail each day shows also a trail that was written anew as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.factories.console import NoVendor
from tests.factories.database import at
from tests.factories.webhooks import KEY

from tiebeam.duties import TIDY, Duties
from tiebeam.operations.audit.anchors.model import TrailBrokenError
from tiebeam.operations.audit.anchors.plan import digest
from tiebeam.operations.audit.anchors.repository import Evidence
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.audit.plan import START
from tiebeam.operations.queue.model import Job
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.vault import SealedElsewhereError, TextBox
from tiebeam.settings import Settings
from tiebeam.store.errors import AccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.factories.database import TestServer

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

    Meddle = Callable[[str], Awaitable[None]]

pytestmark = pytest.mark.req("P16")

ANN = Actor(ActorKind.PERSON, "1", "ann@alder.example")
DAY = 24 * 3600.0
KEYS = Keyring.of_new_key()


@pytest.fixture
def evidence(store: Store, clock: ManualClock) -> Evidence:
    return Evidence(store, clock, TextBox(KEYS, "evidence"), os.urandom)


@pytest.fixture
def meddle(database_server: TestServer, database_name: str) -> Meddle:
    """Do what only somebody who may do anything to the database can."""
    if database_server.embedded is None:
        pytest.skip("this server was given by URL, without its superuser")

    async def meddle(sql: str) -> None:
        url = at(database_server.admin_url, database_name)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(b"set session_replication_role = replica")
            await connection.execute(sql.encode())

    return meddle


@pytest.fixture
async def anchored(evidence: Evidence, tenant: Tenant, clock: ManualClock) -> Evidence:
    """Three days, each with two entries and an anchor, and an entry since."""
    for day in range(3):
        for number in range(2):
            await evidence.trail.note(tenant.id, ANN, "key.made", f"key:{day}{number}", {"name": "k"})
        await evidence.anchor(tenant.id)
        clock.advance(DAY)
    await evidence.trail.note(tenant.id, ANN, "key.made", "key:9")
    return evidence


async def test_each_day_has_one_anchor_that_follows_on_the_one_before(
    anchored: Evidence, tenant: Tenant
) -> None:
    anchors = await anchored.anchors(tenant.id)
    assert [one.number for one in anchors] == [2, 4, 6]
    assert [one.previous for one in anchors] == [START, digest(anchors[0]), digest(anchors[1])]
    again = await anchored.anchor(tenant.id), await anchored.anchor(tenant.id)
    assert again[0] == again[1]
    found = await anchored.prove(tenant.id)
    assert (found.fault, found.anchors, found.anchored, found.trail.number) == (None, 4, 7, 7)
    assert found.public_key == (await anchored.key(tenant.id)).public


async def test_nothing_is_signed_of_an_empty_trail(evidence: Evidence, tenant: Tenant) -> None:
    assert await evidence.anchor(tenant.id) is None
    found = await evidence.prove(tenant.id)
    assert (found.fault, found.anchors, found.public_key) == (None, 0, None)


async def test_the_daily_tidying_anchors(
    store: Store, tenant: Tenant, clock: ManualClock, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"data": tmp_path, "master_key": KEY, "tenant": tenant.slug})
    duties = Duties(settings, clock, store, NoVendor())
    app = await duties.app(tenant.id)
    await app.evidence.trail.note(tenant.id, ANN, "key.made", "key:1")
    job = Job(1, tenant.id, TIDY, "all", {}, 1, clock.now())
    await duties.handlers()[TIDY](job)
    assert [one.number for one in await app.evidence.anchors(tenant.id)] == [1]


# A shorter trail whose chain holds by itself, as somebody could make who may write every table.
_ANEW = """
delete from tiebeam.audit where number > 4;
update tiebeam.audit_head h set number = 4, hash = a.hash from tiebeam.audit a where a.number = 4
"""


@pytest.mark.usefixtures("anchored")
@pytest.mark.parametrize(
    ("meddling", "what"),
    [
        ("update tiebeam.audit set actor_name = 'amn@alder.example' where number = 3", "3 was changed"),
        (_ANEW, "the entry 6 is not the one"),
        ("update tiebeam.audit_anchor set number = 3 where number = 4", "not signed here"),
        ("update tiebeam.audit_anchor set at = at + interval '1 ms' where number = 2", "not signed here"),
        ("update tiebeam.audit_anchor set signature = set_byte(signature, 9, 0)", "not signed here"),
        ("delete from tiebeam.audit_anchor where number = 4", "does not follow"),
        ("delete from tiebeam.audit_anchor where number = 2", "does not follow"),
        ("delete from tiebeam.audit_key", "is gone"),
    ],
)
async def test_meddling_shows_and_nothing_is_signed_on_top_of_it(
    evidence: Evidence, tenant: Tenant, meddle: Meddle, meddling: str, what: str
) -> None:
    await meddle(meddling)
    fault = (await evidence.prove(tenant.id)).fault
    assert fault
    assert what in fault
    before = await evidence.anchors(tenant.id)
    with pytest.raises(TrailBrokenError, match="does not hold"):
        await evidence.anchor(tenant.id)
    assert await evidence.anchors(tenant.id) == before


async def test_a_key_of_somebody_else_signs_nothing_here(
    anchored: Evidence, store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    stranger = Evidence(store, clock, TextBox(Keyring.of_new_key(), "evidence"), os.urandom)
    with pytest.raises(SealedElsewhereError):
        await stranger.prove(tenant.id)
    assert (await anchored.prove(tenant.id)).fault is None


async def test_the_key_outlives_the_master_key_that_sealed_it(
    anchored: Evidence, store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    public = (await anchored.key(tenant.id)).public
    newer = KEYS.with_new_key()
    both = Evidence(store, clock, TextBox(newer, "evidence"), os.urandom)
    assert (await both.key(tenant.id)).public == public
    alone = Evidence(store, clock, TextBox(newer.only_current(), "evidence"), os.urandom)
    assert (await alone.key(tenant.id)).public == public
    assert (await alone.prove(tenant.id)).fault is None


@pytest.mark.usefixtures("anchored")
@pytest.mark.parametrize(
    "attempt",
    [
        "update tiebeam.audit_anchor set number = 1",
        "delete from tiebeam.audit_anchor",
        "truncate tiebeam.audit_anchor",
        "delete from tiebeam.audit_key",
        "update tiebeam.audit_key set public_key = hash from tiebeam.audit where number = 1",
    ],
)
async def test_the_application_can_only_add(store: Store, tenant: Tenant, attempt: str) -> None:
    with pytest.raises(AccessDeniedError):
        async with store.transaction(tenant.id) as tx:
            await tx.run(attempt)


@pytest.mark.parametrize("days", [1, 729, 1100])
async def test_not_even_the_owner_shortens_the_trail_within_two_years_or_after(
    evidence: Evidence, owner_url: str, tenant: Tenant, clock: ManualClock, days: int
) -> None:
    await evidence.trail.note(tenant.id, ANN, "key.made", "key:1")
    await evidence.anchor(tenant.id)
    clock.advance(days * DAY)
    for table in ("audit", "audit_anchor", "audit_key", "audit_head"):
        async with await psycopg.AsyncConnection.connect(owner_url) as owner:
            await owner.execute(b"select set_config('tiebeam.tenant', %s, false)", (str(tenant.id),))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="two years at the least"):
                await owner.execute(f"delete from tiebeam.{table}".encode())
    assert (await evidence.prove(tenant.id)).fault is None
