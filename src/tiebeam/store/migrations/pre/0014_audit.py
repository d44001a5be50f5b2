"""The audit trail: a chain per tenant, to which entries can only be added."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ENTRY = """
create table tiebeam.audit (
    tenant_id uuid not null references tiebeam.tenant (id),
    number bigint not null check (number > 0),
    at timestamptz not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    act text not null,
    subject text not null,
    detail json not null,
    correlation_id text,
    previous bytea not null,
    hash bytea not null,
    primary key (tenant_id, number)
)
"""
_BY_ACT = "create index audit_act on tiebeam.audit (tenant_id, act, number)"
_BY_SUBJECT = "create index audit_subject on tiebeam.audit (tenant_id, subject, number)"
_HEAD = """
create table tiebeam.audit_head (
    tenant_id uuid primary key references tiebeam.tenant (id),
    number bigint not null,
    hash bytea not null
)
"""
_KEEP = """
create function tiebeam.audit_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    raise exception 'the audit trail is only ever added to' using errcode = 'insufficient_privilege';
end $$
"""
_ADVANCE = """
create function tiebeam.audit_advance() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    if new.tenant_id <> old.tenant_id or new.number <> old.number + 1 then
        raise exception 'the audit trail is only ever added to' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$
"""
_TRIGGERS = """
create trigger keep before update or delete on tiebeam.audit
    for each row execute function tiebeam.audit_keep();
create trigger keep_all before truncate on tiebeam.audit execute function tiebeam.audit_keep();
create trigger keep before delete on tiebeam.audit_head
    for each row execute function tiebeam.audit_keep();
create trigger keep_all before truncate on tiebeam.audit_head execute function tiebeam.audit_keep();
create trigger advance before update on tiebeam.audit_head
    for each row execute function tiebeam.audit_advance()
"""


def upgrade() -> None:
    """Create the chain and its head behind the wall; the application may add and read."""
    for statement in (_ENTRY, _BY_ACT, _BY_SUBJECT, _HEAD, _KEEP, _ADVANCE, *_TRIGGERS.split(";")):
        op.execute(statement)
    wall("tiebeam.audit", grants="select, insert")
    wall("tiebeam.audit_head", grants="select, insert, update")


def downgrade() -> None:
    """Drop it, and what it knew."""
    op.execute("drop table tiebeam.audit")
    op.execute("drop table tiebeam.audit_head")
    op.execute("drop function tiebeam.audit_keep()")
    op.execute("drop function tiebeam.audit_advance()")
