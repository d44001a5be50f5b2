"""Stand-ins for what a connector is given, which remember how they were used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tiebeam.connectors.ports import Response

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Request, Share, Sighting


class ScriptedTransport:
    """Answers with what it was given, in order; the last answer is given for ever."""

    def __init__(self, *script: Response | Exception) -> None:
        self._script = list(script)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self._script[0] if len(self._script) == 1 else self._script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class RecordingGate:
    """Lets everybody through at once."""

    def __init__(self) -> None:
        self.entered: list[Share] = []
        self.sightings: list[Sighting] = []

    async def enter(self, share: Share) -> None:
        self.entered.append(share)

    async def observe(self, sighting: Sighting) -> None:
        self.sightings.append(sighting)


class NumberedTokens:
    """Gives `token-1`, and a higher number each time one is replaced."""

    def __init__(self) -> None:
        self.number = 1
        self.replaced: list[str] = []

    async def token(self) -> str:
        return f"token-{self.number}"

    async def replace(self, stale: str) -> str:
        self.replaced.append(stale)
        self.number += 1
        return await self.token()


def answer(value: object = None, status: int = 200, *, body: bytes | None = None, **headers: str) -> Response:
    """Return an answer with a JSON body; header names are given with underscores."""
    named = {name.replace("_", "-").lower(): text for name, text in headers.items()}
    data = orjson.dumps(value) if body is None else body
    return Response(status, {"content-type": "application/json", **named}, data)
