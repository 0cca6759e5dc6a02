"""Measures other names of concepts: does a name that is taken away come back, and what is wrong.

python -m bench.concepts [--data FOLDER] [--set tuning|unread] [--without-model]

122 concepts of `concepts.json`, half French and half English, with three names or more, written
from public knowledge; none of the names is used for something else only in the corpus (EAU, ICC).
One name at a time is taken away, if some articles have no other name of the concept, and
names are suggested from the rest. The corpus: `real_articles.published`, and as articles of one
sentence those of STS, of French treebanks and of Lingua; no events are linked. Rules and thresholds
were chosen on the set `tuning`; `unread` was written before, and measured when they were final.

A suggestion is right if it is another name of the concept in the file, or was judged right by a
reader; `judged` has these judgements. What nobody judged is printed.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from bench.real_articles import arguments, as_article, published, rows
from index.analysis.term_positions import terms
from index.archive import Archive, open_archive, open_archive_writer
from index.query.concepts import Definition, by_name, defined
from index.query.parser import Query, any_of
from monitor.base.article import Article
from monitor.intake.similar.vectors import Encoder, Floats
from monitor.watchlists.other_names import NameSuggestion, suggest_names

CONCEPTS = Path(__file__).with_name("concepts.json")
FIRST = 5
"""Suggestions that are shown."""
ARTICLES = {"le", "la", "les", "l", "the"}


class Trial(NamedTuple):
    """A concept without one of its names, and what is suggested."""

    names: Sequence[str]
    missing: str
    shown: Sequence[NameSuggestion]
    seconds: float

    @property
    def rank(self) -> int:
        """The place of the missing name among the suggestions, 0 if it is not there."""
        keys = [key(suggestion.name) for suggestion in self.shown]
        return keys.index(key(self.missing)) + 1 if key(self.missing) in keys else 0


def key(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, without its article."""
    words = terms(name)
    return tuple(words[1:] if words[0] in ARTICLES else words)


def corpus(data: Path) -> list[Article]:
    """Return the articles of the corpus, 27,800."""
    articles = published(data)
    for feed, (lang, text) in enumerate(_sentences(data), 50_000):
        id = len(articles) + 1
        articles.append(replace(as_article(id, lang, text, "", ""), feeds=(feed,)))
    return articles


def _sentences(data: Path) -> Iterator[tuple[str, str]]:
    for row in rows(data / "clusters" / "stsb-news-train-en.jsonl"):
        yield from (("en", row[side]) for side in "ab")
    for name in ("ud-gsd-sentences", "ud-sequoia-estrepublicain", "ud-sequoia-other"):
        yield from (("fr", row["text"]) for row in rows(data / "text-fr" / f"{name}.jsonl"))
    for lang in ("fr", "en"):
        path = data / "text-langid" / f"lingua-sentences-{lang}.txt"
        for text in path.read_text(encoding="utf-8").splitlines():
            if text.strip():
                yield lang, text.strip()


def concept(names: Sequence[str]) -> Query:
    """Return the query of a concept with these names."""
    return defined(any_of(["concept:it"]), by_name([Definition("it", tuple(names))]))


def trials(
    concepts: Sequence[Sequence[str]],
    archive: Archive,
    articles: Sequence[Article],
    encode: Callable[[str], Floats] | None,
) -> Iterator[Trial]:
    """Yield a trial for each name that finds articles which no other name finds."""
    for names in concepts:
        ids = {name: set(archive.ids(concept([name]))) for name in names}
        for missing in names:
            rest = [name for name in names if name != missing]
            own = set().union(*(ids[name] for name in rest))
            if own and ids[missing] - own:
                start = time.perf_counter()
                suggestions = suggest_names(
                    concept(rest),
                    archive,
                    lambda numbers: [articles[number - 1] for number in numbers],
                    lambda _: (),
                    encode,
                )
                seconds = time.perf_counter() - start
                yield Trial(names, missing, suggestions[:FIRST], seconds)


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--set", choices=("tuning", "unread"), help="one set of concepts")
    parser.add_argument("--without-model", action="store_true", help="compare no meanings")
    options = parser.parse_args()
    written: dict[str, Any] = json.loads(CONCEPTS.read_bytes())
    articles = corpus(options.data)
    with tempfile.TemporaryDirectory() as folder:
        with closing(open_archive_writer(folder)) as writer:
            writer.add(articles)
        encode = None if options.without_model else cache(Encoder().encode)
        with closing(open_archive(folder)) as archive:
            for name in (options.set,) if options.set else ("tuning", "unread"):
                for lang, concepts in written[name].items():
                    done = []
                    for trial in trials(concepts, archive, articles, encode):
                        done.append(trial)
                        _print_trial(trial, written["judged"])
                    _print_sum(f"{name}, {lang}", concepts, done, written["judged"])


def verdict(
    trial: Trial, suggestion: NameSuggestion, judged: dict[str, dict[str, list[str]]]
) -> str:
    """Return right, wrong, or a question mark for what nobody judged."""
    if key(suggestion.name) in map(key, trial.names):
        return "right"
    judgements = judged.get(trial.names[0], {})
    for word, names in judgements.items():
        if key(suggestion.name) in map(key, names):
            return word
    return "?"


def _print_trial(trial: Trial, judged: dict[str, dict[str, list[str]]]) -> None:
    shown = (
        f"{s.name} ({verdict(trial, s, judged)}, {s.kinds[0]}, +{s.added})" for s in trial.shown
    )
    print(f"{trial.rank} {trial.missing} of {trial.names[0]}: {'; '.join(shown)}", flush=True)


def _print_sum(
    title: str,
    concepts: Sequence[Sequence[str]],
    done: Sequence[Trial],
    judged: dict[str, dict[str, list[str]]],
) -> None:
    back = sum(trial.rank > 0 for trial in done)
    verdicts = Counter(verdict(trial, s, judged) for trial in done for s in trial.shown)
    kinds = Counter(t.shown[t.rank - 1].kinds[0] for t in done if t.rank)
    seconds = sorted(trial.seconds for trial in done)[len(done) // 2]
    names = sum(map(len, concepts))
    print(f"\n{title}: {len(concepts)} concepts, {names} names, {len(done)} taken away")
    print(f"came back: {back} of {len(done)} ({back / len(done):.0%}), by {dict(kinds)}")
    print(
        f"shown: {sum(verdicts.values())}, {dict(verdicts)}; median {seconds:.1f} s\n", flush=True
    )


if __name__ == "__main__":
    main()
