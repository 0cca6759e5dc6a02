"""The tables of a new store; one of an earlier version is brought to the current one.

`tables.sql` describes the tables once for both databases, `sqlite.sql` and `postgresql.sql` have
their triggers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.storage.store.database.connection import Connection, transaction

Upgrade = Callable[[Connection], None]
"""Changes the tables of one version, and the rows in them, into those of the next."""

UPGRADES: Sequence[Upgrade] = ()
"""The first one is for a store of version 1."""
VERSION = 1 + len(UPGRADES)


def read_sql(name: str) -> str:
    """Return a file of statements that is beside this one."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")


@cache
def tables() -> dict[str, dict[str, str]]:
    """Return what each column holds, by table, in the words and the order of `tables.sql`."""
    text = read_sql("tables")
    found = re.findall(r"^CREATE (?:UNLOGGED )?TABLE (\w+) \((.*?)^\)", text, re.M | re.S)
    return {name: dict(re.findall(r"^    ([a-z_]+) (\w+)", body, re.M)) for name, body in found}


def script(database: str, words: Mapping[str, str]) -> str:
    """Return the statements that make the tables and the triggers of a new store.

    Args:
        database: The name of the file with its triggers.
        words: What the database says for each pattern of `tables.sql`.
    """
    made = read_sql("tables")
    for pattern, word in words.items():
        made = re.sub(pattern, word, made)
    triggers = re.sub(r" *COUNT_STORY\((\w+), (.*)\);\n", _count_story, read_sql(database))
    return made + triggers


def _count_story(found: re.Match[str]) -> str:
    """Return statements, for a trigger, that count the story of an alert that is to be triaged.

    A story counts once for each watchlist, and once for the newsroom, whatever other alerts of it
    are to be triaged.
    """
    row, sign = found.groups()
    shown = "({0}.state = 'new' AND {0}.merged_into IS NULL AND {0}.suppressed <> 'silence')"
    another = (
        f"EXISTS (SELECT 1 FROM alerts b WHERE b.story_alert = {row}.story_alert"
        f" AND b.id <> {row}.id AND {shown.format('b')}"
    )
    counted = shown.format(row)
    return (
        f"    UPDATE counts SET untriaged = untriaged {sign} 1 WHERE watchlist = {row}.watchlist"
        f" AND {counted} AND NOT {another} AND b.watchlist = {row}.watchlist);\n"
        f"    UPDATE untriaged_stories SET number = number {sign} 1"
        f" WHERE {counted} AND NOT {another});\n"
    )


def prepare(connection: Connection, name: str, upgrades: Sequence[Upgrade] = UPGRADES) -> None:
    """Make the tables of a new store, or upgrade an earlier one, in one transaction.

    Args:
        connection: The store.
        name: How it is called in messages.
        upgrades: What brings each version to the next one.

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
