"""The tables of a store, described once; `printers` prints them.

A description of our own: that of SQLAlchemy would cost a dependency, and knows neither the triggers
nor what is too long for an index of PostgreSQL.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import Any, NamedTuple


class Kind(enum.Enum):
    """The type of a column."""

    INTEGER = enum.auto()
    REAL = enum.auto()
    TEXT = enum.auto()
    LONG_TEXT = enum.auto()
    """Text of publishers: it may be longer than the 2,704 bytes that an ordered index of
    PostgreSQL takes, which has its hash instead."""
    BLOB = enum.auto()
    BOOLEAN = enum.auto()
    NUMBER = enum.auto()
    """The key of its table, which the database counts up; it gives no number twice."""


SAID_ONCE = "what was said once is not said otherwise afterwards"
"""The message that refuses changes of a row of triage."""
REQUIRED = object()
"""The default of a column without default: every row must set it."""


class Column(NamedTuple):
    """A column."""

    kind: Kind
    name: str
    default: Any = REQUIRED
    """None for a column that may be NULL."""
    comment: str = ""
    unique: bool = False


def declaration(column: Column, types: Mapping[Kind, str], literal: Callable[[Any], str]) -> str:
    """Return a column for CREATE TABLE and ALTER TABLE ADD COLUMN.

    Args:
        column: The column.
        types: The type of each kind in the database.
        literal: Returns a default in the SQL of the database.
    """
    words = [column.name, types[column.kind]]
    if column.default is not None:
        words.append("NOT NULL")
    if column.default not in (None, REQUIRED):
        words.append(f"DEFAULT {literal(column.default)}")
    if column.unique:
        words.append("UNIQUE")
    return " ".join(words)


class Index(NamedTuple):
    """An index."""

    name: str
    columns: str
    """The columns, separated by commas."""
    condition: str = ""
    """The condition of the rows in it; empty for all."""


class Table(NamedTuple):
    """A table."""

    name: str
    key: tuple[str, ...]
    """The columns of the primary key, which come first: quick_check of SQLite 3.40 would report
    NULLs otherwise. Empty for a table of one row."""
    columns: dict[str, Column]
    comment: str
    unique: tuple[str, ...]
    """Sets of columns that are unique, each separated by commas."""
    indices: tuple[Index, ...]
    is_kept: bool
    """Whether it survives a crash of the server; else it is written without waiting for a disk."""


def _table(
    name: str,
    key: str,
    *columns: list[Column],
    comment: str = "",
    unique: tuple[str, ...] = (),
    indices: tuple[Index, ...] = (),
    is_kept: bool = True,
) -> Table:
    keys = tuple(key.split(", ")) if key else ()
    named = {column.name: column for column in chain.from_iterable(columns)}
    return Table(name, keys, named, comment, unique, indices, is_kept)


def _columns(
    kind: Kind, names: str, default: Any = REQUIRED, comment: str = "", *, unique: bool = False
) -> list[Column]:
    """Return columns with the same properties, by their names, separated by commas."""
    return [Column(kind, name, default, comment, unique) for name in names.split(", ")]


integer, real, text, long_text, blob, boolean, number = (partial(_columns, kind) for kind in Kind)

_TABLES = (
    _table(
        "backfills",
        "watchlist",
        text("watchlist"),
        text("meaning", comment="hash of what the rule says"),
        integer("upto", comment="id of the last article it was matched with"),
        integer("until", comment="id of the last article before it"),
        comment="How far each rule in force has got with the articles that were there before it.",
    ),
    _table(
        "concepts",
        "name",
        text("name"),
        text("definition", comment="JSON: names, and terms that cancel or mark a place"),
    ),
    _table(
        "feeds",
        "number",
        number("number"),
        text("url", unique=True),
        text("name"),
        text("tags", "[]", "JSON list"),
        boolean("subscribed", True, "false: no longer in feeds.yaml; its history stays"),
        boolean("enabled", True),
        text("kind", "feed", "what is read at the address: feed, sitemap, page, mailbox"),
        text("outlet", "", "the site whose feeds and sitemap are compared; '': not compared"),
        boolean("is_found", False, "a sitemap found beside feeds, which feeds.yaml does not have"),
        real("sought_at", None, "when a sitemap of its site was last sought"),
        blob("etag, last_modified, body_hash", None),
        blob("children", None, "the sitemaps of an index, as last read"),
        real("next_due", 0),
        real("last_poll, last_ok, first_ok", None),
        real("compared_at", None, "when it last had its newest entries: a gap begins there"),
        integer("failures", 0),
        text("reason", ""),
        boolean("gone, blind", False),
        text("title, link, lang", ""),
        integer("polls, articles", 0),
        real("every", None, "seconds, as feeds.yaml says; NULL leaves it to us"),
        real("delay", 900, "seconds until the next poll, as of the last read"),
        real("asked_until", 0, "the server's wish or the back-off: not before"),
        real("failing_since", None),
        real("published", None, "when it last brought something new"),
        real("usual", None, "seconds between two publications, mostly"),
        real("silent_after", None, "seconds without any that are not its habit"),
        text("habit", "", "JSON: how it publishes, as learned"),
        text("manner", "", "how it is asked, without what is secret"),
        integer("breaches", 0, "how often it exceeded the limits of matching, indexing"),
        real("breached_at", None, "when last"),
        text("breach", "", "and how"),
        integer("bucket", 0),
        text("barrier", "", "why the last pages of its articles were not shown to us"),
        integer("barred", 0, "how many pages in a row"),
        indices=(Index("feeds_by_due", "next_due"), Index("feeds_by_poll", "last_poll")),
    ),
    _table(
        "polls",
        "feed, slot",
        integer("feed, slot"),
        real("at"),
        text("outcome"),
        integer("entries, new, changed"),
        text("reason"),
        real("seconds"),
        integer("known", 0, "entries that were not new"),
        boolean("blind", False, "none was known from the poll before"),
        integer("status", None, "of HTTP; NULL when there was no answer"),
        text("moved", "", "where the answer came from, when redirected"),
        comment="The last polls of each feed: a ring of slots, overwritten in turn.",
    ),
    _table(
        "gaps",
        "feed, start",
        integer("feed"),
        real("start, until"),
        comment="Intervals between two reads with nothing in common: what came and went in them"
        " was missed.",
        indices=(Index("gaps_by_end", "until"),),
    ),
    _table(
        "incidents",
        "feed, kind, started_at",
        integer("feed"),
        text("kind"),
        real("started_at"),
        real("ended_at", None, "NULL: not over yet"),
        integer("alert", None, "NULL: it was so when the feed was first read"),
        comment="From when to when a feed was in trouble: each raises one alert.",
    ),
    _table(
        "moves",
        "feed",
        integer("feed"),
        text("moved_to"),
        real("since, latest"),
        integer("times"),
        comment="Where permanent redirects of a feed lead, the same each time.",
    ),
    _table(
        "former_addresses",
        "feed, url",
        integer("feed"),
        text("url"),
        real("until"),
        comment="Addresses that feeds had before.",
    ),
    _table(
        "articles",
        "id",
        integer("id", comment="ingestion order"),
        integer("feed", comment="the one that had it first"),
        text("url"),
        long_text("canonical"),
        blob("fingerprint"),
        text("title, summary, body, author, lang"),
        real("published", None),
        real("seen"),
        integer("story", comment="id of the first article that told it"),
        integer("copy_of", None, "the article of which this is nearly the same text"),
        integer("shingle_count", 0),
        integer("version", 1),
        text("outlet", "", "who published what an aggregator brought"),
        text("outlet_url", ""),
        indices=(
            Index("articles_by_canonical", "canonical", "canonical <> ''"),
            Index("articles_by_story", "story", "story <> id"),
            Index("articles_by_copy", "copy_of", "copy_of IS NOT NULL"),
            Index("articles_by_seen", "seen"),
        ),
    ),
    _table(
        "entries",
        "feed, guid",
        integer("feed"),
        long_text("guid"),
        integer("article"),
        blob("fingerprint"),
        blob("parts", b"", "hashes of its parts, to see which of them its feed edits"),
        comment="What each feed published under which id.",
        indices=(
            Index("entries_by_fingerprint", "feed, fingerprint"),
            Index("entries_by_article", "article"),
        ),
    ),
    _table(
        "carriers",
        "article, feed",
        integer("article, feed"),
        real("seen"),
        comment="Other feeds that carry the very same article.",
    ),
    _table(
        "versions",
        "article, version",
        integer("article, version"),
        text("title, summary, body"),
        real("until"),
        comment="Earlier texts of articles that were edited.",
    ),
    _table(
        "pages",
        "article",
        integer("article"),
        real("due"),
        integer("attempts", 0),
        text("reason", ""),
        boolean("backfill", False, "the article was there before its feed was watched"),
        integer("bucket", 0),
        comment="Articles whose page is still to be fetched.",
    ),
    _table(
        "unread_pages",
        "article",
        integer("article"),
        text("reason"),
        comment="Why the page of an article was not read, and will not be.",
    ),
    _table("shingles", "shingle, article", integer("shingle, article")),
    _table(
        "outbox",
        "ticket",
        number("ticket"),
        integer("article"),
        comment="Articles on their way to the index, oldest ticket first.",
    ),
    _table(
        "links",
        "canonical, article",
        long_text("canonical"),
        integer("article"),
        comment="Further links of articles, by which they are recognised too.",
        indices=(Index("links_by_article", "article"),),
    ),
    _table(
        "last_documents",
        "feed",
        integer("feed"),
        text("articles", comment="JSON list of their ids"),
        text("arrivals", "[]", "and of those that were new"),
        comment="The articles of the last document of a feed that brought anything new.",
    ),
    _table(
        "set_aside",
        "article, step",
        integer("article"),
        text("step", comment="matching, indexing"),
        text("reason"),
        real("at"),
        comment="Articles that were not matched, or are indexed without their text, and why.",
    ),
    _table(
        "dropped",
        "article",
        integer("article", comment="its number is never given again"),
        integer("feed"),
        long_text("canonical"),
        blob("fingerprint"),
        comment="Articles that were dropped: what comes again under their names is no news."
        " What each feed called them stays in `entries`.",
        indices=(Index("dropped_by_canonical", "canonical", "canonical <> ''"),),
    ),
    _table(
        "names",
        "name, lang, article",
        integer("name"),
        text("lang"),
        integer("article"),
        comment="Names in the titles and leads of recent articles, as hashes: who has a name.",
    ),
    _table(
        "named",
        "article",
        integer("article"),
        text("lang"),
        real("date"),
        text("names", comment="JSON list of lists: the words of each name"),
        comment="The same, by article: which names it has.",
    ),
    _table(
        "event_links",
        "later, earlier",
        integer("later, earlier"),
        integer("surety", comment="0 by names, 1 likely, 2 sure: alerts escalate"),
        comment="Articles of different publishers that tell of the same event.",
        indices=(Index("event_links_by_earlier", "earlier"),),
    ),
    _table(
        "vectors",
        "article",
        integer("article"),
        integer("version", comment="of the text"),
        blob("vector", comment="float16; empty: it cannot be encoded"),
        comment="What a model made of the headline and the lead of an article.",
    ),
    _table(
        "watchlists",
        "name",
        text("name"),
        integer("place"),
        text("severity"),
        text("feeds", "[]", "JSON list of names and tags; empty is all"),
        integer("escalate_outlets", None, "so many have a story; NULL is never"),
        boolean("escalate_languages", True, "a story crosses to another language"),
        text("escalate_to", None, "the severity then; NULL is one up"),
        real("cooldown", 0, "seconds"),
        boolean("notify_backfill", False),
        comment="The watchlists in force, in the order of feeds.yaml.",
    ),
    _table(
        "counts",
        "watchlist",
        text("watchlist"),
        integer("total, untriaged", 0),
        comment="Counting a million rows takes 157 ms; these are kept by triggers and can be"
        " rebuilt.",
    ),
    _table(
        "untriaged_stories",
        "",
        integer("number"),
        comment="Stories with an alert that is to be triaged: one row.",
    ),
    _table(
        "alerts",
        "id",
        number("id"),
        text("watchlist", comment="'' for an alert about a feed"),
        integer("article", None, "NULL: it is about a feed, not an article"),
        text("severity"),
        text("state", "new"),
        text("verdict", ""),
        boolean("starred, backfill", False),
        real("raised_at"),
        integer("merged_into", None, "the alert that stands for this one too"),
        text("rule", "", "version of the rule that raised it"),
        integer("article_version", 1, "of the article, when it was raised"),
        text("suppressed", "", "why nobody is notified; '' is that somebody is"),
        real("suppressed_until", None, "end of the cooldown, of the silence"),
        text("kind", "match"),
        integer("feed", None, "of an alert about a feed"),
        text("title", "", "of an alert about a feed"),
        integer("story_alert", 0, "the first of the story; kept by triggers"),
        unique=("watchlist, article",),
        indices=(
            Index("alerts_by_article", "article"),
            Index("alerts_by_time", "raised_at"),
            Index("alerts_merged", "merged_into", "merged_into IS NOT NULL"),
            Index("alerts_silenced", "watchlist, raised_at, id", "suppressed = 'silence'"),
            Index("alerts_judged", "watchlist, verdict", "verdict <> ''"),
            Index("alerts_starred", "id", "starred"),
            Index("alerts_by_story", "story_alert"),
        ),
    ),
    _table(
        "matches",
        "alert, place",
        integer("alert, place"),
        text("field"),
        integer("start, stop"),
        text("text, term"),
        text("concept", "", "of which the term is a name"),
        boolean("ambiguous", False, "no word that tells the concept from others is near"),
    ),
    _table(
        "escalations",
        "id",
        number("id"),
        integer("alert"),
        text("reason", comment="'outlets', or the language the story crossed to"),
        real("at"),
        integer("outlets", comment="independent ones that had the story by then"),
        integer("article", comment="the one that made it so"),
        text("severity", comment="of the alert, before"),
        text("suppressed", "", "why nobody is notified of it"),
        comment="What made an alert more severe than it was raised, once per reason.",
        unique=("alert, reason",),
        indices=(Index("escalations_suppressed", "at", "suppressed <> ''"),),
    ),
    _table(
        "lost_terms",
        "alert, term",
        integer("alert"),
        text("term"),
        real("at", comment="when the edit was read"),
        comment="Terms that matched once, and that an edit of the article removed.",
    ),
    _table(
        "silences",
        "id",
        number("id"),
        text("watchlist"),
        text("who", comment="asked for it"),
        real("since, until"),
        boolean("reported", False, "its end was noticed, and reported"),
        comment="Watchlists that are silenced, and were.",
        indices=(Index("silences_open", "until", "NOT reported"),),
    ),
    _table(
        "suppressed_counts",
        "watchlist",
        text("watchlist"),
        integer("number"),
        real("since"),
        comment="How many alerts were suppressed since somebody was notified of a watchlist.",
    ),
    _table("notes", "alert", integer("alert"), text("text")),
    _table(
        "alert_tags",
        "alert, tag",
        integer("alert"),
        text("tag"),
        indices=(Index("alert_tags_by_tag", "tag, alert"),),
    ),
    _table(
        "assignments",
        "alert",
        integer("alert"),
        text("assignee"),
        comment="Who works on an alert.",
        indices=(Index("assignments_by_person", "assignee, alert"),),
    ),
    _table(
        "acts",
        "id",
        number("id"),
        real("at"),
        text("who"),
        text("why", "", "not empty when tocsin did it"),
        integer("undoes", None, "the act that it takes back"),
        comment="What one person said at once, and can take back as a whole. Nothing of it is"
        " ever changed.",
        indices=(
            Index("acts_by_person", "who, id", "why = ''"),
            Index("acts_undoing", "undoes", "undoes IS NOT NULL"),
        ),
    ),
    _table(
        "decisions",
        "alert, act",
        integer("alert, act"),
        text("before", comment="JSON, the fields that were changed"),
        text("after"),
        indices=(Index("decisions_by_act", "act"),),
    ),
    _table(
        "deliveries",
        "id",
        number("id"),
        integer("alert", comment="0 of a briefing"),
        text("channel"),
        text("occasion", comment="'raised', 'escalated', …"),
        text("why", ""),
        text("key", unique=True),
        text("state", "waiting"),
        real("due"),
        integer("attempts", 0),
        real("failing", None, "since when; NULL after a retry that was asked for"),
        text("reason", ""),
        text("bundle", "", "those of a channel with the same go together"),
        real("created_at"),
        real("sent_at", None),
        integer("briefing", None),
        comment="Alerts on their way to channels, stored with the alert they are about.",
        unique=("alert, channel, occasion, why",),
        indices=(
            Index("deliveries_waiting", "channel, due", "state = 'waiting'"),
            Index("deliveries_alert", "alert"),
            Index("deliveries_dead", "id", "state = 'dead'"),
            Index("deliveries_sent", "sent_at", "sent_at IS NOT NULL"),
            Index("deliveries_briefing", "briefing", "briefing IS NOT NULL"),
        ),
    ),
    _table(
        "evidence",
        "number",
        number("number", comment="from 1, without holes"),
        text("kind"),
        integer("alert", None, "NULL: it is about a rule"),
        text("rule", "", "hash of what a rule says, to find it again"),
        text("record", comment="JSON"),
        text("hash", comment="SHA-256 of the record"),
        comment="Records of alerts, each with the hash of the one before it (see"
        " `monitor.model.evidence`).",
        indices=(
            Index("evidence_by_alert", "alert", "alert IS NOT NULL"),
            Index("evidence_by_rule", "rule", "rule <> ''"),
        ),
    ),
    _table(
        "latency",
        "article",
        integer("article, feed"),
        real("published", None, "the publisher's word; NULL without one"),
        real("seen", comment="the last byte of the answer that brought it"),
        real("matched", comment="stored, with its first alert"),
        real("searchable", None, "NULL: not yet"),
        boolean("edited", False, "an edit raised it: it was published long before"),
        comment="When an article that raised an alert took which step; not of what was there"
        " before.",
        indices=(
            Index("latency_by_time", "matched"),
            Index("latency_open", "article", "searchable IS NULL"),
        ),
    ),
    _table(
        "searched",
        "query",
        text("query, sort"),
        real("at"),
        comment="What was searched for by hand, each query once.",
    ),
    _table(
        "briefings",
        "id",
        number("id"),
        text("name", comment="of its entry in feeds.yaml"),
        real("slot", comment="when it was due"),
        real("made_at"),
        text("subject, plain, markdown"),
        text("html", comment="what stands inside <body>"),
        text("json"),
        comment="Briefings by schedule, as they are sent.",
        unique=("name, slot",),
    ),
    _table(
        "briefing_progress",
        "name",
        text("name"),
        text("times", comment="days and times, to notice an edit of them"),
        real("done", comment="times up to then are done with"),
        real("until", None, "when the last one ended"),
        comment="The entries of feeds.yaml, and how far their briefings have got.",
    ),
    _table(
        "watched",
        "start",
        real("start, until"),
        comment="When the monitor watched, as it notes every few minutes.",
    ),
    _table(
        "unread",
        "feed, start",
        integer("feed"),
        real("start, until"),
        comment="When feeds could not be read that could be read again: what they missed came"
        " at once.",
    ),
    _table(
        "unusual",
        "watchlist, kind, started_at",
        text("watchlist, kind"),
        real("started_at"),
        real("ended_at", None, "NULL: not over yet"),
        integer("alert"),
        comment="From when to when a watchlist brought far more stories than usual, or none any"
        " more; of the newsroom itself (feed health): from when to when the store was"
        " damaged.",
    ),
    _table(
        "tokens",
        "name",
        text("name", comment="whose acts of triage are recorded"),
        blob("hash", comment="SHA-256 of the secret", unique=True),
        text("scope", comment="read, triage, admin"),
        real("created_at"),
        real("expires_at", None, "NULL: never"),
        real("revoked_at", None, "NULL: valid"),
        real("last_used", None, "to within some minutes"),
        comment="What programs show to the API.",
    ),
    _table(
        "index_changes",
        "article",
        integer("article"),
        integer("number", comment="of its ticket"),
        comment="When each article was last queued for the index: indexes of other machines"
        " follow it. Only of a store that several machines share.",
        indices=(Index("index_changes_by_number", "number"),),
    ),
    _table(
        "configs",
        "number",
        integer("number"),
        real("at"),
        text("who"),
        integer("again", None, "the earlier version that it is again"),
        text("content"),
        comment="Versions of the configuration; the newest one is in force. Only of a store"
        " that several machines share.",
    ),
    _table(
        "monitors",
        "id",
        number("id"),
        text("host"),
        integer("pid"),
        text("folder", comment="its data folder"),
        real("since"),
        real("seen_at", comment="the last heartbeat"),
        real("expires_at", comment="others may take its leases from then on"),
        integer("alert", None, "that told that it was lost; NULL: none"),
        comment="The monitors of a store that several share; one that ends deletes its row. All"
        " times are by the clock of the database.",
    ),
    _table(
        "leases",
        "id",
        integer("id", comment="of a bucket from 0, then of duties"),
        integer("holder", None, "a monitor; NULL: nobody"),
        integer("epoch", 0, "grows with each change of holder"),
        comment="Who polls which bucket of feeds, and who does what one monitor does for all.",
    ),
    _table(
        "turns",
        "host",
        text("host"),
        integer("monitor"),
        real("free_at", comment="from when on it may ask again, others later"),
        boolean("awaited", False, "whether another one waits: it may not go first"),
        comment="Which of the monitors that share a store asked a host last; by the clock of"
        " the database.",
        is_kept=False,
    ),
)

TABLES = {table.name: table for table in _TABLES}
"""The tables by name, in the order in which they are made."""


def _is_shown(row: str) -> str:
    """Return the condition that an alert is among those that are to be triaged."""
    return f"({row}.state = 'new' AND {row}.merged_into IS NULL AND {row}.suppressed <> 'silence')"


def count_story(row: str, sign: str) -> str:
    """Return statements, for a trigger, that count the story of an alert that is to be triaged.

    A story counts once for each watchlist, and once for the newsroom, whatever other alerts of it
    are to be triaged.
    """
    other = (
        f"EXISTS (SELECT 1 FROM alerts b WHERE b.story_alert = {row}.story_alert"
        f" AND b.id <> {row}.id AND {_is_shown('b')}{{}})"
    )
    return (
        f"    UPDATE counts SET untriaged = untriaged {sign} 1 WHERE watchlist = {row}.watchlist"
        f" AND {_is_shown(row)} AND NOT {other.format(f' AND b.watchlist = {row}.watchlist')};\n"
        f"    UPDATE untriaged_stories SET number = number {sign} 1"
        f" WHERE {_is_shown(row)} AND NOT {other.format('')};\n"
    )
