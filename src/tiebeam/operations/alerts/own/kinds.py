"""The kinds of channel that a company may have, as a table: which of Apprise's URLs, with which options."""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tiebeam.operations.alerts.own.model import ChannelRefusedError

if TYPE_CHECKING:
    from apprise import NotifyBase

URL_MAX: Final = 2000
_PLAIN_WEB: Final = re.compile(r"^http(s?)://", re.IGNORECASE)
_ALL: Final = frozenset({"format", "overflow", "to"})
_MAIL: Final = frozenset({"from", "cc", "bcc", "reply", "smtp", "mode", "user", "pass", "name"})
_AZURE: Final = frozenset(
    {"id", "workflow", "signature", "sig", "api-version", "ver", "sp", "sv", "pa", "powerautomate"}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A service that messages can go to."""

    title: str
    schemas: tuple[str, ...]
    options: frozenset[str] = frozenset()
    """What may stand after the `?`. Others read files, fetch what they name, or switch off TLS's checks."""
    is_own_host: bool = False
    """Whether the URL says which host it is; else it is the service's, wherever that is."""
    takes_headers: bool = False
    """Whether a URL may add headers and fields: `?+Name=value`, `?:name=value`."""
    example: str = ""


KINDS: Final = (
    Kind("E-mail", ("mailto", "mailtos"), _MAIL, True, example="mailtos://user:password@example.com?to=…"),
    Kind("Slack", ("slack",), frozenset({"footer", "image"}), example="https://hooks.slack.com/services/…"),
    Kind("Microsoft Teams", ("workflow", "workflows"), _AZURE, True, example="https://….logic.azure.com/…"),
    Kind("Google Chat", ("gchat",), frozenset({"workspace", "key", "token", "thread"}),
         example="https://chat.googleapis.com/v1/spaces/…"),
    Kind("Discord", ("discord",), frozenset({"tts", "avatar", "footer", "thread"}),
         example="https://discord.com/api/webhooks/…"),
    Kind("Mattermost", ("mmost", "mmosts"), frozenset({"channel", "channels"}), True,
         example="mmosts://chat.example.com/…"),
    Kind("Telegram", ("tgram",), frozenset({"silent", "topic", "thread"}), example="tgram://bottoken/chat"),
    Kind("ntfy", ("ntfy", "ntfys"), frozenset({"priority", "tags", "mode", "token", "auth"}), True,
         example="ntfys://ntfy.example.com/topic"),
    Kind("Gotify", ("gotify", "gotifys"), frozenset({"priority"}), True, example="gotifys://…/token"),
    Kind("PagerDuty", ("pagerduty",), frozenset({"region", "component", "group", "class"}),
         example="pagerduty://key@apikey"),
    Kind("Web hook", ("json", "jsons", "form", "forms"), frozenset({"method"}), True, True,
         example="https://example.com/hook"),
)  # fmt: skip
"""Anything else that Apprise knows is refused: it would run programs, or speak to this machine."""
_BY_SCHEMA: Final = {schema: kind for kind in KINDS for schema in kind.schemas}


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that was understood."""

    kind: Kind
    plugin: NotifyBase = field(repr=False)

    @property
    def host(self) -> str | None:
        """The host that the URL names; None where the service's own is meant."""
        if not self.kind.is_own_host or getattr(self.plugin, "mode", None) == "cloud":
            return None
        return str(getattr(self.plugin, "smtp_host", None) or self.plugin.host)


def destination_of(url: str) -> Destination:
    """Understand a URL of Apprise, or the address that a service shows for its web hook.

    Raises ChannelRefusedError, which tells nothing of the URL but the name of an option that is refused.
    """
    import apprise  # noqa: PLC0415 - slow to load, and whoever sends nothing does not need it

    parts = _parsed(url.strip())
    kind = _BY_SCHEMA.get(str(parts.get("schema", "")).lower())
    if kind is None:
        raise _refused("The URL is of no kind that is sent to.")
    named = set(parts.get("qsd") or ()) - ({*_marked(parts)} if kind.takes_headers else set())
    if odd := sorted(named - kind.options - _ALL):
        shown = odd[0] if odd[0].isidentifier() and len(odd[0]) < 20 else "that it ends with"
        raise ChannelRefusedError(
            f"The URL has the option {shown}, which a channel of {kind.title} may not have here.",
            action=f"Leave it out. Allowed are: {', '.join(sorted(kind.options | _ALL))}.",
        )
    plugin = _quietly(lambda: apprise.Apprise.instantiate(parts))
    if not isinstance(plugin, apprise.NotifyBase):
        raise _refused(f"Something is missing in this URL of {kind.title}.")
    return Destination(kind, plugin)


def _marked(parts: dict[str, Any]) -> list[str]:
    return [name for name in parts.get("qsd") or () if name[:1] in ("+", "-", ":")]


def _understood(url: str) -> Any:
    from apprise.plugins import url_to_dict  # noqa: PLC0415 - as above

    return _quietly(lambda: url_to_dict(url, secure_logging=True))  # type: ignore[no-untyped-call]  # Apprise leaves it without types.


def _parsed(url: str) -> dict[str, Any]:
    if not url or len(url) > URL_MAX or not url.isprintable() or " " in url:
        raise _refused("That is no URL.")
    found = _understood(url)
    if not found and _PLAIN_WEB.match(url):
        # No service that Apprise knows by its address: a web hook like any other.
        found = _understood(_PLAIN_WEB.sub(r"json\1://", url))
    return dict(found or {})


def _quietly(work: Any) -> Any:
    """Do what Apprise would log URLs about, without a line of it."""
    logging.getLogger("apprise").addFilter(_mute)
    try:
        with warnings.catch_warnings():
            # The first URL loads every plug-in, and what old ones lean on is not ours to mend.
            warnings.simplefilter("ignore", DeprecationWarning)
            return work()
    except (TypeError, ValueError, AttributeError, KeyError):  # What plug-ins raise for URLs that are odd.
        return None
    finally:
        logging.getLogger("apprise").removeFilter(_mute)


def _mute(_: logging.LogRecord) -> bool:
    return False


def _refused(cause: str) -> ChannelRefusedError:
    titles = ", ".join(kind.title for kind in KINDS)
    return ChannelRefusedError(
        cause,
        action=f"Give a URL of one of these: {titles}. docs/howto/alerts.md shows what each looks like.",
    )
