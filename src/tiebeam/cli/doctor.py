"""`tiebeam doctor`: is everything in place, and if not, what to do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.app import procore_environment
from tiebeam.checks import check_database, check_key, check_login
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, console, print_json
from tiebeam.cli.running import known_error, run_command
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiebeam.settings import Settings

_FREE_SHARE_MIN = 0.20


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    good: bool
    found: str
    action: str = ""


def doctor(as_json: AsJson = False) -> None:
    """Check the settings, the database, the disk, the master key and the way to Procore."""

    async def work() -> Exit | None:
        settings = read_settings()
        findings = [Finding("settings", good=True, found="readable")]
        for name, check in _CHECKS.items():
            findings.append(await _checked(name, check, settings))
        if as_json:
            print_json({"healthy": all(one.good for one in findings), "checks": findings})
        for one in [] if as_json else findings:
            mark = "[green]ok[/]  " if one.good else "[bold red]bad[/] "
            console.print(f"{mark} {one.check}: ", end="", highlight=False)
            console.print(one.found, markup=False, highlight=False)
            if one.action:
                console.print(f"     → {one.action}", markup=False, highlight=False)
        return Exit.OK if all(one.good for one in findings) else Exit.INCOMPLETE

    run_command(work(), as_json=as_json)


async def _checked(name: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> Finding:
    try:
        return Finding(name, good=True, found=await check(settings))
    except Exception as failure:  # noqa: BLE001 - one bad check must not keep the others from being made
        error = known_error(failure)
        if error is None:
            return Finding(
                name, good=False, found=f"{type(failure).__name__}: {failure}", action="Report this."
            )
        return Finding(name, good=False, found=error.cause, action=error.action)


async def _disk(settings: Settings) -> str:
    place = settings.data
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    share = usage.free / usage.total
    words = f"{usage.free / 2**30:.0f} GiB free, {share:.0%}"
    return words if share >= _FREE_SHARE_MIN else f"{words}; below {_FREE_SHARE_MIN:.0%}, make room soon"


async def _procore(settings: Settings) -> str:
    if not settings.procore_client_id:
        return "no app is set (TIEBEAM_PROCORE_CLIENT_ID), so nothing to try"
    return await check_login(settings, procore_environment(settings))


_CHECKS: dict[str, Callable[[Settings], Awaitable[str]]] = {
    "disk": _disk,
    "master key": check_key,
    "database": check_database,
    "Procore": _procore,
}
