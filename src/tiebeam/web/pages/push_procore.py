"""How a company wants its documents in Procore: one form."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from tiebeam.delivering import ConnectedProcore
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.push.deliveries.procore.facts import LOGS, ORDER_STATUSES, TIERS_MAX, TIME_TYPES, Choices
from tiebeam.replicate.streams import STREAMS
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from tiebeam.web.call import Call

_LONGEST = 18
PARTS = {
    "weather": "Weather",
    "crew": "Crew",
    "work": "Work",
    "delays": "Delays",
    "notes": "Notes",
}


async def procore_page(call: Call) -> Response:
    """Show how documents are put into Procore."""
    return call.render(
        "push_procore.html",
        title="Documents in Procore",
        chosen=await ConnectedProcore(await call.app()).choices().get(),
        parts=PARTS,
        kinds={kind: _title(kind) for kind in sorted(set(LOGS.values()))},
        statuses=ORDER_STATUSES,
        tiers=range(1, TIERS_MAX + 1),
        time_types=TIME_TYPES,
    )


def _title(kind: str) -> str:
    return next(stream.title for stream in STREAMS if stream.view == kind)


async def choose(call: Call) -> Response:
    """Keep what the form says."""
    tickets: Literal["tool", "documents"] = "tool"
    if _one_of(call, "tickets", ("tool", "documents")) == "documents":
        tickets = "documents"
    wanted = Choices(
        tickets=tickets,
        album_id=_number(call, "album_id"),
        folder_id=_number(call, "folder_id"),
        order_status=_one_of(call, "order_status", ORDER_STATUSES),
        order_tiers=int(_one_of(call, "order_tiers", map(str, range(1, TIERS_MAX + 1)))),
        orders_grouped=call.posted("orders_grouped", most=4) == "on",
        time_types={kind: _number(call, f"time_{kind}") for kind in TIME_TYPES},
        logs={part: _one_of(call, f"log_{part}", ("", *LOGS.values())) or None for part in PARTS},
    )
    await ConnectedProcore(await call.app()).choices().choose(wanted)
    await call.note("push_procore.set", "push_target:procore", asdict(wanted))
    return call.to("/push/procore", notice="How documents are put into Procore is saved.")


def _one_of(call: Call, name: str, known: Iterable[str]) -> str:
    said = call.posted(name, most=40)
    if said not in known:
        raise BadInputError(
            "The form holds something to choose that there is not.", action="Fill it in again."
        )
    return said


def _number(call: Call, name: str) -> int | None:
    said = call.posted(name, most=40)
    if said and not (said.isascii() and said.isdigit() and len(said) <= _LONGEST and int(said)):
        raise BadInputError(
            f"{said} is no id of Procore's.",
            action="Give the number that Procore shows in the address of what is meant, or nothing.",
        )
    return int(said) if said else None


ROWS = (
    Row("GET", "/push/procore", Permission.PUSH_MANAGE, procore_page),
    Row("POST", "/push/procore", Permission.PUSH_MANAGE, choose),
)
