"""How a gate stands, for people to look at. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.operations.limits.bucket import in_force, limit_of, own_calls, settled, used_until
from tiebeam.operations.limits.model import SHARES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.operations.limits.model import Rates, State, Window


@dataclass(frozen=True, slots=True)
class ShareLevel:
    """How a share stands in a window: calls used in it, and calls that are its own."""

    used: int
    own: int


@dataclass(frozen=True, slots=True)
class WindowLevel:
    """How a window stands now."""

    name: str
    width_seconds: float
    limit: int
    learnt: bool
    """Whether the vendor has shown the limit; otherwise it is the configured one."""
    used: int
    foreign: int
    left: int
    shares: Mapping[str, ShareLevel]


@dataclass(frozen=True, slots=True)
class GateLevel:
    """How a gate stands now: for people to look at."""

    windows: tuple[WindowLevel, ...]
    paused_seconds: float
    """How long it stays shut; 0 when it is open."""
    pause_reason: str
    off: bool = False


def level(state: State, rates: Rates, now: float) -> GateLevel:
    """Return how the gate stands at `now`."""
    current = settled(state, now)
    windows = tuple(_window_level(current, rates, window) for window in in_force(current, rates))
    shut_seconds = max(0.0, current.paused_until - current.clock)
    return GateLevel(windows, shut_seconds, current.pause_reason if shut_seconds else "", rates.off)


def _window_level(state: State, rates: Rates, window: Window) -> WindowLevel:
    limit, used = limit_of(state, rates, window), used_until(state, window, state.clock)
    own, known = own_calls(limit, rates), state.window(window)
    foreign = known.foreign if state.clock < known.foreign_until else 0
    shares = {name: ShareLevel(used[i], own[i]) for i, name in enumerate(SHARES)}
    learnt = rates.learns and known.learnt is not None
    left = max(0, limit - sum(used) - foreign)
    return WindowLevel(window.name, window.width_seconds, limit, learnt, sum(used), foreign, left, shares)
