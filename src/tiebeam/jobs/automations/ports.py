"""What rules need of the parts of Tiebeam that stand above jobs and boards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from tiebeam.jobs.model import Cause


@dataclass(frozen=True, slots=True)
class Note:
    """What people are to be told. The same key is the same matter: it is told once while it stands."""

    key: str
    """What it is about, from wide to narrow: `rule:<id>/job:<id>`."""
    summary: str
    """What happened, in a sentence."""
    action: str
    """What to do next, in a sentence."""
    wrong: bool
    """Whether a rule runs wild; else a rule says what it was made to say."""


class Hands(Protocol):
    """What is done outside of jobs and boards.

    Each returns in a sentence what it did, empty when nothing was to be done; and is harmless to do twice, as
    it is done again when the process ends before it could be noted. Raises TiebeamError.
    """

    async def sync_to_board(self, job_ids: Collection[UUID], cause: Cause) -> Mapping[UUID, str]:
        """Bring the items of jobs in step with them, of deleted jobs too; said is what was done for each."""
        ...

    async def sync_to_job(self, item_ids: Collection[UUID], cause: Cause) -> Mapping[UUID, str]:
        """Bring the jobs of items in step with them, of deleted items too; one that names no job has none."""
        ...

    async def push_document(self, document: str, target: str, cause: Cause) -> str:
        """Send a document (its number or its id) to a target such as `procore`."""
        ...

    async def refresh_record(self, stream: str, record: str, cause: Cause) -> str:
        """Read a record of a stream such as `procore.rfis` anew."""
        ...

    async def notify(self, note: Note) -> str:
        """Tell people."""
        ...
