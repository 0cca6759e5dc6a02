"""Measures the stories of one language: B-cubed beside TF-IDF, and groups for judging.

python -m bench.stories [--data FOLDER] [--show COUNT] [--seed NUMBER]

Corpora: EventCorefBank+, whose articles have no date, French and English days of `crossing` and
English ones of `feeds-real`. `stories_judged.json` has the events of the days, by the numbers of
lines and of `real_articles.published`. Thresholds were chosen on the first corpus of each kind.

Methods: copies and versions; stories, which have reports in own words too; TF-IDF, where an
article joins the nearest earlier one within 72 hours, at the threshold that is best on the first
half.

B-cubed: of each article, the share of its group that is of its event (precision), and the share of
its event that is in its group (recall); means over all articles. Bagga and Baldwin (1998).

Then stories of several French articles are drawn by a seed and printed, to be judged by a reader.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from bench.real_articles import arguments, as_article, published, rows
from bench.real_watchlists import SEED
from index.analysis.term_positions import terms
from index.evaluation.significant_terms import stop_words
from monitor.base.article import Article
from monitor.intake.ingest import article_changes
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.event_link import WINDOW
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Names
from monitor.storage.store.sql.store import Store

DAY = 86400.0
JANUARY = (17171.0, 17172.0, 17173.0)
"""5 to 7 January 2017, in days."""
LANGUAGES = {"fr": "French", "en": "English"}
JUDGED = Path(__file__).with_name("stories_judged.json")
THRESHOLDS = [number / 100 for number in range(10, 80, 2)]
Groups = dict[int, int]
"""The number of its group by the id of an article."""


class Corpus(NamedTuple):
    """Articles in their order, and the event of each."""

    name: str
    articles: Sequence[Article]
    events: Mapping[int, Hashable]


class Score(NamedTuple):
    """B-cubed measures."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    def __str__(self) -> str:
        return f"{self.precision:.2f} | {self.recall:.2f} | **{self.f1:.2f}**"


def b_cubed(groups: Groups, events: Mapping[int, Hashable]) -> Score:
    """Return the measures of groups of the articles of some events."""
    both = Counter((groups[id], event) for id, event in events.items())
    of_group, of_event = Counter(groups[id] for id in events), Counter(events.values())
    shares = [
        (count * count / of_group[group], count * count / of_event[event])
        for (group, event), count in both.items()
    ]
    precision, recall = (sum(share) / len(events) for share in zip(*shares, strict=True))
    return Score(precision, recall)


def stories(articles: Sequence[Article], *, own_words: bool = True) -> Groups:
    """Return the stories of articles that come in this order, in a real store.

    Without `own_words` they are copies and versions alone.
    """
    rules, groups = WatchlistMatcher([], []), Groups()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Store(StoreAddress(Path(folder)))) as store,
    ):
        for id, article in enumerate(articles, 1):
            feed = Feed(url=f"https://{article.feeds[0]}.example/", name="", lang=article.lang)
            (draft,) = article_changes.enrich([article], feed, rules, deque(), "")
            if not own_words:
                draft = replace(draft, names=Names())
            new = ArticleChange(article=replace(article, id=id), new=True)
            feed = replace(feed, number=article.feeds[0])
            with store.batch() as batch:
                (change,) = article_changes.with_enrichments(batch, feed, [(new, draft)])
                batch.save_imported(feed, [change])
            groups[article.id] = articles[change.article.story - 1].id
    return groups


def by_words(articles: Sequence[Article]) -> list[tuple[int, int, float]]:
    """Return the nearest earlier article within the window, and its cosine by TF-IDF."""
    counts = [Counter(_words(article)) for article in articles]
    frequency = Counter(word for count in counts for word in count)
    numbers = {word: number for number, word in enumerate(frequency)}
    matrix = np.zeros((len(articles), len(numbers)), np.float32)
    for row, count in enumerate(counts):
        for word, times in count.items():
            weight = (1 + np.log(times)) * np.log(len(articles) / frequency[word])
            matrix[row, numbers[word]] = weight
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    cosines = matrix @ matrix.T
    nearest = []
    for row, article in enumerate(articles):
        near = [i for i in range(row) if abs(articles[i].date - article.date) <= WINDOW]
        if near:
            best = max(near, key=lambda i: cosines[row, i])
            nearest.append((article.id, articles[best].id, float(cosines[row, best])))
    return nearest


def _words(article: Article) -> list[str]:
    stops = stop_words("fr") | stop_words("en")
    text = f"{article.title} {article.title} {article.summary} {article.body[:2000]}"
    return [word for word in terms(text) if word not in stops]


