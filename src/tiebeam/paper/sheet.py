"""A document of pages: headings, facts, tables and pictures, set with reportlab and the fonts in `fonts`."""

from __future__ import annotations

import io
import unicodedata
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from tiebeam.paper.letters import on_paper

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

PLAIN: Final = "DejaVuSansCondensed"
BOLD: Final = "DejaVuSansCondensed-Bold"
# Those that every reader of PDF has by itself: no font for them is embedded.
_HAN, _KANA, _HANGUL = "STSong-Light", "HeiseiKakuGo-W5", "HYSMyeongJo-Medium"
_LENT: Final = (
    "Chinese, Japanese and Korean letters are shown in the fonts of whatever this is read with. Where there "
    "are none, they can be copied out of here all the same."
)
_MARGIN: Final = 16 * mm
_WIDTH: Final = LETTER[0] - 2 * _MARGIN
_LINE: Final = colors.HexColor("#b9c0c8")
_FAINT: Final = colors.HexColor("#f1f3f5")


class Sheet:
    """Pages in the making. What is put on them is text of people: any character is shown, or named."""

    def __init__(self, title: str, *, footer: str) -> None:
        """`footer` stands on every page, beside its number."""
        fonts()
        self._lent = False
        self._title = title
        self._footer = footer
        self._parts: list[Any] = [self._paragraph(title, _style("title"), 60), Spacer(1, 2 * mm)]

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._parts += [Spacer(1, 4 * mm), self._paragraph(text, _style("heading"), 70), Spacer(1, 1 * mm)]

    def text(self, text: str) -> None:
        """Add a paragraph a line."""
        self._parts += [
            self._paragraph(line, _style("text"), 95) for line in text.splitlines() if line.strip()
        ]

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Add pairs of a name and what is to be said of it."""
        told = [
            [self._paragraph(name, _style("name"), 24), self._paragraph(said, _style("text"), 70)]
            for name, said in rows
        ]
        if told:
            self._parts.append(_table(told, [0.24, 0.76], [("TOPPADDING", (0, 0), (-1, -1), 1)]))

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        numbers: Collection[int] = (),
        totals: int = 0,
    ) -> None:
        """Add a table. `widths` are shares of the page's; `numbers` are columns set to the right.

        The last `totals` rows are set in bold.
        """
        columns = [max(4, int(width * 100)) for width in widths]
        last = len(rows) - totals
        told = [
            [
                self._paragraph(cell, _style(_kind(row, last, column in numbers)), columns[column])
                for column, cell in enumerate(cells)
            ]
            for row, cells in enumerate([heads, *rows], start=-1)
        ]
        marks: list[tuple[Any, ...]] = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("BACKGROUND", (0, 0), (-1, 0), _FAINT),
        ]
        self._parts.append(_table(told, widths, marks, repeat=1))

    def pictures(self, shown: Sequence[tuple[bytes | None, str]], *, width_mm: float = 55) -> None:
        """Add pictures, three beside each other, each with what is said of it; None is one that cannot be."""
        cells = [self._pictured(data, said, width_mm * mm) for data, said in shown]
        for start in range(0, len(cells), 3):
            row = cells[start : start + 3]
            row += [[] for _ in range(3 - len(row))]
            self._parts.append(KeepTogether([_table([row], [1 / 3] * 3, [])]))

    def made(self) -> bytes:
        """Return the PDF; the same contents give the same bytes."""
        if self._lent:
            self._parts += [Spacer(1, 4 * mm), self._paragraph(_LENT, _style("foot"), 120)]
        into = io.BytesIO()
        template = SimpleDocTemplate(
            into,
            pagesize=LETTER,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN + 4 * mm,
            title=self._title,
            author="Tiebeam",
            invariant=1,
        )
        template.build(self._parts, canvasmaker=partial(_Numbered, self._footer))
        return into.getvalue()

    def _pictured(self, data: bytes | None, said: str, width: float) -> list[Any]:
        words = self._paragraph(said, _style("cell"), 30)
        if data is None:
            return [words]
        try:
            across, down = ImageReader(io.BytesIO(data)).getSize()
        except OSError:
            return [self._paragraph("(This picture cannot be shown.)", _style("cell"), 30), words]
        height = min(width * down / max(across, 1), 70 * mm)
        return [Image(io.BytesIO(data), width=width, height=height, kind="proportional"), words]

    def _paragraph(self, text: str, style: ParagraphStyle, columns: int) -> Paragraph:
        made = marked(text, columns)
        self._lent = self._lent or "<font name=" in made
        return Paragraph(made, style)


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab tells no types
    """A canvas that knows on its pages how many there are."""

    def __init__(self, footer: str, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._said = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - what the library calls
        """Keep the page until the last is there."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write the pages, each with its number."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            said = f"{self._said} · page {number} of {len(self._pages)}"
            foot = Paragraph(marked(said, 120), _style("foot"))
            foot.wrapOn(self, _WIDTH, 10 * mm)
            foot.drawOn(self, _MARGIN, 9 * mm)
            super().showPage()
        super().save()


