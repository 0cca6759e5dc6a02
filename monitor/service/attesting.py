"""What is on record of articles and alerts, for viewers."""

from __future__ import annotations

from collections.abc import Collection

from index.article import Timestamp
from monitor.store import Views


class Attesting:
    """The records of one newsroom."""

    _views: Views

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""
        return self._views.proofs(alerts)

    def edited_at(self, article: int) -> Timestamp | None:
        """Return when the text that an article has was read; None if it never had another."""
        texts = self._views.texts(article)
        return texts[-2].until if len(texts) > 1 else None
