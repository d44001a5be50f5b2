"""Ways to break what is Procore's own in the push. Its simulation must notice each, or it proves nothing."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes import finding, uploads, writer
from tiebeam.connectors.procore.writes.orders import ORDERS
from tiebeam.connectors.procore.writes.writer import ProcoreWriter
from tiebeam.push import model, plan, runner
from tiebeam.push.deliveries.procore import looks, target
from tiebeam.push.deliveries.procore import plan as papers
from tiebeam.push.deliveries.procore.steps import Made, write_of
from tiebeam.push.deliveries.procore.target import ProcoreTarget
from tiebeam.push.errors import RejectedError, UncertainError
from tiebeam.push.model import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tiebeam.connectors.procore.writes.writer import Row
    from tiebeam.push.deliveries.procore.facts import Facts
    from tiebeam.push.model import Paper, Plan, PlannedStep, Step

    Mutant = Callable[[ExitStack], None]


def _swap(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(patch.object(owner, name, value))


def _finder(stack: ExitStack, made: Made, find: Any) -> None:
    stack.enter_context(patch.dict(looks._FINDERS, {made: find}))


def _retry_without_looking(stack: ExitStack) -> None:
    async def nowhere(*_: Any) -> None:
        return None

    _swap(stack, target, "find", nowhere)


def _keep_the_receipt_before_the_answer(stack: ExitStack) -> None:
    whole = ProcoreTarget.send

    async def send(
        self: ProcoreTarget, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper
    ) -> Receipt:
        try:
            return await whole(self, step, receipts, paper)
        except UncertainError:
            return Receipt("1", {}, self._clock.now())

    _swap(stack, ProcoreTarget, "send", send)


def _leave_the_tenant_out_of_the_key(stack: ExitStack) -> None:
    _swap(stack, model, "origin_of", lambda _, document_id: f"tiebeam:{document_id}")


def _look_for_a_ticket_by_its_number_alone(stack: ExitStack) -> None:
    async def by_number(wrote: ProcoreWriter, step: PlannedStep, paper: Paper) -> Any:
        del step
        path = f"/rest/v1.0/projects/{paper.project}/time_and_material_entries"
        found = await wrote.search(path, (), lambda row: str(row.get("name")).startswith(f"{paper.number} "))
        return found or None

    _finder(stack, Made.ENTRY, by_number)


def _look_at_the_first_page_alone(stack: ExitStack) -> None:
    whole = ProcoreWriter.search

    async def search(self: ProcoreWriter, *given: Any, **named: Any) -> list[Row] | Refusal:
        found = await whole(self, *given, **named)
        return [] if found is writer.TOO_LONG else found

    _swap(stack, writer, "PAGES_MAX", 1)
    _swap(stack, ProcoreWriter, "search", search)


def _look_for_a_photo_without_its_letters(stack: ExitStack) -> None:
    async def by_name(wrote: ProcoreWriter, project: str, entry_id: str, name: str) -> Any:
        shown = await wrote.one(f"/rest/v1.0/projects/{project}/time_and_material_entries/{entry_id}")
        if isinstance(shown, Refusal):
            return shown
        files = shown.get("time_and_material_entry_attachments") or ()
        return next((row for row in files if _bare(row["filename"]) == _bare(name)), None)

    _swap(stack, finding, "find_attachment", by_name)


def _bare(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem.rpartition(' ')[0]}.{ending}"


def _send_all_lines_where_a_part_is_there(stack: ExitStack) -> None:
    whole = looks._lines

    async def lines(wrote: ProcoreWriter, step: PlannedStep, paper: Paper) -> Any:
        try:
            return await whole(wrote, step, paper)
        except RejectedError:
            return None

    for made in (Made.LABOUR, Made.MATERIALS, Made.EQUIPMENT):
        _finder(stack, made, lines)


def _take_a_part_of_the_lines_for_all(stack: ExitStack) -> None:
    async def some(wrote: ProcoreWriter, step: PlannedStep, paper: Paper) -> Any:
        (sent,) = write_of(step.payload).body.values()
        entry_id = str(sent[0]["time_and_material_entry_id"])
        kind = looks._LINES[Made(step.kind)]
        found = await finding.ticket_lines(wrote, paper.project, kind, entry_id, 1)
        return found or None

    for made in (Made.LABOUR, Made.MATERIALS, Made.EQUIPMENT):
        _finder(stack, made, some)


def _believe_a_sync_whatever_its_errors_say(stack: ExitStack) -> None:
    whole = writer._records

    def records(response: Any) -> tuple[list[Row], list[Any]]:
        rows, errors = whole(response)
        return (rows, []) if rows else (rows, errors)

    _swap(stack, writer, "_records", records)


def _send_files_before_the_ticket_is_there(stack: ExitStack) -> None:
    whole, filled = plan._met, plan.filled

    def met(step: Step, steps: Sequence[Step]) -> bool:
        return step.planned.kind == Made.ATTACHMENT or whole(step, steps)

    def guessed(payload: Any, receipts: Mapping[str, Receipt]) -> Any:
        unknown = {name: Receipt("1", {}, plan._LONG_AGO) for name in model.placeholders(payload)}
        return filled(payload, {**unknown, **receipts})

    _swap(stack, plan, "_met", met)
    _swap(stack, runner, "filled", guessed)


def _tie_to_the_change_event_again(stack: ExitStack) -> None:
    whole, number = papers.plan_paper, count()

    def plan_paper(paper: Paper, facts: Facts) -> Plan:
        found = whole(paper, facts)
        if not paper.made or not isinstance(found, model.Steps):
            return found
        again = tuple(replace(one, name=f"{one.name}-{next(number)}") for one in found.steps)
        return replace(found, steps=again)

    _swap(stack, target, "plan_paper", plan_paper)


def _forget_a_change_event_that_was_chosen_later(stack: ExitStack) -> None:
    whole = plan.must_plan

    def must_plan(intent: Any, version: int) -> bool:
        return intent.done_at is None and whole(intent, version)

    _swap(stack, plan, "must_plan", must_plan)
    _swap(stack, runner, "must_plan", must_plan)


def _make_a_package_again(stack: ExitStack) -> None:
    async def nowhere(*_: Any) -> None:
        return None

    _finder(stack, Made.PACKAGE, nowhere)


def _take_any_order_of_that_title(stack: ExitStack) -> None:
    async def any_order(wrote: ProcoreWriter, project: str, contract_id: str, title: str) -> Any:
        del contract_id, title
        return await wrote.search(ORDERS, (("project_id", project),), lambda _: True)

    _swap(stack, target, "orders_of_package", any_order)


def _take_a_page_for_the_storages_answer(stack: ExitStack) -> None:
    _swap(stack, uploads, "_is_storages", lambda *_: True)


def _ask_a_person_about_bytes_that_were_not_kept(stack: ExitStack) -> None:
    _swap(stack, uploads, "_NOT_THOSE_BYTES", frozenset())


MUTANTS: dict[str, Mutant] = {
    name.removeprefix("_"): mutant
    for name, mutant in globals().items()
    if name.startswith("_") and name not in ("_swap", "_finder", "_bare") and callable(mutant)
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Break the push into Procore in one way for as long as the block runs."""
    with ExitStack() as stack:
        MUTANTS[name](stack)
        yield
