"""What PostgreSQL says otherwise than the statements of `monitor.storage.store.sql`."""

from __future__ import annotations

import re
from functools import lru_cache

_SAID_OTHERWISE = (
    # Which index to take is a hint to SQLite.
    (re.compile(r" INDEXED BY \w+"), ""),
    (re.compile(r"\bNOT IN \(\)"), "<> ALL ('{}')"),
    (re.compile(r"\bIN \(\)"), "= ANY ('{}')"),
    (re.compile(r"\bx''"), "''::bytea"),
    (re.compile(r"strftime\('%s', 'now'\)"), "extract(epoch FROM clock_timestamp())::float8"),
    (re.compile(r"ON CONFLICT \(feed, guid\)"), "ON CONFLICT (feed, md5(guid))"),
    (
        re.compile(r"json_each\(\?\)"),
        "(SELECT value::bigint AS value FROM json_array_elements_text(?::json) AS every (value))"
        " AS each",
    ),
    (re.compile(r"json_group_array\((\w+)\)"), r"coalesce(json_agg(\1), '[]')::text"),
    (re.compile(r"group_concat\(([\w.]+)\)"), r"string_agg(\1::text, ',')"),
    (re.compile(r"cast\((\(.*?\) / \?\d) AS INTEGER\)"), r"cast(floor(\1) AS bigint)"),
)
_PLACEHOLDER = re.compile(r"'[^']*'|\?(\d*)|%")


_OF_ONE_ROW = re.compile(
    r"(INSERT INTO [^;()]+(?:\([^()]+\))?) VALUES \(%s(?:, %s)*\)"
    r"((?: ON CONFLICT(?: \(\w+\))? DO NOTHING)?)"
)
_ARRAYS = {int: "bigint[]", float: "float8[]", str: "text[]", bytes: "bytea[]"}


@lru_cache(2_000)
def of_columns(statement: str, kinds: tuple[type, ...]) -> str:
    """Return a translated INSERT of one row as one of many, which takes a list for each column.

    Thousands of rows take half the time of VALUES with 200 rows each. Empty if it is another
    statement.

    Args:
        statement: The statement.
        kinds: The types of the values of each column.
    """
    found = _OF_ONE_ROW.fullmatch(statement)
    if not found or not _ARRAYS.keys() >= set(kinds):
        return ""
    columns = ", ".join(f"%s::{_ARRAYS[kind]}" for kind in kinds)
    return f"{found[1]} SELECT * FROM unnest({columns}){found[2]}"


@lru_cache(2_000)
def translate(query: str) -> tuple[str, bool]:
    """Return a statement in the words of PostgreSQL, and whether its placeholders are numbered."""
    for pattern, words in _SAID_OTHERWISE:
        query = pattern.sub(words, query)
    numbered = any(found[1] for found in _PLACEHOLDER.finditer(query))
    highest = 0

    def placeholder(found: re.Match[str]) -> str:
        nonlocal highest
        if not found[0].startswith("?"):
            return found[0].replace("%", "%%")
        number = int(found[1] or highest + 1)  # as SQLite counts
        highest = max(highest, number)
        return f"%({number})s" if numbered else "%s"

    return _PLACEHOLDER.sub(placeholder, query), numbered
