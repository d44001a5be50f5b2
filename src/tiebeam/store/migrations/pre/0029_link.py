"""Jobs and the items they are linked to: what both last agreed on, conflicts, and every operation."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_BOARD = """
create table tiebeam.link_board (
    tenant_id uuid not null,
    board_id uuid not null,
    rules jsonb not null,
    changed_at timestamptz not null,
    primary key (tenant_id, board_id)
)
"""
_PAIR = """
create table tiebeam.link_pair (
    tenant_id uuid not null,
    id uuid not null,
    job_id uuid not null,
    board_id uuid not null,
    item_ref text not null check (item_ref <> ''),
    base jsonb not null,
    sent jsonb not null default '{}',
    state text not null check (state in ('linked', 'asks', 'unlinked')),
    asked text check (asked in ('job_deleted', 'item_deleted', 'link_cleared')),
    version integer not null check (version > 0),
    made_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (tenant_id, id),
    check ((state = 'asks') = (asked is not null))
)
"""
_LIVE = """
create unique index link_pair_of_job on tiebeam.link_pair (tenant_id, job_id, board_id)
    where state <> 'unlinked';
create unique index link_pair_of_item on tiebeam.link_pair (tenant_id, board_id, item_ref)
    where state <> 'unlinked';
create index link_pair_ref on tiebeam.link_pair (tenant_id, item_ref) where state <> 'unlinked';
create index link_pair_past on tiebeam.link_pair (tenant_id, job_id, board_id, made_at);
create index link_pair_asks on tiebeam.link_pair (tenant_id, changed_at) where state = 'asks'
"""
_CONFLICT = """
create table tiebeam.link_conflict (
    tenant_id uuid not null,
    id uuid not null,
    pair_id uuid not null,
    field text not null,
    kind text not null check (kind in ('differs', 'unmapped')),
    base jsonb,
    job jsonb,
    item jsonb,
    job_at timestamptz,
    job_by text not null,
    item_at timestamptz,
    item_by text not null,
    sentence text not null,
    state text not null check (state in ('open', 'job', 'item', 'agreed', 'undone')),
    found_at timestamptz not null,
    decided_at timestamptz,
    decided_by text not null default '',
    primary key (tenant_id, id),
    foreign key (tenant_id, pair_id) references tiebeam.link_pair (tenant_id, id)
)
"""
_OPEN = """
create unique index link_conflict_open on tiebeam.link_conflict (tenant_id, pair_id, field)
    where state = 'open';
create index link_conflict_newest on tiebeam.link_conflict (tenant_id, found_at desc, id)
"""
_LOG = """
create table tiebeam.link_log (
    tenant_id uuid not null,
    id bigint generated always as identity,
    at timestamptz not null,
    pair_id uuid,
    job_id uuid,
    item_ref text not null,
    what text not null,
    fields jsonb not null,
    result text not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    cause_id uuid not null,
    hops integer not null,
    primary key (tenant_id, id)
)
"""
_LOG_OF_PAIR = "create index link_log_of_pair on tiebeam.link_log (tenant_id, pair_id, id)"


def upgrade() -> None:
    """Create it all behind the wall; what was done is added to the log and stays there."""
    for statement in (_BOARD, _PAIR, *_LIVE.split(";"), _CONFLICT, *_OPEN.split(";"), _LOG, _LOG_OF_PAIR):
        op.execute(statement)
    for table in ("link_board", "link_pair", "link_conflict"):
        wall(f"tiebeam.{table}", grants="select, insert, update")
    wall("tiebeam.link_log", grants="select, insert")


def downgrade() -> None:
    """Drop it, and with it which item belongs to which job."""
    for table in ("link_log", "link_conflict", "link_pair", "link_board"):
        op.execute(f"drop table tiebeam.{table}")
