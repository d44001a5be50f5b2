"""Errors as help pages: what happened, who can mend it and what to do next."""

from __future__ import annotations

from enum import StrEnum


class Owner(StrEnum):
    """Who can mend an error."""

    NOBODY = "nobody"
    """It passes by itself."""
    OPERATOR = "operator"
    """Whoever runs this installation."""
    ADMIN = "admin"
    """The tenant's administrator, in Tiebeam or in the vendor's system."""
    OFFICE = "office"
    """Whoever looks documents through before they are sent."""
    DEVELOPER = "developer"
    """Whoever wrote the code: a fault of ours."""


class TiebeamError(Exception):
    """An error that a person can act on.

    `code` is stable and documented, `cause` says what happened in plain words, `action` what to do next.
    None of the three ever holds a secret.
    """

    code: str = "tiebeam.error"
    owner: Owner = Owner.DEVELOPER

    def __init__(
        self, cause: str, *, action: str, code: str | None = None, owner: Owner | None = None
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.action = action
        if code is not None:
            self.code = code
        if owner is not None:
            self.owner = owner

    def __str__(self) -> str:
        return f"{self.cause} {self.action}"


class BadInputError(TiebeamError):
    """What a person typed or a file holds cannot be used."""

    code = "input.bad"
    owner = Owner.OPERATOR
