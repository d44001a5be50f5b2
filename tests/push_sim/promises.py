"""What must be true of papers on their way, whatever happens in between."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.push_sim.vendor import steps_of
from tests.push_sim.world import TablePapers

from tiebeam.kernel.canonical import canonical
from tiebeam.push.plan import filled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tests.push_sim.vendor import Thing
    from tests.push_sim.world import PushWorld

    from tiebeam.push.model import Paper

_LEDGER = """
select i.id, i.document_id, i.state, i.done_at, s.name, s.state, s.best_effort, r.vendor_id, r.payload_sha256
from tiebeam.push_intent i
left join tiebeam.push_step s on s.intent_id = i.id
left join tiebeam.push_receipt r on r.intent_id = s.intent_id and r.name = s.name
where i.tenant_id = %(tenant_id)s
"""
_DOCUMENTS = (
    "select id, version, body, sealed_at, seals from tiebeam.sim_document where tenant_id = %(tenant_id)s"
)


class PromiseBrokenError(AssertionError):
    """A promise does not hold."""


def _hold(holds: object, what: str) -> None:
    if not holds:
        raise PromiseBrokenError(what)


async def check_never_twice(world: PushWorld) -> None:
    """Whatever is going on: nothing is there twice, and a receipt is of the thing that was asked for."""
    keys = Counter(thing.key for thing in world.vendor.things)
    doubled = [key for key, count in keys.items() if count > 1]
    _hold(not doubled, f"made twice: {doubled}")
    things = {thing.id: thing for thing in world.vendor.things}
    for tenant_id in world.tenants:
        for _, document_id, _, done_at, name, state, photo, vendor_id, sha256 in await _rows(
            world, tenant_id, _LEDGER
        ):
            _hold(
                not done_at or photo or state == "done", f"half-made and sealed: {document_id} has no {name}"
            )
            if vendor_id is None:
                continue
            key = f"tiebeam:{tenant_id}:{document_id}:{name}"
            thing = things.get(vendor_id)
            _hold(thing and thing.key == key, f"a receipt of {key} points at {thing}")
            assert thing is not None
            _hold(_sha256(thing) == sha256, f"the receipt of {key} is of something else than was sent")


async def check_all_there(world: PushWorld) -> None:
    """When faults have stopped: every document is there, whole, once, as it is now, and sealed once."""
    things = {thing.key: thing for thing in world.vendor.things}
    known = set[str]()
    for tenant_id in world.tenants:
        ledger = await _rows(world, tenant_id, _LEDGER)
        for _, document_id, state, done_at, name, step_state, *_ in ledger:
            _hold(state == "done" and done_at, f"{document_id} is {state}, its {name} is {step_state}")
            _hold(step_state == "done", f"{name} of {document_id} is {step_state}")
            known.add(f"tiebeam:{tenant_id}:{document_id}:{name}")
        for document_id, version, body, sealed_at, seals in await _rows(world, tenant_id, _DOCUMENTS):
            _hold(sealed_at and seals == 1, f"{document_id} was sealed {seals} times")
            paper = TablePapers(tenant_id).paper(document_id, version, body)
            receipts = {row[4]: _Id(row[7]) for row in ledger if row[1] == document_id}
            _check_paper(paper, receipts, things, is_edited=(tenant_id, document_id) in world.accepted)
    _hold(known == set(things), f"nobody knows of {set(things) - known}")


def _check_paper(paper: Paper, receipts: Any, things: Mapping[str, Thing], *, is_edited: bool) -> None:
    for step in steps_of(paper).steps:
        thing = things.get(f"{paper.origin}:{step.name}")
        _hold(thing, f"{step.name} of {paper.id} is missing")
        assert thing is not None
        as_it_is = thing.payload == filled(step.payload, receipts)
        _hold(is_edited or as_it_is, f"{step.name} of {paper.id} is not as it was edited")


class _Id:
    def __init__(self, vendor_id: str) -> None:
        self.vendor_id = vendor_id


def _sha256(thing: Thing) -> bytes:
    return hashlib.sha256(canonical(thing.payload)).digest()


async def _rows(world: PushWorld, tenant_id: UUID, sql: str) -> list[tuple[Any, ...]]:
    async with world.process.store.transaction(tenant_id) as tx:
        return await tx.rows(sql, {"tenant_id": tenant_id})
