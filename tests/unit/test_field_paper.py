"""Tickets and change order requests on paper: every rate and total, every photo, any name, the same bytes."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pypdf import PdfReader
from tests.factories.field_work import FOREMAN, picture, request_form, ticket

from tiebeam.field.forms import body_of, form_of
from tiebeam.field.model import Document, Kind, Standing
from tiebeam.field.paper.parts import Contents, money
from tiebeam.field.paper.printer import PAPERS
from tiebeam.field.photos.model import Photo
from tiebeam.field.projects.model import Project
from tiebeam.field.projects.model import Standing as ProjectStanding

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HERE, SIGNED, LATE, HEIC = (UUID(int=number) for number in (1, 2, 3, 4))
PROJECT = Project(UUID(int=7), "24-017", "Library", ProjectStanding.ACTIVE, AT)


def photo(id_: UUID, name: str) -> Photo:
    return Photo(
        id_, bytes([id_.int]) * 32, 10, name, "image/jpeg", 4, 3, AT, 52.52, 13.405, True, AT, FOREMAN
    )


def contents(kind: Kind, body: dict[str, object]) -> Contents:
    kept = body_of(form_of(kind, body))
    document = Document(
        UUID(int=9),
        kind,
        PROJECT.id,
        f"{kind.letters}-0007",
        Standing.APPROVED,
        2,
        kept,
        AT,
        AT,
        AT,
        FOREMAN,
        None,
        None,
    )
    small = picture(size=(48, 32))
    photos = {
        HERE: (photo(HERE, "صورة الموقع.jpg"), small),
        SIGNED: (photo(SIGNED, "signature.png"), small),
        HEIC: (photo(HEIC, "IMG_4.HEIC"), None),
    }
    return Contents("Alder & Sons", PROJECT, document, photos, {UUID(int=5): "TM-0003"})


def paper(given: Contents) -> bytes:
    return PAPERS[given.document.kind](given)


def words(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


@pytest.mark.req("P6")
def test_a_ticket_tells_its_rates_which_procore_has_no_place_for() -> None:
    labour = [
        {"worker": "A. Aziz", "trade": "Electrician", "hours": "8.50", "rate": "95.00"},
        {"worker": "Łukasz Żółć", "hours": "2.25", "time_type": "overtime", "rate": "142.50"},
        {"worker": "New hand", "hours": "1", "time_type": "double"},
    ]
    equipment = [{"name": "Lift", "quantity": "1.5", "rate": "1250.5"}]
    signature = {"name": "C. Ustomer", "signed_at": "2026-03-02T14:00:00Z", "photo": str(SIGNED)}
    body = ticket(
        labour=labour,
        equipment=equipment,
        notes="Wait for <b>power</b> & keys",
        photos=[str(HERE), str(LATE), str(HEIC)],
        signature=signature,
        cost_code="26-05-19",
    )
    said = words(paper(contents(Kind.TM_TICKET, body)))
    for part in (
        "T&M ticket TM-0007",
        "Alder & Sons",
        "24-017 Library",
        "A. Aziz Electrician Regular 8.50 95.00 807.50",
        "Łukasz Żółć Overtime 2.25 142.50 320.62",  # 320.625: half to even
        "Hours together 11.75",
        "EMT 3/4 ft 40 1.255 50.20",
        "Lift hours 1.5 1,250.50 1,875.75",
        "Total 3,054.07",
        "1 line has no rate and no part in the total.",
        "Wait for <b>power</b> & keys",
        "C. Ustomer",
        "26-05-19",
        "none yet",
        f"Photo {LATE} has not arrived.",
        "No small picture can be made of it",
    ):
        assert part in said, part
    for id_ in (HERE, SIGNED, HEIC):
        assert (bytes([id_.int]) * 32).hex() in said.replace(" ", "")


def test_a_ticket_without_rates_or_anything_else_is_a_ticket() -> None:
    said = words(paper(contents(Kind.TM_TICKET, {"work_date": "2026-03-02", "description": ""})))
    assert "Nothing was written down." in said
    assert "Not signed." in said
    assert "Total" not in said


@pytest.mark.req("P7")
def test_a_change_order_request_comes_to_what_its_lines_and_markups_do() -> None:
    body = request_form(
        tickets=[str(UUID(int=5)), str(UUID(int=6))], photos=[str(HERE)], schedule_days=-2, reason="Design"
    )
    said = words(paper(contents(Kind.CHANGE_ORDER_REQUEST, body)))
    for part in (
        "Change order request COR-0007",
        "Riser in corridor B",
        "Labour Electrician 8.5 h 95.00 807.50",
        "Material EMT 3 ft -0.335 -1.00",
        "Lines together 806.50",
        "Overhead, 10 % 80.65",
        "Profit, 5 % 44.36",
        "Total 931.51",
        "Each mark-up is on the lines and on the mark-ups above it.",
        "-2 days",
        "TM-0003",
        str(UUID(int=6)),
    ):
        assert part in said, part


@pytest.mark.parametrize("kind", PAPERS)
def test_the_same_contents_give_the_same_bytes_and_a_change_gives_others(kind: Kind) -> None:
    body = ticket(photos=[str(HERE)]) if kind is Kind.TM_TICKET else request_form(photos=[str(HERE)])
    given = contents(kind, body)
    made = paper(given)
    assert paper(contents(kind, body)) == made
    told = PdfReader(io.BytesIO(made)).metadata
    assert told
    assert str(told["/CreationDate"]).startswith("D:2000")  # No clock is looked at.
    changed = replace(given, document=replace(given.document, version=3))
    assert paper(changed) != made


def test_two_hundred_lines_go_over_pages_with_their_heads_on_each() -> None:
    labour = [{"worker": f"Worker {number}", "hours": "8"} for number in range(200)]
    pages = PdfReader(io.BytesIO(paper(contents(Kind.TM_TICKET, ticket(labour=labour))))).pages
    assert len(pages) > 3
    assert all("Worker" in page.extract_text() for page in pages[:-1])
    assert f"page 1 of {len(pages)}" in pages[0].extract_text()


@pytest.mark.parametrize(
    ("amount", "said"),
    [("1234.5", "1,234.50"), ("-0.005", "-0.005"), ("0", "0.00"), ("12.3400", "12.3400"), (None, "")],
)
def test_money_keeps_every_digit_and_has_two_at_least(amount: str | None, said: str) -> None:
    assert money(amount) == said
