"""The change event that was chosen when a document was approved already: every choice, for ever."""

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


def upgrade() -> None:
    """Create it behind the wall; choices can be added and read, and nothing else."""
    for statement in (_CHOICE, *_KEEP.split(";")):
        op.execute(statement)
    wall("tiebeam.field_later_event", grants="select, insert")


def downgrade() -> None:
    """Drop it, and what was chosen."""
    op.execute("drop table tiebeam.field_later_event")
