"""Names of people from everywhere, as they must stand on paper."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tiebeam.paper.letters import joined, on_paper
from tiebeam.paper.sheet import Sheet

pytestmark = pytest.mark.req("P6")


def codes(text: str) -> list[int]:
    return [ord(letter) for letter in text]


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("محمد", [0xFEE3, 0xFEA4, 0xFEE4, 0xFEAA]),  # all four join
        ("داود", [0xFEA9, 0xFE8D, 0xFEED, 0xFEA9]),  # none joins the next one
        ("لا", [0xFEFB]),  # lam and alef are one letter
        ("سلام", [0xFEB3, 0xFEFC, 0xFEE1]),
        ("مُحَ", [0xFEE3, 0x64F, 0xFEA2, 0x64E]),  # marks stand where they stood
        ("پژمان", [0xFB58, 0xFB8B, 0xFEE3, 0xFE8E, 0xFEE5]),  # Persian letters
    ],
)
def test_arabic_letters_join(name: str, forms: list[int]) -> None:
    assert codes(joined(name)) == forms


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("שלום", "םולש"),
        ("שלום 12.5", "12.5 םולש"),
        ("abc שלום def", "abc םולש def"),
        ("שלום (abc) 1,250", "1,250 (abc) םולש"),
        ("abc (שלום) def", "abc (םולש) def"),
        ("שלום - 5 ft", "5 ft - םולש"),
        ("a\tb", "a b"),
        ("plain (text) 12.5", "plain (text) 12.5"),
    ],
)
def test_lines_stand_in_the_order_in_which_they_are_read(said: str, stands: str) -> None:
    assert on_paper(said, columns=80) == [stands]


def test_a_turned_line_is_broken_before_it_is_turned() -> None:
    assert on_paper("אב גד הו", columns=5) == ["דג בא", "וה"]
    assert on_paper("one\ntwo", columns=5) == ["one", "two"]


def test_what_no_font_has_is_named_and_what_a_reader_lends_is_told() -> None:
    sheet = Sheet("Łukasz Żółć", footer="ø")
    sheet.facts([("Names", "東京タワー · 上海 · 서울 · นา · 😀 · Ζορμπάς · Чехов")])
    said = PdfReader(io.BytesIO(sheet.made())).pages[0].extract_text()
    for part in (
        "Łukasz Żółć",
        "東京タワー",
        "上海",
        "서울",
        "[U+0E19 U+0E32]",
        "[U+1F600]",
        "Ζορμπάς",
        "Чехов",
    ):
        assert part in said
    assert "shown in the fonts of whatever this is read with" in said.replace("\n", " ")


@settings(max_examples=40)
@given(st.lists(st.text(), max_size=4), st.integers(1, 40))
def test_any_text_at_all_can_be_set(texts: list[str], columns: int) -> None:
    for text in texts:
        lines = on_paper(text, columns=columns)
        assert all("\n" not in line for line in lines)
    sheet = Sheet("".join(texts[:1]), footer="".join(texts[1:2]))
    sheet.table(("a", "b"), [(text, text) for text in texts], [0.1, 0.9])
    assert sheet.made().startswith(b"%PDF-")
