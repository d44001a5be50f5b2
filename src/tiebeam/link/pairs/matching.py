"""Which items may be those of which jobs: by number, then by how alike the names are. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.link.matching import ALIKE_MIN, alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tiebeam.jobs.boards.model import Item
    from tiebeam.jobs.model import Job

_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"#\s*(\d{1,9})\b")
SHARED_MAX: Final = 50
"""A word that more names than this have says nothing of any of them."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A job and an item that may belong together, and why."""

    job: Job
    item: Item
    score: float
    """0 to 1."""
    reason: str


def suggested(jobs: Sequence[Job], items: Sequence[Item]) -> list[Suggested]:
    """Return what may belong together, the likeliest first, each job and each item at most once.

    Nothing is suggested where two fit equally well: a wrong suggestion is worse than none.
    """
    pairs = sorted([*_by_number(jobs, items), *_by_name(jobs, items)], key=_order)
    found: list[Suggested] = []
    taken: set[object] = set()
    for one in pairs:
        rivals = [other for other in pairs if other.score == one.score and _rivals(one, other)]
        if {one.job.id, one.item.id}.isdisjoint(taken) and not rivals:
            found.append(one)
            taken |= {one.job.id, one.item.id}
    return found


def _order(one: Suggested) -> tuple[float, int, str]:
    return -one.score, one.job.number, str(one.item.id)


def _rivals(one: Suggested, other: Suggested) -> bool:
    return (one.job.id == other.job.id) != (one.item.id == other.item.id)


def _by_number(jobs: Iterable[Job], items: Iterable[Item]) -> Iterator[Suggested]:
    of = {one.number: one for one in jobs}
    for item in items:
        for number in {int(found) for found in _NUMBER.findall(item.name)} & set(of):
            yield Suggested(of[number], item, 1.0, f"the name has the number, #{number}")


def _by_name(jobs: Sequence[Job], items: Sequence[Item]) -> Iterator[Suggested]:
    having: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        for word in set(_WORD.findall(job.title.casefold())):
            having[word].append(job)
    for item in items:
        shared = [having[word] for word in set(_WORD.findall(item.name.casefold())) if word in having]
        near = {job.id: job for many in shared if len(many) <= SHARED_MAX for job in many}
        for job in near.values():
            score = alike(job.title, item.name)
            if score >= ALIKE_MIN:
                yield Suggested(job, item, score, "the same name" if score == 1 else "a name much like it")
