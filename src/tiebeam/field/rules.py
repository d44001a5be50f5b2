"""What a document may become, whose change counts, and what it comes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tiebeam.field.model import Aside, Kind, Standing
from tiebeam.kernel.errors import BadInputError, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from tiebeam.field.model import Document
    from tiebeam.operations.audit.model import Actor

CENT: Final = Decimal("0.01")


class NotPossibleError(BadInputError):
    """A document cannot be dealt with like this as it stands."""

    code = "field.not_possible"
    owner = Owner.OPERATOR


class Act(StrEnum):
    """What is done to a document."""

    SUBMIT = "submit"
    GIVE_BACK = "give_back"
    APPROVE = "approve"


STEPS: Final[Mapping[tuple[Standing, Act], Standing]] = {
    (Standing.DRAFT, Act.SUBMIT): Standing.SUBMITTED,
    (Standing.RETURNED, Act.SUBMIT): Standing.SUBMITTED,
    (Standing.SUBMITTED, Act.SUBMIT): Standing.SUBMITTED,
    (Standing.APPROVED, Act.SUBMIT): Standing.APPROVED,
    (Standing.SUBMITTED, Act.GIVE_BACK): Standing.RETURNED,
    (Standing.APPROVED, Act.GIVE_BACK): Standing.RETURNED,
    (Standing.RETURNED, Act.GIVE_BACK): Standing.RETURNED,
    (Standing.SUBMITTED, Act.APPROVE): Standing.APPROVED,
    (Standing.APPROVED, Act.APPROVE): Standing.APPROVED,
}
"""What follows on what; a pair that is missing is refused. The same once more changes nothing."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document comes to, each sum to the cent."""

    labour: Decimal
    materials: Decimal
    equipment: Decimal
    other: Decimal
    markups: tuple[tuple[str, Decimal], ...]
    unpriced: int
    """Lines that name no rate, and so are in no sum."""

    @property
    def total(self) -> Decimal:
        """Everything together."""
        lines = self.labour + self.materials + self.equipment + self.other
        return lines + sum((amount for _, amount in self.markups), Decimal(0))


def step(document: Document, act: Act, version: int) -> Standing:
    """Return how a document stands after an act. Raises NotPossibleError.

    `version` is the one that was looked at. What is done already stays done, whichever was looked at.
    """
    target = STEPS.get((document.standing, act))
    if target is None:
        raise NotPossibleError(
            f"{document.number} is {document.standing}, and cannot be {_DONE[act]}.",
            action=_FIRST[act],
        )
    if target is document.standing:
        return target
    if document.locked_reason is not None:
        raise NotPossibleError(
            f"{document.number} is read-only: {document.locked_reason}",
            action="Make later corrections where it was sent to.",
        )
    if document.version != version:
        raise NotPossibleError(
            f"{document.number} has changed since: it is at version {document.version}, not {version}.",
            action="Look at it again, and decide anew.",
            code="field.changed_meanwhile",
        )
    if act is Act.APPROVE and document.aside_version is not None:
        raise NotPossibleError(
            f"Version {document.aside_version} of {document.number} was kept aside and waits for a decision.",
            action="Choose which version counts, then approve it.",
        )
    return target


_DONE: Final = {Act.SUBMIT: "submitted", Act.GIVE_BACK: "given back", Act.APPROVE: "approved"}
_FIRST: Final = {
    Act.SUBMIT: "Leave it as it is.",
    Act.GIVE_BACK: "Wait until it is submitted.",
    Act.APPROVE: "Have it submitted first.",
}


def aside_of(document: Document, by: Actor, base_version: int, *, reviews: bool) -> Aside | None:
    """Return why a change is to be kept aside; None when it counts. Nobody's change is thrown away."""
    if document.locked_reason is not None:
        return Aside.LOCKED
    if not reviews and not is_author(document, by):
        return Aside.NOT_THE_AUTHOR
    if not reviews and document.standing is Standing.APPROVED:
        return Aside.APPROVED
    return None if base_version == document.version else Aside.STALE


def is_author(document: Document, by: Actor) -> bool:
    """Say whether somebody captured a document."""
    return is_by(document.author, by)


def is_by(author: Actor, by: Actor) -> bool:
    """Say whether two are the same, whatever they are called now."""
    return (author.kind, author.id) == (by.kind, by.id)


def require_photos(document: Document, missing: Iterable[UUID]) -> None:
    """Raise NotPossibleError when photos that a document names have not arrived."""
    count = len(list(missing))
    if count:
        raise NotPossibleError(
            f"{count} of the photos of {document.number} {'has' if count == 1 else 'have'} not arrived yet,"
            " or belong to another project.",
            action="Let the phone send them, or take them out of the document.",
        )


def totals(kind: Kind, body: Mapping[str, Any]) -> Totals | None:
    """Return what a kept body comes to; None for a kind without amounts, and where no line has a rate."""
    if kind is Kind.TM_TICKET:
        return _of_ticket(body)
    return _of_request(body) if kind is Kind.CHANGE_ORDER_REQUEST else None


def line_total(quantity: str, price: str) -> Decimal:
    """Return what one line comes to: rounded once, half to even, to the cent."""
    return (Decimal(quantity) * Decimal(price)).quantize(CENT, ROUND_HALF_EVEN)


def _of_ticket(body: Mapping[str, Any]) -> Totals | None:
    # A rate is what an hour of this line costs: overtime is not multiplied behind anybody's back.
    lines = [("labour", one["hours"], one["rate"]) for one in body["labour"]]
    lines += [("materials", one["quantity"], one["unit_cost"]) for one in body["materials"]]
    lines += [("equipment", one["quantity"], one["rate"]) for one in body["equipment"]]
    sums = dict.fromkeys(("labour", "materials", "equipment"), Decimal("0.00"))
    priced = [(group, line_total(count, price)) for group, count, price in lines if price is not None]
    for group, amount in priced:
        sums[group] += amount
    if not priced:
        return None
    return Totals(**sums, other=Decimal("0.00"), markups=(), unpriced=len(lines) - len(priced))


def _of_request(body: Mapping[str, Any]) -> Totals:
    sums = dict.fromkeys(("labour", "material", "equipment", "other"), Decimal("0.00"))
    for one in body["lines"]:
        sums[one["kind"]] += line_total(one["quantity"], one["unit_cost"])
    running, markups = sum(sums.values(), Decimal(0)), []
    for one in body["markups"]:
        amount = (running * Decimal(one["percent"]) / 100).quantize(CENT, ROUND_HALF_EVEN)
        markups.append((one["name"], amount))
        running += amount
    return Totals(
        sums["labour"], sums["material"], sums["equipment"], sums["other"], tuple(markups), unpriced=0
    )
