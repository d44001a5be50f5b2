"""What one statement carries."""

from __future__ import annotations

import pytest

from tiebeam.replicate.model import Incoming
from tiebeam.replicate.plan import batches


def row(size: int) -> Incoming:
    return Incoming(key=str(size), data=b"x" * size, hash=b"", vendor_at=None, day=None, gone=False)


@pytest.mark.parametrize(
    ("sizes", "cut"),
    [
        ([], []),
        ([3, 4, 3], [[3, 4, 3]]),
        ([3, 4, 4], [[3, 4], [4]]),
        ([50], [[50]]),
        ([1, 50, 1], [[1], [50], [1]]),
        ([10, 10, 1], [[10], [10], [1]]),
    ],
)
def test_rows_are_cut_by_their_bytes_and_a_larger_one_comes_alone(
    sizes: list[int], cut: list[list[int]]
) -> None:
    found = [[len(one.data) for one in batch] for batch in batches(map(row, sizes), bytes_max=10)]
    assert found == cut
