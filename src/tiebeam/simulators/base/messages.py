"""What goes into a simulator and what comes out, without any network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class SimRequest:
    """One HTTP request. `path` is decoded, `query` keeps order and repeats, header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class SimResponse:
    """One HTTP answer, to be handed over `delay_seconds` after the request."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_seconds: float = 0.0


class ConnectionLost(Exception):  # noqa: N818 - what happened to the caller, who cannot tell whose error it was
    """The connection broke. `sent` is true when the request was processed and only its answer was lost."""

    def __init__(self, *, sent: bool) -> None:
        """Remember whether the request took effect."""
        super().__init__("the answer was lost" if sent else "the request was lost")
        self.sent = sent


class Simulator(Protocol):
    """A vendor's API in process: synchronous, deterministic, no I/O."""

    def handle(self, request: SimRequest) -> SimResponse:
        """Answer one request; raises `ConnectionLost` when the network is made to fail."""
        ...


@runtime_checkable
class Challenger(Protocol):
    """A vendor that asks a receiver to show that it listens before it answers who named it."""

    def challenges(self, request: SimRequest) -> list[tuple[str, str]]:
        """Give each URL that is to be asked before `request` is handled, with its challenge."""
        ...

    def hear_answer(self, url: str, challenge: str, status: int | None, body: bytes) -> None:
        """Take what the receiver said; a status of None when it said nothing in time."""
        ...
