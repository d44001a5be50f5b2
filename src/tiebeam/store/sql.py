"""Statements from `queries/*.sql`: one statement a file, loaded when first asked for."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        return Sql(f"/* {qualified} */ {_without_comments(file.read_text('utf-8'))}", qualified)


def _without_comments(text: str) -> str:
    # Whole comment lines go: a stray percent sign in prose would be taken for a parameter.
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip().rstrip(";")


@cache
def queries(package: str) -> Queries:
    """Return the statements in the `queries` folder beside `package` (give it `__package__`)."""
    return Queries(package)
