"""Where alerts are told: the log, and whatever Apprise can reach. A channel's URL is a secret."""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections import Counter
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError
from tiebeam.operations.alerts.model import NoticeEvent, Quiet, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.operations.alerts.model import Digest

_LOG = structlog.get_logger("tiebeam.alerts")
_AT_ONCE: Final = Quiet(timedelta(0), timedelta(0))
_SAID: Final[ContextVar[list[str]]] = ContextVar("tiebeam_apprise_said")
_STATUS = re.compile(r"\berror=(\d{3})\b")
_BY_NAME: Final[Mapping[str, Severity]] = {severity.title: severity for severity in Severity}


class NotToldError(TiebeamError):
    """A channel did not take a message."""

    code = "alerts.not_told"
    owner = Owner.OPERATOR


class Channel(Protocol):
    """Something that messages can be sent to."""

    @property
    def name(self) -> str:
        """What it is called, to people and in the database; it holds no secret."""

    @property
    def threshold(self) -> Severity:
        """What an alert must reach to be told here."""

    @property
    def quiet(self) -> Quiet:
        """How long it is left alone after a message."""

    async def send(self, message: Digest) -> None:
        """Send one message. Raises NotToldError."""
        ...


class LogChannel:
    """The structured log: one line for each alert, at once."""

    name = "log"
    threshold = Severity.INFO
    quiet = _AT_ONCE

    async def send(self, message: Digest) -> None:
        """Write one line for each notice of the message."""
        for notice in message.notices:
            over = notice.event is NoticeEvent.RESOLVED
            level = logging.INFO if over else _LEVELS[notice.severity]
            _LOG.log(
                level,
                f"alert.{notice.event}",
                alert=notice.alert_id,
                rule=notice.rule,
                subject=notice.subject,
                severity=notice.severity.title,
                summary=notice.summary,
                action=notice.action,
            )


_LEVELS: Final[Mapping[Severity, int]] = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.CRITICAL: logging.ERROR,
}


_KINDS: Final[Mapping[Severity, str]] = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "failure",
}
"""As Apprise calls them."""


class AppriseChannel:
    """One URL of Apprise: mail, Slack, Teams, a web hook, and a hundred more."""

    def __init__(self, name: str, url: str, threshold: Severity, quiet: Quiet) -> None:
        """Raises ValueError, which does not tell the URL, when Apprise does not understand it."""
        import apprise  # noqa: PLC0415 - a sixth of the start of every command, and few commands tell anybody anything

        _hush()
        with warnings.catch_warnings():
            # The first URL loads every plug-in, and what old ones lean on is not ours to mend.
            warnings.simplefilter("ignore", DeprecationWarning)
            plugin = apprise.Apprise.instantiate(url)
        if not isinstance(plugin, apprise.NotifyBase):
            raise ValueError(name)  # noqa: TRY004 - None says that the URL is wrong, not its type
        self.name = name
        self.threshold = threshold
        self.quiet = quiet
        self._plugin = plugin

    def __repr__(self) -> str:
        return f"AppriseChannel({self.name!r}, {self.threshold.title})"

    async def send(self, message: Digest) -> None:
        """Send one message. Raises NotToldError, which says what answered, and never to what URL."""
        import apprise  # noqa: PLC0415 - as above

        said: list[str] = []
        sending = _SAID.set(said)
        try:
            # Its plug-ins block; a thread takes this task's context with it, and so the list.
            taken = await asyncio.to_thread(
                self._plugin.notify,
                title=message.title,
                body=message.body,
                notify_type=apprise.NotifyType(kind_of(message)),
                body_format=apprise.NotifyFormat.TEXT,
            )
        except Exception:  # noqa: BLE001 - one of a hundred plug-ins must not keep the other channels from theirs
            taken = False
        finally:
            _SAID.reset(sending)
        if taken:
            return
        status = _STATUS.search(" ".join(said))
        answer = f" It answered {status.group(1)}." if status else ""
        raise NotToldError(
            f"The channel {self.name} did not take the message.{answer}",
            action="See that its service is up and its URL in TIEBEAM_ALERT_URLS still holds; then try it "
            "with `tiebeam alerts test`.",
        )


def kind_of(message: Digest) -> str:
    """Return Apprise's word for how bad a message is."""
    if message.all_resolved:
        return "success"
    return _KINDS[message.severity]


class _Hush(logging.Filter):
    """Keeps what a URL holds out of every log, and what is said of a failure for who sends the message.

    Apprise logs URLs that it cannot use, and what carries its messages logs paths, which hold tokens.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let pass only what has nothing to do with sending."""
        said = _SAID.get(None)
        if said is not None:
            said.append(record.getMessage())
        return said is None and record.name != "apprise"


_HUSH: Final = _Hush()


def _hush() -> None:
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(_HUSH)


def channels_of(urls: str, *, quiet: Quiet) -> list[Channel]:
    """Return the channels that a setting names: Apprise's URLs with white space between them.

    Each may begin with the least severity that is told there, such as `critical=slack://…`; without one it is
    `warning`. Channels are named after the URL's scheme: `slack`, `slack-2`. Raises BadInputError, which
    tells the place of what is wrong, and none of it.
    """
    counts: Counter[str] = Counter()
    found: list[Channel] = []
    for place, entry in enumerate(urls.split(), start=1):
        word, equals, rest = entry.partition("=")
        threshold = _BY_NAME.get(word.lower()) if equals else None
        url = rest if threshold else entry
        scheme = url.partition("://")[0].lower()
        counts[scheme] += 1
        name = scheme if counts[scheme] == 1 else f"{scheme}-{counts[scheme]}"
        try:
            found.append(AppriseChannel(name, url, threshold or Severity.WARNING, quiet))
        except (ValueError, TypeError):
            raise BadInputError(
                f"TIEBEAM_ALERT_URLS: entry {place} is no URL that Apprise understands.",
                action="Write URLs as Apprise documents them, such as "
                "mailto://… or critical=slack://…, with spaces between them (docs/howto/alerts.md).",
            ) from None
    return found
