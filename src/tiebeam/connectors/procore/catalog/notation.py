"""The short notation in which the catalog is written."""

from __future__ import annotations

from tiebeam.connectors.streams import Column

V10 = "/rest/v1.0"
V11 = "/rest/v1.1"
P10 = f"{V10}/projects/{{project_id}}"
P11 = f"{V11}/projects/{{project_id}}"
P20 = "/rest/v2.0/companies/{company_id}/projects/{project_id}"

PROJECT = {"project_id": "{project_id}"}
COMPANY = {"company_id": "{company_id}"}

LINKS = ("url", "share_url", "viewable_url", "thumbnail_url")
"""What an attachment may carry: links that are signed anew at every read."""


def columns(text: str) -> tuple[Column, ...]:
    """Read `name`, `name:type`, `name=path` and `name=path:type`, parted by white space."""
    return tuple(_column(word) for word in text.split())


def _column(word: str) -> Column:
    left, _, kind = word.partition(":")
    name, _, path = left.partition("=")
    return Column(name, path or name, kind or "text")


def signed(*lists: str) -> tuple[str, ...]:
    """Return the volatile paths of the lists of attachments at these paths."""
    return signed_in(*(f"{path}[]" for path in lists))


def signed_in(*objects: str) -> tuple[str, ...]:
    """Return the volatile paths of the single attachments at these paths."""
    return tuple(f"{path}.{link}" for path in objects for link in LINKS)
