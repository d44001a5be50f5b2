"""What goes wrong at the vendor, drawn from the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.base.faults import EVENT_KINDS, KINDS, FaultRule, Faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from random import Random

SKEW_SECONDS_MAX = 2100
"""A vendor's clock may be wrong by less than the overlap: beyond that no reader could keep a watermark."""

_LISTS = r"GET /rest/"
_PAGES = r"GET /rest/.*page="
# What the company goes on building upon must not vanish under it.
_ERASABLE_PAGES = (
    r"GET /rest/.*(rfis|submittals|meetings|observations|images|documents|change_events|change_order\w+"
    r"|\w+_logs|project_users|project_people).*page="
)
_HIDEABLE = ("rfis", "submittals", "documents")


def draw_faults(seed: int, rng: Random) -> Faults:
    """Return a plan in which every kind of fault may fire, some kinds often."""
    return Faults(seed, [rule for kind in KINDS for rule in _rules(kind, rng)])


def tearing_faults(seed: int) -> Faults:
    """Return a plan under which rows vanish between the pages of nearly every list."""
    return Faults(seed, [FaultRule("change_between_pages", _ERASABLE_PAGES, 0.8, change="delete")])


def _rules(kind: str, rng: Random) -> Iterator[FaultRule]:
    probability = rng.choice((0.0, 0.004, 0.01, 0.03))
    match kind:
        case "status":
            for status in rng.sample((429, 500, 502, 503, 503, 403, 404, 422, 401), 4):
                yield FaultRule(
                    "status",
                    _LISTS,
                    probability / 2,
                    status=status,
                    retry_after_seconds=rng.choice((None, 1, 30)) if status in (429, 503) else None,
                    processed=rng.random() < 0.5,
                )
            yield FaultRule("status", _LISTS, probability / 3, status=rng.choice((400, 422, 404)))
        case "skew_clock":
            yield FaultRule(
                "skew_clock", _LISTS, probability, skew_seconds=rng.uniform(-1, 1) * SKEW_SECONDS_MAX
            )
        case "change_between_pages":
            often = rng.choice((0.0, 0.3, 0.8))
            yield FaultRule("change_between_pages", _ERASABLE_PAGES, often, change="delete", count=15)
            yield FaultRule("change_between_pages", _PAGES, probability * 4, change="insert")
            yield FaultRule("change_between_pages", _PAGES, probability * 4, change="update")
        case "hide_record":
            resource = rng.choice(_HIDEABLE)
            yield FaultRule(
                "hide_record", _LISTS, probability / 4, resource=resource, for_seconds=_while(rng)
            )
        case "disable_tool":
            yield FaultRule("disable_tool", _LISTS, probability / 4, for_seconds=_while(rng))
        case "lose_project":
            yield FaultRule("lose_project", r"GET /rest/.*project", probability / 6, for_seconds=_while(rng))
        case "delay":
            yield FaultRule("delay", "", probability, delay_seconds=rng.choice((5.0, 45.0, 90.0)))
        case "revoke_grant":
            yield FaultRule("revoke_grant", _LISTS, probability / 3)
        case _:
            yield FaultRule(kind, "", probability)  # type: ignore[arg-type]  # a kind out of the list of kinds


def _while(rng: Random) -> float:
    return rng.choice((60.0, 1800.0, 90_000.0))


def week_faults(seed: int, rng: Random, outages: Iterable[tuple[datetime, datetime]]) -> Faults:
    """Return what goes wrong in a week: all of the above less the revoking, webhooks, and whole outages."""
    rules = [rule for kind in KINDS if kind != "revoke_grant" for rule in _rules(kind, rng)]
    rules += [FaultRule(kind, "", rng.choice((0.0, 0.02, 0.2))) for kind in EVENT_KINDS]
    rules += [FaultRule("status", after=start, before=end, status=503) for start, end in outages]
    return Faults(seed, rules)
