"""The data that breaks programs, as it turns up in real companies: sprinkled in after the building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tiebeam.simulators.procore.state import ProcoreState

    Spoil = Callable[[Random, Any], Any]

_FRAMES = (
    "🚧 {} 🚧",
    "{} / 防水層の確認 🏗️",
    "{} 𠜎𠮷 (archived name)",
    'Re: "{}" \\ O\'Brien\n\tsee tab',
    "مراجعة {}",
    "<b>{}</b> & <script>alert('x')</script>",
    "{} 👷🏽‍♀️ e\u0301 \u200b",
)
_OLD_DAYS = ("1962-05-14", "1958-07-01", "1969-12-31", "1931-03-09")
_PARAGRAPH = "Coordinate with all trades before proceeding and confirm dimensions in the field. "


def _framed(rng: Random, text: Any) -> str:
    return rng.choice(_FRAMES).format(str(text or "Untitled").replace("{", "(").replace("}", ")"))


def _long(rng: Random, text: Any) -> str:
    return f"{text} " + _PARAGRAPH * rng.randint(120, 900)


def _nothing(_rng: Random, _value: Any) -> None:
    return None


def _old_day(rng: Random, _day: Any) -> str:
    return rng.choice(_OLD_DAYS)


def _old_register(rng: Random, _value: Any) -> dict[str, Any]:
    return {
        "id": rng.randint(1, 9999),
        "type": "license",
        "identifier": f"LIC-{rng.randint(1, 999):04d}",
        "verified_at": f"{rng.choice(_OLD_DAYS)}T00:00:00Z",
        "verification_status": "active",
    }


# Resource, field, how it is spoilt, one row in how many (the first of all rows always).
_SPOILS: tuple[tuple[str, str, Spoil, int], ...] = (
    ("rfis", "subject", _framed, 80),
    ("submittals", "title", _framed, 90),
    ("notes_logs", "comment", _framed, 60),
    ("images", "description", _framed, 120),
    ("observations", "name", _framed, 80),
    ("documents", "name", _framed, 200),
    ("tasks", "name", _framed, 150),
    ("activities", "activity_name", _framed, 150),
    ("change_events", "title", _framed, 90),
    ("vendors", "notes", _framed, 30),
    ("observations", "description", _long, 150),
    ("change_events", "description", _long, 120),
    ("rfis", "reference", _long, 400),
    ("notes_logs", "updated_at", _nothing, 90),
    ("work_logs", "updated_at", _nothing, 90),
    ("manpower_logs", "updated_at", _nothing, 300),
    ("image_categories", "updated_at", _nothing, 40),
    ("tasks", "updated_at", _nothing, 200),
    ("drawing_revisions", "drawing_date", _old_day, 150),
    ("vendors", "business_register", _old_register, 25),
)


def roughen(state: ProcoreState, rng: Random) -> None:
    """Spoil a few rows of the whole company, without a trace in their `updated_at`."""
    for resource, field, spoil, one_in in _SPOILS:
        rows = state.tables[resource].everything.sorted()
        if not rows:
            continue
        chosen = {0, *(rng.randrange(len(rows)) for _ in range(len(rows) // one_in))}
        for index in sorted(chosen):
            row = rows[index]
            change = {field: spoil(rng, row.fields[field])}
            state.update(resource, row.id, change, touch=False, project_id=row.project_id)
