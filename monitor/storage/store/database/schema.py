"""Makes the tables of a new store, and upgrades a store of an earlier version."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.storage.store.database.connection import Connection, transaction

Upgrade = Callable[[Connection], None]
"""Changes the tables of one version, and the rows in them, into those of the next."""


def _add_kinds_of_sources(connection: Connection) -> None:
    for column in (
        "kind",
        "outlet",
        "is_found",
        "sought_at",
        "first_ok",
        "children",
        "barrier",
        "barred",
    ):
        connection.add_column("feeds", column)
    connection.add_table("concepts")
    for column in ("concept", "ambiguous"):
        connection.add_column("matches", column)


UPGRADES: Sequence[Upgrade] = (_add_kinds_of_sources,)
"""The first one is for a store of version 1."""
VERSION = 1 + len(UPGRADES)


def prepare(connection: Connection, name: str, upgrades: Sequence[Upgrade] = UPGRADES) -> None:
    """Make the tables of a new store, or upgrade an earlier one, in one transaction.

    Args:
        connection: The store.
        name: The name of the store in messages.
        upgrades: The upgrades from each version to the next.

    Raises:
        StoreError: The store was written by a newer version.
    """
    current = 1 + len(upgrades)
    if (version := connection.version()) > current:
        raise StoreError(
            _(
                "{file}: written by a newer tocsin (store version {version}); update tocsin",
                file=name,
                version=version,
            )
        )
    with transaction(connection):
        version = connection.version()  # another program may have been faster
        if version == 0:
            connection.create_tables()
        for upgrade in upgrades[version - 1 :] if version else ():
            upgrade(connection)
        connection.set_version(current)
