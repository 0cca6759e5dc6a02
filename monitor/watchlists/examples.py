"""A watchlist from examples: the query of what some articles have in common.

Candidates are the words and concepts of two examples or more. Each weighs its number of examples
times its rarity in the archive. The query asks for some of the heaviest: `2 OF (…)`. How many of
how many, the examples decide, each held out in turn: of the queries that find nearly all examples
from the others alone, the one that finds the fewest articles. Phrases would add nothing (see
bench/README.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from index.errors import QueryError
from index.evaluation.significant_terms import TermGroups, query_term_test
from index.query.ast import Facet, words
from index.query.concepts import Concepts, defined
from index.query.filters import CONCEPT, offered_name
from index.query.parser import Query, none_of, parse_query
from index.query.suggestions import node_text
from monitor.base.article import Article
from monitor.base.errors import MonitorError
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, number
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.alert import ArticleVerdict, Verdict
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.views import Views
from monitor.watchlists import exclusions

FEWEST, MOST = 3, 10
"""Examples."""
CHOICES = ((2, 4), (3, 6), (3, 8), (4, 10))
"""How many terms an article must have, and of how many."""
SMOOTHING = 10
"""Articles that a term is thought to have besides: the rarest say little of what comes later."""
EXCLUDED = 3
"""Most exclusions."""
Articles = Sequence[exclusions.CarriedArticle]


class ExampleQuery(Struct, frozen=True):
    """A query that was made from examples, and what it gets wrong."""

    query: Query
    examples: list[int]
    """Ids of the examples."""
    missed: list[Article]
    """Examples that it does not find."""
    noise: list[Article]
    """Articles judged noise that it finds."""
    judged: int
    """Number of articles judged noise, and never relevant, that were looked at."""

    @property
    def remarks(self) -> list[str]:
        """What it gets wrong, as lines."""
        hits, wanted = len(self.examples) - len(self.missed), len(self.examples)
        lines = [_("finds {count} of {all} examples", count=hits, all=wanted)]
        lines += (_("misses {article}", article=_headline(article)) for article in self.missed)
        if self.judged:
            counts = {"count": len(self.noise), "all": number(self.judged)}
            lines.append(_("finds {count} of {all} articles judged noise", **counts))
        return [*lines, *map(_headline, self.noise)]


def _headline(article: Article) -> str:
    return f"{article.id}  {shown_title(line(article.title))}"


def example_query(count: exclusions.Count, views: Views, ids: Sequence[int]) -> ExampleQuery:
    """Return the query that articles have in common, and what it gets wrong.

    Raises:
        MonitorError: There are too few articles, too many, or they have nothing in common.
        ArchiveError: The archive cannot be searched.
    """
    ids = sorted(set(ids))
    if not FEWEST <= len(ids) <= MOST:
        counts = {"least": FEWEST, "most": MOST, "count": len(ids)}
        raise MonitorError(_("{least} to {most} articles are needed, not {count}", **counts))
    verdicts = [v for v in views.watchlists.judged() if v.article not in ids]
    verdicts += (ArticleVerdict(id, Verdict.RELEVANT) for id in ids)
    feeds = {feed.number: feed for feed in views.feeds.every()}
    judged = exclusions.judged_articles(verdicts, views.articles.get, feeds)
    examples = [pair for pair in judged.relevant if pair[0].id in ids]
    articles, concepts = views.totals().articles, views.watchlists.concepts()
    query = common_query(examples, count, articles, concepts)
    noise, relevant = _hits(query, judged.noise), _hits(query, judged.relevant)
    hits = exclusions.JudgedArticles(noise=noise, relevant=relevant)
    watchlist, text = Watchlist(name="", query=query), query.text
    for exclusion in exclusions.suggest_exclusions(watchlist, hits, count, articles)[:EXCLUDED]:
        root = none_of([exclusion.term]).root
        quoted = f'"{exclusion.term}"' if " " in exclusion.term else exclusion.term
        text += " NOT " + (node_text(root) if isinstance(root, Facet) else quoted)  # not a message
    query = defined(parse_query(text), concepts)
    missed = [pair[0] for pair in examples if pair not in _hits(query, examples)]
    kept = [article for article, _feeds in _hits(query, judged.noise)]
    return ExampleQuery(query, ids, missed, kept, len(judged.noise))


def _hits(query: Query, articles: Articles) -> list[exclusions.CarriedArticle]:
    rules = WatchlistMatcher([Watchlist(name="", query=query)])
    return [(article, feeds) for article, feeds in articles if [*rules.satisfied(article, *feeds)]]


class _Term(Struct, frozen=True):
    query: Query
    examples: frozenset[int]
    """Ids of the examples that have it."""
    articles: int
    """Articles of the archive that have it."""
    has_word: Callable[[str], bool]
    """Tells whether a folded word is one of its words, or an inflection of one."""

    def is_like(self, other: _Term) -> bool:
        """Tell whether two terms share a word, or seem to stand in the same articles."""
        same = (self.examples, self.articles) == (other.examples, other.articles)
        return same or any(other.has_word(word.term) for word in words(self.query.root))


def common_query(
    examples: Articles, count: exclusions.Count, articles: int, concepts: Concepts
) -> Query:
    """Return the query that examples have in common, in an archive of so many articles.

    Raises:
        MonitorError: The examples have no two words in common.
    """
    terms = _terms(examples, count, concepts)
    heaviest = _heaviest(terms, articles)
    if len(heaviest) < 2:
        raise MonitorError(_("the articles have too few words in common; choose more alike ones"))
    others = {id: _heaviest(terms, articles, without=id) for id in (a.id for a, _ in examples)}
    needed = len(examples) - max(1, len(examples) // 5)

    def query(least: int, of: int) -> Query:
        texts = [term.query.text for term in heaviest[:of]]
        text = f"{least} OF ({', '.join(texts)})" if least < len(texts) else " AND ".join(texts)
        return defined(parse_query(text, allow_archive_filters=False), concepts)

    def rank(choice: tuple[int, int]) -> tuple[int, int]:
        least, of = choice
        hits = (sum(id in t.examples for t in other[:of]) >= least for id, other in others.items())
        return -min(sum(hits), needed), count(query(least, of))

    choices = [choice for choice in CHOICES if choice[1] <= len(heaviest)] or [(2, len(heaviest))]
    return query(*min(choices, key=rank))


def _heaviest(terms: Sequence[_Term], articles: int, *, without: int = 0) -> list[_Term]:
    """Return the heaviest terms of two examples, `without` one; none is like another."""
    weights = {
        term: shared * math.log((articles + SMOOTHING) / (term.articles + SMOOTHING))
        for term in terms
        if (shared := len(term.examples - {without})) >= 2
    }
    heaviest: list[_Term] = []
    for term in sorted(weights, key=lambda term: (-weights[term], term.query.text)):
        if not any(term.is_like(other) or other.is_like(term) for other in heaviest):
            heaviest.append(term)
        if len(heaviest) == CHOICES[-1][1]:
            break
    return heaviest


def _terms(examples: Articles, count: exclusions.Count, concepts: Concepts) -> list[_Term]:
    """Return the words, inflected unless they are names, and concepts of two examples or more."""
    groups = TermGroups([article for article, _feeds in examples])
    spellings = map(groups.written, groups.groups(2))
    texts = [f"{word}~" if word.islower() and word.isalpha() else word for word in spellings]
    texts += (f'{offered_name(CONCEPT)}:"{concept.name}"' for concept in concepts.values())
    having: dict[Query, set[int]] = {}
    for text in dict.fromkeys(texts):
        with suppress(QueryError):  # ET is an operator
            having[defined(parse_query(text, allow_archive_filters=False), concepts)] = set()
    rules = WatchlistMatcher(Watchlist(name="", query=query) for query in having)
    for article, feeds in examples:
        for rule, _clauses in rules.satisfied(article, *feeds):
            having[rule.query].add(article.id)
    return [
        _Term(query, frozenset(ids), count(query), query_term_test(query.root))
        for query, ids in having.items()
        if len(ids) >= 2
    ]
