"""Commands that watch: once, until they are stopped, wherever things are; and the demo."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.newsroom import PATIENCE, Item, Newsroom, rss, until
from support.scripted_server import Reply, Web
from support.two_feed_newsroom import FRENCH, WATCHLISTS, subscriptions, titles

pytestmark = pytest.mark.costly

# --- run, stop ---------------------------------------------------------------------------


def test_once_in_words_then_unchanged(server: Web, empty: Newsroom) -> None:
    empty.watch(subscriptions(server)[:2], WATCHLISTS)
    first = empty.tocsin("run", "--once")
    assert first.returncode == 0
    assert "2 read, 0 unchanged, 0 failed; 4 entries, 4 new, 0 changed; 3 alerts" in first.stderr
    heads = re.compile(r"^ +a\d+ .*$", re.MULTILINE)
    assert heads.findall(first.stdout) == heads.findall(empty.here("alerts").stdout)
    assert len(heads.findall(first.stdout)) == 3
    polls = len(server.requests_for("/fil"))
    assert json.loads(empty.once("--json").stdout)["feeds"] == 0
    assert len(server.requests_for("/fil")) == polls
    other = json.loads(empty.once("--now", "--json").stdout)
    assert (other["feeds"], other["unchanged"], other["new"], other["raised"]) == (2, 2, 0, [])
    assert server.requests_for("/fil")[-1].header("If-None-Match") == b'"1"'


def test_once_exits_with_1_if_no_feed_could_be_read(server: Web, empty: Newsroom) -> None:
    server.on("/broken", Reply(500))
    broken_feed = {"url": server.url("/broken"), "name": "Broken"}
    empty.watch([broken_feed])
    done = empty.once()
    assert done.returncode == 1
    assert done.stdout == ""
    assert "1 failed" in done.stderr
    assert "Broken: 500" in done.stderr
    empty.watch([broken_feed, *subscriptions(server)[:1]])
    assert empty.once("--now").returncode == 0


def test_once_prints_the_alerts_it_raised_for_programs(server: Web, empty: Newsroom) -> None:
    empty.watch(subscriptions(server)[:2], WATCHLISTS)
    raised = json.loads(empty.once("--format", "json").stdout)["raised"]
    assert raised == empty.json("alerts", "--json")["alerts"] and len(raised) == 3


def test_an_outage_of_the_network_is_told_once(empty: Newsroom) -> None:
    empty.watch([f"http://{name}.invalid/rss" for name in "abcdef"], [])
    done = empty.once()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("the network seems down") == 1
    assert "does not resolve" not in done.stderr


def test_a_host_that_cannot_be_reached_is_named_if_others_can(server: Web, empty: Newsroom) -> None:
    empty.watch([*subscriptions(server)[:2], {"url": "http://a.invalid/rss", "name": "A"}], [])
    done = empty.once()
    assert done.returncode == 0
    assert "✗ A: name a.invalid does not resolve" in done.stderr
    assert "the network seems" not in done.stderr


def test_for_ends_by_itself_and_verbosity_decides_what_is_said(
    server: Web, empty: Newsroom
) -> None:
    empty.watch(subscriptions(server)[:2], WATCHLISTS)
    empty.once("--now")
    quiet = empty.tocsin("-q", "run", "--for", "1s")
    assert (quiet.returncode, quiet.stdout) == (0, "")
    assert "new" not in quiet.stderr
    done = empty.once("-v", "--now")
    assert "nothing new" in done.stderr


def test_without_a_terminal_tocsin_watches_until_it_is_stopped(
    server: Web, empty: Newsroom
) -> None:
    empty.watch(subscriptions(server)[:2], WATCHLISTS)
    with empty.running() as monitor:
        until(lambda: empty.counts() == (4, 3, 0))
        card = empty.json("status", "--json")["monitor"]
        assert card.keys() == {"pid", "since", "config", "log"}
        assert (card["pid"], card["config"]) == (monitor.pid, str(empty.config.resolve()))
        second = empty.here("run")
        assert second.returncode == 3
        assert f"pid {monitor.pid}" in second.stderr
        done = empty.here("reindex")
        assert done.returncode == 3
        assert titles(empty, "cainiao") == [FRENCH[0].title]
        stop = empty.tocsin("stop")
        assert (stop.returncode, stop.stdout) == (0, "")
        assert f"pid {monitor.pid}" in stop.stderr
        log = monitor.communicate(timeout=PATIENCE)[1]
        assert monitor.returncode == 0
        assert "Le Fil: 3 new" in log
        assert "▲ Douanes" in log
    assert empty.here("stop").returncode == 1


def test_without_a_file_it_does_not_say_that_it_watches(empty: Newsroom) -> None:
    done = empty.here("--config", "none.yaml")
    assert done.returncode == 2
    assert "watching" not in done.stderr
    assert "`tocsin init` writes one" in done.stderr


def test_environment_says_where_things_are(server: Web, empty: Newsroom) -> None:
    other = empty.folder / "elsewhere"
    other.mkdir()
    empty.watch(subscriptions(server)[:1])
    config = empty.config.rename(other / "watch.yaml")
    variables = {"TOCSIN_CONFIG": str(config), "TOCSIN_DATA": str(empty.folder / "archive")}
    assert empty.once(**variables).returncode == 0
    assert (empty.folder / "archive" / "newsroom.db").exists()
    assert empty.here("search", "cainiao", **variables).returncode == 0
    assert empty.here("--data", "archive", "search", "cainiao").returncode == 0
    assert empty.here("-c", str(config), "search", "cainiao").returncode == 1
    assert not (other / "var").exists()


def test_data_in_feeds_yaml_is_used_by_every_command(server: Web, empty: Newsroom) -> None:
    empty.watch(subscriptions(server)[:1], data="kept/here")
    assert empty.once().returncode == 0
    assert (empty.folder / "kept" / "here" / "newsroom.db").exists()
    assert (empty.folder / "kept" / "here").stat().st_mode & 0o777 == 0o700
    assert titles(empty, "cainiao") == [FRENCH[0].title]


def test_what_is_imported_before_the_first_run_belongs_to_the_feeds(
    web: Web, tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path)
    web.on("/a", Reply(body=rss(Item("Alibaba à Liège", "Un texte.", "un"), lang="fr")))
    newsroom.watch([{"url": web.url("/a"), "name": "Le Fil"}], ["Alibaba"])
    old = {"title": "Alibaba au port", "feed": "le fil", "date": "2026-01-02"}
    (tmp_path / "old.jsonl").write_text(json.dumps(old), encoding="utf-8")
    assert newsroom.here("import", "old.jsonl").returncode == 0
    assert newsroom.once().returncode == 0
    assert newsroom.sql("SELECT name FROM feeds") == [("Le Fil",)]
    assert newsroom.sql("SELECT DISTINCT feed FROM articles") == [(1,)]


# --- the demo ------------------------------------------------------------------------------


def test_the_demo_raises_alerts_without_a_network_and_a_second_leaves_it_alone(
    empty: Newsroom,
) -> None:
    def second() -> None:
        done = empty.tocsin("demo", "--headless", "--for", "1s")
        assert done.returncode == 1
        assert "a demo already runs here" in done.stderr

    code, summary, log = empty.demo(articles=60, while_running=second)
    assert code == 0, log
    assert re.search(r"\d+ alerts;", summary)
    assert "Traceback" not in log
    done = empty.here("alerts", "--watch", "Cainiao", "--format", "json")
    assert done.returncode == 0
    assert "the archive of the demo" in done.stderr
    assert {alert["severity"] for alert in json.loads(done.stdout)["alerts"]} == {"high"}
