"""The sentences of a watchlist: tests that its author wrote beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from index.analysis.text_cleaning import line
from index.article import PARTS, Article
from index.query.ast import Facet, Word, walk
from monitor.match.matcher import Explanation, explain
from monitor.model.config import Watchlist
from monitor.model.feed import Feed

NOWHERE = Feed(url="", name="")
"""The feed of a sentence when it does not matter which one carries it."""


class Misbehaviour(NamedTuple):
    """A sentence that its watchlist does not treat as it says."""

    key: str
    """match or no_match."""
    number: int
    """Of the sentence in its list, from 0."""
    words: str


def misbehaving(watchlist: Watchlist, feeds: Sequence[Feed]) -> Iterator[Misbehaviour]:
    """Yield the sentences of a watchlist that do not behave; `feeds` are those it watches.

    A sentence counts as matched if it is so as any one part of an article of any of
    these feeds, in the language of that feed.
    """
    for number, sentence in enumerate(watchlist.match):
        told = _explained(watchlist, sentence, feeds)
        if told.hit is None:
            yield Misbehaviour("match", number, f"raises no alert: {told.reason}")
    for number, sentence in enumerate(watchlist.no_match):
        told = _explained(watchlist, sentence, feeds)
        if told.hit is not None:
            yield Misbehaviour("no_match", number, f"raises an alert: {told.reason}")


def _explained(watchlist: Watchlist, sentence: str, feeds: Sequence[Feed]) -> Explanation:
    """Return how a sentence matches, or why it does not at first sight."""
    anywhere = replace(watchlist, lang=(), feeds=())
    tried = (explain(anywhere, *carried) for carried in _carried(watchlist, line(sentence), feeds))
    first = next(tried)
    if first.hit is not None:
        return first
    return next((told for told in tried if told.hit is not None), first)


def _carried(
    watchlist: Watchlist, sentence: str, feeds: Sequence[Feed]
) -> Iterator[tuple[Article, Feed]]:
    """Yield a sentence as the articles that make a difference to the query."""
    nodes = list(walk(watchlist.query.root))
    filters = [node for node in nodes if isinstance(node, Facet)]
    parts = any(isinstance(node, Word) and node.part for node in nodes)
    asked = [node.value for node in filters if node.name == "lang"]
    for feed in feeds if filters and feeds else (NOWHERE,):
        for lang in (feed.lang,) if feed.lang else ("", *asked):
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
