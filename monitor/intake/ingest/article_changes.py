"""Decides the change by an entry: a new article, a revision of a known one, or only a sighting.

Articles are enriched from their words alone: language, matches, shingles, names. This is most of
the work of storing an article. It needs no store and is done before the transaction, so that a
viewer's triage waits only while rows are written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import combinations, zip_longest

from msgspec.structs import replace

from index.analysis.language import choose, prior
from index.analysis.text_features import TextFeatures, text_features
from monitor.base.article import Article, Timestamp
from monitor.base.url import host
from monitor.intake.ingest import cross_language, identify
from monitor.intake.parse.entry import PARTS, folded, part_hash
from monitor.judgement import stories
from monitor.judgement.match.matcher import TimedMatcher, WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Entry, Known, Sighting, StoryCandidate
from monitor.storage.store.sql.batch import Batch, StoreReads

MOST_LINES = 100
"""Most lines of an entry that are looked for inside the lines of an article, not among them."""
MOST_COMPARED = 3e6
"""Most characters, by the square of the lines, of a part in which lines are looked for: 0.02 s."""


def known_entries(reading: StoreReads, feed: Feed, entries: Sequence[Entry]) -> Known:
    """Look up what the store knows of the entries of one document."""
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
    """Decide the change by an entry: an article to enrich, a sighting of a known one, or nothing.

    Args:
        batch: Gives a new article its id.
        feed: The feed that has the entry.
        decision: The decision about the entry.
        stored: The known articles that still are in the store, by id.
        now: When a new article was seen.
        aggregated: Whether the feed brings articles of other outlets.
    """
    entry = decision.entry
    canonical = entry.canonical
    if isinstance(decision, identify.Seen):
        return None
    if isinstance(decision, identify.New):
        text = article(entry, feed, batch.next_article(), now)
        if aggregated:
            text = replace(text, outlet=entry.source or host(entry.source_url).removeprefix("www."))
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
        text = revised
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
    """Return an article with the changes of a feed; None if it has them already.

    Where other feeds carry the article too, only the parts that this feed changed are taken: its
    other parts may have been shorter than theirs, or different, from the beginning. What this
    feed says in other words is added to what they say.
    """
    entry, exclusive = change.entry, old.feeds == (feed.number,)
    if isinstance(change, identify.Variant):
        text = _with_other_words(old, entry)
    else:
        changed = PARTS if exclusive else identify.changed_parts(entry, change.old_parts)
        text = {part: getattr(entry, part) for part in changed}
    if not exclusive:
        text = {
            part: _with_edit(old.part(part), value, identify.old_part(part, change.old_parts))
            for part, value in text.items()
            if value
        }
    if feed.full_text and not entry.body:
        text.pop("body", None)
    if not exclusive and all(old.part(part) == value for part, value in text.items()):
        return None
    moved = identify.has_new_link(entry, change.old_parts)
    return replace(
        old,
        **text,
        url=entry.url if moved and old.feeds[0] == feed.number else old.url,
        author=entry.author if exclusive else entry.author or old.author,
        feeds=tuple(dict.fromkeys((*old.feeds, feed.number))),
    )


def _with_other_words(old: Article, entry: Entry) -> dict[str, str]:
    """Return an article's text with an entry's headline, and the lines that it does not have."""
    old_text = "\n".join((old.title, old.summary, old.body))
    text = {"title": "" if folded(entry.title) == folded(old.title) else entry.title}
    for part in ("summary", "body"):
        lines = getattr(entry, part).split("\n")
        is_long = len(lines) > MOST_LINES
        known = {*map(folded, old_text.split("\n"))} if is_long else folded(old_text)
        other_lines = [line for line in lines if folded(line) not in known]
        text[part] = "\n".join(filter(None, (old.part(part), *other_lines)))
    return text


def _with_edit(text: str, edited: str, old_hash: bytes) -> str:
    """Return a part of an article in which a feed changed what it says; other feeds' lines stay.

    Args:
        text: The part.
        edited: What the feed says now.
        old_hash: The hash of what it said before; where no lines have it, all lines are replaced.
    """
    lines = text.split("\n")
    count = len(lines) if old_hash and len(lines) ** 2 * len(text) <= MOST_COMPARED else 0
    for start, end in combinations(range(count + 1), 2):
        if part_hash(folded("\n".join(lines[start:end]))) == old_hash:
            others = "\n".join((*lines[:start], *lines[end:]))
            if folded(edited) in folded(others):
                return others
            return "\n".join((*lines[:start], edited, *lines[end:]))
    return edited


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
    reading: StoreReads, feed: Feed, drafts: Sequence[tuple[ArticleChange, ArticleChange]]
) -> list[ArticleChange]:
    """Return changes of a feed with the language, matches and story of their articles.

    Args:
        reading: The store, without the articles of these changes or with their old versions.
        feed: The feed that brought them.
        drafts: Each change, and its draft, which follows from the words of its article alone.
    """
    lookups = [(draft.shingles, stories.least_shared(draft.shingles)) for _, draft in drafts]
    rows = zip(drafts, reading.story_candidates(lookups), strict=True)
    enriched = [_with_enrichment(*pair, candidates) for pair, candidates in rows]
    new = [change for change in enriched if change.new]
    events = iter(cross_language.same_events(reading, feed, new))
    return [replace(c, perhaps=next(events)) if c.new else c for c in enriched]


def _with_enrichment(
    change: ArticleChange, draft: ArticleChange, candidates: Sequence[StoryCandidate]
) -> ArticleChange:
    story = stories.assign_story(change.article, draft.shingles, candidates)
    return replace(
        change,
        article=replace(change.article, lang=draft.article.lang, story=story.story),
        copy_of=story.copy_of,
        shingles=draft.shingles,
        names=replace(draft.names, date=change.article.date),
        hits=draft.hits,
        unmatched=draft.unmatched,
    )


def enrich(
    articles: Sequence[Article],
    feed: Feed,
    rules: WatchlistMatcher,
    recent: deque[str],
    declared: str,
    matcher: TimedMatcher | None = None,
    *,
    features: Sequence[TextFeatures | None] = (),
) -> list[ArticleChange]:
    """Return drafts of articles of a feed: all that follows from their words alone.

    Their languages are added to `recent`.

    An article that exceeds the time limit has no matches, and says why.

    Args:
        articles: The articles.
        feed: The feed that has them.
        rules: The watchlists.
        recent: The languages of the last articles of the feed.
        declared: The language that the feed declares.
        matcher: Matches within the time limit.
        features: The features of each article, None where they were not read with the document.
    """
    unread = [a.texts[:3] for a, cached in zip_longest(articles, features) if cached is None]
    computed = iter(text_features(unread, with_languages=not feed.lang))
    matcher = matcher or TimedMatcher()
    enriched = []
    for article, cached in zip_longest(articles, features):
        text = next(computed) if cached is None else cached
        lang = feed.lang or choose(text.languages, prior(recent, declared))
        recent.append(lang)
        labelled = replace(article, lang=lang)
        names = cross_language.names(labelled, text.names)
        matching = matcher.match(rules, labelled, feed)
        enriched.append(
            ArticleChange(
                article=labelled,
                shingles=text.shingles,
                names=names,
                hits=matching.hits,
                unmatched=matching.unmatched,
            )
        )
    return enriched
