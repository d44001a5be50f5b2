"""A daily report as steps: a log for each of its lines, in the kinds that the tenant has chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.procore.writes import logs
from tiebeam.push.deliveries.procore.facts import LOGS, folded
from tiebeam.push.deliveries.procore.steps import Made, images, step
from tiebeam.push.deliveries.procore.words import mark, plain
from tiebeam.push.model import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tiebeam.push.deliveries.procore.facts import Facts
    from tiebeam.push.model import Paper, Plan, PlannedStep


@dataclass(frozen=True, slots=True)
class _Said:
    """A line of a report: the fields of the kind of log that is made for it, and the words beside them.

    `everything` is said in a log of any other kind, which has no such fields.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""
    everything: str = ""


def plan_report(paper: Paper, facts: Facts) -> Plan:
    """Return a step for each log of the day, and one for each photo of it."""
    day = paper.body["date"]
    return Steps((*_logs(paper, facts), *images(paper, facts.choices, paper.number, day=day)))


def _logs(paper: Paper, facts: Facts) -> Iterator[PlannedStep]:
    for part, said in _PARTS.items():
        kind = facts.choices.logs.get(part)
        rows = paper.body.get(part) or ()
        for number, row in enumerate([rows] if part == "weather" and rows else rows, 1):
            if kind and not _is_blank(row):
                yield _log(paper, kind, f"{part}-{number}", said(row, facts), own=kind == LOGS[part])


def _is_blank(row: Any) -> bool:
    return isinstance(row, str) and not row.strip()


def _log(paper: Paper, kind: str, name: str, said: _Said, *, own: bool) -> PlannedStep:
    words = "\n".join(part for part in (said.words if own else said.everything, mark(paper, name)) if part)
    fields = {**(said.fields if own else {}), logs.WORDS[kind]: words}
    return step(name, Made.LOG, logs.log(paper.project, kind, paper.body["date"], fields))


def _weather(row: Mapping[str, Any], _facts: Facts) -> _Said:
    names = ("sky", "temperature", "wind", "precipitation", "ground")
    fields = {name: row[name] for name in names if row.get(name)}
    said = [f"{name}: {text}" for name, text in fields.items()]
    delay = bool(row.get("delay"))
    everything = ", ".join([*said, *(["it held the work up"] if delay else [])])
    return _Said({**fields, "is_weather_delay": int(delay)}, "", f"Weather: {everything}")


def _crew(row: Mapping[str, Any], facts: Facts) -> _Said:
    company, trade, note = (row.get(name) or "" for name in ("company", "trade", "note"))
    fields: dict[str, Any] = {"num_workers": row["workers"]}
    if row.get("hours") is not None:
        fields["num_hours"] = plain(row["hours"])
    vendor_id = facts.companies.get(folded(company))
    if vendor_id is not None:
        fields["contact_id"] = vendor_id
    who = ", ".join(part for part in (company, trade) if part)
    hours = f", {plain(row['hours'])} h each" if row.get("hours") is not None else ""
    counted = f"{who or 'Crew'}: {row['workers']}{hours}"
    # The company is a field of its own once Procore knows it; its trade never is.
    named = trade if vendor_id is not None else who
    return _Said(fields, _lines(named, note), _lines(counted, note))


def _work(row: Mapping[str, Any], _facts: Facts) -> _Said:
    fields: dict[str, Any] = {}
    if row.get("workers") is not None:
        fields["workers"] = row["workers"]
    if row.get("hours") is not None:
        fields["hours"] = float(Decimal(row["hours"]))
    counted = [f"{name}: {plain(value)}" for name, value in fields.items()]
    return _Said(fields, row["description"], _lines(row["description"], ", ".join(counted)))


def _delay(row: Mapping[str, Any], _facts: Facts) -> _Said:
    hours = f"{plain(row['hours'])} h lost" if row.get("hours") is not None else ""
    words = _lines(row["what"], hours)
    return _Said({}, words, f"Delay: {words}")


def _note(text: str, _facts: Facts) -> _Said:
    return _Said({}, text, text)


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


_PARTS: Mapping[str, Callable[[Any, Facts], _Said]] = {
    "weather": _weather,
    "crew": _crew,
    "work": _work,
    "delays": _delay,
    "notes": _note,
}