def joined_at(
    articles: Sequence[Article], nearest: Sequence[tuple[int, int, float]], threshold: float
) -> Groups:
    """Return groups of articles, each with its nearest earlier one if that is near enough."""
    groups = {article.id: article.id for article in articles}
    for id, other, cosine in nearest:
        if cosine >= threshold:
            groups[id] = groups[other]
    return groups


def clusters(data: Path) -> Iterator[Corpus]:
    """Yield two halves of EventCorefBank+, by topic: each is numbered by an odd number."""
    for half in (0, 1):
        articles, events = [], {}
        for id, row in enumerate(rows(data / "clusters" / "ecbplus-en-dev.jsonl"), 1):
            if row["topic"] // 2 % 2 == half:
                title, _, body = row["text"].partition("\n")
                if title.startswith("http"):  # the address of its page
                    title, _, body = body.partition("\n")
                articles.append(replace(as_article(id, "en", title, "", body), feeds=(id,), seen=0))
                events[id] = row["topic"], row["event"]
        yield Corpus(f"EventCorefBank+, {('first', 'second')[half]} half", articles, events)


def days(data: Path, lang: str) -> Iterator[Corpus]:
    """Yield the days of a language, each with the events that a reader found."""
    written = {article.id: article for article in teasers(data, lang)}
    if lang == "en":
        written |= {article.id: article for article in _reports(data)}
    for name, (first, last, event_lists) in json.loads(JUDGED.read_text()).items():
        if name.startswith(LANGUAGES[lang]):
            events = {id: id for id in range(first, last + 1) if id in written}
            events |= {id: ids[0] for ids in event_lists for id in ids}
            articles = sorted((written[id] for id in events), key=lambda article: article.date)
            yield Corpus(name, articles, events)


def teasers(data: Path, lang: str) -> Iterator[Article]:
    """Yield the teasers of `crossing`, numbered by their lines; sections share a host."""
    feeds: dict[str, int] = {}
    for id, row in enumerate(rows(data / "crossing" / f"{lang}.jsonl")):
        name = row["src"].removeprefix("Flux RSS - ")
        host = next(iter(terms(name.removeprefix("Le "))))[:3]
        article = as_article(id, lang, row["title"], row["summary"], "")
        feed = feeds.setdefault(name, len(feeds))
        url = f"https://www.{host}.fr/{id}"
        yield replace(article, feeds=(feed,), url=url, seen=float(row["at"]))


def _reports(data: Path) -> Iterator[Article]:
    """Yield the English articles of 5 to 7 January 2017 of `feeds-real`, each with its feed."""
    for article in published(data):
        if article.lang == "en" and article.published and article.published // DAY in JANUARY:
            url = f"https://www.f{article.feeds[0]}.example/{article.id}"
            yield replace(article, url=url, seen=article.published)


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--show", type=int, default=50, metavar="COUNT", help="groups to judge")
    parser.add_argument("--seed", type=int, default=SEED, help="which groups")
    options = parser.parse_args()
    print("| corpus | method | precision | recall | F1 |\n|---|---|---|---|---|")
    for first, *others in (
        clusters(options.data),
        days(options.data, "fr"),
        days(options.data, "en"),
    ):
        nearest = by_words(first.articles)
        threshold = max(
            THRESHOLDS,
            key=lambda t: b_cubed(joined_at(first.articles, nearest, t), first.events).f1,
        )
        for corpus in (first, *others):
            own = stories(corpus.articles)
            methods = {
                "each alone": {id: id for id in corpus.events},
                "tocsin, copies and versions": stories(corpus.articles, own_words=False),
                "tocsin, stories": own,
                f"TF-IDF, {threshold}": joined_at(
                    corpus.articles, by_words(corpus.articles), threshold
                ),
            }
            for method, groups in methods.items():
                score = b_cubed(groups, corpus.events)
                print(f"| {corpus.name} | {method} | {score} |", flush=True)
    show([*teasers(options.data, "fr")], options.show, options.seed)


def show(articles: Sequence[Article], count: int, seed: int) -> None:
    """Print some stories of several French articles, and the number of all."""
    by_id = {article.id: article for article in sorted(articles, key=lambda a: a.date)}
    members: defaultdict[int, list[int]] = defaultdict(list)
    for id, story in stories([*by_id.values()]).items():
        members[story].append(id)
    groups = [ids for ids in members.values() if len(ids) > 1]
    print(f"\n{len(groups)} French stories of several articles, of {len(by_id):,} articles")
    for ids in random.Random(seed).sample(groups, min(count, len(groups))):
        print()
        for id in ids:
            text = (by_id[id].summary or by_id[id].body)[:160].replace("\n", " ")
            print(f"    {by_id[id].url}: {by_id[id].title}\n        {text}")


if __name__ == "__main__":
    main()
