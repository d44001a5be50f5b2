"""Pages of a list: sizes, caps and the headers that lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tiebeam.simulators.procore.errors import ApiError

if TYPE_CHECKING:
    from tiebeam.simulators.procore.calls import Query


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is cut: its default size, its cap (None: the options'), and what more than that meets."""

    default: int = 100
    cap: int | None = None
    refuses: bool = False


CLASSIC = Paging()
PROJECTS = Paging(cap=300)
NESTED = Paging(cap=100, refuses=True)
VERSION_2 = Paging(default=10, cap=100, refuses=True)


@dataclass(frozen=True, slots=True)
class Page:
    """One page asked for; both numbers count from 1."""

    number: int
    size: int

    @property
    def start(self) -> int:
        """The position of its first row, from 0."""
        return (self.number - 1) * self.size

    def last(self, total: int) -> int:
        """The number of the last page of `total` rows."""
        return max(1, -(-total // self.size))


def ask_page(query: Query, paging: Paging, cap_by_option: int) -> Page:
    """The page that a query asks for. ApiError 400 when the list refuses its size."""
    size = query.integer("per_page")
    cap = paging.cap or cap_by_option
    if size is not None and size > cap and paging.refuses:
        raise ApiError(400, f"Invalid per_page: {size}, exceeding max per_page of {cap}", shape="errors")
    size = min(size, cap) if size is not None and size > 0 else min(paging.default, cap)
    return Page(max(1, query.integer("page") or 1), size)


def page_headers(page: Page, total: int, url: str, query: Query) -> dict[str, str]:
    """Total, Per-Page and, when there is more than one page, Link with absolute URLs."""
    headers = {"Total": str(total), "Per-Page": str(page.size)}
    last = page.last(total)
    targets: dict[str, int] = {}
    if page.number > 1:
        targets |= {"first": 1, "prev": min(page.number - 1, last)}
    if page.number < last:
        targets |= {"next": page.number + 1, "last": last}
    if targets:
        rest = [(name, value) for name, value in query.pairs if name not in ("page", "per_page")]
        headers["Link"] = ", ".join(
            f'<{url}?{urlencode([*rest, ("page", number), ("per_page", page.size)])}>; rel="{rel}"'
            for rel, number in targets.items()
        )
    return headers
