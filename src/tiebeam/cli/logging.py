"""Logs: JSON lines on standard error for machines, readable on a terminal, and no secret in either."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

import orjson
import structlog

from tiebeam.kernel.correlation import trail
from tiebeam.kernel.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import EventDict, Processor, WrappedLogger

    from tiebeam.kernel.clock import Clock

KNOWN_CHARACTERS_MIN: Final = 8
"""A shorter secret is not looked for as it stands: it would be found in every other word."""

_ECHOES = frozenset({"message", "asctime", "color_message"})
_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access")


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, to be told from those of others when logging is configured again."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        """Say that a line was lost, and where: the library's own way prints the arguments as they are."""
        lost = {"level": "error", "logger": record.name, "event": "logging.line_lost", "line": record.lineno}
        with suppress(OSError, ValueError):
            self.stream.write(orjson.dumps(lost).decode() + self.terminator)


def configure_logging(
    level: str,
    clock: Clock,
    *,
    stream: TextIO | None = None,
    readable: bool | None = None,
    known: Iterable[str] = (),
) -> None:
    """Route every log line of this process, ours and the libraries', through one chain to `stream`.

    `level` is debug, info, warning or error; libraries never log below info, where they tell what they send.
    Without `readable` it depends on whether `stream` (standard error by default) is a terminal. `known` are
    secrets of the settings, taken out wherever they stand. Doing it again replaces what was configured.
    """
    target = stream or sys.stderr
    people = target.isatty() if readable is None else readable
    handler = _Handler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=_chain(clock, tuple(known), people=people),
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _without_echoes],
        )
    )
    _install(handler, getattr(logging, level.upper()))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _install(handler: _Handler, level: int) -> None:
    root = logging.getLogger()
    for other in [found for found in root.handlers if isinstance(found, _Handler)]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(max(level, logging.INFO))
    logging.getLogger("tiebeam").setLevel(level)
    for name in _OWN_HANDLERS:
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = True


def _chain(clock: Clock, known: tuple[str, ...], *, people: bool) -> list[Processor]:
    """Return what makes a text of an event; the scrubber last but one, after tracebacks became text."""
    known = tuple(secret for secret in known if len(secret) >= KNOWN_CHARACTERS_MIN)

    def placed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**_place(clock), **event}

    def scrubbed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return dict(scrub(event, known))

    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        placed,
        scrubbed,
        *(_FOR_PEOPLE if people else (_as_json,)),
    ]


def _without_echoes(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave out what other handlers, and uvicorn, hang on a record: the event once more."""
    return {name: value for name, value in event.items() if name not in _ECHOES}


def _place(clock: Clock) -> EventDict:
    now = trail()
    return {
        "timestamp": clock.now(),
        "correlation_id": now.correlation_id,
        "tenant_id": now.tenant_id,
        "connection_id": now.connection_id,
    }


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z).decode()


def _without_blanks(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        name: value if name != "timestamp" else f"{value:%H:%M:%S}" for name, value in event.items() if value
    }


_FOR_PEOPLE: Final[tuple[Processor, ...]] = (
    _without_blanks,
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
)
