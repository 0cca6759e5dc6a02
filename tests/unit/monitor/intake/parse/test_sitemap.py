"""Tests of the parsing of sitemaps: of news, of pages, and indices of sitemaps."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress

import pytest
from support.feed_mutations import mutated
from support.sitemaps import News, index, news_sitemap, sitemap

from monitor.base.errors import ParseError
from monitor.base.text_cleaning import clean
from monitor.intake.parse.sitemap import CHILDREN, MOST
from monitor.intake.parse.workers import parse
from monitor.model.feed import FEED, Source, SourceKind
from monitor.model.poll import ParsedFeed

URL = "https://journal.example/sitemap-news.xml"
LIEGE = News(
    "https://journal.example/liege/entrepot.html",
    "L’entrepôt de Liège & la sûreté",
    "2023-10-09T09:09:00+02:00",
    keywords="Cainiao, Liège",
)
NEWS = news_sitemap(LIEGE, extra="<url><loc>https://journal.example/qui.html</loc></url>")


def read(document: str | bytes, since: str = "") -> ParsedFeed:
    source = Source(kind=SourceKind.SITEMAP, since=since)
    body = document if isinstance(document, bytes) else document.encode()
    return parse(source, False, body, URL, "application/xml")


def test_the_news_of_a_sitemap() -> None:
    parsed = read(NEWS)
    (entry,) = parsed.entries
    assert (parsed.title, parsed.lang) == ("Le Journal", "fr")
    assert entry.title == "L’entrepôt de Liège & la sûreté"
    assert entry.url == "https://journal.example/liege/entrepot.html"
    assert entry.published == 1_696_835_340.0
    assert (entry.summary, entry.lang) == ("Cainiao, Liège", "fr")
    assert parsed.children == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<rss version='2.0'/>", "no sitemap"),
        (NEWS[:-30], "broken off"),
        ("<!doctype html><p>rien", "web page"),
        ("", "empty"),
        (gzip.compress(NEWS.encode())[:-20], "broken off"),
        (gzip.compress(b"<urlset>" + b" " * (51 << 20)), "larger than 50"),
    ],
)
def test_what_is_no_sitemap(document: str | bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read(document)


def test_a_sitemap_in_place_of_a_feed_is_named() -> None:
    for document in (NEWS, index(("/a.xml", ""))):
        with pytest.raises(ParseError, match="a sitemap; write `sitemap:`"):
            parse(FEED, False, document.encode(), URL, "application/xml")


def test_a_compressed_sitemap_that_does_not_say_so() -> None:
    assert read(gzip.compress(NEWS.encode())) == read(NEWS)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "utf-8-sig", "windows-1252"])
def test_the_encoding_of_a_sitemap(encoding: str) -> None:
    document = NEWS.replace("UTF-8", encoding.removesuffix("-sig")).replace("’", "'")
    assert read(document.encode(encoding)).entries[0].title == "L'entrepôt de Liège & la sûreté"


def test_titles_with_entities_bad_bytes_and_impossible_characters() -> None:
    for written in ("l&eacute;gende", "l&amp;eacute;gende", "l&#233;gende\x02", "l&#233;gende&#2;"):
        title = written.encode() + b" \xff"
        (entry,) = read(NEWS.encode().replace(b"la s\xc3\xbbret\xc3\xa9", title)).entries
        assert entry.title == "L’entrepôt de Liège & légende \ufffd"


def test_the_names_of_elements_count_and_not_their_prefixes() -> None:
    undeclared = NEWS.replace(' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', "")
    assert read(undeclared) == read(NEWS)
    image = "<image:image><image:loc>https://cdn.example/i.jpg</image:loc></image:image>"
    pictured = NEWS.replace("<url><loc>", f"<url>{image}<loc>", 1)
    assert read(pictured) == read(NEWS)


def test_a_sitemap_in_several_languages_says_that_of_each_entry() -> None:
    dutch = News("https://journal.example/nl/1", "De haven", LIEGE.date, lang="nl")
    english = News("https://journal.example/en/1", "The port", LIEGE.date, lang="eng")
    parsed = read(news_sitemap(dutch, LIEGE, LIEGE._replace(loc=LIEGE.loc + "?2"), english))
    assert parsed.lang == "fr"
    assert [entry.lang for entry in parsed.entries] == ["nl", "fr", "fr", "en"]


def test_entries_without_news_are_called_by_their_addresses() -> None:
    parsed = read(
        sitemap(
            ("https://journal.example/liege/l-entrepot-de-cainiao-123456.html", "2023-10-09"),
            ("https://journal.example/2023/10/08/s%C3%BBret%C3%A9_de_l_etat/", "2023-10-08"),
            ("https://journal.example/", "2023-10-09"),
            ("https://journal.example/778", "2023-10-07"),
        )
    )
    assert [(entry.title, entry.published) for entry in parsed.entries] == [
        ("L entrepot de cainiao", 1_696_809_600.0),
        ("Sûreté de l etat", 1_696_723_200.0),
        ("", 1_696_636_800.0),
    ]


def test_the_newest_entries_of_many_are_kept() -> None:
    days = [f"2023-{month:02}-{day:02}" for month in range(1, 9) for day in range(1, 28)] * 10
    random.Random(5).shuffle(days)
    entries = read(sitemap(*((f"https://e.example/an-{n}-x", d) for n, d in enumerate(days))))
    dates = sorted((entry.published or 0.0 for entry in entries.entries), reverse=True)
    assert len(dates) == MOST
    every = read(sitemap(*((f"https://e.example/un-{n}-x", d) for n, d in enumerate(days[:500]))))
    assert min(dates) > sorted(entry.published or 0.0 for entry in every.entries)[250]


def test_where_all_were_modified_now_the_ends_count_and_no_entry_has_a_date() -> None:
    now = "2023-10-09T09:09:00Z"
    addresses = [
        f"https://e.example/un-article-{chr(97 + n % 26)}/{n}-nouveau" for n in range(4000)
    ]
    entries = read(sitemap(*((address, now) for address in addresses))).entries
    half = MOST // 2
    assert [entry.url for entry in entries] == addresses[:half] + addresses[-half:]
    assert {entry.published for entry in entries} == {None}


def test_the_news_since_a_day_even_if_there_is_one_article() -> None:
    assert [entry.url for entry in read(NEWS, "2023-10-09").entries] == [LIEGE.loc]
    assert read(NEWS, "2023-10-10").entries == ()


def test_the_newest_sitemaps_of_an_index() -> None:
    months = [(f"/articles-{n}.xml", f"2023-{n:02}-28") for n in range(1, 13)]
    assert read(index(*months)).children == ("https://journal.example/articles-12.xml",)
    undated = read(index(*((path, "") for path, _ in months))).children
    assert {url[-6:-4] for url in undated} == {"-1", "12", "-2", "11"}
    assert len(undated) == CHILDREN
    lying = read(index(*((path, "2023-12-28T10:00:00Z") for path, _ in months)))
    assert lying.children == undated
    named = read(index(*months, ("/google-news.xml", "")))
    assert named.children == ("https://journal.example/google-news.xml",)
    assert read(index()).children == read(index()).entries == ()


def test_hostile_sitemaps_fail_or_are_read() -> None:
    laughs = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'ha'}'>" for n in range(9))
    file = "<!DOCTYPE u [<!ENTITY e8 SYSTEM 'file:///etc/passwd'>]>"
    for doctype in (f"<!DOCTYPE u [{laughs}]>", file, "<!DOCTYPE u [" + " " * 90_000 + "]>"):
        hostile = doctype + NEWS.partition("?>")[2].replace("sûreté", "&e8;")
        with suppress(ParseError):
            (entry,) = read(hostile).entries
            assert entry.title == "L’entrepôt de Liège & la &e8;"
    for body in ("<urlset>" + "<a>" * 100_000, "<urlset " + "a='b' " * 9 + "/>", "<urlset>\0" * 9):
        with suppress(ParseError):
            assert read(body).entries == ()


def test_mutants_of_sitemaps_fail_or_are_read() -> None:
    originals = [NEWS.encode(), index(("/a.xml", "2023-10-09")).encode(),
                 sitemap(("https://j.example/un-article", "2023")).encode(),
                 gzip.compress(NEWS.encode())]  # fmt: skip
    outcomes = set()
    for body in (mutated(originals, 3, n).body for n in range(2_000)):
        try:
            parsed = read(body)
        except ParseError as error:
            outcomes.add(error.reason[:12])
        else:
            outcomes.add("read")
            for entry in parsed.entries:
                assert entry.url.startswith(("http://", "https://"))
                assert entry.title == clean(entry.title)
    assert len(outcomes) == 3  # also: no sitemap, and broken off
