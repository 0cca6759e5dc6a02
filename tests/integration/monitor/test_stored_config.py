"""A configuration that machines share: applied, shown, taken back; and the monitor takes it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.api_server import serving
from support.newsroom import Newsroom, until
from support.scripted_server import Web
from support.terminal import Terminal
from support.two_feed_newsroom import WATCHLISTS, subscriptions

from monitor.config.loading import config_views, load
from monitor.model.analyst import Scope
from monitor.model.config import StoreAddress
from monitor.storage.store.database.connection import TRIAGE_BUSY_MS

pytestmark = [pytest.mark.costly, pytest.mark.database]


@pytest.fixture
def newsroom(tmp_path: Path, postgresql: str) -> Newsroom:
    """Return a machine without feeds.yaml: the configuration is in the store."""
    return Newsroom(tmp_path, {"TOCSIN_STORE": postgresql, "TOCSIN_USER": "ana"})


def write(newsroom: Newsroom, server: Web, *watchlists: Any, **sections: Any) -> str:
    """Write a whole feeds.yaml under another name; return it."""
    newsroom.watch(subscriptions(server), watchlists or WATCHLISTS, **sections)
    newsroom.config.rename(newsroom.folder / "new.yaml")
    return "new.yaml"


def test_a_machine_needs_no_feeds_yaml_beside_the_store(newsroom: Newsroom, server: Web) -> None:
    done = newsroom.here("run", "--once")
    assert done.returncode == 2
    assert "`tocsin apply FILE`" in done.stderr
    applied = newsroom.here("apply", write(newsroom, server))
    assert applied.returncode == 0, applied.stderr
    assert "the first version: 3 feeds, 2 watchlists" in applied.stdout
    assert "version 1 is in force" in applied.stderr
    assert newsroom.here("check").returncode == 0
    assert newsroom.once().returncode == 0
    assert "Alibaba" in newsroom.here("alerts").stdout
    assert "Douanes" in newsroom.here("watch", "list").stdout


def test_versions_are_kept_shown_compared_and_put_in_force_again(
    newsroom: Newsroom, server: Web
) -> None:
    assert newsroom.here("config", "history").returncode == 1
    newsroom.here("apply", write(newsroom, server))
    preview = newsroom.here("apply", write(newsroom, server, "Alibaba", "Temu"), "--dry-run")
    assert "watchlist added: Temu" in preview.stdout
    assert "nothing was applied" in preview.stderr
    newsroom.here("apply", "new.yaml", TOCSIN_USER="bob")
    assert "nothing to change" in newsroom.here("apply", "new.yaml").stderr
    rows = json.loads(newsroom.here("config", "history", "--format", "json").stdout)
    assert [(row["version"], row["who"], row["again"]) for row in rows] == [
        (2, "bob", None), (1, "ana", None),
    ]  # fmt: skip
    diff = newsroom.here("config", "rollback", "1", "--dry-run").stdout
    assert "watchlist removed: Temu" in diff and "watchlist added: Douanes" in diff
    assert "Temu" in newsroom.here("config", "show").stdout
    assert "Temu" not in newsroom.here("config", "show", "1").stdout
    back = newsroom.here("config", "rollback", "1")
    assert "watchlist added: Douanes" in back.stdout
    assert "version 3 is in force" in back.stderr
    history = newsroom.here("config", "history").stdout
    assert "in force; version 1 again" in history.splitlines()[0]
    for words in (("show", "9"), ("rollback", "9")):
        assert "there is no version 9" in newsroom.here("config", *words).stderr


def test_a_mistake_is_refused_and_a_secret_is_told_of_and_masked(
    newsroom: Newsroom, server: Web
) -> None:
    (newsroom.folder / "bad.yaml").write_text("feeds: [http://a.example/]\nwatchlist: [a]\n")
    refused = newsroom.here("apply", "bad.yaml")
    assert refused.returncode == 2
    assert "bad.yaml:2:1" in refused.stderr
    hook = [{"name": "desk", "webhook": "https://hooks.example/s3cr3t"}]
    done = newsroom.here("apply", write(newsroom, server, channels=hook))
    assert "may hold a secret" in done.stderr
    assert "s3cr3t" not in newsroom.here("config", "show").stdout
    assert "s3cr3t" in newsroom.here("config", "show", "--secrets").stdout


def test_commands_that_edit_feeds_yaml_make_versions(newsroom: Newsroom, server: Web) -> None:
    newsroom.here("apply", write(newsroom, server))
    added = newsroom.here("watch", "add", "Temu", TOCSIN_USER="bob")
    assert added.returncode == 0, added.stderr
    assert not newsroom.config.exists()
    assert "Temu" in newsroom.here("config", "show").stdout
    rows = json.loads(newsroom.here("config", "history", "--format", "json").stdout)
    assert rows[0]["who"] == "bob"


def test_two_who_apply_at_once_both_know(newsroom: Newsroom, server: Web, postgresql: str) -> None:
    newsroom.here("apply", write(newsroom, server))
    versions = config_views(postgresql)
    assert versions.apply("a", "ana", 1) == 2
    with pytest.raises(Exception, match="version 2 of the configuration was applied meanwhile"):
        versions.apply("b", "bob", 1)
    assert versions.number() == 2


def test_who_applies_waits_for_who_writes(newsroom: Newsroom, server: Web, postgresql: str) -> None:
    newsroom.here("apply", write(newsroom, server))
    write(newsroom, server, "Temu")
    with psycopg.connect(postgresql, autocommit=True) as session:
        session.execute("BEGIN; LOCK store")
        release = threading.Timer(TRIAGE_BUSY_MS / 1_000 + 0.3, lambda: session.execute("COMMIT"))
        release.start()
        applied = newsroom.here("apply", "new.yaml")
        release.join()
    assert "version 2 is in force" in applied.stderr


def test_a_version_has_the_name_of_the_token_that_made_it(
    newsroom: Newsroom, server: Web, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.here("apply", write(newsroom, server))
    monkeypatch.setenv("TOCSIN_STORE", postgresql)
    monkeypatch.setenv("TOCSIN_USER", "server")
    newsroom.data.mkdir()
    with serving(newsroom.config, newsroom.data, store=StoreAddress(url=postgresql)) as api:
        expected = {"name": "Port", "terms": ["Anvers"]}
        assert api.post("/watchlists", expected, Scope.ADMIN).status_code == 200
        assert api.post("/watchlists", {"terms": ["Gand"]}, Scope.ADMIN).status_code == 200
    rows = json.loads(newsroom.here("config", "history", "--format", "json").stdout)
    assert [row["who"] for row in rows] == ["adminer", "adminer", "ana"]


def test_a_file_that_says_more_than_the_store_is_the_truth_of_its_machine(
    newsroom: Newsroom, server: Web, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.here("apply", write(newsroom, server))
    newsroom.watch(subscriptions(server), ["Own"])
    warned = newsroom.here("apply", write_beside(newsroom, server))
    assert "this machine goes on with that file" in warned.stderr
    monkeypatch.setenv("TOCSIN_STORE", postgresql)
    assert [watchlist.name for watchlist in load(newsroom.config).watchlists] == ["Own"]
    newsroom.config.write_text(f"store: {postgresql}\ndata: elsewhere\n", encoding="utf-8")
    shared = load(newsroom.config)
    assert [watchlist.name for watchlist in shared.watchlists] == ["Alibaba", "Temu"]
    assert shared.data == newsroom.folder / "elsewhere"
    assert shared.store.url == postgresql


def write_beside(newsroom: Newsroom, server: Web) -> str:
    content = newsroom.config.read_bytes()
    write(newsroom, server, "Alibaba", "Temu")
    newsroom.config.write_bytes(content)
    return "new.yaml"


def test_a_store_in_the_data_folder_keeps_no_versions(tmp_path: Path, server: Web) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.watch(subscriptions(server), WATCHLISTS)
    for words in (
        ("apply", "feeds.yaml"), ("config", "show"), ("config", "history"),
        ("config", "rollback", "1"),
    ):  # fmt: skip
        done = newsroom.here(*words)
        assert done.returncode == 2
        assert "feeds.yaml itself is the configuration" in done.stderr


def test_a_running_monitor_takes_a_version_within_seconds(newsroom: Newsroom, server: Web) -> None:
    newsroom.here("apply", write(newsroom, server, "Alibaba"))
    newsroom.once()
    with newsroom.running():
        newsroom.here("apply", write(newsroom, server, "Alibaba", "Temu"))
        until(lambda: "Temu" in newsroom.here("watch", "list").stdout)
        newsroom.here("config", "rollback", "1")
        until(lambda: "Temu" not in newsroom.here("watch", "list").stdout)


def test_an_edit_in_the_dashboard_makes_a_version_once_it_is_well(
    newsroom: Newsroom, server: Web, postgresql: str
) -> None:
    newsroom.here("apply", write(newsroom, server))
    newsroom.once()
    editor = newsroom.folder / "editor"
    editor.write_text('#!/bin/sh\nfor last; do :; done\nsed -i "$EDIT" "$last"\n')
    editor.chmod(0o700)
    for edit, message in (("s/customs/(/", "has errors"), ("s/(/border/", "watchlist changed")):
        terminal = Terminal(
            ["-m", "monitor", "dashboard", "--no-monitor"], folder=newsroom.folder,
            EDITOR=str(editor), EDIT=edit, TOCSIN_STORE=postgresql, TOCSIN_USER="bob",
        )  # fmt: skip
        terminal.read_until("Customs officers seize")
        terminal.press("E")
        terminal.read_until(message)
        terminal.press("\x1b")
        terminal.read_until(message, absent=True)
        terminal.press("q")
        terminal.end()
    assert "border" in newsroom.here("config", "show").stdout
    assert "bob" in newsroom.here("config", "history").stdout.splitlines()[0]
    assert not list(newsroom.data.glob("feeds.version-*"))
