"""Measures watchlists from examples: F1 on the articles of a topic that are not the examples.

    python -m bench.examples [--data FOLDER] [--draws COUNT] [--seed NUMBER] [--show]

Topics are those of EventCorefBank+, its two events each by themselves, and the stories of eight
articles or more of the French days in `stories_judged.json`. Five examples of each are drawn by a
seed, several times. The archive has all real articles; those of other topics count as wrong hits,
of the French days those of the same day.

Beside the query: the word of the examples that is the strongest by G², and the first one, two and
three words that `facets` proposes of the examples; as a bound, the word that is best on the rest,
which nobody can know from the examples. Everything was tuned on the first halves.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from msgspec.structs import replace

from bench.real_articles import arguments, articles, rows
from bench.real_watchlists import SEED
from bench.stories import days, teasers
from index.archive import Archive, open_archive, open_archive_writer
from index.evaluation.significant_terms import log_likelihood
from index.query.ast import Not, Word
from index.query.concepts import NO_CONCEPTS
from index.query.parser import Query, any_of
from index.search import DocumentFilter
from monitor.base.article import Article
from monitor.watchlists import examples
from monitor.watchlists.exclusions import CarriedArticle

EXAMPLES = 5
LEAST = 8
"""Articles of the smallest topic."""


class Topic(NamedTuple):
    """Articles on one topic, among others."""

    kind: str
    half: int
    name: str
    members: frozenset[int]
    judged: Collection[int]
    """Articles of which it is known whether they are on the topic."""


class Score(NamedTuple):
    """How well a query finds a topic."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def corpus(data: Path) -> tuple[list[Article], list[Topic]]:
    """Return all real articles, and their topics."""
    collection = articles(data)
    first = next(i for i, article in enumerate(collection) if article.lang == "en")
    members: defaultdict[tuple[str, int, str], set[int]] = defaultdict(set)
    for number, row in enumerate(rows(data / "clusters" / "ecbplus-en-dev.jsonl"), first):
        title, _, body = row["text"].partition("\n")
        if title.startswith("http"):  # the address of its page
            title, _, body = body.partition("\n")
        collection[number] = replace(collection[number], title=title, body=body)
        half, id = row["topic"] // 2 % 2, collection[number].id
        members["topics", half, str(row["topic"])].add(id)
        members["events", half, row["event"]].add(id)
    everything = range(len(collection) + 1)
    topics = [Topic(*key, frozenset(ids), everything) for key, ids in sorted(members.items())]
    shift = len(collection)
    collection += [replace(a, id=a.id + shift + 1) for a in teasers(data, "fr")]
    for day, judged in enumerate(days(data, "fr")):
        stories: defaultdict[object, set[int]] = defaultdict(set)
        for id, event in judged.events.items():
            stories[event].add(id + shift + 1)
        ids = frozenset(id + shift + 1 for id in judged.events)
        topics += [
            Topic("French stories", min(day, 1), f"{judged.name} {event}", frozenset(story), ids)
            for event, story in stories.items()
        ]
    return collection, [topic for topic in topics if len(topic.members) >= LEAST]


def draws(topic: Topic, count: int, seed: int) -> Iterator[frozenset[int]]:
    for number in range(count):
        generator = random.Random(f"{seed} {topic.name} {number}")
        yield frozenset(generator.sample(sorted(topic.members), EXAMPLES))


def scored(found: Collection[int], topic: Topic, drawn: frozenset[int]) -> Score:
    """Return how well articles are the rest of a topic."""
    hits = {id for id in found if id in topic.judged} - drawn
    right = len(hits & topic.members)
    return Score(right / len(hits) if hits else 0.0, right / len(topic.members - drawn))


class Methods:
    """The queries that are compared."""

    def __init__(self, archive: Archive, by_id: Mapping[int, Article]) -> None:
        self._by_id = by_id
        self._archive = archive
        self.ids = cache(lambda query: frozenset(archive.ids(query)))

    def count(self, query: Query) -> int:
        return len(self.ids(query))

    def queries(self, topic: Topic, drawn: frozenset[int]) -> Iterator[tuple[str, Query]]:
        """Yield the name of each method, and its query from the examples drawn."""
        texts = [self._by_id[id] for id in sorted(drawn)]
        carried: list[CarriedArticle] = [(article, ()) for article in texts]
        total = len(self._by_id)
        query = examples.common_query(carried, self.count, total, NO_CONCEPTS)
        yield "**query from examples**", query
        terms = [*examples._terms(carried, self.count, NO_CONCEPTS)]

        def strength(term: examples._Term) -> float:
            hits = len(term.examples)
            return log_likelihood(hits, EXAMPLES, max(hits, term.articles), total)

        yield "strongest word", max(terms, key=strength).query
        best = max(terms, key=lambda term: scored(self.ids(term.query), topic, drawn).f1)
        yield "(best word on the rest)", best.query
        everything = Query("", Not(Word(term="zzzzzz")))
        words = self._archive.significant_terms(everything, texts, 3, DocumentFilter(ids=drawn))
        clauses = [f"{w.word}~" if len(w.forms) > 1 else w.word for w in words]
        for size in range(1, 4):
            yield f"facets: {size}", any_of(clauses[:size] or ["zzzzzz"])


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--draws", type=int, default=5, help="times that examples are drawn")
    parser.add_argument("--seed", type=int, default=SEED, help="which examples")
    parser.add_argument("--show", action="store_true", help="print each query")
    options = parser.parse_args()
    collection, topics = corpus(options.data)
    with tempfile.TemporaryDirectory() as folder:
        with closing(open_archive_writer(folder)) as writer:
            writer.add(collection)
        with closing(open_archive(folder)) as archive:
            methods = Methods(archive, {article.id: article for article in collection})
            measure(methods, topics, options.draws, options.seed, print if options.show else None)


def measure(
    methods: Methods,
    topics: Sequence[Topic],
    count: int,
    seed: int,
    show: Callable[[str], None] | None,
) -> None:
    """Print the means of each method over the topics of each kind and half."""
    print("| topics | half | method | precision | recall | F1 |\n|---|---|---|---|---|---|")
    for kind, half in dict.fromkeys(topic[:2] for topic in topics):
        scores: defaultdict[str, list[Score]] = defaultdict(list)
        chosen = [topic for topic in topics if topic[:2] == (kind, half)]
        for topic in chosen:
            for drawn in draws(topic, count, seed):
                for method, query in methods.queries(topic, drawn):
                    score = scored(methods.ids(query), topic, drawn)
                    scores[method].append(score)
                    if show and method.startswith("*"):
                        show(f"{topic.name}: {score.f1:.2f} {query.text}")
        for method, each in scores.items():
            precision, recall, f1 = (
                fmean(getattr(score, name) for score in each)
                for name in ("precision", "recall", "f1")
            )
            name = f"{len(chosen)} {kind} | {('first', 'second')[half]}"
            print(f"| {name} | {method} | {precision:.2f} | {recall:.2f} | {f1:.2f} |", flush=True)


if __name__ == "__main__":
    main()
