"""What comes to the door: the right sender and everybody else."""

from __future__ import annotations

import asyncio
import hmac
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.factories.webhooks import PostRoom, connected, payload, post, served

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.ports import Request
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import TiebeamError
from tiebeam.replicate.webhooks.inbox import Inbox
from tiebeam.replicate.webhooks.model import Answer
from tiebeam.replicate.webhooks.receive import BODY_BYTES_MAX, Receiver
from tiebeam.replicate.webhooks.repository import Deliveries
from tiebeam.web.app import create_app
from tiebeam.web.parts import Services
from tiebeam.web.serving import AddressTakenError, listen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.identity.model import Tenant
    from tiebeam.replicate.webhooks.model import Filed
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("R4")

COUNT = "select count(*) from tiebeam.webhook_delivery"
PENDING = "select stream, scope, key, deleted, generation from tiebeam.webhook_pending"


@pytest.fixture
async def room(store: Store, tenant: Tenant) -> PostRoom:
    opened = await PostRoom.opened(store, tenant.id)
    await opened.keeper.keep(opened.terms())
    return opened


def secret(room: PostRoom) -> dict[str, str]:
    (hook,) = room.desk.simulator.webhooks.hooks.values()
    return dict(hook.destination_headers)


async def stored(room: PostRoom) -> int:
    found: int = (await room.rows(COUNT))[0][0]
    return found


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "x" * 600}, {"Authorization": "\xff"}],
)
async def test_who_does_not_know_the_secret_is_refused_and_nothing_is_kept(
    room: PostRoom, headers: dict[str, str]
) -> None:
    assert await post(room.app(), payload(1), headers) == (401, b"")
    assert await stored(room) == 0


async def test_a_company_that_the_hook_is_not_for_is_refused_alike(room: PostRoom) -> None:
    assert await post(room.app(), payload(1, company_id=4711), secret(room)) == (401, b"")
    assert await stored(room) == 0


async def test_a_secret_opens_no_other_tenants_door(room: PostRoom, store: Store) -> None:
    other = await Tenants(store).create("birch", "Birch")
    theirs = PostRoom(room.desk, store, other.id, await connected(store, other.id))
    mine = secret(room)
    await theirs.keeper.keep(theirs.terms())
    assert len(room.desk.simulator.webhooks.hooks) == 2
    assert (await post(room.app(), payload(1), mine))[0] == 204
    assert (await stored(room), await stored(theirs)) == (1, 0)
    assert [row[0] for row in await room.deliveries.waiting(room.desk.clock.now() + timedelta(1))] == [
        room.tenant_id
    ]


async def test_the_secret_itself_is_nowhere(room: PostRoom) -> None:
    await post(room.app(), payload(1), secret(room))
    given = secret(room)["Authorization"]
    kept = str(await room.rows("select w::text from tiebeam.webhook w"))
    assert given not in kept
    assert given.removeprefix("Bearer ") not in kept
    assert given not in repr(await room.hooks.current())


@pytest.mark.parametrize("length", [BODY_BYTES_MAX + 1, 10_000_000])
async def test_what_is_too_large_is_not_even_read(room: PostRoom, length: int) -> None:
    declared = {**secret(room), "Content-Length": str(length)}
    assert (await post(room.app(), b"", declared))[0] == 413
    chunks = [b" " * 1000] * (BODY_BYTES_MAX // 1000 + 2)
    assert (await post(room.app(), b"", secret(room), chunks=chunks))[0] == 413
    assert (await post(room.app(), b"", {**secret(room), "Content-Length": "-1"}))[0] == 413
    assert await stored(room) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"id": 1}', b"[" * 30_000, payload(1, resource_id=None)],
)
async def test_what_is_not_understood_is_kept_so_that_the_senders_queue_goes_on(
    room: PostRoom, body: bytes
) -> None:
    assert (await post(room.app(), body, secret(room)))[0] == 204
    assert (await post(room.app(), body, {"Authorization": "Bearer wrong"}))[0] == 401
    assert await room.rows("select fate, body from tiebeam.webhook_delivery") == [("unreadable", body)]
    assert await room.rows(PENDING) == []


async def test_what_is_sent_again_counts_once(room: PostRoom) -> None:
    for _ in range(3):
        assert (await post(room.app(), payload(1), secret(room)))[0] == 204
    assert await stored(room) == 1
    assert await room.rows(PENDING) == [("procore.rfis", "project_id=5", "77", False, 1)]


async def test_many_deliveries_of_a_record_are_one_fetch(room: PostRoom) -> None:
    bodies = [payload(number, event_type="delete" if number == 3 else "update") for number in range(1, 8)]
    answers = await asyncio.gather(*(post(room.app(), body, secret(room)) for body in bodies))
    assert {status for status, _ in answers} == {204}
    assert await stored(room) == 7
    ((stream, scope, key, deleted, _),) = await room.rows(PENDING)
    assert (stream, scope, key, deleted) == ("procore.rfis", "project_id=5", "77", True)


