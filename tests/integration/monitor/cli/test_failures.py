"""The command line in trouble: every message says what is wrong, none is a traceback."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from support.newsroom import TOCSIN, Item, Newsroom, rss
from support.scripted_server import Reply, Web

from monitor.model.config import StoreAddress
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """Return a newsroom with an empty archive, and a feed that is never polled."""
    room = Newsroom(tmp_path)
    room.watch([{"url": "http://127.0.0.1:9/", "every": "1h"}], ["Alibaba"])
    Store(StoreAddress(room.data)).close()
    return room


def test_the_data_folder_is_below_a_file(newsroom: Newsroom) -> None:
    (newsroom.folder / "file").touch()
    for command in (["run", "--once"], ["run", "--background"], ["demo", "--headless"], ["status"]):
        done = newsroom.tocsin("--data", "file/var", *command)
        assert done.returncode == 1, command
        assert "file/var" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["status", "search x", "alerts", "watch", "brief", "verify", "show 1", "reindex"]
)
def test_a_broken_feeds_yaml_is_told_where_there_is_no_archive(
    tmp_path: Path, command: str
) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text("feeds: [https://a.example/rss]\nwatchlist: [x]\n")
    done = room.here(*command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert "feeds.yaml:2:1: unknown key `watchlist`" in done.stderr


@pytest.mark.parametrize(
    "line", ['store: "postgresql://a', "store: [a]", "sotre: postgresql://a@b/c", "store:",
             "dtaa: other", "data: [x]"],
)  # fmt: skip
def test_no_other_newsroom_stands_for_one_whose_place_is_broken(
    newsroom: Newsroom, line: str
) -> None:
    text = newsroom.config.read_text()
    assert newsroom.here("status").returncode == 0
    newsroom.config.write_text(f"{line}\nfeeds: [https://a.example/rss]\nwatchlists: [x]\n")
    for command in ("status", "search x", "stop", "alerts"):
        done = newsroom.here(*command.split())
        assert (done.returncode, done.stdout) == (2, ""), command
        assert "feeds.yaml:1:" in done.stderr
    assert "--data" in newsroom.here("status", "--help").stdout
    newsroom.config.write_text(text)


def test_watchlists_of_feeds_yaml_are_listed_before_a_monitor_reads_them(
    newsroom: Newsroom,
) -> None:
    assert [row["name"] for row in newsroom.json("watch", "list", "--json")] == ["Alibaba"]
    assert newsroom.here("watch", "list", "alibaba").stdout.split("\n")[1].startswith("Alibaba ")
    newsroom.config.write_text(newsroom.config.read_text().replace('"watchlists"', '"watchlsts"'))
    for command in ("watch list", "status", "alerts --watch alibaba"):
        done = newsroom.here(*command.split())
        assert "unknown key `watchlsts`" in done.stdout + done.stderr, command


def test_quotation_marks_are_those_of_print(newsroom: Newsroom) -> None:
    assert "Did you mean “status”?" in newsroom.here("statsu").stderr
    french = newsroom.here("statsu", TOCSIN_LANGUAGE="fr").stderr.replace("\N{NO-BREAK SPACE}", " ")
    assert "La commande « statsu » n’existe pas. Vouliez-vous dire « status » ?" in french


def test_the_dashboard_is_not_drawn_into_a_pipe(newsroom: Newsroom) -> None:
    done = newsroom.tocsin("dashboard")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the dashboard needs a terminal" in done.stderr
    assert "\x1b" not in done.stderr


def test_once_ends_when_the_store_refuses_what_a_page_brought(newsroom: Newsroom) -> None:
    with Web() as web:
        page = web.url("/page")
        web.on("/feed", Reply(body=rss(Item("Un titre", "Un texte.", link=page))))
        web.on("/page", Reply(body=b"<html></html>"))
        newsroom.watch([{"url": web.url("/feed"), "full_text": True}], ["Alibaba"])
        with closing(sqlite3.connect(newsroom.data / "newsroom.db")) as sql:
            sql.execute(
                "CREATE TRIGGER full BEFORE DELETE ON pages BEGIN SELECT raise(ABORT, 'full'); END"
            )
        done = newsroom.once()
        assert (done.returncode, done.stdout) == (1, "")
        assert "newsroom.db: full; nothing was changed" in done.stderr
        assert len(web.requests_for("/page")) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("command", ["status", "schema", "completion bash"])
def test_the_output_cannot_be_written(newsroom: Newsroom, command: str) -> None:
    with Path("/dev/full").open("w") as device:
        done = subprocess.run(
            [TOCSIN, *command.split()],
            cwd=newsroom.folder,
            stdout=device,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "tocsin: the output: No space left on device\n"


@pytest.mark.parametrize("id", ["0", "9" * 30, "9223372036854775807", "9223372036854775808"])
def test_no_article_has_such_an_id(newsroom: Newsroom, id: str) -> None:
    done = newsroom.here("show", id)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"there is no article {id}; `tocsin search` shows the numbers" in done.stderr


def test_what_is_said_of_a_query_acts_on_no_terminal(newsroom: Newsroom) -> None:
    done = newsroom.here("search", "lang:\x1b[31m\u202e\x9b0m!")
    assert done.returncode == 2
    assert done.stderr.removesuffix("\n").isprintable()


def test_what_is_said_of_terms_acts_on_no_terminal(newsroom: Newsroom) -> None:
    newsroom.watch([{"url": "http://127.0.0.1:9/", "every": "1h"}], ["x\u202ey\u200bz"])
    done = newsroom.here("check")
    assert done.returncode == 0
    assert not {"\u202e", "\u200b"} & set(done.stdout + done.stderr)
    assert "xyz" in done.stdout


@pytest.mark.parametrize("name", ["newsroom.db", "no database"])
def test_a_damaged_store_is_told_with_a_way_out(newsroom: Newsroom, name: str) -> None:
    store = newsroom.data / "newsroom.db"
    content = store.read_bytes()
    content_ = content[:4096] + b"\xa5" * (len(content) - 4096) if name == store.name else name
    store.write_bytes(content_ if isinstance(content_, bytes) else content_.encode() * 100)
    for command in ("status", "feeds", "alerts", "reindex", "run --once"):
        done = newsroom.here(*command.split())
        assert done.returncode == 1, command
        assert "it is damaged; `tocsin restore --force` puts back a backup" in done.stderr
        assert "Traceback" not in done.stderr
