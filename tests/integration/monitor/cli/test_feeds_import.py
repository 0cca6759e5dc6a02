"""`tocsin feeds import` and `export`: lists of other readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.feeds_commands import YAML, names, run
from support.newsroom import LOOPBACK, Newsroom
from support.originals import lists
from support.scripted_server import Web

from monitor.config import addresses
from monitor.config.loading import load
from monitor.intake import opml
from monitor.presentation.service.subscriptions import new_among, subscribe


def test_an_export_is_imported_again(newsroom: Newsroom, tmp_path: Path, publisher: Web) -> None:
    run(newsroom, "add", publisher.url("/fil"), "--tag", "belgique", "--tag", "presse")
    run(newsroom, "export", "list.opml")
    (tmp_path / "other").mkdir()
    other = Newsroom(tmp_path / "other")
    other.config.write_text(YAML.format(url="https://x.org", allow=LOOPBACK))
    out, err = run(other, "import", str(tmp_path / "list.opml"))
    assert f"added Le Fil : l’info (belgique, presse): {publisher.url('/fil')}\n" in out
    assert "2 added, 0 subscribed to already, 0 refused" in err
    feeds = [(feed.url, feed.tags) for feed in load(other.config).feeds]
    assert (publisher.url("/fil"), ("belgique", "presse")) in feeds
    _, err = run(other, "import", str(tmp_path / "list.opml"))
    assert "0 added, 2 subscribed to already" in err
    assert opml.read(run(newsroom, "export")[0].encode(), "x")


URLS = """\
# my feeds

