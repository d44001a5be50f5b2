"""How full the disk is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tiebeam.operations.alerts.rules import DiskSeen

if TYPE_CHECKING:
    from pathlib import Path


def see_disk(folder: Path) -> DiskSeen:
    """Return how full the disk is that `folder` lies on, or would lie on once it is made."""
    place = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    usage = shutil.disk_usage(place)
    return DiskSeen(str(folder), usage.free, usage.total)
