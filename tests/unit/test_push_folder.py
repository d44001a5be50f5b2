from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.conformance.test_push_target import PHOTO, attachment, delivered, steps_of, ticket

from tiebeam.kernel.clock import ManualClock
from tiebeam.push.deliveries.folder import FolderTarget
from tiebeam.push.errors import BusyError, RejectedError

if TYPE_CHECKING:
    from pathlib import Path

CLOCK = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.req("P22")
async def test_a_document_and_its_files_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    await delivered(FolderTarget(tmp_path, CLOCK), ticket())
    folder = tmp_path / str(UUID(int=1)) / "tm_ticket" / str(UUID(int=7))
    assert sorted(one.name for one in folder.iterdir()) == ["document.json", f"file-{UUID(int=21)}.jpg"]
    assert (folder / f"file-{UUID(int=21)}.jpg").read_bytes() == PHOTO
    kept = json.loads((folder / "document.json").read_text("utf-8"))
    assert kept["number"] == "TM-7"
    assert kept["body"] == ticket().body


async def test_what_was_chosen_later_lies_beside_the_document_which_stays(tmp_path: Path) -> None:
    target, there = FolderTarget(tmp_path, CLOCK), await delivered(FolderTarget(tmp_path, CLOCK), ticket())
    chosen = replace(ticket(), later={"change_event": "7"}, made=frozenset(there))
    assert list(await delivered(target, chosen)) == ["later"]
    folder = tmp_path / str(UUID(int=1)) / "tm_ticket" / str(UUID(int=7))
    assert json.loads((folder / "later.json").read_text("utf-8"))["later"] == {"change_event": "7"}
    assert json.loads((folder / "document.json").read_text("utf-8"))["body"] == ticket().body


async def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    target = FolderTarget(tmp_path, CLOCK)
    assert await delivered(target, ticket()) == await delivered(target, ticket())


async def test_what_somebody_else_put_there_stays(tmp_path: Path) -> None:
    target, paper = FolderTarget(tmp_path, CLOCK), ticket()
    await delivered(target, paper)
    document = tmp_path / str(UUID(int=1)) / "tm_ticket" / str(UUID(int=7)) / "document.json"
    document.write_text("mine")
    step = (await steps_of(target, paper))[-1]
    with pytest.raises(RejectedError, match="nobody here wrote it"):
        await target.send(step, {}, paper)
    assert document.read_text() == "mine"


async def test_bytes_that_have_changed_since_are_not_sent(tmp_path: Path) -> None:
    other = attachment(21, b"another photo")
    paper = ticket(attachments=(replace(attachment(21), open=other.open),))
    target = FolderTarget(tmp_path, CLOCK)
    with pytest.raises(RejectedError, match="bytes have changed"):
        await delivered(target, paper)
    assert not (tmp_path / str(UUID(int=1))).exists()


async def test_a_folder_that_cannot_be_used_is_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "root"
    in_the_way.write_text("a file")
    with pytest.raises(BusyError, match="cannot be used"):
        await delivered(FolderTarget(in_the_way, CLOCK), ticket())
