"""What the garbage collector need not look at."""

from __future__ import annotations

import gc
from functools import cache


@cache
def spare_what_is_loaded() -> None:
    """Have the garbage collector pass over what this process has loaded, once.

    Modules and classes live as long as the process. To walk them all stops it for a tenth of a second,
    in which nobody is answered; and it took a quarter of a pull, whose pages are ten thousand objects each.
    """
    gc.collect()
    gc.freeze()
