"""What the log says of a backfill."""

from __future__ import annotations

import logging
from collections import Counter

from monitor.plural import counted
from monitor.watching.backfill import Step

log = logging.getLogger("tocsin")

EVERY = 10_000
"""Articles between two lines about the same backfill."""


class Told:
    """Counts the steps of a backfill, and tells how it goes on."""

    def __init__(self) -> None:
        self._alerts: Counter[str] = Counter()
        self._articles = 0

    def take(self, step: Step) -> None:
        """Take a step into account."""
        self._alerts.update(step.alerts)
        before, self._articles = self._articles, self._articles + step.articles
        if step.done:
            for name in step.done:
                alerts = counted(self._alerts[name], "alert")
                log.info("%s: looked through the archive, %s", name, alerts)
        elif self._articles // EVERY > before // EVERY:
            log.info("looked through %d of %d articles", step.upto, step.until)
