"""Jobs, boards and what is done to them, as the API shows them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from tiebeam.web.api.work_shapes import (
    BoardColumn,
    BoardGroup,
    BoardItem,
    BoardLabel,
    SyncResult,
    WorkBoard,
    WorkChange,
    WorkJob,
)

if TYPE_CHECKING:
    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Change, Job
    from tiebeam.link.pairs.model import Synced


def job_shown(job: Job) -> WorkJob:
    """Return a job as the API gives it."""
    return WorkJob(**asdict(job))


def board_shown(board: Board) -> WorkBoard:
    """Return a board with its columns and groups."""
    return WorkBoard(
        id=board.id,
        name=board.name,
        purpose=board.purpose,
        version=board.version,
        deleted_at=board.deleted_at,
        columns=[
            BoardColumn(
                id=one.id,
                key=one.key,
                title=one.title,
                kind=one.kind,
                labels=[BoardLabel(**asdict(label)) for label in one.labels],
            )
            for one in board.columns
        ],
        groups=[BoardGroup(id=one.id, title=one.title) for one in board.groups],
    )


def item_shown(item: Item) -> BoardItem:
    """Return an item with all its column values."""
    return BoardItem(
        id=item.id,
        board_id=item.board_id,
        group_id=item.group_id,
        name=item.name,
        position=item.position,
        version=item.version,
        created_at=item.created_at,
        updated_at=item.updated_at,
        deleted_at=item.deleted_at,
        column_values=dict(item.values),
    )


def change_shown(change: Change) -> WorkChange:
    """Return one thing that was done."""
    return WorkChange(
        id=change.id,
        at=change.at,
        what=change.what,
        field=change.field,
        before=change.before,
        after=change.after,
        version=change.version,
        by=change.actor.name,
        chain=change.cause.id,
        hops=change.cause.hops,
    )


def synced_shown(synced: Synced) -> SyncResult:
    """Return what a sync of a pair did."""
    return SyncResult(
        job_id=synced.job_id,
        item_id=synced.item_id,
        made=synced.made,
        to_job=sorted(synced.to_job),
        to_item=sorted(synced.to_item),
        conflicts=synced.conflicts,
        note=synced.note,
    )
