"""Boards that are kept the same as boards elsewhere: what both last agreed on, conflicts, every operation."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_LINK = """
create table tiebeam.outside_link (
    tenant_id uuid not null,
    id uuid not null,
    board_id uuid not null,
    vendor text not null check (vendor <> ''),
    outside_board_id text not null check (outside_board_id <> ''),
    columns jsonb not null,
    groups jsonb not null,
    owner text not null check (owner in ('ours', 'theirs', 'latest', 'ask')),
    state text not null check (state in ('on', 'stopped')),
    seen_change bigint not null check (seen_change >= 0),
    layout jsonb not null,
    people jsonb not null,
    me text not null,
    passed_at timestamptz,
    held integer not null check (held >= 0),
    trouble text not null,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, board_id) references tiebeam.work_board (tenant_id, id)
);
create unique index outside_link_of_board on tiebeam.outside_link (tenant_id, board_id) where state = 'on';
create unique index outside_link_there on tiebeam.outside_link (tenant_id, vendor, outside_board_id)
    where state = 'on'
"""
_MIRROR = """
create table tiebeam.outside_mirror (
    tenant_id uuid not null,
    id uuid not null,
    link_id uuid not null,
    item_id uuid,
    outside_id text check (outside_id <> ''),
    base jsonb not null,
    sent jsonb not null,
    refused jsonb not null,
    state text not null check (state in ('linked', 'asks', 'apart')),
    asked text check (asked in ('ours_deleted', 'theirs_deleted', 'theirs_archived')),
    begun_at timestamptz,
    cause_id uuid,
    hops integer not null check (hops >= 0),
    written_at timestamptz,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, link_id) references tiebeam.outside_link (tenant_id, id),
    check ((state = 'asks') = (asked is not null))
);
create unique index outside_mirror_of_item on tiebeam.outside_mirror (tenant_id, link_id, item_id);
create unique index outside_mirror_there on tiebeam.outside_mirror (tenant_id, link_id, outside_id);
create index outside_mirror_waiting on tiebeam.outside_mirror (tenant_id, link_id, made_at, id)
    where state = 'linked' and (outside_id is null or sent <> '{}'::jsonb);
create index outside_mirror_asks on tiebeam.outside_mirror (tenant_id, changed_at) where state = 'asks'
"""
_CONFLICT = """
create table tiebeam.outside_conflict (
    tenant_id uuid not null,
    id uuid not null,
    mirror_id uuid not null,
    field text not null,
    kind text not null check (kind in ('differs', 'unmapped')),
    base jsonb,
    ours jsonb,
    theirs jsonb,
    ours_at timestamptz,
    ours_by text not null,
    theirs_at timestamptz,
    theirs_by text not null,
    sentence text not null,
    state text not null check (state in ('open', 'ours', 'theirs', 'agreed', 'undone')),
    found_at timestamptz not null,
    decided_at timestamptz,
    decided_by text not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, mirror_id) references tiebeam.outside_mirror (tenant_id, id)
);
create unique index outside_conflict_open on tiebeam.outside_conflict (tenant_id, mirror_id, field)
    where state = 'open';
create index outside_conflict_newest on tiebeam.outside_conflict (tenant_id, found_at desc, id)
"""
_LOG = """
create table tiebeam.outside_log (
    tenant_id uuid not null,
    id bigint generated always as identity,
    at timestamptz not null,
    link_id uuid not null,
    mirror_id uuid not null,
    item_id uuid,
    outside_id text,
    what text not null,
    fields jsonb not null,
    result text not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    cause_id uuid not null,
    hops integer not null check (hops >= 0),
    primary key (tenant_id, id),
    foreign key (tenant_id, link_id) references tiebeam.outside_link (tenant_id, id)
);
create index outside_log_of_link on tiebeam.outside_log (tenant_id, link_id, id desc)
"""
_OF_BOARD = """
create index work_change_of_board on tiebeam.work_change (tenant_id, board_id, id) where board_id is not null
"""
_GRANTS = {
    "outside_link": "select, insert, update",
    "outside_mirror": "select, insert, update",
    "outside_conflict": "select, insert, update",
    "outside_log": "select, insert",
}


def upgrade() -> None:
    """Create them behind the wall; the log is only ever added to."""
    for statement in (_LINK, _MIRROR, _CONFLICT, _LOG, _OF_BOARD):
        for one in statement.split(";"):
            op.execute(one)
    for table, grants in _GRANTS.items():
        wall(f"tiebeam.{table}", grants=grants)


def downgrade() -> None:
    """Drop them: boards elsewhere are not kept the same any more."""
    op.execute("drop index tiebeam.work_change_of_board")
    for table in ("outside_log", "outside_conflict", "outside_mirror", "outside_link"):
        op.execute(f"drop table tiebeam.{table}")
