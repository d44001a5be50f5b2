"""The words that may stand in a label: few, and none of them an id, a name or a secret."""

from __future__ import annotations

import re
from typing import Final

OTHER: Final = "other"
WORDS_MAX: Final = 200
"""The different words a label can take; later ones are counted as `other`, so that series stay bounded."""

_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_DIGITS_MAX = 3


def word(text: object) -> str:
    """Return a word of our own vocabulary as it is; anything that could be an id or a name is `other`."""
    found = str(text)
    digits = sum(character.isdigit() for character in found)
    return found if _WORD.fullmatch(found) and digits <= _DIGITS_MAX else OTHER


def status_word(status: int) -> str:
    """Return an HTTP status as a word."""
    return str(status) if 100 <= status < 600 else OTHER


class Vocabulary:
    """The words that one label has taken so far."""

    def __init__(self, words_max: int = WORDS_MAX) -> None:
        self._words_max = words_max
        self._seen: set[str] = set()

    def take(self, text: object) -> str:
        """Return the label's value for `text`."""
        found = word(text)
        if found not in self._seen:
            if len(self._seen) >= self._words_max:
                return OTHER
            self._seen.add(found)
        return found
