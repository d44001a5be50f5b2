"""A target that is a folder: each document a folder of its own in it, of JSON and the files as they are.

It serves who takes documents on by other means, and shows what any target needs to be: nothing but this.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from tiebeam.push.errors import BusyError, RejectedError
from tiebeam.push.model import PlannedStep, Receipt, Steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tiebeam.kernel.clock import Clock
    from tiebeam.push.model import Attachment, Paper, Plan

_SETTLED: Final = timedelta(seconds=30)


class FolderTarget:
    """Writes into `root/<tenant>/<kind>/<document id>/`. A file is there whole or not at all."""

    name = "folder"
    settle_seconds = _SETTLED.total_seconds()

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._clock = clock

    async def plan(self, paper: Paper) -> Plan:
        """Return a step a file, and the document last: who sees it has its files."""
        files = tuple(_file_step(one) for one in paper.attachments)
        payload = {
            "origin": paper.origin,
            "kind": paper.kind,
            "number": paper.number,
            "project": paper.project,
            "version": paper.version,
            "body": paper.body,
        }
        document = PlannedStep("document", "document", (), payload)
        if not paper.later:
            return Steps((*files, document), paper.made)
        later = PlannedStep("later", "document", (), {"origin": paper.origin, "later": paper.later})
        return Steps((later,) if paper.made else (*files, document, later), paper.made)

    async def look(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt | None:
        """Return the receipt of a file that is there, by its name."""
        del receipts
        path = self._path(step, paper)
        try:
            sha256 = await asyncio.to_thread(_sha256_of, path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _busy(error) from error
        return self._receipt(path, sha256)

    async def send(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt:
        """Write a file beside its place, and put it there."""
        path, content = self._path(step, paper), await self._content(step, paper)
        try:
            await asyncio.to_thread(_write, path, content)
        except FileExistsError as error:
            there = await self.look(step, receipts, paper)
            if there is not None and there.answer["sha256"] == hashlib.sha256(content).hexdigest():
                return there
            raise RejectedError(
                f"There is a file {path.name} of this document already, and nobody here wrote it.",
                action="Take it out of the folder, then send the document again.",
            ) from error
        except OSError as error:
            raise _busy(error) from error
        return self._receipt(path, hashlib.sha256(content).hexdigest())

    async def _content(self, step: PlannedStep, paper: Paper) -> bytes:
        if step.kind == "document":
            return orjson.dumps(step.payload, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        found = next(one for one in paper.attachments if str(one.id) == step.payload["attachment"])
        content = b"".join([part async for part in found.open()])
        if hashlib.sha256(content).hexdigest() != found.sha256:
            raise RejectedError(
                f"The file {found.name} is not what was captured: its bytes have changed since.",
                action="Attach the photo again, then send the document again.",
                field="photos",
            )
        return content

    def _path(self, step: PlannedStep, paper: Paper) -> Path:
        # Of ids alone: whatever a file is called, its name leads to no other folder.
        tenant, document = paper.origin.split(":")[1:3]
        return self._root / tenant / paper.kind / document / f"{step.name}{_ENDINGS.get(_type(step), '.bin')}"

    def _receipt(self, path: Path, sha256: str) -> Receipt:
        place = str(path.relative_to(self._root))
        return Receipt(place, {"sha256": sha256}, self._clock.now())


_ENDINGS: Final[Mapping[str, str]] = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
}


def _file_step(one: Attachment) -> PlannedStep:
    payload: dict[str, Any] = {"attachment": str(one.id), "name": one.name, "media_type": one.media_type}
    return PlannedStep(f"file-{one.id}", "file", (), {**payload, "sha256": one.sha256}, best_effort=True)


def _type(step: PlannedStep) -> str:
    return "application/json" if step.kind == "document" else str(step.payload["media_type"])


def _busy(error: OSError) -> BusyError:
    return BusyError(f"The folder cannot be used: {error.strerror}.", action="It is tried again by itself.")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)  # Unlike a rename it puts nothing in the place of another.
    finally:
        beside.unlink()


def _sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
