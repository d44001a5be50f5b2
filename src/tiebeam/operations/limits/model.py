"""The nouns of a rate gate: what is configured and what is known. Times are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Counts: TypeAlias = "tuple[int, int, int, int]"
"""A number for each of SHARES, in that order."""

SHARES: Final = ("poll", "webhook", "demand", "headroom")
NOTHING: Final[Counts] = (0, 0, 0, 0)


class Sighting(Protocol):
    """What one answer of the vendor, or its absence, tells of the limits."""

    @property
    def status(self) -> int | None:
        """The HTTP status; None when there was no answer."""

    @property
    def limit(self) -> int | None:
        """The calls that a window allows: of whichever window is nearer exhaustion."""

    @property
    def remaining(self) -> int | None:
        """What is left of them."""

    @property
    def reset(self) -> datetime | None:
        """When, by the vendor's clock, there will be more."""

    @property
    def date(self) -> datetime | None:
        """The vendor's clock when it answered."""

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the vendor asks to be left alone."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What holds until the vendor says otherwise, and how it is shared.

    The burst and the rate are those of a token bucket, kept as what that bucket can pass in any window:
    `burst_calls + calls_per_second * width`. The vendor's headers override them unless `learns` is False.
    """

    burst_calls: int = 10
    calls_per_second: float = 1.5
    calls_per_hour: int = 600
    calls_per_day: int | None = None
    """Between two midnights (UTC); None: the vendor knows no such limit. No header overrides it."""
    shares: tuple[float, float, float, float] = (0.60, 0.15, 0.15, 0.10)
    held_back: float = 0.5
    """The part of a share's calls that is never lent, so that it can start at once; 1 lends hardly any."""
    learns: bool = True
    off: bool = False
    """No limits at all: for measuring what they cost."""

    def __post_init__(self) -> None:
        """Refuse rates that could never let anything pass, and shares that promise more than there is."""
        least = min(self.burst_calls, self.calls_per_hour, self.calls_per_day or 1)
        if least < 1 or self.calls_per_day == 0 or self.calls_per_second <= 0:
            raise ValueError("burst_calls and calls a second, an hour and a day must be positive")
        if min(self.shares) < 0 or sum(self.shares) > 1 + 1e-9 or not 0 <= self.held_back <= 1:
            raise ValueError("shares must not be negative nor exceed 1 together; held_back lies in 0 to 1")


@dataclass(frozen=True, slots=True)
class Window:
    """A rolling window, cut into slots that are counted whole for one slot longer on either side.

    `reach` slots are therefore never shorter than the window, even when a call leaves `SLACK_SECONDS` late.
    A fixed window is a single slot, which the next one replaces all at once.
    """

    name: str
    width_seconds: float
    slot_seconds: float
    fixed: bool = False

    @property
    def reach(self) -> int:
        """The number of slots, the present one included, whose calls still count."""
        return 1 if self.fixed else round(self.width_seconds / self.slot_seconds) + 2

    def slot(self, at: float) -> int:
        """Return the number of the slot that `at` lies in."""
        return int(at // self.slot_seconds)


SPIKE: Final = Window("spike", 10.0, 0.5)
MINUTE: Final = Window("minute", 60.0, 2.5)
"""In force only until the vendor has shown its spike limit: it bounds the configured rate."""
HOUR: Final = Window("hour", 3600.0, 30.0)
DAY: Final = Window("day", 86_400.0, 86_400.0, fixed=True)
"""From midnight to midnight (UTC), in force where the vendor counts so: slots are counted from 1970."""
WINDOWS: Final = (SPIKE, MINUTE, HOUR, DAY)
SLACK_SECONDS: Final = SPIKE.slot_seconds


@dataclass(frozen=True, slots=True)
class WindowState:
    """What is known of one window."""

    learnt: int | None = None
    """The limit that the vendor has shown."""
    counts: Mapping[int, Counts] = field(default_factory=dict)
    """Our calls by slot, reserved ones included."""
    foreign: int = 0
    """Calls that the vendor counts and we did not make: somebody else uses the same credentials."""
    foreign_until: float = 0.0
    seen_at: float = 0.0
    """The vendor's clock at the sighting that `foreign` comes from."""


@dataclass(frozen=True, slots=True)
class State:
    """All that the processes which share a gate know of it."""

    clock: float = 0.0
    """The latest time that any process has acted at; a clock that lags behind it is pulled along."""
    epoch: int = 0
    """Raised when reservations made so far no longer hold."""
    paused_until: float = 0.0
    pause_reason: str = ""
    strikes: int = 0
    """Refusals in a row for which the vendor gave no waiting time that helped."""
    windows: Mapping[str, WindowState] = field(default_factory=dict)

    def window(self, window: Window) -> WindowState:
        """Return what is known of `window`; nothing at first."""
        return self.windows.get(window.name) or WindowState()


@dataclass(frozen=True, slots=True)
class Ticket:
    """The answer to who wants to pass: when. A ticket that is not reserved says only when to ask again."""

    share: str
    at: float
    """By the gate's clock."""
    epoch: int
    lag_seconds: float
    """How far the asker's clock lags behind the gate's."""
    wait_seconds: float
    reserved: bool


def domain_of(vendor: str, environment: str, client_id: str) -> str:
    """Return the name of the gate that every user of these credentials must pass, whatever the tenant.

    A hash, so that who reads the counters learns nothing of whose they are.
    """
    name = f"{vendor}\0{environment}\0{client_id}".encode()
    return blake2b(name, digest_size=24, person=b"tiebeam.gate").hexdigest()


def encode(state: State) -> bytes:
    """Return `state` as compact JSON."""
    windows = {name: _encode_window(window) for name, window in state.windows.items()}
    return orjson.dumps(
        {
            "clock": state.clock,
            "epoch": state.epoch,
            "paused_until": state.paused_until,
            "pause_reason": state.pause_reason,
            "strikes": state.strikes,
            "windows": windows,
        }
    )


def decode(value: Mapping[str, Any]) -> State:
    """Return the state that `encode` wrote, from its parsed JSON."""
    windows = {name: _decode_window(window) for name, window in value["windows"].items()}
    return State(**{**value, "windows": windows})


def _encode_window(window: WindowState) -> dict[str, Any]:
    base = min(window.counts, default=0)
    return {
        "learnt": window.learnt,
        "foreign": window.foreign,
        "foreign_until": window.foreign_until,
        "seen_at": window.seen_at,
        "base": base,
        "counts": [[slot - base, *counts] for slot, counts in window.counts.items()],
    }


def _decode_window(value: Mapping[str, Any]) -> WindowState:
    fields = {**value}
    base = fields.pop("base")
    counts: dict[int, Counts] = {base + row[0]: (row[1], row[2], row[3], row[4]) for row in value["counts"]}
    return WindowState(**{**fields, "counts": counts})