async def test_thousands_at_once_are_stored_once_each_or_asked_to_come_again(room: PostRoom) -> None:
    app, headers = room.app(), secret(room)
    left = {number: payload(number, record_id=number % 50) for number in range(3000)}
    rounds = 0
    while left:
        rounds += 1
        answers = await asyncio.gather(*(post(app, body, headers) for body in left.values()))
        assert {status for status, _ in answers} <= {204, 503}
        left = {n: body for (n, body), answer in zip(left.items(), answers, strict=True) if answer[0] != 204}
    assert rounds > 1
    assert await stored(room) == 3000
    assert len(await room.rows(PENDING)) == 50


def one_of_six(number: int, right: dict[str, str]) -> tuple[bytes, dict[str, str], int]:
    """Return a delivery of a kind, what it is sent under, and what it is to be answered."""
    good = number - number % 6
    return [
        (payload(good, record_id=good), right, 204),
        (payload(good, record_id=good), right, 204),
        (b"{%d" % number, right, 204),
        (payload(number), {"Authorization": "Bearer wrong"}, 401),
        (payload(number, company_id=4711), right, 401),
        (b" " * (BODY_BYTES_MAX + 1 + number), right, 413),
    ][number % 6]


async def test_everything_bad_at_once_among_good_deliveries(room: PostRoom) -> None:
    """Each is answered as it would be alone, and what is good is stored once however often it is sent."""
    app, right = room.app(), secret(room)
    sent = [one_of_six(number, right) for number in range(480)]
    answers = await asyncio.gather(*(post(app, body, headers) for body, headers, _ in sent))
    assert [status for status, _ in answers] == [status for _, _, status in sent]
    fates = await room.rows("select fate, count(*) from tiebeam.webhook_delivery group by 1 order by 1")
    assert fates == [("fetch", 80), ("unreadable", 80)]


async def test_one_that_cannot_be_stored_fails_no_other_that_shares_its_commit(room: PostRoom) -> None:
    """Its hook was removed from the database a moment after its sender had been looked up."""
    former = secret(room)
    (hook,) = room.desk.simulator.webhooks.hooks.values()
    hook.active = False
    await room.keeper.keep(room.terms())
    app = room.app()
    assert (await post(app, payload(1), former))[0] == 204
    await room.rows("delete from tiebeam.webhook where retired_at is not null returning id")
    bodies = [(payload(number), former if number in {7, 23} else secret(room)) for number in range(2, 42)]
    answers = await asyncio.gather(*(post(app, body, headers) for body, headers in bodies))
    refused = [number for number, (status, _) in enumerate(answers, start=2) if status == 401]
    assert refused == [7, 23]
    assert {status for status, _ in answers} == {204, 401}
    assert await stored(room) == 38


async def test_a_fault_of_the_database_with_one_delivery_is_that_deliverys_alone(room: PostRoom) -> None:
    class Picky(Deliveries):
        def __init__(self) -> None:
            self.groups: list[int] = []

        async def hook_of(self, secret_hash: bytes) -> Any:
            return await room.deliveries.hook_of(secret_hash)

        async def keep(self, arrived: Sequence[Filed]) -> int:
            self.groups.append(len(arrived))
            if any(one.key == "13" for one in arrived):
                raise ValueError("no reason that anybody knows")
            return await room.deliveries.keep(arrived)

    picky = Picky()
    receiver = Receiver(picky, Inbox(picky), room.desk.clock, STREAMS)
    given = secret(room)["Authorization"]
    await receiver.receive(given, payload(0))
    many = (receiver.receive(given, payload(number, record_id=number)) for number in range(1, 65))
    answers = await asyncio.gather(*many)
    assert [number for number, answer in enumerate(answers, 1) if answer is Answer.BUSY] == [13]
    assert answers.count(Answer.STORED) == 63
    assert await stored(room) == 64
    assert len(picky.groups) < 2 * 8, "halves, not one by one"


async def test_a_delivery_is_answered_only_once_it_is_on_the_disk(room: PostRoom) -> None:
    class Slow(Deliveries):
        def __init__(self) -> None:
            self.began, self.may_go_on = asyncio.Event(), asyncio.Event()

        async def hook_of(self, secret_hash: bytes) -> Any:
            return await room.deliveries.hook_of(secret_hash)

        async def keep(self, arrived: Sequence[Filed]) -> int:
            self.began.set()
            await self.may_go_on.wait()
            return await room.deliveries.keep(arrived)

    slow = Slow()
    told: list[str] = []
    receiver = Receiver(
        slow, Inbox(slow), room.desk.clock, STREAMS, on_stored=lambda one: told.append(one.key)
    )
    answering = asyncio.create_task(receiver.receive(secret(room)["Authorization"], payload(1)))
    await slow.began.wait()
    assert (answering.done(), told) == (False, [])
    slow.may_go_on.set()
    assert await answering is Answer.STORED
    assert told == ["77"]


