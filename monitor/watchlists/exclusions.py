"""Precision of watchlists, and exclusions that would have avoided noise."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.folding import fold
from index.errors import QueryError
from index.evaluation.significant_terms import (
    TermGroups,
    article_phrases,
    log_likelihood,
    query_term_test,
)
from index.query.filters import UNDETERMINED
from index.query.parser import Query, none_of
from monitor.base.article import Article
from monitor.base.formatting import percent
from monitor.base.translation import gettext as _, number
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.alert import ArticleVerdict, Verdict
from monitor.model.feed import Feed
from monitor.model.watchlist import TermRecord, Watchlist, WatchlistRecord

FEW = 10
"""Verdicts below which the share is uncertain: the interval is wider than half of all."""
_Z = 1.96
"""Quantile of 95 % confidence."""


class Precision(NamedTuple):
    """A share of relevant alerts, with the 95 % interval it lies in."""

    share: float
    low: float
    high: float
    verdicts: int
    """Number of verdicts."""

    @property
    def few(self) -> bool:
        """Whether there are too few verdicts."""
        return self.verdicts < FEW


def precision(record: WatchlistRecord | TermRecord) -> Precision | None:
    """Return the share of relevant alerts among those with a verdict, None without any.

    The interval is Wilson's: honest for few verdicts and for shares near 0 and 1.
    """
    count = record.relevant + record.noise
    if not count:
        return None
    share = record.relevant / count
    spread = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    middle, scale = share + _Z**2 / (2 * count), 1 + _Z**2 / count
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return Precision(share, max(0.0, min(low, share)), min(1.0, max(high, share)), count)


def describe_precision(precision: Precision) -> str:
    """Return a precision in words: `75% (55%–88%) of 24`."""
    share, low, high = map(percent, (precision.share, precision.low, precision.high))
    count = number(precision.verdicts)
    if precision.few:
        return _(
            "{share} ({low}–{high}) of {count}, too few",
            share=share,
            low=low,
            high=high,
            count=count,
        )
    return _("{share} ({low}–{high}) of {count}", share=share, low=low, high=high, count=count)


LEAST = 2
"""Fewest noise matches that an exclusion must avoid."""
TRIED = 60
"""Most proposals of a kind that are tried on the articles."""
READ = 400
"""Newest articles judged noise that proposals are made from."""
BROAD = 0.1
"""Share of the archive from which a word does not distinguish noise."""
LEAST_ARTICLES = 50
"""Articles below which an archive cannot show which terms are broad."""

Count = Callable[[Query], int]
"""Returns the number of articles of the archive that a query finds."""
Report = Callable[[int, int], None]
CarriedArticle = tuple[Article, Sequence[Feed]]
"""An article, and the feeds that carry it."""


class JudgedArticles(Struct, frozen=True, kw_only=True):
    """The articles that raised an alert of a watchlist, by verdict."""

    noise: Sequence[CarriedArticle]
    relevant: Sequence[CarriedArticle]
    unjudged: Sequence[CarriedArticle] = ()


class Exclusion(Struct, frozen=True, kw_only=True):
    """A term to add under `not:` of a watchlist."""

    term: str
    kind: str
    """word, phrase, feed or lang."""
    spared: tuple[int, ...]
    """Articles judged noise that it excludes; it excludes no relevant one."""
    unjudged: int
    """Articles without a verdict that it excludes too."""
    strength: float
    """G² of its frequency in noise against the archive; 0 without an archive."""


def suggest_exclusions(
    watchlist: Watchlist,
    judged: JudgedArticles,
    count: Count | None = None,
    articles: int = 0,
    report: Report | None = None,
) -> list[Exclusion]:
    """Return exclusions, the most typical of noise first.

    An exclusion that avoids no more than a better one is left out. `count` and `articles`
    describe the archive; `report` is called with the numbers of tried and of all articles.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    kinds = dict(_proposals(watchlist, judged))
    trials = [trial for term in kinds if (trial := _trial(watchlist, term)) is not None]
    exclusions = [
        Exclusion(term=term, kind=kinds[term], spared=spared, unjudged=unjudged, strength=strength)
        for term, (spared, unjudged) in _avoided(watchlist, trials, judged, report).items()
        if (strength := _strength(term, len(spared), judged, count, articles)) is not None
    ]
    is_query_term = query_term_test(watchlist.query.root)
    exclusions.sort(
        key=lambda exclusion: (
            -exclusion.strength,
            -len(exclusion.spared),
            _KINDS.index(exclusion.kind),
            # A word of the watchlist itself distinguishes less.
            sum(map(is_query_term, fold(exclusion.term).split())),
            exclusion.term,
        )
    )
    best: list[Exclusion] = []
    for candidate in exclusions:
        if not any(_is_redundant(candidate, better) for better in best):
            best.append(candidate)
    return best


def _is_redundant(exclusion: Exclusion, better: Exclusion) -> bool:
    """Return whether a better exclusion, or one of words, avoids the same noise."""
    words = exclusion.kind in _OF_WORDS and better.kind in _OF_WORDS
    return exclusion.spared == better.spared or (words and {*exclusion.spared} <= {*better.spared})


# --- proposals ---------------------------------------------------------------

_OF_WORDS = ("phrase", "word")
_KINDS = (*_OF_WORDS, "feed", "lang")


