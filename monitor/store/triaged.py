"""What viewers write and read of triage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from index.article import Timestamp

if TYPE_CHECKING:
    from monitor.model import Act, Change, Decision, Judged, TermRecord


class Triaged(Protocol):
    """The viewers' side. What is written is one transaction, its record included."""

    def triage(self, ids: Collection[int], change: Change, who: str, at: Timestamp) -> Act | None:
        """Say something of these alerts; return what that changed, None if nothing.

        Unknown ids are passed over. Raises StoreError if the store stays locked.
        """

    def take_back(self, who: str, at: Timestamp, act: int | None) -> Act | None:
        """Take back an act of a person, the last one there is when None; None without any.

        What was said of an alert since stays. Raises StoreError if the store stays locked.
        """

    def say_again(self, who: str, at: Timestamp) -> Act | None:
        """Take back the last taking back of a person, None if something was said since."""

    def decisions(self, alert: int) -> list[Decision]:
        """Return what was said of an alert, the first word first."""

    def tag_counts(self) -> dict[str, int]:
        """Return how many alerts have each tag, by tag."""

    def term_records(self) -> list[TermRecord]:
        """Return what each term of the watchlists brought, the most first."""

    def judged(self, watchlist: str) -> list[Judged]:
        """Return the articles that a watchlist raised alerts for, with what was said of them."""

    def known_alerts(self, ids: Sequence[int]) -> set[int]:
        """Return those of these numbers that alerts have."""

    def article_of(self) -> list[tuple[int, int]]:
        """Return (alert, article) of every alert about an article."""
