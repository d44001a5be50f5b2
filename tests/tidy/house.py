"""What the house rules look at: our files, their syntax trees and their comments."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = frozenset(
    {".git", ".venv", "build", "dist", "__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache"}
    | {".ruff_cache", ".import_linter_cache"}
)


@dataclass(frozen=True)
class Module:
    """A Python file, read once."""

    path: str
    """From the root of the repository, with slashes."""
    text: str

    @property
    def in_src(self) -> bool:
        """Whether it is part of the product."""
        return self.path.startswith("src/")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def comments(self) -> dict[int, str]:
        """Its comments by line, without the `#`."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {
            token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT
        }

    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    def at(self, node: ast.AST) -> str:
        """Return where a node stands, as editors like it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def files() -> tuple[str, ...]:
    """Return the path of every file that is ours, tracked or about to be."""
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if (
            not NOT_OURS.intersection(parts)
            and path.is_file()
            and not any(p.endswith(".egg-info") for p in parts)
        ):
            found.append("/".join(parts))
    return tuple(sorted(found))


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file that is ours."""
    return tuple(Module(path, read(path)) for path in files() if path.endswith(".py"))


def read(path: str) -> str:
    """Return the text of one of our files."""
    return (ROOT / path).read_text("utf-8")


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names, an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{base}.{node.attr}" if (base := dotted(node.value)) else ""
    return ""


def none_of(offenders: list[str], rule: str) -> None:
    """Fail with the rule and everything that breaks it."""
    assert not offenders, "\n".join([rule, *offenders])
