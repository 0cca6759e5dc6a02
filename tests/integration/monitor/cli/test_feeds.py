"""Subscriptions: added, removed, checked, listed, imported and exported."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from time import time
from unittest.mock import patch

import pytest
from support.newsroom import LOOPBACK, Item, Newsroom, rss
from support.scripted_server import Reply, Web, redirect

from monitor.cli import main

pytestmark = pytest.mark.costly

LONG = "Les services de renseignement belges surveillent le centre de Cainiao à Liège. " * 30
NOW = formatdate(time() - 3_600)
LE_FIL = rss(
    Item("Alibaba à Liège", LONG, guid="1", link="https://ex.org/1", date=NOW),
    Item("La grève du port d’Anvers", LONG, guid="2", link="https://ex.org/2", date=NOW),
    title="Le Fil : l’info",
    lang="fr-BE",
)
WIRE = rss(
    Item("Customs seize counterfeit parts", "They were found in the port, and…", guid="1"),
    Item("Ports reopen after the strike", "The dockers are back at work, but…", guid="1"),
    title="The Wire",
)
JSON = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": [{"id": "1"}]}
).encode()
ALTERNATE = '<link rel="alternate" type="application/rss+xml" href="{}">'


def page(*hrefs: str) -> bytes:
    head = "".join(map(ALTERNATE.format, hrefs))
    return f"<!doctype html><html><head>{head}</head><body><p>x</p></body></html>".encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        kind = ("Content-Type", "application/rss+xml; charset=iso-8859-1")
        cached = (kind, ("ETag", '"1"'), ("Cache-Control", "max-age=7200"))
        web.on("/fil", Reply(headers=cached, body=LE_FIL))
        web.on("/wire", Reply(body=WIRE))
        web.on("/notes.json", Reply(body=JSON))
        web.on("/moved", redirect("/fil", 301))
        web.on("/one", Reply(body=page("/fil")))
        web.on("/two", Reply(body=page("/fil", "/wire", "/gone")))
        web.on("/broken", Reply(body=page("/gone")))
        web.on("/none", Reply(body=page()))
        web.on("/gone", Reply(410))
        web.on("/busy", Reply(503, (("Retry-After", "600"),)))
        yield web


YAML = """\
# mine
feeds:
  # the first
  - url: {url}
    name: Kept   # why

watchlists: []
network:
  allow: {allow}
"""


@pytest.fixture
def newsroom(tmp_path: Path, server: Web) -> Newsroom:
    """A newsroom that has one feed, /kept, of the server."""
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=server.url("/kept"), allow=LOOPBACK))
    return room


def run(room: Newsroom, *args: str, code: int = 0) -> tuple[str, str]:
    """Run a command of `tocsin feeds` here: its workers are shared with the next one."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.chdir(room.folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch("sys.argv", ["tocsin", "feeds", *args]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    said = []
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
        said.append(stream.read())
    assert ended.value.code == code, (args, *said)
    return said[0], said[1]


# --- remove --------------------------------------------------------------------------------


def test_feeds_are_removed_by_name_or_address(newsroom: Newsroom, server: Web) -> None:
    before = newsroom.config.read_text()
    run(newsroom, "add", server.url("/wire"), server.url("/fil"))
    out, _ = run(newsroom, "remove", "the wire", server.url("/fil/"))
    assert out.splitlines()[0] == f"removed The Wire: {server.url('/wire')}"
    assert newsroom.config.read_text() == before


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ("Keptt", 2, "did you mean `Kept`"),
        ("https://x.org/", 2, "no feed"),
        ("Kept", 1, "no feed would be left to poll"),
    ],
)
def test_what_is_not_removed(newsroom: Newsroom, asked: str, code: int, words: str) -> None:
    before = newsroom.config.read_text()
    _, err = run(newsroom, "remove", asked, code=code)
    assert words in err
    assert newsroom.config.read_text() == before


def test_a_host_of_two_feeds_is_not_enough(newsroom: Newsroom, server: Web) -> None:
    run(newsroom, "add", server.url("/wire"))
    _, err = run(newsroom, "remove", "127.0.0.1", code=2)
    assert "is ambiguous" in err


# --- log -----------------------------------------------------------------------------------


def test_the_log_of_a_feed(newsroom: Newsroom, server: Web) -> None:
    run(newsroom, "add", server.url("/fil"))
    newsroom.once()
    newsroom.once("--now")
    polls = json.loads(run(newsroom, "log", "le fil : l'info", "--format", "json")[0])
    assert [(poll["outcome"], poll["new"]) for poll in polls] == [("unchanged", 0), ("read", 2)]
    out, _ = run(newsroom, "log", server.url("/fil"))
    assert re.search(r"= \d+: unchanged.*\n.*✓ 200: 2 entries, 0 known, 2 new", out)
    assert "✗ 404 Not Found" in run(newsroom, "log", "Kept")[0]
    assert run(newsroom, "log", "-v", "Kept")[0] == run(newsroom, "log", "Kept", "-q")[0]
    _, err = run(newsroom, "log", "Kepd", code=2)
    assert "did you mean `Kept`" in err
