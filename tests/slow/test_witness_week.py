"""A week of a feed and the sitemap beside it, in simulated time: nothing lost, nothing doubled."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

from support.newsroom import Item, rss
from support.scripted_server import Reply, Request, Web
from support.simulated_time import Town, World

from monitor.model.config import StoreAddress
from monitor.model.recall import Estimate
from monitor.presentation.service.recall import read_recalls
from monitor.storage.store.sql.views import Views

HOUR, DAY = 3_600.0, 86_400.0
DAYS = 7
WINDOW = 10
"""Articles that the feed shows."""


@dataclass
class Article:
    """An article, and what leaves it out or names it otherwise."""

    number: int
    at: float
    in_feed: bool
    in_map: bool
    lag: float
    """Seconds until the sitemap has it."""
    other_address: bool
    other_headline: bool
    is_twice: bool


@dataclass
class Press:
    """An outlet, by the clock of a world, and what it showed."""

    clock: Callable[[], float]
    articles: list[Article]
    refuses: list[tuple[str, float, float]]
    """Path, begin and end of the times in which it answers 403."""
    by_feed: set[int] = field(default_factory=set)
    by_map: set[int] = field(default_factory=set)

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        now = self.clock()
        if any(path == request.path and start <= now < end for path, start, end in self.refuses):
            return Reply(403)
        if request.path == "/robots.txt":
            return Reply(body=b"User-agent: *\nSitemap: http://www.journal.be/news.xml\n")
        published = [article for article in self.articles if article.at <= now]
        return self._feed(published) if request.path == "/rss" else self._map(published, now)

    def _feed(self, published: list[Article]) -> Reply:
        shown = [article for article in published if article.in_feed][-WINDOW:][::-1]
        self.by_feed |= {article.number for article in shown}
        return Reply(
            body=rss(
                *(
                    Item(
                        title=f"Le port ferme le quai {a.number}",
                        text="Les dockers attendent.",
                        link=f"http://www.journal.be/{a.number}",
                        guid=f"urn:journal:{a.number}",
                        date=format_datetime(datetime.fromtimestamp(a.at, UTC)),
                    )
                    for a in shown
                )
            )
        )

    def _map(self, published: list[Article], now: float) -> Reply:
        shown = [a for a in published if a.in_map and a.at + a.lag <= now < a.at + 2 * DAY]
        self.by_map |= {a.number for a in shown if a.at < now - HOUR}
        rows = []
        for a in shown:
            title = f"Le port ferme {'enfin ' * a.other_headline}le quai {a.number}"
            for suffix in ("-fr" * a.other_address, "?amp")[: 1 + a.is_twice]:
                rows.append(
                    f"<url><loc>http://www.journal.be/{a.number}{suffix}</loc><n:news><n:title>"
                    f"{title}</n:title><n:publication_date>"
                    f"{datetime.fromtimestamp(a.at, UTC).isoformat()}</n:publication_date>"
                    "</n:news></url>"
                )
        return Reply(
            body=(
                "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n="
                f"'http://www.google.com/schemas/sitemap-news/0.9'>{''.join(rows)}</urlset>"
            ).encode()
        )


def press(clock: Callable[[], float], rng: random.Random) -> Press:
    """Invent 50 articles a day, in bursts, from a day before until the end of a week."""
    start = clock()
    times = sorted(start + rng.uniform(-DAY, DAYS * DAY) for _ in range(280))
    times += [
        start + DAY * day + 9 * HOUR + rng.uniform(0, 600) for day in range(DAYS) for _ in range(17)
    ]
    articles = [
        Article(
            number=number,
            at=float(int(at)),
            in_feed=rng.random() < 0.9,
            in_map=rng.random() < 0.9,
            lag=rng.expovariate(1 / HOUR),
            other_address=rng.random() < 0.05,
            other_headline=False,
            is_twice=rng.random() < 0.05,
        )
        for number, at in enumerate(sorted(times))
    ]
    for article in articles:  # nobody can tell that both changed
        article.other_headline = not article.other_address and rng.random() < 0.05
    refuses = [
        (path, begin := start + rng.uniform(0, DAYS) * DAY, begin + hours * HOUR)
        for path, hours in (("/rss", 6), ("/rss", 12), ("/news.xml", 9), ("/news.xml", 20))
    ]
    return Press(clock, articles, refuses)


def test_a_week_beside_a_sitemap(tmp_path: Path) -> None:
    world = World(seed=1)
    web = Web(clock=lambda: world.elapsed)
    town = Town(world, web)
    outlet = press(lambda: world.now, random.Random(1))
    for path in ("/rss", "/news.xml", "/robots.txt"):
        web.on(path, outlet.answer)
    feeds = [{"url": "http://www.journal.be/rss", "name": "Le Journal"}]
    settings = {"feeds": feeds, "watchlists": ["port"]}
    (tmp_path / "feeds.yaml").write_text(json.dumps(settings))
    start = world.now

    async def week() -> bool:
        await town.wait(DAYS * DAY + 3 * HOUR)
        return True

    world.watch(tmp_path / "feeds.yaml", town, week, tick=120.0)

    views = Views(StoreAddress(tmp_path / "var"))
    titles = [title for (title,) in views.connection.read("SELECT title FROM articles")]
    numbers = sorted(int(title.rpartition(" ")[2]) for title in titles)
    assert len(numbers) == len({*numbers})  # nothing doubled
    assert numbers == sorted(outlet.by_feed | outlet.by_map)  # nothing lost
    asked = [request.at for request in web.requests_for("/news.xml")]
    assert min(later - earlier for earlier, later in pairwise(asked[1:])) >= HOUR
    assert len(web.requests_for("/robots.txt")) <= 2

    (recall, *_others) = read_recalls(views, start, world.now)
    truth = sum(recall.since <= article.at < recall.until for article in outlet.articles)
    missed = {a.number for a in outlet.articles if recall.since <= a.at < recall.until}
    assert recall.seen == len(missed & (outlet.by_feed | outlet.by_map))
    assert recall.unlisted == len(missed & (outlet.by_map - outlet.by_feed)) > 30
    assert isinstance(recall.answer, Estimate)
    assert recall.answer.high is not None
    assert recall.answer.low <= truth <= recall.answer.high
