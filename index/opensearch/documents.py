"""What an article is in the cluster: its words as we found them, each at its place.

Each part is a text of places, one a line; a place holds the index keys of its words. The key of a
compound ends with its length in words. The cluster splits these texts and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from index.analysis.term_positions import EXACT, encode, part_range, postings
from index.search import DocumentFilter
from monitor.base.article import PARTS, Article

VERSION = 2
"""Version of mapping and documents; an archive of another one is built again."""
TOGETHER, LENGTH, NOTHING = "\x1c", "\x1a", "\x1b"
"""Between the keys of one place; before the length of a compound; at a place without a key."""
LENGTHS = tuple(f"{LENGTH}{words}" for words in (2, 3, 4))
"""Ends of the keys of compounds."""

_WORDS = {"type": "text", "norms": False, "search_analyzer": "keyword"}
MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "_meta": {"version": VERSION},
    "_source": {"excludes": ["keys"]},
    "properties": {
        **{part: {**_WORDS, "analyzer": "places", "copy_to": ["words"]} for part in PARTS},
        "words": {**_WORDS, "analyzer": "words", "index_options": "freqs"},
        "keys": {"type": "keyword", "index": False},
        "length": {"type": "integer", "index": False},
        "id": {"type": "long"}, "date": {"type": "double"}, "story": {"type": "long"},
        "feeds": {"type": "integer"}, "lang": {"type": "keyword"},
    },
}  # fmt: skip
"""`words` has the keys of all parts, without lengths; `keys` lists those that are no exact form."""
_CAPTURED = {"type": "pattern_capture", "preserve_original": False}
_LINES = {"type": "char_group", "tokenize_on_chars": ["\n"], "max_token_length": 100_000}
_BARE = f"([^{LENGTH}{TOGETHER}]+)(?:{LENGTH}[234])?"
SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    "refresh_interval": "30s",  # the writer refreshes after each batch
    "gc_deletes": "1h",  # so late an older change does not bring back what was deleted
    "analysis": {
        "tokenizer": {"lines": _LINES},
        "filter": {
            "together": {**_CAPTURED, "patterns": [f"([^{TOGETHER}]+)"]},
            "bare": {**_CAPTURED, "patterns": [_BARE]},
        },
        "analyzer": {
            "places": {"type": "custom", "tokenizer": "lines", "filter": ["together"]},
            "words": {"type": "custom", "tokenizer": "lines", "filter": ["bare"]},
        },
    },
}


def month(article: Article) -> str:
    """Return the month in which an article was first seen, which never changes: 2026-12."""
    return datetime.fromtimestamp(article.seen, UTC).strftime("%Y-%m")


def document(article: Article) -> dict[str, Any]:
    """Return the document of an article."""
    words = postings(article)
    return {
        **{part: _places(words, part) for part in PARTS},
        "keys": [key for key in words if EXACT not in key],
        "length": sum(map(len, words.values())),
        "id": article.id,
        "date": article.date,
        "feeds": article.feeds,
        "lang": article.lang,
        "story": article.story,
    }


def _places(words: Mapping[str, list[int]], part: str) -> str:
    first, end = part_range(part)
    places: dict[int, list[str]] = {}
    for key, codes in words.items():
        for code in codes:
            if first <= code < end:
                length = code & 3
                written = key + LENGTHS[length - 1] if length else key
                places.setdefault((code - first) >> 2, []).append(written)
    return "\n".join(
        TOGETHER.join(places.get(place, (NOTHING,))) for place in range(max(places, default=-1) + 1)
    )


def words_of(source: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the codes of the words of a document, by index key, as `postings` does."""
    words: defaultdict[str, list[int]] = defaultdict(list)
    for part in PARTS:
        first = part_range(part)[0] >> 2
        for place, together in enumerate(source[part].split("\n") if source[part] else (), first):
            if together.isalnum():  # most
                words[together].append(encode(place))
                continue
            for written in together.split(TOGETHER):
                key, _, length = written.partition(LENGTH)
                words[key].append(encode(place, int(length or 1)))
    return words


def passes(source: Mapping[str, Any], documents: DocumentFilter) -> bool:
    """Tell whether a document passes a filter."""
    feeds, since, until = documents.feeds, documents.since, documents.until
    fields = (("id", documents.ids), ("lang", documents.langs), ("story", documents.stories))
    return (
        all(allowed is None or source[name] in allowed for name, allowed in fields)
        and (feeds is None or any(feed in feeds for feed in source["feeds"]))
        and (since is None or source["date"] >= since)
        and (until is None or source["date"] < until)
        and (documents.max_id is None or source["id"] <= documents.max_id)
    )
