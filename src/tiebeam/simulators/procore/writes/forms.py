"""What a write may say: fields by name and kind, checked and turned into what a record keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.errors import ApiError
from tiebeam.simulators.procore.writes.kinds import CONVERTERS, WrongValueError
from tiebeam.simulators.procore.writes.references import KINDS, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiebeam.simulators.procore.calls import Call

Fields = dict[str, Any]
Errors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form. `kept_as` is its name in the record; `choices` what it may be, if only some."""

    name: str
    kind: str
    kept_as: str
    required: bool
    choices: tuple[str, ...]

    def kept(self, call: Call, value: Any) -> Any:
        """The value as a record keeps it. Raises WrongValueError."""
        if self.kind in KINDS:
            return resolve(call, self.kind, value)
        found = CONVERTERS[self.kind](value)
        if self.choices and found is not None and found not in self.choices:
            raise WrongValueError("is not included in the list")
        return found


def entries(*lines: str) -> tuple[Entry, ...]:
    """Entries out of words: `name`, `name*` when it is required, `name:kind` unless it is text.

    A kind is one of `kinds.CONVERTERS` or of `references.KINDS`, or `=a|b` for one of some texts
    (`~` for a space in them). `name:kind>other` is kept under `other`, a reference `x_id:user` under `x`.
    """
    return tuple(_entry(word) for line in lines for word in line.split())


def _entry(word: str) -> Entry:
    name, _, kind = word.partition(":")
    kind, _, kept_as = kind.partition(">")
    bare = name.rstrip("*")
    choices = tuple(kind[1:].replace("~", " ").split("|")) if kind.startswith("=") else ()
    kind = "text" if choices or not kind else kind
    usual = bare.removesuffix("_id") if kind in KINDS else bare
    if kind not in KINDS and kind not in CONVERTERS:
        raise ValueError(f"{word}: no kind {kind}")
    return Entry(bare, kind, kept_as or usual, name.endswith("*"), choices)


def _unchanged(_call: Call, _held: Fields, changes: Fields) -> Fields:
    return changes


@dataclass(frozen=True, slots=True)
class Form:
    """How records of a resource are written.

    `blank` makes what a new record has before anything is said. `settle` gets the record as it is (a new one
    without an id) and what was read, and gives back what to keep. `unique` is a field that is unique in the
    company. `files` is the field that holds attachments, if the resource takes any.
    """

    resource: str
    wrapper: str
    entries: tuple[Entry, ...]
    blank: Callable[[Call, int | None], Fields] = field(default=lambda _call, _project_id: {})
    settle: Callable[[Call, Fields, Fields], Fields] = _unchanged
    unique: str | None = "origin_id"
    files: str | None = None

    def read(self, call: Call, sent: Mapping[str, Any], *, new: bool) -> Fields:
        """What was sent, as a record keeps it; names that are not of the form are ignored.

        Raises ApiError with what is wrong, by field.
        """
        kept, errors = self.sift(call, sent, new=new)
        if errors:
            raise invalid(call, errors)
        return kept

    def sift(self, call: Call, sent: Mapping[str, Any], *, new: bool) -> tuple[Fields, Errors]:
        """What was sent, as a record keeps it, and what is wrong with the rest."""
        kept: Fields = {}
        errors: Errors = {}
        for entry in self.entries:
            given = entry.name in sent
            if entry.required and (sent.get(entry.name) in (None, "") if given else new):
                errors[entry.name] = ["can't be blank"]
            elif given:
                try:
                    kept[entry.kept_as] = entry.kept(call, sent[entry.name])
                except WrongValueError as error:
                    errors[entry.name] = [str(error)]
        kept.update(_custom_fields(sent))
        return kept, errors


def _custom_fields(sent: Mapping[str, Any]) -> Fields:
    """`custom_field_123` as the object that answers show."""
    found = {
        name: {"data_type": _data_type(value), "value": value}
        for name, value in sent.items()
        if name.startswith("custom_field_") and name.removeprefix("custom_field_").isdecimal()
    }
    return {"custom_fields": found} if found else {}


def _data_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "decimal" if isinstance(value, int | float) else "string"


def blanks(form: Form, *without: str) -> Fields:
    """Every field that a form can fill, empty; but for those that no record shows."""
    return {entry.kept_as: None for entry in form.entries if entry.kept_as not in without}


def invalid(call: Call, errors: Errors) -> ApiError:
    """The refusal of values that are wrong, by field; `base` for the whole."""
    said = "; ".join(f"{name} {message}" for name, messages in errors.items() for message in messages)
    return ApiError(call.options.invalid_status, said, shape="errors", payload=errors)
