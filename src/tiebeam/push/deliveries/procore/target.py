"""Papers into Procore: each step one write, made once, and looked for before it is made again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes import pictures
from tiebeam.connectors.procore.writes.finding import orders_of_package
from tiebeam.connectors.procore.writes.plan import Write, with_upload
from tiebeam.connectors.procore.writes.uploads import File, FileChangedError, Uploads
from tiebeam.connectors.procore.writes.writer import ProcoreWriter
from tiebeam.kernel.errors import TiebeamError
from tiebeam.push.deliveries.procore.catalogue import (
    FILE_EMPTY,
    FILE_MISSING,
    FILE_TYPE,
    NAME_TAKEN,
    ORDERS_ALIKE,
    rejected,
)
from tiebeam.push.deliveries.procore.looks import find
from tiebeam.push.deliveries.procore.plan import plan_paper
from tiebeam.push.deliveries.procore.refusals import error_of, fatal_error_of, look_error_of
from tiebeam.push.deliveries.procore.steps import OF_PACKAGE, PDF, write_of
from tiebeam.push.errors import BusyError, RejectedError
from tiebeam.push.model import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.connectors.ports import Transport
    from tiebeam.connectors.procore.client import ProcoreClient
    from tiebeam.kernel.clock import Clock
    from tiebeam.push.deliveries.procore.facts import FactsSource
    from tiebeam.push.deliveries.procore.kept import KeptUploads
    from tiebeam.push.model import Attachment, Paper, Plan, PlannedStep

UPLOAD_SECONDS_MAX: Final = 120.0
"""How long before a write its upload may have begun: what took longer is used at the next attempt."""


class ProcoreTarget:
    """Pushes the papers of one tenant into its company."""

    name = "procore"
    settle_seconds = 300.0

    def __init__(
        self,
        client: ProcoreClient,
        transport: Transport,
        facts: FactsSource,
        clock: Clock,
        kept: KeptUploads,
    ) -> None:
        """`transport` carries files to the storage; `kept` outlives the target, for a later attempt."""
        self._writer = ProcoreWriter(client)
        self._uploads = Uploads(self._writer, transport)
        self._facts = facts
        self._clock = clock
        self._kept = kept

    async def plan(self, paper: Paper) -> Plan:
        """Return the writes of a paper, or what must be mended before; asks our own copy alone."""
        return plan_paper(paper, await self._facts.facts(paper.project))

    async def look(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt | None:
        """Return the receipt of what the step makes if Procore shows it."""
        del receipts
        try:
            found = await find(self._writer, step, paper)
        except RejectedError:
            raise
        except TiebeamError as error:
            raise fatal_error_of(error, paper) from error
        if isinstance(found, Refusal):
            raise look_error_of(found, step, paper, self._clock.now())
        return None if found is None else self._receipt(found)

    async def send(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt:
        """Make the write of the step, after the upload of its file."""
        del receipts
        try:
            write = await self._of_package(await self._with_file(step, paper), step, paper)
            made = await self._writer.write(write)
        except (BusyError, RejectedError):
            raise
        except TiebeamError as error:
            raise fatal_error_of(error, paper) from error
        refused = error_of(made, step, paper, self._clock.now()) if isinstance(made, Refusal) else None
        if not isinstance(refused, BusyError):
            # Of what was not done an upload is as good as new, and another one would cost a call.
            self._forget(step, paper)
        if not isinstance(made, Refusal):
            return self._receipt(made)
        if made.status == pictures.DUPLICATE and not made.maybe_done:
            return await self._already(step, paper)
        assert refused is not None
        raise refused

    async def _already(self, step: PlannedStep, paper: Paper) -> Receipt:
        """Return the receipt of a document whose name is taken by itself: no other file has that name."""
        found = await self.look(step, {}, paper)
        if found is None:
            raise rejected(NAME_TAKEN, paper)
        return found

    async def _of_package(self, write: Write, step: PlannedStep, paper: Paper) -> Write:
        """Return a write whose path names the order that a package came with, where it is of such a one."""
        if OF_PACKAGE not in write.path:
            return write
        title, contract_id = write.body["change_order"]["title"], str(write.body["contract_id"])
        found = await orders_of_package(self._writer, paper.project, contract_id, title)
        if isinstance(found, Refusal):
            raise look_error_of(found, step, paper, self._clock.now())
        if not found:
            raise BusyError(f"Procore has not made the potential change order of {paper.number} yet.")
        if len(found) > 1:
            cause = f"Procore holds {len(found)} potential change orders of packages called {title}."
            raise rejected(ORDERS_ALIKE, paper, cause)
        return replace(write, path=write.path.replace(OF_PACKAGE, str(found[0]["id"])))

    async def _with_file(self, step: PlannedStep, paper: Paper) -> Write:
        write = write_of(step.payload)
        told = step.payload.get("file")
        if told is None:
            return write
        attachment = _attachment(step, paper)
        if attachment is None:
            raise rejected(FILE_MISSING, paper, field="photos")
        _check(attachment, paper)
        uuid = await self._upload(step, told["name"], attachment, paper)
        return Write(write.method, write.path, with_upload(write.body, uuid), write.query, write.place)

    async def _upload(self, step: PlannedStep, name: str, attachment: Attachment, paper: Paper) -> str:
        key = _key(name, attachment, paper)
        began = self._clock.monotonic()
        uuid = self._kept.find(key)
        if uuid is not None:
            return uuid
        made = await self._put(name, attachment, paper)
        if isinstance(made, Refusal):
            raise error_of(made, step, paper, self._clock.now())
        self._kept.keep(key, made)
        if self._clock.monotonic() - began <= UPLOAD_SECONDS_MAX:
            return made
        raise BusyError(
            f"The upload of {attachment.name} took long; it is done, and used at the next attempt."
        )

    def _forget(self, step: PlannedStep, paper: Paper) -> None:
        attachment = _attachment(step, paper)
        if attachment is not None:
            self._kept.forget(_key(step.payload["file"]["name"], attachment, paper))

    async def _put(self, name: str, attachment: Attachment, paper: Paper) -> str | Refusal:
        size, kind = attachment.size_bytes, attachment.media_type
        file = File(name, kind, attachment.sha256, size, attachment.open)
        try:
            return await self._uploads.put(paper.project, file)
        except FileChangedError as error:
            raise RejectedError(
                f"The file {attachment.name} of {paper.number} is not what was captured: its bytes changed.",
                action=error.action,
                code=error.code,
                owner=error.owner,
                field="photos",
            ) from error

    def _receipt(self, records: list[dict[str, Any]]) -> Receipt:
        return Receipt(str(records[0]["id"]), {"records": _unsigned(records)}, self._clock.now())


def _attachment(step: PlannedStep, paper: Paper) -> Attachment | None:
    """Return the file that a step is about; None where it is about none, or the paper has it no more."""
    told = step.payload.get("file") or {}
    return next((one for one in paper.attachments if str(one.id) == told.get("attachment")), None)


def _key(name: str, attachment: Attachment, paper: Paper) -> tuple[str, ...]:
    return (paper.origin, paper.project, name, attachment.sha256)


def _unsigned(value: Any) -> Any:
    """Return an answer whose addresses are without their signatures: whoever holds one may fetch the file."""
    if isinstance(value, dict):
        return {name: _unsigned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_unsigned(inner) for inner in value]
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return value.partition("?")[0]
    return value


def _check(attachment: Attachment, paper: Paper) -> None:
    """Raise RejectedError for a file that Procore would take, and nobody could open."""
    if attachment.size_bytes == 0:
        cause = f"The photo {attachment.name} of {paper.number} holds no bytes: there is nothing to send."
        raise rejected(FILE_EMPTY, paper, cause, field="photos")
    if attachment.media_type != PDF and not attachment.media_type.startswith("image/"):
        cause = f"The file {attachment.name} of {paper.number} is no picture ({attachment.media_type})."
        raise rejected(FILE_TYPE, paper, cause, field="photos")
