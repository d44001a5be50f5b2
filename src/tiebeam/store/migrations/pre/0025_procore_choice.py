"""How a company wants its documents in Procore."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_CHOICE = """
create table tiebeam.procore_choice (
    tenant_id uuid primary key references tiebeam.tenant (id),
    tickets text not null check (tickets in ('tool', 'documents')),
    album_id bigint check (album_id > 0),
    folder_id bigint check (folder_id > 0),
    order_status text not null,
    logs jsonb not null
)
"""


def upgrade() -> None:
    """Create the table behind the wall."""
    op.execute(_CHOICE)
    wall("tiebeam.procore_choice")


def downgrade() -> None:
    """Drop it: documents go into Procore as they do when nothing is chosen."""
    op.execute("drop table tiebeam.procore_choice")
