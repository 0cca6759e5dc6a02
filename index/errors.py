"""Errors of the archive."""

from __future__ import annotations

from monitor.base.translation import gettext as _


class ArchiveError(Exception):
    """The archive cannot do what it was asked to do."""


class QueryError(ArchiveError):
    """A query that cannot be understood or can never match.

    `position` is the column of the mistake, from 0; `hint` says what to write.
    """

    def __init__(self, message: str, position: int, hint: str = "") -> None:
        self.message = message
        self.position = position
        self.hint = hint
        column = position + 1
        super().__init__(
            _("col {column}: {message} ({hint})", column=column, message=message, hint=hint)
            if hint
            else _("col {column}: {message}", column=column, message=message)
        )


class ArchiveDamaged(ArchiveError):
    """The index is missing, broken or of another version; it can be rebuilt."""


class Interrupted(ArchiveError):
    """Work was ended, because nobody waits for its result or its time is up."""
