"""`python -m tiebeam`."""

from __future__ import annotations

from tiebeam.cli.main import run

if __name__ == "__main__":
    run()
