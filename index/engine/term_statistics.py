"""What words some articles are made of: inflections as one, with how they are written."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from index.analysis.folding import fold
from index.analysis.tokenizer import MAX_CHARS, pattern, stem, tokenize, tokens_of
from index.article import PARTS, Article
from index.evaluation.term_expansion import is_open, selector
from index.query.ast import Mode, Node, words

LOOKED_AT = 6
"""Articles from which it is learned how a word is written."""
_STEMMED = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Group:
    """The inflections of a word in one language."""

    lang: str
    forms: Mapping[str, int]
    """Folded, with the number of articles that have each, the most frequent first."""
    elsewhere: bool
    """Whether articles in another language have one of them too."""

    @property
    def at_most(self) -> int:
        """Return the number of articles that have any of them, or more."""
        return sum(self.forms.values())


class Wording:
    """The words of some articles."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._read = [(article, _terms(article)) for article in articles]

    def groups(self, least: int) -> list[Group]:
        """Return the words that so many articles may have, by language and stem."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for article, terms in self._read:
            counts[article.lang].update(terms)
        found: list[Group] = []
        for lang, counted in counts.items():
            roots: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for form, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
                roots[_root(form, lang, counted)][form] = count
            others = set().union(*(c for other, c in counts.items() if other != lang))
            found += (Group(lang, f, not others.isdisjoint(f)) for f in roots.values())
        return [group for group in found if group.at_most >= least]

    def stories(self, group: Group) -> int:
        """Return in how many different stories a word stands."""
        return len({article.story or article.id for article in self._with(group)})

    def written(self, group: Group) -> str:
        """Return how a word is written most often."""
        seen = Counter(
            text[token.start : token.end]
            for article in self._with(group)[:LOOKED_AT]
            for text in map(article.part, PARTS[:-1])
            for token in tokenize(text)
            if token.term in group.forms
        )
        return max(seen, key=lambda form: (seen[form], form), default=next(iter(group.forms)))

    def _with(self, group: Group) -> list[Article]:
        return [
            article
            for article, terms in self._read
            if article.lang == group.lang and not terms.isdisjoint(group.forms)
        ]


def asked_for(root: Node) -> Callable[[str], bool]:
    """Return what tells the words of a query, and inflections of them."""
    accepted = [
        selector(replace(word, part="", exact="", mode=word.mode if is_open(word) else Mode.STEM))
        for word in words(root)
    ]
    return lambda term: any(accepts(term) for _, accepts in accepted)


def _terms(article: Article) -> frozenset[str]:
    """Return the words of an article that say something."""
    runs: set[str] = set()
    for part in PARTS[:-1]:
        runs.update(pattern().findall(article.part(part)[:MAX_CHARS]))
    saying = _saying(article.lang)
    return frozenset().union(*map(saying.__getitem__, runs))


def _root(form: str, lang: str, known: Container[str]) -> str:
    """Return what the inflections of a word share; French says docker and dockers differ."""
    if lang not in _STEMMED:
        return form
    singular = form.removesuffix("s")
    return stem(singular if singular in known else form, lang)


class _Saying(dict[str, tuple[str, ...]]):
    """The words of each run that say something: no stop words of a language, no numbers."""

    def __init__(self, silent: Iterable[str]) -> None:
        self._silent = frozenset(silent)

    def __missing__(self, run: str) -> tuple[str, ...]:
        if len(self) > 200_000:
            self.clear()
        tokens = tokens_of[run]
        whole = [token.term for token in tokens if token.length > 1]
        terms = whole[:1] or [token.term for token in tokens]
        self[run] = found = tuple(filter(self._says, terms))
        return found

    def _says(self, term: str) -> bool:
        return len(term) > 1 and term not in self._silent and any(map(str.isalpha, term))


@functools.cache
def _saying(lang: str) -> _Saying:
    return _Saying(silent(lang))


@functools.cache
def silent(lang: str) -> frozenset[str]:
    """Return the stop words of a language, of French and English if it is no other's, folded."""
    from whoosh.lang.stopwords import stoplists

    known = (lang,) if lang in stoplists else _STEMMED
    words = [word for code in known for word in stoplists[code]]
    return frozenset(map(fold, [*words, *(["les"] if "fr" in known else [])]))  # it lacks this one
