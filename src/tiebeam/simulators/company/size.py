"""How large a make-believe contractor is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A number of projects, and about how many records of paperwork over all of them.

    `items` counts the records of every project-level kind except each project's directory, locations and
    cost codes; a project has at least ten, so very small numbers are exceeded.
    """

    projects: int
    items: int

    @classmethod
    def of(cls, *, projects: int, items: int) -> Size:
        """Any size. Raises ValueError below one project or below zero items."""
        if projects < 1 or items < 0:
            raise ValueError(
                f"a company needs a project and no fewer than 0 items, not {projects} and {items}"
            )
        return cls(projects, items)

    @classmethod
    def named(cls, name: str) -> Size:
        """One of `SIZES`. Raises ValueError for any other name."""
        size = SIZES.get(name)
        if size is None:
            raise ValueError(f"no size {name!r}: use {', '.join(SIZES)}, or give projects and items")
        return size


TINY = Size(projects=2, items=60)
SMALL = Size(projects=5, items=500)
REFERENCE = Size(projects=20, items=5_000)
SIZES = {"tiny": TINY, "small": SMALL, "reference": REFERENCE}
