"""The tables of a store as SQLite makes them, and its triggers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.storage.store.database.tables import (
    SAID_ONCE,
    TABLES,
    Kind,
    Table,
    count_story,
    declaration,
)

_TYPES = {
    Kind.INTEGER: "INTEGER",
    Kind.REAL: "REAL",
    Kind.TEXT: "TEXT",
    Kind.LONG_TEXT: "TEXT",
    Kind.BLOB: "BLOB",
    Kind.BOOLEAN: "INTEGER",
    Kind.NUMBER: "INTEGER PRIMARY KEY AUTOINCREMENT",
}

_COUNTING = (
    """CREATE TRIGGER alert_raised AFTER INSERT ON alerts BEGIN
    INSERT INTO counts SELECT new.watchlist, 1, 0 WHERE new.merged_into IS NULL
    ON CONFLICT DO UPDATE SET total = total + 1;
    UPDATE alerts SET story_alert = coalesce((
        SELECT b.story_alert FROM articles a JOIN articles m
            ON (m.id = a.story AND m.story = m.id) OR (m.story = a.story AND m.story <> m.id)
        JOIN alerts b ON b.article = m.id
        WHERE a.id = new.article AND b.id <> new.id LIMIT 1
    ), id) WHERE id = new.id;
END""",
    f"""CREATE TRIGGER alert_grouped AFTER UPDATE OF story_alert ON alerts
WHEN new.story_alert <> old.story_alert BEGIN
{count_story("old", "- (old.story_alert <> 0) *")}{count_story("new", "+")}END""",
    f"""CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts
WHEN (new.state = 'new') <> (old.state = 'new') BEGIN
{count_story("old", "-")}{count_story("new", "+")}END""",
    f"""CREATE TRIGGER alert_dropped AFTER DELETE ON alerts BEGIN
    UPDATE counts SET total = total - 1
    WHERE watchlist = old.watchlist AND old.merged_into IS NULL;
{count_story("old", "-")}END""",
)


def _refusal(name: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"


_FINAL = (
    _refusal("acts_stay", "UPDATE ON acts", SAID_ONCE),
    _refusal("decisions_stay", "UPDATE ON decisions", SAID_ONCE),
    _refusal("evidence_stays", "DELETE ON evidence", "evidence is not deleted"),
    _refusal("evidence_is_final", "UPDATE ON evidence", "evidence is not changed"),
    _refusal(
        "evidence_is_appended",
        "INSERT ON evidence WHEN new.number <> (SELECT coalesce(max(number), 0) + 1 FROM evidence)",
        "evidence is only appended",
    ),
)


def statements() -> list[str]:
    """Return what makes the tables of a new store, and their triggers."""
    return [
        *(statement for table in TABLES.values() for statement in table_statements(table)),
        *_COUNTING,
        *_FINAL,
        "INSERT INTO untriaged_stories (number) VALUES (0)",
    ]


def table_statements(table: Table) -> Iterator[str]:
    """Yield what makes a table and its indices."""
    lines = [
        (declaration(column, _TYPES, _literal), column.comment) for column in table.columns.values()
    ]
    kinds = [table.columns[name].kind for name in table.key]
    if table.key and kinds != [Kind.NUMBER]:
        lines.append((f"PRIMARY KEY ({', '.join(table.key)})", ""))
    lines += [(f"UNIQUE ({names})", "") for names in table.unique]
    body = "\n".join(
        f"    {line}{',' if number < len(lines) else ''}{f'  -- {comment}' if comment else ''}"
        for number, (line, comment) in enumerate(lines, 1)
    )
    has_rowid = not table.key or kinds in ([Kind.NUMBER], [Kind.INTEGER])
    about = f" -- {table.comment}" if table.comment else ""
    yield f"CREATE TABLE {table.name} ({about}\n{body}\n){'' if has_rowid else ' WITHOUT ROWID'}"
    for index in table.indices:
        where = f" WHERE {index.where}" if index.where else ""
        yield f"CREATE INDEX {index.name} ON {table.name} ({index.columns}){where}"


def _literal(value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return f"'{value}'" if isinstance(value, str) else str(int(value))
