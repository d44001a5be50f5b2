"""Fingerprints: a row that is as it was is known by its text, and need not be read.

A vendor signs its links anew at every reading, so that no row has the same text twice. A fingerprint passes
over the values of every member that is named as a volatile one is (`url`), wherever it stands. Two rows of
the same fingerprint have the same members in the same places and differ at most in those values; so where the
one, read, turned out to hold no such member but volatile ones, nothing that counts can have changed in the
other.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Final

from xxhash import xxh3_64_intdigest, xxh3_128_digest

from tiebeam.kernel.paths import last_names

if TYPE_CHECKING:
    from collections.abc import Sequence

_BETWEEN: Final = b"\0"
"""Stands in no JSON text, so that rows put together with it come apart again."""
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'


class Fingerprints:
    """Takes the fingerprints of one stream's rows. Those of other volatile paths are never the same."""

    def __init__(self, volatile: tuple[str, ...]) -> None:
        self._members = _members(last_names(volatile))
        self._seed = xxh3_64_intdigest("\n".join(sorted(volatile)).encode())

    def of(self, raw: bytes) -> bytes:
        """Return the 16-byte fingerprint of a row's JSON text."""
        return xxh3_128_digest(self._passed_over(raw), self._seed)

    def of_all(self, raws: Sequence[bytes]) -> list[bytes]:
        """Return the fingerprints of rows, in their order: one look at all of them is much the quickest."""
        texts = self._passed_over(_BETWEEN.join(raws)).split(_BETWEEN)
        if len(texts) != len(raws):
            return [self.of(raw) for raw in raws]
        return list(map(xxh3_128_digest, texts, repeat(self._seed)))

    def proves(self, data: bytes) -> bool:
        """Whether it proves anything of the row whose canonical bytes, less what is volatile, are `data`.

        It does not where a member that is not volatile has the name of one that is.
        """
        return self._members is None or self._members.search(data) is None

    def proves_all(self, datas: Sequence[bytes]) -> list[bool]:
        """Say of each of several rows what `proves` says."""
        if self.proves(_BETWEEN.join(datas)):
            return [True] * len(datas)
        return list(map(self.proves, datas))

    def _passed_over(self, text: bytes) -> bytes:
        """Return a text without the values of the members that are passed over."""
        return b"".join(self._members.split(text)) if self._members else text


@lru_cache(maxsize=1024)
def fingerprints(volatile: tuple[str, ...]) -> Fingerprints:
    """Return what takes the fingerprints of rows with these volatile paths."""
    return Fingerprints(volatile)


def _members(names: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """Return what finds the text of each member with one of these names, its name set apart.

    It looks for the shortest ending first, `url` of `share_url`, and then back: several times as quick as to
    look for the quotation mark that each name begins with. Within a text a quotation mark is written with a
    backslash, so that what matches is a member and no prose.
    """
    escaped = [re.escape(name).encode() for name in names]
    stems = [name for name in escaped if not any(name != end and name.endswith(end) for end in escaped)]
    found = [
        stem + b"(?:%s)" % b"|".join(b'(?<="%s)' % name for name in escaped if name.endswith(stem))
        for stem in stems
    ]
    return re.compile(rb'((?:%s)"\s*:\s*)%s' % (b"|".join(found), _TEXT)) if found else None
