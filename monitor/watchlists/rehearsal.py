"""Rehearsal: what a watchlist would have brought lately, shown before it is saved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from msgspec import Struct

from index.analysis.term_positions import DocumentTerms
from index.evaluation.explain import why_not
from index.evaluation.spans import MemoryDocument, extents
from index.query import ast
from index.query.concepts import each_name
from index.query.filters import UNDETERMINED
from index.query.near_misses import near_misses
from index.query.parser import Query
from index.query.suggestions import node_text
from monitor.base.article import Article, Timestamp
from monitor.base.formatting import articles as counted_articles, clauses, shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, number
from monitor.judgement.alerts.routing import cooldown_end
from monitor.model.alert import Verdict
from monitor.model.config import Config
from monitor.model.feed import Feed, known_feeds
from monitor.model.search import SearchHit
from monitor.model.watchlist import Severity, Watchlist, WatchlistRecord
from monitor.watchlists.backtest import DAY, Progress, TrialTally, backtest
from monitor.watchlists.exclusions import describe_precision, precision

if TYPE_CHECKING:
    from monitor.storage.search.search import ArchiveSearch
    from monitor.storage.store.sql.views import Views

EXAMPLES = 20
"""Articles that are shown with their matches, to be judged."""
SNIPPET = 120
"""Cells of the text around the matches of an example."""
NEAR_MISSES, NEAR_SECONDS = 6, 0.5
"""Most near misses, and seconds after which no more are tried; small changes come first."""
EDITS = 10
"""Rules of one edit that are tried at most."""
OVERLAPS = 5
"""Other watchlists that are named at most."""


class NearMiss(NamedTuple):
    """A small change of a watchlist, in words, and what it would add."""

    change: str
    articles: int
    newest: SearchHit


class Overlap(NamedTuple):
    """Another watchlist, the articles that rang for both, and those that rang for it."""

    watchlist: str
    articles: int
    total: int


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What a watchlist would have brought in a time."""

    window: int
    """Days of that time."""
    days: float
    """Days of it with articles: from the first one until now, 1 or more."""
    articles: int
    """Articles of that time."""
    matched: int
    alerts: int
    """Stories of which somebody would have been notified: none in a cooldown."""
    lost: int
    """Articles with an alert of the watchlist that do not match any more."""
    terms: tuple[tuple[str, int], ...]
    """Articles that each term matches, most frequent term first."""
    examples: tuple[SearchHit, ...]
    """An even sample of the articles that match, the newest first."""
    verdicts: Mapping[int, Verdict]
    """What people thought of the alerts of the watchlist before, by article."""
    near_misses: tuple[NearMiss, ...]
    overlaps: tuple[Overlap, ...]
    """The largest first."""

    def record(self, judged: Mapping[int, Verdict] = {}) -> WatchlistRecord:
        """Count the verdicts on examples, with those of this rehearsal by article."""
        verdicts = {**self.verdicts, **judged}
        counts = Counter(verdicts.get(hit.article.id) for hit in self.examples)
        relevant, noise = counts[Verdict.RELEVANT], counts[Verdict.NOISE]
        return WatchlistRecord(name="", severity=Severity.MEDIUM, relevant=relevant, noise=noise)

    def texts(self, judged: Mapping[int, Verdict] = {}, unjudged: str = "") -> list[str]:
        """Return what it says but for its examples, a text for each line.

        Args:
            judged: The verdicts of this rehearsal, by article.
            unjudged: The text in place of a precision while no example is judged.
        """
        articles, matches = counted_articles(self.articles), number(self.matched)
        head = _("{count} of {articles} of the last {days} days match",
                 count=matches, articles=articles, days=self.window)  # fmt: skip
        if self.matched:
            head = _("{count} of {articles} of the last {days} days", count=matches,
                     articles=articles, days=self.window)  # fmt: skip
        if (rate := self.alerts / self.days) >= 0.1:
            head = _("{matched}, about {rate} alerts a day", matched=head, rate=number(rate, 1))
        counts = (f"{line(term)} {number(count)}" for term, count in self.terms)
        texts = [head, ", ".join(counts)]
        if self.lost:
            lost = counted_articles(self.lost)
            texts.append(_("{articles} with an alert would not match any more", articles=lost))
        if share := precision(self.record(judged)):
            texts.append(_("precision: {precision}", precision=describe_precision(share)))
        elif self.examples and unjudged:
            texts.append(unjudged)
        if self.overlaps:
            lists = [
                _("{watchlist}: {count} of its {total}", watchlist=line(other.watchlist),
                  count=number(other.articles), total=number(other.total))
                for other in self.overlaps
            ]  # fmt: skip
            texts.append(_("also found by {watchlists}", watchlists=clauses(lists)))
        for miss in self.near_misses:
            title = shown_title(line(miss.newest.article.title))
            texts.append(
                _("near miss: {count} more {change}, as “{title}”", count=number(miss.articles),
                  change=line(miss.change), title=title)
            )  # fmt: skip
        return texts


