"""Articles of other programs, in JSON: read, validated, recognised, matched, stored.

Each batch is one transaction, beside a running monitor too. Stored articles are not added again,
so that an import that was cut short is simply repeated.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import clean, from_html, line, safe_url
from monitor.base.translation import gettext as _
from monitor.intake.ingest import article_changes
from monitor.intake.ingest.article_changes import enrich
from monitor.intake.parse.entry import (
    NAME_CAP,
    TITLE_CAP,
    canonical,
    fingerprint,
    iso_moment,
    keyed_entries,
    language,
)
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.poll import Arrivals, ArticleChange, Entry, Known, Via
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.batch import Batch
from monitor.storage.store.sql.store import Store

BATCH = 200
"""Articles of one transaction: a monitor waits a tenth of a second for it."""
UNNAMED = "imported"
"""Feed of articles that name none."""


class ArticleImport:
    """One import. `watchlists` and `routing` return the active ones, in each transaction."""

    def __init__(
        self,
        store: Store,
        watchlists: Callable[[], tuple[Watchlist, ...]],
        clock: Callable[[], Timestamp],
        feed: str = UNNAMED,
        routing: Callable[[], Routing] = Routing,
    ) -> None:
        self._store = store
        self._watchlists = watchlists
        self._clock = clock
        self._feed = feed
        self._routing = routing
        self._rules = WatchlistMatcher(())
        self.new = self.known = self.alerts = 0
        """Counts so far: articles imported, articles already stored, alerts raised."""

    def take(self, articles: Iterable[ImportedArticle]) -> None:
        """Import a batch, whole or not at all. Raises StoreError."""
        ordered = sorted(articles, key=lambda article: article.feed or self._feed)
        new = known = alerts = 0
        with self._store.batch() as batch:
            watchlists = self._watchlists()  # inside: the monitor backfills older articles
            if watchlists != self._rules.watchlists:
                self._rules = WatchlistMatcher(watchlists)
            for name, group in groupby(ordered, key=lambda article: article.feed or self._feed):
                feed = batch.feed_named(name)
                feed_articles = list(group)
                fresh = _fresh(batch, feed, feed_articles)
                changes = [self._arrival(batch, feed, *pair) for pair in fresh]
                now = self._clock()
                batch.save_imported(feed, changes)
                arrivals = Arrivals(feed=feed, via=Via.IMPORT, changes=tuple(changes))
                alerts += len(batch.raise_alerts(arrivals, self._routing(), now).raised)
                new += len(changes)
                known += len(feed_articles) - len(changes)
        self.new += new
        self.known += known
        self.alerts += alerts

    def _arrival(
        self, batch: Batch, feed: Feed, imported: ImportedArticle, entry: Entry
    ) -> ArticleChange:
        article = article_changes.article(entry, feed, batch.next_article(), imported.seen)
        declared = replace(feed, lang=imported.lang or feed.lang)
        (draft,) = enrich([article], declared, self._rules, deque(), "")
        return ArticleChange(
            article=replace(draft.article, story=article.id),
            new=True,
            entry=entry,
            hits=draft.hits,
            backfill=True,
        )


def _fresh(
    batch: Batch, feed: Feed, articles: Sequence[ImportedArticle]
) -> list[tuple[ImportedArticle, Entry]]:
    """Return the articles that are not stored yet, each once."""
    entries = keyed_entries([article.entry for article in articles])
    known = article_changes.known_entries(batch, feed, entries)
    fresh: list[tuple[ImportedArticle, Entry]] = []
    imported: set[str | bytes] = set()
    for article, entry in zip(articles, entries, strict=True):
        names = {entry.key, entry.canonical if tells_one_article(entry.canonical) else entry.key}
        if not is_known(entry, known) and not names & imported:
            fresh.append((article, entry))
        imported |= names
    return fresh


def is_known(entry: Entry, known: Known) -> bool:
    """Tell whether an article is stored: by its name, its link, or its very words.

    A stored article may have another text: an older text is no news. Equal words do not count
    where links differ, nor does the link of a home page.
    """
    if entry.key in known.guids:
        return True
    same_link = known.urls.get(entry.canonical, ()) if entry.canonical else ()
    if same_link and tells_one_article(entry.canonical):
        return True
    if any(other.fingerprint == entry.fingerprint for other in same_link):
        return True
    return not entry.canonical and entry.fingerprint in known.contents


NAMES = {
    "title": ("title",),
    "url": ("url",),
    "summary": ("summary",),
    "body": ("body", "text", "content", "content_html"),
    "author": ("author",),
    "lang": ("lang",),
    "published": ("published", "date"),
    "seen": ("seen",),
    "feed": ("feed",),
}
"""The fields of an article, and their names in other programs; the first name counts."""
_MOMENTS = ("published", "seen")
_NOTHING: tuple[object, ...] = (None, "", [], {})


class ImportedArticle(Struct, frozen=True, kw_only=True):
    """An article to import."""

    entry: Entry
    """Its guid identifies it within its feed, however often it is imported."""
    feed: str
    """Name of its feed; empty when not given."""
    lang: str
    """Language code of two letters; empty when none or an unknown one is given."""
    seen: Timestamp
    """When the other program first had it."""
    unused: tuple[str, ...] = ()
    """Names of its fields that are not empty and not imported."""


def parse_article(value: Any, now: Timestamp) -> ImportedArticle:
    """Return the article of a JSON value; raises ValueError."""
    if not isinstance(value, Mapping):
        raise ValueError(_("is no object with title, url, summary, body, …"))
    names = {field: _name_in(value, aliases) for field, aliases in NAMES.items()}
    text = {field: _text(value, names[field]) for field in NAMES if field not in _MOMENTS}
    title = line(text["title"])[:TITLE_CAP]
    summary, body = (clean(text[field], keep_newlines=True) for field in ("summary", "body"))
    if names["body"] == "content_html":
        body = from_html(text["body"])
    if not (title or summary or body):
        raise ValueError(_("has neither a title nor a text"))
    url = safe_url(text["url"].strip())
    if text["url"].strip() and not url:
        quoted = line(text["url"])[:80]
        raise ValueError(_("`url` is no http or https address: {value}", value=quoted))
    published, first_seen = (_moment(value, names[field]) for field in _MOMENTS)
    used_names = names.values()
    seen = first_seen if first_seen is not None else now if published is None else published
    entry = Entry(
        guid="",
        url=url,
        title=title,
        summary=summary,
        body=body,
        author=line(text["author"])[:NAME_CAP],
        published=published,
    )
    return ImportedArticle(
        entry=_named(entry),
        feed=line(text["feed"])[:NAME_CAP],
        lang=language(text["lang"]),
        seen=min(seen, now),
        unused=tuple(
            key for key, field in value.items() if key not in used_names and field not in _NOTHING
        ),
    )


def _name_in(fields: Mapping[str, Any], aliases: tuple[str, ...]) -> str:
    """Return the first alias with a value, else the first alias."""
    return next((name for name in aliases if fields.get(name) not in _NOTHING), aliases[0])


def _named(entry: Entry) -> Entry:
    """Name an entry after its link; after its words and date where that leads to no one article."""
    if tells_one_article(canonical(entry.url)):
        return replace(entry, guid=entry.url)
    day = "" if entry.published is None else f"{entry.published:.0f}"
    digest = blake2b(day.encode() + fingerprint(entry), digest_size=16).hexdigest()
    return replace(entry, guid=f"text:{digest}")


def tells_one_article(link: str) -> bool:
    """Tell whether a canonical link leads to one article, and not to a home page."""
    parts = urlsplit(link)
    return bool(link) and (parts.path not in ("", "/") or bool(parts.query))


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        kind = type(value).__name__
        raise ValueError(_("`{key}` must be text, not {type}", key=key, type=kind))
    return value


def _moment(fields: Mapping[str, Any], key: str) -> Timestamp | None:
    """Parse a moment: 2023-10-09T07:09:00Z, 2023-10-09, or seconds since 1970."""
    value = fields.get(key)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = float(value)
        else:
            moment = iso_moment(value)
        if not math.isfinite(moment) or abs(moment) > 1e11:
            raise ValueError
    except (TypeError, ValueError, AttributeError, OverflowError):
        shown = line(str(value))[:40]
        problem = _("`{key}` is no date, as 2023-10-09T07:09:00Z: {value}", key=key, value=shown)
        raise ValueError(problem) from None
    return moment


class JsonPiece(Struct, frozen=True):
    """One JSON value as text, and its place in the files."""

    place: str
    """File and line: `articles.jsonl:12`."""
    raw: bytes
    """The value as it was written."""
    end: int
    """Bytes of all files up to the end of the value."""

    def value(self) -> Any:
        """Return the parsed value; raises ValueError that says why it cannot be parsed."""
        try:
            return json.loads(self.raw)
        except (ValueError, RecursionError) as error:
            raise ValueError(_("is not JSON: {why}", why=error)) from None


def total_bytes(path: Path) -> int:
    """Return the size in bytes of a file, or of the files of a folder."""
    return sum(file.stat().st_size for file in _files(path))


def read_pieces(path: Path) -> Iterator[JsonPiece]:
    """Yield the JSON values of a file, or of each `.json` and `.jsonl` file of a folder.

    Raises:
        OSError: A file cannot be read.
    """
    offset = 0
    for file in _files(path):
        with file.open("rb") as stream:
            for piece in split_json(stream, file.name, is_document=file.suffix == ".json"):
                yield JsonPiece(piece.place, piece.raw, offset + piece.end)
        offset += file.stat().st_size


def split_json(file: IO[bytes], name: str, *, is_document: bool = False) -> Iterator[JsonPiece]:
    """Yield each line of a file; with `is_document` the file is one value, or a list of values."""
    if is_document:
        yield from _listed(file.read(), name)
        return
    offset = 0
    for number, raw in enumerate(file, 1):
        offset += len(raw)
        text = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
        if number == 1 and text == b"[":
            yield from _listed(raw + file.read(), name)
            return
        if text:
            yield JsonPiece(f"{name}:{number}", text, offset)


def _listed(content: bytes, name: str) -> Iterator[JsonPiece]:
    """Yield the items of a list, or else the whole content as one value."""
    try:
        items = json.loads(content)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        yield JsonPiece(name, content.strip(), len(content))
        return
    for number, item in enumerate(items, 1):
        raw = json.dumps(item, ensure_ascii=False).encode(errors="replace")
        yield JsonPiece(
            _("{file}, item {number}", file=name, number=number),
            raw,
            len(content) * number // len(items),
        )


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in (".json", ".jsonl"))
    return [path]
