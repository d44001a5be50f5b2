"""Every kind of record that is read from Procore (requirement R1), parents before their children."""

from __future__ import annotations

from tiebeam.connectors.procore.catalog import (
    correspondence,
    daily,
    directory,
    money,
    paper,
    schedule,
)

STREAMS = (
    *directory.STREAMS,
    *correspondence.STREAMS,
    *money.STREAMS,
    *paper.STREAMS,
    *schedule.STREAMS,
    *daily.STREAMS,
)
