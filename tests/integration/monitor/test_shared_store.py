"""A newsroom whose store is in PostgreSQL, used as people use it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from support import ROOT
from support.databases import cut_connections
from support.newsroom import PATIENCE, TOCSIN, Newsroom
from support.scripted_server import Web
from support.small_store import ALIBABA, arrival, article, opened
from support.terminal import Terminal
from support.two_feed_newsroom import WATCHLISTS, subscriptions

from monitor.model.config import StoreAddress
from monitor.storage.store import open_store
from monitor.storage.store.sql.leases import SqlLeases

pytestmark = [pytest.mark.costly, pytest.mark.database]

SECRET = "parole-d-honneur"


@pytest.fixture
def newsroom(tmp_path: Path, postgresql: str, server: Web) -> Newsroom:
    """A newsroom that has polled its feeds once."""
    room = Newsroom(tmp_path, {"TOCSIN_STORE": postgresql})
    room.watch(subscriptions(server), WATCHLISTS)
    done = room.once()
    assert done.returncode == 0, done.stderr
    return room


def test_commands_read_and_write_the_shared_store(newsroom: Newsroom) -> None:
    assert not (newsroom.data / "newsroom.db").exists()
    alerts = json.loads(newsroom.here("alerts", "--format", "json").stdout)["alerts"]
    assert {alert["watchlist"] for alert in alerts} >= {"Alibaba", "Douanes"}
    closed = newsroom.here("alerts", "close", "--query", "watch:Alibaba", "--yes")
    assert "2 alerts changed: close" in closed.stderr
    assert "articles  4, 4 of them searchable" in newsroom.here("status").stdout
    assert "counterfeit" in newsroom.here("search", "counterfeit").stdout
    assert "whole" in newsroom.here("verify").stdout
    assert "newsroom.db" not in newsroom.here("similar", "1").stderr  # no article has a vector yet
    assert newsroom.here("vacuum").returncode == newsroom.here("reindex").returncode == 0


def test_another_machine_sees_what_is_in_it(newsroom: Newsroom, tmp_path: Path) -> None:
    elsewhere = Newsroom(tmp_path / "elsewhere", newsroom.environ)
    elsewhere.folder.mkdir()
    elsewhere.config.write_bytes(newsroom.config.read_bytes())
    command = "show", "1", "--format", "json"
    assert elsewhere.here(*command).stdout == newsroom.here(*command).stdout != ""


def test_a_single_run_is_refused_while_another_monitor_watches(
    newsroom: Newsroom, postgresql: str, tmp_path: Path
) -> None:
    elsewhere = Newsroom(tmp_path / "elsewhere", newsroom.environ)
    elsewhere.folder.mkdir()
    elsewhere.config.write_bytes(newsroom.config.read_bytes())
    with closing(open_store(StoreAddress(url=postgresql))) as watched:
        watched.claim(alone=False)
        done = elsewhere.once()
    assert done.returncode == 3
    assert "uses this store" in done.stderr
    assert elsewhere.once().returncode == 0


def test_a_monitor_is_refused_while_a_single_run_has_the_store(
    newsroom: Newsroom, postgresql: str
) -> None:
    with closing(open_store(StoreAddress(url=postgresql))) as watched:
        watched.claim(alone=True)
        done = newsroom.tocsin("run", "--for", "1s")
    assert done.returncode == 3
    assert "uses this store" in done.stderr


def test_status_says_which_monitor_is_not_heard_of(
    newsroom: Newsroom, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.model.lease.OVERDUE", 1.0)
    leases = partial(SqlLeases, StoreAddress(url=postgresql), host="press-9", pid=7, folder="v")
    with closing(leases(expiry=60.0)) as frozen, closing(leases(expiry=1.0)) as dead:
        frozen.beat()
        assert newsroom.here("status").returncode == 0
        assert newsroom.here("status", "--json").returncode == 0
        time.sleep(1.0)
        status = newsroom.here("status")
        assert status.returncode == newsroom.here("status", "--json").returncode == 1
        assert (
            "✗ press-9/7 stands still or is cut off: its last heartbeat was 1 s ago"
            in status.stdout
        )
        frozen.beat()
        assert newsroom.here("status").returncode == 0
        frozen.leave()
        dead.beat()
        time.sleep(1.0)
        status = newsroom.here("status")
        assert (status.returncode, "✗ press-9/7 is lost" in status.stdout) == (1, True)


@pytest.fixture
def reader(newsroom: Newsroom, postgresql: str) -> Iterator[Newsroom]:
    """Return the newsroom of a database user who may only read, made as documented."""
    page = (ROOT / "docs/how-to/share-a-newsroom.md").read_text(encoding="utf-8")
    (statements,) = re.findall(r"```sql\n(.+?)```", page, re.DOTALL)
    with psycopg.connect(postgresql, autocommit=True) as session:
        session.execute(statements)
        yield newsroom
        session.execute("DROP OWNED BY lea; DROP ROLE lea")


def test_one_who_may_only_read_sees_everything_and_changes_nothing(
    reader: Newsroom, postgresql: str
) -> None:
    place = urlsplit(postgresql)
    environ = {"TOCSIN_STORE": place._replace(netloc="lea@").geturl()}
    for command in ("status", "alerts", "search counterfeit", "show 1", "feeds", "brief"):
        done = reader.here(*command.split(), **environ)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    for command in ("alerts ack a1", "alerts assign a1 ana", "apply feeds.yaml", "run --once"):
        refused = reader.here(*command.split(), **environ)
        assert refused.returncode == 1, command
        assert "this user may not do that" in refused.stderr
    assert {row["state"] for row in reader.json("alerts", "--format", "json")["alerts"]} == {"new"}


def test_feeds_yaml_names_the_store_as_well(newsroom: Newsroom, postgresql: str) -> None:
    settings = json.loads(newsroom.config.read_text(encoding="utf-8"))
    settings["store"] = postgresql.replace("postgres:@", "postgres@")
    newsroom.config.write_text(json.dumps(settings), encoding="utf-8")
    plain = Newsroom(newsroom.folder)
    assert "articles  4" in plain.here("status").stdout
    assert plain.once().returncode == 0


def test_a_backup_is_left_to_the_database(newsroom: Newsroom) -> None:
    done = newsroom.here("backup", "all.zip")
    assert done.returncode == 1
    assert "pg_dump" in done.stderr
    assert not (newsroom.folder / "all.zip").exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"postgresql://tocsin:{SECRET}@127.0.0.1:9/news", "is it running"),
        (f"postgresql://tocsin:{SECRET}@127.0.0.1:port/news", "percent-encode"),
        (f"postgresql://tocsin:{SECRET}@127.0.0.1:9/news?wrong={SECRET}", "percent-encode"),
        (f"postgresql://tocsin:a@{SECRET}@127.0.0.1:9/news", "percent-encode"),
        (f"postgresql://tocsin:a/{SECRET}@127.0.0.1:9/news", "percent-encode"),
        (f"mysql://tocsin:{SECRET}@127.0.0.1/news", "write postgresql://"),
    ],
)
@pytest.mark.parametrize("command", [["status"], ["run", "--once"], ["alerts"]])
def test_what_is_wrong_with_an_address_is_told_without_its_password(
    address: str, words: str, command: list[str], tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path, {"TOCSIN_STORE": address})
    newsroom.watch([{"url": "http://127.0.0.1:9/"}])
    done = newsroom.here(*command)
    assert done.returncode == 1
    assert words in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# --- a machine that only searches ----------------------------------------------------------


@pytest.fixture
def elsewhere(newsroom: Newsroom, tmp_path: Path) -> Newsroom:
    """Return a newsroom on another machine with the same feeds.yaml."""
    room = Newsroom(tmp_path / "elsewhere", newsroom.environ)
    room.folder.mkdir()
    room.config.write_bytes(newsroom.config.read_bytes())
    return room


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_search_builds_the_index_of_its_machine(newsroom: Newsroom, elsewhere: Newsroom) -> None:
    status = elsewhere.here("status").stdout
    assert "articles  4, 0 of them searchable" in status
    assert "`tocsin reindex`" in status
    assert "counterfeit" in elsewhere.here("search", "counterfeit").stdout
    assert "articles  4, 4 of them searchable" in elsewhere.here("status").stdout
    assert "4 articles indexed" in elsewhere.here("reindex", "--update").stderr


def test_of_an_index_that_lacks_much_people_are_told(
    newsroom: Newsroom, elsewhere: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.cli.AT_ONCE", 3)
    notice = elsewhere.here("search", "counterfeit").stderr
    assert "the index of this machine lacks 4 articles; `tocsin reindex --update` adds" in notice
    assert "4 articles indexed" in elsewhere.here("reindex", "--update").stderr
    assert elsewhere.here("search", "counterfeit").stderr == ""


def test_one_who_follows_is_told_at_once_and_after_a_cut(
    newsroom: Newsroom, elsewhere: Newsroom, postgresql: str
) -> None:
    with subprocess.Popen(
        [TOCSIN, "alerts", "--follow", "--format", "jsonl", "--limit", "1"],
        cwd=elsewhere.folder, env={**os.environ, **newsroom.environ},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as follower:  # fmt: skip
        assert follower.stdout is not None and follower.stdout.readline()
        room = opened(StoreAddress(url=postgresql))
        for number in (101, 102):
            room.save(arrival(number, ALIBABA, article=article(number, title=f"Neuf {number}")))
            assert f"Neuf {number}" in follower.stdout.readline()
            cut_connections(postgresql)
        room.store.close()
        follower.kill()


def test_the_dashboard_shows_what_others_store_and_decide(
    newsroom: Newsroom, elsewhere: Newsroom, postgresql: str
) -> None:
    terminal = Terminal(
        ["-m", "monitor", "dashboard", "--no-monitor"], folder=elsewhere.folder,
        TOCSIN_USER="ana", TOCSIN_STORE=postgresql,
    )  # fmt: skip
    terminal.read_until("Customs officers seize")
    room = opened(StoreAddress(url=postgresql))
    room.save(arrival(101, ALIBABA, article=article(101, title="Une nouvelle toute neuve")))
    terminal.read_until("Une nouvelle toute neuve")
    terminal.press("@")
    terminal.read_until("@ana")
    mine = ("alerts", "--assigned", "ana", "--format", "jsonl")
    wait_until(lambda: newsroom.here(*mine).stdout)  # the row exists while it is being stored
    terminal.press("u")
    terminal.read_until("@ana", absent=True)
    wait_until(lambda: "5, 5 of them searchable" in elsewhere.here("status").stdout)
    terminal.press("/counterfeit\r")
    terminal.read_until("1 found")
    terminal.press("\x1b")
    terminal.read_until("Watchlists")
    terminal.press("q")
    assert terminal.end() is not None
    room.store.close()
