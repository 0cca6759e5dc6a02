"""A shared store as the index of a machine follows it whose monitor is elsewhere.

The outbox belongs to the monitors. Another index follows the numbers under which articles were
queued, and remembers in its data folder how far it is.
"""

from __future__ import annotations

import contextlib
import math
from array import array
from pathlib import Path

from index import ArchiveFolder
from monitor.base.article import Timestamp
from monitor.base.files import atomic_write
from monitor.model.config import OutboxEntry, OutboxState, StoreAddress
from monitor.storage.data_folder import archive_path
from monitor.storage.store.sql.articles import article_columns
from monitor.storage.store.sql.store import Store, outbox_entries

POSITION = "index.position"
_NEWEST = (
    "SELECT coalesce(max(number), 0), (SELECT concat(oid, '.', 'articles'::regclass::oid)"
    " FROM pg_database WHERE datname = current_database()) FROM index_changes"
)
"""The newest number, and the database: after a restore others have the numbers that came later."""


def read_position(data: Path, database: str) -> int:
    """Return the number up to which the index of a data folder is in line; 0 if nobody knows.

    Args:
        data: The data folder.
        database: The database of which the numbers are.
    """
    try:
        number, _, of = (data / POSITION).read_text(encoding="ascii").partition(" ")
        return int(number) if of == database else 0
    except (OSError, ValueError):
        return 0


def write_position(data: Path, number: int, database: str) -> None:
    """Note up to which number the index is in line; one that is not noted is done again."""
    with contextlib.suppress(OSError):
        atomic_write(data / POSITION, f"{number} {database}".encode())


class FollowedStore(Store):
    """What changed since this index was in line with the store."""

    def __init__(self, address: StoreAddress, data: Path) -> None:
        super().__init__(address)
        self._data = data
        ((newest, self._database),) = self._read(_NEWEST)
        known = read_position(data, self._database)
        if not ArchiveFolder(archive_path(data)).count_articles():
            known = newest  # all articles are added anyway, the newest first
        self.position = known if known <= newest else 0
        """The number up to which the index is in line."""
        write_position(data, self.position, self._database)

    def lag(self) -> int:
        """Return how many articles the index lacks, or has as they were, at most."""
        ((changed,),) = self._read(
            "SELECT count(*) FROM index_changes WHERE number > ?", (self.position,)
        )
        ((stored,),) = self._read("SELECT count(*) FROM articles")
        searchable = ArchiveFolder(archive_path(self._data)).count_articles()
        return max(int(changed), int(stored) - searchable)

    def unindexed(self, limit: int, after: int = 0, chars: float = math.inf) -> list[OutboxEntry]:
        """Return what changed, as the outbox has it."""
        rows = self._rows(
            f"SELECT c.number AS ticket, c.article, {article_columns(self._connection)}"
            " FROM index_changes c LEFT JOIN articles a ON a.id = c.article"
            " WHERE c.number > ? ORDER BY c.number LIMIT ?",
            (max(after, self.position), limit),
        )
        return outbox_entries(rows, chars)

    def mark_indexed(self, upto: int, now: Timestamp | None = None) -> None:
        """Note that the index is in line up to this number."""
        self.position = max(self.position, upto)
        write_position(self._data, self.position, self._database)

    def outbox(self) -> OutboxState:
        """Return what is on its way into this index or out of it."""
        found = list(
            self._read(
                "SELECT number, article FROM index_changes WHERE number > ? ORDER BY number",
                (self.position,),
            )
        )
        return OutboxState(
            articles=array("Q", (article for _, article in found)),
            last=found[-1][0] if found else self.position,
        )

    def set_aside(self, article: int, reason: str, now: Timestamp | None = None) -> None:
        """Do nothing: the monitor finds it out too, and says so."""
