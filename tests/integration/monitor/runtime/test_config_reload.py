"""Another set of rules while articles arrive: each is judged by exactly one, whole."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from support.newsroom import PATIENCE, Item, Newsroom, rss, until
from support.scripted_server import Reply, Web

from monitor.base.errors import StoreError
from monitor.model.config import StoreAddress
from monitor.model.watchlist import WatchlistInForce
from monitor.storage.monitor_lock import current_heartbeat
from monitor.storage.store.sql.views import Views

pytestmark = pytest.mark.costly

FILLING = [{"name": f"Autre {n}", "query": f'"rien de {n}" OR vide{n}~'} for n in range(300)]
RED = ["commun", *FILLING, {"name": "Rouge", "terms": ["rouge"]}]
BLUE = ["commun", {"name": "Bleu", "terms": ["bleu"]}, *FILLING[100:]]
LIVE = "SELECT 1 FROM alerts WHERE watchlist = ? AND article > ? AND NOT backfill"


def reply(count: int) -> Reply:
    """Return a feed with this many articles, which match every set of rules."""
    items = [
        Item(f"Le rouge et le bleu, commun {n}", f"Texte {n}.", link=f"https://ex.org/{n}")
        for n in range(count)
    ]
    return Reply(body=rss(*reversed(items)))


@pytest.mark.parametrize("place", [pytest.param("postgresql", marks=pytest.mark.database), "data"])
def test_an_edit_made_while_the_monitor_starts_takes_effect(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The monitor waits for a secret when it has read the file. There is no store before."""
    shared = without_tables(request) if place == "postgresql" else ""
    newsroom = Newsroom(tmp_path, {"TOCSIN_STORE": shared} if shared else {})
    secret = tmp_path / "secret"
    os.mkfifo(secret)
    feed = {"url": "https://a.invalid/rss", "enabled": False}
    newsroom.watch([{**feed, "auth": {"bearer": "file:secret"}}], ["before"])
    with newsroom.running("run"):
        with secret.open("w") as pipe:  # opens once the monitor reads it
            newsroom.watch([feed], ["after"])
            pipe.write("word")
        views = Views(StoreAddress(newsroom.data, shared))
        until(lambda: [row.name for row in in_force(views)] == ["after"])


def without_tables(request: pytest.FixtureRequest) -> str:
    """Return the address of a database without tables."""
    server = urlsplit(request.getfixturevalue("postgresql_server"))
    with psycopg.connect(server.geturl(), autocommit=True) as session:
        session.execute("CREATE DATABASE first_start TEMPLATE template0 ENCODING 'UTF8'")
    return server._replace(path="/first_start").geturl()


def in_force(views: Views) -> list[WatchlistInForce]:
    with suppress(StoreError):  # there is no store yet
        return views.watchlists.in_force()
    return []


def test_a_watchlist_that_is_renamed_raises_nothing_again(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    feeds = [{"url": web.url("/fil"), "name": "Fil", "every": "1s", "lang": "fr"}]
    alerts = "SELECT article, watchlist FROM alerts"
    web.on("/fil", reply(1))
    newsroom.watch(feeds, [{"name": "Rouge", "terms": ["rouge"], "backfill": "notify"}])
    with newsroom.running("run"):
        until(lambda: newsroom.sql(alerts) == [(1, "Rouge")])
        newsroom.watch(feeds, [{"name": "Carmin", "terms": ["rouge"], "backfill": "notify"}])
        until(lambda: newsroom.sql(alerts) == [(1, "Carmin")])
        web.on("/fil", reply(2))
        until(lambda: newsroom.counts()[0] == 2)
        until(lambda: newsroom.sql(alerts) == [(1, "Carmin"), (2, "Carmin")])


def test_an_edit_of_the_file_of_concepts_is_told_and_matched_with_the_archive(
    web: Web, tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path)
    concepts = tmp_path / "shared" / "concepts.yaml"
    concepts.parent.mkdir()
    concepts.write_text("Couleur: {names: [rouge], not: [rouge et]}\n", encoding="utf-8")
    feeds = [{"url": web.url("/fil"), "name": "Fil", "every": "1s", "lang": "fr"}]
    web.on("/fil", reply(1))
    newsroom.watch(feeds, ["concept:Couleur"], concepts="shared/concepts.yaml")
    with newsroom.running("run") as process:
        until(lambda: newsroom.counts()[0] == 1)
        concepts.write_text("Couleur: {names: [bleu]}\n", encoding="utf-8")
        until(lambda: newsroom.sql("SELECT term FROM matches") == [("bleu (Couleur)",)])
        concepts.write_text("Couleur: {names: [bleu, 'a AND b']}\n", encoding="utf-8")
        log = ""
        while "the last good version stays active" not in log:
            log += process.stderr.readline()  # type: ignore[union-attr]
    assert "concept changed: Couleur: names + bleu, - rouge; not - rouge et" in log
    assert "shared/concepts.yaml: line 1, column 28: " in log


def test_an_edit_in_an_editor_says_what_would_have_rung(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    feeds = [{"url": web.url("/fil"), "name": "Fil", "every": "1s", "lang": "fr"}]
    web.on("/fil", reply(4))
    newsroom.watch(feeds, ["commun"])
    assert newsroom.once().returncode == 0
    with newsroom.running("run"):
        until(lambda: current_heartbeat(newsroom.data) is not None)
        newsroom.watch(feeds, [{"name": "commun", "query": "commun NOT 3"}])

        def effects() -> str:
            heartbeat = current_heartbeat(newsroom.data)
            return heartbeat.edit_effects if heartbeat else ""

        until(lambda: effects() != "")
        assert effects().startswith("commun: about 3.0 alerts a day, 4.0 before")
        assert effects().endswith("0 articles more match, 1 not any more")


def test_articles_that_arrive_while_rules_are_swapped_are_judged_once(
    web: Web, tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path)
    feeds = [{"url": web.url("/fil"), "name": "Fil", "every": "1s", "lang": "fr"}]
    count = 1
    web.on("/fil", reply(count))
    newsroom.watch(feeds, RED)
    with newsroom.running("run"):
        until(lambda: newsroom.counts()[0] == 1)
        for rules, name in (BLUE, "Bleu"), (RED, "Rouge"):
            before = count
            newsroom.watch(feeds, rules)
            deadline = time.monotonic() + PATIENCE
            while not newsroom.sql(LIVE, name, before):
                count += 1
                web.on("/fil", reply(count))
                time.sleep(0.1)
                assert time.monotonic() < deadline
        until(lambda: newsroom.counts()[0] == count)
        until(lambda: not newsroom.sql("SELECT 1 FROM backfills WHERE upto < until"))
        # The last set of rules is backfilled on the articles that it did not judge.
        of_last = "SELECT count(*) FROM alerts WHERE watchlist IN ('commun', 'Rouge')"
        until(lambda: newsroom.sql(of_last) == [(2 * count,)])
    alerts = newsroom.sql("SELECT article, watchlist, backfill FROM alerts WHERE article > 1")
    common = [article for article, watchlist, _ in alerts if watchlist == "commun"]
    assert sorted(common) == list(range(2, count + 1))
    assert not any(old for _, watchlist, old in alerts if watchlist == "commun")
    judged = [(article, name) for article, name, old in alerts if name != "commun" and not old]
    assert sorted(article for article, _ in judged) == list(range(2, count + 1))
    assert {name for _, name in judged} == {"Rouge", "Bleu"}  # there were swaps
