"""Rules that answer what happens to jobs and items, and what came of each."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_RULE = """
create table tiebeam.automation_rule (
    tenant_id uuid not null references tiebeam.tenant (id),
    id uuid not null,
    name text not null check (name <> ''),
    enabled boolean not null,
    built_in text check (built_in in ('job_to_board', 'item_to_job')),
    definition jsonb not null,
    version integer not null check (version > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz check (built_in is null or deleted_at is null),
    primary key (tenant_id, id)
);
create unique index automation_rule_built_in on tiebeam.automation_rule (tenant_id, built_in)
    where built_in is not null
"""
# A rule is asked about a change once: that is the key. The change itself is kept for ever.
_FIRING = """
create table tiebeam.automation_firing (
    tenant_id uuid not null,
    rule_id uuid not null,
    change_id bigint not null,
    id bigint generated always as identity,
    subject text not null check (subject in ('job', 'item')),
    subject_id uuid not null,
    what text not null,
    cause_id uuid not null,
    hops integer not null check (hops >= 0),
    at timestamptz not null,
    result text not null check (result in ('begun', 'done', 'skipped', 'failed', 'stopped')),
    acts integer not null default 0 check (acts >= 0),
    detail text not null default '',
    primary key (tenant_id, rule_id, change_id),
    foreign key (tenant_id, rule_id) references tiebeam.automation_rule (tenant_id, id)
);
create unique index automation_firing_id on tiebeam.automation_firing (tenant_id, id desc);
create index automation_firing_of_rule on tiebeam.automation_firing (tenant_id, rule_id, id desc);
create index automation_firing_result on tiebeam.automation_firing (tenant_id, result, id desc);
create index automation_firing_at on tiebeam.automation_firing (tenant_id, at)
"""


def upgrade() -> None:
    """Create both behind the wall; what came of a rule is changed, never removed."""
    for statement in (*_RULE.split(";"), *_FIRING.split(";")):
        op.execute(statement)
    wall("tiebeam.automation_rule", grants="select, insert, update")
    wall("tiebeam.automation_firing", grants="select, insert, update")


def downgrade() -> None:
    """Drop them: nothing is answered any more."""
    op.execute("drop table tiebeam.automation_firing")
    op.execute("drop table tiebeam.automation_rule")
