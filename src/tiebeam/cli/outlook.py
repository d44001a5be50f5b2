"""`tiebeam plan`: what the next hour's calls are spent on, why, and what they cannot cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.replicate.freshness.words import where
from tiebeam.settings import read_settings
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tiebeam.cli.exits import Exit
    from tiebeam.replicate.freshness.model import Item
    from tiebeam.replicate.freshness.plan import Plan


def plan(
    limit: Annotated[int, typer.Option(min=1, help="Show this many of the next calls.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the next hour's calls with their reasons, and what the budget cannot cover."""

    async def work() -> Exit | None:
        async with opened(read_settings()) as app:
            found = [(one, await Upkeep(app).plan(one)) for one in await app.connections()]
            now = app.clock.now()
        if as_json:
            print_json({"at": now, "connections": [_plain(str(one.id), made) for one, made in found]})
        elif not found:
            console.print("Nothing is connected yet. Next: `tiebeam connect procore`.")
        for one, made in [] if as_json else found:
            _print(f"{one.vendor} company {one.company_id}", made, now, limit)
        return None

    run_command(work(), as_json=as_json)


def _plain(connection: str, made: Plan) -> dict[str, Any]:
    return {
        "connection": connection,
        "budget_calls_per_hour": made.budget_calls_per_hour,
        "hour": [_call(made, call) for call in made.hour],
        "shortfalls": list(made.shortfalls),
    }


def _call(made: Plan, call: Any) -> dict[str, Any]:
    item = made.slots[call.choice.feed_id].item
    return {
        "at": call.at,
        "calls": round(call.calls, 1),
        "what": where(item),
        "how": _how(item, probe=call.choice.probe),
        "reason": call.choice.reason,
    }


def _print(title: str, made: Plan, now: datetime, limit: int) -> None:
    calls = [_call(made, call) for call in made.hour]
    planned, allowed = sum(call["calls"] for call in calls), made.budget_calls_per_hour
    console.print(
        f"[bold]{title}[/]: {planned:,.0f} of {allowed:,.0f} calls of the next hour are planned.",
        highlight=False,
    )
    rows = [
        (
            _in_minutes(call["at"], now),
            f"{call['calls']:g}",
            call["how"],
            call["what"],
            call["reason"].removeprefix(f"{call['what']}: "),
        )
        for call in calls[:limit]
    ]
    print_table("The next calls", ("when", "calls", "how", "what", "why"), rows)
    if len(calls) > limit:
        console.print(f"and {len(calls) - limit} more; --limit shows them.", highlight=False)
    _print_shortfalls(made.shortfalls, limit)


def _print_shortfalls(sentences: Sequence[str], limit: int) -> None:
    """Print what the budget cannot cover, the worst first, and once what helps."""
    if not sentences:
        return
    console.print("What these calls cannot cover, the quietest places included:", style="yellow")
    for sentence in sentences[:limit]:
        console.print(f"- {sentence.partition(';')[0]}.", style="yellow", highlight=False)
    if len(sentences) > limit:
        more = len(sentences) - limit
        console.print(f"and {more} more kinds of record; --limit shows them.", highlight=False)
    console.print(
        "Next: enable webhooks by setting TIEBEAM_WEBHOOK_URL (docs/howto/webhooks-behind-nat.md), which "
        "leaves the calls to what webhooks do not tell of; or ask Procore for a higher limit.",
        highlight=False,
    )


def _in_minutes(at: datetime, now: datetime) -> str:
    minutes = round(max(0.0, (at - now).total_seconds()) / 60)
    return f"in {minutes} min" if minutes else "now"


def _how(item: Item, *, probe: bool) -> str:
    """Name the kind of call: `glance` brings what changed without deletions, `count` only tells of change."""
    if not probe or item.probe is None:
        return "read"
    return "glance" if item.probe.brings else "count"
