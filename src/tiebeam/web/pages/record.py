"""One record: what it says, what it said, where it came from and what it hangs together with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response

from tiebeam.connectors.procore.pages import vendor_page
from tiebeam.connectors.streams import Scope
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.diff import differences
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.kernel.moments import parse_moment
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.explorer.plan import column_value, files_of, replies_of, title_of
from tiebeam.replicate.model import State
from tiebeam.replicate.replica import NoSuchRecordError
from tiebeam.replicate.streams import STREAMS, find_stream
from tiebeam.web.pages.records import explorer, record_address
from tiebeam.web.pages.records_query import kind
from tiebeam.web.pages.shown import Room, in_words, plain
from tiebeam.web.routes import Row
from tiebeam.wishes import record_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.connectors.procore.pages import VendorPage
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.diff import Difference
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.explorer.model import Found, Place, Relative
    from tiebeam.replicate.explorer.repository import Explorer
    from tiebeam.replicate.replica import Version
    from tiebeam.web.call import Call

_CONTENT_BYTES_MAX: Final = 42_000
_VALUE_BYTES_MAX: Final = 12_000
_SHORT_BYTES_MAX: Final = 400
_VERSIONS_SHOWN: Final = 40
_DIFFERENCES_SHOWN: Final = 60
_FIELDS_SHOWN: Final = 150
_NAMES_SHOWN: Final = 40
_TOLD_FOR: Final = timedelta(days=7)
_STANDS: Final = {
    State.LIVE: "It stands in Procore.",
    State.DELETED: "It was deleted in Procore, and that is proven.",
    State.HIDDEN: "We can no longer see it, and nothing proves that it is gone.",
}
_MODES: Final = {
    "initial": "polling: the first copy",
    "incremental": "polling: what had changed",
    "window": "polling: some days, whole",
    "sweep": "polling: a complete listing",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field, ready to be shown."""

    name: str
    text: str
    folded: bool
    """Whether it holds more than a single value."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record that hangs together with this one."""

    kind: str
    name: str
    column: str
    address: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs between two versions."""

    path: str
    op: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A record, and which of its versions is looked at."""

    stream: Stream
    record: Found
    versions: Sequence[Version]
    version: Version | None
    """None: the copy did not know it yet at the moment that is asked for."""
    moment: datetime | None

    @property
    def project_id(self) -> str | None:
        """The project it lies in, if any."""
        return Scope.parse(self.record.scope_text).project_id

    @property
    def is_project(self) -> bool:
        """Whether it is a project itself."""
        return self.stream.name == "procore.projects"


async def record_page(call: Call) -> Response:
    """Show a record, or let one choose among those with its key."""
    stream, key = kind(call.request.path_params["view"]), call.request.path_params["key"]
    looking = await explorer(call)
    feed = call.number("at", 0, most=999_999_999) or None
    found = await looking.find(stream, key, call.asked("project") or None, feed)
    if len(found) > 1:
        return _choice(call, stream, found)
    sight = _sight(call, stream, found[0], await looking.versions(found[0]))
    if call.asked("as") == "json":
        return _as_json(sight)
    place = await looking.place(sight.record)
    room = Room(_CONTENT_BYTES_MAX)
    title = title_of(sight.record.payload)
    return call.render(
        "record.html",
        title=f"{stream.title}: {room.fit(title or key, 160)}",
        sight=sight,
        place=place,
        stands=_STANDS[sight.record.state],
        compared=(numbers := _numbers(call, sight)),
        changes=_compared(sight, numbers, room) if numbers else None,
        fields=_fields(sight, room),
        replies=[
            tuple(room.fit(part, 2_000) for part in reply)
            for reply in replies_of(_content(sight))[:_NAMES_SHOWN]
        ],
        files=[
            (room.fit(name, _SHORT_BYTES_MAX), size)
            for name, size in files_of(_content(sight))[:_NAMES_SHOWN]
        ],
        versions_shown=list(reversed(sight.versions))[:_VERSIONS_SHOWN],
        address=record_address(stream, key, sight.project_id),
        modes=_MODES,
        cut=room.cut,
        **await _surroundings(call, looking, sight, place),
    )


