"""What the API takes and gives of rules."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tiebeam.jobs.automations.checks import TEXT_MAX
from tiebeam.jobs.automations.model import NAME_MAX, PARTS_MAX, ActionKind, BuiltIn, Check, Happening, Result
from tiebeam.jobs.model import Subject, What
from tiebeam.web.api.work_shapes import Version

_ANY_TEXT = r"^[^\x00]*$"
_PLAIN = r"^[^\x00]*\S[^\x00]*$"
_WORDS_MAX = 100

Key = Annotated[str, Field(min_length=1, max_length=80, pattern=_ANY_TEXT)]
Plain: TypeAlias = Annotated[str, Field(max_length=TEXT_MAX, pattern=_ANY_TEXT)] | bool | int | float | None
Value: TypeAlias = Plain | Annotated[list[Plain], Field(max_length=_WORDS_MAX)]


class RuleTrigger(BaseModel):
    """What a rule answers."""

    model_config = ConfigDict(extra="forbid")

    happening: Happening
    board_id: UUID | None = Field(default=None, description="Of items: the board; any unless given.")
    fields: list[Key] = Field(
        default_factory=list,
        max_length=_WORDS_MAX,
        description="One of these changed: fields of a job; `name`, `group` or columns' keys of an item.",
    )
    value: Value = Field(default=None, description="What the one column becomes.")


class RuleCondition(BaseModel):
    """What must hold as the rule acts."""

    model_config = ConfigDict(extra="forbid")

    name: Key = Field(description="What is looked at, such as `job.status` or `item.lead`.")
    check: Check
    value: Value = Field(default=None, description="A list for `one_of`.")


class RuleAction(BaseModel):
    """One thing that a rule does."""

    model_config = ConfigDict(extra="forbid")

    kind: ActionKind
    board_id: UUID | None = Field(default=None, description="Where an item is created or changed.")
    values: dict[Key, Value] = Field(
        default_factory=dict,
        max_length=_WORDS_MAX,
        description="What is written, by name. Text may name what is there: `{job.title}`, `{today}`.",
    )


class NewRule(BaseModel):
    """A rule as somebody says it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=_PLAIN)]
    trigger: RuleTrigger
    conditions: list[RuleCondition] = Field(default_factory=list, max_length=PARTS_MAX)
    actions: list[RuleAction] = Field(min_length=1, max_length=PARTS_MAX)


class ChangedRule(NewRule):
    """A rule as it is to be from now on."""

    version: Version | None = Field(
        default=None, description="The version that the change was made from: with another one, 409."
    )


class RuleSwitch(BaseModel):
    """Whether a rule acts."""

    model_config = ConfigDict(extra="forbid")

    enabled: Annotated[bool, Field(strict=True)]


class Rule(BaseModel):
    """A rule as it is kept."""

    id: UUID
    name: str
    enabled: bool
    built_in: BuiltIn | None = Field(description="Which of the rules that are there from the start it is.")
    version: int
    created_at: datetime
    updated_at: datetime
    trigger: RuleTrigger
    conditions: list[RuleCondition]
    actions: list[RuleAction]
    in_words: str = Field(description="What it answers, as people read it.")


class KeptRule(Rule):
    """A rule as it was kept just now."""

    circle: list[str] = Field(
        description="Rules by which it may answer itself, in their order; empty where it cannot."
    )


class RuleFiring(BaseModel):
    """A rule that was asked to answer something, and what came of it."""

    id: int
    rule_id: UUID
    rule_name: str
    change_id: int
    subject: Subject
    subject_id: UUID
    what: What
    at: datetime
    result: Result
    detail: str = Field(description="What was done, or why not.")
    chain: UUID = Field(description="The same for a change and for all that answered it.")
    hops: int


class TriedRule(BaseModel):
    """What a rule would have made of something that happened."""

    subject: Subject
    subject_id: UUID
    called: str
    what: What
    at: datetime
    result: Result | None = Field(description="Null: it would not have been asked.")
    said: list[str] = Field(description="What it would do, or why nothing.")
