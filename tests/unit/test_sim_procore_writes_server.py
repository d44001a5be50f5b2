"""The writes over a real socket: a large file, a form as aiohttp sends it, webhooks that arrive."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import aiohttp
from aiohttp import web
from tests.factories.procore_writer import BOUNDARY, COMPANY, P11, P, Writer, multipart

from tiebeam.simulators.base.dispatch import send_due
from tiebeam.simulators.base.server import dispatching, posting, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LARGE = b"\xff\xd8" + bytes(3 * 1024 * 1024)


@asynccontextmanager
async def opened(writer: Writer) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    headers = {"Authorization": f"Bearer {writer.caller.token}", "Procore-Company-Id": str(COMPANY)}
    async with serve(writer.simulator) as base_url, aiohttp.ClientSession(headers=headers) as session:
        yield session, base_url


async def test_a_large_photo_goes_up_and_comes_down_again() -> None:
    async with opened(Writer()) as (session, base_url):
        body = {"response_filename": "a.jpg", "response_content_type": "image/jpeg"}
        async with session.post(f"{base_url}{P11}/uploads", json=body) as answer:
            upload = await answer.json()
        form = aiohttp.FormData()
        for name, value in upload["fields"].items():
            form.add_field(name, value)
        form.add_field("file", BytesIO(LARGE), filename="a.jpg", content_type="image/jpeg")
        async with aiohttp.ClientSession() as storage, storage.post(upload["url"], data=form) as stored:
            assert stored.status == 204
        image = {"upload_uuid": upload["uuid"], "image_name": "a.jpg", "image": {"description": "Deck"}}
        async with session.post(f"{base_url}/rest/v1.0/images?project_id=5", json=image) as answer:
            photo = await answer.json()
        async with session.get(photo["url"], allow_redirects=False) as answer:
            assert answer.status == 302
            there = answer.headers["Location"]
        async with aiohttp.ClientSession() as storage, storage.get(there) as stored:
            assert sha256(await stored.read()).digest() == sha256(LARGE).digest()


async def test_a_form_from_the_standard_library_is_understood() -> None:
    writer = Writer()
    parts = (("manpower_log[num_workers]", "3"), ("attachments[]", "a.jpg", "image/jpeg", b"jpg"))

    def send(base_url: str) -> int:
        headers = {
            "Authorization": f"Bearer {writer.caller.token}",
            "Procore-Company-Id": str(COMPANY),
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        request = Request(f"{base_url}{P}/manpower_logs", multipart(parts), headers, method="POST")
        with urlopen(request, timeout=10) as answer:
            status: int = answer.status
            return status

    async with opened(writer) as (_session, base_url):
        assert await asyncio.to_thread(send, base_url) == 201
    (log,) = writer.state.rows("manpower_logs", project_id=5)
    assert (log["num_workers"], log["attachments"][0]["filename"]) == (3, "a.jpg")


async def test_webhooks_arrive_and_are_sent_again_until_they_are_taken() -> None:
    writer = Writer()
    heard: asyncio.Queue[tuple[str | None, Any]] = asyncio.Queue()
    answers = [500, 200]

    async def receive(request: web.BaseRequest) -> web.Response:
        heard.put_nowait((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=answers.pop(0))

    receiver = web.ServerRunner(web.Server(receive))
    await receiver.setup()
    await web.TCPSite(receiver, "127.0.0.1", 0).start()
    target = f"http://127.0.0.1:{receiver.addresses[0][1]}/"
    settings = {"namespace": "t", "destination_url": target, "destination_headers": {"Authorization": "s"}}
    made = writer.created(
        f"/rest/v2.0/companies/{COMPANY}/webhooks/hooks", {**settings, "payload_version": "v4.0"}
    )["data"]["id"]
    trigger = {"resource_name": "RFIs", "event_type": "create"}
    writer.created(f"/rest/v2.0/companies/{COMPANY}/webhooks/hooks/{made}/triggers", trigger)
    webhooks = writer.simulator.webhooks
    rfi_id = writer.put("rfis", subject="x")
    async with posting() as post:
        assert [await send_due(webhooks, writer.clock.now, post) for _ in range(2)] == [1, 0]
        first = heard.get_nowait()
    writer.clock.advance(1)
    async with dispatching(webhooks, writer.clock.now):
        again = await asyncio.wait_for(heard.get(), 10)
    assert first == again
    assert (first[0], first[1]["resource_id"]) == ("s", str(rfi_id))
    await receiver.cleanup()


async def test_a_receiver_that_is_not_there_is_no_answer() -> None:
    async with posting() as post:
        assert await post("http://127.0.0.1:9/", {}, b"{}") is None
