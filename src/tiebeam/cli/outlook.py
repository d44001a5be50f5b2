"""`tiebeam plan`: what the next hour's calls are spent on, why, and what they cannot cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiebeam.app import opened
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.settings import read_settings
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.cli.exits import Exit
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
        "what": f"{item.title} {item.scope_text}".strip(),
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
        (_in_minutes(call["at"], now), call["calls"], call["what"], call["reason"]) for call in calls[:limit]
    ]
    print_table("The next calls", ("when", "calls", "what", "why"), rows)
    if len(calls) > limit:
        console.print(f"and {len(calls) - limit} more; --limit shows them.", highlight=False)
    for sentence in made.shortfalls:
        console.print(sentence, style="yellow", highlight=False)


def _in_minutes(at: datetime, now: datetime) -> str:
    return f"in {max(0.0, (at - now).total_seconds()) / 60:.0f} min"
