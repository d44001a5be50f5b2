"""Which of our projects a vendor's may be: by number, then by how alike the names are. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from tiebeam.link.model import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.field.projects.model import Project
    from tiebeam.link.model import VendorProject

ALIKE_MIN: Final = 0.72
"""Names that are less alike than this are not suggested: a wrong suggestion is worse than none."""
_WORD = re.compile(r"[^\W_]+")


def suggestions(theirs: Sequence[VendorProject], ours: Sequence[Project]) -> dict[str, Suggestion]:
    """Return a suggestion for each vendor's project that has one, each project of ours at most once.

    Give only what is not mapped yet. Nothing is suggested where two of ours fit equally well.
    """
    found: dict[str, Suggestion] = {}
    free = list(ours)
    for one in theirs:
        same = [project for project in free if one.number and _bare(project.number) == _bare(one.number)]
        if len(same) == 1:
            found[one.id] = Suggestion(same[0], f"the same number, {same[0].number}")
            free.remove(same[0])
    pairs = sorted(
        ((alike(one.name, project.name), one.id, project) for one in theirs for project in free),
        key=lambda pair: (-pair[0], pair[1], pair[2].number),
    )
    taken: set[str] = set()
    for score, key, project in pairs:
        if score < ALIKE_MIN:
            break
        tied = sum(1 for other, there, _ in pairs if there == key and other == score) > 1
        if key not in found and project.number not in taken and not tied:
            found[key] = Suggestion(project, "the same name" if score == 1 else "a name much like it")
            taken.add(project.number)
    return found


def alike(one: str, other: str) -> float:
    """Return how alike two names are, 0 to 1: whatever the order of their words, case and punctuation."""
    words = [sorted(_WORD.findall(name.casefold())) for name in (one, other)]
    if not all(words):
        return 0.0
    return SequenceMatcher(None, " ".join(words[0]), " ".join(words[1]), autojunk=False).ratio()


def _bare(number: str) -> str:
    return "".join(_WORD.findall(number.casefold()))
