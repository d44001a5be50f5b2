"""Text as it must stand on paper: letters joined, right-to-left lines turned round, every character shown.

Arabic is written in the joined forms that Unicode has characters for, and turned round line by line by the
rules of Unicode's annex 9 that names and notes need; deeper embeddings are left out.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LAM: Final = "\u0644"
_STRETCH: Final = "\u0640"
_FORMS_FROM: Final = ((0xFB50, 0xFC00), (0xFE70, 0xFF00))
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_NUMBERS: Final = frozenset({"EN", "AN"})
_WITHIN_NUMBERS: Final = frozenset({"CS", "ES"})
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_MIRROR: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def is_turned(text: str) -> bool:
    """Say whether a text holds anything that is written from right to left."""
    return any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)


def on_paper(text: str, *, columns: int) -> list[str]:
    """Return the lines of a text in the order in which their letters stand on paper, from left to right.

    A line that is turned round is broken here, at `columns` letters: whoever sets the others may break them.
    """
    found: list[str] = []
    for line in unicodedata.normalize("NFC", text).splitlines() or [""]:
        clean = "".join(" " if unicodedata.category(one) in {"Cc", "Cf"} else one for one in line)
        if is_turned(clean):
            found.extend(_turned(joined(part)) for part in _broken(clean, columns))
        else:
            found.append(clean)
    return found


def joined(text: str) -> str:
    """Return a text with its Arabic letters in the forms in which they join."""
    letters, made, place = list(text), [], 0
    while place < len(letters):
        letter, follows = letters[place], _neighbour(letters, place, 1)
        pair = letter + letters[follows] if letter == _LAM and follows is not None else ""
        before = _joins_on(letters, _neighbour(letters, place, -1))
        if pair in _forms() and follows is not None:
            made.append(_forms()[pair]["final" if before else "isolated"])
            made.extend(letters[place + 1 : follows])
            place = follows + 1
            continue
        made.append(
            _formed(letter, before=before, after=follows is not None and _is_joined(letters[follows]))
        )
        place += 1
    return "".join(made)


def _formed(letter: str, *, before: bool, after: bool) -> str:
    forms = _forms().get(letter, {})
    names = {(True, True): "medial", (True, False): "final", (False, True): "initial"}
    wanted = names.get((before and "final" in forms, after and "initial" in forms), "isolated")
    return forms.get(wanted, letter)


def _neighbour(letters: Sequence[str], place: int, step: int) -> int | None:
    """Return where the next letter is in a direction, past the marks above and below letters."""
    place += step
    while 0 <= place < len(letters) and unicodedata.category(letters[place]) == "Mn":
        place += step
    return place if 0 <= place < len(letters) else None


def _joins_on(letters: Sequence[str], place: int | None) -> bool:
    """Say whether a letter joins the one after it."""
    return place is not None and (letters[place] == _STRETCH or "initial" in _forms().get(letters[place], {}))


def _is_joined(letter: str) -> bool:
    """Say whether a letter joins the one before it."""
    return letter == _STRETCH or "final" in _forms().get(letter, {})


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Return the forms of each letter, and of lam with alef, as Unicode itself tells them."""
    found: dict[str, dict[str, str]] = {}
    for first, last in _FORMS_FROM:
        for code in range(first, last):
            form, *parts = unicodedata.decomposition(chr(code)).split() or [""]
            letters = "".join(chr(int(part, 16)) for part in parts)
            if form in {"<isolated>", "<initial>", "<medial>", "<final>"} and _is_letter(letters):
                found.setdefault(letters, {})[form.strip("<>")] = chr(code)
    return found


def _is_letter(letters: str) -> bool:
    return len(letters) == 1 or (len(letters) == 2 and letters[0] == _LAM and letters[1] in "آأإا")


def _broken(text: str, columns: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > columns:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _turned(line: str) -> str:
    """Return a line in the order in which it stands on paper."""
    clusters = _clusters(line)
    known, base = _levels([unicodedata.bidirectional(cluster[0]) for cluster in clusters])
    levels = _settled(_with_brackets(clusters, known, base), base)
    order = list(range(len(clusters)))
    for level in range(max(levels, default=0), 0, -1):
        for start, end in _runs([levels[place] >= level for place in order]):
            order[start:end] = reversed(order[start:end])
    return "".join(
        clusters[place].translate(_MIRROR) if levels[place] % 2 else clusters[place] for place in order
    )


def _clusters(line: str) -> list[str]:
    """Return letters, each with the marks that stand on it."""
    found: list[str] = []
    for letter in line:
        if found and unicodedata.category(letter) == "Mn":
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _levels(kinds: list[str]) -> tuple[list[int | None], int]:
    """Return how deep each letter is embedded, and the line itself: odd is from right to left."""
    strong = next((kind for kind in kinds if kind == "L" or kind in _RIGHT_TO_LEFT), "L")
    base = 0 if strong == "L" else 1
    levels: list[int | None] = []
    turned = base == 1
    for place, kind in enumerate(kinds):
        number = kind in _NUMBERS or _is_within_number(kinds, place)
        if kind == "L":
            turned = False
        elif kind in _RIGHT_TO_LEFT:
            turned = True
        if kind == "L":
            levels.append(2 * base)
        elif kind in _RIGHT_TO_LEFT:
            levels.append(1)
        else:
            levels.append((2 if turned else 2 * base) if number else None)
    return levels, base


def _is_within_number(kinds: list[str], place: int) -> bool:
    """Say whether this is the point or comma between two digits, or what is written close to a number."""
    around = kinds[max(0, place - 1) : place] + kinds[place + 1 : place + 2]
    if kinds[place] in _WITHIN_NUMBERS:
        return len(around) == 2 and all(kind in _NUMBERS for kind in around)
    return kinds[place] == "ET" and any(kind in _NUMBERS for kind in around)


def _with_brackets(clusters: list[str], levels: list[int | None], base: int) -> list[int | None]:
    """Give both brackets of a pair the same direction: that of what is around them, or of what is inside."""
    found, open_ = list(levels), []
    for place, cluster in enumerate(clusters):
        if cluster in _PAIRS:
            open_.append(place)
        elif cluster in _PAIRS.values() and open_ and _PAIRS[clusters[open_[-1]]] == cluster:
            first = open_.pop()
            inside = {level % 2 for level in levels[first + 1 : place] if level is not None}
            before = next((level for level in reversed(levels[:first]) if level is not None), base)
            alike = base % 2 in inside or not inside or before % 2 == base % 2
            found[first] = found[place] = base if alike else 2 - base
    return found


def _settled(levels: list[int | None], base: int) -> list[int]:
    """Give what has no direction that of what is around it, or the line's."""
    known = [(-1, base), *((place, level) for place, level in enumerate(levels) if level is not None)]
    settled = [base if level is None else level for level in levels]
    for (first, before), (last, after) in pairwise([*known, (len(levels), base)]):
        # A number counts as right to left where it stands between such letters.
        turned = before > 0 and after > 0 and 1 in {before, after}
        level = 1 if turned else before if before == after else base
        settled[first + 1 : last] = [level] * (last - first - 1)
    return settled


def _runs(inside: list[bool]) -> Iterator[tuple[int, int]]:
    start = None
    for place, one in enumerate([*inside, False]):
        if one and start is None:
            start = place
        elif not one and start is not None:
            yield start, place
            start = None
