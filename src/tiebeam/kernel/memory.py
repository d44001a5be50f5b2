"""What the garbage collector need not look at."""

from __future__ import annotations

import gc
from functools import cache

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""As many as five pages of records: hardly any of them hangs together in a circle."""


@cache
def spare_what_is_loaded() -> None:
    """Have the garbage collector pass over what this process has loaded, and look seldom, once.

    Modules and classes live as long as the process. To walk them all stops it for a tenth of a second,
    in which nobody is answered; and it took a quarter of a pull, whose pages are ten thousand objects each.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