def _proposals(watchlist: Watchlist, judged: JudgedArticles) -> Iterator[tuple[str, str]]:
    """Yield terms that noise articles share and no relevant article has, with their kind."""
    noise = judged.noise[-READ:]
    for kind, counts in (
        ("phrase", _phrases(watchlist, noise, judged.relevant)),
        ("word", _words(watchlist, noise, judged.relevant)),
        ("feed", _labels(judged, lambda _, feeds: {f"feed:{feed.name}" for feed in feeds})),
        ("lang", _labels(judged, lambda article, _: {f"lang:{article.lang or UNDETERMINED}"})),
    ):
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        yield from ((term, kind) for term, count in ranked[:TRIED] if count >= LEAST)


def _words(
    watchlist: Watchlist, noise: Sequence[CarriedArticle], relevant: Sequence[CarriedArticle]
) -> dict[str, int]:
    """Return words with the number of articles; where inflections occur, for all of them."""
    wording = TermGroups([article for article, _ in noise])
    is_query_term = query_term_test(watchlist.query.root)
    barred = {
        form for group in TermGroups([a for a, _ in relevant]).groups(1) for form in group.forms
    }
    counts: dict[str, int] = {}
    for group in wording.groups(LEAST):
        if barred.isdisjoint(group.forms) and not any(map(is_query_term, group.forms)):
            has_forms = len(group.forms) > 1 and group.lang in ("fr", "en")
            counts[wording.written(group) + "~" * has_forms] = group.at_most
    return counts


def _phrases(
    watchlist: Watchlist, noise: Sequence[CarriedArticle], relevant: Sequence[CarriedArticle]
) -> dict[str, int]:
    counts: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    for article, _feeds in noise:
        phrases = article_phrases(article)
        counts.update(phrases.keys())
        spellings = phrases | spellings
    is_query_term = query_term_test(watchlist.query.root)
    barred = {phrase for article, _ in relevant for phrase in article_phrases(article)}
    return {
        spellings[phrase]: count
        for phrase, count in counts.items()
        if count >= LEAST and phrase not in barred and not all(map(is_query_term, phrase.split()))
    }


def _labels(
    judged: JudgedArticles, labels: Callable[[Article, Sequence[Feed]], set[str]]
) -> dict[str, int]:
    counts = Counter(label for pair in judged.noise for label in labels(*pair))
    barred = {label for pair in judged.relevant for label in labels(*pair)}
    return {name: count for name, count in counts.items() if name not in barred}


# --- trial by the matcher -----------------------------------------------------------


def _trial(watchlist: Watchlist, term: str) -> Watchlist | None:
    """Return a watchlist that matches what a term excludes; None if its query is not valid."""
    try:
        return replace(watchlist, name=term, query=none_of([term]))
    except QueryError:
        return None


def _avoided(
    watchlist: Watchlist, trials: Sequence[Watchlist], judged: JudgedArticles, report: Report | None
) -> dict[str, tuple[tuple[int, ...], int]]:
    """Return the noise that each exclusion avoids, and the number of articles without a verdict.

    Exclusions that lose a relevant article are left out, and those that avoid too little.
    """
    noise_feeds = {feed for _, feeds in judged.noise for feed in feeds}
    rules = WatchlistMatcher([watchlist, *trials], noise_feeds)
    articles = [*judged.noise, *judged.relevant, *judged.unjudged]
    excluded_by: dict[int, set[str]] = {}
    for done, (article, feeds) in enumerate(articles, 1):
        matching = [rule for rule, _ in rules.satisfied(article, *feeds)]
        is_matched = any(rule is watchlist for rule in matching)
        excluded_by[article.id] = (
            {rule.name for rule in matching if rule is not watchlist} if is_matched else set()
        )
        if report is not None:
            report(done, len(articles))
    harmful = {term for article, _ in judged.relevant for term in excluded_by[article.id]}
    return {
        term: (spared, sum(term in excluded_by[article.id] for article, _ in judged.unjudged))
        for term in {trial.name for trial in trials} - harmful
        if len(spared := tuple(a.id for a, _ in judged.noise if term in excluded_by[a.id])) >= LEAST
    }


def _strength(
    term: str, spared: int, judged: JudgedArticles, count: Count | None, articles: int
) -> float | None:
    """Return the strength of a term as a sign of noise; None for a term that is everywhere."""
    if count is None or not articles:
        return 0.0
    noise_count = min(len(judged.noise), articles)
    total = min(max(count(none_of([term])), spared), articles)
    if articles >= LEAST_ARTICLES and total >= BROAD * articles and ":" not in term:
        return None
    return log_likelihood(min(spared, noise_count), noise_count, total, articles)


LOOKED_AT = 1_000
"""Newest articles without a verdict that are tried."""


def judged_articles(
    verdicts: Sequence[ArticleVerdict],
    read: Callable[[Sequence[int]], Sequence[Article]],
    feeds: Mapping[int, Feed],
) -> JudgedArticles:
    """Return the judged articles; missing ones and those of unknown feeds are left out."""

    def those(verdict: Verdict, limit: int = 0) -> list[CarriedArticle]:
        ids = [judged.article for judged in verdicts if judged.verdict is verdict]
        pairs = [
            (article, [feeds[number] for number in article.feeds if number in feeds])
            for article in read(ids[-limit:])
        ]
        return [(article, carriers) for article, carriers in pairs if carriers]

    return JudgedArticles(
        noise=those(Verdict.NOISE),
        relevant=those(Verdict.RELEVANT),
        unjudged=those(Verdict.NONE, LOOKED_AT),
    )