@cache
def fonts() -> None:
    """Make the fonts known, once."""
    folder = resources.files("tiebeam.paper").joinpath("fonts")
    for name in (PLAIN, BOLD):
        registerFont(TTFont(name, io.BytesIO(folder.joinpath(f"{name}.ttf").read_bytes())))
    for name in (_HAN, _KANA, _HANGUL):
        registerFont(UnicodeCIDFont(name))


@cache
def _shapes() -> frozenset[int]:
    from reportlab.pdfbase.pdfmetrics import getFont  # noqa: PLC0415 - known only once `fonts` has run

    return frozenset(getFont(PLAIN).face.charToGlyph)


def marked(text: str, columns: int) -> str:
    """Return a text as the library's markup: in the fonts that have its letters, lines as they stand."""
    return "<br/>".join(_in_fonts(line) for line in on_paper(text, columns=columns))


def _in_fonts(line: str) -> str:
    japanese = any("\u3040" <= letter <= "\u30ff" for letter in line)
    made, run, before = [], "", ""
    for letter in [*line, ""]:
        font = _font_of(letter, japanese=japanese) if letter else ""
        if run and (font != before or not letter):
            made.append(_set(run, before))
            run = ""
        run, before = run + letter, font
    return "".join(made)


def _font_of(letter: str, *, japanese: bool) -> str:
    """Return the font that has a letter; `?` for none."""
    if ord(letter) > 0xFFFF:
        return "?"  # Beyond what the library can write so that it can be copied out of the page again.
    if ord(letter) in _shapes():
        return PLAIN
    name = unicodedata.name(letter, "")
    if name.startswith("HANGUL"):
        return _HANGUL
    if japanese and name.startswith(("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC")):
        return _KANA
    return _HAN if name.startswith(("CJK UNIFIED", "IDEOGRAPHIC", "FULLWIDTH")) else "?"


def _set(run: str, font: str) -> str:
    if font == "?":
        # No font here has them: whoever needs to know can look them up, and nothing is lost without a word.
        return escape("[" + " ".join(f"U+{ord(letter):04X}" for letter in run) + "]")
    return escape(run) if font == PLAIN else f'<font name="{font}">{escape(run)}</font>'


def _kind(row: int, last: int, number: bool) -> str:  # noqa: FBT001 - what a cell is like
    weight = "head" if row < 0 else "total" if row >= last else "cell"
    return f"{weight}_number" if number else weight


_STYLES: Final = {
    "title": {"fontName": BOLD, "fontSize": 17, "leading": 21},
    "heading": {"fontName": BOLD, "fontSize": 11.5, "leading": 14, "keepWithNext": 1},
    "text": {"fontName": PLAIN, "fontSize": 9.5, "leading": 12.5},
    "name": {"fontName": BOLD, "fontSize": 9.5, "leading": 12.5},
    "head": {"fontName": BOLD, "fontSize": 8.5, "leading": 10.5},
    "cell": {"fontName": PLAIN, "fontSize": 8.5, "leading": 10.5},
    "total": {"fontName": BOLD, "fontSize": 8.5, "leading": 10.5},
    "foot": {"fontName": PLAIN, "fontSize": 7.5, "leading": 9},
}


@cache
def _style(name: str) -> ParagraphStyle:
    kind, _, number = name.partition("_")
    more = {"alignment": TA_RIGHT} if number else {}
    # Long words and hashes break where the column ends.
    return ParagraphStyle(name, splitLongWords=1, **_STYLES[kind], **more)


def _table(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    marks: Sequence[tuple[Any, ...]],
    *,
    repeat: int = 0,
) -> Table:
    made = Table(
        [list(row) for row in rows],
        colWidths=[share * _WIDTH for share in widths],
        repeatRows=repeat,
        splitInRow=1,
        hAlign="LEFT",
    )
    usual = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    made.setStyle(TableStyle([*usual, *marks]))
    return made
