"""A list of records as an address says it, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from tiebeam.kernel.errors import BadInputError
from tiebeam.kernel.moments import parse_moment
from tiebeam.replicate.explorer.model import STANDING, Condition, Mark, Wanted
from tiebeam.replicate.explorer.plan import default_columns, find_column, sort_type
from tiebeam.replicate.model import State
from tiebeam.replicate.replica import NoSuchRecordError
from tiebeam.replicate.streams import find_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams

    from tiebeam.connectors.streams import Column, Stream

CONDITIONS_MAX: Final = 3
COLUMNS_MAX: Final = 12
PAGES_MAX: Final = 200
_TEXT_CHARACTERS_MAX: Final = 200
STATES: Final[Mapping[str, tuple[State, ...]]] = {
    "": STANDING,
    "live": (State.LIVE,),
    "hidden": (State.HIDDEN,),
    "deleted": (State.DELETED,),
    "all": (State.LIVE, State.HIDDEN, State.DELETED),
}
STATE_WORDS: Final[Mapping[str, str]] = {
    "": "All but deleted",
    "live": "Live",
    "hidden": "Hidden from us",
    "deleted": "Deleted",
    "all": "Deleted ones too",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A list that is asked for: what is in it, what of it is shown, and which page."""

    wanted: Wanted
    state: str
    columns: tuple[Column, ...]
    chosen: bool
    """Whether the columns are chosen, or those that such a list shows by itself."""
    after: Mark | None
    page: int
    """From 1; of a list that is sorted by a field."""

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out beside what is deleted."""
        wanted = self.wanted
        return bool(wanted.search or wanted.project_id or wanted.since or wanted.conditions or self.state)

    def query(
        self, *, sort: str | None = None, descending: bool = False, after: str = "", page: int = 1
    ) -> str:
        """Return the query of this list, in another order when one is given; at its beginning unless told."""
        wanted = self.wanted
        pairs = [("q", wanted.search), ("project", wanted.project_id or ""), ("state", self.state)]
        pairs.append(("since", wanted.since.date().isoformat() if wanted.since else ""))
        for one in wanted.conditions:
            pairs += [("field", one.column.name), ("op", "is" if one.whole else "has"), ("value", one.text)]
        if self.chosen:
            pairs += [("col", column.name) for column in self.columns]
        own = wanted.sort.name if wanted.sort else ""
        down = wanted.descending if sort is None else descending
        pairs += [("sort", own if sort is None else sort), ("dir", "desc" if down else "")]
        pairs += [("after", after), ("page", str(page) if page > 1 else "")]
        # The three parts of a condition are read by their positions: an empty one has to stay.
        return urlencode([(name, text) for name, text in pairs if text or name == "value"])


def kind(view: str) -> Stream:
    """Return a kind of record by the name of its view. Raises NoSuchRecordError."""
    try:
        return find_stream(view)
    except BadInputError:
        raise NoSuchRecordError(
            f"There is no kind of record called {view[:80]!r}.", action="Choose one under /records."
        ) from None


def read(stream: Stream, params: QueryParams) -> Asked:
    """Return the list that a query asks for. Raises BadInputError."""
    state = _text(params, "state")
    if state not in STATES:
        raise BadInputError(f"No record is in the state {state[:40]!r}.", action="Choose one of the list.")
    sort = find_column(stream, name) if (name := _text(params, "sort")) else None
    if sort:
        sort_type(sort)
    names = [name for name in dict.fromkeys(params.getlist("col")) if name][:COLUMNS_MAX]
    columns = tuple(find_column(stream, name) for name in names)
    wanted = Wanted(
        stream=stream,
        search=_text(params, "q"),
        project_id=_text(params, "project") or None,
        states=STATES[state],
        since=_day(_text(params, "since")),
        conditions=_conditions(stream, params),
        sort=sort,
        descending=sort is not None and params.get("dir") == "desc",
    )
    chosen = columns or default_columns(stream)
    return Asked(wanted, state, chosen, bool(columns), _mark(params.get("after", "")), _page(params))


def mark_text(mark: Mark) -> str:
    """Return a place in the order of changes for an address."""
    return f"{mark.changed_at.astimezone(UTC).isoformat()}~{mark.feed_id}~{mark.key}"


def _mark(text: str) -> Mark | None:
    if not text:
        return None
    at, _, rest = text.partition("~")
    feed, _, key = rest.partition("~")
    moment = parse_moment(at)
    if "\0" in key or moment is None or not (feed.isascii() and feed.isdigit() and len(feed) < 19) or not key:
        raise BadInputError("The list cannot be continued from there.", action="Begin at its first page.")
    return Mark(moment, int(feed), key)


def _page(params: QueryParams) -> int:
    text = _text(params, "page") or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= PAGES_MAX):
        raise BadInputError(
            f"A list that is sorted by a field has pages from 1 to {PAGES_MAX}.",
            action="Narrow the list by a search or a filter.",
        )
    return int(text)


def _conditions(stream: Stream, params: QueryParams) -> tuple[Condition, ...]:
    parts = zip(params.getlist("field"), params.getlist("op"), params.getlist("value"), strict=False)
    given = [(name, op, value.strip()) for name, op, value in parts if name]
    found = [
        Condition(find_column(stream, name), _checked("value", value), op == "is")
        for name, op, value in given[:CONDITIONS_MAX]
        if value or op == "is"
    ]
    return tuple(found)


def _day(text: str) -> datetime | None:
    if not text:
        return None
    moment = parse_moment(text)
    if moment is None:
        raise BadInputError(f"{text[:40]!r} is no date.", action="Write it as 2026-11-21.")
    return moment


def _text(params: QueryParams, name: str) -> str:
    return _checked(name, params.get(name, "").strip())


def _checked(name: str, text: str) -> str:
    if len(text) > _TEXT_CHARACTERS_MAX or "\0" in text:
        raise BadInputError(
            f"What stands in {name!r} cannot be looked for.",
            action=f"Use at most {_TEXT_CHARACTERS_MAX} characters.",
        )
    return text
