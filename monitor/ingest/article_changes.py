"""What an entry changes: a new article, a revision of a known one, or only a sighting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from index.article import Article, Timestamp
from monitor.alerts.publishers import host_name, publisher
from monitor.ingest import cross_language, identify, stories
from monitor.ingest.enrichment import Enrichment
from monitor.model.article import ArticleOrigin
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Entry, Names, Sighting
from monitor.store.protocol import Batch, StoreReads


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
    entry, canonical = decision.entry, decision.canonical
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
                guid=decision.key,
                fingerprint=decision.fingerprint,
                parts=decision.parts,
                canonical=decision.canonical,
                reissued=isinstance(decision, identify.Reissued),
            )
        text, canonical = revised, "" if entry.url == revised.url else canonical
    return ArticleChange(
        article=text,
        new=isinstance(decision, identify.New),
        guid=decision.key,
        fingerprint=decision.fingerprint,
        parts=decision.parts,
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
    changed = identify.PARTS if alone else identify.changed_parts(change, change.before)
    text = {part: getattr(entry, part) for part in changed}
    if not alone:
        text = {part: said for part, said in text.items() if said}
    if feed.full_text and not entry.body:
        text.pop("body", None)
    if not alone and all(old.part(part) == said for part, said in text.items()):
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


def with_enrichment(
    batch: Batch, feed: Feed, arrival: ArticleChange, made: Enrichment
) -> ArticleChange:
    """Return a change of a feed with the language, matches and story of its article."""
    shingles = made.shingles
    candidates = batch.story_candidates(shingles, stories.least_shared(shingles))
    story = stories.assign_story(arrival.article, shingles, candidates)
    names = replace(made.names, date=arrival.article.date)
    url = arrival.outlet_url or arrival.article.url
    origin = ArticleOrigin(arrival.article.id, url, feed.url)
    return replace(
        arrival,
        article=replace(arrival.article, lang=made.article.lang, story=story.story),
        copy_of=story.copy_of,
        shingles=shingles,
        names=names,
        perhaps=same_event(batch, origin, names) if arrival.new else None,
        hits=made.hits,
        unmatched=made.unmatched,
    )


def same_event(reading: StoreReads, origin: ArticleOrigin, names: Names) -> int | None:
    """Return the earlier article in another language that names the same names, if any.

    It is of another publisher: an outlet that tells an event in two languages spreads nothing.

    Args:
        reading: What is stored.
        origin: Where the later article was published.
        names: Its names.
    """
    known = reading.name_frequencies(names.words)
    rare = [word for word, count in known.items() if count <= cross_language.MOST_BEARERS]
    rivals, recent = reading.articles_named(
        rare, names.lang, cross_language.LEAST_NAMES, cross_language.MOST_CANDIDATES
    )

    def frequency(word: int) -> int:
        if word not in known:
            known.update(reading.name_frequencies([word]))
        return known[word]

    found = cross_language.same_event(names, rivals, frequency, recent)
    if not found:
        return None
    own = publisher(origin.url, origin.feed_url)
    others = (
        one.article
        for one in reading.articles.origins(found)
        if publisher(one.url, one.feed_url) != own
    )
    return next(others, None)
