"""Measures which copies of real articles are recognised, false ones, and merged alerts.

python -m bench.duplicates [--data FOLDER] [--show COUNT]

Every article is stored; then a copy of each comes, changed in one way, and is judged against
all of them. At a containment of 0.7 two texts are the same article, from 0.5 the same story in
another version. `clusters` are different articles about the same events: hardly ever copies.

Then real feeds are read in turn, as if one watchlist matched every article: of which would the
alert be merged into another's? By the text alone, as the rule was, and by text and headline.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench.real_articles import arguments, articles, as_article, published, rows
from bench.real_watchlists import SEED
from index.analysis.text_features import shingles
from monitor.base.article import Article
from monitor.judgement.stories import (
    StoryDecision,
    assign_story,
    headline_of,
    is_same_piece,
    least_shared,
)
from monitor.model.poll import StoryCandidate

COPIES = 2_000
LEAST_WORDS = 100
BOILERPLATE = {
    "fr": "Abonnez-vous à notre lettre pour ne rien manquer de l'actualité . Lire aussi nos autres"
    " articles sur le même sujet . Tous droits réservés , reproduction interdite sans l'accord de"
    " la rédaction . Partager sur les réseaux sociaux ou par courriel .",
    "en": "Sign up to our newsletter and never miss a story . Read more of our coverage of this"
    " subject here . All rights reserved ; this material may not be published or redistributed"
    " without permission . Share this on social media or by mail .",
}
Edit = Callable[[list[str], random.Random], list[str]]


def cut(share: float) -> Edit:
    """Return an edit that keeps the beginning."""
    return lambda words, _: words[: max(40, int(len(words) * share))]


def edited(share: float) -> Edit:
    """Return an edit that replaces a share of the words by other words of the text."""

    def edit(words: list[str], rng: random.Random) -> list[str]:
        return [rng.choice(words) if rng.random() < share else word for word in words]

    return edit


def shortened(words: list[str], rng: random.Random) -> list[str]:
    """Take out a fifth in stretches of ten words, as editors do."""
    stretches = [words[at : at + 10] for at in range(0, len(words), 10)]
    return [word for stretch in stretches if rng.random() > 0.2 for word in stretch]


EDITS: Mapping[str, Edit] = {
    "a new headline": lambda words, _: words,
    "its first half": cut(0.5),
    "its first quarter, 40 words or more": cut(0.25),
    "a fifth taken out": shortened,
    "3 % of the words edited": edited(0.03),
    "8 % of the words edited": edited(0.08),
    "15 % of the words edited": edited(0.15),
}


class StoredArticles:
    """Stored articles by their shingles, as the store keeps them."""

    def __init__(self, articles: Sequence[Article] = ()) -> None:
        self._articles: dict[int, Article] = {}
        self._sizes: dict[int, int] = {}
        self._copies: dict[int, int | None] = {}
        self._by_shingle: defaultdict[int, list[int]] = defaultdict(list)
        for article in articles:
            self.add(article, shingles(article.title, article.summary, article.body))

    def add(self, article: Article, sampled: frozenset[int], copy_of: int | None = None) -> None:
        """Store an article with its shingles."""
        self._articles[article.id], self._sizes[article.id] = article, len(sampled)
        self._copies[article.id] = copy_of
        for shingle in sampled:
            self._by_shingle[shingle].append(article.id)

    def judge(self, article: Article, *, upto: int | None = None) -> StoryDecision:
        """Return the story of an article, among the stored ones (with ids below `upto`)."""
        sampled = shingles(article.title, article.summary, article.body)
        candidates = self.candidates(sampled)
        if upto is not None:
            candidates = [story for story in candidates if story.article < upto]
        return assign_story(article, sampled, candidates)

    def candidates(self, sampled: frozenset[int]) -> list[StoryCandidate]:
        """Return the stored articles that share enough of these shingles."""
        shared: defaultdict[int, set[int]] = defaultdict(set)
        for shingle in sampled:
            for id in self._by_shingle.get(shingle, ()):
                shared[id].add(shingle)
        return [
            StoryCandidate(
                article=id,
                story=self._articles[id].story,
                shared=frozenset(common),
                size=self._sizes[id],
                headline=headline_of(self._articles[id]),
                copy_of=self._copies[id],
            )
            for id, common in shared.items()
            if len(common) >= least_shared(sampled)
        ]


def _kind(id: int, decision: StoryDecision) -> str:
    if decision.story == id:
        return "alone"
    return "version" if decision.copy_of is None else "same"


def by_text_alone(
    article: Article, sampled: frozenset[int], candidates: Iterable[StoryCandidate]
) -> StoryDecision:
    """Return the story of an article by the earlier rule, which ignored headlines."""
    if len(sampled) > 1:
        candidates = [
            replace(story, headline=replace(story.headline, source=f"of {story.article}"))
            for story in candidates
        ]
    return assign_story(article, sampled, candidates)


def main() -> None:
    """Measure, and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--show", type=int, default=0, metavar="COUNT", help="print merged pairs")
    options = parser.parse_args()
    data: Path = options.data
    real = [a for a in articles(data) if len(a.body.split()) >= LEAST_WORDS]
    real = _without_twins(real)
    stored = StoredArticles(real)
    print(f"{len(real):,} articles of {LEAST_WORDS} words or more, copies of {COPIES:,} of them\n")
    print("| the copy has | ≥ 0.7, same article | 0.5–0.7, a version | taken for another's |")
    print("|---|---|---|---|")
    for name, edit in EDITS.items():
        _tell(name, stored, copies(real, edit))
    _tell("60 words of boilerplate added", stored, copies(real, EDITS["a new headline"], True))
    _tell("its first half, boilerplate added", stored, copies(real, cut(0.5), True))
    teasers = [replace(a, body=" ".join(a.body.split()[:40])) for a in real]
    _tell("40 words, of as many", StoredArticles(teasers), copies(teasers, EDITS["a new headline"]))
    clusters(data)
    merged(published(data), options.show)


