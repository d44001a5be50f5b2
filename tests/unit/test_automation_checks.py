"""What can be kept as a rule, and what cannot, in a sentence that says what can be had."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.factories.automations import ADA, GONE, HOME, PUNCH, WORLD

from tiebeam.jobs.automations.checks import checked
from tiebeam.jobs.automations.circles import circle_of
from tiebeam.jobs.automations.model import (
    NAME_MAX,
    Action,
    ActionKind,
    Check,
    Condition,
    Draft,
    Happening,
    Trigger,
)
from tiebeam.kernel.errors import BadInputError

pytestmark = pytest.mark.req("L5")

K = ActionKind
ON_PUNCH = Trigger(Happening.ITEM_CHANGED, PUNCH)
ON_JOB = Trigger(Happening.JOB_CHANGED)
TELL = Action(K.NOTIFY, None, {"text": "{who} changed something"})
GOOD = Draft(" Tell ", ON_PUNCH, (), (TELL,))


def change_item(**values: object) -> Action:
    return Action(K.CHANGE_ITEM, None, values)


def acting(*actions: Action, trigger: Trigger = ON_PUNCH, name: str = "r") -> Draft:
    return Draft(name, trigger, (), actions)


def test_what_is_kept_is_in_the_form_of_what_it_is_written_to() -> None:
    kept = checked(
        Draft(
            " Close ",
            Trigger(Happening.COLUMN_BECOMES, PUNCH, ("status",), "done"),
            (Condition("job.status", Check.ONE_OF, ["Done", "new"]),),
            (
                change_item(hours="2.5", who=str(ADA), note="{who}", group="active"),
                Action(K.CHANGE_JOB, HOME, {"status": "done", "ends_on": "{today}", "lead_id": ""}),
            ),
        ),
        WORLD,
    )
    assert (kept.name, kept.trigger.value) == ("Close", "Done")
    assert kept.actions[0] == Action(
        K.CHANGE_ITEM, PUNCH, {"hours": 2.5, "who": [str(ADA)], "note": "{who}", "group": "Active"}
    )
    assert kept.actions[1] == Action(
        K.CHANGE_JOB, None, {"status": "Done", "ends_on": "{today}", "lead_id": None}
    )


@pytest.mark.parametrize(
    ("draft", "cause", "action"),
    [
        (replace(GOOD, name=" "), "no name", "Give it one"),
        (replace(GOOD, name="x" * (NAME_MAX + 1)), "too long", "200"),
        (replace(GOOD, name="a\0b"), "cannot be kept", "anew"),
        (
            replace(GOOD, conditions=(Condition("item.name", Check.IS, "x" * 10_001),)),
            "bytes long",
            "Shorten",
        ),
        (replace(GOOD, actions=()), "does nothing", "at least one"),
        (replace(GOOD, actions=(TELL,) * 11), "at most 10", "two"),
        (replace(GOOD, trigger=Trigger(Happening.ITEM_CHANGED, ADA)), "board is gone", "another"),
        (replace(GOOD, trigger=replace(ON_PUNCH, fields=("colour",))), "“colour”", "hours"),
        (replace(GOOD, trigger=replace(ON_JOB, fields=("name",))), "“name”", "title"),
        (replace(GOOD, trigger=Trigger(Happening.COLUMN_BECOMES, PUNCH)), "which column", "one of"),
        (replace(GOOD, trigger=Trigger(Happening.COLUMN_BECOMES, PUNCH, ("status",), "Gone")), "Gone", "New"),
        (replace(GOOD, conditions=(Condition("item.colour", Check.IS, "x"),)), "item.colour", "item.who"),
        (replace(GOOD, conditions=(Condition("item.status", Check.IS, "Gone"),)), "Gone", "On hold"),
        (replace(GOOD, conditions=(Condition("job.status", Check.ONE_OF, ["Gone"]),)), "Gone", "Done"),
        (replace(GOOD, conditions=(Condition("item.who", Check.IS, "zoe"),)), "nobody", "e-mail"),
        (replace(GOOD, conditions=(Condition("job.lead_id", Check.ONE_OF, ["zoe"]),)), "nobody", "e-mail"),
        (replace(GOOD, conditions=(Condition("item.note", Check.IS, ""),)), "compared", "empty"),
        (acting(Action(K.NOTIFY, None, {"text": "{item.colour}"})), "item.colour", "item.note"),
        (acting(Action(K.NOTIFY, None, {"text": "{item.name}"}), trigger=ON_JOB), "item.name", "job.title"),
        (acting(Action(K.NOTIFY)), "needs text", "text ="),
        (acting(Action(K.NOTIFY, None, {"text": "x" * 2001})), "too long", "2000"),
        (acting(Action(K.PUSH_DOCUMENT, None, {"document": "TM-0001"})), "needs target", "target ="),
        (acting(Action(K.REFRESH_RECORD, None, {"stream": "a", "record": "1", "x": "y"})), "“x”", "stream"),
        (acting(Action(K.SYNC_TO_BOARD, None, {"x": "y"})), "“x”", "Leave it out"),
        (acting(Action(K.SYNC_TO_JOB), trigger=ON_JOB), "no item", "on its board"),
        (acting(change_item()), "writes nothing", "status = Done"),
        (acting(change_item(status="Gone")), "“Gone”", "Scheduled"),
        (acting(change_item(hours="many")), "“many” is no number", "1250.5"),
        (acting(change_item(hours=float("inf"))), "too large", "between"),
        (acting(change_item(who="ada")), "no such person", "list of people"),
        (acting(change_item(who=str(GONE))), "Who: this person has left", "who is here"),
        (acting(change_item(group="Later")), "Later", "Active"),
        (acting(Action(K.CHANGE_ITEM, None, {"name": "x"}), trigger=ON_JOB), "which board", "Choose"),
        (acting(Action(K.CREATE_ITEM, PUNCH, {"note": "x"})), "needs a name", "name ="),
        (acting(Action(K.CREATE_JOB, None, {"status": "New"})), "needs a title", "title ="),
        (acting(Action(K.CHANGE_JOB, None, {"starts_on": "soon"})), "no date", "2026-11-21"),
        (acting(Action(K.CHANGE_JOB, None, {"name": "x"})), "“name”", "title"),
    ],
)
def test_what_cannot_be_kept_says_what_can(draft: Draft, cause: str, action: str) -> None:
    assert checked(GOOD, WORLD).name == "Tell"
    with pytest.raises(BadInputError) as refused:
        checked(draft, WORLD)
    assert cause in refused.value.cause
    assert action in refused.value.action


def test_an_item_of_any_board_has_a_name_and_a_group_only() -> None:
    any_board = Trigger(Happening.ITEM_CHANGED)
    assert checked(acting(change_item(name="{item.name}"), trigger=any_board), WORLD).actions
    with pytest.raises(BadInputError, match="status"):
        checked(acting(change_item(status="Done"), trigger=any_board), WORLD)


@pytest.mark.parametrize(
    ("draft", "circles"),
    [
        (acting(change_item(note="{item.note}!")), True),
        (acting(change_item(note="seen")), False),
        (acting(change_item(note="{who}"), trigger=replace(ON_PUNCH, fields=("status",))), False),
        (acting(Action(K.CREATE_ITEM, PUNCH, {"name": "x"})), False),
        (acting(Action(K.CREATE_ITEM, PUNCH, {"name": "x"}), trigger=Trigger(Happening.ITEM_TOUCHED)), True),
        (
            acting(
                Action(K.CREATE_ITEM, HOME, {"name": "x"}), trigger=Trigger(Happening.ITEM_CREATED, PUNCH)
            ),
            False,
        ),
        (acting(Action(K.CREATE_JOB, None, {"title": "x"}), trigger=Trigger(Happening.JOB_CREATED)), True),
        (acting(TELL, Action(K.SYNC_TO_BOARD), trigger=ON_JOB), False),
        # By way of the built-in rules, which put the name of the item on its job.
        (acting(Action(K.CHANGE_ITEM, HOME, {"name": "{job.title}!"}), trigger=ON_JOB), True),
        (acting(Action(K.CHANGE_ITEM, PUNCH, {"name": "{job.title}!"}), trigger=ON_JOB), False),
    ],
)
def test_a_rule_that_answers_itself_is_seen(draft: Draft, *, circles: bool) -> None:
    assert circle_of(draft, [], WORLD) == ((draft.name,) if circles else ())


def test_a_circle_of_several_is_named_in_its_order() -> None:
    def becomes(value: str, other: str, name: str) -> Draft:
        trigger = Trigger(Happening.COLUMN_BECOMES, PUNCH, ("status",), value)
        return acting(change_item(status=other), trigger=trigger, name=name)

    ping, pong, peng = (
        becomes("New", "Done", "ping"),
        becomes("Done", "On hold", "pong"),
        becomes("On hold", "New", "peng"),
    )
    assert circle_of(ping, [peng, pong], WORLD) == ("ping", "pong", "peng")
    assert circle_of(ping, [pong], WORLD) == ()
    elsewhere = replace(peng, trigger=replace(peng.trigger, board_id=HOME))
    assert circle_of(ping, [elsewhere, pong], WORLD) == ()
