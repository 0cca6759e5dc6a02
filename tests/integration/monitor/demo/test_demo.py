"""The bundled newsroom, asked over HTTP as a feed reader asks it."""

from __future__ import annotations

import io
import re
import socket
import struct
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import feedparser
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from support.newsroom import PATIENCE

from monitor.demo.bulletins import bulletin
from monitor.demo.content import NARROW, NBSP, load, typeset
from monitor.demo.newsroom import WINDOW, DemoNewsroom
from monitor.demo.server import NewsroomServer

OPENED = 1_800_000_000.0
CONTENT = load()
OUTLETS = tuple(CONTENT.outlets.values())


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = OPENED

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def server(hands: Hands) -> Iterator[NewsroomServer]:
    with NewsroomServer(hands, pace=4.0, delay=0.3) as server:
        yield server


@pytest.fixture
def reader(server: NewsroomServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as reader:
        yield reader


def poll(reader: httpx.Client, server: NewsroomServer, slug: str) -> Any:
    answer = reader.get(server.feed_url(slug), follow_redirects=True)
    assert answer.status_code == 200
    return feedparser.parse(io.BytesIO(answer.content), answer.headers)


# --- what was written ------------------------------------------------------------


def test_there_is_a_newsroom_worth_watching() -> None:
    readable = [o for o in OUTLETS if o.quirk not in {"gone", "hopeless"}]
    languages = [CONTENT.outlets[piece.outlet].lang for piece in CONTENT.pieces]
    assert len(readable) >= 12
    assert {outlet.format for outlet in readable} == {"rss", "atom", "rdf"}
    assert min(languages.count("fr"), languages.count("en")) >= 30
    assert len({(piece.outlet, piece.slug) for piece in CONTENT.pieces}) == len(CONTENT.pieces)


def test_the_day_before_is_covered() -> None:
    hours = {int(piece.minutes_ago // 60) for piece in CONTENT.pieces}
    assert min(hours) == 0
    assert max(hours) < 24
    assert len(hours) >= 16


def test_wire_stories_are_carried_with_small_edits_and_other_headlines() -> None:
    copies = defaultdict(list)
    for piece in CONTENT.pieces:
        copies[piece.slug].append(piece)
    carried = {slug: pieces for slug, pieces in copies.items() if len(pieces) > 2}
    assert len(carried) == 2
    for pieces in carried.values():
        assert len(pieces) >= 5
        assert len({piece.title for piece in pieces}) == len(pieces)
        assert len({piece.text for piece in pieces}) >= 5
        assert min(len(piece.text) for piece in pieces) < len(pieces[0].text)
        original = shingles(" ".join(pieces[0].text))
        for copy in pieces[1:]:
            own = shingles(" ".join(copy.text))
            assert len(own & original) / len(own) > 0.7


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 4]) for start in range(len(words) - 3)}


@pytest.mark.parametrize(
    ("lang", "written", "printed"),
    [
        ("fr", "l'État : « oui » !", f"l’État{NBSP}: «{NBSP}oui{NBSP}»{NARROW}!"),
        ("fr", "14 000 colis, 8 %", f"14{NARROW}000 colis, 8{NBSP}%"),
        ("fr", "1,200 colis à 20:30", f"1{NARROW}200 colis à 20:30"),
        ("en", 'the port\'s "very" late', "the port’s “very” late"),
        ("en", "hauliers' lorries...", "hauliers’ lorries…"),
        ("en", "[@click=app.quit] 1,200", "[@click=app.quit] 1,200"),
    ],
)
def test_typography(lang: str, written: str, printed: str) -> None:
    assert typeset(written, lang) == printed


def test_french_is_printed_as_the_french_print_it() -> None:
    for piece in CONTENT.pieces:
        if CONTENT.outlets[piece.outlet].lang == "fr":
            assert not re.search(r"\w'\w| [:;!?»%]|« ", " ".join((piece.title, *piece.text)))


# --- feeds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "version", "entries"),
    [
        ("fil-wallon", "rss20", 5),
        ("courrier-meuse", "rss20", 6),
        ("depeche-bruxelles", "atom10", 5),
        ("eclaireur", "rss20", 4),
        ("estuaire", "rss20", 5),
        ("cyber-sentinelle", "rss10", 5),
        ("guetteur-nord", "rss20", 4),
        ("radio-escaut", "rss20", 4),
        ("portail-logistique", "", 0),
        ("harbour-rail", "rss20", 5),
        ("thames-ledger", "atom10", 6),
        ("channel-security", "rss20", 5),
        ("wafer-report", "atom10", 5),
        ("brussels-trade", "rss10", 5),
        ("quayside-notes", "rss20", 4),
        ("raw-wire", "rss20", 10),
    ],
)
def test_every_feed_reads_as_what_it_is(
    reader: httpx.Client, server: NewsroomServer, slug: str, version: str, entries: int
) -> None:
    feed = poll(reader, server, slug)
    assert (feed.version, len(feed.entries)) == (version, entries)
    assert bool(feed.bozo) == (slug in {"radio-escaut", "portail-logistique", "raw-wire"})
    for entry in feed.entries:
        assert entry.title
        assert entry.summary
        assert entry.link.startswith(f"{server.url}/{slug}/")


