"""Has a process of its own carry a message, for as long as is allowed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from tiebeam.operations.alerts.own.addresses import leads_to

if TYPE_CHECKING:
    from collections.abc import Mapping

CARRY_SECONDS_MAX: Final = 25.0
AT_ONCE_MAX: Final = 3
_KEPT: Final = frozenset(
    {"PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP", "VIRTUAL_ENV"}
    | {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
)
_PROXIES: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
_BY_STATUS: Final[Mapping[int, str]] = {
    401: "It answered 401: what the URL holds is no longer accepted.",
    403: "It answered 403: what the URL holds is no longer accepted.",
    404: "It answered 404: there is no such hook any more.",
    410: "It answered 410: the hook was removed.",
    429: "It answered 429: it was sent too much at once.",
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be carried. The URL is a secret."""

    url: str
    title: str
    body: str
    kind: str
    """Apprise's: `info`, `success`, `warning` or `failure`."""

    def __repr__(self) -> str:
        return f"Parcel({self.title!r})"


class Courier(Protocol):
    """Something that carries messages."""

    async def carry(self, parcel: Parcel) -> str | None:
        """Return None when it was taken, else why not, in plain words and without the URL."""


class ProcessCourier:
    """Starts a process for each message, and ends it when it takes too long."""

    def __init__(
        self,
        *,
        private_allowed: bool = False,
        seconds_max: float = CARRY_SECONDS_MAX,
        at_once: int = AT_ONCE_MAX,
    ) -> None:
        """`private_allowed` lets messages go to addresses that are not of the public internet."""
        self._private = private_allowed
        self._seconds_max = seconds_max
        self._free = asyncio.Semaphore(at_once)

    async def carry(self, parcel: Parcel) -> str | None:
        """Return None when it was taken, else why not, in plain words and without the URL."""
        errand = {"url": parcel.url, "title": parcel.title, "body": parcel.body, "kind": parcel.kind}
        async with self._free:
            found = await self._sent(json.dumps({**errand, "private": self._private}).encode())
        return None if found.get("taken") else _in_words(found, self._seconds_max)

    async def _sent(self, errand: bytes) -> dict[str, Any]:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tiebeam.operations.alerts.own.sending",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(proxies=self._private),
        )
        try:
            async with asyncio.timeout(self._seconds_max):
                said, _ = await child.communicate(errand)
            return dict(json.loads(said or b"{}"))
        except TimeoutError:
            return {"late": True}
        except ValueError:
            return {}
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()


def _environment(*, proxies: bool) -> dict[str, str]:
    """Return what the process may know: no setting of ours, and no proxy past which it could not look."""
    names = _KEPT | (_PROXIES if proxies else frozenset())
    found = {name: value for name, value in os.environ.items() if name.upper() in names}
    return {**found, "NETRC": os.devnull}


def _in_words(found: Mapping[str, Any], seconds_max: float) -> str:
    if found.get("late"):
        return f"It did not take the message within {seconds_max:.0f} seconds."
    if why := found.get("refused"):
        return leads_to(str(why)).cause
    if said := found.get("said"):
        return str(said)
    if status := found.get("status"):
        return _BY_STATUS.get(status, f"It answered {status}.")
    return "It cannot be reached." if found.get("unreachable") else "It did not take the message."
