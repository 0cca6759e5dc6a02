"""The tests of watchlists: sentences under `match` and `no_match` in `feeds.yaml`.

Reading a `feeds.yaml` does not run them. `load_and_test` does: for `tocsin check`, before a
monitor starts, and before an edit becomes active.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from index.query.ast import Facet, Word, walk
from monitor.base.article import PARTS, Article
from monitor.base.errors import ConfigError
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.config.loading import read, understand
from monitor.config.names import watched_feeds
from monitor.config.yaml_nodes import Loc, Node, decode, find, tree
from monitor.judgement.match.matcher import Explanation, explain
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

ANY_FEED = Feed(url="", name="")
"""The feed of a sentence when it does not matter which one carries it."""


def load_and_test(path: Path, *, data: Path | None = None) -> Config:
    """Read a `feeds.yaml` and run the tests of its watchlists; `data` overrides its data folder.

    Raises:
        ConfigError: The file has problems, or a test fails; each has its line and column.
    """
    return understand_and_test(read(path), path, data=data)


def understand_and_test(content: bytes, path: Path, *, data: Path | None = None) -> Config:
    """Return what a `feeds.yaml` of this content, at this path, says, once its tests pass.

    Raises:
        ConfigError: The file has problems, or a test fails; each has its line and column.
    """
    config = understand(content, path, data=data)
    failed = [
        (("watchlists", number, test.key, test.number), test.reason)
        for number, watchlist in enumerate(config.watchlists)
        for test in failed_tests(watchlist, watched_feeds(watchlist, config.feeds))
    ]
    if failed:
        source = decode(content)[0]
        root = tree(source)[0]
        assert root is not None  # the file was understood
        problems = [source.problem(_node(root, loc).start, reason) for loc, reason in failed]
        raise ConfigError(str(path), problems)
    return config


def _node(root: Node, loc: Loc) -> Node:
    """Return the node at a place, or the nearest that holds it: one sentence needs no list."""
    while (entry := find(root, loc)) is None:
        loc = loc[:-1]
    return entry[1]


class FailedTest(NamedTuple):
    """A sentence that should match and does not, or should not match and does."""

    key: str
    """match or no_match."""
    number: int
    """Index of the sentence in its list."""
    reason: str


def failed_tests(watchlist: Watchlist, feeds: Sequence[Feed]) -> Iterator[FailedTest]:
    """Yield the tests of a watchlist that fail; `feeds` are those it watches.

    A sentence matches if it matches as any one part of an article of any of these feeds,
    in the language of that feed.
    """
    for number, sentence in enumerate(watchlist.match):
        explanation = _explanation(watchlist, sentence, feeds)
        if explanation.hit is None:
            yield FailedTest(
                "match", number, _("raises no alert: {reason}", reason=explanation.reason)
            )
    for number, sentence in enumerate(watchlist.no_match):
        explanation = _explanation(watchlist, sentence, feeds)
        if explanation.hit is not None:
            yield FailedTest(
                "no_match", number, _("raises an alert: {reason}", reason=explanation.reason)
            )


def _explanation(watchlist: Watchlist, sentence: str, feeds: Sequence[Feed]) -> Explanation:
    """Return the first match of a sentence, or why the first article tried does not match."""
    anywhere = replace(watchlist, lang=(), feeds=())
    tried = (
        explain(anywhere, *carried) for carried in _articles_of(watchlist, line(sentence), feeds)
    )
    first = next(tried)
    if first.hit is not None:
        return first
    return next((explanation for explanation in tried if explanation.hit is not None), first)


def _articles_of(
    watchlist: Watchlist, sentence: str, feeds: Sequence[Feed]
) -> Iterator[tuple[Article, Feed]]:
    """Yield the articles that a sentence can stand for, as far as the query tells them apart."""
    nodes = list(walk(watchlist.query.root))
    filters = [node for node in nodes if isinstance(node, Facet)]
    parts = any(isinstance(node, Word) and node.part for node in nodes)
    languages = [node.value for node in filters if node.name == "lang"]
    for feed in feeds if filters and feeds else (ANY_FEED,):
        for lang in (feed.lang,) if feed.lang else ("", *languages):
            for part in PARTS if parts else PARTS[:1]:
                yield _article(sentence, part, lang), feed


def _article(sentence: str, part: str, lang: str) -> Article:
    text = dict.fromkeys(PARTS, "") | {part: sentence}
    return Article(
        id=0,
        feeds=(),
        url="",
        title=text["title"],
        summary=text["summary"],
        body=text["body"],
        author=text["author"],
        lang=lang,
        seen=0.0,
    )
