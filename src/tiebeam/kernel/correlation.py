"""What an act belongs to: one id from the webhook or click that began it to the last vendor call."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Trail:
    """What is going on in this task, and for whom."""

    correlation_id: str | None = None
    tenant_id: UUID | None = None
    connection_id: UUID | None = None


_TRAIL: ContextVar[Trail] = ContextVar("tiebeam_trail")
_NOTHING = Trail()


def trail() -> Trail:
    """Return the trail of this task; an empty one outside of `bound`."""
    return _TRAIL.get(_NOTHING)


def correlation_id() -> str | None:
    """Return the correlation id of this task, None outside of `bound`."""
    return trail().correlation_id


@contextmanager
def bound(
    correlation_id: str | None = None,
    *,
    tenant_id: UUID | None = None,
    connection_id: UUID | None = None,
    new_id: Callable[[], UUID] = uuid4,
) -> Iterator[str]:
    """Run the block, and every task started in it, under one correlation id; yields it.

    What is not given stays as it is outside; where there is no id yet, there is a new one of 32 hexadecimal
    digits, which is a trace id too. Raises ValueError for an id that `acceptable` would not take.
    """
    outer = trail()
    chosen = correlation_id or outer.correlation_id or new_id().hex
    if not acceptable(chosen):
        raise ValueError("a correlation id has 1 to 64 letters, digits, dots, hyphens and underscores")
    inner = replace(
        outer,
        correlation_id=chosen,
        tenant_id=tenant_id or outer.tenant_id,
        connection_id=connection_id or outer.connection_id,
    )
    token = _TRAIL.set(inner)
    try:
        yield chosen
    finally:
        _TRAIL.reset(token)


def acceptable(text: str | None) -> str | None:
    """Return an id that came from outside, None for one that could forge a line of a log."""
    return text if text and _FORM.fullmatch(text) else None
