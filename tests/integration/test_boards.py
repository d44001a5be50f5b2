"""Boards and their items: laid out, paged, changed one by one and by the thousand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.factories.work import ANN, BOB, disable, person_on, work_on

from tiebeam.identity.repository import Tenants
from tiebeam.jobs.boards.model import ColumnKind, ItemEdit, Label, Lane, NewColumn, NewItem, Purpose
from tiebeam.jobs.boards.repository import Q
from tiebeam.jobs.errors import (
    ChangedMeanwhileError,
    DeletedWorkError,
    InUseError,
    NoSuchBoardError,
    NoSuchItemError,
    UnknownWorkError,
)
from tiebeam.jobs.model import JobStatus, Subject, What
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.repository import Trail

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.jobs.boards.model import Board
    from tiebeam.jobs.boards.repository import Boards
    from tiebeam.jobs.changes.repository import Changes
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("L7")

STATUS = NewColumn("Stage", ColumnKind.STATUS, (Label("Plan"), Label("Done", "green", done=True)))
WHO = NewColumn("Who", ColumnKind.PEOPLE)
JOB = NewColumn("Job", ColumnKind.LINK)
COST = NewColumn("Cost", ColumnKind.NUMBER)
_LAST = UUID(int=2**128 - 1)


@pytest.fixture
def boards(store: Store, tenant: Tenant) -> Boards:
    return work_on(store, tenant.id)[1]


@pytest.fixture
def changes(store: Store, tenant: Tenant) -> Changes:
    return work_on(store, tenant.id)[2]


@pytest.fixture
async def board(boards: Boards) -> Board:
    return await boards.create("Bids", [STATUS, WHO, JOB, COST], ["Open", "Lost"], actor=ANN)


async def test_the_board_of_jobs_is_there_when_it_is_first_asked_for(boards: Boards) -> None:
    asked = await asyncio.gather(*(boards.active_jobs() for _ in range(6)))
    (active,) = set(asked)
    assert await boards.all() == [active]
    assert (active.name, active.purpose) == ("Active Jobs", Purpose.ACTIVE_JOBS)
    assert [one.title for one in active.groups] == ["Active", "Closed"]
    kinds = {one.key: one.kind.value for one in active.columns}
    assert kinds == {
        "status": "status",
        "lead": "people",
        "job": "link",
        "address": "text",
        "created": "date",
        "starts": "date",
        "ends": "date",
    }
    assert [one.text for one in active.columns[0].labels] == [one.in_words for one in JobStatus]
    assert [one.text for one in active.columns[0].labels if one.done] == ["Done", "Cancelled"]
    with pytest.raises(InUseError, match="cannot be deleted"):
        await boards.layout.delete(active.id, actor=ANN)
    with pytest.raises(InUseError, match="kept in step"):
        await boards.layout.remove_column(active.id, "job", actor=ANN)


async def test_items_are_made_changed_and_told_of(
    boards: Boards, board: Board, changes: Changes, store: Store, tenant: Tenant
) -> None:
    ann = await person_on(store, tenant.id, "Ann")
    made = await boards.create_item(
        board.id, " Barn  roof ", values={"stage": "plan", "who": [ann], "cost": 12.0}, actor=ANN
    )
    assert made.values == {"stage": "Plan", "who": [str(ann)], "cost": 12}
    assert (made.name, made.group_id, made.version) == ("Barn roof", board.groups[0].id, 1)
    assert await boards.item(made.id) == made
    lost = board.groups[1].id
    wanted: dict[str, Any] = {"stage": "Done", "cost": None, "who": [str(ann)]}
    after = await boards.change_item(made.id, name="Barn", group_id=lost, values=wanted, actor=BOB)
    assert await boards.item(made.id) == after
    assert (after.version, after.values) == (2, {"stage": "Done", "who": [str(ann)]})
    first, second = await changes.waiting()
    assert [(one.what, one.field, one.board_id) for one in first] == [(What.CREATED, None, board.id)]
    assert first[0].after == {
        "name": "Barn roof",
        "group": str(board.groups[0].id),
        "position": 1,
        "stage": "Plan",
        "who": [str(ann)],
        "cost": 12,
    }
    assert [(one.field, one.before, one.after) for one in second] == [
        ("name", "Barn roof", "Barn"),
        ("group", str(board.groups[0].id), str(lost)),
        ("cost", 12, None),
        ("stage", "Plan", "Done"),
    ]
    assert {(one.version, one.actor) for one in second} == {(2, BOB)}


async def test_where_all_is_so_already_nothing_is_written(
    boards: Boards, board: Board, changes: Changes
) -> None:
    made = await boards.create_item(board.id, "Barn", values={"stage": "Plan", "cost": 3}, actor=ANN)
    before = await changes.newest()
    same: dict[str, Any] = {"stage": "plan", "cost": "3.0", "who": [], "job": None}
    kept = await boards.change_item(
        made.id, name="Barn ", group_id=made.group_id, position=1, values=same, actor=BOB
    )
    assert kept == made == await boards.item(made.id)
    assert await boards.restore_item(made.id, actor=BOB) == made
    assert await boards.create_item(board.id, "Shed", id_=made.id, actor=BOB) == made
    assert await changes.newest() == before


async def test_what_was_changed_meanwhile_is_told_and_kept(boards: Boards, board: Board) -> None:
    made = await boards.create_item(board.id, "Barn", actor=ANN)
    now = await boards.change_item(made.id, name="Barn A", version=1, actor=ANN)
    with pytest.raises(ChangedMeanwhileError, match="Barn A") as told:
        await boards.change_item(made.id, name="Barn B", version=1, actor=BOB)
    assert told.value.current == now
    with pytest.raises(ChangedMeanwhileError):
        await boards.delete_item(made.id, version=1, actor=BOB)
    assert await boards.item(made.id) == now


async def test_one_bad_edit_of_many_keeps_all_as_they_were(
    boards: Boards, board: Board, changes: Changes
) -> None:
    one, two = await boards.put_items(board.id, [NewItem("One"), NewItem("Two")], actor=ANN)
    before = await changes.newest()
    with pytest.raises(BadInputError, match=r"Stage: “Gone” is none of its labels\. Choose “Plan”, “Done”"):
        await boards.set_items(
            [ItemEdit(one.id, values={"stage": "Done"}), ItemEdit(two.id, values={"stage": "Gone"})],
            actor=BOB,
        )
    with pytest.raises(BadInputError, match=r"has no column “weight”\. It has “stage”, “who”, “job”, “cost”"):
        await boards.change_item(one.id, values={"weight": 3}, actor=BOB)
    assert await boards.items(board.id) == [one, two]
    assert await changes.newest() == before


async def test_a_deleted_item_is_kept_and_can_be_restored(boards: Boards, board: Board) -> None:
    lost = board.groups[1].id
    made = await boards.create_item(board.id, "Barn", group_id=lost, values={"cost": 1}, actor=ANN)
    gone = await boards.delete_item(made.id, actor=BOB)
    assert gone.deleted_at is not None
    assert await boards.delete_item(made.id, actor=BOB) == gone
    assert await boards.items(board.id) == []
    with pytest.raises(DeletedWorkError, match="Restore it"):
        await boards.change_item(made.id, name="x", actor=BOB)
    await boards.layout.remove_group(board.id, lost, actor=ANN)
    back = await boards.restore_item(made.id, actor=ANN)
    assert (back.group_id, back.version, back.values) == (board.groups[0].id, 3, {"cost": 1})
    assert await boards.items(board.id) == [back]


async def test_who_left_stays_in_a_cell_and_is_not_chosen_again(
    boards: Boards, board: Board, store: Store, tenant: Tenant
) -> None:
    ann, bob = [str(await person_on(store, tenant.id, name)) for name in ("Ann", "Bob")]
    made = await boards.create_item(board.id, "Barn", values={"who": [ann]}, actor=ANN)
    await disable(store, tenant.id, UUID(ann))
    both = await boards.change_item(made.id, values={"who": [ann, bob, bob]}, actor=BOB)
    assert both.values["who"] == [ann, bob]
    await boards.change_item(made.id, values={"who": [bob]}, actor=BOB)
    with pytest.raises(BadInputError, match="Who: this person has left"):
        await boards.change_item(made.id, values={"who": [bob, ann]}, actor=BOB)
    with pytest.raises(BadInputError, match="Who: this company has no such person"):
        await boards.change_item(made.id, values={"who": [str(uuid4())]}, actor=BOB)


async def test_items_are_found_by_the_job_that_they_name(boards: Boards, board: Board) -> None:
    job, other = uuid4(), uuid4()
    active = await boards.active_jobs()
    mine = await boards.create_item(board.id, "Barn", values={"job": str(job)}, actor=ANN)
    theirs = await boards.create_item(active.id, "Barn", values={"job": job}, actor=ANN)
    await boards.create_item(board.id, "Site", values={"job": "https://alder.example/barn"}, actor=ANN)
    assert await boards.items_linked(job) == [theirs, mine]
    moved = await boards.change_item(mine.id, values={"job": other}, actor=ANN)
    assert await boards.items_linked_to([job, other]) == {job: [theirs], other: [moved]}
    await boards.change_item(mine.id, values={"job": None}, actor=ANN)
    await boards.delete_item(theirs.id, actor=ANN)
    assert await boards.items_linked_to([job, other]) == {}
    await boards.restore_item(theirs.id, actor=ANN)
    assert [one.id for one in await boards.items_linked(job)] == [theirs.id]


async def test_pages_go_through_the_groups_in_their_order(boards: Boards, board: Board) -> None:
    open_, lost = [one.id for one in board.groups]
    many = [
        NewItem(f"Item {n}", {"stage": "Done"} if n % 3 else {}, group_id=lost if n % 2 else open_)
        for n in range(20)
    ]
    await boards.put_items(board.id, many, actor=ANN)
    first = await boards.create_item(board.id, "First", group_id=open_, position=-1.5, actor=ANN)
    expected = [first.name, *(f"Item {n}" for n in range(0, 20, 2)), *(f"Item {n}" for n in range(1, 20, 2))]
    for limit in (1, 3, 7, 21, 50):
        found, page = [], await boards.items(board.id, limit=limit)
        while page:
            found += page
            page = await boards.items(board.id, limit=limit, after=found[-1].place)
        assert [one.name for one in found] == expected
    assert [one.name for one in await boards.items(board.id, group_id=lost, limit=2)] == ["Item 1", "Item 3"]
    assert [one.name for one in await boards.items(board.id, search="m 1", limit=3)] == [
        "Item 10",
        "Item 12",
        "Item 14",
    ]
    done = await boards.items(board.id, lane=("stage", "Done"), limit=50)
    assert (len(done), {one.values["stage"] for one in done}) == (13, {"Done"})
    assert len(await boards.items(board.id, lane=("stage", None), limit=50)) == 8
    assert await boards.lanes(board.id, "stage") == [Lane("Plan", 0), Lane("Done", 13), Lane(None, 8)]
    await boards.layout.change_group(board.id, lost, position=0, actor=ANN)
    assert (await boards.items(board.id, limit=1))[0].name == "Item 1"
    with pytest.raises(BadInputError, match="no status column"):
        await boards.lanes(board.id, "who")
    with pytest.raises(UnknownWorkError, match="no such group"):
        await boards.items(board.id, after=first.place._replace(group_id=uuid4()))


async def test_a_board_is_laid_out_anew(boards: Boards, board: Board, store: Store, tenant: Tenant) -> None:
    layout = boards.layout
    await boards.create_item(board.id, "Barn", values={"stage": "Plan", "cost": 5}, actor=ANN)
    with pytest.raises(InUseError, match="There are 1 items that are “Plan”"):
        await layout.change_column(board.id, "stage", labels=[Label("Done")], actor=ANN)
    three = (Label("Plan", "blue"), Label("Bid", "amber"))
    after = await layout.change_column(board.id, "stage", title="State", labels=three, position=3, actor=ANN)
    assert [one.key for one in after.columns] == ["who", "job", "cost", "stage"]
    assert (after.columns[3].labels, after.columns[3].title, after.version) == (three, "State", 2)
    assert await layout.change_column(board.id, "stage", title="State", actor=ANN) == after
    without = await layout.remove_column(board.id, "cost", actor=ANN)
    (item,) = await boards.items(board.id)
    assert item.values == {"stage": "Plan"}
    again = await layout.add_column(board.id, NewColumn("Cost", ColumnKind.TEXT), actor=ANN)
    assert [one.key for one in again.columns] == ["who", "job", "stage", "cost_2"]
    await boards.change_item(item.id, values={"cost_2": "much"}, actor=ANN)
    async with store.transaction(tenant.id) as tx:
        kept = await tx.value("select column_values from tiebeam.work_item")
    assert kept == {"stage": "Plan", "cost": 5, "cost_2": "much"}
    assert without.version == 3
    with pytest.raises(InUseError, match="1 items in “Open”"):
        await layout.remove_group(board.id, board.groups[0].id, actor=ANN)
    await layout.add_group(board.id, "Won", actor=ANN)
    await layout.rename(board.id, "Offers", actor=BOB)
    now = await boards.get(board.id)
    assert (now.name, [one.title for one in now.groups]) == ("Offers", ["Open", "Lost", "Won"])
    acts = [one.act for one in await Trail(store, store.clock).entries(tenant.id)]
    assert acts[:2] == ["board.renamed", "board.group_added"]
    assert "board.made" in acts


async def test_what_is_on_a_deleted_board_is_out_of_reach_until_it_is_back(
    boards: Boards, board: Board
) -> None:
    job = uuid4()
    item = await boards.create_item(board.id, "Barn", values={"job": job}, actor=ANN)
    await boards.layout.delete(board.id, actor=ANN)
    assert await boards.all() == []
    assert await boards.items_linked(job) == []
    with pytest.raises(NoSuchBoardError):
        await boards.change_item(item.id, name="x", actor=BOB)
    with pytest.raises(NoSuchBoardError):
        await boards.create_item(board.id, "x", actor=BOB)
    await boards.layout.restore(board.id, actor=ANN)
    assert await boards.items(board.id) == [item]


async def test_ten_thousand_items_take_as_many_statements_as_two(
    store: Store, tenant: Tenant, database_url: str
) -> None:
    told: list[str] = []

    async def note(name: str) -> None:
        told.append(name)

    async with await type(store).open(database_url, clock=store.clock, after_statement=note) as watched:
        _, boards, changes = work_on(watched, tenant.id)
        board = await boards.active_jobs()
        counts, made = [], []
        for size in (2, 10_000):
            told.clear()
            new = [NewItem(f"Item {n}", {"status": "New", "job": str(uuid4())}) for n in range(size)]
            made = await boards.put_items(board.id, new, actor=ANN)
            counts.append(len(told))
            told.clear()
            edits = [ItemEdit(one.id, values={"status": "Done"}) for one in made]
            await boards.set_items(edits, actor=ANN)
            counts.append(len(told))
        assert counts[:2] == counts[2:]
        assert max(counts) < 16
        assert await boards.lanes(board.id, "status") == [
            *(Lane(one.in_words, 10_002 if one is JobStatus.DONE else 0) for one in JobStatus),
            Lane(None, 0),
        ]
        assert len(await changes.of(Subject.ITEM, made[-1].id)) == 2
        answered = 0
        while some := await changes.waiting(1000):
            ids = [one.id for write in some for one in write]
            answered += len(await changes.answered(ids, store.clock.now()))
        assert answered == 2 * 10_002


async def test_a_page_of_fifty_thousand_items_reads_little_more_than_itself(
    store: Store, tenant: Tenant, boards: Boards, board: Board
) -> None:
    """What is read is counted, not timed: of a page deep in a large board as of the first."""
    open_, lost = board.groups
    row = {"tenant": tenant.id, "board": board.id, "open": open_.id, "lost": lost.id, "at": store.clock.now()}
    async with store.transaction(tenant.id) as tx:
        await tx.run(
            """
            insert into tiebeam.work_item (tenant_id, id, board_id, group_id, name, position, version,
                created_at, updated_at, column_values)
            select %(tenant)s::uuid, md5(n::text)::uuid, %(board)s::uuid,
                case when n <= 40000 then %(open)s::uuid else %(lost)s::uuid end, 'Item ' || n, n, 1,
                %(at)s::timestamptz, %(at)s::timestamptz, '{"stage": "Done"}'
            from generate_series(1, 50000) n
            """,
            row,
        )
    page = await boards.items(board.id, limit=100, group_id=lost.id)
    assert [one.position for one in page[:2]] == [40_001, 40_002]
    deep = page[0].place._replace(group_id=open_.id, position=39_950.0, item_id=_LAST)
    assert [one.position for one in await boards.items(board.id, limit=100, after=deep)] == [
        float(n) for n in range(39_951, 40_051)
    ]
    for after in (None, deep):
        assert await _blocks(store, tenant.id, board.id, after) < 80


async def _blocks(store: Store, tenant_id: UUID, board_id: UUID, after: Any) -> int:
    names = ("group_id", "key", "label", "like", "from_group", "from_position", "from_id")
    named: dict[str, Any] = dict.fromkeys(names) | {
        "tenant_id": tenant_id,
        "board_id": board_id,
        "limit": 100,
    }
    if after is not None:
        named |= {"from_group": after.group_id, "from_position": after.position, "from_id": after.item_id}
    async with store.transaction(tenant_id) as tx:
        (((plan,),),) = await tx.rows("explain (analyze, buffers, format json) " + Q["items"], named)
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


async def test_one_company_sees_nothing_of_another(boards: Boards, board: Board, store: Store) -> None:
    job = uuid4()
    item = await boards.create_item(board.id, "Barn", values={"job": job}, actor=ANN)
    other = await Tenants(store).create("birch", "Birch Ltd")
    theirs = work_on(store, other.id)[1]
    for refused in (theirs.item(item.id), theirs.change_item(item.id, name="x", actor=BOB)):
        with pytest.raises(NoSuchItemError):
            await refused
    for lost in (theirs.get(board.id), theirs.create_item(board.id, "x", actor=BOB), theirs.items(board.id)):
        with pytest.raises(NoSuchBoardError):
            await lost
    assert (await theirs.all(), await theirs.items_linked(job)) == ([], [])
    assert (await theirs.active_jobs()).id != (await boards.active_jobs()).id
    assert await boards.items(board.id) == [item]


async def names(boards: Boards, board: Board, group: int) -> str:
    return "".join(one.name for one in await boards.items(board.id, group_id=board.groups[group].id))


async def test_items_are_dragged_to_wherever_they_are_wanted(
    boards: Boards, board: Board, changes: Changes
) -> None:
    open_, lost = [one.id for one in board.groups]
    a, b, c = await boards.put_items(board.id, [NewItem(name) for name in "ABC"], actor=ANN)
    await boards.move_item(c.id, group_id=open_, before=a.id, actor=ANN)
    assert await names(boards, board, 0) == "CAB"
    for _ in range(60):
        await boards.move_item(b.id, group_id=open_, before=a.id, actor=ANN)
        await boards.move_item(a.id, group_id=open_, before=b.id, actor=ANN)
    assert await names(boards, board, 0) == "CAB"
    last = await changes.newest()
    assert await boards.move_item(a.id, group_id=open_, before=b.id, actor=ANN) == await boards.item(a.id)
    assert await changes.newest() == last
    moved = await boards.move_item(c.id, group_id=lost, values={"stage": "Done"}, actor=ANN)
    assert (moved.group_id, moved.values) == (lost, {"stage": "Done"})
    await boards.move_item(a.id, group_id=lost, before=c.id, actor=ANN)
    await boards.move_item(b.id, group_id=lost, actor=ANN)
    assert (await names(boards, board, 0), await names(boards, board, 1)) == ("", "ACB")
    await boards.delete_item(c.id, actor=ANN)
    with pytest.raises(UnknownWorkError, match="not in that group any more"):
        await boards.move_item(a.id, group_id=lost, before=c.id, actor=ANN)
    with pytest.raises(UnknownWorkError, match="no such group"):
        await boards.move_item(a.id, group_id=uuid4(), actor=ANN)
    with pytest.raises(ChangedMeanwhileError):
        await boards.move_item(a.id, group_id=lost, version=1, actor=ANN)


async def test_where_many_stand_at_one_place_the_next_ones_make_room(boards: Boards, board: Board) -> None:
    same = [NewItem(name, position=1.0, id=UUID(int=number)) for number, name in enumerate("ABCD")]
    await boards.put_items(board.id, same, actor=ANN)
    new = await boards.create_item(board.id, "X", actor=ANN)
    await boards.move_item(new.id, group_id=board.groups[0].id, before=UUID(int=2), actor=ANN)
    assert await names(boards, board, 0) == "ABXCD"


async def test_a_label_gets_another_text_on_every_item_that_has_it(
    boards: Boards, board: Board, changes: Changes
) -> None:
    many = [NewItem(name, {"stage": "Plan"}) for name in "ABC"] + [NewItem("D", {"stage": "Done"})]
    a, *_, c, d = await boards.put_items(board.id, many, actor=ANN)
    await boards.delete_item(c.id, actor=ANN)
    before = await changes.newest()
    after = await boards.rename_label(board.id, "stage", "Plan", " Planned ", actor=BOB)
    assert [one.text for one in after.columns[0].labels] == ["Planned", "Done"]
    assert await boards.lanes(board.id, "stage") == [Lane("Planned", 2), Lane("Done", 1), Lane(None, 0)]
    told = await changes.since(before)
    assert [(one.before, one.after, one.actor) for one in told] == [("Plan", "Planned", BOB)] * 2
    assert {one.cause for one in told} == {told[0].cause}
    assert await boards.item(d.id) == d
    await boards.restore_item(c.id, actor=ANN)
    assert await boards.lanes(board.id, "stage") == [Lane("Planned", 3), Lane("Done", 1), Lane(None, 0)]
    assert (await boards.item(c.id)).values == {"stage": "Planned"}
    for bad, told_of in (("Gone", "has no label “Gone”"), ("Planned", "the same text")):
        with pytest.raises(BadInputError, match=told_of):
            await boards.rename_label(board.id, "stage", bad, "done", actor=BOB)
    assert (await boards.item(a.id)).values == {"stage": "Planned"}


async def test_an_item_is_named_once(boards: Boards, board: Board) -> None:
    made = await boards.create_item(board.id, "A", actor=ANN)
    with pytest.raises(BadInputError, match="named twice"):
        await boards.set_items([ItemEdit(made.id, name="B"), ItemEdit(made.id, name="C")], actor=ANN)