def _tell(name: str, stored: StoredArticles, pairs: Iterator[tuple[int, Article]]) -> None:
    decisions = [(id, copy.id, stored.judge(copy)) for id, copy in pairs]
    kinds = Counter(_kind(copy, pick) for id, copy, pick in decisions if pick.story == id)
    wrong = sum(pick.story not in (id, copy) for id, copy, pick in decisions)
    shares = " | ".join(
        f"{number / len(decisions):.1%}" for number in (kinds["same"], kinds["version"], wrong)
    )
    print(f"| {name} | {shares} |", flush=True)


def copies(
    real: Sequence[Article], edit: Edit, boilerplate: bool = False
) -> Iterator[tuple[int, Article]]:
    """Yield copies of some articles, each with the number of its original."""
    rng = random.Random(SEED)
    for article in rng.sample(real, min(COPIES, len(real))):
        words = edit(f"{article.summary} {article.body}".split(), rng)
        body = " ".join(words)
        if boilerplate:
            body = f"{body} {BOILERPLATE[article.lang]}"
        title = rng.choice(real).title
        yield article.id, replace(article, id=10**6, feeds=(0,), title=title, summary="", body=body)


def _without_twins(real: Sequence[Article]) -> list[Article]:
    """Leave out articles that resemble an earlier one, and print their number: they are real."""
    stored = StoredArticles(real)
    kinds = {article: _kind(article.id, stored.judge(article, upto=article.id)) for article in real}
    counts = Counter(kinds.values())
    print(
        f"{len(real):,} real articles as they came: {counts['same']} the same as an earlier"
        f" one, {counts['version']} a version of one; left out of what follows"
    )
    return [article for article, kind in kinds.items() if kind == "alone"]


def clusters(data: Path) -> None:
    """Print the judgements on pairs of articles about the same event and about others."""
    events: dict[int, tuple[int, str]] = {}
    reports = []
    for id, row in enumerate(rows(data / "clusters" / "ecbplus-en-dev.jsonl"), 1):
        title, _, body = row["text"].partition("\n")
        reports.append(replace(as_article(id, "en", title, "", body), feeds=(id,)))
        events[id] = row["topic"], row["event"]
    stored = StoredArticles(reports)
    decisions = [(a.id, stored.judge(a, upto=a.id)) for a in reports]
    related = [(id, t) for id, t in decisions if t.story != id]
    right = Counter(
        "same event" if events[id] == events[t.story] else "other event" for id, t in related
    )
    kinds = Counter(_kind(id, t) for id, t in related)
    print(
        f"\n{len(reports)} articles about {len(set(events.values()))} events:"
        f" {kinds['same']} the same as an earlier one, {kinds['version']} a version;"
        f" {right['same event']} of them of the same event, {right['other event']} of another"
    )


# --- merged alerts ---------------------------------------------------------------------

Merged = dict[int, int]
"""The article whose alert stands for the alert of a merged article, by the merged one."""


def copies_of(real: Sequence[Article], rule: Callable[..., StoryDecision]) -> Merged:
    """Return the copies by the text, each with its original."""
    stored, originals = StoredArticles(), Merged()
    for article in real:
        sampled = shingles(article.title, article.summary, article.body)
        decision = rule(article, sampled, stored.candidates(sampled))
        stored.add(article, sampled, decision.copy_of)
        if decision.copy_of is not None:
            originals[article.id] = decision.copy_of
    return originals


def of_one_headline(copies: Merged, by_id: Mapping[int, Article]) -> Merged:
    """Return the copies with equivalent headlines, each with the article that stands for it."""
    standing: defaultdict[int, list[int]] = defaultdict(list)
    merged_into = Merged()
    for article, original in copies.items():
        for other in standing[original] or [original]:
            if is_same_piece(headline_of(by_id[other]), headline_of(by_id[article])):
                merged_into[article] = other
                break
        else:
            standing[original] = [*(standing[original] or [original]), article]
    return merged_into


def merged(real: Sequence[Article], show: int) -> None:
    """Print the number of articles whose alert would be merged, and some pairs."""
    by_id = {article.id: article for article in real}
    before, copied = copies_of(real, by_text_alone), copies_of(real, assign_story)
    now, unlike = of_one_headline(copied, by_id), of_one_headline(before, by_id)
    print("\n| language | articles | merged by text | headline another | text another | merged |")
    print("|---|---|---|---|---|---|")
    for name, langs in (("French", {"fr"}), ("English", {"en"}), ("all", None)):
        counts = [
            sum(langs is None or by_id[id].lang in langs for id in ids)
            for ids in (
                by_id,
                before,
                before.keys() - unlike.keys(),
                unlike.keys() - now.keys(),
                now,
            )
        ]
        print(f"| {name} | {' | '.join(f'{count:,}' for count in counts)} |")
    for lang in ("fr", "en"):
        _show("merged by text", lang, before, by_id, show)
        _show("merged by text and headline", lang, now, by_id, show)


def _show(name: str, lang: str, pairs: Merged, by_id: Mapping[int, Article], count: int) -> None:
    of_lang = [id for id in pairs if by_id[id].lang == lang]
    for id in random.Random(SEED).sample(of_lang, min(count, len(of_lang))):
        print(f"\n{name}, {lang}:")
        for article in (by_id[pairs[id]], by_id[id]):
            text = f"{article.summary} {article.body}".strip()[:160].replace("\n", " ")
            print(f"    feed {article.feeds[0]}: {article.title}\n        {text}")


if __name__ == "__main__":
    main()