def rehearse(
    archive: ArchiveSearch,
    views: Views,
    watchlist: Watchlist,
    configured: Sequence[Feed],
    window: int,
    clock: Callable[[], Timestamp],
    progress: Progress,
) -> Rehearsal:
    """Return what a watchlist, whose name its alerts have, would have brought in these days.

    Examples are chosen by their numbers, so that what was judged counts for the next draft.
    """
    since = clock() - window * DAY
    result = backtest(archive, views, (watchlist,), configured, since, progress)
    (tally,), dates = result.tallies, result.dates
    sample = sorted(tally.dates, key=lambda id: crc32(b"%d" % id))[:EXAMPLES]
    sample.sort(key=lambda id: (dates[id], id), reverse=True)
    judged = views.watchlists.verdicts(watchlist.name)
    root = watchlist.query.root
    parts = (
        ast.children(root)
        if isinstance(root, ast.Or | ast.AtLeast | ast.And | ast.Score)
        else (root,)
    )
    terms = [node.text for node in parts if isinstance(node, ast.Word | ast.Phrase | ast.Near)]
    for concept in (node for node in parts if isinstance(node, ast.Concept)):
        if tally.terms.keys().isdisjoint(label for label, _only in each_name(concept)):
            terms.append(concept.text)
    common = Counter(row.watchlist for row in views.alerts.of_articles(tally.dates))
    del common[watchlist.name]
    feeds = known_feeds(views.feeds.every(), configured).values()
    return Rehearsal(
        window=window,
        articles=len(dates),
        days=_days(dates, since, clock()),
        matched=len(tally.dates),
        alerts=_alerts(tally),
        lost=len(tally.lost),
        terms=(
            *tally.terms.most_common(),
            *((term, 0) for term in terms if term not in tally.terms),
        ),
        examples=tuple(archive.hits(dict.fromkeys(sample, 0.0), SNIPPET, watchlist.query)),
        verdicts={v.article: v.verdict for v in judged if v.verdict},
        near_misses=tuple(_near_misses(archive, feeds, tally, dates, since, clock)),
        overlaps=tuple(
            Overlap(name, count, len(views.articles.ids(watchlist=name) & dates.keys()))
            for name, count in common.most_common(OVERLAPS)
        ),
    )