async def _surroundings(call: Call, looking: Explorer, sight: Sight, place: Place) -> dict[str, Any]:
    """Return where a record came from, and what it hangs together with."""
    stream, record, project = sight.stream, sight.record, sight.project_id
    room = Room(12_000)
    within = _within(sight)
    connection = await _connection(call, place)
    since = call.house.clock.now() - _TOLD_FOR
    return {
        "connection": connection,
        "theirs": _theirs(call, connection, sight),
        "listings": [listing.path for listing in stream.listings],
        "touches": await looking.touches(record),
        "told": await looking.told(record, stream, place, project, since),
        "named": [_link(one, room) for one in await looking.named_by(record, stream, place, project)],
        "naming": [_link(one, room) for one in await looking.naming(record, stream, place, project)],
        "holds": [
            (find_stream(one.stream), one)
            for one in (await looking.kinds(within, place.connection_id) if within else [])
            if one.live or one.deleted
        ],
        "is_project": sight.is_project,
    }


def _within(sight: Sight) -> str | None:
    """Return the scope of what is read within a record; None when nothing is."""
    names = {one.scope[-1] for one in STREAMS if one.parent == sight.stream.name and one.scope}
    if len(names) != 1:
        return None
    return Scope.parse(sight.record.scope_text).within(names.pop(), sight.record.key).text


async def _connection(call: Call, place: Place) -> Connection | None:
    app = await call.app()
    return next((one for one in await app.connections() if one.id == place.connection_id), None)


def _theirs(call: Call, connection: Connection | None, sight: Sight) -> VendorPage | None:
    """Return where the record is found in Procore, as long as it stands there."""
    record = sight.record
    if connection is None or record.state is not State.LIVE:
        return None
    return vendor_page(
        connection.environment,
        sight.stream.name,
        sight.project_id,
        record.key,
        record.payload,
        own_site=call.house.settings.procore_pages_url,
    )


def _choice(call: Call, stream: Stream, found: Sequence[Found]) -> Response:
    """Let one choose: the same id may stand in several projects."""
    room = Room(20_000)
    places = [
        (
            record,
            Scope.parse(record.scope_text).project_id,
            room.fit(title_of(record.payload), _SHORT_BYTES_MAX),
        )
        for record in found[:100]
    ]
    key = room.fit(found[0].key, 200)
    return call.render("record_choice.html", title=f"{stream.title}: {key}", stream=stream, places=places)


def _sight(call: Call, stream: Stream, record: Found, versions: Sequence[Version]) -> Sight:
    moment = _moment(call.asked("as_of"))
    if moment is not None:
        in_force = (v for v in versions if v.valid_from <= moment and (not v.valid_to or moment < v.valid_to))
        return Sight(stream, record, versions, next(in_force, None), moment)
    number = call.number("version", versions[-1].version)
    return Sight(stream, record, versions, _numbered(versions, number), None)


def _numbered(versions: Sequence[Version], number: int) -> Version:
    for version in versions:
        if version.version == number:
            return version
    raise NoSuchRecordError(
        f"There is no version {number}.", action=f"There are versions up to {versions[-1].version}."
    )


def _moment(text: str) -> datetime | None:
    """Return the moment that is asked for; of a date, its end."""
    if not text:
        return None
    moment = parse_moment(text)
    if moment is None:
        raise BadInputError(f"{text[:40]!r} is no date.", action="Write it as 2026-11-21.")
    return moment if len(text) > 10 else moment + timedelta(days=1) - timedelta(microseconds=1)


def _as_json(sight: Sight) -> Response:
    """Return all of a version as a file."""
    version = sight.version
    said = {
        "stream": sight.stream.name,
        "key": sight.record.key,
        "project_id": sight.project_id,
        "version": version.version if version else None,
        "state": version.state.name.lower() if version else None,
        "payload": version.payload if version else None,
    }
    headers = {
        "Content-Disposition": f'attachment; filename="{sight.stream.view}.json"',
        "Cache-Control": "no-store",
    }
    body = orjson.dumps(said, option=orjson.OPT_INDENT_2)
    return Response(body, media_type="application/json", headers=headers)


