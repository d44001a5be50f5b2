"""A worker's turn in one statement and one transaction, which looks at no job more often than it must."""

from __future__ import annotations

from alembic import op

from tiebeam.store.connections import APPLICATION_ROLE
from tiebeam.store.migrations.queue_exchange import EXCHANGE, RECOUNT
from tiebeam.store.migrations.queue_work import DEFINER

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_EXCHANGE = """queue_exchange(
    bigint, timestamptz, bigint[], timestamptz[], bigint[], timestamptz[], text[], timestamptz[], text[],
    integer, integer, text[]
)"""


_FUNCTIONS = {_EXCHANGE: EXCHANGE, "queue_recount()": RECOUNT}


def upgrade() -> None:
    """Create the functions; those before them stay for processes of the release before."""
    op.execute("alter table tiebeam.queue_turn add column running integer not null default 0")
    for name, statement in _FUNCTIONS.items():
        op.execute(statement.replace("@definer", DEFINER))
        op.execute(f"revoke all on function tiebeam.{name} from public")
        op.execute(f"grant execute on function tiebeam.{name} to {APPLICATION_ROLE}")
    op.execute("select tiebeam.queue_recount()")


def downgrade() -> None:
    """Drop them; a worker then tells and takes with one function each."""
    for name in _FUNCTIONS:
        op.execute(f"drop function tiebeam.{name}")
    op.execute("alter table tiebeam.queue_turn drop column running")
