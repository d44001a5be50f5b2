"""The watcher: a small process that stops the embedded server once its last client was killed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from tiebeam.store.postmaster import Places, hold, stop_if_unused


def watch(places: Places) -> None:
    """Detach, wait for the last client to go, and stop the server; does nothing beside another watcher."""
    duty = hold(places.lock("watch"), wait=False)
    if duty is None:
        return
    with duty:
        # The child of a finished parent belongs to init: nobody has to wait for it.
        if os.fork():
            return
        os.setsid()
        # A folder that is gone has taken its server with it.
        with suppress(FileNotFoundError):
            _wait_and_stop(places)


def _wait_and_stop(places: Places) -> None:
    while True:
        alone = hold(places.lock("users"))
        if alone:
            # Let go before asking for the boot lock: who holds that one may be waiting for this one.
            alone.close()
        if stop_if_unused(places):
            return


if __name__ == "__main__":
    watch(Places(Path(sys.argv[1])))
