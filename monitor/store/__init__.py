"""The store: the truth of a newsroom. `protocol` says what can be asked of it.

`open_store` and `open_views` open the database of a data folder. `sql/` has its tables and all
questions to it, `sqlite.py` and `postgresql/` what only these do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.store.protocol import Store, Views

# The database is imported when it is opened: help and completion open none.


def open_store(folder: Path) -> Store:
    """Open the store of a data folder for the monitor, or make an empty one.

    Raises:
        StoreError: The store is damaged, of another version, or cannot be written.
    """
    from monitor.store.sql.store import SqlStore

    return SqlStore(folder)


def open_views(folder: Path, *, read_only: bool = False) -> Views:
    """Return what viewers may ask of the store of a data folder.

    The store is opened by the first question, which raises StoreError if there is none.

    Args:
        folder: The data folder.
        read_only: Refuse to write: for a viewer that must change nothing.
    """
    from monitor.store.sql.views import SqlViews

    return SqlViews(folder, read_only=read_only)
