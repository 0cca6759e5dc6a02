"""`tocsin feeds add`: feeds found, named, and written into feeds.yaml."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pexpect
import pytest
from support.feeds_commands import WIRE, YAML, names, page, run
from support.listings import TITLES, listings
from support.newsroom import LOOPBACK, TOCSIN, Newsroom
from support.scripted_server import Reply, Web

from monitor.config.loading import load

pytestmark = pytest.mark.costly
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def test_a_feed_is_added_and_nothing_else_changes(newsroom: Newsroom, publisher: Web) -> None:
    before = newsroom.config.read_text()
    newsroom.config.chmod(0o640)
    out, _ = run(newsroom, "add", publisher.url("/fil"), "--tag", "Belgique")
    assert out == f"added Le Fil : l’info: RSS 2.0, 2 entries, fr; {publisher.url('/fil')}\n"
    added = (
        f"    name: Kept   # why\n  - url: {publisher.url('/fil')}\n"
        '    name: "Le Fil : l’info"\n    tags: [belgique]\n'
    )
    assert newsroom.config.read_text() == before.replace("    name: Kept   # why\n", added)
    assert newsroom.config.stat().st_mode & 0o777 == 0o640


def test_the_feed_of_a_site_is_found(newsroom: Newsroom, publisher: Web) -> None:
    out, _ = run(newsroom, "add", publisher.url("/one"), publisher.url("/notes.json"))
    assert re.findall("^added (.*?): (RSS|JSON)", out, re.M) == [
        ("Le Fil : l’info", "RSS"), ("Notes", "JSON"),
    ]  # fmt: skip
    assert load(newsroom.config).feeds[1].url == publisher.url("/fil")


def test_a_feed_that_has_moved_is_added_where_it_is(newsroom: Newsroom, publisher: Web) -> None:
    run(newsroom, "add", publisher.url("/moved"), "--name", "Fil")
    assert [(f.url, f.name) for f in load(newsroom.config).feeds[1:]] == [
        (publisher.url("/fil"), "Fil")
    ]


def test_a_password_stays_with_its_address(newsroom: Newsroom, publisher: Web) -> None:
    url = publisher.url("/moved").replace("//", "//me:secret@")
    out, err = run(newsroom, "add", url)
    assert "secret" not in out + err
    assert "its password is now in feeds.yaml; `auth:` can keep it elsewhere" in err
    assert f"url: {url}\n" in newsroom.config.read_text()
    feed = load(newsroom.config).feeds[1]
    assert feed.url == publisher.url("/moved")
    assert feed.request_options.headers[0][1].text == "Basic bWU6c2VjcmV0"
    exported, _ = run(newsroom, "export")
    assert publisher.url("/moved") in exported
    assert "secret" not in exported


def test_a_site_that_names_none_is_tried_at_the_usual_places(tmp_path: Path) -> None:
    with Web() as web:
        web.on("/", Reply(body=page()))
        web.on("/rss.xml", Reply(body=WIRE))
        room = Newsroom(tmp_path)
        room.config.write_text(YAML.format(url=web.url("/kept"), allow=LOOPBACK))
        out, _ = run(room, "add", web.url("/"))
        assert web.url("/rss.xml") in out
        assert [request.path for request in web.requests] == ["/", "/feed", "/rss", "/rss.xml"]


def test_several_feeds_are_listed_and_none_is_added(newsroom: Newsroom, publisher: Web) -> None:
    before = newsroom.config.read_text()
    _, err = run(newsroom, "add", publisher.url("/two"), code=1)
    assert re.search(r"1  Le Fil : l’info: RSS 2.0, 2 entries, fr; .*\n  2  The Wire: ", err)
    assert "or --all" in err
    assert newsroom.config.read_text() == before


def test_all_of_several(newsroom: Newsroom, publisher: Web) -> None:
    run(newsroom, "add", "--all", publisher.url("/two"))
    assert names(newsroom) == ["Kept", "Le Fil : l’info", "The Wire"]


def test_a_terminal_is_asked(newsroom: Newsroom, publisher: Web) -> None:
    environ: dict[str, Any] = {**os.environ, "TERM": "dumb"}
    with pexpect.spawn(
        str(TOCSIN), ["feeds", "add", publisher.url("/two")],
        cwd=newsroom.folder, env=environ, encoding="utf-8", timeout=60,
    ) as child:  # fmt: skip
        child.expect("Which")
        child.sendline("7")
        child.expect("Which")
        child.sendline("2")
        child.expect(pexpect.EOF)
    assert names(newsroom) == ["Kept", "The Wire"]


def test_what_is_subscribed_to_is_named_and_not_added(newsroom: Newsroom, publisher: Web) -> None:
    run(newsroom, "add", publisher.url("/fil"))
    before = newsroom.config.read_text()
    _, err = run(
        newsroom, "add", publisher.url("/fil?utm_source=x"), publisher.url("/fil/"), code=1
    )
    assert re.search("subscribed to already: .*, as Le Fil : l’info", err)
    assert newsroom.config.read_text() == before


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/none", "web page"),
        ("/broken", "410 Gone"),
        ("/busy", "503 Service Unavailable"),
        ("/nowhere", "404 Not Found"),
    ],
)
def test_what_is_no_feed_is_told_and_the_others_added(
    newsroom: Newsroom, publisher: Web, path: str, reason: str
) -> None:
    out, err = run(newsroom, "add", publisher.url(path), publisher.url("/wire"), code=1)
    assert reason in err
    assert "added The Wire" in out
    assert names(newsroom) == ["Kept", "The Wire"]


@pytest.mark.parametrize(
    "args",
    [("--name", "x", "u", "v"), ("--tag", "a b", "u"), ()],
)
def test_misuse(newsroom: Newsroom, args: tuple[str, ...]) -> None:
    run(newsroom, "add", *args, code=2)


def test_a_file_that_is_not_well_stays_as_it_is(newsroom: Newsroom, publisher: Web) -> None:
    newsroom.config.write_text("feeds: [x\n")
    run(newsroom, "add", publisher.url("/wire"), code=2)
    assert newsroom.config.read_text() == "feeds: [x\n"


def test_a_page_becomes_a_source_by_one_of_its_headlines(
    newsroom: Newsroom, publisher: Web
) -> None:
    listing = next(listings())
    publisher.on("/actus", Reply(headers=HTML, body=listing.html.encode()))
    url = publisher.url("/actus")
    _, err = run(newsroom, "add", url, "--like", TITLES[1], code=2)
    assert "   2  2023-10-08  Le port d’Anvers ferme ses bassins\n" in err
    assert "add --yes" in err
    assert names(newsroom) == ["Kept"]
    out, _ = run(newsroom, "add", url, "--like", TITLES[1], "--yes")
    assert out == f"added Actualités: a page, 7 entries, fr; {url}\n"
    assert f"  - page: {url}\n    name: Actualités\n    item: article.card\n" in (
        newsroom.config.read_text()
    )
    out, _ = run(newsroom, "check", "Actualités")
    assert re.search("format +a page", out)
    newsroom.once()
    assert TITLES[1] in newsroom.here("search", "bassins").stdout
    _, err = run(newsroom, "add", url, "--like", "Rien de tel", "--yes", code=1)
    assert "no list of three or more articles on the page has this headline" in err


def test_a_page_that_robots_txt_forbids_is_not_read(newsroom: Newsroom) -> None:
    with Web() as web:
        web.on("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /actus"))
        _, err = run(newsroom, "add", web.url("/actus"), "--like", TITLES[1], "--yes", code=1)
        assert "forbids it" in err
        assert [request.path for request in web.requests] == ["/robots.txt"]


def test_a_page_that_changes_its_order_brings_nothing_and_one_that_changes_its_layout_fails(
    newsroom: Newsroom, publisher: Web
) -> None:
    html = next(listings()).html
    publisher.on("/liste", Reply(headers=HTML, body=html.encode()))
    run(newsroom, "add", publisher.url("/liste"), "--like", TITLES[1], "--yes", "--name", "Liste")
    newsroom.once("--now")
    assert newsroom.counts()[0] == 7
    first, *articles, last = html.split("<article")
    ending = last[last.index("</article>") :]
    articles.append(last[: last.index("</article>")] + "</article>\n")
    reordered = "<article".join((first, *reversed(articles))) + ending
    publisher.on("/liste", Reply(headers=HTML, body=reordered.encode()))
    newsroom.once("--now")
    assert newsroom.counts()[0] == 7
    publisher.on("/liste", Reply(headers=HTML, body=html.replace("<article", "<div").encode()))
    newsroom.once("--now")
    row = next(feed for feed in newsroom.json("feeds", "--json") if feed["name"] == "Liste")
    assert "the page has no `article.card` with a headline and a link" in row["reason"]
