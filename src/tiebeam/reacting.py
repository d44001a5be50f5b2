"""What follows from a change of a job or an item: the rules are asked, and what they say is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tiebeam.field.model import Wanted
from tiebeam.jobs.automations.run import PAGE, Automations
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.tokens.model import Status
from tiebeam.pushing import Pushing
from tiebeam.replicate.replica import NoSuchRecordError
from tiebeam.replicate.streams import find_stream
from tiebeam.wishes import record_job
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from tiebeam.app import App
    from tiebeam.field.model import Document
    from tiebeam.jobs.automations.ports import Note
    from tiebeam.jobs.model import Cause
    from tiebeam.link.pairs.model import Synced

RULE_SAID: Final = "rule_said"
RULE_STOPPED: Final = "rule_stopped"
LINK: Final = Actor.system("link")


@dataclass(frozen=True, slots=True)
class Reactions:
    """The rules of one tenant, with hands that reach everything they may do."""

    app: App

    async def react(self) -> bool:
        """Answer what nobody has answered yet, a page of it; say whether there may be more."""
        work = JobsAndBoards(self.app)
        rules = Automations(work.automated(), self.app.clock, Hands(self.app))
        return (await rules.react(PAGE)).answered >= PAGE


@dataclass(frozen=True, slots=True)
class Hands:
    """What rules have done outside of jobs and boards. Each says in a sentence what it did."""

    app: App

    async def sync_to_board(self, job_ids: Collection[UUID], cause: Cause) -> Mapping[UUID, str]:
        """Bring the items of jobs in step with them."""
        found = await JobsAndBoards(self.app).linking().batch(job_ids, LINK, cause)
        return {id_: " ".join(filter(None, map(_in_words, many))) for id_, many in found.items()}

    async def sync_to_job(self, item_ids: Collection[UUID], cause: Cause) -> Mapping[UUID, str]:
        """Bring the jobs of items in step with them."""
        found = await JobsAndBoards(self.app).linking().batch_of_items(item_ids, LINK, cause)
        return {id_: _in_words(one) for id_, one in found.items()}

    async def push_document(self, document: str, target: str, cause: Cause) -> str:
        """Send a document, by its id or its number, to a target. Raises BadInputError."""
        del cause
        pushing = Pushing(self.app)
        found = await self._document(pushing, document)
        await pushing.send([found], target, by="a rule", trigger="rule")
        return f"{found.number} is being sent to {target}."

    async def refresh_record(self, stream: str, record: str, cause: Cause) -> str:
        """Have a record read anew. Raises BadInputError, NoSuchRecordError."""
        del cause
        kind, jobs = find_stream(stream), []
        missing: NoSuchRecordError | None = None
        for connection in await self.app.connections():
            if connection.status is not Status.CONNECTED:
                continue
            try:
                found = await self.app.records(connection.id).show(kind.name, record)
            except NoSuchRecordError as error:
                missing = error
            else:
                jobs.append(record_job(connection, found, kind.name))
        if not jobs:
            raise missing or BadInputError(
                "Nothing is connected that this record could be read from.", action="Connect Procore first."
            )
        await self.app.queue.trigger(self.app.tenant.id, jobs)
        return f"{record} of {kind.name} is being read."

    async def notify(self, note: Note) -> str:
        """Have an alert stand."""
        rule = RULE_STOPPED if note.wrong else RULE_SAID
        severity = Severity.WARNING if note.wrong else Severity.INFO
        finding = Finding(rule, note.key, severity, note.summary, note.action)
        await self.app.alert_desk().report(self.app.tenant.id, [finding], rules=[rule], within=note.key)
        return note.summary

    async def _document(self, pushing: Pushing, named: str) -> Document:
        try:
            return await pushing.documents().get(UUID(named))
        except ValueError:
            found = await pushing.documents().search(Wanted(number=named), limit=2)
        if len(found) == 1:
            return found[0]
        many = "There is no document" if not found else "There are several documents"
        raise BadInputError(
            f"{many} {named!r}.", action="Give the rule the id of one, as its address has it."
        )


def _in_words(synced: Synced) -> str:
    parts = [
        "linked" if synced.made else "",
        _fields("written to the job", synced.to_job),
        _fields("written to the item", synced.to_item),
        f"{synced.conflicts} to be decided" if synced.conflicts else "",
        synced.note,
    ]
    return "; ".join(filter(None, parts))


def _fields(done: str, values: Mapping[str, Any]) -> str:
    return f"{', '.join(sorted(values))} {done}" if values else ""
