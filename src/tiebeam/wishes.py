"""What is to be read now because somebody asked, as jobs of the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.streams import Scope
from tiebeam.kernel.correlation import correlation_id
from tiebeam.operations.queue.model import NewJob

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.explorer.model import Found
    from tiebeam.replicate.replica import Record

REFRESH: Final = "procore.refresh"
HEAR: Final = "outside.hear"
SEND: Final = "outside.send"
PULL: Final = "outside.pull"
DECIDE: Final = "outside.decide"
BY_HAND: Final = 5
"""The priority of what a person waits for."""
SOON: Final = 3
_APPROVED: Final = "approved"


def refresh_job(
    connection: Connection, *, project: str | None = None, stream: str | None = None, full: bool = False
) -> NewJob:
    """Return the job by which a person has something read now, beside whatever the schedule does.

    Its calls are told of under the correlation id of who asks.
    """
    named = {"connection": str(connection.id), "project": project, "stream": stream}
    args: dict[str, Any] = {**named, "full": full, "correlation_id": correlation_id()}
    key = "/".join((*(value or "*" for value in named.values()), "full" if full else "routine"))
    return NewJob(REFRESH, key, args, priority=BY_HAND)


def record_job(connection: Connection, record: Found | Record, stream: str) -> NewJob:
    """Return the job by which a person has one record read now.

    Its calls are told of under the correlation id of who asks.
    """
    project = Scope.parse(record.scope_text).project_id
    scope = (Scope().within("project_id", project) if project else Scope()).text
    args = {
        "connection": str(connection.id),
        "stream": stream,
        "scope": scope,
        "record": record.key,
        "correlation_id": correlation_id(),
    }
    return NewJob(REFRESH, f"{connection.id}/{scope}/{stream}/{record.key}", args, priority=BY_HAND)


def asked_for(kind: str, key: str) -> tuple[str | None, str | None, str | None]:
    """Return project, kind of record and record that a job by hand is about; None where it is about all.

    It reads what `refresh_job` and `record_job` make of their wishes.
    """
    if kind != REFRESH or key.count("/") < 3:
        return None, None, None
    _, project, stream, last = key.split("/", 3)
    project_id = project.removeprefix("project_id=")
    record = None if last in ("full", "routine") else last
    return (None if project_id in ("", "*") else project_id, None if stream == "*" else stream, record)


def refresh_again(key: str) -> NewJob:
    """Return the job that reads once more what one of this key read."""
    project, stream, record = asked_for(REFRESH, key)
    connection, scope, _, last = key.split("/", 3)
    args: dict[str, Any] = {"connection": connection, "stream": stream, "correlation_id": correlation_id()}
    if record is None:
        args |= {"project": project, "full": last == "full"}
    else:
        args |= {"scope": scope, "record": record}
    return NewJob(REFRESH, key, args, priority=BY_HAND)


def hear_job(link_id: UUID) -> NewJob:
    """Return the job that reads the items of a mirrored board which webhooks told of."""
    return _of_mirror(HEAR, link_id, SOON)


def send_job(link_id: UUID) -> NewJob:
    """Return the job that sends what was changed here on a mirrored board."""
    return _of_mirror(SEND, link_id, SOON)


def pull_job(link_id: UUID, *, by_hand: bool = False, approved: bool = False) -> NewJob:
    """Return the job that lays a whole mirrored board beside the one elsewhere.

    `approved`: however much is missing there, it is believed.
    """
    found = _of_mirror(PULL, link_id, BY_HAND if by_hand else 0)
    if not approved:
        return found
    return replace(found, key=f"{link_id}/{_APPROVED}", args={**found.args, _APPROVED: True})


def decide_job(link_id: UUID, what: str, about: UUID, choice: str, by: Actor) -> NewJob:
    """Return the job that carries out what a person has decided of a mirrored board.

    `what` is settle, undo or answer; `about` the conflict or the mirror. It takes its turn with whatever
    else is done for the board.
    """
    args = {"link": str(link_id), "what": what, "about": str(about), "choice": choice}
    args |= {"actor_kind": by.kind.value, "actor_id": by.id, "actor_name": by.name}
    return NewJob(DECIDE, f"{link_id}/{about}", args, priority=BY_HAND, serial_key=_line(str(link_id)))


def mirror_again(kind: str, key: str) -> NewJob:
    """Return the job that does once more what one of a mirrored board did."""
    link, _, approved = key.partition("/")
    args = {"link": link, _APPROVED: True} if approved else {"link": link}
    return NewJob(kind, key, args, priority=BY_HAND, serial_key=_line(link))


def _of_mirror(kind: str, link_id: UUID, priority: int) -> NewJob:
    # One after the other, whatever they do: monday.com may damage a board that two write to at once.
    return NewJob(
        kind, str(link_id), {"link": str(link_id)}, priority=priority, serial_key=_line(str(link_id))
    )


def _line(key: str) -> str:
    return f"outside/{key}"
