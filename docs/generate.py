"""Writes docs/reference from the code, so that it cannot say anything else. Run by `make docs`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main
from pydantic import SecretStr

import tiebeam
from tiebeam.cli.exits import Exit
from tiebeam.cli.main import command_line
from tiebeam.connectors.monday.errors import ROWS as MONDAY_ROWS
from tiebeam.connectors.monday.errors import WRITE_ROWS as MONDAY_WRITE_ROWS
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.errors import ROWS, WRITE_ROWS
from tiebeam.delivering import CAUSES
from tiebeam.kernel.errors import TiebeamError
from tiebeam.push.machine import TRANSITIONS, StepEvent
from tiebeam.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic.fields import FieldInfo

    from tiebeam.connectors.outcomes import ErrorRow
    from tiebeam.connectors.streams import Stream

REFERENCE = Path(__file__).parent / "reference"
NOTICE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Return every page of the reference by file name."""
    written = {
        "cli.md": cli_page(),
        "settings.md": settings_page(),
        "streams.md": streams_page(),
        "errors.md": errors_page(),
        "push.md": push_page(),
    }
    return {name: NOTICE + text.rstrip("\n") + "\n" for name, text in written.items()}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Return a text that stays within its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def first_paragraph(text: str | None) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def cli_page() -> str:
    """Return the page of the command line."""
    root: Any = typer.main.get_command(command_line())
    parts = ["# Command line\n", f"{root.help}\n"]
    parts.extend(command_section(name, command) for name, command in commands(root, "tiebeam"))
    parts.append("## Exit codes\n")
    parts.append("The same for every command, so that a script knows what to do next.\n")
    parts.append(table(["code", "meaning"], [[str(int(code)), meaning] for code, meaning in exit_codes()]))
    return "\n".join(parts)


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Walk the commands that do something, in the order in which `--help` shows them."""
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for child, below in children.items():
        if not below.hidden:
            yield from commands(below, f"{name} {child}")


def command_section(name: str, command: Any) -> str:
    """Return what a command does and takes."""
    given = [p for p in command.params if not p.hidden and p.name not in {"help", "install_completion"}]
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## `{name}`\n", f"{command.help}\n", f"```\n{usage}\n```\n"]
    rows = [[f"`{', '.join([*p.opts, *p.secondary_opts])}`", help_of(p), default_of(p)] for p in given]
    if rows:
        parts.append(table(["parameter", "what it does", "default"], rows))
    return "\n".join(parts)


def help_of(parameter: Any) -> str:
    """Return the help of a parameter."""
    return str(getattr(parameter, "help", None) or "")


def default_of(parameter: Any) -> str:
    """Return the default of a parameter as it would be typed; flags are off and most options unset."""
    unset = parameter.default is None or parameter.default is False or callable(parameter.default)
    if parameter.required:
        return "required"
    return "" if unset else f"`{parameter.default}`"


def exit_codes() -> Iterator[tuple[Exit, str]]:
    """Pair each exit code with the sentence written below it."""
    source = Path(importlib.import_module("tiebeam.cli.exits").__file__ or "").read_text("utf-8")
    for code in Exit:
        after = source.partition(f"    {code.name} = ")[2]
        yield code, after.partition('"""')[2].partition('"""')[0]


def settings_page() -> str:
    """Return the page of the environment variables."""
    prefix = Settings.model_config.get("env_prefix", "")
    rows = [
        [f"`{(prefix + name).upper()}`", field.description or "", setting_default(field)]
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings\n",
            f"{first_paragraph(Settings.__doc__)}\n",
            table(["variable", "meaning", "default"], rows),
        ]
    )


def setting_default(field: FieldInfo) -> str:
    """Return the default of a setting; one that depends on the machine is described, not shown."""
    if field.default_factory is not None:
        return "depends on the machine"
    if field.default is None:
        return "none"
    if isinstance(field.default, SecretStr):
        return "secret"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def streams_page() -> str:
    """Return the page of what is read from Procore."""
    heads = ["stream", "records", "view", "read", "within", "every", "priority", "phase", "detail call"]
    return "\n".join(
        [
            "# Streams\n",
            "What is read from Procore, parents before their children. `every` limits staleness.\n",
            table(heads, [stream_row(stream) for stream in STREAMS]),
        ]
    )


def stream_row(stream: Stream) -> list[str]:
    """Return one stream in words."""
    return [
        f"`{stream.name}`",
        stream.title,
        f"`replica.{stream.view}`",
        stream.mode.value,
        ", ".join(stream.scope) or "company",
        f"{stream.interval_minutes} min",
        stream.priority.name.lower(),
        f"{int(stream.phase)} {stream.phase.name.lower()}",
        "yes" if stream.detail else "no",
    ]


def errors_page() -> str:
    """Return the page of the error codes."""
    ours = [[f"`{kind.code}`", kind.owner.value, first_paragraph(kind.__doc__)] for kind in our_errors()]
    return "\n".join(
        [
            "# Errors\n",
            "Every error says what happened and what to do next. Its code is stable.\n",
            "## Tiebeam's\n",
            table(["code", "who can mend it", "meaning"], ours),
            "## Procore's\n",
            "The first row that fits an answer counts.\n",
            vendor_table((*ROWS, *WRITE_ROWS)),
            "## monday.com's\n",
            "monday.com tells of most of them within an answer of status 200.\n",
            vendor_table((*MONDAY_ROWS, *MONDAY_WRITE_ROWS)),
        ]
    )


def vendor_table(rows: Iterable[ErrorRow]) -> str:
    """Return the table of a vendor's errors, each code once."""
    heads = ["code", "what is done", "who can mend it", "what happened", "what to do"]
    by_code = {
        row.code: [f"`{row.code}`", row.do.value, row.owner.value, row.cause, row.action] for row in rows
    }
    return table(heads, by_code.values())


