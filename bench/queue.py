"""How quick and how fair the queue is: `python bench/queue.py [--json] [--jobs N] [--without-libraries]`.

What it measures, and what each ratio means, is said in `rig/queue_bench.py`, which it runs. This file bears
the name of a module of Python's own, which would not be found for it by any program in this folder.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != HERE]
if __name__ == "__main__":
    runpy.run_path(str(HERE / "rig" / "queue_bench.py"), run_name="__main__")
else:
    del sys.modules[__name__]
    sys.modules[__name__] = importlib.import_module(__name__)
