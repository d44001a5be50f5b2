"""What another system must offer so that papers can be pushed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.push.model import Paper, Plan, PlannedStep, Receipt


class Target(Protocol):
    """A place that papers are pushed to. Its core of guarantees is not here but in the runner.

    `look` and `send` raise the errors of `tiebeam.push.errors`; what else they raise is taken for
    UncertainError. `receipts` hold those of every step done so far, by name, at least those that the step
    needs; in `step.payload` its placeholders are filled in.
    """

    @property
    def name(self) -> str:
        """A stable name such as `procore`, kept with every intent."""
        ...

    @property
    def settle_seconds(self) -> float:
        """How long after a call was begun it may still come to be done, at most."""
        ...

    async def plan(self, paper: Paper) -> Plan:
        """Return what is to be written, or why nothing is. Writes nothing; the same paper, the same plan.

        A step keeps its name from version to version of a paper as long as it makes the same thing.
        """
        ...

    async def look(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt | None:
        """Return the receipt of what this step makes if it is there, None when it certainly is not."""
        ...

    async def send(self, step: PlannedStep, receipts: Mapping[str, Receipt], paper: Paper) -> Receipt:
        """Make it, once, and return its receipt."""
        ...
