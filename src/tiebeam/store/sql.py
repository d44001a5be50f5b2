"""Statements from `queries/*.sql`: one statement a file, loaded when first asked for.

What several statements of a package have in common stands once, in `queries/parts`: the line
`-- include place` is where `queries/parts/place.sql` goes.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_INCLUDE: Final = re.compile(r"^[ \t]*-- include (\w+)[ \t]*$", re.MULTILINE)


class Sql(str):
    """A statement that knows its name, such as `identity.find_tenant`."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, text: str, name: str) -> Self:
        """Name `text`."""
        made = super().__new__(cls, text)
        made.name = name
        return made


class Queries:
    """The statements of one package: `Q["find_tenant"]` or `Q.find_tenant`."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._folder = resources.files(package).joinpath("queries")
        self._loaded: dict[str, Sql] = {}

    def __getitem__(self, name: str) -> Sql:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __getattr__(self, name: str) -> Sql:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(str(error)) from error

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of all statements of the package."""
        stems = (
            entry.name.removesuffix(".sql") for entry in self._folder.iterdir() if entry.name.endswith(".sql")
        )
        return iter(sorted(stems))

    def _load(self, name: str) -> Sql:
        file = self._folder.joinpath(f"{name}.sql")
        if not file.is_file():
            raise KeyError(f"{self._package} has no queries/{name}.sql; it has {', '.join(self) or 'none'}.")
        qualified = f"{self._package.removeprefix('tiebeam.')}.{name}"
        text = _INCLUDE.sub(lambda found: self._part(found[1]), file.read_text("utf-8"))
        return Sql(f"/* {qualified} */ {_without_comments(text)}", qualified)

    def _part(self, name: str) -> str:
        return self._folder.joinpath("parts", f"{name}.sql").read_text("utf-8")


def _without_comments(text: str) -> str:
    # Whole comment lines go: a stray percent sign in prose would be taken for a parameter.
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip().rstrip(";")


@cache
def queries(package: str) -> Queries:
    """Return the statements in the `queries` folder beside `package` (give it `__package__`)."""
    return Queries(package)
