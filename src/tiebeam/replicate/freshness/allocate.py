"""The square-root law: at which interval each item is read so that the budget buys the least delay. Pure.

A change waits for the next read, half an interval on the mean. Items with rate r, weight w and cost c, read
every I hours, cost `sum c/I` calls and leave a delay of `sum w r I/2`. With a price for a call, each item
is best read every `sqrt(2 price c / (w r))`, between its bounds; the price is found by bisection so that
the calls fit. The delay less the calls' worth is concave in the price, so the calls never rise with it:
bisection is enough.

An item with a probe may be probed instead, and read for what the probe does not show at an interval of its
own; and when the probe tells of a change, unless that comes with it. Which of the two is better is asked at
every price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PRICE_MAX = 1e9
_PRICE_MIN = 1e-9
_EXACT = 1 + 1e-8
_STEPS_MAX = 120
_CLOSE = 1e-7


@dataclass(frozen=True, slots=True)
class Demand:
    """What one item asks of the budget."""

    cost_calls: float
    rate_per_hour: float
    weight: float
    hours_min: float
    hours_max: float
    probe_calls: float = 0.0
    """0: it cannot be probed."""
    probe_sees: float = 0.0
    probe_brings: bool = False
    """Whether what a probe shows comes with it; else a read follows."""
    hours_hidden_max: float = 0.0
    """How long at most what no probe shows may go unread; 0: `hours_max`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to read an item, and how often to probe it besides."""

    read_hours: float
    probe_hours: float | None
    calls_per_hour: float
    delay: float
    """Weight times changes an hour times the hours that they wait on the mean."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The paces of all demands, in their order, at the price of a call."""

    price: float
    paces: tuple[Pace, ...]

    @property
    def calls_per_hour(self) -> float:
        """What the paces cost."""
        return math.fsum(pace.calls_per_hour for pace in self.paces)

    @property
    def delay(self) -> float:
        """What the paces leave."""
        return math.fsum(pace.delay for pace in self.paces)


def allocate(demands: Sequence[Demand], calls_per_hour: float) -> Allocation:
    """Return the best paces that cost at most `calls_per_hour`.

    When not even the longest intervals fit, these are what is returned: the caller must lengthen `hours_max`.
    """
    low, high = _PRICE_MIN, _PRICE_MAX
    spend = _Spend(demands)
    high = low if spend.at(low) <= calls_per_hour else _price(spend, calls_per_hour, low, high)
    return Allocation(high, tuple(pace_at(high, demand) for demand in demands))


def _price(spend: _Spend, calls_per_hour: float, low: float, high: float) -> float:
    """Return the lowest price between two at which the calls fit, to a ten-millionth of them."""
    middle, beside = 1.0, (0.0, 0.0)
    for step in range(_STEPS_MAX):
        spent = spend.at(middle)
        low, high = (middle, high) if spent > calls_per_hour else (low, middle)
        if high <= low * _EXACT or 0 <= calls_per_hour - spent <= calls_per_hour * _CLOSE:
            break
        # Between ceilings calls go with a power of the price: minus a half by the law. Aim a little high, so
        # that the end is met from the side that fits, and halve for certain every fourth time.
        here = (math.log(middle), math.log(spent / calls_per_hour))
        slope = (here[1] - beside[1]) / (here[0] - beside[0]) if step and here[0] != beside[0] else -0.5
        guess = math.exp(here[0] - (here[1] + _CLOSE / 2) / min(slope, -0.02))
        beside = here
        middle = guess if low < guess < high and step % 4 != 3 else math.sqrt(low * high)
    return high


def pace_at(price: float, demand: Demand) -> Pace:
    """Return the best pace of one item at a price: read alone, or probed as well."""
    value = demand.weight * demand.rate_per_hour
    hours = _hours(price, demand.cost_calls, value, demand)
    read = Pace(hours, None, demand.cost_calls / hours, value * hours / 2)
    if not demand.probe_calls:
        return read
    probed = _probed(price, demand, value)
    return probed if _worth(probed, price) < _worth(read, price) else read


def _probed(price: float, demand: Demand, value: float) -> Pace:
    shown, hidden = value * demand.probe_sees, value * (1 - demand.probe_sees)
    probe = _hours(price, demand.probe_calls, shown, demand)
    read = _hours(price, demand.cost_calls, hidden, demand, demand.hours_hidden_max)
    # A read follows each probe that shows something, however much that is.
    shows_something = 1 - math.exp(-demand.rate_per_hour * demand.probe_sees * probe)
    followed = 0.0 if demand.probe_brings else shows_something
    calls = (demand.probe_calls + demand.cost_calls * followed) / probe + demand.cost_calls / read
    return Pace(read, probe, calls, (shown * probe + hidden * read) / 2)


def _hours(price: float, calls: float, value: float, demand: Demand, most: float = 0.0) -> float:
    most = most or demand.hours_max
    if value <= 0:
        return most
    return min(max(math.sqrt(2 * price * calls / value), demand.hours_min), most)


def _worth(pace: Pace, price: float) -> float:
    return pace.delay + price * pace.calls_per_hour


class _Spend:
    """What demands cost at a price, asked forty times a plan: worked out beforehand as far as it goes."""

    def __init__(self, demands: Sequence[Demand]) -> None:
        self._probed = [one for one in demands if one.probe_calls]
        self._read = [_read_terms(one) for one in demands if not one.probe_calls]

    def at(self, price: float) -> float:
        """Return the calls an hour."""
        root = math.sqrt(price)
        probed = sum(pace_at(price, one).calls_per_hour for one in self._probed)
        calls = 0.0
        for cost, hours_at_one, least, most in self._read:
            hours = hours_at_one * root
            calls += cost / (most if hours > most else max(least, hours))
        return probed + calls


def _read_terms(one: Demand) -> tuple[float, float, float, float]:
    value = one.weight * one.rate_per_hour
    at_one = math.sqrt(2 * one.cost_calls / value) if value > 0 else math.inf
    return one.cost_calls, at_one, one.hours_min, one.hours_max
