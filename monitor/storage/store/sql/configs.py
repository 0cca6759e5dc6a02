"""Versions of the configuration: the newest one is in force."""

from __future__ import annotations

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.model.config import StoredConfig
from monitor.storage.store.database.connection import StoreConnection, transaction

_NOW = "EXTRACT(EPOCH FROM clock_timestamp())"  # not a message


class ConfigViews:
    """Versions of the configuration in a store that several machines share."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def number(self) -> int:
        """Return the number of the version in force, 0 without any."""
        return self._connection.number("SELECT coalesce(max(number), 0) FROM configs")

    def version(self, number: int | None = None) -> StoredConfig | None:
        """Return a version with its text, the one in force when None; None if there is none."""
        found = self._connection.read(
            "SELECT number, at, who, again, content FROM configs"
            " WHERE cast(?1 AS BIGINT) IS NULL OR number = ?1 ORDER BY number DESC LIMIT 1",
            (number,),
        )
        for number_, at, who, again, content in found:
            return StoredConfig(number=number_, at=at, who=who, again=again, content=content)
        return None

    def history(self) -> list[StoredConfig]:
        """Return all versions without their texts, the newest first."""
        found = self._connection.read(
            "SELECT number, at, who, again FROM configs ORDER BY number DESC"
        )
        return [
            StoredConfig(number=number, at=at, who=who, again=again)
            for number, at, who, again in found
        ]

    def apply(self, content: str, who: str, base: int, again: int | None = None) -> int:
        """Put a version in force; return its number.

        Args:
            content: The text of a `feeds.yaml` without mistakes.
            who: Who applies it.
            base: The version that was in force when the change was looked at.
            again: The earlier version that it is again.

        Raises:
            StoreError: Another version than `base` is in force, or the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            (newest,) = sql.execute("SELECT coalesce(max(number), 0) FROM configs").fetchone()
            if newest != base:
                raise StoreError(
                    _(
                        "version {number} of the configuration was applied meanwhile, and nothing"
                        " was changed; look at `tocsin config diff`, and try again",
                        number=newest,
                    )
                )
            sql.execute(
                f"INSERT INTO configs (number, at, who, again, content)"
                f" VALUES (?, {_NOW}, ?, ?, ?)",
                (newest + 1, who, again, content),
            )
        return int(newest) + 1
