"""The application role, the schemas and the tenants."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create the role if it is missing, then the schemas, `tiebeam.tenant` and `tiebeam.tenant_of`."""
    op.execute(_APPLICATION_ROLE)
    op.execute(_MEMBERSHIP)
    op.execute("create schema replica")
    op.execute("grant usage on schema tiebeam, replica to tiebeam_app")
    op.execute("""
        create table tiebeam.tenant (
            id uuid primary key,
            slug text not null unique check (slug ~ '^[a-z0-9](-?[a-z0-9])*$'),
            name text not null,
            created_at timestamptz not null
        )
    """)
    wall("tiebeam.tenant", tenant_column="id", grants="select, insert, update")
    op.execute("create policy directory on tiebeam.tenant for select to current_user using (true)")
    op.execute("""
        create function tiebeam.tenant_of(slug text) returns uuid
        language sql stable strict parallel safe security definer set search_path = pg_catalog, pg_temp
        as $$ select tenant.id from tiebeam.tenant where tenant.slug = tenant_of.slug $$
    """)
    op.execute("revoke all on function tiebeam.tenant_of(text) from public")
    op.execute("grant execute on function tiebeam.tenant_of(text) to tiebeam_app")


def downgrade() -> None:
    """Take it all back but the schema `tiebeam` and the role, which other databases of the server may use."""
    op.execute("drop function tiebeam.tenant_of(text)")
    op.execute("drop table tiebeam.tenant")
    op.execute("revoke usage on schema tiebeam, replica from tiebeam_app")
    op.execute("drop schema replica")


# Roles belong to the whole server: another database may have made this one, perhaps at this very moment.
_APPLICATION_ROLE = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'tiebeam_app') then
        create role tiebeam_app nologin nosuperuser nobypassrls nocreatedb nocreaterole;
    end if;
exception when duplicate_object or unique_violation then
    null;
end
$$
"""

_MEMBERSHIP = """
do $$
begin
    if exists (
        select from pg_roles where rolname = 'tiebeam_app' and (rolsuper or rolbypassrls or rolcreaterole)
    ) then
        raise exception 'the role tiebeam_app could climb over the wall between tenants'
            using hint = 'alter role tiebeam_app nosuperuser nobypassrls nocreaterole';
    end if;
    if not pg_has_role(current_user, 'tiebeam_app',
        case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then
        grant tiebeam_app to current_user;
    end if;
end
$$
"""
