"""Which HTTP status an error of ours is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiebeam.kernel.errors import TiebeamError

_BY_PREFIX: Final = (
    ("records.unknown", 404),
    ("channels.unknown", 404),
    ("field.unknown", 404),
    ("field.body", 422),
    ("field.photo", 422),
    ("field.shelf_full", 503),
    ("field.", 409),
    ("jobs.unknown", 404),
    ("jobs.", 409),
    ("link.unknown", 404),
    ("outside.unknown", 404),
    ("outside.not_reached", 502),
    ("link.", 409),
    ("push.not_mended", 409),
    ("input.not_allowed", 403),
    ("input.", 400),
    ("records.", 400),
    ("app.", 409),
    ("connection.", 409),
    ("procore.", 502),
    ("monday.token_refused", 409),
    ("monday.", 502),
    ("transport.", 502),
    ("store.", 503),
)


def status_of(error: TiebeamError) -> int:
    """Return the status by the beginning of the error's code; 500 for what is a fault of ours."""
    return next((status for prefix, status in _BY_PREFIX if error.code.startswith(prefix)), 500)