https://a.example.org/rss "~L'Écho : à Liège" belgique "Presse locale" !
https://b.example.org/rss#top   cyber
"https://c.example.org/rss?a=1&b=2" "~say \\"hello\\""
"query:Unread of \\"Liège\\":unread = \\"yes\\" and title =~ \\"Liège <\\""
filter:~/bin/cut.py:https://d.example.org/rss
"exec:~/bin/make_feed.sh" tech
https://e.example.org/rss "~never closed
gopher://f.example.org
"""


@pytest.mark.parametrize("encode", [str.encode, lambda text: text.encode("utf-8-sig")])
def test_the_urls_of_newsboat_are_imported_as_they_are(
    newsroom: Newsroom, tmp_path: Path, encode: Callable[[str], bytes]
) -> None:
    (tmp_path / "urls").write_bytes(encode(URLS).replace(b"\n", b"\r\n"))
    _, err = run(newsroom, "import", str(tmp_path / "urls"))
    assert "3 added, 0 subscribed to already, 5 refused" in err
    assert [(feed.url, feed.name, feed.tags) for feed in load(newsroom.config).feeds[-3:]] == [
        ("https://a.example.org/rss", "L'Écho : à Liège", ("belgique", "presse-locale")),
        ("https://b.example.org/rss#top", "b.example.org", ("cyber",)),
        ("https://c.example.org/rss?a=1&b=2", 'say "hello"', ()),
    ]
    assert 'line 6: a query feed, `Unread of "Liège"`' in err
    assert "line 7: `filter:`" in err and "line 8: `exec:`" in err
    assert "line 9: a quotation mark is open" in err
    assert "gopher" in err


def test_queries_of_newsboat_alone_add_nothing(newsroom: Newsroom, tmp_path: Path) -> None:
    before = newsroom.config.read_text()
    (tmp_path / "urls").write_text('"query:All:unread = \\"yes\\""\n')
    _, err = run(newsroom, "import", str(tmp_path / "urls"))
    assert "0 added, 0 subscribed to already, 1 refused" in err
    assert newsroom.config.read_text() == before


def test_the_import_of_articles_names_the_command_for_a_list(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    (tmp_path / "list.opml").write_text("\ufeff <?xml version='1.0'?><opml/>")
    done = newsroom.here("import", str(tmp_path / "list.opml"))
    assert done.returncode == 2
    assert "`tocsin feeds import` reads a list of feeds" in done.stderr


def test_a_broken_list_changes_nothing(newsroom: Newsroom, tmp_path: Path) -> None:
    before = newsroom.config.read_text()
    (tmp_path / "l.opml").write_text("<opml><body><outline xmlUrl='https://a.org/'></opml>")
    _, err = run(newsroom, "import", str(tmp_path / "l.opml"), code=1)
    assert "l.opml: broken XML" in err
    assert newsroom.config.read_text() == before


def test_addresses_that_cannot_be_polled_are_told(newsroom: Newsroom, tmp_path: Path) -> None:
    outlines = "".join(
        f"<outline text='{text}' xmlUrl='{url}'/>"
        for text, url in [("A", "ftp://a.org"), ("A", "https://a.org"), ("A", "https://b.org"),
                          ("=x: [", "https://c.org"), ("B", "http://www.a.org/")]
    )  # fmt: skip
    (tmp_path / "l.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    _, err = run(newsroom, "import", str(tmp_path / "l.opml"))
    assert "ftp://" in err
    assert "3 added, 0 subscribed to already, 1 refused; 1 twice in the file" in err
    assert "twice in the file: http://www.a.org/, as A\n" in err
    assert names(newsroom) == ["Kept", "A", "A (b.org)", "=x: ["]


def test_every_list_that_can_be_read_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    imported = 0
    for name, (body, count) in lists().items():
        if count is None:
            continue
        valid = [feed for feed in opml.read(body, name) if is_valid(feed.url)]
        imported += len(valid)
        path.write_text(YAML.format(url="https://kept.org/", allow=LOOPBACK))
        fresh, doubles = new_among(valid, load(path))
        assert len(fresh) + len(doubles) == len(valid)
        assert len(subscribe(path, None, fresh).feeds) == 1 + len(fresh), name
    assert imported > 40


DOUBLES = [
    "https://kept.example/rss",
    "http://kept.example/rss",
    "https://kept.example/rss/",
    "http://www.kept.example/rss/",
    "https://KEPT.example:443/rss",
    "http://kept.example:80/rss",
    "https://kept.example/rss?utm_source=x&utm_medium=y",
    "https://kept.example/rss/?xtor=RSS-1",
    "https://kept.example/rss#top",
    "https://me:secret@kept.example/rss",
]


@pytest.mark.parametrize("url", DOUBLES)
def test_a_double_in_a_list_is_named_however_spelt(tmp_path: Path, url: str) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=DOUBLES[0], allow=LOOPBACK))
    before = room.config.read_bytes()
    outline = f'<outline text="Autre" xmlUrl="{url.replace("&", "&amp;")}"/>'
    (tmp_path / "list.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
    _, err = run(room, "import", str(tmp_path / "list.opml"))
    assert re.search(r"^subscribed to already: \S+, as Kept$", err, re.M), err
    assert "0 added, 1 subscribed to already, 0 refused" in err
    assert "secret" not in err
    assert room.config.read_bytes() == before


OTHERS = [
    *("https://kept.example/rss2", "https://kept.example/rss?cat=1"),
    *("https://kept.example:8443/rss", "https://b.kept.example/rss"),
]


@pytest.mark.parametrize("url", OTHERS)
def test_another_feed_of_the_same_host_is_no_double(tmp_path: Path, url: str) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=DOUBLES[0], allow=LOOPBACK))
    outline = f'<outline text="Autre" xmlUrl="{url}"/>'
    (tmp_path / "list.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
    out, _ = run(room, "import", str(tmp_path / "list.opml"))
    assert out.startswith("added Autre: ")


def test_a_list_gets_no_credentials_by_its_folders(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(
        "feeds: [{url: 'https://journal.example/a', tags: presse}]\nwatchlists: []\n"
        "tags: {presse: {every: 5m}}\n"
        "hosts: {journal.example: {auth: {bearer: hunter2}}}\n"
    )
    feeds = ("https://evil.example/x", "https://journal.example/b", "http://journal.example/c")
    outlines = "".join(f"<outline text='{url}' xmlUrl='{url}'/>" for url in feeds)
    (tmp_path / "l.opml").write_text(
        f"<opml><body><outline text='Presse'>{outlines}</outline></body></opml>"
    )
    _, err = run(room, "import", str(tmp_path / "l.opml"))
    has_headers = {feed.url: bool(feed.request_options.headers) for feed in load(room.config).feeds}
    assert has_headers == {"https://journal.example/a": True} | dict(
        zip(feeds, (False, True, False), strict=True)
    )
    assert "hunter2" not in err


def test_a_list_with_a_token_of_a_tag_is_refused_with_the_way_out(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(
        "feeds: [{url: 'https://journal.example/a', tags: presse}]\nwatchlists: []\n"
        "tags: {presse: {auth: {bearer: hunter2}}}\n"
    )
    outline = "<outline text='Presse'><outline xmlUrl='https://evil.example/x'/></outline>"
    (tmp_path / "l.opml").write_text(f"<opml><body>{outline}</body></opml>")
    before = room.config.read_text()
    _, err = run(room, "import", str(tmp_path / "l.opml"), code=2)
    assert "`auth` belongs to a host or a feed: write it under `hosts: HOST:`" in err
    assert "hunter2" not in err
    assert room.config.read_text() == before


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://[2001:db8::1]/rss", "1 added, 0 subscribed to already, 0 refused"),
        ("http://[2001:db8::1]:8080/rss", "1 added, 0 subscribed to already, 0 refused"),
        ("http://[fe80::1%25eth0]/x", "0 refused"),
        ("http://[::1]x/", "is not an address; write https://"),
        ("http://[v1.x]/a", "is not an address; write https://"),
        ("http://[::1", "is not an address; write https://"),
        ("http://[zz]/x", "is not an address; write https://"),
    ],
)
def test_an_address_with_a_number_in_brackets(tmp_path: Path, url: str, message: str) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text("feeds: [https://a.example/rss]\nwatchlists: []\n")
    (tmp_path / "l.opml").write_text(f"<opml><body><outline xmlUrl='{url}'/></body></opml>")
    _, err = run(room, "import", str(tmp_path / "l.opml"))
    assert message in err
    load(room.config)


def is_valid(url: str) -> bool:
    try:
        return bool(addresses.url(url))
    except ValueError as error:
        assert str(error)
        return False
