"""What an entry changes: a new article, a revision of a known one, or only a sighting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from monitor.base.article import Article, Timestamp
from monitor.intake.ingest import cross_language, identify, stories
from monitor.intake.ingest.enrichment import Enrichment
from monitor.intake.parse.entry_keys import PARTS
from monitor.judgement.alerts.publishers import host_name, publisher
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Entry, Sighting, StoryCandidate
from monitor.storage.store.sql.batch import Batch, StoreReads


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
    reading: StoreReads, feed: Feed, made: Sequence[tuple[ArticleChange, Enrichment]]
) -> list[ArticleChange]:
    """Return changes of a feed with the language, matches and story of their articles.

    Args:
        reading: What is stored; the articles of these changes are not, or as they were before.
        feed: The feed that brought them.
        made: Each change, and what was made of its article.
    """
    wanted = [(one.shingles, stories.least_shared(one.shingles)) for _, one in made]
    found = zip(made, reading.story_candidates(wanted), strict=True)
    enriched = [_with_enrichment(change, one, candidates) for (change, one), candidates in found]
    new = [change for change in enriched if change.new]
    events = iter(same_events(reading, feed, new))
    return [replace(one, perhaps=next(events)) if one.new else one for one in enriched]


def _with_enrichment(
    change: ArticleChange, made: Enrichment, candidates: Sequence[StoryCandidate]
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


def same_events(
    reading: StoreReads, feed: Feed, changes: Sequence[ArticleChange]
) -> list[int | None]:
    """Return for each new article the earlier one that names the same names, if there is any.

    It is in another language, and of another publisher: an outlet that tells an event in two
    languages spreads nothing.

    Args:
        reading: What is stored.
        feed: The feed that brought the articles.
        changes: The new articles, with their names.
    """
    names = [change.names for change in changes]
    shared_names = reading.names_elsewhere([(one.words, one.lang) for one in names])
    shared_names = [
        words if len(words) >= cross_language.LEAST_NAMES else frozenset() for words in shared_names
    ]
    known = reading.name_frequencies(frozenset().union(*shared_names))
    rare = {word for word, count in known.items() if count <= cross_language.MOST_BEARERS}
    rivals, recent = reading.articles_named(
        [(words & rare, one.lang) for words, one in zip(shared_names, names, strict=True)],
        cross_language.LEAST_NAMES,
        cross_language.MOST_CANDIDATES,
    )
    weighed = {
        word
        for own, found in zip(names, rivals, strict=True)
        if found
        for one in (own, *found.values())
        for word in one.words
    }
    known |= reading.name_frequencies(weighed - known.keys())
    likely = [
        cross_language.same_event(own, found, known.__getitem__, recent)
        for own, found in zip(names, rivals, strict=True)
    ]
    origins = reading.articles.origins([id for found in likely for id in found])
    publishers = {one.article: publisher(one.url, one.feed_url) for one in origins}
    return [
        _first_elsewhere(change, feed, found, publishers) if found else None
        for change, found in zip(changes, likely, strict=True)
    ]


def _first_elsewhere(
    change: ArticleChange, feed: Feed, likely: Sequence[int], publishers: Mapping[int, str]
) -> int | None:
    own = publisher(change.outlet_url or change.article.url, feed.url)
    others = (id for id in likely if id in publishers and publishers[id] != own)
    return next(others, None)
