"""What a rule makes of what happened."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from tests.factories.automations import (
    ACTIVE_JOBS,
    ADA,
    AT,
    BOB,
    HOME,
    ITEM,
    JOB,
    PUNCH,
    PUNCH_LIST,
    TODAY,
    WORLD,
    event,
    item,
    job,
    rule,
)

from tiebeam.jobs.automations.model import Action, ActionKind, Check, Condition, Draft, Happening, Trigger
from tiebeam.jobs.automations.rules import (
    answers,
    asked_in_order,
    events_of,
    facts_of,
    filled,
    fitted,
    fitted_job,
    plan_of,
    same,
    unmet,
)
from tiebeam.jobs.automations.shape import draft_of, shape_of
from tiebeam.jobs.boards.model import ColumnKind
from tiebeam.jobs.model import Cause, Change, Subject, What
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor

pytestmark = pytest.mark.req("L5")

DONE = Trigger(Happening.COLUMN_BECOMES, PUNCH, ("status",), "Done")


def change(
    id_: int, version: int, field: str | None, *, of: UUID = ITEM, what: What = What.CHANGED
) -> Change:
    subject = Subject.JOB if of == JOB else Subject.ITEM
    whole = {"name": "Gutter", "status": "Done"} if field is None else "new"
    board_id = PUNCH if subject is Subject.ITEM else None
    return Change(
        id_, AT, subject, of, board_id, what, field, None, whole, version,
        Actor.system("tests"), Cause(UUID(int=9)),
    )  # fmt: skip


def test_what_one_write_changed_is_one_event() -> None:
    found = events_of(
        [change(1, 1, None, what=What.CREATED), change(2, 2, "status"), change(3, 1, "title", of=JOB),
         change(4, 2, "lead"), change(5, 3, "status")]
    )  # fmt: skip
    assert [one.ids for one in found] == [(1,), (2, 4), (3,), (5,)]
    assert found[0].fields == {"name": (None, "Gutter"), "status": (None, "Done")}
    assert found[1].fields == {"status": (None, "new"), "lead": (None, "new")}


@pytest.mark.parametrize(
    ("trigger", "asked"),
    [
        (Trigger(Happening.ITEM_CHANGED), True),
        (Trigger(Happening.ITEM_TOUCHED, PUNCH), True),
        (Trigger(Happening.ITEM_CHANGED, HOME), False),
        (Trigger(Happening.ITEM_CHANGED, PUNCH, ("lead", "status")), True),
        (Trigger(Happening.ITEM_CHANGED, PUNCH, ("lead",)), False),
        (Trigger(Happening.ITEM_CREATED, PUNCH), False),
        (Trigger(Happening.JOB_CHANGED), False),
        (DONE, True),
        (replace(DONE, value="on hold"), False),
        (replace(DONE, fields=("note",)), False),
    ],
)
def test_who_is_asked_about_an_item_that_was_changed(trigger: Trigger, *, asked: bool) -> None:
    assert answers(trigger, event(status=("New", "Done"))) is asked


def test_a_column_that_was_so_before_does_not_become_so() -> None:
    assert not answers(DONE, event(status=("done", "Done")))
    assert answers(DONE, event(what=What.CREATED, status=(None, "Done")))
    assert not answers(DONE, event(what=What.DELETED, status=("Done", None)))


@pytest.mark.parametrize("what", What)
def test_only_what_touches_answers_deleting_and_restoring(what: What) -> None:
    happened = event(Subject.JOB, what, title=("a", "b"))
    assert answers(Trigger(Happening.JOB_TOUCHED), happened)
    assert answers(Trigger(Happening.JOB_CREATED), happened) is (what is What.CREATED)
    assert answers(Trigger(Happening.JOB_CHANGED), happened) is (what is What.CHANGED)
    # A field that is named is one that changes: what is new or gone is answered all the same.
    chosen = answers(Trigger(Happening.JOB_TOUCHED, fields=("lead_id",)), happened)
    assert chosen is (what is not What.CHANGED)


def test_only_enabled_rules_are_asked_in_their_order() -> None:
    draft = Draft("r", Trigger(Happening.ITEM_CHANGED))
    rules = [rule(draft, 3), rule(draft, 1, enabled=False), rule(draft, 2), rule(Draft("n", DONE), 4)]
    assert asked_in_order(rules, event(note=("a", "b"))) == [rules[0], rules[2]]


FACTS = facts_of(
    event(),
    job(),
    item(status="In progress", who=[str(ADA), str(BOB)], hours=2.0, note="Two  metres, 35"),
    PUNCH_LIST,
    TODAY,
)


@pytest.mark.parametrize(
    ("name", "check", "value", "holds"),
    [
        ("item.status", Check.IS, " in PROGRESS", True),
        ("item.status", Check.IS, "Done", False),
        ("item.status", Check.IS_NOT, "Done", True),
        ("item.hours", Check.IS, "2", True),
        ("item.hours", Check.IS, "2.5", False),
        ("item.hours", Check.ONE_OF, ["1", "2.00"], True),
        ("item.job", Check.IS_EMPTY, None, True),
        ("item.job", Check.IS_NOT_EMPTY, None, False),
        ("item.who", Check.IS, str(ADA), False),
        ("item.who", Check.CONTAINS, str(ADA), True),
        ("item.who", Check.ONE_OF, [str(JOB), str(BOB)], True),
        ("item.note", Check.CONTAINS, "METRES", True),
        ("item.note", Check.CONTAINS, "feet", False),
        ("item.note", Check.CONTAINS, "3", True),
        ("item.note", Check.CONTAINS, "4", False),
        ("item.hours", Check.CONTAINS, "7", False),
        ("job.status", Check.ONE_OF, ["Done", "In progress"], True),
        ("job.status", Check.ONE_OF, ["Done"], False),
        ("job.address", Check.IS_EMPTY, None, True),
        ("item.nowhere", Check.IS, "x", False),
    ],
)
def test_conditions(name: str, check: Check, value: object, *, holds: bool) -> None:
    condition = Condition(name, check, value)
    assert unmet([condition], FACTS) == (None if holds else condition)


def test_numbers_are_told_apart_to_the_last_digit() -> None:
    assert not same(1234567, "1234568")
    assert same(1234567, "1234567.0")


def test_a_name_alone_keeps_its_kind_and_within_text_becomes_words() -> None:
    assert filled("{item.who}", FACTS, WORLD) == [str(ADA), str(BOB)]
    assert filled("{item.hours}", FACTS, WORLD) == 2.0
    text = "{item.name}: {item.who}, {item.hours} h of {job.title}{item.job}, {today}, {who}"
    said = "Leaking gutter: Ada, Bob, 2 h of Roof of the library, 2026-03-02, tests"
    assert filled(text, FACTS, WORLD) == said
    assert filled(3, FACTS, WORLD) == 3
    assert filled([str(ADA), "{job.lead_id}"], FACTS, WORLD) == [str(ADA), str(ADA)]
    assert filled("{} { x} {X.y}", FACTS, WORLD) == "{} { x} {X.y}"


def test_a_name_that_is_lost_says_so() -> None:
    with pytest.raises(BadInputError, match=r"item\.colour here any more"):
        filled("{item.colour}", FACTS, WORLD)


def test_the_job_of_an_item_that_names_none_is_empty() -> None:
    facts = facts_of(event(), None, item(), PUNCH_LIST, TODAY)
    assert filled("{job.title}", facts, WORLD) is None
    assert filled("of {job.title}", facts, WORLD) == "of "


def test_a_plan_has_everything_filled_in() -> None:
    draft = Draft("r", DONE, actions=(Action(ActionKind.CREATE_JOB, None, {"title": "After {item.name}"}),))
    assert plan_of(draft, FACTS, WORLD) == [
        Action(ActionKind.CREATE_JOB, None, {"title": "After Leaking gutter"})
    ]


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        (ColumnKind.PEOPLE, str(ADA), [str(ADA)]),
        (ColumnKind.PEOPLE, "", None),
        (ColumnKind.NUMBER, "12.50", "12.50"),
        (ColumnKind.NUMBER, [3], 3),
        (ColumnKind.TEXT, [str(ADA), str(BOB)], "Ada, Bob"),
        (ColumnKind.TEXT, 2.0, "2"),
        (ColumnKind.STATUS, ["Done"], "Done"),
        (ColumnKind.DATE, "2026-03-02", "2026-03-02"),
        (ColumnKind.LINK, None, None),
    ],
)
def test_values_take_the_form_of_what_holds_them(kind: ColumnKind, value: object, held: object) -> None:
    assert fitted(kind, value, WORLD) == held


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("title", ["a", "b"], "a, b"),
        ("title", None, ""),
        ("status", " in PROGRESS", "in_progress"),
        ("status", "Torn down", "Torn down"),
        ("lead_id", [str(BOB), str(ADA)], str(BOB)),
        ("lead_id", None, None),
        ("ends_on", "2026-03-02", "2026-03-02"),
    ],
)
def test_values_take_the_form_of_the_field_of_a_job(name: str, value: object, held: object) -> None:
    assert fitted_job(name, value, WORLD) == held


def test_where_an_item_stands_is_no_change_of_it() -> None:
    assert not answers(Trigger(Happening.ITEM_TOUCHED), event(position=(1.0, 2.0)))
    assert answers(Trigger(Happening.ITEM_TOUCHED), event(position=(1.0, 2.0), group=("a", "b")))


def test_a_rule_is_kept_and_read_as_it_was() -> None:
    draft = Draft(
        "All of it",
        DONE,
        (Condition("item.who", Check.ONE_OF, [str(ADA)]), Condition("item.job", Check.IS_EMPTY)),
        (Action(ActionKind.CHANGE_ITEM, HOME, {"lead": "{item.who}"}), Action(ActionKind.SYNC_TO_JOB)),
    )
    assert draft_of("All of it", shape_of(draft)) == draft
    assert ACTIVE_JOBS.column("lead")
