"""Words that set some articles apart from all others of their language.

For each word, the number of these articles that have it is compared with the number in the whole
archive, by log-likelihood (G², Dunning 1993: https://aclanthology.org/J93-1003), which unlike
chi-squared is right for rare words too. A word must occur in several stories, and the
inflections of a word count as one word.

The words to test are read from texts; how often each occurs is counted by the archive. So the
counts of the words returned are exact even when only some of the texts were read.
"""

from __future__ import annotations

import functools
import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.folding import fold
from index.analysis.inflection import folded_inflections
from index.analysis.text_cache import TextCache, size_of_strings
from index.analysis.tokenizer import CACHED, Token, runs, tokenize, tokens_of
from index.evaluation.term_expansion import selector
from index.interruption import checked
from index.query.ast import Mode, Node, Word, words
from monitor.base.article import PARTS, Article

SPELLING_SAMPLE = 6
"""Articles from which the usual spelling of a word is learned."""
_INFLECTED = ("fr", "en")


class TermGroup(Struct, frozen=True):
    """The inflections of a word in one language."""

    lang: str
    forms: Mapping[str, int]
    """Number of articles by folded form, the most frequent first."""
    in_other_langs: bool
    """Whether articles in other languages have one of the forms too."""

    @property
    def at_most(self) -> int:
        """Upper bound of the number of articles that have any of the forms."""
        return sum(self.forms.values())


