"""Other names of a concept, read from the articles of the archive.

A name is proven by initials, by “formerly” and the like beside a known name, as a part of one, as
a spelling that differs in few letters, as an exonym, or by its meaning, where other articles tell
of the same. Enough of its articles must tell of the concept, and it must be whole: not the start
of a longer name.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance.Indel import normalized_similarity

from index.analysis.folding import compact, fold
from index.analysis.inflection import folded_inflections
from index.analysis.term_positions import terms
from index.analysis.text_features import EXONYMS
from index.analysis.tokenizer import shouts
from index.archive import Archive
from index.errors import QueryError
from index.evaluation.significant_terms import log_likelihood, stop_words
from index.query.ast import And, Concept, Not
from index.query.concepts import NO_CONCEPTS, Concepts, each_name
from index.query.parser import Query, any_of
from index.search import EVERYTHING, DocumentFilter
from monitor.base.article import Article
from monitor.base.translation import mark_all, ngettext, number, pgettext
from monitor.model.event_link import LANGUAGES

if TYPE_CHECKING:
    import numpy as np

READ, READ_WITHOUT = 300, 60
"""Newest articles of a concept that are read; articles without it, of each language."""
COMPANIONS, COMPARED, COUNTED = 15, 40, 80
"""Names typical of a concept, by which articles without it are found; names of a language whose
meaning is compared; most frequent names of which the most typical are sought."""
ALIKE, ALIKE_WITHIN, ALIKE_INITIALS = 0.9, 0.95, 0.9
"""Least cosines of a name and its translation, of two names in one language, and of an acronym and
what it may stand for."""
COMMON = 5
"""Articles that a name has at most, for each of the concept, if only its meaning proves it."""
EXAMPLES = 3
_KINDS = mark_all(
    "proof", "acronym", "formerly", "spelling", "language", "meaning", "initials",
    "short initials", "part",
)  # fmt: skip
_LEAST = (1, 0.1), (1, 0.2), (1, 0.1), (1, 0.0), (1, 0.0), (2, 0.3), (3, 0.5), (1, 0.6)
LEAST = dict(zip(_KINDS, _LEAST, strict=True))
"""Articles with a proof that a name needs, and the share of its articles that tell of the concept,
by the kind of the proof, the strongest first."""
_STOPS = stop_words("fr") | stop_words("en") | {"selon", "depuis", "apres", "chez", "sans"}

Proof = tuple[str, str, int]
"""Kind, name, and the article that shows it, 0 for none."""
NamesIn = Mapping[str, Collection[int]]
"""The articles that have a name, by the name."""
Encode = Callable[[str], "np.ndarray[tuple[int], np.dtype[np.float32]]"]


class NameSuggestion(NamedTuple):
    """A name that a concept lacks."""

    name: str
    kinds: tuple[str, ...]
    """The kinds of its proofs, see `LEAST`."""
    articles: int
    """Articles of the archive that have it."""
    added: int
    """Those of them that have no name of the concept."""
    examples: tuple[int, ...]
    """Ids of articles that have it; those with a proof, the newest first."""

    def described(self) -> str:
        """Return what it adds, and what proves it: `adds 12 of 30 articles (acronym)`."""
        kinds = ", ".join(pgettext("proof", kind) for kind in self.kinds)
        return ngettext(
            "adds {added} of {count} article ({kinds})",
            "adds {added} of {count} articles ({kinds})",
            self.articles, added=number(self.added), kinds=kinds,
        )  # fmt: skip


def suggest_names(
    query: Query,
    archive: Archive,
    read: Callable[[Sequence[int]], Sequence[Article]],
    linked: Callable[[Sequence[int]], Collection[int]],
    encode: Encode | None = None,
    concepts: Concepts = NO_CONCEPTS,
) -> list[NameSuggestion]:
    """Return names that the concept of a query lacks, the best proven first.

    Args:
        query: The concept, or a term.
        archive: The archive.
        read: Returns the articles with these ids.
        linked: Returns ids of articles that are linked to these as one event.
        encode: Returns the vector of a name; None where the model is not installed.
        concepts: All concepts: what is a name of one is no other name of another.

    Raises:
        ArchiveError: The archive cannot be read.
    """

    @cache
    def count(name: str, documents: DocumentFilter = EVERYTHING) -> int:
        with suppress(QueryError):
            return archive.count(any_of([_quoted(name)]), documents)
        return 0

    def typical(texts: Sequence[Article], limit: int, least: int = 1) -> list[str]:
        """Return names more frequent in articles than elsewhere, the most typical first.

        At least `least` articles have each. None has a known name inside: `Xanadu votes`.
        """
        ids_of, strengths = _names(texts), dict[str, float]()
        frequent = sorted(ids_of, key=lambda name: (-len(ids_of[name]), name))
        foreign = (n for n in frequent if len(ids_of[n]) >= least and not _has(_folded(n), known))
        for name in itertools.islice(foreign, COUNTED):
            hits, total = len(ids_of[name]), count(name)
            if hits <= total:
                strengths[name] = log_likelihood(hits, len(texts), total, archive.article_count)
        return sorted(strengths, key=lambda name: (-strengths[name], name))[:limit]

    own = archive.ids(query)
    named = [*each_name(Concept("", names=(query.root,)))]
    taken = [name for other in concepts.values() for name in (*other.names, *other.also)]
    taken += [excluded.text for _label, only in named for excluded in only.excluded]
    known = {_folded(name): name for name in (_bare(only.text) for _label, only in named)}
    articles = read(own[-READ:])
    companions = typical(articles, COMPANIONS, min(2, len(articles)))
    others = set(linked(own[-READ:])).difference(own)
    if names := [*companions, *(name for _, name, _ in _exonyms(companions))]:
        without = Query("", And((any_of(map(_quoted, names)).root, Not(query.root))))
        for lang in LANGUAGES:
            of_lang = DocumentFilter(langs=[lang])
            page = archive.search(without, of_lang, sort="score", limit=READ_WITHOUT)
            others.update(hit.id for hit in page.hits)
    texts = [*articles, *read(sorted(others))]
    proofs = [proof for article in articles for proof in _proofs_in(article, known.values())]
    names_in = _names(texts)
    proofs += [*_parts(known.values(), names_in), *_exonyms(known.values())]
    proofs += _spellings(known.values(), names_in)
    if encode is not None:
        proofs += _meanings(known, companions, texts, typical, cache(encode))
        proofs += _initials_alike(known.values(), names_in, cache(encode))
    refused = {*known, *(_folded(_bare(name)) for name in taken)}
    return _weighed(
        _whole(proofs, known, names_in), refused, archive, count, DocumentFilter(ids=frozenset(own))
    )


def _whole(proofs: Iterable[Proof], known: Collection[str], names_in: NamesIn) -> list[Proof]:
    """Return proofs without those of names that are cut: mostly inside one longer name."""

    @cache
    def is_cut(name: str) -> bool:
        folded, articles = _folded(name), len(names_in.get(name, ()))
        longer = {n for n, ids in names_in.items() if name in n and 1 < articles < 2 * len(ids)}
        return any(_has(own, [folded]) for own in known) or any(
            _has(other, [folded]) and not _has(other, known)
            for other in {*map(_folded, longer)} - {folded}
        )

    sure = "part", "spelling", "language"
    return [proof for proof in proofs if proof[0] in sure or not is_cut(proof[1])]


def _has(folded: str, inside: Iterable[str]) -> bool:
    """Tell whether words have others inside, both folded."""
    return any(f" {words} " in f" {folded} " for words in inside)


def _folded(name: str) -> str:
    return " ".join(terms(name))


def _bare(term: str) -> str:
    return term.strip('"=~*')


def _quoted(name: str) -> str:
    return f'"{name.replace(chr(34), "")}"' if " " in name else name


# --- names in texts --------------------------------------------------------------------

_CAPITAL = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff\u0430-\u045f]"
_WORD = rf"{_CAPITAL}(?:[\w'’.&]*\w)?"
_SMALL = "(?:de|du|des|of|the|en|la|al|bin|ben|von|van)"
_NAME = rf"{_WORD}(?:[ \u00a0-](?:{_SMALL}[ \u00a0-])?(?:{_WORD}|\d+))*"
_MENTION = re.compile(rf"({_NAME})((?:[ \u00a0][^\W\d_A-Z]+){{0,4}})")
_ELIDED = re.compile(r"^(?:[dlDL]|[qQ]u)['’]|['’]s$")


def _names(articles: Iterable[Article]) -> NamesIn:
    """Return the articles that have each name."""
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for article in articles:
        for name in _names_of(article):
            ids[name].add(article.id)
    return ids


def _names_of(article: Article) -> set[str]:
    """Return the names in an article, each also with the small words behind it.

    The first word of a sentence always has a capital: it is left out where it carries no meaning.
    """
    names = set[str]()
    for text in (text for text in article.texts[:3] if not shouts(text)):
        for match in _MENTION.finditer(text):
            words = re.split("[ \u00a0]", _ELIDED.sub("", match[1]))
            before = text[: match.start()][-3:].rstrip(' «"“')
            if not before or before[-1] in ".!?:\n":
                words = words[fold(words[0]) in _STOPS :]
            if any(fold(word) not in _STOPS and len(word) > 1 for word in words):
                names.add(" ".join(words))
                for word in match[2].split():
                    words.append(word)
                    if fold(word) not in _STOPS:
                        names.add(" ".join(words))
    return names


# --- proofs ---------------------------------------------------------------------------

_CUE = (
    r"(?:formerly|previously|also)(?: known as| called)?|known as"  # not a message
    r"|nicknamed|dubbed|a\.?k\.?a\.?|renamed|rebranded as|ancien(?:ne)?ment|auparavant"
    r"|autrefois|alias|(?:sur|re)nommée?s?|rebaptisée?s?|(?:aussi|également) appelée?s?"
)
_SIGN = r"[\s,()«»\"“”]"
_BEHIND = re.compile(rf"{_SIGN}{{0,3}}(?:{_CUE}|\(ex)[\s-]{_SIGN}{{0,2}}({_NAME})")
_BEFORE = re.compile(rf"({_NAME}){_SIGN}{{1,3}}(?:{_CUE})[\s-]{_SIGN}{{0,2}}$")
_ACRONYM = re.compile(rf"(?<![\w-]){_CAPITAL}[\w.&]*\w(?![\w-])")
_GAP = r"(?:[ \u00a0'’-]+\w{1,4}(?!\w))*?[ \u00a0'’-]+"
_ACCENTED = {"a": "aàâä", "c": "cç", "e": "eéèê", "i": "iîï", "o": "oôö", "u": "uùûü"}


def is_acronym(name: str) -> bool:
    capitals = sum(map(str.isupper, name))
    return " " not in name and 2 <= capitals < 8 and len(compact(name)) <= capitals + 1


@cache
def _initialled(acronym: str) -> re.Pattern[str]:
    """Return the pattern of the words with these initials; small words may have none."""
    initials = [f"[{_ACCENTED.get(letter, letter)}]" for letter in compact(acronym)]
    words = _GAP.join(rf"{initial}[\w.]*+" for initial in initials)
    return re.compile(rf"(?<!\w)(?={_CAPITAL})(?i:{words})(?<!\.)")


def _proofs_in(article: Article, known: Collection[str]) -> Iterator[Proof]:
    """Yield what stands beside a known name, the names of its initials, and its acronyms."""
    for text in article.texts[:3]:
        for name in known:
            for place in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                before = _BEFORE.search(text[: place.start()][-90:])
                for side in filter(None, (_BEHIND.match(text, place.end()), before)):
                    if fold(side[1].split(maxsplit=1)[0]) not in _STOPS:
                        yield "formerly", side[1], article.id
                for long in _initialled(name).findall(text) if is_acronym(name) else ():
                    yield _initials_kind(text, name, long), long, article.id
        for acronym in filter(is_acronym, set(_ACRONYM.findall(text))):
            for name in filter(_initialled(acronym).fullmatch, known):
                if not is_acronym(name):
                    yield _initials_kind(text, acronym, name), acronym, article.id


def _initials_kind(text: str, acronym: str, long: str) -> str:
    """Tell apart an acronym that a text explains in brackets, and one that it only has too."""
    short, long = re.escape(acronym), re.escape(long)
    explained = rf"{long}[»\"”]?,? \({short}\b|\b{short},? \((?:\w+['’ ])?{long}"
    if re.search(explained, text, re.IGNORECASE):
        return "acronym"
    return "initials" if len(compact(acronym)) > 2 else "short initials"


def _parts(known: Iterable[str], names_in: NamesIn) -> Iterator[Proof]:
    """Yield the starts and ends of known names that stand in articles as names of their own."""
    splits = [re.split("[ \u00a0]", name) for name in known]
    pairs = [(w[:i], w[i:]) for w in splits for i in range(1, len(w)) if w[i][:1].isupper()]
    parts = {_folded(" ".join(part)) for pair in pairs for part in pair if part[-1][:1].isupper()}
    for name in (name for name in names_in if len(name) > 2 and _folded(name) in parts):
        yield from (("part", name, id) for id in names_in[name])


def _spellings(known: Iterable[str], names_in: NamesIn) -> Iterator[Proof]:
    """Yield names that differ from known ones in few letters of each word, and end alike.

    No article needs two spellings: a name that stands beside the known one is another.
    """
    for own, name in itertools.product(known, names_in):
        if normalized_similarity(own.lower(), name.lower(), score_cutoff=0.7) < 0.7:
            continue
        words, others = terms(own), terms(name)
        wholes = "".join(words), "".join(others)
        is_alike = len(words) == len(others) and normalized_similarity(*wholes) >= 0.8
        is_alike = is_alike and all(
            word[0] == other[0] and normalized_similarity(word, other) > 0.6
            for word, other in zip(words, others, strict=True)
        )
        is_inflected = words != others and fold(name) in folded_inflections(wholes[0])
        ends_alike = own.split()[-1][:1].isupper() == name.split()[-1][:1].isupper()
        both = len({*names_in.get(own, ())}.intersection(names_in[name]))
        is_other = is_inflected or not ends_alike or 2 * both > len(names_in[name])
        is_other = is_other or _is_inhabitant(_folded(name), [_folded(own)])
        if min(map(len, wholes)) > 4 and (is_alike or len({*wholes}) == 1) and not is_other:
            yield from (("spelling", name, id) for id in names_in[name])


def _exonyms(known: Iterable[str]) -> Iterator[Proof]:
    """Yield the names of places, bodies and statesmen in the other language."""
    for name, words in ((name, terms(name)) for name in known):
        for pair in EXONYMS.items():
            for word, other in (pair, pair[::-1]):
                if word in words:
                    translated = " ".join(other if w == word else w for w in words)
                    shown = translated.upper() if is_acronym(name) else translated.title()
                    yield "language", shown, 0


def _meanings(
    known: Mapping[str, str],
    companions: Sequence[str],
    articles: Sequence[Article],
    typical: Callable[[Sequence[Article], int], list[str]],
    encode: Encode,
) -> Iterator[Proof]:
    """Yield the names that mean what a known one means: the nearest one of each other language.

    They are nearer to it than to all else that stands beside the concept. A name that is written
    alike in both languages is the name of something else.
    """
    by_lang = {lang: [a for a in articles if a.lang == lang] for lang in LANGUAGES}
    names_in = {lang: _names(texts) for lang, texts in by_lang.items()}
    spoken = {
        name: max(names_in, key=lambda lang: len(names_in[lang].get(name, ())))
        for name in (*known.values(), *companions)
    }
    for lang, texts in by_lang.items():
        nearest = 0.0, ""
        for name in typical(texts, COMPARED) if len(texts) > 9 else ():
            beside = spoken.keys() - {name}
            cosine, other = max((float(encode(own) @ encode(name)), own) for own in beside)
            both = _folded(name), _folded(other)
            if both[1] not in known or _is_inhabitant(both[0], known):
                continue
            if spoken[other] == lang:
                if cosine >= ALIKE_WITHIN and not any(map(str.startswith, both, both[::-1])):
                    yield from (("meaning", name, id) for id in names_in[lang][name])
            elif not is_acronym(other) and len(names_in[spoken[other]].get(name, ())) < 2:
                nearest = max(nearest, (cosine, name) if cosine >= ALIKE else nearest)
        yield from (("meaning", nearest[1], id) for id in names_in[lang].get(nearest[1], ()))


_INHABITANT = re.compile("(?:an|en|ese|ish|se|ique|ais|ois)s?$")


def _is_inhabitant(folded: str, known: Iterable[str]) -> bool:
    """Tell whether a name is the adjective of a place, or names its people: `British`."""
    *before, last = folded.split() or [""]
    places = (place.split() for place in (*known, *(fold(n) for _, n, _ in _exonyms(known))))
    alike = {p[-1] for p in places if len(p) == len(before) + 1 and p[-1][:4] == last[:4]}
    return bool(alike - {last}) and _INHABITANT.search(last) is not None


def _initials_alike(known: Collection[str], names_in: NamesIn, encode: Encode) -> Iterator[Proof]:
    """Yield acronyms and what they stand for, where their meaning is alike: no article has both."""
    for own in known:
        if is_acronym(own):
            stands_for = _initialled(own).fullmatch
            others = {*filter(stands_for, () if any(map(stands_for, known)) else names_in)}
        else:
            words = re.split("[ \u00a0'’-]", own)
            content = (word for word in words if fold(word) not in _STOPS)
            others = {"".join(word[:1] for word in ws).upper() for ws in (words, content)}
            others = {name for name in others if len(name) > 1}
        cosine, name = max(((float(encode(own) @ encode(n)), n) for n in others), default=(0, ""))
        is_short = min(len(own), len(name)) == 2
        if cosine >= (ALIKE_WITHIN if is_short else ALIKE_INITIALS):
            yield "meaning", name, 0


def _weighed(
    proofs: Iterable[Proof],
    refused: Collection[str],
    archive: Archive,
    count: Callable[..., int],
    own: DocumentFilter,
) -> list[NameSuggestion]:
    """Return the names with proof enough, the best proven first, none that contains another."""
    by_name: defaultdict[str, list[Proof]] = defaultdict(list)
    for proof in proofs:
        by_name[_folded(proof[1])].append(proof)
    ranked = []
    for folded, shown in by_name.items():
        name = Counter(name for _, name, _ in shown).most_common(1)[0][0]
        ids = {kind: {id for k, _, id in shown if k == kind} for kind in LEAST}
        total, both = count(name), count(name, own)
        telling = max(both, len(ids["spelling"]))
        proven = [
            k for k, (n, part) in LEAST.items() if len(ids[k]) >= n and telling >= part * total
        ]
        is_alike = proven[:1] != ["meaning"] or total <= COMMON * len(own.ids or ())
        if proven and folded not in refused and total > both and is_alike:
            examples = sorted(set().union(*(ids[kind] for kind in proven)) - {0})
            newest = (examples or archive.ids(any_of([_quoted(name)])))[: -EXAMPLES - 1 : -1]
            found = NameSuggestion(name, tuple(proven), total, total - both, tuple(newest))
            ranked.append(([*LEAST].index(proven[0]), -len(examples), folded, found))
    best: dict[str, NameSuggestion] = {}
    for *_, folded, found in sorted(ranked):
        if not any(f" {better} " in f" {folded} " for better in best):
            best[folded] = found
    return [*best.values()]
