"""What an entry changes: a new article, a revision of a known one, or only a sighting.

Articles are enriched from their words alone: language, matches, shingles, names. This is most of
the work of storing an article. It needs no store and is done before the transaction, so that a
viewer's triage waits only while rows are written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from msgspec.structs import replace

from index.analysis.language import choose, prior
from index.analysis.text_features import TextFeatures, text_features
from monitor.base.article import Article, Timestamp
from monitor.intake.ingest import cross_language, identify, stories
from monitor.intake.parse.document import PARTS
from monitor.judgement.alerts.publishers import host_name
from monitor.judgement.match.matcher import TimedMatcher, WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Entry, Known, Sighting, StoryCandidate
from monitor.storage.store.sql.batch import Batch, StoreReads


def known_entries(reading: StoreReads, feed: Feed, entries: Sequence[Entry]) -> Known:
    """Return what is stored of the entries of one document."""
    return reading.known(
        feed,
        {entry.key for entry in entries},
        {entry.canonical for entry in entries} - {""},
        {entry.fingerprint for entry in entries},
    )


def entry_change(
    batch: Batch,
    feed: Feed,
    decision: identify.Decision,
    stored: Mapping[int, Article],
    now: Timestamp,
    *,
    aggregated: bool = False,
) -> ArticleChange | Sighting | None:
    """Return what an entry changes: an article to enrich, a sighting of a known one, or nothing.

    Args:
        batch: Gives a new article its id.
        feed: The feed that has the entry.
        decision: What the entry is.
        stored: The known articles that still are in the store, by id.
        now: When a new article was seen.
        aggregated: Whether the feed brings what other outlets publish.
    """
    entry = decision.entry
    canonical = entry.canonical
    if isinstance(decision, identify.Seen):
        return None
    if isinstance(decision, identify.New):
        text = article(entry, feed, batch.next_article(), now)
        if aggregated:
            text = replace(text, outlet=entry.source or host_name(entry.source_url))
    else:
        old, revised = stored.get(decision.article), None
        if old is not None and isinstance(decision, identify.Changed):
            revised = revision(old, decision, feed)
        if revised is None:
            return Sighting(
                article=decision.article,
                guid=entry.key,
                fingerprint=entry.fingerprint,
                parts=entry.parts,
                canonical=canonical,
                reissued=isinstance(decision, identify.Reissued),
            )
        text, canonical = revised, "" if entry.url == revised.url else canonical
    return ArticleChange(
        article=text,
        new=isinstance(decision, identify.New),
        guid=entry.key,
        fingerprint=entry.fingerprint,
        parts=entry.parts,
        canonical=canonical,
        outlet_url=entry.source_url if text.outlet else "",
        wants_page=feed.full_text and bool(text.url) and not entry.body,
    )


def revision(old: Article, change: identify.Changed, feed: Feed) -> Article | None:
    """Return an article with what a feed changed in it; None if it says so already.

    Where other feeds carry the article too, only the parts that this feed changed are taken: in
    the others it may have said less, or something else, all the time.
    """
    entry, alone = change.entry, old.feeds == (feed.number,)
    changed = PARTS if alone else identify.changed_parts(entry, change.before)
    text = {part: getattr(entry, part) for part in changed}
    if not alone:
        text = {part: words for part, words in text.items() if words}
    if feed.full_text and not entry.body:
        text.pop("body", None)
    if not alone and all(old.part(part) == words for part, words in text.items()):
        return None
    return replace(
        old,
        **text,
        author=entry.author if alone else entry.author or old.author,
        feeds=tuple(dict.fromkeys((*old.feeds, feed.number))),
    )


def article(entry: Entry, feed: Feed, id: int = 0, now: Timestamp = 0.0) -> Article:
    """Return an entry of a feed as an article, without language and story."""
    return Article(
        id=id,
        feeds=(feed.number,),
        url=entry.url,
        title=entry.title,
        summary=entry.summary,
        body=entry.body,
        author=entry.author,
        published=entry.published,
        seen=now,
    )


def with_enrichments(
    reading: StoreReads, feed: Feed, made: Sequence[tuple[ArticleChange, ArticleChange]]
) -> list[ArticleChange]:
    """Return changes of a feed with the language, matches and story of their articles.

    Args:
        reading: What is stored; the articles of these changes are not, or as they were before.
        feed: The feed that brought them.
        made: Each change, and what follows from the words of its article.
    """
    wanted = [(one.shingles, stories.least_shared(one.shingles)) for _, one in made]
    found = zip(made, reading.story_candidates(wanted), strict=True)
    enriched = [_with_enrichment(change, one, candidates) for (change, one), candidates in found]
    new = [change for change in enriched if change.new]
    events = iter(cross_language.same_events(reading, feed, new))
    return [replace(one, perhaps=next(events)) if one.new else one for one in enriched]


def _with_enrichment(
    change: ArticleChange, made: ArticleChange, candidates: Sequence[StoryCandidate]
) -> ArticleChange:
    story = stories.assign_story(change.article, made.shingles, candidates)
    return replace(
        change,
        article=replace(change.article, lang=made.article.lang, story=story.story),
        copy_of=story.copy_of,
        shingles=made.shingles,
        names=replace(made.names, date=change.article.date),
        hits=made.hits,
        unmatched=made.unmatched,
    )


def enrich(
    articles: Sequence[Article],
    feed: Feed,
    rules: WatchlistMatcher,
    recent: deque[str],
    declared: str,
    matcher: TimedMatcher | None = None,
    *,
    read: Sequence[TextFeatures | None] = (),
) -> list[ArticleChange]:
    """Return articles of a feed with what follows from their words, not yet recognised.

    Their languages are added to `recent`.

    An article that exceeds the time limit has no matches, and says why.

    Args:
        articles: The articles.
        feed: The feed that has them.
        rules: The watchlists.
        recent: The languages of the last articles of the feed.
        declared: The language that the feed declares.
        matcher: Matches within the time limit.
        read: The features of each article, None where they were not read with the document.
    """
    unread = [article.texts[:3] for article, one in zip_longest(articles, read) if one is None]
    made = iter(text_features(unread, with_languages=not feed.lang))
    matcher = matcher or TimedMatcher()
    enriched = []
    for article, one in zip_longest(articles, read):
        features = next(made) if one is None else one
        lang = feed.lang or choose(features.languages, prior(recent, declared))
        recent.append(lang)
        known = replace(article, lang=lang)
        names = cross_language.names(known, features.names)
        found = matcher.match(rules, known, feed)
        enriched.append(
            ArticleChange(
                article=known,
                shingles=features.shingles,
                names=names,
                hits=found.hits,
                unmatched=found.unmatched,
            )
        )
    return enriched
