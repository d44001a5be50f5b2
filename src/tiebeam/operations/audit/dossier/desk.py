"""Making dossiers: what is asked for is gathered, written, signed, and noted in the trail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.dossier.model import Dossier, Form, Made
from tiebeam.operations.audit.dossier.pages import as_pdf
from tiebeam.operations.audit.dossier.plan import (
    MANIFEST,
    as_json,
    asked,
    entries_csv,
    exhibits_csv,
    manifest,
    packed,
)
from tiebeam.operations.audit.model import Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.operations.audit.anchors.model import Proven
    from tiebeam.operations.audit.anchors.repository import Evidence
    from tiebeam.operations.audit.dossier.model import Asked, Exhibit, Witness
    from tiebeam.operations.audit.model import Actor, Entry
    from tiebeam.operations.audit.signing import SigningKey

_TOLD_MAX = 5
EVERY_FORM = frozenset(Form)


class Dossiers:
    """The dossiers of one company."""

    def __init__(
        self,
        evidence: Evidence,
        clock: Clock,
        tenant_id: UUID,
        company: str,
        *,
        witnesses: Sequence[Witness] = (),
    ) -> None:
        """`witnesses` know more of items than their entries say."""
        self._evidence = evidence
        self._clock = clock
        self._tenant_id = tenant_id
        self._company = company
        self._witnesses = witnesses

    async def make(self, wish: Asked, by: Actor, *, forms: Collection[Form] = EVERY_FORM) -> Made:
        """Return a signed dossier; the trail notes it. One of a trail that does not hold says so.

        Raises BadInputError when there are no forms, nothing that fits, or more than fits into one.
        """
        if not forms:
            raise BadInputError("As what shall the dossier be written?", action="Choose pdf, csv or json.")
        most = min(form.entries_max for form in forms)
        entries = await self._entries(wish, most)
        exhibits = await self._exhibits(wish, entries)
        _require_room("exhibits", len(exhibits), most)
        if not entries and not exhibits:
            raise BadInputError(
                "Nothing was noted that fits.",
                action="Look at the trail itself for how items are named, such as document:ID.",
            )
        key = await self._evidence.key(self._tenant_id)
        anchors = await self._evidence.anchors(self._tenant_id)
        dossier = Dossier(
            tenant_id=self._tenant_id,
            company=self._company,
            made_at=self._clock.now(),
            made_by=by.name,
            asked=wish,
            proven=await self.prove(),
            anchor=anchors[-1] if anchors else None,
            public_key=key.public,
            entries=tuple(entries),
            exhibits=tuple(exhibits),
        )
        # Pages are set for seconds when there are many: whoever else is served does not wait for them.
        data = await asyncio.to_thread(_written, dossier, forms, key)
        made = Made(_name(dossier), data, sha256(data).digest(), len(entries), len(exhibits))
        await self._note(made, dossier, forms, by)
        return made

    async def prove(self, *, originals: bool = False) -> Proven:
        """Look at the trail, its anchors, and whether what else is kept is as the trail noted it."""
        found = await self._evidence.prove(self._tenant_id)
        if found.fault is not None:
            return found
        for witness in self._witnesses:
            faults = await witness.faults(self._tenant_id, originals=originals)
            if faults:
                return replace(found, fault=_in_words(faults))
        return found

    async def _entries(self, wish: Asked, most: int) -> list[Entry]:
        subjects = None if wish.project is None else await self._subjects(wish.project)
        wanted = Wanted(subject=wish.item, since=wish.since, until=wish.until, subjects=subjects)
        found: list[Entry] = []
        before: int | None = None
        while some := await self._evidence.trail.entries(self._tenant_id, wanted, limit=1_000, before=before):
            found += some
            before = some[-1].number
            _require_room("entries", len(found), most)
        return found[::-1]

    async def _subjects(self, project: str) -> tuple[str, ...]:
        found = [f"project:{project}"]
        for witness in self._witnesses:
            found += await witness.subjects(self._tenant_id, project)
        return tuple(dict.fromkeys(found))

    async def _exhibits(self, wish: Asked, entries: Iterable[Entry]) -> list[Exhibit]:
        named = [wish.item] if wish.item else [one.subject for one in entries]
        subjects = list(dict.fromkeys(named))
        found = [one for each in self._witnesses for one in await each.exhibits(self._tenant_id, subjects)]
        return sorted(found, key=lambda one: (one.subject, one.at, one.kind, one.title))

    async def _note(self, made: Made, dossier: Dossier, forms: Iterable[Form], by: Actor) -> None:
        detail = {
            "asked": {name: value for name, value in asked(dossier.asked).items() if value},
            "forms": sorted(forms),
            "entries": made.entries,
            "exhibits": made.exhibits,
            "sha256": made.sha256.hex(),
        }
        await self._evidence.trail.note(self._tenant_id, by, "audit.exported", "audit:trail", detail)


def _require_room(what: str, count: int, most: int) -> None:
    if count > most:
        raise BadInputError(
            f"More than {most:,} {what} do not fit into one dossier of these forms.",
            action="Ask for a shorter time, or for csv and json without the pdf.",
        )


def _in_words(faults: Sequence[str]) -> str:
    told = "; ".join(faults[:_TOLD_MAX])
    return f"{told}; and {len(faults) - _TOLD_MAX} more" if len(faults) > _TOLD_MAX else told


def _written(dossier: Dossier, forms: Collection[Form], key: SigningKey) -> bytes:
    files: dict[str, bytes] = {}
    if Form.PDF in forms:
        files["dossier.pdf"] = as_pdf(dossier)
    if Form.JSON in forms:
        files["dossier.json"] = as_json(dossier)
    if Form.CSV in forms:
        files["entries.csv"] = entries_csv(dossier)
        files["exhibits.csv"] = exhibits_csv(dossier)
    return packed({**files, MANIFEST: manifest(dossier, files, key)})


def _name(dossier: Dossier) -> str:
    return f"dossier-{dossier.made_at:%Y-%m-%dT%H%M%S}.zip"
