"""The store: the truth of a newsroom. `Store` is the monitor's side, `Views` the viewers'.

`open_store` and `open_views` open a database by its address: a data folder has an SQLite file, and
`postgresql://…` is a PostgreSQL that several machines share. `sql/` has all statements, `database/`
the tables, and the differences between the databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.config import StoreAddress
    from monitor.storage.store.sql.store import Store
    from monitor.storage.store.sql.views import Views

# The database is imported when it is opened: help and completion open none.


def open_store(address: StoreAddress) -> Store:
    """Open a store for the monitor, or make an empty one.

    Raises:
        StoreError: The store is damaged, of another version, or cannot be written.
    """
    from monitor.storage.store.sql.store import Store

    return Store(address)


def open_views(
    address: StoreAddress, *, read_only: bool = False, busy_ms: int | None = None
) -> Views:
    """Return the views of a store.

    The first read opens the store, and raises StoreError if there is none.

    Args:
        address: Where the store is.
        read_only: Refuse to write: for a viewer that must change nothing.
        busy_ms: Milliseconds to wait for another writer; None for the default of triage.
    """
    from monitor.storage.store.database.connection import TRIAGE_BUSY_MS
    from monitor.storage.store.sql.views import Views

    busy = TRIAGE_BUSY_MS if busy_ms is None else busy_ms
    return Views(address, read_only=read_only, busy_ms=busy)


def store_name(address: StoreAddress) -> str:
    """Return the address of a store without secrets. Raises StoreError."""
    if not address.is_shared:
        return str(address.folder)
    from monitor.storage.store.database.addresses import parse_address

    return parse_address(address.url).name
