"""Dossiers: signed, complete, readable by people and programs, and any change of one shows."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import psycopg
import pytest
from pypdf import PdfReader
from tests.factories.database import at

from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.anchors.repository import Evidence
from tiebeam.operations.audit.dossier.check import check_dossier
from tiebeam.operations.audit.dossier.desk import Dossiers
from tiebeam.operations.audit.dossier.model import Asked, Exhibit, Form
from tiebeam.operations.audit.dossier.plan import packed
from tiebeam.operations.audit.model import Actor, ActorKind, Wanted
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.vault import TextBox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from tests.factories.database import TestServer

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.audit.signing import SigningKey
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P16")

ANN = Actor(ActorKind.PERSON, "1", "Łukasz Żółć")
PHOTO = b"the bytes of a photo, as the camera wrote them"
TICKET = "document:7d"


@dataclass
class SeenOnSite:
    """Knows one ticket of one project."""

    asked: list[list[str]] = field(default_factory=list)

    async def subjects(self, tenant_id: UUID, project: str) -> list[str]:
        del tenant_id
        return [TICKET] if project == "bridge" else []

    async def exhibits(self, tenant_id: UUID, subjects: Sequence[str]) -> list[Exhibit]:
        del tenant_id
        self.asked.append(list(subjects))
        if TICKET not in subjects:
            return []
        at = self.clock.now()
        return [
            Exhibit("version", TICKET, "Version 1, as captured", at, {"hours": "8.00", "worker": "محمد"}),
            Exhibit("photo", TICKET, "صورة.jpg", at, {"bytes": len(PHOTO)}, sha256(PHOTO).digest()),
        ]

    async def faults(self, tenant_id: UUID, *, originals: bool = False) -> list[str]:
        del tenant_id
        return [f"photo {n} was changed" for n in range(self.changed)] if originals or self.changed else []

    changed: int = 0
    clock: ManualClock = field(init=False)


@pytest.fixture
def witness(clock: ManualClock) -> SeenOnSite:
    made = SeenOnSite()
    made.clock = clock
    return made


@pytest.fixture
def evidence(store: Store, clock: ManualClock) -> Evidence:
    return Evidence(store, clock, TextBox(Keyring.of_new_key(), "evidence"), os.urandom)


@pytest.fixture
async def desk(evidence: Evidence, clock: ManualClock, tenant: Tenant, witness: SeenOnSite) -> Dossiers:
    """A desk over four entries on two items, on two days."""
    for number, subject in enumerate((TICKET, "key:1", TICKET, "key:2")):
        if number == 2:
            await evidence.anchor(tenant.id)
            clock.advance(24 * 3600)
        detail = {"n": number, "said": "=1+1"}
        await evidence.trail.note(tenant.id, ANN, "document.submitted", subject, detail)
    return Dossiers(evidence, clock, tenant.id, "Alder & Sons", witnesses=[witness])


def files_of(data: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_dossier_of_an_item_tells_all_of_it_in_three_forms(
    desk: Dossiers, evidence: Evidence, tenant: Tenant
) -> None:
    made = await desk.make(Asked(item=TICKET), ANN)
    files = files_of(made.data)
    assert sorted(files) == ["dossier.json", "dossier.pdf", "entries.csv", "exhibits.csv", "manifest.json"]
    whole = json.loads(files["dossier.json"])
    assert [one["number"] for one in whole["entries"]] == [1, 3]
    assert whole["exhibits"][1]["told"] == {"hours": "8.00", "worker": "محمد"}
    assert whole["trail"]["last_anchor"]["number"] == 2
    rows = list(csv.DictReader(io.StringIO(files["entries.csv"].decode())))
    assert [row["actor_name"] for row in rows] == [ANN.name] * 2
    pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(files["dossier.pdf"])).pages)
    for said in ("Alder & Sons", "Łukasz Żółć", "document.submitted", "8.00", "Holds: 4 entries"):
        assert said in pages
    assert sha256(PHOTO).hexdigest() in pages.replace("\n", "")
    (noted,) = await evidence.trail.entries(tenant.id, Wanted(act="audit.exported"))
    assert noted.detail["sha256"] == sha256(made.data).hexdigest()
    assert noted.detail["asked"] == {"item": TICKET}


async def test_a_dossier_is_found_true_by_whoever_has_nothing_else(
    desk: Dossiers, evidence: Evidence, tenant: Tenant
) -> None:
    made = await desk.make(Asked(), ANN)
    public = (await evidence.key(tenant.id)).public.hex()
    found = check_dossier(made.data, key=public)
    assert (found.faults, found.entries, found.company) == ((), 4, "Alder & Sons")
    assert list(found.photos.values()) == [sha256(PHOTO).hexdigest()]
    assert check_dossier(made.data, key="00" * 32).faults == (f"it was signed with another key: {public}",)


async def test_what_is_asked_for_is_what_is_in_it(
    desk: Dossiers, clock: ManualClock, witness: SeenOnSite
) -> None:
    async def numbers(wish: Asked) -> list[int]:
        made = await desk.make(wish, ANN, forms=[Form.JSON])
        return [one["number"] for one in json.loads(files_of(made.data)["dossier.json"])["entries"]]

    day = clock.now().replace(hour=0)
    assert await numbers(Asked(until=day)) == [1, 2]
    assert await numbers(Asked(item=TICKET, since=day)) == [3]
    assert await numbers(Asked(project="bridge")) == [1, 3]
    assert witness.asked[-1] == [TICKET]
    with pytest.raises(BadInputError, match="Nothing was noted"):
        await desk.make(Asked(project="elsewhere"), ANN)
    with pytest.raises(BadInputError, match="As what"):
        await desk.make(Asked(), ANN, forms=[])


async def test_more_than_anybody_reads_is_refused(desk: Dossiers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Form, "entries_max", property(lambda form: 3 if form is Form.PDF else 4))
    with pytest.raises(BadInputError, match="More than 3 entries"):
        await desk.make(Asked(), ANN)
    assert (await desk.make(Asked(), ANN, forms=[Form.CSV])).entries == 4


async def test_words_of_others_are_no_formulas(desk: Dossiers, evidence: Evidence, tenant: Tenant) -> None:
    names = ("=cmd()", "  =cmd()", "\N{FULLWIDTH EQUALS SIGN}cmd()", "-12.50")
    for name in names:
        actor = Actor(ActorKind.STRANGER, "", name)
        await evidence.trail.note(tenant.id, actor, "session.refused", "x:1")
    made = await desk.make(Asked(item="x:1"), ANN, forms=[Form.CSV])
    entries = files_of(made.data)["entries.csv"].decode().splitlines()
    assert [row.split(",")[4] for row in entries[1:]] == [*(f"'{name}" for name in names[:3]), names[3]]


@pytest.mark.parametrize(
    "name", ["dossier.json", "dossier.pdf", "entries.csv", "exhibits.csv", "manifest.json"]
)
async def test_one_changed_byte_of_any_file_shows(desk: Dossiers, name: str) -> None:
    files = files_of((await desk.make(Asked(item=TICKET), ANN)).data)
    data = files[name]
    places = range(0, len(data), max(1, len(data) // 40))
    for place in places:
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert not is_true(packed({**files, name: changed})), place
    assert is_true(packed(files))


async def test_one_changed_byte_of_the_zip_shows_or_changes_nothing_in_it(desk: Dossiers) -> None:
    data = (await desk.make(Asked(item=TICKET), ANN, forms=[Form.CSV, Form.JSON])).data
    before = files_of(data)
    for place in range(0, len(data), max(1, len(data) // 200)):
        changed = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
        assert not is_true(changed) or files_of(changed) == before, place


async def test_what_a_witness_finds_changed_is_told(desk: Dossiers, witness: SeenOnSite) -> None:
    assert (await desk.prove()).fault is None
    witness.changed = 7
    said = "; ".join(f"photo {n} was changed" for n in range(5))
    assert (await desk.prove()).fault == f"{said}; and 2 more"
    made = await desk.make(Asked(), ANN, forms=[Form.JSON])
    assert check_dossier(made.data).faults == ("when it was made, the audit trail did not hold",)


async def test_files_put_in_or_taken_out_show(desk: Dossiers) -> None:
    files = files_of((await desk.make(Asked(item=TICKET), ANN)).data)
    assert check_dossier(packed({**files, "extra.txt": b""})).faults == ("extra.txt was put in afterwards",)
    del files["entries.csv"]
    assert check_dossier(packed(files)).faults == ("entries.csv is missing",)


def resigned(files: dict[str, bytes], key: SigningKey, change: Callable[[Any], object]) -> bytes:
    """Return a dossier whose JSON was changed before whoever has the key signed it."""
    whole = json.loads(files["dossier.json"])
    change(whole)
    data = json.dumps(whole).encode()
    told = json.loads(files["manifest.json"])
    told["signed"]["files"]["dossier.json"] = sha256(data).hexdigest()
    told["signature"] = key.sign(canonical(told["signed"])).hex()
    return packed({**files, "dossier.json": data, "manifest.json": json.dumps(told).encode()})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda whole: whole, None),
        (lambda whole: whole["entries"][0].update(act="document.approved"), "entry 1 is not what its hash"),
        (lambda whole: whole["entries"][2].update(whole["entries"][1], number=3), "entry 3 is not what"),
        (
            lambda whole: whole["trail"]["last_anchor"].update(day="2026-03-01"),
            "signature of 2026-03-01 is not",
        ),
        (lambda whole: whole["trail"]["last_anchor"].update(number=1), "is not of entry 1"),
    ],
)
async def test_not_even_who_signs_can_tell_another_story_of_the_chain(
    desk: Dossiers, evidence: Evidence, tenant: Tenant, change: Callable[[Any], object], fault: str | None
) -> None:
    files = files_of((await desk.make(Asked(), ANN)).data)
    found = check_dossier(resigned(files, await evidence.key(tenant.id), change)).faults
    assert (len(found), fault is None or fault in found[0]) == (0 if fault is None else 1, True)


async def test_a_signature_of_something_else_makes_no_dossier(
    desk: Dossiers, evidence: Evidence, tenant: Tenant
) -> None:
    files = files_of((await desk.make(Asked(), ANN, forms=[Form.CSV])).data)
    told = json.loads(files["manifest.json"])
    told["signed"]["what"] = "tiebeam.audit_anchor"
    told["signature"] = (await evidence.key(tenant.id)).sign(canonical(told["signed"])).hex()
    with pytest.raises(BadInputError, match="manifest cannot be read"):
        check_dossier(packed({**files, "manifest.json": json.dumps(told).encode()}))


def is_true(data: bytes) -> bool:
    try:
        return not check_dossier(data).faults
    except BadInputError:
        return False


@pytest.mark.parametrize(
    "data",
    [b"", b"no zip", packed({"a": b"b"}), packed({"manifest.json": b"{}"}), packed({"manifest.json": b"["})],
)
def test_what_is_no_dossier_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadInputError, match="no whole dossier"):
        check_dossier(data)


async def test_one_changed_byte_in_the_database_is_told_in_every_later_dossier(
    desk: Dossiers, database_server: TestServer, database_name: str
) -> None:
    if database_server.embedded is None:
        pytest.skip("this server was given by URL, without its superuser")
    url = at(database_server.admin_url, database_name)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(b"set session_replication_role = replica")
        await connection.execute(b"update tiebeam.audit set actor_name = 'Lukasz' where number = 2")
    files = files_of((await desk.make(Asked(item=TICKET), ANN)).data)
    assert check_dossier(packed(files)).faults == ("when it was made, the audit trail did not hold",)
    pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(files["dossier.pdf"])).pages)
    assert "DOES NOT HOLD: the entry 2 was changed" in pages.replace("\n", " ")
