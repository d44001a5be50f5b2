"""`tiebeam audit`: who did what, and whether the trail is as it was written."""

from __future__ import annotations

import getpass
import re
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from tiebeam.app import opened
from tiebeam.cli.exits import Exit
from tiebeam.cli.output import AsJson, console, print_json, print_table
from tiebeam.cli.running import run_command
from tiebeam.kernel.errors import BadInputError
from tiebeam.kernel.moments import parse_moment
from tiebeam.operations.audit.dossier.check import check_dossier
from tiebeam.operations.audit.dossier.model import Asked, Form
from tiebeam.operations.audit.model import Actor, Wanted
from tiebeam.operations.audit.repository import LIMIT_MAX, Trail
from tiebeam.proof import Proof
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.operations.audit.anchors.model import Proven
    from tiebeam.operations.audit.model import Entry

commands = typer.Typer(help="See who did what, and verify that nothing of it was changed.")

_HEAD = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{64})")


@commands.command("list")
def list_entries(
    act: Annotated[
        str | None, typer.Option(help="An act (session.refused), or a noun with all its acts (session).")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="What it was done to, such as key:ID.")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries with a lower number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List entries of the audit trail, the newest first."""

    async def work() -> None:
        async with opened(read_settings()) as app:
            trail = Trail(app.store, app.clock)
            wanted = Wanted(act=act, subject=subject)
            found = await trail.entries(app.tenant.id, wanted, limit=limit, before=before)
        if as_json:
            print_json(found)
        elif not found:
            console.print("Nothing was noted that fits.")
        else:
            heads = ("number", "at", "who", "act", "subject", "detail")
            print_table("Audit trail", heads, [_cells(entry) for entry in found])

    run_command(work(), as_json=as_json)


@commands.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH that an earlier run printed: that entry must be as it was then."),
    ] = None,
    photos: Annotated[bool, typer.Option("--photos", help="Read the photos' originals, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the whole trail and its daily signatures; say if anything was changed or removed (exit code 5).

    What was captured is held against what the trail noted of it.
    Keep the last line elsewhere: with --head it shows even a trail that somebody has written anew.
    """

    async def work() -> Exit | None:
        expected = _kept(head)
        async with opened(read_settings()) as app:
            found = await Proof(app).dossiers().prove(originals=photos)
            number, kept = expected or (0, b"")
            same = expected is None or await app.evidence.trail.hash_at(app.tenant.id, number) == kept
        elsewhere = None if same else f"the entry {number} is not the one that was kept elsewhere"
        fault = found.fault or elsewhere
        _tell(found, fault, as_json=as_json)
        return Exit.INCOMPLETE if fault else None

    run_command(work(), as_json=as_json)


@commands.command()
def key(as_json: AsJson = False) -> None:
    """Show the public key by which dossiers and daily signatures are known: tell it to whoever checks."""

    async def work() -> None:
        async with opened(read_settings()) as app:
            public = (await app.evidence.key(app.tenant.id)).public.hex()
        if as_json:
            print_json({"public_key": public})
        else:
            console.print(public, highlight=False, soft_wrap=True)

    run_command(work(), as_json=as_json)


@commands.command()
def export(
    item: Annotated[str | None, typer.Option(help="About one item alone, such as document:ID.")] = None,
    project: Annotated[
        str | None, typer.Option(help="About everything captured in one of our projects, by its id.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="From this day or moment on.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to, but without, this day or moment.")] = None,
    forms: Annotated[
        list[Form] | None, typer.Option("--as", help="One form of it; say it again for another. All of them.")
    ] = None,
    to: Annotated[Path, typer.Option(help="The folder to write it to.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a signed dossier, a ZIP: what was done, captured and sent, with the photos' hashes."""

    async def work() -> None:
        wish = Asked(item, project, _moment(since, "--since"), _moment(until, "--until"))
        async with opened(read_settings()) as app:
            by = Actor.command(getpass.getuser())
            made = await Proof(app).dossiers().make(wish, by, forms=frozenset(forms or Form))
        path = to / made.name
        _write(path, made.data)
        told = {"file": str(path), "sha256": made.sha256, "entries": made.entries, "exhibits": made.exhibits}
        if as_json:
            print_json(told)
        else:
            console.print(
                f"{made.entries:,} entries and {made.exhibits:,} exhibits are in {path}", soft_wrap=True
            )

    run_command(work(), as_json=as_json)


@commands.command("verify-dossier")
def verify_dossier(
    file: Annotated[Path, typer.Argument(help="The ZIP, as it was given to you.")],
    key: Annotated[
        str | None, typer.Option(help="The company's public key, as the company itself told you.")
    ] = None,
    photos: Annotated[
        list[Path] | None, typer.Option("--photo", help="An original photo, to be found in the dossier.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a dossier is as it was signed (exit code 5 if not); no database is needed, no account."""

    async def work() -> Exit | None:
        found = check_dossier(_read(file), key=key)
        hashes = set(found.photos.values())
        strange = [one for one in photos or [] if sha256(_read(one)).hexdigest() not in hashes]
        faults = (*found.faults, *(f"{one.name} is no photo of this dossier" for one in strange))
        if as_json:
            print_json({"holds": not faults, **asdict(replace(found, faults=faults))})
            return Exit.INCOMPLETE if faults else None
        for fault in faults:
            console.print(f"Not as it was signed: {fault}.", markup=False, highlight=False, soft_wrap=True)
        if not faults:
            about = f"{found.company}, made {found.made_at[:19]} UTC: {found.entries:,} entries"
            console.print(f"As it was signed. {about}, {len(found.photos):,} photos.", markup=False)
        console.print(f"Signed with the key {found.public_key}", highlight=False, soft_wrap=True)
        if key is None:
            console.print("Ask the company whether that key is its own, and give it with --key.")
        return Exit.INCOMPLETE if faults else None

    run_command(work(), as_json=as_json)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or "it cannot be opened"
        raise BadInputError(f"{path} cannot be read: {why}.", action="Name the file.") from None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        why = error.strerror or "it cannot be opened"
        raise BadInputError(
            f"{path} cannot be written: {why}.", action="Choose a folder with --to."
        ) from None


def _moment(text: str | None, option: str) -> datetime | None:
    moment = parse_moment(text)
    if text is not None and moment is None:
        raise BadInputError(
            f"{option} {text!r} is no date.", action="Write it as 2026-03-02 or 2026-03-02T15:00."
        )
    return moment


def _tell(found: Proven, fault: str | None, *, as_json: bool) -> None:
    trail = found.trail
    if as_json:
        told = {"holds": fault is None, "fault": fault, "entries": trail.entries}
        signed = {"anchors": found.anchors, "anchored": found.anchored, "public_key": found.public_key}
        print_json(told | {"number": trail.number, "hash": trail.hash} | signed)
    elif fault:
        console.print(f"The trail does not hold: {fault}. {trail.entries:,} entries of its chain do.")
    else:
        console.print(f"The trail holds: {trail.entries:,} entries.")
        days = f"{found.anchors:,} daily signatures, the last up to entry {found.anchored:,}."
        console.print(days if found.anchors else "Nothing of it is signed yet: `tiebeam up` does so daily.")
        console.print(f"{trail.number}:{trail.hash.hex()}", highlight=False, soft_wrap=True)


def _kept(head: str | None) -> tuple[int, bytes] | None:
    if head is None:
        return None
    found = _HEAD.fullmatch(head)
    if found is None:
        raise BadInputError(
            "--head is not a number, a colon and a hash.", action="Give what `tiebeam audit verify` printed."
        )
    return int(found[1]), bytes.fromhex(found[2])


def _cells(entry: Entry) -> tuple[Any, ...]:
    who = f"{entry.actor.kind} {entry.actor.name}".strip()
    detail = orjson.dumps(entry.detail).decode() if entry.detail else ""
    return (str(entry.number), entry.at, who, entry.act, entry.subject, detail)
