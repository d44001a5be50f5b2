"""What a person can put in the place of what keeps a paper from its target. Pure."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from tiebeam.kernel.errors import BadInputError, Owner

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

VALUE_CHARACTERS_MAX: Final = 200


class NotMendedError(BadInputError):
    """What was chosen cannot be put there."""

    code = "push.not_mended"
    owner = Owner.OFFICE


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: the target's own id or code, and what people call it."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What may stand at one place of a paper's body."""

    field: str
    """Where in the body, as a dotted path such as `lines.2.cost_code`."""
    label: str
    options: tuple[Option, ...]
    """Empty when nothing is known there is: the value is then typed."""
    may_be_none: bool = False
    """Whether the paper can be sent without any."""

    def checked(self, value: str) -> str | None:
        """Return what a person has given as it is put into the body. Raises NotMendedError."""
        if not value and self.may_be_none:
            return None
        known = {one.value for one in self.options}
        if not value or len(value) > VALUE_CHARACTERS_MAX or (known and value not in known):
            raise NotMendedError(
                f"{value or 'Nothing'} is none of what can be chosen for it.",
                action="Choose one of the list, then send it again.",
            )
        return value


@runtime_checkable
class Adviser(Protocol):
    """A target that knows what can be put in the place of what it does not take."""

    async def remedies(self, project: str, fields: Collection[str]) -> Mapping[str, Remedy]:
        """Return what may stand at each of these places; `project` is the target's own id of it."""
        ...


def mended(body: Mapping[str, Any], field: str, value: str | None) -> dict[str, Any]:
    """Return a body with another value at a place, and wherever else in the same rows its old value stands.

    Raises NotMendedError when the body has no such place any more.
    """
    made = deepcopy(dict(body))
    *way, last = field.split(".")
    try:
        rows = made[way[0]] if way else [made]
        old = (rows[int(way[1])] if way else made)[last]
    except (KeyError, IndexError, ValueError, TypeError):
        raise NotMendedError(
            "The document does not say this any more: it was changed meanwhile.",
            action="Look at it again, and send it again.",
        ) from None
    for row in rows:
        if row[last] == old:
            row[last] = value
    return made
