"""What a gate learns from an answer: a limit, somebody else's calls, a pause. Pure."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Final

from tiebeam.kernel.backoff import Backoff
from tiebeam.operations.limits.bucket import limit_of, settled, used_until, voided
from tiebeam.operations.limits.model import DAY, HOUR, SPIKE, WINDOWS, Rates, Sighting, State, Window

CONNECTION_ERROR_SECONDS: Final = 65.0
"""Requirement R8."""
PAUSE_SECONDS_MAX: Final = 3700.0
"""An hour and a little: no honest wait is longer, but where the vendor counts by days."""

_SPIKE_SPAN_SECONDS_MAX: Final = 12.0
_UNTOLD: Final = Backoff(base_seconds=5.0, wait_seconds_max=300.0, attempts_max=1_000_000)


def learn(state: State, rates: Rates, sighting: Sighting, now: float) -> State:
    """Return what the gate knows after `sighting`; the very same state when it teaches nothing."""
    if rates.off:
        return state
    current = settled(state, now)
    taught = _paused(_seen(current, rates, sighting), rates, sighting)
    return state if taught is current else taught


def window_of(state: State, rates: Rates, sighting: Sighting) -> Window | None:
    """Return the window that the headers speak of, None when they say nothing.

    A Reset further off than any spike window lasts can only be the hour's. A nearer one is the spike's,
    unless it bears the very limit that the hour is known by: an hour is that near its end once in 300 times,
    and a spike limit taken for the hour's would be missed for good, while the contrary mends itself at the
    next far Reset. Without a Reset the limit alone decides, by what is known.
    """
    if sighting.limit is None or sighting.limit < 0:
        return None
    span_seconds = _span_seconds(sighting)
    if span_seconds is not None and span_seconds > _SPIKE_SPAN_SECONDS_MAX:
        return HOUR
    spike, hour = limit_of(state, rates, SPIKE), limit_of(state, rates, HOUR)
    if span_seconds is not None:
        return HOUR if spike != hour == sighting.limit else SPIKE
    if spike == hour == sighting.limit:
        return HOUR
    return min((SPIKE, HOUR), key=lambda window: _distance(sighting.limit, limit_of(state, rates, window)))


def _distance(limit: int | None, known: int) -> float:
    return abs(log(max(1, limit or 0) / known))


def _span_seconds(sighting: Sighting) -> float | None:
    """Return Reset less Date, both by the vendor's clock; None when missing or absurd."""
    if sighting.reset is None or sighting.date is None:
        return None
    span_seconds = (sighting.reset - sighting.date).total_seconds()
    return span_seconds if -1 <= span_seconds <= PAUSE_SECONDS_MAX else None


def _seen(state: State, rates: Rates, sighting: Sighting) -> State:
    window = window_of(state, rates, sighting)
    if window is None:
        return state
    return _with_foreign(_with_limit(state, rates, sighting, window), sighting, window)


def _with_limit(state: State, rates: Rates, sighting: Sighting, window: Window) -> State:
    limit, known = max(1, sighting.limit or 0), state.window(window)
    if not rates.learns or known.learnt == limit:
        return state
    before = limit_of(state, rates, window)
    learnt = replace(state, windows={**state.windows, window.name: replace(known, learnt=limit)})
    # Reservations were made under a higher limit: some of them may be too many now.
    return voided(learnt) if limit < before else learnt


def _with_foreign(state: State, sighting: Sighting, window: Window) -> State:
    """Return the state that knows of calls which the vendor counts and we did not make."""
    if sighting.remaining is None or sighting.limit is None:
        return state
    known = state.window(window)
    counted = max(0, sighting.limit - max(0, sighting.remaining))
    foreign = max(0, counted - sum(used_until(state, window, state.clock)))
    seen_at = sighting.date.timestamp() if sighting.date else state.clock
    standing = known.foreign if state.clock < known.foreign_until else 0
    # Answers overtake each other within the second that a Date is exact to: then the worse news holds.
    if foreign == standing or (foreign < standing and seen_at <= known.seen_at):
        return state
    span_seconds = _span_seconds(sighting)
    rest = window.width_seconds if span_seconds is None else min(max(0.0, span_seconds), window.width_seconds)
    until = state.clock + rest + 1.0
    changed = replace(known, foreign=foreign, foreign_until=until, seen_at=seen_at)
    told = replace(state, windows={**state.windows, window.name: changed})
    return voided(told) if foreign > standing else told


def _paused(state: State, rates: Rates, sighting: Sighting) -> State:
    if sighting.status is None:
        return _after_silence(state)
    if sighting.status == 429:
        return _after_refusal(state, rates, sighting)
    if sighting.status == 503:
        asked, longest = sighting.retry_after_seconds, _pause_seconds_max(rates)
        if asked is None:
            return state
        return _shut(state, _clamped(asked, longest), "the vendor asked for a pause (503)")
    return replace(state, strikes=0) if state.strikes and state.clock >= state.paused_until else state


def _after_silence(state: State) -> State:
    """Return the state after a connection error: everything short-lived forgotten, the hour's calls not.

    The vendor goes on counting those, and a pause longer than the shorter windows empties them by itself.
    """
    windows = {w.name: replace(state.window(w), foreign=0, foreign_until=0.0) for w in WINDOWS}
    fresh = replace(state, windows=windows, strikes=0)
    return _shut(fresh, CONNECTION_ERROR_SECONDS, "the vendor could not be reached")


def _after_refusal(state: State, rates: Rates, sighting: Sighting) -> State:
    asked = sighting.retry_after_seconds
    told_seconds = asked if asked is not None else _span_seconds(sighting)
    # Several calls in flight are refused together: that is one refusal, not many.
    strikes = state.strikes if state.clock < state.paused_until else state.strikes + 1
    wait_seconds = 0.0 if told_seconds is None else _clamped(told_seconds, _pause_seconds_max(rates))
    if told_seconds is None or strikes > 1:
        wait_seconds = max(wait_seconds, _UNTOLD.wait_seconds(max(1, strikes), 1.0) or 0.0)
    return _shut(replace(state, strikes=strikes), wait_seconds, "the vendor's limit was exceeded (429)")


def _pause_seconds_max(rates: Rates) -> float:
    return PAUSE_SECONDS_MAX if rates.calls_per_day is None else DAY.width_seconds


def _clamped(seconds: float, longest_seconds: float) -> float:
    # Reset and Date are whole seconds: a second more is never too early.
    return min(max(0.0, seconds), longest_seconds) + 1.0


def _shut(state: State, seconds: float, reason: str) -> State:
    until = state.clock + seconds
    if until <= state.paused_until:
        return state
    return voided(replace(state, paused_until=until, pause_reason=reason))
