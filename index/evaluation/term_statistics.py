"""What words and phrases some articles are made of, with the inflections of a word as one."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

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