def _content(sight: Sight) -> dict[str, Any]:
    return sight.version.payload if sight.version else {}


def _fields(sight: Sight, room: Room) -> list[Field]:
    """Return the fields of a version: those of typed columns first, then all the rest that has a value."""
    payload = _content(sight)
    columns = sight.stream.columns if sight.version else ()
    typed = [
        Field(column.name, in_words(column, value), isinstance(value, dict | list))
        for column in columns
        if (value := column_value(column, payload)) not in (None, "", [], {})
    ]
    known = {column.path for column in columns}
    rest = [
        Field(name, _laid_out(value), isinstance(value, dict | list))
        for name, value in payload.items()
        if name not in known and value not in (None, "", [], {})
    ]
    found = sorted([*typed, *rest], key=lambda one: one.folded)[:_FIELDS_SHOWN]
    room.cut = room.cut or len(typed) + len(rest) > len(found)
    return [Field(room.fit(one.name, 200), room.fit(one.text, _VALUE_BYTES_MAX), one.folded) for one in found]


def _laid_out(value: Any) -> str:
    nested = isinstance(value, dict | list)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if nested else plain(value)


def _numbers(call: Call, sight: Sight) -> tuple[int, int] | None:
    """Return which two versions are compared; None while nobody asks."""
    if not call.asked("from") and not call.asked("to"):
        return None
    new = call.number("to", sight.versions[-1].version)
    return call.number("from", max(1, new - 1)), new


def _compared(sight: Sight, numbers: tuple[int, int], room: Room) -> list[Change]:
    """Return what differs between two versions."""
    old, new = (_numbered(sight.versions, number) for number in numbers)
    found = differences(old.payload, new.payload)
    if len(found) > _DIFFERENCES_SHOWN:
        room.cut = True
    changes = [_change(one, room) for one in found[:_DIFFERENCES_SHOWN]]
    if old.state is not new.state:
        changes.insert(0, Change("state", "changed", old.state.name.lower(), new.state.name.lower()))
    return changes


def _change(one: Difference, room: Room) -> Change:
    before, after = (room.fit(plain(value), _SHORT_BYTES_MAX * 2) for value in (one.before, one.after))
    return Change(room.fit(one.path, 200), one.op.value, before, after)


def _link(one: Relative, room: Room) -> Link:
    stream = find_stream(one.stream)
    name = room.fit(title_of(one.payload) or one.key, 160)
    return Link(stream.title, name, one.column, record_address(stream, one.key, one.project_id))


async def refresh(call: Call) -> Response:
    """Have a record read again now."""
    stream, key = kind(call.request.path_params["view"]), call.posted("key")
    project = call.posted("project") or None
    looking = await explorer(call)
    at = call.posted("at")
    feed = int(at) if at.isascii() and at.isdigit() and len(at) < 19 else None
    record = (await looking.find(stream, key, project, feed))[0]
    place = await looking.place(record)
    connection = await _connection(call, place)
    if connection is None or connection.status is not Status.CONNECTED:
        raise BadInputError(
            "It cannot be read again now: its connection is not in use.",
            action=(connection.action if connection else None) or "Connect it again first.",
            owner=Owner.ADMIN,
        )
    app, viewer = await call.app(), call.viewer
    await app.queue.trigger(app.tenant.id, [record_job(connection, record, stream.name)])
    subject = f"record:{stream.name}/{record.key}"
    where = {"scope": record.scope_text, "connection": str(connection.id)}
    await call.house.trail.note(app.tenant.id, viewer.person.actor, "record.refresh_asked", subject, where)
    target = record_address(stream, record.key, Scope.parse(record.scope_text).project_id)
    later = "This page shows what came of it" if viewer.may("runs.read") else "Look again shortly"
    return call.to(target, notice=f"It is queued to be read again, before everything else. {later}.")


ROWS = (
    Row("GET", "/records/{view}/{key:path}", Permission.RECORDS_READ, record_page),
    Row("POST", "/records/{view}/refresh", Permission.RECORDS_REFRESH, refresh),
)