async def test_when_the_disk_is_away_the_sender_is_asked_to_come_again(room: PostRoom) -> None:
    class Away(Deliveries):
        def __init__(self) -> None:
            pass

        async def hook_of(self, secret_hash: bytes) -> Any:
            return await room.deliveries.hook_of(secret_hash)

        async def keep(self, arrived: Sequence[Filed]) -> int:
            raise TiebeamError(f"The database is away for {len(arrived)}.", action="Wait.")

    away = Away()
    receiver = Receiver(away, Inbox(away), room.desk.clock, STREAMS)
    assert await receiver.receive(secret(room)["Authorization"], payload(1)) is Answer.BUSY


async def test_a_sender_that_signs_is_held_to_it(room: PostRoom) -> None:
    key, body = b"shared", payload(1)
    receiver = Receiver(room.deliveries, Inbox(room.deliveries), room.desk.clock, STREAMS, signing_key=key)
    given = secret(room)["Authorization"]
    signature = hmac.new(key, body, sha256).hexdigest()
    assert await receiver.receive(given, body) is Answer.REFUSED
    assert await receiver.receive(given, body, signature="sha256=" + "0" * 64) is Answer.REFUSED
    assert await receiver.receive(given, payload(2), signature=signature) is Answer.REFUSED
    assert await receiver.receive(given, body, signature=f"sha256={signature}") is Answer.STORED


async def test_a_former_secret_serves_an_hour_and_then_no_more(room: PostRoom) -> None:
    former = secret(room)
    (hook,) = room.desk.simulator.webhooks.hooks.values()
    hook.active = False
    room.desk.clock.advance(60)
    await room.keeper.keep(room.terms())
    assert (await post(room.app(), payload(1), former))[0] == 204
    room.desk.clock.advance(3700)
    assert (await post(room.app(), payload(2), former))[0] == 401
    assert (await post(room.app(), payload(2), secret(room)))[0] == 204


async def test_a_new_secret_is_known_at_once_and_an_unknown_one_soon_after_it_is_made(room: PostRoom) -> None:
    """A refusal is remembered for seconds, not for ever."""
    receiver, coming = room.receiver, f"Bearer {room.connection_id}-2"
    assert await receiver.receive(coming, payload(1)) is Answer.REFUSED
    (hook,) = room.desk.simulator.webhooks.hooks.values()
    hook.active = False
    await room.keeper.keep(room.terms())
    room.desk.clock.advance(6)
    assert await receiver.receive(coming, payload(1)) is Answer.STORED


async def test_probes_and_numbers_and_nothing_else(room: PostRoom) -> None:
    app = room.app()
    assert await post(app, b"", {}, path="/healthz", method="GET") == (200, b"ok\n")
    assert await post(app, b"", {}, path="/readyz", method="GET") == (200, b"ready\n")
    assert await post(app, b"", {}, path="/metrics", method="GET") == (200, b"up 1\n")
    for path in ("/docs", "/redoc", "/openapi.json", "/"):
        assert (await post(app, b"", {}, path=path, method="GET"))[0] == 404
    assert (await post(app, b"", {}, method="GET"))[0] == 405

    async def away() -> str | None:
        return "The database cannot be reached."

    unready = create_app(Services(room.receiver, away, lambda: b""))
    answer = await post(unready, b"", {}, path="/readyz", method="GET")
    assert answer == (503, b"The database cannot be reached.\n")


async def test_a_sender_that_never_ends_its_body_is_not_waited_for(room: PostRoom) -> None:
    async def ready() -> str | None:
        return None

    app = create_app(Services(room.receiver, ready, lambda: b"", body_wait_seconds=0.05))
    async with served(app) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        given = secret(room)["Authorization"]
        head = f"POST /webhooks/procore HTTP/1.1\r\nHost: x\r\nAuthorization: {given}\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert b" 408 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert await stored(room) == 0


async def test_over_a_real_socket(room: PostRoom) -> None:
    async with served(room.app()) as url, AiohttpTransport() as transport:
        there = f"{url}/webhooks/procore"
        answer = await transport.send(Request("POST", there, headers=secret(room), body=payload(1)))
        assert (answer.status, answer.headers.get("server")) == (204, None)
        refused = await transport.send(Request("POST", there, body=payload(2)))
        assert refused.status == 401
        with pytest.raises(AddressTakenError):
            listen("127.0.0.1", int(url.rpartition(":")[2]))
    assert await stored(room) == 1


async def test_ids_are_not_guessed_across_connections(room: PostRoom) -> None:
    """What waits for another connection of the same tenant is not fetched for this one."""
    await post(room.app(), payload(1), secret(room))
    elsewhere = PostRoom(room.desk, room.store, room.tenant_id, uuid4())
    assert await elsewhere.landing.due(10) == []
    assert len(await room.landing.due(10)) == 1
