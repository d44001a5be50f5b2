"""Whether a database's schema fits this release: what it has against what the migrations folder holds."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any, Final, Literal

import psycopg

from tiebeam.store.errors import SchemaTooNewError, SchemaTooOldError, connection_error

Phase = Literal["pre", "post"]

PHASES: Final[tuple[Phase, ...]] = ("pre", "post")

_UNSEEN = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InsufficientPrivilege,
)


@dataclass(frozen=True, slots=True)
class PhaseState:
    """Where one phase stands: the database's revision (None: never migrated), those known here in order."""

    phase: Phase
    current: str | None
    known: tuple[str, ...]

    @property
    def needed(self) -> str | None:
        """The newest revision of this release, None when it has none."""
        return self.known[-1] if self.known else None

    @property
    def too_new(self) -> bool:
        """Whether the database is at a revision that this release has never heard of."""
        return self.current is not None and self.current not in self.known

    @property
    def too_old(self) -> bool:
        """Whether migrations are missing."""
        return not self.too_new and self.current != self.needed


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Where the schema stands. Code runs on a current `pre`; `post` may lag until old processes are gone."""

    pre: PhaseState
    post: PhaseState

    @property
    def current(self) -> bool:
        """Whether nothing is left to migrate."""
        return not any((self.too_new, self.pre.too_old, self.post.too_old))

    @property
    def too_new(self) -> bool:
        """Whether a newer release has migrated the database."""
        return self.pre.too_new or self.post.too_new

    @property
    def too_old(self) -> bool:
        """Whether this release cannot run before the migrations have."""
        return self.pre.too_old


def revisions(phase: Phase) -> tuple[str, ...]:
    """Return the revisions of `phase` that this release knows, oldest first."""
    folder = resources.files(__package__).joinpath("migrations", phase)
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name[:4] for name in names if name.endswith(".py") and name[:4].isdigit()))


def version_table(phase: Phase) -> str:
    """Return the name of the table, in the schema `tiebeam`, that holds the revision of `phase`."""
    return f"schema_{phase}"


async def schema_state(url: str) -> SchemaState:
    """Return where the schema of the database at `url` stands, as the login of `url`."""
    try:
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    except psycopg.Error as error:
        raise connection_error(error, url) from None
    async with connection:
        return await read_state(connection)


async def read_state(connection: psycopg.AsyncConnection[Any]) -> SchemaState:
    """Return where the schema of the connected database stands."""
    pre, post = [PhaseState(phase, await _current(connection, phase), revisions(phase)) for phase in PHASES]
    return SchemaState(pre, post)


async def _current(connection: psycopg.AsyncConnection[Any], phase: Phase) -> str | None:
    sql = f"select version_num from tiebeam.{version_table(phase)}"  # noqa: S608 - one of two fixed names
    try:
        row = await (await connection.execute(sql.encode())).fetchone()
    except _UNSEEN:
        return None
    return str(row[0]) if row else None


def too_new(state: PhaseState) -> SchemaTooNewError:
    """Return the error of a database that a newer release has migrated."""
    return SchemaTooNewError(
        f"The database is at schema {state.current}; the newest this release knows is {state.needed}.",
        action="Install the newer release of Tiebeam that migrated it, or restore a backup from before.",
    )


async def require_current(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raise `SchemaTooNewError` or `SchemaTooOldError` unless this release can run on the database."""
    state = await read_state(connection)
    for phase in (state.pre, state.post):
        if phase.too_new:
            raise too_new(phase)
    if state.too_old:
        found = state.pre.current or "none"
        raise SchemaTooOldError(
            f"The database is at schema {found}; this release needs {state.pre.needed}.",
            action="Run the migrations as the database's owner: tiebeam init.",
        )
