"""Evidence: records of what becomes of alerts, chained; they are only ever appended."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from monitor.alerts.plan import EvidenceRecord
from monitor.audit import evidence
from monitor.audit.evidence import Kind
from monitor.model.config import Watchlist


class EvidenceLog:
    """Appends records within a transaction."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._last: tuple[int, str] | None = None
        """Number and hash of the last record, once it was read."""

    def add(self, record: EvidenceRecord) -> None:
        """Append a record; the rule that it refers to is recorded first, if it is not yet."""
        content = dict(record.content)
        if record.rule is not None:
            content["rule"] = {"record": self._rule(record.rule), "version": record.rule.rule}
        self.append(record.kind, record.alert, content)

    def append(
        self, kind: Kind, alert: int | None, content: Mapping[str, Any], key: str = ""
    ) -> int:
        """Append a record of an alert, or of a rule; return its number.

        Args:
            kind: What the record is about.
            alert: The alert; None for a rule.
            content: What the record says.
            key: Hash of a rule, by which its record is found again.
        """
        last, previous = self._last_record()
        number = last + 1
        content = {**content, "kind": kind} | ({} if alert is None else {"alert": alert})
        record, digest = evidence.link(number, previous, content)
        self._sql.execute(
            "INSERT INTO evidence (number, kind, alert, said, record, hash)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, kind, alert, key, record, digest),
        )
        self._last = number, digest
        return number

    def _rule(self, watchlist: Watchlist) -> int:
        """Return the number of the record that has the rule of a watchlist."""
        content = evidence.rule(watchlist)
        key = evidence.digest(evidence.canonical(content))
        found = self._sql.execute(
            "SELECT number FROM evidence WHERE said = ? AND said <> ''", (key,)
        ).fetchone()
        return int(found[0]) if found else self.append(Kind.RULE, None, content, key)

    def _last_record(self) -> tuple[int, str]:
        if self._last is None:
            found = self._sql.execute(
                "SELECT number, hash FROM evidence ORDER BY number DESC LIMIT 1"
            ).fetchone()
            self._last = (int(found[0]), str(found[1])) if found else (0, evidence.BEGINNING)
        return self._last
