"""Papers on their way to a target: the wish, its steps, their receipts, and every attempt."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INTENT = """
create table tiebeam.push_intent (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    document_kind text not null,
    document_id uuid not null,
    number text not null,
    project text not null,
    target text not null,
    state text not null
        check (state in ('waiting', 'open', 'blocked', 'failed', 'done', 'done_with_failures')),
    plan_due boolean not null,
    planned_version integer,
    sent_stands boolean not null default false,
    next_at timestamptz,
    code text,
    cause text,
    owner text,
    action text,
    field text,
    fix text,
    wanted_by text not null,
    wanted_at timestamptz not null,
    trigger text not null check (trigger in ('button', 'schedule', 'approval')),
    correlation_id text not null,
    done_at timestamptz,
    unique (tenant_id, document_id, target),
    unique (tenant_id, id)
)
"""
_DUE = "create index push_intent_due on tiebeam.push_intent (tenant_id, next_at) where next_at is not null"
_BY_STATE = "create index push_intent_state on tiebeam.push_intent (tenant_id, state, wanted_at)"
_STEP = """
create table tiebeam.push_step (
    tenant_id uuid not null,
    intent_id uuid not null,
    name text not null,
    position integer not null,
    kind text not null,
    needs text[] not null,
    payload jsonb not null,
    best_effort boolean not null,
    version integer not null,
    state text not null
        check (state in ('planned', 'sending', 'done', 'retry_at', 'uncertain', 'blocked', 'dead')),
    attempt integer not null default 0,
    failures integer not null default 0,
    sent_at timestamptz,
    next_at timestamptz,
    code text,
    cause text,
    owner text,
    action text,
    field text,
    fix text,
    primary key (intent_id, name),
    check (state <> 'sending' or sent_at is not null),
    foreign key (tenant_id, intent_id) references tiebeam.push_intent (tenant_id, id)
)
"""
_RECEIPT = """
create table tiebeam.push_receipt (
    tenant_id uuid not null,
    intent_id uuid not null,
    name text not null,
    vendor_id text not null,
    answer jsonb not null,
    seen_at timestamptz not null,
    payload_sha256 bytea not null,
    found boolean not null,
    primary key (intent_id, name),
    foreign key (tenant_id, intent_id) references tiebeam.push_intent (tenant_id, id)
)
"""
_ATTEMPT = """
create table tiebeam.push_attempt (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    intent_id uuid not null,
    name text not null,
    attempt integer not null,
    event text not null,
    at timestamptz not null,
    correlation_id text not null,
    sent jsonb,
    answer jsonb,
    code text,
    cause text,
    foreign key (tenant_id, intent_id) references tiebeam.push_intent (tenant_id, id)
)
"""
_BY_INTENT = "create index push_attempt_intent on tiebeam.push_attempt (tenant_id, intent_id, id)"
_TRIGGER = """
create table tiebeam.push_trigger (
    tenant_id uuid not null references tiebeam.tenant (id),
    target text not null,
    button boolean not null,
    on_approval boolean not null,
    batch_minutes integer check (batch_minutes between 5 and 10080),
    batched_at timestamptz,
    primary key (tenant_id, target)
)
"""
_KEEP = """
create function tiebeam.push_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    raise exception 'what was sent is only ever added to' using errcode = 'insufficient_privilege';
end $$
"""
_TRIGGERS = tuple(
    f"create trigger {name} before {what} on tiebeam.{table}{each} execute function tiebeam.push_keep()"
    for table in ("push_receipt", "push_attempt")
    for name, what, each in (
        ("keep", "update or delete", " for each row"),
        ("keep_all", "truncate", ""),
    )
)
_ADDED_TO = "select, insert"
_TABLES = {
    "push_intent": "select, insert, update",
    "push_step": "select, insert, update, delete",
    "push_receipt": _ADDED_TO,
    "push_attempt": _ADDED_TO,
    "push_trigger": "select, insert, update, delete",
}


def upgrade() -> None:
    """Create the tables behind the wall; what was sent and answered may only be added to."""
    made = (_INTENT, _DUE, _BY_STATE, _STEP, _RECEIPT, _ATTEMPT, _BY_INTENT, _TRIGGER, _KEEP, *_TRIGGERS)
    for statement in made:
        op.execute(statement)
    for table, grants in _TABLES.items():
        wall(f"tiebeam.{table}", grants=grants)


def downgrade() -> None:
    """Drop them: nobody knows any more what was sent."""
    for table in reversed(_TABLES):
        op.execute(f"drop table tiebeam.{table}")
    op.execute("drop function tiebeam.push_keep()")
