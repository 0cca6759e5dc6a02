"""Which article is an entry, and what does it change? A new one, a revision, or only a sighting.

`identify` compares the entries of one document with those that the store knows.

Articles are enriched from their words alone: language, matches, shingles, names. This is most of
the work of storing an article. It needs no store and is done before the transaction, so that a
viewer's triage waits only while rows are written.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, combinations, groupby, repeat, zip_longest
from operator import itemgetter
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from index.analysis.language import choose, prior
from index.analysis.text_features import TextFeatures, text_features
from monitor.base.article import Article, ArticleText, Timestamp
from monitor.base.text_cleaning import folded
from monitor.base.url import host
from monitor.intake.ingest import namesakes
from monitor.intake.parse.entry import PART, PARTS, part_hash, title_of_address
from monitor.judgement import stories
from monitor.judgement.match.matcher import TimedMatcher, WatchlistMatcher
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, Entry, Known, KnownArticle, Sighting, StoryCandidate
from monitor.storage.store.sql.batch import Batch, StoreReads


class New(Struct, frozen=True, kw_only=True):
    """An article never seen before."""

    entry: Entry


class Seen(Sighting, frozen=True):
    """The same key with the same text."""


class Relinked(Sighting, frozen=True):
    """The same key with the same text, and another link than before."""


class Changed(Sighting, frozen=True, kw_only=True):
    """Another text than this feed had, under the same key or a key that replaces it."""

    old_parts: bytes = b""
    """The hashes of its parts before; empty when they are not known."""


class Variant(Changed, frozen=True):
    """An article of another feed that this feed carries in other words."""


class Duplicate(Sighting, frozen=True):
    """An article of another feed that this feed carries too."""


class Reissued(Sighting, frozen=True, kw_only=True):
    """An unchanged article of this feed under a new key."""

    reissued: bool = True


Decision = New | Seen | Relinked | Changed | Duplicate | Reissued


def changed_parts(entry: Entry, old_parts: bytes) -> frozenset[str]:
    """Return the changed parts of an entry; all when its old parts are not known."""
    if not old_parts:
        return frozenset(PARTS)
    return frozenset(p for p in PARTS if old_part(p, entry.parts) != old_part(p, old_parts))


def old_part(part: str, hashes: bytes) -> bytes:
    """Return the hash of a part among those of an entry; empty when they are not known."""
    place = PARTS.index(part) * PART
    return hashes[place : place + PART]


def has_new_link(entry: Entry, old_parts: bytes) -> bool:
    """Tell whether an entry has another link than its feed gave before."""
    return bool(entry.canonical and old_parts) and part_hash(entry.canonical) != old_parts[-PART:]


def identify(entries: Sequence[Entry], known: Known) -> list[Decision]:
    """Decide for each entry of one document, in its order.

    Entries of one document never become one article: each article is taken once.
    """
    return _DocumentEntries(entries, known).decisions()


class _DocumentEntries:
    """The entries of one document, with the known ones to which they are compared."""

    def __init__(self, entries: Sequence[Entry], known: Known) -> None:
        self._known = known
        self._entries = entries
        self._links = Counter(entry.canonical for entry in self._entries)
        matches = (known.guids.get(entry.key) for entry in self._entries)
        self._used = {match[0] for match in matches if match}
        """Articles that are still in the document, or were found in it under a new key."""

    def decisions(self) -> list[Decision]:
        reissues = self._moved()
        return [
            Reissued(entry=entry, article=reissues[i]) if i in reissues else self._decision(entry)
            for i, entry in enumerate(self._entries)
        ]

    def _decision(self, entry: Entry) -> Decision:
        if match := self._known.guids.get(entry.key):
            article, fingerprint = match
            old_parts = self._known.parts.get(entry.key, b"")
            if entry.fingerprint != fingerprint:
                return Changed(entry=entry, article=article, old_parts=old_parts)
            kind = Relinked if has_new_link(entry, old_parts) else Seen
            return kind(entry=entry, article=article)
        candidates = self._known.urls.get(entry.canonical, ()) if entry.canonical else ()
        if previous := self._by_link(entry, candidates):
            self._used.add(previous.id)
            if _is_unchanged(entry, previous):
                return Reissued(entry=entry, article=previous.id)
            return Changed(entry=entry, article=previous.id)
        others = [c for c in candidates if c.id not in self._used and c.id not in self._known.own]
        for other in others:
            if entry.fingerprint == other.fingerprint or _has_only_address(entry):
                self._used.add(other.id)
                return Duplicate(entry=entry, article=other.id)
        for other in others:
            is_named = entry.key in other.site_guids or other.is_same_address
            if (is_named and self._identifies(entry.canonical)) or _has_title_of(entry, other):
                self._used.add(other.id)
                return Variant(entry=entry, article=other.id)
        return New(entry=entry)

    def _by_link(self, entry: Entry, candidates: Sequence[KnownArticle]) -> KnownArticle | None:
        """Return the one article of this feed that left the document and had this link."""
        match [c for c in candidates if c.id in self._known.own]:
            case [article] if article.id not in self._used and self._identifies(entry.canonical):
                return article
        return None

    def _identifies(self, link: str) -> bool:
        """Tell whether a link is that of one entry; one that several share identifies none."""
        return self._links[link] == 1 and (urlsplit(link).path != "/" or "?" in link)

    def _moved(self) -> dict[int, int]:
        """Return the places of entries with exactly the text of an article that left the document.

        Equal text is not enough where the link differs: each morning's forecast may read the
        same. It is enough when most of the document moved in this way.
        """
        same_text: dict[int, int] = {}
        confirmed: dict[int, int] = {}
        used = set(self._used)
        for i, entry in enumerate(self._entries):
            match = self._known.guids.get(entry.key)
            if match and match[1] == entry.fingerprint:
                continue
            candidates = (
                id for _, id in self._known.contents.get(entry.fingerprint, ()) if id not in used
            )
            article = next(candidates, None)
            if article is None:
                continue
            used.add(article)
            same_text[i] = article
            same_link = {c.id for c in self._known.urls.get(entry.canonical, ())}
            if not entry.canonical or article in same_link:
                confirmed[i] = article
        reissues = same_text if 2 * len(same_text) >= len(self._entries) else confirmed
        self._used.update(reissues.values())
        return reissues


def _has_only_address(entry: Entry) -> bool:
    """Tell whether an entry of a sitemap says nothing but its address."""
    return not entry.summary and not entry.body and entry.title == title_of_address(entry.url)


def _has_title_of(entry: Entry, other: KnownArticle) -> bool:
    title = folded(entry.title)
    return bool(title and title == folded(other.title))


def _is_unchanged(entry: Entry, article: KnownArticle) -> bool:
    if article.fingerprint:
        return entry.fingerprint == article.fingerprint
    return folded(entry.title) == folded(article.title)


# --- changes ---------------------------------------------------------------------------

_NO_FEATURES = TextFeatures({}, frozenset(), ())
GROUP = 200_000
"""Characters of the articles whose features are computed at once, roughly: 0.04 s."""
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
    decision: Decision,
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
    if isinstance(decision, Seen):
        return None
    if isinstance(decision, New):
        text = article(entry, feed, batch.next_article(), now)
        if aggregated:
            text = replace(text, outlet=entry.source or host(entry.source_url).removeprefix("www."))
    else:
        old, revised = stored.get(decision.article), None
        if old is not None and isinstance(decision, Changed):
            revised = revision(old, decision, feed)
        if revised is None:
            return decision
        text = revised
    return ArticleChange(
        article=text,
        new=isinstance(decision, New),
        entry=entry,
        outlet_url=entry.source_url if text.outlet else "",
        wants_page=feed.full_text and bool(text.url) and not entry.body,
    )


def revision(old: Article, change: Changed, feed: Feed) -> Article | None:
    """Return an article with the changes of a feed; None if it has them already.

    Where other feeds carry the article too, only the parts that this feed changed are taken: its
    other parts may have been shorter than theirs, or different, from the beginning. What this
    feed says in other words is added to what they say.
    """
    entry, exclusive = change.entry, old.feeds == (feed.number,)
    if feed.is_found and not exclusive:  # a headline for search engines, and no more
        return None
    if isinstance(change, Variant):
        text = _with_other_words(old, entry)
    else:
        changed = PARTS if exclusive else changed_parts(entry, change.old_parts)
        text = {part: getattr(entry, part) for part in changed}
    if not exclusive:
        text = {
            part: _with_edit(old.part(part), value, old_part(part, change.old_parts))
            for part, value in text.items()
            if value
        }
    if feed.full_text and not entry.body:
        text.pop("body", None)
    if not exclusive and all(old.part(part) == value for part, value in text.items()):
        return None
    moved = has_new_link(entry, change.old_parts)
    return replace(
        old,
        **text,
        url=entry.url if moved and old.feeds[0] == feed.number else old.url,
        author=entry.author if exclusive else entry.author or old.author,
        lang=entry.lang,
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

    Where no lines have the hash of what it said before, all lines are replaced.
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
    """Return an entry of a feed as an article, with the language declared for it, without story."""
    text = {name: getattr(entry, name) for name in ArticleText.__struct_fields__}
    return Article(id=id, feeds=(feed.number,), seen=now, lang=entry.lang, **text)


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
    likely = reading.namesakes([change.names for change in enriched])
    told = namesakes.stories_told(reading, enriched, likely)
    events = namesakes.same_events(reading, feed, enriched, likely)
    return [_with_event(*row) for row in zip(enriched, told, events, strict=True)]


def _with_event(change: ArticleChange, told: int | None, elsewhere: int | None) -> ArticleChange:
    article = change.article if told is None else replace(change.article, story=told)
    return replace(change, article=article, perhaps=elsewhere if change.new else None)


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
) -> Iterator[ArticleChange]:
    """Yield drafts of articles of a feed: all that follows from their words alone.

    Their languages are added to `recent`.

    An article that exceeds the time limit has no matches, and says why. Behind the limit of a
    document, articles have no features either.

    Args:
        articles: The articles, each with the language that is declared for it alone, or none.
        feed: The feed that has them.
        rules: The watchlists.
        recent: The languages of the last articles of the feed.
        declared: The language that the feed declares.
        matcher: Matches within the time limit.
        features: The features of each article, None where they were not read with the document.
    """
    matcher = matcher or TimedMatcher()
    ends = (end // GROUP for end in accumulate(article.characters for article in articles))
    rows = zip_longest(articles, features, ends)
    for group in (list(grouped_rows) for _end, grouped_rows in groupby(rows, itemgetter(2))):
        unread = [article.texts[:3] for article, cached, _end in group if cached is None]
        computed: Iterator[TextFeatures] = repeat(_NO_FEATURES)
        if not matcher.is_late:
            with matcher.counting():
                computed = iter(text_features(unread, with_languages=not feed.lang))
        for article, cached, _end in group:
            text = next(computed) if cached is None else cached
            said = article.lang
            expected = prior((), said) if said else prior(recent, declared)
            lang = feed.lang or choose(text.languages, expected) or said
            recent.append(lang)
            labelled = replace(article, lang=lang)
            names = namesakes.names(labelled, text.names)
            matching = matcher.match(rules, labelled, feed)
            yield ArticleChange(
                article=labelled,
                shingles=text.shingles,
                names=names,
                hits=matching.hits,
                unmatched=matching.unmatched,
            )
