"""The statements with which SQLite and PostgreSQL make the tables of a store, and triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.storage.store.database.columns import Kind, Table, declaration
from monitor.storage.store.database.tables import TABLES


def _is_shown(row: str) -> str:
    """Return the condition that an alert is among those that are to be triaged."""
    return f"({row}.state = 'new' AND {row}.merged_into IS NULL AND {row}.suppressed <> 'silence')"


def _count_story(row: str, sign: str) -> str:
    """Return statements, for a trigger, that count the story of an alert that is to be triaged.

    A story counts once for each watchlist, and once for the newsroom, whatever other alerts of it
    are to be triaged.
    """
    other = (
        f"EXISTS (SELECT 1 FROM alerts b WHERE b.story_alert = {row}.story_alert"
        f" AND b.id <> {row}.id AND {_is_shown('b')}{{}})"
    )
    return (
        f"    UPDATE counts SET untriaged = untriaged {sign} 1 WHERE watchlist = {row}.watchlist"
        f" AND {_is_shown(row)} AND NOT {other.format(f' AND b.watchlist = {row}.watchlist')};\n"
        f"    UPDATE untriaged_stories SET number = number {sign} 1"
        f" WHERE {_is_shown(row)} AND NOT {other.format('')};\n"
    )


_SAID_ONCE = "what was said once is not said otherwise afterwards"
_REFUSALS = {
    "acts_stay": ("UPDATE ON acts", _SAID_ONCE),
    "decisions_stay": ("UPDATE ON decisions", _SAID_ONCE),
    "evidence_stays": ("DELETE ON evidence", "evidence is not deleted"),
    "evidence_is_final": ("UPDATE ON evidence", "evidence is not changed"),
}
"""The event that a trigger refuses, and its message, by the name of the trigger."""
_NOT_NEXT = "new.number <> (SELECT coalesce(max(number), 0) + 1 FROM evidence)"
_APPENDED = "evidence is only appended"
_FIRST_OF_STORY = """
        SELECT b.story_alert FROM articles a JOIN articles m
            ON (m.id = a.story AND m.story = m.id) OR (m.story = a.story AND m.story <> m.id)
        JOIN alerts b ON b.article = m.id
        WHERE a.id = new.article AND b.id <> new.id LIMIT 1
"""
_DROPPED = (
    "    UPDATE counts SET total = total - 1"
    " WHERE watchlist = old.watchlist AND old.merged_into IS NULL;\n" + _count_story("old", "-")
)
_TRIAGED = _count_story("old", "-") + _count_story("new", "+")
_ONLY_ROW = "INSERT INTO untriaged_stories (number) VALUES (0)"

# --- SQLite ----------------------------------------------------------------------------------

_SQLITE_TYPES = {
    Kind.INTEGER: "INTEGER",
    Kind.REAL: "REAL",
    Kind.TEXT: "TEXT",
    Kind.LONG_TEXT: "TEXT",
    Kind.BLOB: "BLOB",
    Kind.BOOLEAN: "INTEGER",
    Kind.NUMBER: "INTEGER PRIMARY KEY AUTOINCREMENT",
}


def sqlite_statements() -> Iterator[str]:
    """Yield the statements that make the tables of a new store, and their triggers."""
    for name in TABLES:
        yield from sqlite_table(name)
    yield f"""CREATE TRIGGER alert_raised AFTER INSERT ON alerts BEGIN
    INSERT INTO counts SELECT new.watchlist, 1, 0 WHERE new.merged_into IS NULL
    ON CONFLICT DO UPDATE SET total = total + 1;
    UPDATE alerts SET story_alert = coalesce(({_FIRST_OF_STORY}    ), id) WHERE id = new.id;
END"""
    yield f"""CREATE TRIGGER alert_grouped AFTER UPDATE OF story_alert ON alerts
WHEN new.story_alert <> old.story_alert BEGIN
{_count_story("old", "- (old.story_alert <> 0) *")}{_count_story("new", "+")}END"""
    yield f"""CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts
