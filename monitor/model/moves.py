"""Feeds whose servers send us on to another address for good."""

from __future__ import annotations

from dataclasses import dataclass

from index.article import Timestamp


@dataclass(frozen=True, slots=True)
class Move:
    """Where permanent redirects of a feed lead, the same each time; nowhere when `to` is empty."""

    to: str
    since: Timestamp
    """When they were first met."""
    latest: Timestamp
    times: int


@dataclass(frozen=True, slots=True)
class Former:
    """An address that a feed had before it moved."""

    url: str
    until: Timestamp
    """When it was last sent on from there."""
