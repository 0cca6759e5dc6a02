"""A watchlist from marked stories: the form opens with the query that their articles share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from support import article_archive
from support.archive_with_alerts import NOW, ring, service
from support.dashboard_driver import drive, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot

from monitor.config.loading import load
from tui.app import DashboardApp
from tui.screens.watchlist_form import WatchlistForm

TITLES = [
    "Grève des éclusiers à Lanaye : les péniches attendent",
    "Lanaye : les éclusiers prolongent la grève, péniches à quai",
    "Les péniches repartent de Lanaye, la grève des éclusiers continue",
    "Lanaye fête la Saint-Nicolas sur la place",
    *(
        f"Un chien {verb} à {place}"
        for verb in ("court", "dort")
        for place in ("Huy", "Ath", "Mol")
    ),
]
FILE = """\
feeds: [{url: https://A.example/rss, name: A}]
watchlists:
  - {name: Lanaye, terms: [lanaye]}
"""


def open_newsroom(folder: Path) -> Any:
    """Return the service of a real store whose newest alerts are about a strike."""
    path = folder / "feeds.yaml"
    path.write_text(FILE, encoding="utf-8")
    articles = [
        article_archive.article(id, title, date=NOW - 60 * (20 - id))
        for id, title in enumerate(reversed(TITLES), 1)
    ]
    ring(folder / "var", articles, load(path).watchlists)
    newsroom = cast(Any, service(folder / "var"))
    newsroom.clock, newsroom.config = lambda: NOW, path
    return newsroom


def test_marked_stories_become_a_query_that_is_edited_and_saved(tmp_path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, TITLES[0])
        await pilot.press("space", "space", "space", "W")
        await until(pilot, lambda: isinstance(app.screen, WatchlistForm))
        await sees(pilot, app, "finds 3 of 3 examples")
        assert "OF (" in screen(app) or "Lanaye" in screen(app)
        await pilot.press("ctrl+s")
        await sees(pilot, app, "3 of 10 articles of the last 30 days")
        await pilot.press("ctrl+s")
        await sees(pilot, app, "is saved.")

    drive(cast(FakeNewsroom, open_newsroom(tmp_path)), script)
    added = load(tmp_path / "feeds.yaml").watchlists[-1]
    found = service(tmp_path / "var").archive.matching_ids(added.query)
    assert found == [8, 9, 10] and added.name


def test_too_few_marked_stories_are_told(tmp_path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await sees(pilot, app, TITLES[0])
        await pilot.press("W")
        await sees(pilot, app, "3 to 10 articles are needed, not 0")
        await pilot.press("space", "W")
        await sees(pilot, app, "3 to 10 articles are needed, not 1")

    drive(cast(FakeNewsroom, open_newsroom(tmp_path)), script)
