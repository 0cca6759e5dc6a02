"""Invented stories and facts of briefings, with hostile texts on demand."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from monitor.base.article import Article
from monitor.delivery.notify.briefing_schedule import stored_briefing
from monitor.model.alert import Alert, AlertState, Outlet, StoryAlerts, StoryTimeline, Verdict
from monitor.model.config import BriefingSchedule, StoreAddress
from monitor.model.feed import Feed, FeedHealth, FeedState, Gap, GapKind, Health
from monitor.model.watchlist import Match, Severity
from monitor.presentation.service.briefing import BriefingFacts, compose_briefing
from monitor.runtime.viewing import open_service
from monitor.storage.store.sql.store import Store
from support.newsroom import Newsroom

BRUSSELS = ZoneInfo("Europe/Brussels")
SEVEN = datetime(2026, 11, 27, 7, 0, tzinfo=BRUSSELS).timestamp()
HOUR = 3600.0
HOSTILE = "<script>alert(1)</script> [x](javascript:y) @everyone **b** \x1b[31m &amp; <img src=q>"


def match(text: str, part: str, field: str = "title") -> Match:
    at = part.index(text)
    return Match(field=field, start=at, end=at + len(text), text=text, term=text)


def alert(id: int, watchlist: str = "Alibaba", article: int | None = None, **changes: Any) -> Alert:
    title = changes.pop("title", f"Grève numéro {id} au port")
    fields: dict[str, Any] = {
        "severity": Severity.MEDIUM, "state": AlertState.NEW, "verdict": Verdict.NONE,
        "starred": False, "backfill": False, "raised_at": SEVEN - HOUR, "title": title,
        "url": f"https://ex.org/{id}", "feed": "Le Fil", "lang": "fr",
        "published": SEVEN - 2 * HOUR,
        "matches": (match(title[:5], title),), "story_alert": id,
    } | changes  # fmt: skip
    return Alert(id=id, watchlist=watchlist, article=article or id, **fields)


def article(id: int, **changes: Any) -> Article:
    fields: dict[str, Any] = {
        "title": f"Grève numéro {id} au port",
        "summary": "Un début. Les dockers d’Anvers cessent le travail. Une fin.",
        "url": f"https://ex.org/{id}", "lang": "fr", "seen": SEVEN - HOUR, "story": id,
    } | changes  # fmt: skip
    return Article(id=id, feeds=(1,), **fields)


def outlet(name: str, lag: float = 0.0, **changes: Any) -> Outlet:
    first_seen = SEVEN - 2 * HOUR + lag
    return Outlet(name=name, article=1, seen=first_seen, lag=lag, **changes)


def told_by(*names: str, elsewhere: tuple[Outlet, ...] = ()) -> StoryTimeline:
    outlets = tuple(outlet(name, 600.0 * n) for n, name in enumerate(names))
    return StoryTimeline(outlets, elsewhere)


def story(*alerts: Alert) -> StoryAlerts:
    return StoryAlerts(alerts)


def feed(name: str, number: int, health: Health = Health.OK, trouble: str = "") -> FeedHealth:
    return FeedHealth(
        feed=Feed(url=f"https://{number}.test/rss", name=name, number=number),
        health=health, state=FeedState(), articles=1, words="", trouble=trouble,
    )  # fmt: skip


def gap(of: FeedHealth, start: float, end: float | None, kind: GapKind = GapKind.DOWN) -> Gap:
    return Gap(feed=of.feed, start=start, end=end, kind=kind)


def facts(*stories: StoryAlerts, **changes: Any) -> BriefingFacts:
    alerts = [alert for group in stories for alert in group.alerts]
    fields: dict[str, Any] = {
        "watchlists": tuple(dict.fromkeys(alert.watchlist for alert in alerts)),
        "raised": tuple(alerts),
        "articles": {a.article: article(a.article) for a in alerts if a.article},
    } | changes
    return BriefingFacts(since=SEVEN - 24 * HOUR, until=SEVEN, stories=stories, **fields)


def hostile_facts() -> BriefingFacts:
    """Return facts in which every text that a stranger can write is hostile."""
    bad = feed(HOSTILE, 1, Health.FAILING, f"failing: {HOSTILE}")
    about = alert(
        1, HOSTILE, title=HOSTILE, matches=(match("alert", HOSTILE),
        match("javascript", HOSTILE, "summary")), feed=HOSTILE, note=HOSTILE, tags=(HOSTILE,),
        url="https://ex.org/\"onload='x'><script>)](<y>", lang="<b>",
        timeline=told_by(HOSTILE, HOSTILE + "2", elsewhere=(outlet(HOSTILE, lang="<i>"),)),
    )  # fmt: skip
    return facts(
        story(about),
        articles={1: article(1, title=HOSTILE, summary=HOSTILE)},
        feeds=(bad,),
        gaps=(gap(bad, SEVEN - HOUR, None),),
        charts={HOSTILE: tuple(range(24))},
    )


def store_briefing(newsroom: Newsroom, briefing_facts: BriefingFacts | None = None) -> int:
    """Return the number of a briefing that was sent: of some facts, or of all of a newsroom.

    Its name is hostile too if the facts are given.
    """
    if briefing_facts is None:
        name, unnamed = "Morning", open_service(newsroom.data, newsroom.config).briefing(0.0)
    else:
        name, unnamed = HOSTILE, compose_briefing(briefing_facts, BRUSSELS)
    stored = stored_briefing(replace(unnamed, name=name), SEVEN, SEVEN, BRUSSELS)
    schedule = BriefingSchedule(name=name, at=(time(7),), to=("desk",))
    with closing(Store(StoreAddress(newsroom.data))) as store:
        store.briefings.begin([schedule], SEVEN - HOUR)
        store.briefings.save(stored, schedule.to, SEVEN)
    return 1
