"""What signs the audit trail: anchors to which one is only ever added, and a key that stays."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ANCHOR = """
create table tiebeam.audit_anchor (
    tenant_id uuid not null references tiebeam.tenant (id),
    day date not null,
    number bigint not null check (number > 0),
    hash bytea not null,
    previous bytea not null,
    at timestamptz not null,
    public_key bytea not null,
    signature bytea not null,
    primary key (tenant_id, day)
)
"""
_KEY = """
create table tiebeam.audit_key (
    tenant_id uuid primary key references tiebeam.tenant (id),
    public_key bytea not null check (length(public_key) = 32),
    key_id text not null,
    sealed bytea not null,
    made_at timestamptz not null
)
"""
# Two years are the least that evidence is kept; nothing here has a way to go afterwards either.
_KEPT = """
create or replace function tiebeam.audit_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    raise exception 'the audit trail is only ever added to, and kept for two years at the least'
        using errcode = 'insufficient_privilege';
end $$
"""
_KEPT_BEFORE = """
create or replace function tiebeam.audit_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    raise exception 'the audit trail is only ever added to' using errcode = 'insufficient_privilege';
end $$
"""
_SEAL_ALONE = """
create function tiebeam.audit_key_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    if new.tenant_id <> old.tenant_id or new.public_key <> old.public_key or new.made_at <> old.made_at then
        raise exception 'the key that signs the audit trail stays' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$
"""
_TRIGGERS = """
create trigger keep before update or delete on tiebeam.audit_anchor
    for each row execute function tiebeam.audit_keep();
create trigger keep_all before truncate on tiebeam.audit_anchor execute function tiebeam.audit_keep();
create trigger keep before delete on tiebeam.audit_key
    for each row execute function tiebeam.audit_keep();
create trigger keep_all before truncate on tiebeam.audit_key execute function tiebeam.audit_keep();
create trigger seal_alone before update on tiebeam.audit_key
    for each row execute function tiebeam.audit_key_keep()
"""


def upgrade() -> None:
    """Create both behind the wall; the application may add and read, and seal the key anew."""
    for statement in (_KEPT, _SEAL_ALONE, _ANCHOR, _KEY, *_TRIGGERS.split(";")):
        op.execute(statement)
    wall("tiebeam.audit_anchor", grants="select, insert")
    wall("tiebeam.audit_key", grants="select, insert, update (key_id, sealed)")


def downgrade() -> None:
    """Drop them: entries stay chained, and nothing is signed any more."""
    op.execute("drop table tiebeam.audit_anchor")
    op.execute("drop table tiebeam.audit_key")
    op.execute("drop function tiebeam.audit_key_keep()")
    op.execute(_KEPT_BEFORE)
