"""The parameters that narrow a list. Whatever a list does not know, it ignores, as Procore does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from tiebeam.simulators.procore.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.simulators.procore.calls import Query
    from tiebeam.simulators.procore.options import ProcoreOptions


class Filter(Protocol):
    """One parameter that a list understands."""

    def predicate(self, query: Query, options: ProcoreOptions) -> Callable[[dict[str, Any]], bool] | None:
        """What a record must satisfy; None when the parameter is absent. ApiError 400 when it is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Range:
    """`filters[field]=A...B` over moments. The range is mandatory: a single moment is refused."""

    field: str

    def predicate(self, query: Query, options: ProcoreOptions) -> Callable[[dict[str, Any]], bool] | None:
        """Between A and B, B included unless the options say otherwise."""
        parameter = f"filters[{self.field}]"
        text = query.get(parameter)
        if text is None:
            return None
        low_text, dots, high_text = text.strip("\"' ").partition("...")
        low, high = moment_of(low_text), moment_of(high_text, end=options.range_end_date_is_whole_day)
        if not dots or low is None or high is None:
            raise ApiError(400, f"{parameter} must be a range of ISO 8601 dates or times: start...end")
        field, included = self.field, options.range_end_included
        return lambda fields: _between(fields.get(field), low, high, included=included)


@dataclass(frozen=True, slots=True)
class After:
    """`filters[field][gt]=A`: strictly later than a moment."""

    field: str

    def predicate(self, query: Query, options: ProcoreOptions) -> Callable[[dict[str, Any]], bool] | None:
        """Later than A."""
        del options
        text = query.get(f"filters[{self.field}][gt]")
        if text is None:
            return None
        low = moment_of(text.strip("\"' "))
        if low is None:
            raise ApiError(400, f"filters[{self.field}][gt] must be an ISO 8601 date or time")
        field = self.field
        return lambda fields: (moment := moment_of(fields.get(field))) is not None and moment > low


@dataclass(frozen=True, slots=True)
class Among:
    """A value, or one of several, compared as text with a field (`status.id` reaches into an object)."""

    parameter: str
    path: str

    def predicate(self, query: Query, options: ProcoreOptions) -> Callable[[dict[str, Any]], bool] | None:
        """Equal to any of the values given."""
        del options
        wanted = frozenset(query.many(self.parameter))
        if not wanted:
            return None
        steps = self.path.split(".")
        return lambda fields: not wanted.isdisjoint(_reach(fields, steps))


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean field."""

    parameter: str
    field: str

    def predicate(self, query: Query, options: ProcoreOptions) -> Callable[[dict[str, Any]], bool] | None:
        """As true or as false as asked."""
        del options
        wanted = query.flag(self.parameter)
        return None if wanted is None else lambda fields: bool(fields.get(self.field)) == wanted


@dataclass(frozen=True, slots=True)
class Search:
    """A text that must stand in one of some fields, whatever its case."""

    parameter: str
    names: tuple[str, ...]

    def predicate(self, query: Query, options: ProcoreOptions) -> Callable[[dict[str, Any]], bool] | None:
        """Contained in any of the fields."""
        del options
        wanted = (query.get(self.parameter) or "").casefold()
        if not wanted:
            return None
        return lambda fields: any(wanted in str(fields.get(name) or "").casefold() for name in self.names)


def moment_of(value: Any, *, end: bool = False) -> float | None:
    """Unix seconds of an ISO 8601 date or time (UTC when it names no zone); None for anything else.

    A bare date is its first moment in UTC, or with `end` its last.
    """
    if not isinstance(value, str):
        return None
    try:
        if len(value) <= 10:
            first = datetime.combine(date.fromisoformat(value), time(), UTC)
            return (first + timedelta(days=1, microseconds=-1) if end else first).timestamp()
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _between(value: Any, low: float, high: float, *, included: bool) -> bool:
    moment = moment_of(value)
    if moment is None:
        return False
    return low <= moment <= high if included else low <= moment < high


def _reach(fields: dict[str, Any], steps: list[str]) -> frozenset[str]:
    values: list[Any] = [fields]
    for step in steps:
        values = [value.get(step) for value in _flat(values) if isinstance(value, dict)]
    found = _flat(values)
    return frozenset(str(value).lower() if isinstance(value, bool) else str(value) for value in found)


def _flat(values: list[Any]) -> list[Any]:
    flat = []
    for value in values:
        flat.extend(value if isinstance(value, list) else [value])
    return flat
