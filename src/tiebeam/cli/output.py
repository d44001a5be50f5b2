"""What commands print: tables for people, JSON for programs. Errors go to standard error, with what to do."""

from __future__ import annotations

import sys
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from enum import IntEnum

    from rich.console import JustifyMethod

    from tiebeam.kernel.errors import TiebeamError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

console = Console()
errors = Console(stderr=True)


def print_json(value: Any) -> None:
    """Print one value as one line of JSON."""
    sys.stdout.buffer.write(orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS) + b"\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def named_state(value: IntEnum) -> str:
    """Return `live` for State.LIVE."""
    return value.name.lower()


def print_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers to the right, nothing cut off, and the first column on one line to be copied."""
    table = Table(title=title, title_justify="left", header_style="bold")
    found = [[_cell(value) for value in row] for row in rows]
    for place, head in enumerate(heads):
        number = all(row[place].replace(",", "").isdigit() for row in found if row[place])
        justify: JustifyMethod = "right" if number and found else "left"
        table.add_column(head, justify=justify, overflow="fold", no_wrap=place == 0)
    for row in found:
        table.add_row(*row)
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def ago(moment: datetime | None, now: datetime) -> str:
    """Return `5 min ago` and the like."""
    if moment is None:
        return "never"
    seconds = max(0.0, (now - moment).total_seconds())
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds / unit)} {name} ago"
    return f"{int(seconds / 86_400)} days ago"


def duration(seconds: float | None) -> str:
    """Return `about 3 min` and the like, as honest as an estimate is."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def print_error(error: TiebeamError, *, as_json: bool) -> None:
    """Print what happened and what to do next."""
    if as_json:
        found = {"code": error.code, "cause": error.cause, "action": error.action, "owner": error.owner}
        sys.stderr.buffer.write(orjson.dumps({"error": found}, default=_plain) + b"\n")
        sys.stderr.flush()
        return
    errors.print(f"[bold red]{error.code}[/]", style=None, highlight=False)
    errors.print(error.cause, markup=False, highlight=False)
    errors.print(f"→ {error.action}", markup=False, highlight=False)