def edit_effects(
    archive: ArchiveSearch, views: Views, before: Config, after: Config, window: int, now: Timestamp
) -> Iterator[str]:
    """Yield what each of the first changed rules would have brought in these days, in words."""
    since, former = now - window * DAY, {w.name: w for w in before.watchlists}
    former_rules = {watchlist.rule for watchlist in before.watchlists}
    changed = [w for w in after.watchlists if w.rule not in former_rules]
    for watchlist in changed[:EDITS]:
        result = backtest(archive, views, (watchlist,), after.feeds, since)
        (new,), old = result.tallies, TrialTally(watchlist)
        if watchlist.name in former:
            rules = (former[watchlist.name],)
            (old,) = backtest(archive, views, rules, before.feeds, since).tallies
        days = _days(result.dates, since, now)
        yield _(
            "{watchlist}: about {rate} alerts a day, {before} before; of {days} days {gained} more"
            " match, {lost} not any more",
            watchlist=watchlist.name, rate=number(_alerts(new) / days, 1), days=window,
            before=number(_alerts(old) / days, 1),
            gained=counted_articles(len(new.dates.keys() - old.dates.keys())),
            lost=number(len(old.dates.keys() - new.dates.keys())),
        )  # fmt: skip


def _days(dates: Mapping[int, Timestamp], since: Timestamp, now: Timestamp) -> float:
    return max(1.0, (now - min(dates.values(), default=since)) / DAY)


def _alerts(tally: TrialTally) -> int:
    """Count the stories that begin, and of which a cooldown keeps nothing back."""
    begun: dict[int, Timestamp] = {}
    for date, id in sorted((date, id) for id, date in tally.dates.items()):
        begun.setdefault(tally.stories[id], date)
    count, last = 0, None
    for date in begun.values():
        if cooldown_end(tally.watchlist.cooldown, last, date) is None:
            count, last = count + 1, date
    return count


# --- near misses ---------------------------------------------------------------------------


def _near_misses(
    archive: ArchiveSearch,
    feeds: Collection[Feed],
    tally: TrialTally,
    dates: Mapping[int, Timestamp],
    since: Timestamp,
    clock: Callable[[], Timestamp],
) -> Iterator[NearMiss]:
    """Yield the near misses, as long as there is time."""
    deadline, shown = clock() + NEAR_SECONDS, 0
    for before, after, changed in near_misses(_whole(tally.watchlist), archive.misspelt):
        ids = archive.matching_ids(Query("", changed), feeds, since)
        added = [(dates[id], id) for id in ids if id in dates and id not in tally.dates]
        if added:
            newest = {max(added)[1]: 0.0}
            (hit,) = archive.hits(newest, SNIPPET, Query("", after or changed))
            change = _described(before, after, hit.article)
            if after is None or not (before.text[:1].isupper() and change.islower()):
                yield NearMiss(change, len(added), hit)  # but not marron for Macron
                shown += 1
        if shown == NEAR_MISSES or clock() > deadline:
            return


def _whole(watchlist: Watchlist) -> ast.Node:
    """Return the query of a watchlist with the languages and feeds to which it is limited."""
    langs = [ast.Facet("lang", lang) for lang in (*watchlist.lang, UNDETERMINED)]
    feeds = [
        ast.Facet("tag", name[4:]) if name.startswith("tag:") else ast.Facet("feed", name)
        for name in watchlist.feeds
    ]
    limits = (
        ast.Or(tuple(facets), text=f"{key}: {', '.join(names)}")
        for key, names, facets in (
            ("lang", watchlist.lang, langs),
            ("feeds", watchlist.feeds, feeds),
        )
        if names
    )
    return ast.And((watchlist.query.root, *limits))


_SENTENCE_END = re.compile(r"[.!?…][»”\")]*\s")


def _described(before: ast.Node, after: ast.Node | None, article: Article) -> str:
    """Return a change in words, as an article shows it."""
    if after is None:
        return _("without {part}", part=before.text or node_text(before))
    terms = DocumentTerms(article)
    document = MemoryDocument(terms.postings)
    part, start, end = terms.place(*extents(after, document)[0])
    text = article.part(part)[start:end]
    if not isinstance(after, ast.Near):
        return _("with {part}", part=text)
    reason = why_not(before, document)
    if len(_SENTENCE_END.findall(text)) == 1:
        return _("{reason}, in the sentence before", reason=reason)
    return reason
