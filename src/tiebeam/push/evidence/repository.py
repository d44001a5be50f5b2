"""The witness of what was sent and answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.kernel.canonical import canonical
from tiebeam.operations.audit.dossier.model import Exhibit
from tiebeam.operations.audit.model import Actor, Wanted
from tiebeam.operations.audit.repository import Trail
from tiebeam.push.board.repository import Board
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiebeam.operations.audit.model import Entry
    from tiebeam.push.board.model import Attempt, Standing, StepStanding
    from tiebeam.store.pool import Store

Q = queries("tiebeam.push.evidence")

RECORDED: Final = "push.recorded"
"""The act under which the trail keeps the hash of what was sent within a time."""
_SETTLED_AFTER: Final = timedelta(hours=1)
"""No transaction takes so long: what was noted before is there by now, or never will be."""
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BATCH: Final = 1000


class PushWitness:
    """Knows what became of documents on their way to targets. `noun` is how the trail names documents."""

    def __init__(self, store: Store, tenant_id: UUID, noun: str) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._noun = noun
        self._trail = Trail(store, store.clock)
        self._board = Board(store, tenant_id)

    async def subjects(self, tenant_id: UUID, project: str) -> list[str]:
        """Return nothing: whoever captures knows what lies in a project."""
        del tenant_id, project
        return []

    async def exhibits(self, tenant_id: UUID, subjects: Sequence[str]) -> list[Exhibit]:
        """Return how documents stand with each target, and exactly what was sent and answered."""
        del tenant_id
        ids = [UUID(one.removeprefix(self._noun)) for one in subjects if one.startswith(self._noun)]
        found: list[Exhibit] = []
        for standing in await self._board.of_documents(ids):
            subject = f"{self._noun}{standing.document_id}"
            found.append(_stands(subject, standing, await self._board.steps(standing.intent_id)))
            attempts = await self._board.attempts(standing.intent_id)
            found += [_happened(subject, standing, one) for one in attempts]
        return found

    async def record(self, by: Actor) -> int:
        """Note in the trail the hash of what was sent and answered since the last time; return how much."""
        recorded = await self._recorded()
        since = _until(recorded[-1]) if recorded else _BEGINNING
        until = self._store.clock.now() - _SETTLED_AFTER
        if until <= since:
            return 0
        count, hash_ = await self._hashed(since, until)
        if count:
            detail = {"since": since, "until": until, "attempts": count, "sha256": hash_}
            await self._trail.note(self._tenant_id, by, RECORDED, "push:attempts", detail)
        return count

    async def faults(self, tenant_id: UUID, *, originals: bool = False) -> list[str]:
        """Return the times whose attempts are not what the trail recorded of them, in words."""
        del tenant_id, originals
        recorded, found = await self._recorded(), []
        for before, entry in pairwise([None, *recorded]):
            assert entry is not None
            since, until = _since(entry), _until(entry)
            kept = await self._hashed(since, until)
            # Nothing was sent between two records, or the later one would begin where the other ends.
            gap = (0, "") if before is None else await self._hashed(_until(before), since)
            told = (entry.detail["attempts"], entry.detail["sha256"])
            if kept != told or gap[0]:
                found.append(
                    f"what was sent from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} was changed"
                )
        return found

    async def _recorded(self) -> list[Entry]:
        found: list[Entry] = []
        before: int | None = None
        wanted = Wanted(act=RECORDED)
        while some := await self._trail.entries(self._tenant_id, wanted, limit=_BATCH, before=before):
            found += some
            before = some[-1].number
        return found[::-1]

    async def _hashed(self, since: datetime, until: datetime) -> tuple[int, str]:
        """Return how many attempts there were within a time, and the hash of all of them in hexadecimal."""
        digest, count, after = sha256(), 0, 0
        named = {"tenant_id": self._tenant_id, "since": since, "until": until, "limit": _BATCH}
        while True:
            async with self._store.transaction(self._tenant_id) as tx:
                rows = await tx.rows(Q["attempts_between"], named | {"after": after})
            for row in rows:
                digest.update(canonical([_plain(value) for value in row]) + b"\n")
            count += len(rows)
            if len(rows) < _BATCH:
                return count, digest.hexdigest()
            after = rows[-1][0]


def _since(entry: Entry) -> datetime:
    return datetime.fromisoformat(str(entry.detail["since"]))


def _until(entry: Entry) -> datetime:
    return datetime.fromisoformat(str(entry.detail["until"]))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def _stands(subject: str, standing: Standing, steps: Iterable[StepStanding]) -> Exhibit:
    told = {
        "target": standing.target,
        "state": standing.in_words,
        "wanted_by": standing.wanted_by,
        "wanted_at": standing.wanted_at.isoformat(),
        "trigger": standing.trigger,
        "done_at": standing.done_at.isoformat() if standing.done_at else None,
        "why_not": standing.cause,
        "correlation_id": standing.correlation_id,
        "receipts": [_receipt(one) for one in steps if one.vendor_id is not None],
    }
    title = f"{standing.number} to {standing.target}: {standing.in_words}"
    return Exhibit("delivery", subject, title, standing.wanted_at, told)


def _receipt(step: StepStanding) -> dict[str, Any]:
    return {
        "step": step.name,
        "their_id": step.vendor_id,
        "seen_at": step.seen_at.isoformat() if step.seen_at else None,
        "sha256_of_what_was_sent": step.payload_sha256.hex() if step.payload_sha256 else None,
    }


def _happened(subject: str, standing: Standing, attempt: Attempt) -> Exhibit:
    told = {
        "target": standing.target,
        "step": attempt.name,
        "attempt": attempt.attempt,
        "sent": attempt.sent,
        "answer": attempt.answer,
        "cause": attempt.cause,
        "code": attempt.code,
        "correlation_id": attempt.correlation_id,
    }
    known = {name: value for name, value in told.items() if value is not None}
    title = f"{standing.number} to {standing.target}, {attempt.name}: {attempt.event}"
    return Exhibit("attempt", subject, title, attempt.at, known)
