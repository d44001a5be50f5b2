"""A board of ours and one elsewhere: which item is which, what both last agreed on, what is asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.monday.model import OutsideBoard
from tiebeam.link.pairs.model import Kind, Owner, Side, Touched

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tiebeam.connectors.monday.model import OutsidePerson
    from tiebeam.connectors.ports import Refusal
    from tiebeam.operations.audit.model import Actor

NAME: Final = "name"
GROUP: Final = "group"
"""What of an item is kept the same beside its cells, which go by the keys of our columns."""
TRIES_MAX: Final = 2
"""A value that did not stay so often is not written again before somebody has looked."""


class Whose(StrEnum):
    """One of the two sides."""

    OURS = "ours"
    THEIRS = "theirs"

    @property
    def side(self) -> Side:
        """The side as a merge calls it."""
        return Side.JOB if self is Whose.OURS else Side.ITEM

    @classmethod
    def of(cls, side: Side) -> Whose:
        """Return whose a side of a merge is."""
        return cls.OURS if side is Side.JOB else cls.THEIRS


class OwnerRule(StrEnum):
    """Whose value counts where both sides have changed the same cell."""

    OURS = "ours"
    THEIRS = "theirs"
    LATEST = "latest"
    """Of the side that was changed last, as far as that is known."""
    ASK = "ask"

    @property
    def owner(self) -> Owner:
        """The rule as a merge calls it."""
        return _OWNERS[self]


_OWNERS: Final = {
    OwnerRule.OURS: Owner.JOB,
    OwnerRule.THEIRS: Owner.BOARD,
    OwnerRule.LATEST: Owner.LATEST,
    OwnerRule.ASK: Owner.ASK,
}


NO_BOARD: Final = OutsideBoard("", "", (), ())
"""The layout of a board that was not read yet."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of ours is which one there."""

    key: str
    column_id: str


class LinkState(StrEnum):
    """How a joined board stands."""

    ON = "on"
    STOPPED = "stopped"
    """Over: both boards stay."""


@dataclass(frozen=True, slots=True)
class OutsideLink:
    """One board of ours, kept the same as one elsewhere."""

    id: UUID
    board_id: UUID
    """Ours."""
    vendor: str
    outside_board_id: str
    columns: tuple[ColumnMap, ...]
    groups: Mapping[str, str] = field(default_factory=dict)
    """Groups there by the ids of ours; empty: groups are not kept the same."""
    owner: OwnerRule = OwnerRule.LATEST
    state: LinkState = LinkState.ON
    seen_change: int = 0
    """The newest change of ours that was looked at."""
    layout: OutsideBoard = NO_BOARD
    """The board there, as it was when it was last read whole."""
    people: tuple[OutsidePerson, ...] = ()
    """Who is there."""
    me: str = ""
    """The user there that we act as."""
    passed_at: datetime | None = None
    """When the board was last read whole, to its end."""
    held: int = 0
    """So many items are gone there at once that a person has to say that this is meant."""
    trouble: str = ""
    """Why it does not go on, in a sentence; empty while it does."""


class MirrorState(StrEnum):
    """How an item and its other one stand."""

    LINKED = "linked"
    ASKS = "asks"
    APART = "apart"
    """Over; kept, so that neither is made anew on the other side."""


class Gone(StrEnum):
    """What has become of one side of a mirror that asks."""

    OURS_DELETED = "ours_deleted"
    THEIRS_DELETED = "theirs_deleted"
    THEIRS_ARCHIVED = "theirs_archived"

    @property
    def question(self) -> str:
        """What a person is asked."""
        return _QUESTIONS[self]


_QUESTIONS: Final = {
    Gone.OURS_DELETED: "The item was deleted here. Bring it back, delete it there too, or leave it there?",
    Gone.THEIRS_DELETED: "The item was deleted there. Put it there again, delete it here too, or leave it?",
    Gone.THEIRS_ARCHIVED: "The item was archived there. Put it there again, delete it here too, or leave it?",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that the other side did not take or did not keep."""

    value: Any
    why: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Mirror:
    """An item of ours and the one that is the same there."""

    id: UUID
    link_id: UUID
    item_id: UUID | None
    """None while ours is not made."""
    outside_id: str | None
    """None while theirs is not made, or not known to be."""
    base: Mapping[str, Any] = field(default_factory=dict)
    """What both last agreed on, in our words."""
    sent: Mapping[str, Any] = field(default_factory=dict)
    """What was sent there and is not known to have arrived."""
    refused: Mapping[str, Refused] = field(default_factory=dict)
    state: MirrorState = MirrorState.LINKED
    asked: Gone | None = None
    begun_at: datetime | None = None
    """When theirs began to be made: it is looked for before it is made again."""
    cause_id: UUID | None = None
    """The chain that the last write there belonged to, and how far along it that was."""
    hops: int = 0
    written_at: datetime | None = None
    """When that was."""

    @property
    def waits(self) -> bool:
        """Whether something was to be written there and is not known to be."""
        return self.state is MirrorState.LINKED and (self.outside_id is None or bool(self.sent))


class Ruling(StrEnum):
    """How a conflict stands."""

    OPEN = "open"
    OURS = "ours"
    """Our value was taken."""
    THEIRS = "theirs"
    AGREED = "agreed"
    """Somebody made both sides equal, or took back what they had changed."""
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class OutsideConflict:
    """A cell that both sides have changed, or that one cannot hold: what each held, and what was decided."""

    id: UUID
    mirror_id: UUID
    link_id: UUID
    board_id: UUID
    item_id: UUID | None
    outside_id: str | None
    field: str
    kind: Kind
    base: Any
    ours: Any
    theirs: Any
    ours_at: datetime | None
    ours_by: str
    theirs_at: datetime | None
    theirs_by: str
    """Who changed it there last; empty where that is not told."""
    sentence: str
    state: Ruling
    found_at: datetime
    decided_at: datetime | None
    decided_by: str

    @property
    def touched(self) -> dict[Side, Touched]:
        """When each side was changed last, and by whom, where that is known."""
        sides = ((Side.JOB, self.ours_at, self.ours_by), (Side.ITEM, self.theirs_at, self.theirs_by))
        return {side: Touched(at, by) for side, at, by in sides if at is not None}


class Then(StrEnum):
    """What is to become of a mirror that asks."""

    KEEP = "keep"
    """What is gone comes back."""
    DELETE = "delete"
    """The other one goes too."""
    APART = "apart"
    """The other one stays, alone."""


@dataclass(frozen=True, slots=True)
class OutsideDone:
    """An operation, as the log has it."""

    id: int
    at: datetime
    link_id: UUID
    mirror_id: UUID | None
    item_id: UUID | None
    outside_id: str | None
    what: str
    """A verb: linked, to_ours, to_theirs, conflict, asked, answered, settled, undone, refused or parted."""
    fields: Mapping[str, Any]
    result: str
    by: Actor
    cause_id: UUID
    hops: int


@dataclass(slots=True)
class Mirrored:
    """What came of a pass over a board, or over some of its items."""

    ours: int = 0
    """Items of ours that were changed."""
    theirs: int = 0
    """Items there that were changed."""
    made_ours: int = 0
    made_theirs: int = 0
    clashes: int = 0
    asks: int = 0
    """Mirrors of which one side was found to be gone."""
    held: int = 0
    """So many are gone there at once that nothing was concluded from it."""
    more: bool = False
    """Whether something is left for the next time, which should be soon."""
    refusal: Refusal | None = None
    """Why it came to an early end: what is left waits for the next time."""
