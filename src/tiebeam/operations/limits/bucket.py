"""Who may pass, and when: two rolling windows, four shares, borrowing. Pure.

A call passes when two things hold afterwards, in every window and at every moment until it has left them: the
limit is kept, and every share could still make its return. What a share is promised at any moment is a burst
of the calls that are held back for it, and from there on its even rate, up to its own part of the window.
Whatever those promises leave over may be borrowed. A call within its own share's promise changes nothing for
the others, so it needs only the limit; and because the promises are kept, the limit has room for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Final, cast

from tiebeam.operations.limits.model import (
    DAY,
    HOUR,
    MINUTE,
    NOTHING,
    SHARES,
    SLACK_SECONDS,
    SPIKE,
    WINDOWS,
    Counts,
    Rates,
    State,
    Ticket,
    Window,
    WindowState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVE_SECONDS_MAX: Final = 10.0
"""Nobody reserves further ahead: a process that dies loses no more than this, a new limit is noticed soon."""
ASK_AGAIN_SECONDS_MAX: Final = 30.0
DAY_CALLS_MAX: Final = 10**9
"""What a day holds where the vendor does not count by days."""

_SHARED_FROM_CALLS: Final = 8
"""A window of fewer calls cannot be shared out: first come, first served."""
_HELD_BACK_CALLS_MIN: Final = 3
_CLOCK_LAG_SECONDS_MAX: Final = 60.0
_HEADROOM: Final = SHARES.index("headroom")


def admit(state: State, rates: Rates, share: str, now: float) -> tuple[State, Ticket]:
    """Reserve the next call for `share`, or say when to ask again; then the state is returned unchanged.

    Raises ValueError for a share that is none of SHARES.
    """
    if share not in SHARES:
        raise ValueError(f"{share!r} is no share of the budget; there are {', '.join(SHARES)}")
    index = SHARES.index(share)
    current = settled(state, now)
    moment = current.clock
    at = _earliest(current, rates, index, moment)
    lag_seconds = moment - now
    if at - moment > RESERVE_SECONDS_MAX:
        wait_seconds = min(at - moment, ASK_AGAIN_SECONDS_MAX)
        return state, Ticket(share, at, current.epoch, lag_seconds, wait_seconds, reserved=False)
    return _counted(current, index, at, 1), Ticket(
        share, at, current.epoch, lag_seconds, at - moment, reserved=True
    )


def holds(state: State, ticket: Ticket, now: float) -> bool:
    """Return whether a reserved ticket may be used now: nothing came between, and it is its time."""
    late_seconds = now - (ticket.at - ticket.lag_seconds)
    return ticket.reserved and ticket.epoch == state.epoch and -1e-3 <= late_seconds <= SLACK_SECONDS


def give_back(state: State, ticket: Ticket) -> State:
    """Return the state without the call that `ticket` reserved: it was not made."""
    if not ticket.reserved or ticket.epoch != state.epoch:
        return state
    return _counted(state, SHARES.index(ticket.share), ticket.at, -1)


def settled(state: State, now: float) -> State:
    """Return the state as of `now`: its clock moved on, forgetting what has left the windows."""
    if state.clock - now > _CLOCK_LAG_SECONDS_MAX:
        state = _shifted(state, now - state.clock)
    moment = max(now, state.clock)
    windows = {window.name: _pruned(state.window(window), window, moment) for window in WINDOWS}
    return replace(state, clock=moment, windows=windows)


def voided(state: State) -> State:
    """Return the state without any reservation ahead of its clock: who holds one must ask again."""
    windows = {}
    for window in WINDOWS:
        known, last = state.window(window), window.slot(state.clock)
        kept = {slot: counts for slot, counts in known.counts.items() if slot <= last}
        windows[window.name] = replace(known, counts=kept)
    return replace(state, epoch=state.epoch + 1, windows=windows)


def limit_of(state: State, rates: Rates, window: Window) -> int:
    """Return the calls that `window` allows: as the vendor has shown, otherwise as configured."""
    learnt = state.window(window).learnt
    if learnt is not None and rates.learns:
        return learnt
    if window is HOUR:
        return rates.calls_per_hour
    if window is DAY:
        return rates.calls_per_day or DAY_CALLS_MAX
    return max(1, int(rates.burst_calls + rates.calls_per_second * window.width_seconds))


def used_until(state: State, window: Window, moment: float) -> Counts:
    """Return our calls in the window that ends at `moment`, reservations beyond it left out."""
    last = window.slot(moment)
    first = last - window.reach + 1
    return _summed({s: c for s, c in state.window(window).counts.items() if first <= s <= last})


def in_force(state: State, rates: Rates) -> tuple[Window, ...]:
    """Return the windows that bind: the configured rate steps back once the vendor has shown its own."""
    day = () if rates.calls_per_day is None else (DAY,)
    if rates.learns and state.window(SPIKE).learnt is not None:
        return SPIKE, HOUR, *day
    return SPIKE, MINUTE, HOUR, *day


@dataclass(frozen=True, slots=True)
class _View:
    """One window as one admission sees it."""

    window: Window
    known: WindowState
    limit: int
    moment: float
    own: Counts
    bursts: tuple[float, float, float, float]
    """What each share may still take at once of its own, by the calls it made lately."""

    @property
    def is_shared(self) -> bool:
        return self.limit >= _SHARED_FROM_CALLS

    def foreign(self, slot: int) -> int:
        ends = self.window.slot(self.known.foreign_until)
        return self.known.foreign if self.known.foreign and slot <= ends else 0

    def keeps_to_its_own(self, index: int) -> bool:
        used = sum(counts[index] for counts in self.known.counts.values())
        return self.bursts[index] >= 1 and used < self.own[index]

    def promised(self, index: int, used: list[int], seconds: float) -> int:
        """Return what all shares may still claim within `seconds`, `used` and one call of `index` made."""
        claims, part = 0, seconds / self.window.width_seconds
        for i, own in enumerate(self.own):
            rest = own - used[i] - (i == index)
            if rest > 0:
                even = int(self.bursts[i] + own * part)
                claims += min(rest, even)
        return claims


def _view(state: State, rates: Rates, window: Window, moment: float) -> _View:
    limit, known = limit_of(state, rates, window), state.window(window)
    own = own_calls(limit, rates)
    return _View(window, known, limit, moment, own, _bursts(known, window, own, rates, moment))


def own_calls(limit: int, rates: Rates) -> Counts:
    """Return each share's own calls of a window of `limit`."""
    own = [max(1, int(limit * part + 1e-9)) for part in rates.shares]
    own[0] = max(0, own[0] - max(0, sum(own) - limit))
    return cast("Counts", tuple(own))


