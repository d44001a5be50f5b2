"""What the garbage collector need not look at, and what the C library need not give back at once."""

from __future__ import annotations

import ctypes
import gc
from functools import cache

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""As many as five pages of records: hardly any of them hangs together in a circle."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""What glibc calls these in `malloc.h`."""
_FREE_BYTES_KEPT = 64 * 1024 * 1024
_MAPPED_BYTES_MIN = 32 * 1024 * 1024


@cache
def spare_what_is_loaded() -> None:
    """Have the garbage collector pass over what this process has loaded, and look seldom, once.

    Modules and classes live as long as the process. To walk them all stops it for a tenth of a second,
    in which nobody is answered; and it took a quarter of a pull, whose pages are ten thousand objects each.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


@cache
def keep_what_is_freed() -> None:
    """Have the C library keep the memory of one page for the next, once.

    A page of records is a megabyte, several times over. To ask the system for each of them anew, and give it
    back, took a twentieth of a pull. Other C libraries than glibc have no such settings, and keep theirs.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES_MIN)
    mallopt(_M_TRIM_THRESHOLD, _FREE_BYTES_KEPT)