def test_whole_articles_only_where_the_outlet_gives_them(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    story = "surete-examine-centre-tri"
    bodies: dict[str, Any] = {
        slug: next(e for e in poll(reader, server, slug).entries if story in e.link).get("content")
        for slug in ("fil-wallon", "cyber-sentinelle", "depeche-bruxelles", "estuaire")
    }
    assert bodies["estuaire"] is None
    for slug in ("fil-wallon", "cyber-sentinelle", "depeche-bruxelles"):
        assert "sang-froid" in bodies[slug][0].value


def test_only_the_page_of_the_truncated_article_names_cainiao(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    feed = reader.get(server.feed_url("eclaireur")).text
    entry = poll(reader, server, "eclaireur").entries[0]
    page = reader.get(entry.link).text
    assert entry.summary.endswith("rayonnages […]")
    assert "Cainiao" not in feed
    assert "Cainiao" in page


@pytest.mark.parametrize("slug", ["eclaireur", "thames-ledger"])
def test_the_text_can_be_told_from_the_rest_of_its_page(
    reader: httpx.Client, server: NewsroomServer, slug: str
) -> None:
    pytest.importorskip("lxml_html_clean", reason="trafilatura needs it")
    fulltext = pytest.importorskip("monitor.parse.article_page")
    piece = next(piece for piece in CONTENT.pieces if piece.outlet == slug)
    page = reader.get(f"/{slug}/{piece.slug}.html")
    text = fulltext.extract(page.content, str(page.url), page.headers["Content-Type"])
    assert "cookies" in page.text
    assert "cookies" not in text
    for paragraph in piece.text[1:]:  # the lead stands apart, as on many sites
        assert " ".join(paragraph.split()) in " ".join(text.split())


def test_latin_1(reader: httpx.Client, server: NewsroomServer) -> None:
    body = reader.get(server.feed_url("estuaire")).content
    assert "entré".encode("iso-8859-1") in body
    assert "entré".encode() not in body
    titles = [entry.title for entry in poll(reader, server, "estuaire").entries]
    assert f"Le Havre{NBSP}: le plus haut portique d’Europe est arrivé par la mer" in titles


def test_broken_xml_still_tells_its_entries_apart(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    feed = poll(reader, server, "radio-escaut")
    mussels = [entry for entry in feed.entries if "moules" in entry.title]
    assert len(mussels) == 1
    assert "éternels & des métaux" in mussels[0].summary
    assert "vent" not in mussels[0].summary


def test_hostile_headlines_arrive_armed(reader: httpx.Client, server: NewsroomServer) -> None:
    titles = "\n".join(entry.title for entry in poll(reader, server, "raw-wire").entries)
    for payload in (
        *("[/]", "[bold red]", "[@click=app.quit]", "\x1b[2J", "\x1b]52;c;", "\u202e", "\u200b"),
        *("<script>", "=HYPERLINK", "Donaudampfschifffahrtselektrizit"),
    ):
        assert payload in titles


def test_careless_dates(reader: httpx.Client, server: NewsroomServer) -> None:
    dates = {
        entry.title: entry.get("published")
        for entry in poll(reader, server, "quayside-notes").entries
    }
    assert dates["Fog, and a kettle"] is None
    assert dates["Testing, testing"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    ahead = feedparser.datetimes._parse_date(dates["Open day at the old ropewalk: bring gloves"])
    assert time.strftime("%Y-%m-%d", ahead) > time.strftime("%Y-%m-%d", time.gmtime(OPENED))


def test_ids_last_except_where_the_outlet_reissues_everything(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    def ids(slug: str) -> tuple[list[str], list[str]]:
        entries = poll(reader, server, slug).entries
        return [entry.id for entry in entries], [entry.link for entry in entries]

    assert ids("fil-wallon") == ids("fil-wallon")
    first, second = ids("guetteur-nord"), ids("guetteur-nord")
    assert not set(first[0]) & set(second[0])
    assert first[1] == second[1]


def test_an_article_is_corrected_after_a_minute(
    reader: httpx.Client, server: NewsroomServer, hands: Hands
) -> None:
    def photonics() -> Any:
        entries = poll(reader, server, "wafer-report").entries
        return next(entry for entry in entries if "photonics" in entry.title)

    before = photonics()
    hands.now += 60
    after = photonics()
    assert "Cainiao" not in before.content[0].value
    assert "Cainiao" in after.content[0].value
    assert after.title.endswith("(corrected)")
    assert (after.id, after.published) == (before.id, before.published)
    assert after.updated > before.updated
    assert "Cainiao" in reader.get(after.link).text


# --- time ------------------------------------------------------------------------


def test_news_arrives_while_one_watches(
    reader: httpx.Client, server: NewsroomServer, hands: Hands
) -> None:
    def everything() -> set[str]:
        slugs = [o.slug for o in OUTLETS if o.quirk not in {"gone", "slow"}]
        return {entry.link for slug in slugs for entry in poll(reader, server, slug).entries}

    at_opening = everything()
    hands.now += 60
    later = everything()
    assert 10 <= len(later - at_opening) <= 40
    assert reader.get(sorted(later - at_opening)[0]).status_code == 200


@settings(deadline=None, max_examples=40)
@given(
    outlet=st.sampled_from(OUTLETS), age=st.floats(0, 40 * 86_400), wait=st.floats(0, 2 * 86_400)
)
def test_what_is_published_is_past_ordered_and_stays(outlet: Any, age: float, wait: float) -> None:
    newsroom = DemoNewsroom(CONTENT, OPENED)
    now = OPENED + age
    page = newsroom.dispatches(outlet, now)
    assert len(page) <= WINDOW
    assert len({dispatch.slug for dispatch in page}) == len(page)
    assert [dispatch.out for dispatch in page] == sorted((d.out for d in page), reverse=True)
    for dispatch in page:
        assert dispatch.out <= now
        if not re.search(r"[a-z]$", dispatch.slug):
            assert newsroom.find(outlet, dispatch.slug, dispatch.out - 0.01) is None
        found = newsroom.find(outlet, dispatch.slug, now + wait)
        assert found
        assert (found.slug, found.out) == (dispatch.slug, dispatch.out)


@settings(deadline=None, max_examples=10)
@given(st.floats(60, 1e8))
def test_the_stream_never_dries_up(age: float) -> None:
    newsroom = DemoNewsroom(CONTENT, OPENED)
    newest = max(d.out for outlet in OUTLETS for d in newsroom.dispatches(outlet, OPENED + age))
    assert OPENED + age - newest < 20


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 10**8))
def test_every_bulletin_can_be_printed(number: int) -> None:
    told = bulletin(CONTENT.patterns, number)
    assert told.headlines
    languages = {CONTENT.outlets[slug].lang for slug in told.headlines}
    assert len(languages) == 1
    for text in (*told.headlines.values(), *told.text):
        assert not re.search(r"[{}]|\w'\w|\s\s", text)
        assert text[0].isupper() or text[0] in "«“0123456789£"
        assert not re.search(r"[.!?] [a-zà-ÿ]", text)


def test_bulletins_differ() -> None:
    told = [bulletin(CONTENT.patterns, number) for number in range(1_000)]
    assert len({one.text for one in told}) == len(told)
    assert len({next(iter(one.headlines.values())) for one in told}) > 600


def test_bulletins_are_no_copies_of_each_other() -> None:
    told = [shingles(" ".join(bulletin(CONTENT.patterns, n).text)) for n in range(250)]
    alike = [
        (one, other)
        for one in range(len(told))
        for other in range(one)
        if len(told[one] & told[other]) >= min(len(told[one]), len(told[other])) / 2
    ]
    assert len(alike) <= 3


# --- HTTP ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("validator", "condition"),
    [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")],
)
def test_unchanged_feeds_answer_304_until_something_is_new(
    reader: httpx.Client, server: NewsroomServer, hands: Hands, validator: str, condition: str
) -> None:
    url = server.feed_url("harbour-rail")
    first = reader.get(url)
    known = {condition: first.headers[validator]}
    again = reader.get(url, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers[validator] == first.headers[validator]
    hands.now += 300
    later = reader.get(url, headers=known)
    assert later.status_code == 200
    assert later.content != first.content


@pytest.mark.parametrize("nonsense", ["yesterday", "", "Mon, 99 Foo 2020 00:00:00 GMT"])
def test_a_condition_that_cannot_be_read_is_ignored(
    reader: httpx.Client, server: NewsroomServer, nonsense: str
) -> None:
    headers = {"If-Modified-Since": nonsense}
    assert reader.get(server.feed_url("harbour-rail"), headers=headers).status_code == 200


def test_an_etag_among_others_is_recognised(reader: httpx.Client, server: NewsroomServer) -> None:
    url = server.feed_url("fil-wallon")
    etag = reader.get(url).headers["ETag"]
    known = {"If-None-Match": f'"other", {etag}', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00"}
    assert reader.get(url, headers=known).status_code == 304


def test_gzip_only_for_those_who_accept_it(reader: httpx.Client, server: NewsroomServer) -> None:
    url = server.feed_url("fil-wallon")
    packed = reader.get(url, headers={"Accept-Encoding": "gzip"})
    plain = reader.get(url, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2


def test_head_tells_the_length_and_sends_nothing(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    headers = {"Accept-Encoding": "identity"}
    head = reader.head(server.feed_url("fil-wallon"), headers=headers)
    body = reader.get(server.feed_url("fil-wallon"), headers=headers)
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(body.content))


def test_moved_for_good(reader: httpx.Client, server: NewsroomServer) -> None:
    answer = reader.get(server.feed_url("wafer-report"))
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/wafer-report/feed.xml"


def test_gone_hopeless_and_unknown(reader: httpx.Client, server: NewsroomServer) -> None:
    assert reader.get(server.feed_url("freight-yesterday")).status_code == 410
    hopeless = reader.get(server.feed_url("portail-logistique"))
    assert hopeless.status_code == 200
    assert hopeless.headers["Content-Type"].startswith("text/html")
    for path in ("/nobody/feed.xml", "/fil-wallon/never-was.html", "/fil-wallon/x-7.html"):
        assert reader.get(path).status_code == 404


def test_slow_but_it_answers(reader: httpx.Client, server: NewsroomServer) -> None:
    started = time.monotonic()
    assert reader.get(server.feed_url("brussels-trade")).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_reader_who_does_not_wait_is_not_an_error(
    server: NewsroomServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset
        reader.sendall(b"GET /brussels-trade/feed.xml HTTP/1.1\r\nHost: newsroom\r\n\r\n")
        time.sleep(0.05)
    time.sleep(server.delay + 0.1)
    assert not caplog.records
    assert capfd.readouterr().err == ""


def test_stopping_waits_for_nobody(hands: Hands, caplog: pytest.LogCaptureFixture) -> None:
    with httpx.Client() as reader:
        with NewsroomServer(hands, delay=60.0) as server:
            url = server.feed_url("fil-wallon")
            reader.get(url)
            started = time.monotonic()
        assert time.monotonic() - started < 30
        with pytest.raises(httpx.TransportError):
            reader.get(url)
    assert not caplog.records
    with pytest.raises(RuntimeError, match="closed"):
        server.feed_url("fil-wallon")


# --- pages and subscriptions ------------------------------------------------------


def test_every_link_of_the_site_leads_somewhere(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    def links(page: str) -> set[str]:
        return set(re.findall(rf'<li[^>]*><a href="({server.url}[^"#]+)"', page))

    fronts = links(reader.get("/").text)
    assert len(fronts) == len(OUTLETS)
    articles = set()
    for front in fronts:
        answer = reader.get(front)
        assert answer.status_code == 410 if "freight-yesterday" in front else 200
        articles |= links(answer.text)
    assert len(articles) == len(CONTENT.pieces)
    assert {reader.get(article).status_code for article in articles} == {200}


def test_hostile_headlines_are_harmless_on_pages(reader: httpx.Client) -> None:
    page = reader.get("/raw-wire/script.html").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_front_pages_tell_where_the_feed_is(reader: httpx.Client, server: NewsroomServer) -> None:
    page = reader.get("/thames-ledger/").text
    assert re.search(r'rel="alternate" type="application/atom\+xml".*href="([^"]+)"', page)
    assert f'href="{server.url}/thames-ledger/feed.xml"' in page


def test_feeds_yaml_subscribes_to_every_outlet(server: NewsroomServer) -> None:
    config = YAML(typ="safe").load(server.feeds_yaml())
    subscribed = {feed["url"]: feed for feed in config["feeds"]}
    assert config["network"] == {"allow": ["127.0.0.0/8"]}
    assert set(subscribed) == {server.feed_url(outlet.slug) for outlet in OUTLETS}
    assert {feed["name"] for feed in config["feeds"]} == {outlet.name for outlet in OUTLETS}
    assert [f["url"] for f in config["feeds"] if f.get("full_text")] == [
        server.feed_url("eclaireur")
    ]
    for outlet in OUTLETS:
        feed = subscribed[server.feed_url(outlet.slug)]
        assert feed.get("lang", outlet.lang) == outlet.lang
        assert re.fullmatch(r"\d+s", feed["every"])


def test_feeds_yaml_is_a_configuration(server: NewsroomServer, tmp_path: Any) -> None:
    config = pytest.importorskip("monitor.config")
    path = tmp_path / "feeds.yaml"
    path.write_text(server.feeds_yaml(), encoding="utf-8")
    loaded = config.load(path)
    assert len(loaded.feeds) == len(OUTLETS)
    assert {"Alibaba", "Cainiao", "Espionnage"} <= {w.name for w in loaded.watchlists}