def _bursts(
    known: WindowState, window: Window, own: Counts, rates: Rates, moment: float
) -> tuple[float, float, float, float]:
    """Return what is left of each share's burst: a bucket of what is held back, refilled at the even rate."""
    full = [float(_held_back(own[i], rates, i)) for i in range(4)]
    left, then = list(full), moment - window.width_seconds
    for slot in sorted(known.counts):
        at = max(then, min(slot * window.slot_seconds, moment))
        for i in range(4):
            refilled = min(full[i], left[i] + own[i] / window.width_seconds * (at - then))
            left[i] = max(0.0, refilled - known.counts[slot][i])
        then = at
    rest = moment - then
    done = [min(full[i], left[i] + own[i] / window.width_seconds * rest) for i in range(4)]
    return (done[0], done[1], done[2], done[3])


def _held_back(own: int, rates: Rates, index: int) -> int:
    # Headroom is for retries alone: none of it is lent.
    if index == _HEADROOM:
        return own
    return max(min(own, _HELD_BACK_CALLS_MIN), ceil(own * rates.held_back))


def _first_clear(view: _View, index: int, at: float) -> float:
    """Return the first moment from `at` on when a call may be counted in the window until it leaves."""
    window, counts = view.window, view.known.counts
    present, wanted, reach = window.slot(view.moment), window.slot(at), window.reach
    last = max(max(counts, default=present) + reach, window.slot(view.known.foreign_until))
    own = view.keeps_to_its_own(index)
    if wanted > last or _never_binds(view, index, own=own):
        return at
    clear_from, slot = wanted, present
    used = list(_summed({s: c for s, c in counts.items() if present - reach < s <= present}))
    while slot <= last and slot < clear_from + reach:
        if slot >= wanted and _breaks(view, index, slot, used, own=own):
            clear_from = slot + 1
        slot += 1
        _move(used, counts.get(slot), counts.get(slot - reach))
    return at if clear_from == wanted else clear_from * window.slot_seconds