def push_page() -> str:
    """Return the page of documents on their way: how a write goes, and what can keep it."""
    arrows = [
        f"    {state.value} --> {after.value}: {event.value.replace('_', ' ')}"
        for state, events in TRANSITIONS.items()
        for event, after in events.items()
    ]
    events = [[f"`{one.value}`", sentence(StepEvent, one.name)] for one in StepEvent]
    causes = [[f"`{code}`", one.owner.value, one.cause, one.action] for code, one in CAUSES.items()]
    return "\n".join(
        [
            "# Documents on their way\n",
            "## How a write goes\n",
            "```mermaid\nstateDiagram-v2\n    [*] --> planned\n" + "\n".join(arrows) + "\n```\n",
            table(["what happens", "meaning"], events),
            "## What can keep a document\n",
            "What Procore itself refuses has the codes of [its own table](errors.md#procores) besides.\n",
            table(["code", "who can mend it", "what happened", "what to do"], causes),
        ]
    )


def sentence(kind: Any, name: str) -> str:
    """Return the sentence below a member of an enumeration."""
    source = Path(importlib.import_module(kind.__module__).__file__ or "").read_text("utf-8")
    return source.partition(f"    {name} = ")[2].partition('"""')[2].partition('"""')[0]


def our_errors() -> list[type[TiebeamError]]:
    """Return every class of error with a code of its own, by code."""
    for module in pkgutil.walk_packages(tiebeam.__path__, "tiebeam."):
        if not module.name.startswith(("tiebeam.simulators", "tiebeam.store.migrations", "tiebeam.__main__")):
            importlib.import_module(module.name)
    found = {kind.code: kind for kind in reversed(list(descendants(TiebeamError)))}
    return [found[code] for code in sorted(found)]


def descendants(kind: type[TiebeamError]) -> Iterator[type[TiebeamError]]:
    """Walk the classes below one, each after its parent."""
    for child in kind.__subclasses__():
        if "code" in vars(child):
            yield child
        yield from descendants(child)


def main() -> None:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