WHEN (new.state = 'new') <> (old.state = 'new') BEGIN
{_TRIAGED}END"""
    yield f"CREATE TRIGGER alert_dropped AFTER DELETE ON alerts BEGIN\n{_DROPPED}END"
    appended = f"INSERT ON evidence WHEN {_NOT_NEXT}", _APPENDED
    for name, (event, message) in {**_REFUSALS, "evidence_is_appended": appended}.items():
        yield f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    yield _ONLY_ROW


def sqlite_column(table: str, column: str) -> str:
    """Return the statement that adds a column to a table of an earlier version."""
    added = declaration(TABLES[table].columns[column], _SQLITE_TYPES, _sqlite_literal)
    return f"ALTER TABLE {table} ADD COLUMN {added}"


def sqlite_table(name: str) -> Iterator[str]:
    """Yield the statements that make a table and its indices."""
    table = TABLES[name]
    lines = [
        (declaration(column, _SQLITE_TYPES, _sqlite_literal), column.comment)
        for column in table.columns.values()
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
    note = f" -- {table.comment}" if table.comment else ""
    yield f"CREATE TABLE {name} ({note}\n{body}\n){'' if has_rowid else ' WITHOUT ROWID'}"
    for index in table.indices:
        clause = f" WHERE {index.condition}" if index.condition else ""
        yield f"CREATE INDEX {index.name} ON {name} ({index.columns}){clause}"


def _sqlite_literal(value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return f"'{value}'" if isinstance(value, str) else str(int(value))


# --- PostgreSQL ------------------------------------------------------------------------------

_TEXT = 'TEXT COLLATE "C"'
"""Text sorted by bytes, as in SQLite; the language of a server has no effect."""
_POSTGRESQL_TYPES = {
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE PRECISION",
    Kind.TEXT: _TEXT,
    Kind.LONG_TEXT: _TEXT,
    Kind.BLOB: "BYTEA",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.NUMBER: "BIGINT GENERATED BY DEFAULT AS IDENTITY",
}


_UPDATES_COUNTS = f"{_TRIAGED}    RETURN new;"
POSTGRESQL_TRIGGERS: Mapping[str, tuple[str, str]] = {
    "alert_raised": (
        "INSERT ON alerts FOR EACH ROW",
        "    INSERT INTO counts AS c SELECT new.watchlist, 1, 0 WHERE new.merged_into IS NULL\n"
        "    ON CONFLICT (watchlist) DO UPDATE SET total = c.total + 1;\n"
        f"    new.story_alert := coalesce(({_FIRST_OF_STORY}    ), new.id);\n"
        f"{_count_story('new', '+')}"
        "    UPDATE given SET number = greatest(number, new.id) WHERE name = 'alerts';\n"
        "    RETURN new;",
    ),
    "alert_grouped": (
        "UPDATE OF story_alert ON alerts FOR EACH ROW WHEN (new.story_alert <> old.story_alert)",
        _UPDATES_COUNTS,
    ),
    "alert_triaged": (
        "UPDATE OF state ON alerts FOR EACH ROW WHEN ((new.state = 'new') <> (old.state = 'new'))",
        _UPDATES_COUNTS,
    ),
    "alert_dropped": ("DELETE ON alerts FOR EACH ROW", f"{_DROPPED}    RETURN old;"),
    **{
        name: (f"{event} FOR EACH ROW", f"    RAISE EXCEPTION '{message}';")
        for name, (event, message) in _REFUSALS.items()
    },
    "evidence_is_not_emptied": (
        "TRUNCATE ON evidence FOR EACH STATEMENT",
        "    RAISE EXCEPTION 'evidence is not deleted';",
    ),
    "evidence_is_appended": (
        "INSERT ON evidence FOR EACH ROW",
        f"    IF {_NOT_NEXT} THEN\n"
        f"        RAISE EXCEPTION '{_APPENDED}';\n"
        "    END IF;\n"
        "    UPDATE given SET number = new.number WHERE name = 'evidence';\n"
        "    RETURN new;",
    ),
}
"""The event of each trigger, and what its function of the same name does."""


def function_body(statements: str) -> str:
    """Return the body of the function of a trigger, as the server keeps it."""
    return f" BEGIN\n{statements}\nEND "


def postgresql_statements() -> Iterator[str]:
    """Yield the statements that make the tables of a new store, and their triggers."""
    # The version of the tables, and the number of commits: one row.
    yield "CREATE TABLE store (version BIGINT NOT NULL, commits BIGINT NOT NULL)"
    yield "INSERT INTO store VALUES (0, 0)"
    # The highest number that a row of a table ever had; kept by triggers.
    yield "CREATE TABLE given (name TEXT PRIMARY KEY, number BIGINT NOT NULL)"
    yield "INSERT INTO given VALUES ('alerts', 0), ('evidence', 0)"
    for name in TABLES:
        yield from postgresql_table(name)
    for name, (event, statements) in POSTGRESQL_TRIGGERS.items():
        # Before the row changes, not after: what runs after waits for the end of the whole
        # statement, and would see the rows of a statement all changed at once.
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $${function_body(statements)}$$;\n"
            f"CREATE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION {name}()"
        )
    yield _ONLY_ROW


def postgresql_column(table: str, column: str) -> str:
    """Return the statement that adds a column to a table of an earlier version."""
    added = declaration(TABLES[table].columns[column], _POSTGRESQL_TYPES, _postgresql_literal)
    return f"ALTER TABLE {table} ADD COLUMN {added}"


def postgresql_table(name: str) -> Iterator[str]:
    """Yield the statements that make a table and its indices."""
    table = TABLES[name]
    lines = [
        declaration(column, _POSTGRESQL_TYPES, _postgresql_literal)
        for column in table.columns.values()
    ]
    long_keys = [name for name in table.key if table.columns[name].kind is Kind.LONG_TEXT]
    if table.key and not long_keys:
        lines.append(f"PRIMARY KEY ({', '.join(table.key)})")
    lines += [f"UNIQUE ({columns})" for columns in table.unique]
    storage = "" if table.is_kept else "UNLOGGED "
    yield f"CREATE {storage}TABLE {name} ({', '.join(lines)})"
    if long_keys:
        yield f"CREATE UNIQUE INDEX {name}_key ON {name} ({conflict_key(table)})"
    for key in long_keys:
        yield f"CREATE INDEX {name}_by_{key} ON {name} USING hash ({key})"
    for index in table.indices:
        column = table.columns.get(index.columns)
        method = "USING hash " if column and column.kind is Kind.LONG_TEXT else ""
        clause = f" WHERE {index.condition}" if index.condition else ""
        yield f"CREATE INDEX {index.name} ON {name} {method}({index.columns}){clause}"


def conflict_key(table: Table) -> str:
    """Return the key of a table for ON CONFLICT, with hashes of long texts."""
    return ", ".join(
        f"md5({name})" if table.columns[name].kind is Kind.LONG_TEXT else name
        for name in sorted(table.key, key=lambda name: table.columns[name].kind is Kind.LONG_TEXT)
    )


def _postgresql_literal(value: Any) -> str:
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return f"'{value}'" if isinstance(value, str) else str(value).upper()
