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

SAMPLED = 6
"""Articles from which the usual spelling of a word is learned."""
_INFLECTED = ("fr", "en")


class TermGroup(Struct, frozen=True):
    """The inflections of a word in one language."""

    lang: str
    forms: Mapping[str, int]
    """Number of articles by folded form, the most frequent first."""
    elsewhere: bool
    """Whether articles in another language have one of the forms too."""

    @property
    def at_most(self) -> int:
        """Upper bound of the number of articles that have any of the forms."""
        return sum(self.forms.values())


class TermGroups:
    """The words of some articles that carry meaning, grouped by language.

    A group has the forms that `~` finds for the most frequent of them, and no other group has.
    """

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = [
            (article, _content_terms(article)) for article in checked(articles, step=10)
        ]

    def groups(self, min_articles: int) -> list[TermGroup]:
        """Return the words that `min_articles` articles or more may have."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for article, terms in self._articles:
            counts[article.lang].update(terms)
        groups: list[TermGroup] = []
        for lang, counted in counts.items():
            others = set().union(*(c for other, c in counts.items() if other != lang))
            groups += (
                TermGroup(lang, forms, not others.isdisjoint(forms))
                for forms in _grouped(counted, is_inflected=lang in _INFLECTED)
            )
        return [group for group in groups if group.at_most >= min_articles]

    def stories(self, group: TermGroup) -> int:
        """Return in how many different stories a word occurs."""
        return len({article.story or article.id for article in self._with(group)})

    def written(self, group: TermGroup) -> str:
        """Return the most frequent spelling of a word."""
        spellings = Counter(
            run[token.start : token.end]
            for article in self._with(group)[:SAMPLED]
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
    """Return a function that tells whether a folded word is one of a query, or an inflection."""
    accepted = [selector(_any_form(word)) for word in words(root)]
    return lambda term: any(accepts(term) for _, accepts in accepted)


def _any_form(word: Word) -> Word:
    """Return a word of a query with its inflections, in any part of an article."""
    if word.mode in (Mode.WILDCARD, Mode.STEM):
        return replace(word, part="")
    return replace(word, part="", exact="", mode=Mode.STEM)


def _content_terms(article: Article) -> frozenset[str]:
    """Return the words of an article that carry meaning."""
    every = {run for part in PARTS[:-1] for run in runs(article.part(part))}
    content_terms = _content_terms_of(article.lang)
    return frozenset().union(*map(content_terms.__getitem__, every))


def _grouped(counted: Mapping[str, int], *, is_inflected: bool) -> Iterator[dict[str, int]]:
    """Yield the numbers of articles of each word by its forms, the most frequent first."""
    rest = dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
    for form in list(rest):
        if form in rest:
            forms = folded_inflections(form) if is_inflected else [form]
            counts = [(form, rest.pop(form)) for form in forms if form in rest]
            yield dict(sorted(counts, key=lambda pair: (-pair[1], pair[0])))


@functools.cache
def _content_terms_of(lang: str) -> TextCache[tuple[str, ...]]:
    """Return a cache of run to its words that carry meaning.

    These are no stop words, no numbers and no single letters.
    """
    silent = stop_words(lang)

    def content_terms(run: str) -> tuple[str, ...]:
        tokens = tokens_of[run]
        whole = [token.term for token in tokens if token.length > 1]
        terms = whole[:1] or [token.term for token in tokens]
        return tuple(term for term in terms if is_content_term(term, silent))

    return TextCache(content_terms, size_of_strings, CACHED)


def is_content_term(term: str, stop_words: Container[str]) -> bool:
    """Tell whether a folded word carries meaning."""
    return len(term) > 1 and term not in stop_words and any(map(str.isalpha, term))


@functools.cache
def stop_words(lang: str) -> frozenset[str]:
    """Return the folded stop words of a language; of French and English when it has no list."""
    from whoosh.lang.stopwords import stoplists

    known = (lang,) if lang in stoplists else _INFLECTED
    words = [word for code in known for word in stoplists[code]]
    return frozenset(map(fold, [*words, *(["les"] if "fr" in known else [])]))  # it lacks this one


# --- phrases ---------------------------------------------------------------------------

MAX_PHRASE = 3
"""Words of a phrase."""
_BOUNDARY = re.compile(r"[.!?;:\n()«»“”\"|–—]")
"""Characters that no phrase reaches across."""


def article_phrases(article: Article) -> dict[str, str]:
    """Return two or three words in a row that carry meaning: folded, with the first spelling."""
    phrases: dict[str, str] = {}
    for part in PARTS[:-1]:
        text = article.part(part)
        tokens = [token for token in tokenize(text) if token.is_word]
        for at in range(len(tokens)):
            for phrase in _phrases_from(tokens[at : at + MAX_PHRASE], text, article.lang):
                folded = " ".join(token.term for token in phrase)
                phrases.setdefault(folded, text[phrase[0].start : phrase[-1].end])
    return phrases


def _phrases_from(tokens: list[Token], text: str, lang: str) -> Iterator[list[Token]]:
    """Yield the phrases that begin with the first of some tokens."""
    silent = stop_words(lang)
    if not tokens or not is_content_term(tokens[0].term, silent):
        return
    for last in range(1, len(tokens)):
        between = text[tokens[last - 1].end : tokens[last].start]
        if not between or _BOUNDARY.search(between):
            return
        if is_content_term(tokens[last].term, silent):
            yield tokens[: last + 1]


CHANCE = 0.01
"""Probability that any word at all is returned if the articles were picked at random."""
MIN_STORIES = 3
"""Different stories that a word must occur in: copies of one story say the same."""
COUNTED = 4
"""Words counted exactly for each word wanted: those most likely to be significant."""


class SignificantTerm(NamedTuple):
    """A word that is more frequent in some articles than chance explains."""

    word: str
    """As it is written most often."""
    forms: tuple[str, ...]
    """Its inflections that occur, folded, the most frequent first."""
    articles: int
    """Number of the articles that have it."""
    expected: float
    """Number that would have it if they were like the others of their language."""
    strength: float
    """G². Chance alone takes one word in a thousand above 10.8."""


class TermCounts(Protocol):
    """Number of articles with a word: among those examined, and in the whole archive."""

    @property
    def examined(self) -> int:
        """Number of articles examined."""

    def articles(self, lang: str) -> tuple[int, int]:
        """Count the examined articles of a language, and all of them."""

    def with_any(self, lang: str, forms: Sequence[str]) -> tuple[int, int]:
        """Count the examined articles with any of some folded words, and all of them."""

    def estimate(self, lang: str, forms: Sequence[str], *, other_langs: bool) -> int:
        """Estimate quickly the number of all articles of a language with any of some words.

        Args:
            lang: The language.
            forms: Folded words.
            other_langs: Whether articles in other languages have these words too.
        """


def log_likelihood(here: int, of: int, in_all: int, all_: int) -> float:
    """Return G² of a word that `here` of `of` articles have, and `in_all` of all `all_`."""
    elsewhere, rest = in_all - here, all_ - of
    pairs = (
        (here, of * in_all / all_),
        (elsewhere, rest * in_all / all_),
        (of - here, of * (all_ - in_all) / all_),
        (rest - elsewhere, rest * (all_ - in_all) / all_),
    )
    return max(0.0, 2 * sum(n * math.log(n / expected) for n, expected in pairs if n > 0))


def threshold(tests: int) -> float:
    """Return the G² that chance reaches in one of so many tests with probability `CHANCE`."""
    wanted, low, high = CHANCE / max(tests, 1), 0.0, 400.0
    for _ in range(60):  # bisection
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(middle) > wanted else (low, middle)
    return high


def _tail(strength: float) -> float:
    """Return the one-sided probability of such a G²: chi-squared, one degree of freedom."""
    return math.erfc(math.sqrt(strength / 2)) / 2


def significant_terms(
    counts: TermCounts,
    texts: Sequence[Article],
    is_query_term: Callable[[str], bool],
    limit: int,
) -> list[SignificantTerm]:
    """Return the words that set the examined articles apart, the strongest first.

    Args:
        counts: Counts words in the examined articles and in the whole archive.
        texts: Examined articles, all or some.
        is_query_term: Tells the words of the query; they are left out.
        limit: Number of words.
    """
    groups = TermGroups(texts)
    candidates = groups.groups(MIN_STORIES)
    least = threshold(len(candidates))
    selection = _Selection(counts, len(texts))
    merged: dict[str, list[_Tested]] = defaultdict(list)
    for group in checked(selection.likeliest(candidates, least, COUNTED * limit), step=1):
        tested = selection.tested(group)
        if (
            tested.articles > tested.expected
            and tested.strength >= least
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
    """Tests words: roughly by the texts read, then exactly by the counts of the archive."""

    def __init__(self, counts: TermCounts, texts: int) -> None:
        self._counts = counts
        self._share = texts / max(counts.examined, 1)

    def likeliest(
        self, candidates: Iterable[TermGroup], least: float, count: int
    ) -> list[TermGroup]:
        """Return the words that are the strongest by their estimated counts.

        The most frequent come first; a word that cannot exceed the `count` best is skipped.
        """
        best: list[tuple[float, int, TermGroup]] = []
        frequent = sorted(candidates, key=lambda group: -group.at_most)
        for place, group in enumerate(checked(frequent, step=10)):
            of, all_ = self._counts.articles(group.lang)
            here = min(of, math.ceil(group.at_most / self._share))
            needed = max(least, best[0][0]) if len(best) == count else least
            if log_likelihood(here, of, here, all_) < needed:
                continue
            estimate = self._counts.estimate(
                group.lang, list(group.forms), other_langs=group.elsewhere
            )
            in_all = min(all_ - of + here, max(here, estimate))
            strength = log_likelihood(here, of, in_all, all_)
            more = here * all_ >= of * in_all
            heapq.heappush(best, (strength if more else -strength, place, group))
            if len(best) > count:
                heapq.heappop(best)
        return [group for *_, group in sorted(best, reverse=True)]

    def tested(self, group: TermGroup) -> _Tested:
        """Return a word with its exact counts."""
        of, all_ = self._counts.articles(group.lang)
        here, in_all = self._counts.with_any(group.lang, list(group.forms))
        return _Tested(group, here, of * in_all / all_, log_likelihood(here, of, in_all, all_))


def _one_term(parts: Sequence[_Tested], groups: TermGroups) -> SignificantTerm:
    """Return a word, which may be significant in several languages, as one term."""
    return SignificantTerm(
        groups.written(max(parts, key=lambda part: part.articles).group),
        tuple(dict.fromkeys(form for part in parts for form in part.group.forms)),
        sum(part.articles for part in parts),
        sum(part.expected for part in parts),
        sum(part.strength for part in parts),
    )