def _never_binds(view: _View, index: int, *, own: bool) -> bool:
    """Return whether the window is so empty that even every share's whole claim would fit beside the call."""
    totals = list(_summed(view.known.counts))
    totals[index] += 1
    claimed = totals if own else map(max, totals, view.own)
    return sum(claimed) + view.known.foreign <= view.limit


def _breaks(view: _View, index: int, slot: int, used: list[int], *, own: bool) -> bool:
    taken = sum(used) + view.foreign(slot) + 1
    if taken > view.limit:
        return True
    if own or not view.is_shared:
        return False
    seconds = (slot + 1) * view.window.slot_seconds - view.moment
    return taken + view.promised(index, used, seconds) > view.limit


def _move(used: list[int], enters: Counts | None, leaves: Counts | None) -> None:
    for i in range(4):
        used[i] += (enters[i] if enters else 0) - (leaves[i] if leaves else 0)


def _earliest(state: State, rates: Rates, index: int, moment: float) -> float:
    views = [_view(state, rates, window, moment) for window in in_force(state, rates)]
    at = max(moment, state.paused_until)
    while True:
        before = at
        for view in views:
            at = _first_clear(view, index, at)
        at = _first_calm(state, rates, views[0], index, at)
        if at == before:
            return at


def _first_calm(state: State, rates: Rates, spike: _View, index: int, at: float) -> float:
    """Return the first moment from `at` on when a second would not hold more calls than a burst.

    After a pause the burst grows from a single call, doubling each second: nobody stampedes.
    """
    burst = rates.burst_calls
    if rates.learns and spike.known.learnt is not None:
        burst = max(1, round(spike.limit * 0.4))
    counts, slot = spike.known.counts, spike.window.slot(at)
    kept = 0 if spike.keeps_to_its_own(index) else min(_HELD_BACK_CALLS_MIN, burst // 3)
    while True:
        since = slot * SLACK_SECONDS - state.paused_until
        allowed = min(burst - kept, 2 ** min(16, max(0, int(since))))
        near = [sum(counts.get(slot + offset, NOTHING)) for offset in range(-2, 3)]
        if max(sum(near[first : first + 3]) for first in range(3)) < allowed:
            return max(at, slot * SLACK_SECONDS)
        slot += 1


def _counted(state: State, index: int, at: float, calls: int) -> State:
    windows = {w.name: _window_counted(state.window(w), w.slot(at), index, calls) for w in WINDOWS}
    return replace(state, windows=windows)


def _window_counted(known: WindowState, slot: int, index: int, calls: int) -> WindowState:
    row = list(known.counts.get(slot, NOTHING))
    row[index] = max(0, row[index] + calls)
    return replace(known, counts={**known.counts, slot: cast("Counts", tuple(row))})


def _pruned(known: WindowState, window: Window, moment: float) -> WindowState:
    first = window.slot(moment) - window.reach + 1
    if all(slot >= first for slot in known.counts):
        return known
    return replace(known, counts={s: c for s, c in known.counts.items() if s >= first})


def _shifted(state: State, seconds: float) -> State:
    """Return the state moved in time: somebody's clock ran ahead, was believed, and has been set right."""
    windows = {}
    for window in WINDOWS:
        known, slots = state.window(window), ceil(seconds / window.slot_seconds)
        counts = {slot + slots: row for slot, row in known.counts.items()}
        until = known.foreign_until + seconds
        windows[window.name] = replace(known, counts=counts, foreign_until=until)
    paused_until = state.paused_until + seconds
    clock = state.clock + seconds
    return replace(state, clock=clock, epoch=state.epoch + 1, paused_until=paused_until, windows=windows)


def _summed(counts: Mapping[int, Counts]) -> Counts:
    rows = counts.values()
    return (
        sum(r[0] for r in rows),
        sum(r[1] for r in rows),
        sum(r[2] for r in rows),
        sum(r[3] for r in rows),
    )
