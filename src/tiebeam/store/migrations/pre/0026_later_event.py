"""Change events chosen after approval, for ever; what a company says of tiers and of kinds of time."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_CHOICE = """
create table tiebeam.field_later_event (
    tenant_id uuid not null,
    document_id uuid not null,
    number integer not null check (number > 0),
    change_event text not null check (change_event <> ''),
    chosen_at timestamptz not null,
    author_kind text not null,
    author_id text not null,
    author_name text not null,
    primary key (tenant_id, document_id, number),
    foreign key (tenant_id, document_id) references tiebeam.field_document (tenant_id, id)
)
"""
_KEEP = """
create trigger keep before update or delete on tiebeam.field_later_event
    for each row execute function tiebeam.field_keep();
create trigger keep_all before truncate on tiebeam.field_later_event execute function tiebeam.field_keep()
"""
_PROCORE = """
alter table tiebeam.procore_choice
    add column order_tiers smallint not null default 3 check (order_tiers between 1 and 3),
    add column orders_grouped boolean not null default false,
    add column time_types jsonb not null default '{}'
"""


def upgrade() -> None:
    """Create it behind the wall; choices can be added and read, and nothing else."""
    op.execute(_PROCORE)
    for statement in (_CHOICE, *_KEEP.split(";")):
        op.execute(statement)
    wall("tiebeam.field_later_event", grants="select, insert")


def downgrade() -> None:
    """Drop it, and what was chosen."""
    op.execute("drop table tiebeam.field_later_event")
    for column in ("order_tiers", "orders_grouped", "time_types"):
        op.execute(f"alter table tiebeam.procore_choice drop column {column}")
