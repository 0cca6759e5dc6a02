"""The matches of watchlists in an article: their reasons, and the terms that revisions changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.base.article import Article
from monitor.base.errors import ConfigError
from monitor.config.loading import load
from monitor.judgement.match.matcher import Explanation, WatchlistMatcher, explain
from monitor.model.article import (
    ADDED,
    REMOVED,
    SAME,
    ArticleDetails,
    ArticleRevision,
    DiffPart,
    Term,
    Version,
)
from monitor.model.config import Config
from monitor.model.feed import Feed, known_feeds
from monitor.model.watchlist import Watchlist

if TYPE_CHECKING:
    from monitor.storage.store.sql.views import Views

_WORDS = re.compile(r"\s+|\w+(?:[’'-]\w+)*|[^\w\s]")
LONGEST = 20_000
"""Most words of a text that are compared one by one: the comparison is quadratic at worst."""


def diff_words(old: str, new: str) -> list[DiffPart]:
    """Return the parts of both texts, in order.

    Those that are not `ADDED` make the old text, those that are not `REMOVED` the new one.
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > LONGEST:
        parts = (
            [DiffPart(REMOVED, old), DiffPart(ADDED, new)] if old != new else [DiffPart(SAME, new)]
        )
    else:
        parts = list(_compared(before, after))
    return [piece for piece in parts if piece.text]


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[DiffPart]:
    matcher = SequenceMatcher(lambda word: word.isspace(), before, after, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            yield DiffPart(SAME, "".join(after[first:last]))
        else:
            yield DiffPart(REMOVED, "".join(before[start:end]))
            yield DiffPart(ADDED, "".join(after[first:last]))


PARTS = ("title", "summary", "body")
"""The parts of which earlier texts are kept."""


def revisions_between(
    article: Article,
    feeds: Sequence[Feed],
    versions: Sequence[Version],
    watchlists: Collection[Watchlist],
) -> list[ArticleRevision]:
    """Return the edits between the versions of an article, the first one first.

    Args:
        article: The article.
        feeds: The feeds that carry it.
        versions: Its texts, the first one first.
        watchlists: The watchlists whose terms are looked for.
    """
    rules = WatchlistMatcher(watchlists)
    terms = [_terms(rules, article, feeds, version) for version in versions]
    return [
        ArticleRevision(
            version=new.number,
            at=old.until if old.until is not None else article.seen,
            parts=dict(_changed(old, new)),
            removed_terms=tuple(term for term in before if term not in after),
            added_terms=tuple(term for term in after if term not in before),
        )
        for old, new, before, after in zip(versions, versions[1:], terms, terms[1:], strict=False)
    ]


def _changed(old: Version, new: Version) -> Iterator[tuple[str, list[DiffPart]]]:
    for part in PARTS:
        parts = diff_words(old.part(part), new.part(part))
        if any(piece.kind != SAME for piece in parts):
            yield part, parts


def _terms(
    rules: WatchlistMatcher, article: Article, feeds: Sequence[Feed], version: Version
) -> list[Term]:
    text = replace(article, title=version.title, summary=version.summary, body=version.body)
    return list(
        dict.fromkeys(
            (hit.watchlist.name, match.term)
            for hit in rules.match(text, *feeds)
            for match in hit.matches
        )
    )


def revisions_of(
    views: Views, details: ArticleDetails, path: Path | None, data: Path | None = None
) -> list[ArticleRevision]:
    """Return the edits of an article, the first one first; `path` is that of `feeds.yaml`.

    While the file has a mistake, the texts are compared all the same, without terms.
    """
    article = details.article
    feeds = [feed for feed in views.feeds.every() if feed.number in article.feeds]
    try:
        watchlists = load(path, data=data).watchlists if path else ()
    except ConfigError:
        watchlists = ()
    return revisions_between(article, feeds, views.articles.revisions(article.id), watchlists)


def explain_match(
    views: Views, config: Config, watchlist: Watchlist, article: Article
) -> Explanation:
    """Return the clauses that match with their text, or those that fail."""
    feeds = known_feeds(views.feeds.every(), config.feeds)
    carriers = (feeds[number] for number in article.feeds if number in feeds)
    return explain(watchlist, article, *carriers)
