"""What is kept no longer goes, in small steps; the rest stays, and so does everybody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tiebeam.identity.repository import Tenants
from tiebeam.operations.retention.plan import GROWING, Keep, purges
from tiebeam.operations.retention.repository import OldRows
from tiebeam.operations.retention.run import purge

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

_FILL = (
    """
    with made as (
        insert into tiebeam.alert (tenant_id, rule, subject, severity, status, summary, action, opened_at,
            seen_at, resolved_at)
        select %(tenant)s, 'r', 's' || n, 2, case when n < 6 then 'resolved' else 'open' end, 's', 'a',
            %(old)s, %(old)s,
            case when n < 4 then %(old)s::timestamptz when n < 6 then %(new)s::timestamptz end
        from generate_series(1, 8) n
        returning tenant_id, id
    )
    insert into tiebeam.alert_notice (tenant_id, alert_id, channel, event, severity, noted_at, next_at)
    select tenant_id, id, 'log', 'opened', 2, %(old)s, %(old)s from made
    """,
    """
    insert into tiebeam.sync_run (tenant_id, connection_id, wish, started_at, ended_at)
    select %(tenant)s, %(tenant)s, 'w' || n, %(old)s,
        case when n < 4 then %(old)s::timestamptz when n < 6 then %(new)s::timestamptz end
    from generate_series(1, 8) n
    """,
    """
    insert into tiebeam.feed (tenant_id, connection_id, stream, scope)
    values (%(tenant)s, %(tenant)s, 'a.b', '')
    """,
    """
    insert into tiebeam.pull (tenant_id, feed_id, mode, status, segments, started_at, ended_at)
    select %(tenant)s, f.id, 'window', case when n = 1 then 'running' else 'done' end, '[]', %(old)s,
        case when n > 1 then %(old)s::timestamptz end
    from generate_series(1, 4) n cross join tiebeam.feed f
    """,
    """
    with rule as (
        insert into tiebeam.automation_rule (tenant_id, id, name, enabled, definition, version, created_at,
            updated_at)
        values (%(tenant)s, %(tenant)s, 'r', true, '{}', 1, %(old)s, %(old)s)
        returning id
    ), change as (
        insert into tiebeam.work_change (tenant_id, at, subject, subject_id, what, before, after, version,
            actor_kind, actor_id, actor_name, cause_id, hops, handled_at)
        select %(tenant)s, %(old)s, 'job', %(tenant)s, 'created', 'null', 'null', n, 'system', '', '',
            %(tenant)s, 0, case when n <> 2 then %(old)s::timestamptz end
        from generate_series(1, 6) n
        returning id, version
    )
    insert into tiebeam.automation_firing (tenant_id, rule_id, change_id, subject, subject_id, what, cause_id,
        hops, at, result)
    select %(tenant)s, rule.id, change.id, 'job', %(tenant)s, 'created', %(tenant)s, 0,
        case when version < 6 then %(old)s::timestamptz else %(new)s::timestamptz end,
        case when version = 1 then 'begun' else 'done' end
    from rule cross join change
    """,
)
_COUNTS = """
select (select count(*) from tiebeam.alert), (select count(*) from tiebeam.alert_notice),
    (select count(*) from tiebeam.sync_run), (select count(*) from tiebeam.pull),
    (select count(*) from tiebeam.automation_firing)
"""


async def fill(store: Store, tenant: Tenant, clock: ManualClock) -> None:
    old, new = clock.now() - timedelta(days=400), clock.now() - timedelta(days=1)
    async with store.transaction(tenant.id) as tx:
        for statement in _FILL:
            await tx.run(statement, {"tenant": tenant.id, "old": old, "new": new})


async def counts(store: Store, tenant_id: UUID) -> tuple[int, ...]:
    async with store.transaction(tenant_id) as tx:
        return (await tx.rows(_COUNTS))[0]


@pytest.mark.req("P21")
async def test_what_is_old_and_over_goes_and_nothing_else(
    store: Store, tenant: Tenant, clock: ManualClock
) -> None:
    other = await Tenants(store).create("birch", "Birch Ltd")
    for one in (tenant, other):
        await fill(store, one, clock)
    before = await counts(store, other.id)
    assert before == (8, 8, 8, 4, 6)
    gone = await purge(OldRows(store), tenant.id, Keep(), clock, batch=2)
    assert gone == {"alert": 3, "sync_run": 3, "pull": 2, "webhook_delivery": 0, "automation_firing": 3}
    assert await counts(store, tenant.id) == (5, 5, 5, 2, 3)
    assert await counts(store, other.id) == before
    assert sum((await purge(OldRows(store), tenant.id, Keep(), clock)).values()) == 0


async def test_what_is_set_to_stay_stays(store: Store, tenant: Tenant, clock: ManualClock) -> None:
    await fill(store, tenant, clock)
    keep = Keep(alert_days=None, sync_run_days=401, pull_days=1, automation_firing_days=401)
    gone = await purge(OldRows(store), tenant.id, keep, clock)
    assert gone == {"sync_run": 0, "pull": 2, "webhook_delivery": 0, "automation_firing": 0}
    assert await counts(store, tenant.id) == (8, 8, 8, 2, 6)


@pytest.mark.req("R17")
def test_every_growing_table_has_a_time_and_the_history_of_records_has_none(clock: ManualClock) -> None:
    days = {table.name: table.days for table in GROWING}
    assert days["sync_log"] == 90
    assert days["record_version"] is None
    kept = Keep()
    for table, before in purges(kept, clock.now()):
        assert clock.now() - before == timedelta(days=table.days or 0)
    assert kept.until("record_version", clock.now()) is None
