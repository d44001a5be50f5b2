"""The reference says what the code does, and everything a user can type or set is in it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from tiebeam.cli.main import command_line
from tiebeam.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pages())


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for child, below in children.items():
        yield from leaves(below, f"{name} {child}")


def test_the_reference_is_what_make_docs_would_write(pages: dict[str, str]) -> None:
    kept = {path.name: path.read_text("utf-8") for path in REFERENCE.glob("*.md")}
    stale = sorted(name for name in pages.keys() | kept.keys() if pages.get(name) != kept.get(name))
    assert stale == [], "run `make docs` and commit docs/reference"


def test_every_command_and_option_is_documented_and_says_what_it_does() -> None:
    page = (REFERENCE / "cli.md").read_text("utf-8")
    commands = dict(leaves(typer.main.get_command(command_line()), "tiebeam"))
    assert commands
    silent = [name for name, command in commands.items() if f"## `{name}`\n" not in page or not command.help]
    silent += [
        f"{name} {option}"
        for name, command in commands.items()
        for parameter in command.params
        for option in parameter.opts
        if not getattr(parameter, "help", None) or option not in page
    ]
    assert silent == []


def test_every_setting_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    silent = [
        name
        for name, field in Settings.model_fields.items()
        if f"`TIEBEAM_{name.upper()}`" not in page or not field.description
    ]
    assert silent == []
