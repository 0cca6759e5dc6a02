"""What viewers read of the evidence."""

from __future__ import annotations

from collections.abc import Collection

from monitor.store.chunks import CHUNK, marks
from monitor.store.views.connected import Connected


class EvidenceViews(Connected):
    """See `Proven`."""

    def proofs(self, alerts: Collection[int]) -> dict[int, tuple[int, str]]:
        """Return number and hash of the record of why alerts were raised, by alert."""
        found: dict[int, tuple[int, str]] = {}
        ids = sorted(alerts)
        for at in range(0, len(ids), CHUNK):
            chunk = ids[at : at + CHUNK]
            for alert, number, hash in self._read(
                "SELECT alert, number, hash FROM evidence WHERE kind IN ('raised', 'earlier')"
                f" AND alert IN ({marks(len(chunk))})",
                chunk,
            ):
                found[alert] = number, hash
        return found
