"""Cells as they are shown and typed: every value comes back as it was, whatever stands in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.identity.model import Person, Role
from tiebeam.jobs.boards.model import Column, ColumnKind, Label
from tiebeam.jobs.boards.values import checked
from tiebeam.jobs.model import Job, JobStatus
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.boards import labels_in, labels_text
from tiebeam.web.pages.work_cells import Directory, cell_of, fitting, number_of, value_of

pytestmark = pytest.mark.req("L6")

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LABELS = (Label("To do"), Label("Done", "green", done=True))


def person(name: str, email: str, *, active: bool = True) -> Person:
    return Person(uuid4(), UUID(int=1), email, name, Role.OFFICE, active, True, False, None, AT)


ADA, BEN = person("Ada Lovelace", "ada@alder.test"), person("Ben Ok", "ben@alder.test")
TWIN, ODD = person("ben ok", "twin@alder.test"), person("Lee, Kim", "kim@alder.test")
GONE = person("Ada Lovelace II", "gone@alder.test", active=False)
PEOPLE = Directory([ADA, BEN, TWIN, ODD, GONE])
JOB = Job(uuid4(), 12, "Roof", JobStatus.NEW, None, "", None, None, AT, AT, 1)


def column(kind: ColumnKind) -> Column:
    return Column(uuid4(), uuid4(), "key", "Title", kind, 0, LABELS if kind is ColumnKind.STATUS else ())


VALUES: dict[ColumnKind, st.SearchStrategy[Any]] = {
    ColumnKind.STATUS: st.sampled_from([one.text for one in LABELS]),
    ColumnKind.PEOPLE: st.lists(
        st.sampled_from([str(one.id) for one in (ADA, BEN, TWIN, ODD, GONE)]), min_size=1, unique=True
    ),
    ColumnKind.DATE: st.dates().map(lambda day: day.isoformat()),
    ColumnKind.TEXT: st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip),
    ColumnKind.NUMBER: st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15),
    ColumnKind.LINK: st.sampled_from([str(JOB.id), "https://alder.test/a?b=c"]),
}


@pytest.mark.parametrize("kind", ColumnKind)
@given(data=st.data())
def test_what_is_shown_is_what_comes_back(kind: ColumnKind, data: st.DataObject) -> None:
    one = column(kind)
    value = checked(one, data.draw(VALUES[kind]), {it.id: True for it in (ADA, BEN, TWIN, ODD, GONE)})
    shown = cell_of(one, value, PEOPLE, {JOB.id: JOB})
    # As JSON has it, or it would seem to differ from what the item holds.
    assert value_of(one, shown.text.strip(), PEOPLE, {JOB.number: JOB.id}) == value


def test_people_are_named_so_that_one_is_meant() -> None:
    assert PEOPLE.typed(ADA.id) == "Ada Lovelace"
    assert PEOPLE.typed(BEN.id) == "ben@alder.test"
    assert PEOPLE.typed(ODD.id) == "kim@alder.test"
    assert PEOPLE.ids("ada lovelace, BEN@alder.test , ada lovelace") == [str(ADA.id), str(BEN.id)]
    with pytest.raises(BadInputError, match="several people"):
        PEOPLE.ids("Ben Ok")
    with pytest.raises(BadInputError, match="nobody"):
        PEOPLE.ids("Cy")


@pytest.mark.parametrize(
    ("text", "number"), [("#12", 12), ("12", 12), (" #7 ", 7), ("12a", None), ("", None)]
)
def test_jobs_are_named_by_number(text: str, number: int | None) -> None:
    assert number_of(text) == number


def test_labels_are_typed_a_line_each() -> None:
    found = labels_in("To do\n\nWaits, for paint, amber\nOver, green, done\n")
    assert found == (Label("To do"), Label("Waits, for paint", "amber"), Label("Over", "green", done=True))
    assert labels_in(labels_text(found)) == found
    with pytest.raises(BadInputError, match="no label"):
        labels_in(", green")


@given(texts=st.lists(st.text(max_size=400), min_size=1, max_size=30), bytes_max=st.integers(1, 4000))
def test_cells_are_cut_into_pages_of_which_none_is_lost(texts: list[str], bytes_max: int) -> None:
    cells = [cell_of(column(ColumnKind.TEXT), text, PEOPLE, {}) for text in texts]
    seen: list[str] = []
    while len(seen) < len(cells):
        page = fitting(cells, len(seen), bytes_max)
        assert page
        seen += [one.text for one in page]
    assert seen == texts