class TermGroups:
    """The words of some articles that carry meaning, grouped by language.

    The forms of a group are those that `~` finds for the most frequent one; groups share no form.
    """

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = [
            (article, _content_terms(article)) for article in checked(articles, step=10)
        ]

    def groups(self, min_articles: int) -> list[TermGroup]:
        """Return the groups that may occur in `min_articles` articles or more."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for article, terms in self._articles:
            counts[article.lang].update(terms)
        groups: list[TermGroup] = []
        for lang, article_counts in counts.items():
            other_terms = set().union(*(c for other, c in counts.items() if other != lang))
            groups += (
                TermGroup(lang, forms, not other_terms.isdisjoint(forms))
                for forms in _grouped(article_counts, is_inflected=lang in _INFLECTED)
            )
        return [group for group in groups if group.at_most >= min_articles]

    def stories(self, group: TermGroup) -> int:
        """Count the different stories in which a word occurs."""
        return len({article.story or article.id for article in self._with(group)})

    def written(self, group: TermGroup) -> str:
        """Return the most frequent spelling of a word."""
        spellings = Counter(
            run[token.start : token.end]
            for article in self._with(group)[:SPELLING_SAMPLE]
            for text in map(article.part, PARTS[:-1])
            for run in runs(text)
            for token in tokens_of[run]
            if token.term in group.forms
        )
        return max(
            spellings,
            key=lambda spelling: (spellings[spelling], spelling),
            default=next(iter(group.forms)),
        )

    def _with(self, group: TermGroup) -> list[Article]:
        return [
            article
            for article, terms in self._articles
            if article.lang == group.lang and not terms.isdisjoint(group.forms)
        ]


def query_term_test(root: Node) -> Callable[[str], bool]:
    """Return a function that tells whether a folded word is in a query, or an inflection of one."""
    selectors = [selector(_any_form(word)) for word in words(root)]
    return lambda term: any(accepts(term) for _, accepts in selectors)


def _any_form(word: Word) -> Word:
    """Return a word of a query with its inflections, in any part of an article."""
    if word.mode in (Mode.WILDCARD, Mode.STEM):
        return replace(word, part="")
    return replace(word, part="", exact="", mode=Mode.STEM)


def _content_terms(article: Article) -> frozenset[str]:
    """Return the words of an article that carry meaning."""
    article_runs = {run for part in PARTS[:-1] for run in runs(article.part(part))}
    content_terms = _content_terms_of(article.lang)
    return frozenset().union(*map(content_terms.__getitem__, article_runs))


def _grouped(article_counts: Mapping[str, int], *, is_inflected: bool) -> Iterator[dict[str, int]]:
    """Yield for each word the number of articles by its forms, the most frequent first."""
    remaining = dict(sorted(article_counts.items(), key=lambda pair: (-pair[1], pair[0])))
    for form in list(remaining):
        if form in remaining:
            forms = folded_inflections(form) if is_inflected else [form]
            counts = [(form, remaining.pop(form)) for form in forms if form in remaining]
            yield dict(sorted(counts, key=lambda pair: (-pair[1], pair[0])))


@functools.cache
def _content_terms_of(lang: str) -> TextCache[tuple[str, ...]]:
    """Return a cache of run to its words, without stop words, numbers and single letters."""
    stoplist = stop_words(lang)

    def content_terms(run: str) -> tuple[str, ...]:
        tokens = tokens_of[run]
        compounds = [token.term for token in tokens if token.length > 1]
        terms = compounds[:1] or [token.term for token in tokens]
        return tuple(term for term in terms if is_content_term(term, stoplist))

    return TextCache(content_terms, size_of_strings, CACHED)


def is_content_term(term: str, stop_words: Container[str]) -> bool:
    """Tell whether a folded word carries meaning."""
    return len(term) > 1 and term not in stop_words and any(map(str.isalpha, term))


@functools.cache
def stop_words(lang: str) -> frozenset[str]:
    """Return the folded stop words of a language; of French and English when it has no list."""
    from whoosh.lang.stopwords import stoplists

    codes = (lang,) if lang in stoplists else _INFLECTED
    words = [word for code in codes for word in stoplists[code]]
    return frozenset(map(fold, [*words, *(["les"] if "fr" in codes else [])]))  # Whoosh lacks it


# --- phrases ---------------------------------------------------------------------------

MAX_PHRASE = 3
"""Words of a phrase."""
_BOUNDARY = re.compile(r"[.!?;:\n()«»“”\"|–—]")
"""Characters between which no phrase extends."""


def article_phrases(article: Article) -> dict[str, str]:
    """Return phrases of two or three words that carry meaning: the first spelling by the fold."""
    phrases: dict[str, str] = {}
    for part in PARTS[:-1]:
        text = article.part(part)
        tokens = [token for token in tokenize(text) if token.is_word]
        for first in range(len(tokens)):
            for phrase in _phrases_from(tokens[first : first + MAX_PHRASE], text, article.lang):
                folded = " ".join(token.term for token in phrase)
                phrases.setdefault(folded, text[phrase[0].start : phrase[-1].end])
    return phrases


def _phrases_from(tokens: list[Token], text: str, lang: str) -> Iterator[list[Token]]:
    """Yield the phrases that begin with the first of some tokens."""
    stoplist = stop_words(lang)
    if not tokens or not is_content_term(tokens[0].term, stoplist):
        return
    for last in range(1, len(tokens)):
        between = text[tokens[last - 1].end : tokens[last].start]
        if not between or _BOUNDARY.search(between):
            return
        if is_content_term(tokens[last].term, stoplist):
            yield tokens[: last + 1]


CHANCE = 0.01
"""Probability that any word at all is returned if the articles were picked at random."""
MIN_STORIES = 3
"""Number of stories in which a word must occur: copies of one story say the same."""
TESTS = 4
"""Words that are counted exactly for each word to return: the likeliest to be significant."""


class SignificantTerm(NamedTuple):
    """A word that is more frequent in some articles than chance explains."""

    word: str
    """The most frequent spelling."""
    forms: tuple[str, ...]
    """Folded inflections that occur, the most frequent first."""
    articles: int
    """Number of articles that have the word."""
    expected: float
    """Number of articles that would have the word if they were like all others of the language."""
    strength: float
    """G². Chance alone takes one word in a thousand above 10.8."""


class TermCounts(Protocol):
    """Numbers of articles with a word: among the examined ones, and in the whole archive."""

    @property
    def examined(self) -> int:
        """Number of articles examined."""

    def articles(self, lang: str) -> tuple[int, int]:
        """Return the number of examined articles of a language, and of all its articles."""

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        """Return the number of examined articles, and of all, with any of these folded words."""

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        """Estimate quickly the number of all articles of a language with any of these words.

        `other_langs` tells whether articles in other languages have these folded words too.
        """


def log_likelihood(hits: int, examined: int, all_hits: int, total: int) -> float:
    """Return G² of a word in `hits` of `examined` articles, and in `all_hits` of all `total`."""
    other_hits, unexamined = all_hits - hits, total - examined
    pairs = (
        (hits, examined * all_hits / total),
        (other_hits, unexamined * all_hits / total),
        (examined - hits, examined * (total - all_hits) / total),
        (unexamined - other_hits, unexamined * (total - all_hits) / total),
    )
    return max(0.0, 2 * sum(n * math.log(n / expected) for n, expected in pairs if n > 0))


def threshold(tests: int) -> float:
    """Return the G² that chance reaches in any of `tests` tests with probability `CHANCE`."""
    probability, low, high = CHANCE / max(tests, 1), 0.0, 400.0
    for _ in range(60):  # bisection
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(middle) > probability else (low, middle)
    return high


def _tail(strength: float) -> float:
    """Return the one-sided probability of a G²: chi-squared, one degree of freedom."""
    return math.erfc(math.sqrt(strength / 2)) / 2


def significant_terms(
    counts: TermCounts, texts: Sequence[Article], is_query_term: Callable[[str], bool], limit: int
) -> list[SignificantTerm]:
    """Return the words that set the examined articles apart, the strongest first.

    Args:
        counts: Counts words in the examined articles and in the whole archive.
        texts: Examined articles, all or some.
        is_query_term: Tells whether a word is of the query; these words are left out.
        limit: Number of words.
    """
    groups = TermGroups(texts)
    candidates = groups.groups(MIN_STORIES)
    min_strength = threshold(len(candidates))
    selection = _Selection(counts, len(texts))
    merged: dict[str, list[_Tested]] = defaultdict(list)
    for group in checked(selection.likeliest(candidates, min_strength, TESTS * limit), step=1):
        tested = selection.tested(group)
        if (
            tested.articles > tested.expected
            and tested.strength >= min_strength
            and groups.stories(group) >= MIN_STORIES
            and not any(map(is_query_term, group.forms))
        ):
            merged[next(iter(group.forms))].append(tested)
    strongest = sorted(
        merged.items(), key=lambda word: (-sum(t.strength for t in word[1]), word[0])
    )
    return [_one_term(parts, groups) for _, parts in checked(strongest[:limit], step=1)]


class _Tested(NamedTuple):
    """A word of one language, counted."""

    group: TermGroup
    articles: int
    expected: float
    strength: float


class _Selection:
    """Tests words: roughly by the texts that were read, then exactly by counts of the archive."""

    def __init__(self, counts: TermCounts, texts: int) -> None:
        self._counts = counts
        self._share = texts / max(counts.examined, 1)

    def likeliest(
        self, candidates: Iterable[TermGroup], min_strength: float, count: int
    ) -> list[TermGroup]:
        """Return the strongest words by their estimated counts.

        The most frequent come first; a word that cannot exceed the `count` best is skipped.
        """
        best: list[tuple[float, int, TermGroup]] = []
        frequent = sorted(candidates, key=lambda group: -group.at_most)
        for rank, group in enumerate(checked(frequent, step=10)):
            examined, total = self._counts.articles(group.lang)
            hits = min(examined, math.ceil(group.at_most / self._share))
            needed = max(min_strength, best[0][0]) if len(best) == count else min_strength
            if log_likelihood(hits, examined, hits, total) < needed:
                continue
            estimate = self._counts.estimate(
                group.lang, list(group.forms), other_langs=group.in_other_langs
            )
            all_hits = min(total - examined + hits, max(hits, estimate))
            strength = log_likelihood(hits, examined, all_hits, total)
            is_more_frequent = hits * total >= examined * all_hits
            heapq.heappush(best, (strength if is_more_frequent else -strength, rank, group))
            if len(best) > count:
                heapq.heappop(best)
        return [group for *_, group in sorted(best, reverse=True)]

    def tested(self, group: TermGroup) -> _Tested:
        """Return a word with its exact counts."""
        examined, total = self._counts.articles(group.lang)
        hits, all_hits = self._counts.with_any(group.lang, list(group.forms))
        expected = examined * all_hits / total
        return _Tested(group, hits, expected, log_likelihood(hits, examined, all_hits, total))


def _one_term(parts: Sequence[_Tested], groups: TermGroups) -> SignificantTerm:
    """Return a word, which may be significant in several languages, as one term."""
    return SignificantTerm(
        groups.written(max(parts, key=lambda part: part.articles).group),
        tuple(dict.fromkeys(form for part in parts for form in part.group.forms)),
        sum(part.articles for part in parts),
        sum(part.expected for part in parts),
        sum(part.strength for part in parts),
    )
