"""Where a store is."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

FILE = "newsroom.db"
"""Name of the SQLite file, in the data folder."""


class StoreAddress(Struct, frozen=True):
    """Where a store is: an SQLite file, or a PostgreSQL that several machines share."""

    folder: Path = Path()
    """The folder of the SQLite file."""
    url: str = ""
    """postgresql://…; empty for a file."""

    @property
    def is_shared(self) -> bool:
        """Whether several machines can have it open."""
        return bool(self.url)

    def __repr__(self) -> str:
        return f"StoreAddress({'' if self.url else self.folder})"  # a URL may hold a password
