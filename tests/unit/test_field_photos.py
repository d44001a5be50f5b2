"""What a photo's bytes say, and a shelf that holds a whole original or none."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.factories.field_work import heic, in_chunks, picture

from tiebeam.field.photos import content, shelf
from tiebeam.field.photos.content import media_type_of, told
from tiebeam.field.photos.model import PhotoRefusedError, ShelfFullError, Told
from tiebeam.field.photos.shelf import FolderShelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.req("P25")


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "photo"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_photo_says_its_kind_size_time_and_place(tmp_path: Path, form: str, media_type: str) -> None:
    found = told(kept(tmp_path, picture(form, exif=True)))
    assert (found.media_type, found.width, found.height) == (media_type, 1200, 800)
    assert found.taken_at == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    assert (found.latitude, found.longitude) == (52.52, 13.405)
    assert found.thumbnail
    with Image.open(BytesIO(found.thumbnail)) as small:
        # The camera was held upright: the small picture is turned, and the original is not touched.
        assert (small.format, small.size) == ("JPEG", (320, 480))
        assert not small.getexif()


def test_a_photo_that_says_nothing_of_itself_is_a_photo(tmp_path: Path) -> None:
    found = told(kept(tmp_path, picture()))
    assert (found.taken_at, found.latitude, found.longitude) == (None, None, None)
    assert told(kept(tmp_path, heic())) == Told("image/heic")


def test_a_signature_on_nothing_is_drawn_on_white(tmp_path: Path) -> None:
    drawn = Image.new("RGBA", (400, 100), (0, 0, 0, 0))
    written = BytesIO()
    drawn.save(written, "PNG")
    small = told(kept(tmp_path, written.getvalue())).thumbnail
    assert small
    with Image.open(BytesIO(small)) as image:
        pixel = image.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 250


@pytest.mark.parametrize("share", [0.001, 0.02, 0.5, 0.95])
def test_half_a_photo_is_kept_as_what_it_is(tmp_path: Path, share: float) -> None:
    data = picture(exif=True)
    assert told(kept(tmp_path, data[: max(4, int(len(data) * share))])).media_type == "image/jpeg"


def test_a_picture_of_more_pixels_than_memory_gets_no_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(content.PIXELS_MAX, "JPEG", 1000)
    found = told(kept(tmp_path, picture()))
    assert (found.width, found.thumbnail) == (1200, None)


@pytest.mark.parametrize(
    "start", [b"", b"GIF89a", b"%PDF-1.7", b"<svg", b"\x00\x00\x00\x18ftypmp42", b"RIFF1234WAVE"]
)
def test_other_files_are_refused(start: bytes) -> None:
    with pytest.raises(PhotoRefusedError, match="JPEG, PNG, WebP or HEIC"):
        media_type_of(start)


@given(data=st.binary(max_size=300))
def test_odd_metadata_never_stops_a_photo(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    marker = b"\xff\xe1" + (len(data) + 8).to_bytes(2, "big") + b"Exif\x00\x00" + data
    whole = picture(size=(8, 8))
    found = told(kept(tmp_path_factory.mktemp("odd"), whole[:2] + marker + whole[2:]))
    assert found.media_type == "image/jpeg"


async def test_an_original_lies_by_its_hash_once_and_byte_for_byte(tmp_path: Path) -> None:
    place, data = FolderShelf(tmp_path / "photos"), picture()
    laid = await place.lay(in_chunks(data), told)
    assert await place.lay(in_chunks(data), told) == laid
    assert (laid.sha256, laid.bytes) == (sha256(data).digest(), len(data))
    assert place.path(laid.sha256).read_bytes() == data
    assert files_in(tmp_path) == [laid.sha256.hex()]


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def broken_off(data: bytes) -> AsyncIterator[bytes]:
    yield data
    raise ConnectionResetError("the network went away")


async def test_what_does_not_come_whole_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = FolderShelf(tmp_path)
    with pytest.raises(ConnectionResetError):
        await place.lay(broken_off(picture()), told)
    with pytest.raises(PhotoRefusedError, match="empty: it has no bytes"):
        await place.lay(in_chunks(b""), told)
    with pytest.raises(PhotoRefusedError, match="This is a PDF"):
        await place.lay(in_chunks(b"%PDF-1.7"), told)
    monkeypatch.setattr(shelf, "PHOTO_BYTES_MAX", 5000)
    with pytest.raises(PhotoRefusedError, match="larger than"):
        await place.lay(in_chunks(picture(size=(3000, 2000))), told)
    assert files_in(tmp_path) == []


PART = "a1-b2"


async def test_a_photo_comes_in_pieces_and_goes_on_in_the_middle_of_one(tmp_path: Path) -> None:
    place, data = FolderShelf(tmp_path / "photos"), picture()
    most = len(data)
    assert await place.have(PART) == 0
    with pytest.raises(ConnectionResetError):
        await place.append(PART, 0, broken_off(data[:3000]), most=most)
    assert await place.have(PART) == 3000
    # Sent again because its answer was lost, or from a place that is not reached yet: neither counts.
    assert await place.append(PART, 0, in_chunks(data[:3000]), most=most) == 3000
    assert await place.append(PART, 5000, in_chunks(data[5000:]), most=most) == 3000
    assert (
        await FolderShelf(tmp_path / "photos").append(PART, 3000, in_chunks(data[3000:]), most=most) == most
    )
    laid = await place.finish(PART, sha256(data).digest(), told)
    assert laid
    assert (laid.bytes, place.path(laid.sha256).read_bytes()) == (most, data)
    assert files_in(tmp_path) == [laid.sha256.hex()]


async def test_two_who_add_the_same_piece_at_once_add_it_once(tmp_path: Path) -> None:
    place, data = FolderShelf(tmp_path), picture(size=(2000, 1500))
    adding = [place.append(PART, 0, in_chunks(data, 97), most=len(data)) for _ in range(4)]
    assert max(await asyncio.gather(*adding)) == len(data)
    assert await place.finish(PART, sha256(data).digest(), told)


async def test_pieces_that_are_not_what_was_promised_are_thrown_away(tmp_path: Path) -> None:
    place, data = FolderShelf(tmp_path), picture()
    assert await place.append(PART, 0, in_chunks(data * 2), most=len(data)) == len(data)
    assert await place.finish(PART, sha256(b"another").digest(), told) is None
    assert await place.finish(PART, sha256(data).digest(), told) is None
    await place.append(PART, 0, in_chunks(b"%PDF-1.7"), most=8)
    with pytest.raises(PhotoRefusedError, match="This is a PDF"):
        await place.finish(PART, sha256(b"%PDF-1.7").digest(), told)
    assert files_in(tmp_path) == []


async def test_so_many_are_half_here_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = FolderShelf(tmp_path)
    monkeypatch.setattr(shelf, "UNFINISHED_MAX", 2)
    for name in ("one", "two"):
        await place.append(name, 0, in_chunks(b"ab"), most=9)
    with pytest.raises(ShelfFullError):
        await place.append("three", 0, in_chunks(b"ab"), most=9)
    assert await place.append("two", 2, in_chunks(b"cd"), most=9) == 4


async def test_what_was_left_half_is_swept_when_nobody_goes_on_with_it(tmp_path: Path) -> None:
    place, data = FolderShelf(tmp_path), picture()
    laid = await place.lay(in_chunks(data), told)
    # What a process leaves that was killed while a photo came in.
    old, fresh = tmp_path / "0123456789abcdef.part", tmp_path / "fedcba9876543210.part"
    for path in (old, fresh):
        path.write_bytes(b"\xff\xd8\xff")
    os.utime(old, (1_000, 1_000))
    assert await place.sweep(datetime(2001, 1, 1, tzinfo=UTC)) == 1
    assert sorted(files_in(tmp_path)) == sorted([fresh.name, laid.sha256.hex()])
