"""The archive and its peers, each with its own query language."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from index.archive import ArchiveAddress, open_archive, open_archive_writer
from index.query.ast import Facet
from index.query.parser import parse_query
from index.search import DocumentFilter
from monitor.base.article import Article

LIMIT = 50
_NEAR = re.compile(r"(\w+) NEAR/(\d+) (\w+)")


class Engine(Protocol):
    """A search engine for articles."""

    name: str

    def add(self, articles: Sequence[Article]) -> None:
        """Add articles durably."""

    def reopen(self) -> None:
        """Open the index again, as a new process does."""

    def find(self, query: str, *, best: bool, lang: str) -> int:
        """Find the newest or the best 50 articles of a query; return the number of all."""


class Ours:
    """The archive of tocsin."""

    name = "archive"

    def __init__(self, address: ArchiveAddress) -> None:
        import index.engine.article_terms  # noqa: F401  # with numpy, as tantivy's library is

        self._address = address
        self._writer = open_archive_writer(address)
        self.reopen()

    def add(self, articles: Sequence[Article]) -> None:
        """Add articles."""
        self._writer.add(articles)

    def reopen(self) -> None:
        """Open it anew."""
        self._archive = open_archive(self._address)

    def find(self, query: str, *, best: bool, lang: str) -> int:
        """Search."""
        text = f"{query} lang:{lang}" if lang else query
        sort = "score" if best else "date"
        return self._archive.search(parse_query(text), _NAMED, sort=sort, limit=LIMIT).total


def _langs(facet: Facet) -> DocumentFilter:
    return DocumentFilter(langs=[facet.value])


_NAMED = DocumentFilter(resolve=_langs)


class Fts5:
    """SQLite's full-text index: folds accents, knows positions."""

    name = "FTS5"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sql = sqlite3.connect(path)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute(
            "CREATE VIRTUAL TABLE a USING fts5"
            "(title, summary, body, content='', tokenize='unicode61 remove_diacritics 2')"
        )
        self._sql.execute("CREATE TABLE m (id INTEGER PRIMARY KEY, lang TEXT)")

    def add(self, articles: Sequence[Article]) -> None:
        """Add articles."""
        with self._sql:
            self._sql.executemany(
                "INSERT INTO a (rowid, title, summary, body) VALUES (?, ?, ?, ?)",
                ((a.id, a.title, a.summary, a.body) for a in articles),
            )
            self._sql.executemany(
                "INSERT INTO m VALUES (?, ?)", ((article.id, article.lang) for article in articles)
            )

    def reopen(self) -> None:
        """Connect anew."""
        self._sql.close()
        self._sql = sqlite3.connect(self._path)

    def find(self, query: str, *, best: bool, lang: str) -> int:
        """Search, then count."""
        order = "a.rank" if best else "a.rowid DESC"
        text = _NEAR.sub(r"NEAR(\1 \3, \2)", query)
        if text == query and not query.startswith('"'):
            text = query.replace(" ", " AND ")
        tables, condition = "a", "a MATCH ?"
        values = [text]
        if lang:
            tables, condition = "a JOIN m ON m.id = a.rowid", "a MATCH ? AND m.lang = ?"
            values.append(lang)
        rows = f"SELECT a.rowid FROM {tables} WHERE {condition} ORDER BY {order} LIMIT {LIMIT}"
        self._sql.execute(rows, values).fetchall()
        ((count,),) = self._sql.execute(f"SELECT count(*) FROM {tables} WHERE {condition}", values)
        return int(count)


class Tantivy:
    """Lucene's design in Rust; lower case without accents, one thread."""

    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        try:
            import tantivy
        except ImportError:
            raise SystemExit(
                "tantivy is not installed: .venv/bin/pip install -e '.[bench]'"
            ) from None

        folder.mkdir()
        self._tantivy = tantivy
        schema = tantivy.SchemaBuilder()
        for part in ("title", "summary", "body"):
            schema.add_text_field(part, tokenizer_name="folded")
        schema.add_text_field("lang", tokenizer_name="raw", index_option="basic")
        schema.add_integer_field("id", stored=True, fast=True)
        self._folder, self._schema = folder, schema.build()
        self.reopen()

    def reopen(self) -> None:
        """Open it anew."""
        tantivy = self._tantivy
        self._index = tantivy.Index(self._schema, path=str(self._folder))
        folded = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        for token_filter in (tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
            folded = folded.filter(token_filter)
        self._index.register_tokenizer("folded", folded.build())
        self._searcher = self._index.searcher()

    def add(self, articles: Sequence[Article]) -> None:
        """Add articles and commit."""
        writer = self._index.writer(heap_size=128_000_000, num_threads=1)
        for article in articles:
            fields = {"title": article.title, "summary": article.summary, "body": article.body}
            writer.add_document(self._tantivy.Document(id=article.id, lang=article.lang, **fields))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def find(self, query: str, *, best: bool, lang: str) -> int:
        """Search."""
        text = _NEAR.sub(r'"\1 \3"~\2', query)
        text = text if text.startswith('"') else f"({text})"
        parsed = self._index.parse_query(
            f"+{text} +lang:{lang}" if lang else text,
            ["title", "summary", "body"],
            conjunction_by_default=True,
        )
        order = None if best else "id"
        return int(self._searcher.search(parsed, limit=LIMIT, order_by_field=order).count)
