"""Where monday.com knocks: who may, what is kept of it, what is answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

import orjson
import pytest

from tiebeam.kernel.clock import ManualClock
from tiebeam.kernel.errors import TiebeamError
from tiebeam.link.outside.door.receive import Answer, MondayDoor, secret_hash
from tiebeam.link.outside.door.repository import Knock
from tiebeam.simulators.monday.webhooks.signing import signed

if TYPE_CHECKING:
    from tiebeam.link.outside.door.repository import Doors

TENANT, LINK = uuid4(), uuid4()
SECRET, SIGNING = "s" * 43, "the app's secret"
NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)


class Kept:
    """Doors of one company, in memory."""

    def __init__(self) -> None:
        self.told: list[tuple[UUID, str, bool]] = []
        self.broken = False

    async def knock(self, link_id: UUID) -> Knock | None:
        return Knock(secret_hash(SECRET), "77", "9000001") if link_id == LINK else None

    async def tell(self, link_id: UUID, item_id: str, at: datetime, *, answers: bool) -> None:
        assert at == NOW
        if self.broken:
            raise TiebeamError("The database is away.", action="Wait.")
        self.told.append((link_id, item_id, answers))


class Desk:
    def __init__(self, signing: str = "") -> None:
        self.kept, self.news = Kept(), list[tuple[UUID, UUID]]()
        self.door = MondayDoor(
            lambda tenant_id: cast("Doors", self.kept if tenant_id == TENANT else Kept()),
            ManualClock(NOW),
            signing_secret=signing,
            on_told=lambda tenant_id, link_id: self.news.append((tenant_id, link_id)),
        )

    async def hear(
        self, body: bytes, *, secret: str = SECRET, link: UUID = LINK, authorization: str | None = None
    ) -> tuple[Answer, bytes]:
        heard = await self.door.receive(TENANT, link, secret, body, authorization)
        return heard.answer, heard.body


def event(**more: object) -> bytes:
    said = {
        "type": "update_column_value",
        "userId": 5,
        "boardId": 77,
        "pulseId": 12,
        "triggerUuid": "u1",
        "originalTriggerUuid": None,
    }
    return orjson.dumps({"event": said | more})


async def test_what_happens_to_an_item_is_kept_and_told_on() -> None:
    desk = Desk()
    assert await desk.hear(event()) == (Answer.STORED, b"")
    assert desk.kept.told == [(LINK, "12", False)]
    assert desk.news == [(TENANT, LINK)]


async def test_what_a_rule_there_did_is_known_for_an_answer() -> None:
    desk = Desk()
    await desk.hear(event(userId=9000001, originalTriggerUuid="u0"))
    assert desk.kept.told == [(LINK, "12", True)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(event(userId=9000001), id="our own doing"),
        pytest.param(event(boardId=78), id="another board"),
        pytest.param(b"{", id="garbled"),
        pytest.param(b'{"event": {"type": "create_pulse"}}', id="no item"),
        pytest.param(b"[]", id="no object"),
    ],
)
async def test_what_is_no_news_is_answered_and_not_kept(body: bytes) -> None:
    desk = Desk()
    assert await desk.hear(body) == (Answer.STORED, b"")
    assert (desk.kept.told, desk.news) == ([], [])


async def test_who_does_not_know_the_secret_learns_nothing() -> None:
    desk = Desk()
    for secret, link in (("t" * 43, LINK), ("", LINK), (SECRET, uuid4()), ("s" * 10_000, LINK)):
        assert await desk.hear(event(), secret=secret, link=link) == (Answer.REFUSED, b"")
        asks = await desk.hear(b'{"challenge":"c"}', secret=secret, link=link)
        assert asks == (Answer.REFUSED, b""), "not even that somebody listens"
    assert desk.kept.told == []


async def test_who_asks_whether_we_listen_hears_the_same_back() -> None:
    desk = Desk(SIGNING)
    answer, body = await desk.hear(b'{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}')
    assert answer is Answer.LISTENS
    assert orjson.loads(body) == {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}


async def test_with_a_signing_secret_only_what_is_signed_is_taken_in() -> None:
    desk = Desk(SIGNING)
    ends = int((NOW + timedelta(minutes=5)).timestamp())
    good = signed({"exp": ends}, SIGNING, "HS256")
    late = signed({"exp": ends - 3600}, SIGNING, "HS256")
    other = signed({"exp": ends}, "another", "HS256")
    for authorization in (None, "", late, other, "a.b.c"):
        assert (await desk.hear(event(), authorization=authorization))[0] is Answer.REFUSED
    assert desk.kept.told == []
    assert (await desk.hear(event(), authorization=good))[0] is Answer.STORED
    assert len(desk.kept.told) == 1


async def test_what_cannot_be_kept_is_asked_for_again() -> None:
    desk = Desk()
    desk.kept.broken = True
    assert await desk.hear(event()) == (Answer.BUSY, b"")
    assert desk.news == []
