"""What is answered when something was queued."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Queued(BaseModel):
    """Work was asked for; a worker does it."""

    queued: int = Field(description="Jobs that came of it; 0 when just that waits already.")
    correlation_id: str | None = Field(description="Under which everything it does is told of.")
