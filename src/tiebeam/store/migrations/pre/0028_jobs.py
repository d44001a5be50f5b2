"""Jobs, boards with their columns, groups and items, and everything that was ever changed about them."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_JOB = """
create table tiebeam.work_job (
    tenant_id uuid not null references tiebeam.tenant (id),
    id uuid not null,
    number integer not null check (number > 0),
    title text not null check (title <> ''),
    status text not null
        check (status in ('new', 'scheduled', 'in_progress', 'on_hold', 'done', 'cancelled')),
    lead_id uuid,
    address text not null,
    starts_on date,
    ends_on date,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version integer not null check (version > 0),
    deleted_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, number),
    foreign key (tenant_id, lead_id) references tiebeam.person (tenant_id, id)
)
"""
_BOARD = """
create table tiebeam.work_board (
    tenant_id uuid not null references tiebeam.tenant (id),
    id uuid not null,
    name text not null check (name <> ''),
    purpose text check (purpose in ('active_jobs')),
    version integer not null check (version > 0),
    created_at timestamptz not null,
    deleted_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, purpose)
)
"""
_COLUMN = """
create table tiebeam.work_column (
    tenant_id uuid not null,
    id uuid not null,
    board_id uuid not null,
    key text not null check (key ~ '^[a-z0-9_]+$' and key not in ('name', 'group', 'position')),
    title text not null check (title <> ''),
    kind text not null check (kind in ('status', 'people', 'date', 'text', 'number', 'link')),
    position integer not null,
    labels jsonb not null,
    deleted_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, board_id, key),
    foreign key (tenant_id, board_id) references tiebeam.work_board (tenant_id, id)
)
"""
_GROUP = """
create table tiebeam.work_group (
    tenant_id uuid not null,
    id uuid not null,
    board_id uuid not null,
    title text not null check (title <> ''),
    position integer not null,
    deleted_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, board_id, id),
    foreign key (tenant_id, board_id) references tiebeam.work_board (tenant_id, id)
)
"""
_ITEM = """
create table tiebeam.work_item (
    tenant_id uuid not null,
    id uuid not null,
    board_id uuid not null,
    group_id uuid not null,
    name text not null check (name <> ''),
    position double precision not null check (position > '-Infinity' and position < 'Infinity'),
    version integer not null check (version > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    column_values jsonb not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, board_id, group_id)
        references tiebeam.work_group (tenant_id, board_id, id)
)
"""
_BY_PLACE = """
create index work_item_place on tiebeam.work_item (tenant_id, board_id, group_id, position, id)
where deleted_at is null
"""
# No foreign key to a job: a cell may name one that is not there yet, or not any more.
_LINK = """
create table tiebeam.work_link (
    tenant_id uuid not null,
    job_id uuid not null,
    item_id uuid not null,
    key text not null,
    primary key (tenant_id, job_id, item_id, key),
    foreign key (tenant_id, item_id) references tiebeam.work_item (tenant_id, id)
)
"""
_LINK_OF_ITEM = "create index work_link_item on tiebeam.work_link (tenant_id, item_id)"
_CHANGE = """
create table tiebeam.work_change (
    tenant_id uuid not null references tiebeam.tenant (id),
    id bigint generated always as identity,
    at timestamptz not null,
    subject text not null check (subject in ('job', 'item')),
    subject_id uuid not null,
    board_id uuid check ((board_id is not null) = (subject = 'item')),
    what text not null check (what in ('created', 'changed', 'deleted', 'restored')),
    field text check ((field is not null) = (what = 'changed')),
    before jsonb not null,
    after jsonb not null,
    version integer not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    cause_id uuid not null,
    hops smallint not null check (hops >= 0),
    handled_at timestamptz,
    primary key (tenant_id, id)
)
"""
_BY_SUBJECT = "create index work_change_subject on tiebeam.work_change (tenant_id, subject, subject_id, id)"
_WAITING = "create index work_change_waiting on tiebeam.work_change (tenant_id, id) where handled_at is null"
_KEEP = """
create function tiebeam.work_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    raise exception 'what was changed is only ever added to' using errcode = 'insufficient_privilege';
end $$
"""
_TRIGGERS = """
create trigger keep before delete on tiebeam.work_change for each row execute function tiebeam.work_keep();
create trigger keep_all before truncate on tiebeam.work_change execute function tiebeam.work_keep()
"""
_TABLES = {
    "work_job": "select, insert, update",
    "work_board": "select, insert, update",
    "work_column": "select, insert, update",
    "work_group": "select, insert, update",
    "work_item": "select, insert, update",
    "work_link": "select, insert, delete",
    "work_change": "select, insert, update (handled_at)",
}


def upgrade() -> None:
    """Create them behind the wall; nothing is ever removed, and of a change only that it was answered."""
    boards = (_BOARD, _COLUMN, _GROUP, _ITEM, _BY_PLACE, _LINK, _LINK_OF_ITEM)
    for statement in (_JOB, *boards, _CHANGE, _BY_SUBJECT, _WAITING, _KEEP, *_TRIGGERS.split(";")):
        op.execute(statement)
    for table, grants in _TABLES.items():
        wall(f"tiebeam.{table}", grants=grants)


def downgrade() -> None:
    """Drop them, and what was done on them."""
    for table in reversed(_TABLES):
        op.execute(f"drop table tiebeam.{table}")
    op.execute("drop function tiebeam.work_keep()")
