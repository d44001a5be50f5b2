"""Alerts, what is told of them, failures in a row, and the files that old sync log went into."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0009"
down_revision = "0008"

_ALERT = """
create table tiebeam.alert (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    rule text not null,
    subject text not null,
    severity smallint not null check (severity in (1, 2, 3)),
    status text not null check (status in ('open', 'acknowledged', 'resolved')),
    summary text not null,
    action text not null,
    sightings integer not null default 1,
    opened_at timestamptz not null,
    seen_at timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    unique (tenant_id, id),
    check ((status = 'resolved') = (resolved_at is not null))
)
"""
_ALERT_STANDING = (
    "create unique index alert_standing on tiebeam.alert (tenant_id, rule, subject)"
    " where status <> 'resolved'"
)
_ALERT_RESOLVED = (
    "create index alert_resolved on tiebeam.alert (tenant_id, resolved_at) where status = 'resolved'"
)
_NOTICE = """
create table tiebeam.alert_notice (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    alert_id bigint not null,
    channel text not null,
    event text not null check (event in ('opened', 'resolved')),
    severity smallint not null check (severity in (1, 2, 3)),
    status text not null default 'waiting' check (status in ('waiting', 'sent', 'dropped', 'failed')),
    attempts integer not null default 0,
    noted_at timestamptz not null,
    next_at timestamptz not null,
    ended_at timestamptz,
    foreign key (tenant_id, alert_id) references tiebeam.alert (tenant_id, id) on delete cascade
)
"""
_NOTICE_ALERT = "create index alert_notice_alert on tiebeam.alert_notice (alert_id)"
_NOTICE_WAITING = (
    "create index alert_notice_waiting on tiebeam.alert_notice (tenant_id, channel) where status = 'waiting'"
)
_CHANNEL = """
create table tiebeam.alert_channel (
    tenant_id uuid not null references tiebeam.tenant (id),
    channel text not null,
    sent_at timestamptz,
    failures integer not null default 0,
    error text,
    primary key (tenant_id, channel)
)
"""
_STREAK = """
create table tiebeam.vendor_streak (
    tenant_id uuid not null,
    connection_id uuid not null,
    api text not null,
    failures integer not null,
    code text not null,
    cause text not null,
    action text not null,
    server_fault boolean not null,
    since timestamptz not null,
    last_at timestamptz not null,
    primary key (connection_id, api),
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
)
"""
_ARCHIVE = """
create table tiebeam.log_archive (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    name text not null,
    sha256 bytea not null,
    size_bytes bigint not null,
    rows integer not null,
    first_id bigint not null,
    last_id bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    status text not null check (status in ('written', 'emptied', 'restored')),
    written_at timestamptz not null,
    restored_at timestamptz,
    unique (tenant_id, name)
)
"""
_PULL_FEED = "create index pull_feed on tiebeam.pull (feed_id, id)"
_TABLES = ("alert", "alert_notice", "alert_channel", "vendor_streak", "log_archive")


def upgrade() -> None:
    """Create the tables, each behind the wall."""
    for statement in (_ALERT, _ALERT_STANDING, _ALERT_RESOLVED, _NOTICE, _NOTICE_ALERT, _NOTICE_WAITING):
        op.execute(statement)
    for statement in (_CHANNEL, _STREAK, _ARCHIVE, _PULL_FEED):
        op.execute(statement)
    for table in _TABLES:
        wall(f"tiebeam.{table}")


def downgrade() -> None:
    """Drop them; archived files can then still be read by hand, line by line."""
    op.execute("drop index tiebeam.pull_feed")
    for table in reversed(_TABLES):
        op.execute(f"drop table tiebeam.{table}")
