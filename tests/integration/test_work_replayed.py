"""The changes tell everything: played again from nothing, they come to what jobs and items are now."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.factories.work import ANN, BOB, work_on

from tiebeam.jobs.boards.model import ColumnKind, Label, NewColumn
from tiebeam.jobs.boards.rules import whole as whole_item
from tiebeam.jobs.model import JobStatus, Subject, What
from tiebeam.jobs.rules import whole as whole_job
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.model import Board
    from tiebeam.jobs.boards.repository import Boards
    from tiebeam.jobs.model import Change
    from tiebeam.jobs.repository import Jobs
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L3")

COLUMNS = [
    NewColumn("Stage", ColumnKind.STATUS, (Label("Plan"), Label("Done"))),
    NewColumn("Cost", ColumnKind.NUMBER),
    NewColumn("Job", ColumnKind.LINK),
]
CELLS: dict[str, list[Any]] = {
    "stage": ["Plan", "done", "Gone", None],
    "cost": [1, 1.0, "2.5", None, "x"],
    "job": [UUID(int=1), UUID(int=2), None],
}
FIELDS: dict[str, list[Any]] = {
    "title": ["Roof", " Roof ", "Barn", ""],
    "status": [*JobStatus, "gone"],
    "address": ["", "1 Elm St"],
    "starts_on": [None, "2026-11-21", "soon"],
}
STEPS = 250


def some_of(choices: dict[str, list[Any]], rng: random.Random) -> dict[str, Any]:
    names = rng.sample(sorted(choices), rng.randint(0, len(choices)))
    return {name: rng.choice(choices[name]) for name in names}


async def step(
    jobs: Jobs, boards: Boards, board: Board, made: dict[str, list[UUID]], rng: random.Random
) -> None:
    """Do something or other, some of which cannot be done."""
    actor = rng.choice([ANN, BOB])
    act = rng.choice(["make", "change", "change", "change", "delete", "restore", "move"])
    job, item = rng.choice(made["jobs"]), rng.choice(made["items"])
    group_id = rng.choice(board.groups).id
    if act == "make" and rng.random() < 0.5:
        made["jobs"].append((await jobs.create(**{"title": "New"} | some_of(FIELDS, rng), actor=actor)).id)
    elif act == "make":
        values = some_of(CELLS, rng)
        new = await boards.create_item(board.id, "New", group_id=group_id, values=values, actor=actor)
        made["items"].append(new.id)
    elif act == "move":
        before = rng.choice([None, rng.choice(made["items"])])
        await boards.move_item(item, group_id=group_id, before=before, actor=actor)
    elif act == "change" and rng.random() < 0.5:
        await jobs.change(job, some_of(FIELDS, rng), version=rng.choice([None, None, 2]), actor=actor)
    elif act == "change":
        name = rng.choice([None, "Roof", "Barn"])
        await boards.change_item(item, name=name, values=some_of(CELLS, rng), actor=actor)
    else:
        await getattr(jobs, act)(job, actor=actor)
        await getattr(boards, f"{act}_item")(item, actor=actor)


def played(changes: Iterable[Change]) -> dict[UUID, tuple[int, bool, dict[str, Any]]]:
    """Return the version of each subject, whether it is deleted, and what it holds."""
    now: dict[UUID, tuple[int, bool, dict[str, Any]]] = {}
    for one in changes:
        version, deleted, holds = now.get(one.subject_id, (0, True, {}))
        assert one.version in {version, version + 1}
        if one.what is What.CHANGED:
            assert not deleted
            assert holds.get(str(one.field)) == one.before != one.after
            holds = holds | {str(one.field): one.after}
        elif one.what is What.DELETED:
            assert {name: value for name, value in holds.items() if value is not None} == _held(one.before)
            deleted = True
        else:
            assert deleted
            holds, deleted = one.after, False
        now[one.subject_id] = (one.version, deleted, holds)
    return now


def _held(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_played_again_the_changes_come_to_what_is_there(
    store: Store, tenant: Tenant, seed: int
) -> None:
    rng = random.Random(seed)
    jobs, boards, changes = work_on(store, tenant.id)
    board = await boards.create("Bids", COLUMNS, ["Open", "Lost"], actor=ANN)
    made = {
        "jobs": [(await jobs.create(title="First", actor=ANN)).id],
        "items": [(await boards.create_item(board.id, "First", actor=ANN)).id],
    }
    refused = 0
    for _ in range(STEPS):
        try:
            await step(jobs, boards, board, made, rng)
        except BadInputError:
            refused += 1
    assert STEPS / 20 < refused < STEPS / 2
    told = await changes.since(0, limit=1000)
    assert STEPS / 2 < len(told) < 1000
    now = played(told)
    for job in (await jobs.some(made["jobs"])).values():
        expected = (job.version, job.deleted_at is not None, _held(whole_job(job)))
        assert (*now[job.id][:2], _held(now[job.id][2])) == expected
    for item in (await boards.some_items(made["items"])).values():
        expected = (item.version, item.deleted_at is not None, _held(whole_item(item)))
        assert (*now[item.id][:2], _held(now[item.id][2])) == expected
    assert {one.subject_id for one in told if one.subject is Subject.JOB} == set(made["jobs"])
    assert [one.id for write in await changes.waiting(1000) for one in write] == [one.id for one in told]
    for number in (1, 2):
        linked = {one.id for one in await boards.items_linked(UUID(int=number))}
        items = await boards.items(board.id, limit=1000)
        assert linked == {one.id for one in items if one.values.get("job") == str(UUID(int=number))}
