"""What is to be read now because somebody asked, as jobs of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.streams import Scope
from tiebeam.kernel.correlation import correlation_id
from tiebeam.operations.queue.model import NewJob

if TYPE_CHECKING:
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.explorer.model import Found
    from tiebeam.replicate.replica import Record

REFRESH: Final = "procore.refresh"
BY_HAND: Final = 5
"""The priority of what a person waits for."""


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
