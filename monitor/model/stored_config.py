"""A version of the configuration in a store that several machines share."""

from __future__ import annotations

from msgspec import Struct

from monitor.base.article import Timestamp


class StoredConfig(Struct, frozen=True, kw_only=True):
    """A `feeds.yaml` as somebody applied it. Versions are kept, and never changed."""

    number: int
    """From 1, in the order in which they were applied."""
    at: Timestamp
    """By the clock of the database."""
    who: str
    """Who applied it; empty for a person without a name."""
    again: int | None = None
    """The earlier version that this one is again; None for a new text."""
    content: str = ""
    """The text of the file; empty in a list of versions."""
