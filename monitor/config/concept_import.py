"""Imports concepts from lists of others, as of sanctions, into the file of concepts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from index.analysis.folding import compact, fold
from index.errors import QueryError
from index.query.parser import term
from monitor.base.translation import gettext as _
from monitor.config.yaml_nodes import decode

COLUMNS = {"concept": ("concept", "notion"), "also": ("also",), "not": ("not",), "with": ("with",),
           "names": ("names", "name", "noms", "nom", "aliases", "alias")}  # fmt: skip
"""The columns of each key of a concept."""


def rows_of(source: Path) -> list[dict[str, list[str]]]:
    """Return the rows of a CSV or JSON file: texts by `COLUMNS`.

    Raises ValueError without any, YamlSyntaxError if it is not UTF-8, and csv.Error.
    """
    decoded, mistake = decode(source.read_bytes())
    if mistake is not None:
        raise mistake
    content = decoded.text
    rows: Any = json.loads(content) if source.suffix == ".json" else None
    if rows is None:
        separator = max(",;\t", key=content.partition("\n")[0].count)
        rows = csv.DictReader(content.splitlines(keepends=True), delimiter=separator)
    elif isinstance(rows, dict):
        pairs = ((v if isinstance(v, dict) else {"names": v}, k) for k, v in rows.items())
        rows = [keys | {"concept": [name]} for keys, name in pairs]
    tables = [row if isinstance(row, dict) else {"names": [row]} for row in rows]
    read = [{key: list(_texts(row, names)) for key, names in COLUMNS.items()} for row in tables]
    if not any(row["concept"] or row["names"] for row in read):
        raise ValueError(_("there are no names in it; the first line of CSV names the columns"))
    return read


def _texts(row: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts in these columns; `;` and `|` divide a cell. Names in capitals lose them."""
    for value in (row[key] for name in columns for key in row if str(key).strip().lower() == name):
        cells = value if isinstance(value, list) else str(value or "").replace("|", ";").split(";")
        for text in filter(None, (" ".join(str(cell).split()) for cell in cells)):
            yield text.title() if text.isupper() and " " in text else text


def with_rows(
    known: Mapping[str, Any], rows: list[dict[str, list[str]]], name: str
) -> tuple[dict[str, Any], int, list[str]]:
    """Return concepts with those of rows, the number of new terms, and what is left out, and why.

    Args:
        known: Concepts as a file writes them.
        rows: The rows.
        name: The concept of all rows; empty: each row names its own, or is one.
    """
    concepts = {title: dict(keys or {}) for title, keys in known.items()}
    titles = {compact(title): title for title in known}
    added, mistakes = 0, []
    for row in rows:
        title = next(filter(None, (name, *row["concept"], *row["names"])), "")
        title = titles.setdefault(compact(title), title)
        keys = concepts.setdefault(title, {"names": []})
        for key in ("names", "also", "not", "with"):
            value = keys.get(key, [title] if key == "names" else [])
            terms = {fold(text): text for text in ([value] if isinstance(value, str) else value)}
            before = len(terms)
            alone = [title] if key == "names" and not value else []
            for text in row[key] or alone:
                try:
                    term(text)
                    terms.setdefault(fold(text), text)
                except QueryError as error:
                    reason = error.message
                    mistakes.append(_("`{term}` is left out: {mistake}", term=text, mistake=reason))
            if len(terms) > before:
                keys[key], added = list(terms.values()), added + len(terms) - before
    named = {k: v for k, v in concepts.items() if k in known or v["names"]}
    return named, added, mistakes
