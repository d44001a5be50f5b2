"""What is captured on site: documents, every version of them for ever, photos, crews and cost codes."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_DOCUMENT = """
create table tiebeam.field_document (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null check (
        kind in ('tm_ticket', 'change_order_request', 'daily_report', 'check_in', 'photo')
    ),
    project_id uuid not null,
    number text not null,
    standing text not null check (standing in ('draft', 'submitted', 'returned', 'approved')),
    version integer not null,
    last_version integer not null check (last_version >= version),
    captured_at timestamptz not null,
    received_at timestamptz not null,
    changed_at timestamptz not null,
    author_kind text not null,
    author_id text not null,
    author_name text not null,
    device_id uuid,
    locked_reason text,
    returned_reason text,
    aside_version integer,
    primary key (tenant_id, id),
    unique (tenant_id, project_id, number),
    foreign key (tenant_id, project_id) references tiebeam.project (tenant_id, id)
)
"""
_BY_CHANGE = "create index field_document_changed on tiebeam.field_document (tenant_id, changed_at, id)"
_VERSION = """
create table tiebeam.field_version (
    tenant_id uuid not null,
    document_id uuid not null,
    number integer not null check (number > 0),
    base integer not null,
    body json not null,
    hash bytea not null,
    captured_at timestamptz not null,
    received_at timestamptz not null,
    author_kind text not null,
    author_id text not null,
    author_name text not null,
    device_id uuid,
    aside text check (aside in ('stale', 'approved', 'locked', 'not_the_author')),
    primary key (tenant_id, document_id, number),
    foreign key (tenant_id, document_id) references tiebeam.field_document (tenant_id, id)
)
"""
_NUMBER = """
create table tiebeam.field_number (
    tenant_id uuid not null,
    project_id uuid not null,
    kind text not null,
    last integer not null,
    primary key (tenant_id, project_id, kind),
    foreign key (tenant_id, project_id) references tiebeam.project (tenant_id, id)
)
"""
_PHOTO = """
create table tiebeam.field_photo (
    tenant_id uuid not null references tiebeam.tenant (id),
    id uuid not null,
    sha256 bytea not null check (length(sha256) = 32),
    bytes bigint not null check (bytes > 0),
    name text not null,
    media_type text not null,
    width integer,
    height integer,
    taken_at timestamptz,
    latitude double precision,
    longitude double precision,
    thumbnail bytea,
    received_at timestamptz not null,
    author_kind text not null,
    author_id text not null,
    author_name text not null,
    primary key (tenant_id, id)
)
"""
_CREW = """
create table tiebeam.crew (
    tenant_id uuid not null references tiebeam.tenant (id),
    name text not null,
    members json not null,
    primary key (tenant_id, name)
)
"""
_COST_CODE = """
create table tiebeam.cost_code (
    tenant_id uuid not null,
    project_id uuid not null,
    code text not null,
    name text not null,
    primary key (tenant_id, project_id, code),
    foreign key (tenant_id, project_id) references tiebeam.project (tenant_id, id)
)
"""
_KEEP = """
create function tiebeam.field_keep() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin
    raise exception 'what was captured is kept as it was' using errcode = 'insufficient_privilege';
end $$
"""
_TRIGGERS = """
create trigger keep before update or delete on tiebeam.field_version
    for each row execute function tiebeam.field_keep();
create trigger keep_all before truncate on tiebeam.field_version execute function tiebeam.field_keep();
create trigger keep before update or delete on tiebeam.field_photo
    for each row execute function tiebeam.field_keep();
create trigger keep_all before truncate on tiebeam.field_photo execute function tiebeam.field_keep();
create trigger keep before delete on tiebeam.field_document
    for each row execute function tiebeam.field_keep();
create trigger keep_all before truncate on tiebeam.field_document execute function tiebeam.field_keep()
"""


def upgrade() -> None:
    """Create it behind the wall; versions and photos can be added and read, and nothing else."""
    tables = (_DOCUMENT, _BY_CHANGE, _VERSION, _NUMBER, _PHOTO, _CREW, _COST_CODE)
    for statement in (*tables, _KEEP, *_TRIGGERS.split(";")):
        op.execute(statement)
    wall("tiebeam.field_document", grants="select, insert, update")
    wall("tiebeam.field_version", grants="select, insert")
    wall("tiebeam.field_number", grants="select, insert, update")
    wall("tiebeam.field_photo", grants="select, insert")
    wall("tiebeam.crew")
    wall("tiebeam.cost_code")


def downgrade() -> None:
    """Drop it, and what was captured."""
    for table in ("cost_code", "crew", "field_photo", "field_number", "field_version", "field_document"):
        op.execute(f"drop table tiebeam.{table}")
    op.execute("drop function tiebeam.field_keep()")
