"""Tests of the parsing of feeds."""

from __future__ import annotations

import time
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.originals import feeds, hostile_feeds, news

from index.analysis.text_features import packed, text_features, unpacked
from monitor.base.errors import ParseError
from monitor.base.text_cleaning import clean
from monitor.intake.parse.document import FEATURED, parse, with_features
from monitor.intake.parse.entry import keyed_entries
from monitor.model.poll import Entry, ParsedFeed

URL = "https://ex.org/flux/rss.xml"


def rss(items: str, channel: str = "") -> bytes:
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'"
        " xmlns:dc='http://purl.org/dc/elements/1.1/'"
        " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
        " xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
        " xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'>"
        f"<channel><title>Journal</title>{channel}{items}</channel></rss>"
    ).encode()


def atom(entries: str, attributes: str = "") -> bytes:
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom' {attributes}><title>Journal</title>"
        f"{entries}</feed>"
    ).encode()


def parsed(document: bytes, content_type: str = "application/xml") -> Entry:
    (entry,) = parse(document, URL, content_type).entries
    return entry


def test_an_rss_item() -> None:
    item = parsed(
        rss("""<item>
            <title>Alibaba dans le collimateur de la s&#251;ret&#233; belge</title>
            <link>https://ex.org/monde/alibaba?a=1&amp;b=2</link>
            <guid isPermaLink="false">art-296</guid>
            <pubDate>Mon, 09 Oct 2023 09:09:00 +0200</pubDate>
            <dc:creator>Ibrahima DIALLO</dc:creator>
            <description>&lt;p&gt;Le hub de &lt;b&gt;Li&amp;egrave;ge&lt;/b&gt;.&lt;/p&gt;
            </description>
            <content:encoded><![CDATA[<p>Le hub de Liège.</p><p>Cainiao y gère le site.</p>]]>
            </content:encoded></item>""")
    )
    assert (item,) == keyed_entries(
        [
            Entry(
                guid="art-296",
                url="https://ex.org/monde/alibaba?a=1&b=2",
                title="Alibaba dans le collimateur de la sûreté belge",
                summary="Le hub de Liège.",
                body="Le hub de Liège.\nCainiao y gère le site.",
                author="Ibrahima DIALLO",
                published=1696835340.0,
            )
        ]
    )


def test_an_atom_entry() -> None:
    item = parsed(
        atom(
            """<entry><title type="html">R&amp;amp;D : l&amp;#8217;essor</title>
            <id>tag:ex.org,2023:1</id>
            <link rel="edit" href="/edit/1"/><link rel="alternate" href="a/1"/>
            <published>2023-10-09T09:09:00+02:00</published>
            <updated>2023-10-09T10:00:00Z</updated>
            <author><name>A. B.</name></author><author><name>C. D.</name></author>
            <summary>Teaser</summary>
            <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Un</p><p>Deux
            trois</p></div></content></entry>""",
            "xml:base='https://ex.org/blog/'",
        )
    )
    assert (item,) == keyed_entries(
        [
            Entry(
                guid="tag:ex.org,2023:1",
                url="https://ex.org/blog/a/1",
                title="R&D : l’essor",
                summary="Teaser",
                body="Un\nDeux trois",
                author="A. B., C. D.",
                published=1696835340.0,
            )
        ]
    )


def test_an_rdf_item() -> None:
    document = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>J</title></channel><item rdf:about="https://ex.org/1"><title>T</title>
        <link>https://ex.org/1</link><dc:date>2023-10-09T09:09:00+02:00</dc:date></item></rdf:RDF>"""
    item = parsed(document)
    assert (item.guid, item.url, item.published) == (
        "https://ex.org/1",
        "https://ex.org/1",
        1696835340.0,
    )


def test_what_a_feed_says_of_itself() -> None:
    channel = (
        "<link>/journal</link><language>fr-BE</language><ttl>15</ttl>"
        "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
    )
    assert parse(rss("", channel), URL) == ParsedFeed(
        title="Journal", link="https://ex.org/journal", lang="fr", ttl=1800.0, format="RSS 2.0"
    )


@pytest.mark.parametrize(
    ("declared_language", "lang"),
    [("fr", "fr"), ("fr_FR", "fr"), ("EN-us", "en"), ("fra", "fr"), ("x", ""), ("français", "")],
)
def test_a_declared_language_is_two_letters(declared_language: str, lang: str) -> None:
    assert parse(rss("", f"<language>{declared_language}</language>"), URL).lang == lang


@pytest.mark.parametrize("ttl", ["", "0", "-5", "soon", "9" * 400, "²"])
def test_an_absurd_ttl_is_none(ttl: str) -> None:
    assert parse(rss("", f"<ttl>{ttl}</ttl>"), URL).ttl is None


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Mon, 09 Oct 2023 09:09:00 +0200", 1696835340.0),
        ("2023-10-09T07:09:00Z", 1696835340.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 4102444800.0),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("Mon, 99 Oct 2023 09:09:00 +0200", None),
        ("", None),
    ],
)
def test_a_date_is_kept_when_it_is_one(date: str, published: float | None) -> None:
    item = parsed(rss(f"<item><title>T</title><pubDate>{date}</pubDate></item>"))
    assert item.published == published


def test_an_entry_that_only_says_when_it_was_updated_was_published_then() -> None:
    item = parsed(atom("<entry><title>T</title><updated>1970-01-01T00:00:09Z</updated></entry>"))
    assert item.published == 9.0


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>https://ex.org/a</link>", "https://ex.org/a"),
        ("<link> https://ex.org/a \n</link>", "https://ex.org/a"),
        ("<link>/a</link>", "https://ex.org/a"),
        ("<link>a b</link>", "https://ex.org/flux/a%20b"),
        ("<link>//cdn.ex.org/a</link>", "https://cdn.ex.org/a"),
        ("<guid>https://ex.org/g</guid>", "https://ex.org/g"),
        ("<guid isPermaLink='true'>https://ex.org/g</guid>", "https://ex.org/g"),
        ("<guid isPermaLink='false'>https://ex.org/g</guid>", ""),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>file:///etc/passwd</link>", ""),
        ("<link>http://[</link>", ""),
        (
            "<link>https://feeds.proxy/1</link>"
            "<feedburner:origLink>https://ex.org/a</feedburner:origLink>",
            "https://ex.org/a",
        ),
        (
            "<link>https://ex.org/a</link><feedburner:origLink>none</feedburner:origLink>",
            "https://ex.org/a",
        ),
        (
            "<link>https://ex.org/a</link><feedburner:origLink>http://[</feedburner:origLink>",
            "https://ex.org/a",
        ),
        ("<guid>123</guid>", ""),
        ("<guid>/123</guid>", "https://ex.org/123"),
        ("<guid>123</guid><link>123</link>", "https://ex.org/flux/123"),
        ("<link>#123</link>", ""),
        ("<link>https://ex.org/flux/rss.xml#123</link>", ""),
        ("<link>https://ex.org/live#123</link>", "https://ex.org/live#123"),
        ("<enclosure url='https://ex.org/a.mp3'/>", ""),
    ],
)
def test_a_link_is_absolute_and_may_open(item: str, url: str) -> None:
    assert parsed(rss(f"<item><title>T</title>{item}</item>")).url == url


IANA = "http://www.iana.org/assignments/relation/"


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ("<link href='a'/>", "https://ex.org/flux/a"),
        ("<link rel='ALTERNATE' href='a'/>", "https://ex.org/flux/a"),
        (f"<link rel='self' href='s'/><link rel='{IANA}alternate' href='a'/>", "https://ex.org/flux/a"),
        (f"<link rel='{IANA}self' href='s'/>", "https://ex.org/flux/s"),
        ("<link rel='edit' href='e'/><link rel='self' href='s'/>", "https://ex.org/flux/s"),
        ("<link rel='related' href='r'/><link rel='self' href='s'/>", "https://ex.org/flux/s"),
        ("<link rel='related' href='r'/><link rel='edit' href='e'/>", "https://ex.org/flux/r"),
        ("<link rel='related' href='r'/><link rel='self' href='rss.xml'/>", "https://ex.org/flux/r"),
        ("<link rel='enclosure' href='e.mp3'/>", ""),
        ("<link href='#a'/>", ""),
        ("<id>1</id>", ""),
        ("<id>https://ex.org/1</id><link rel='related' href='r'/>", "https://ex.org/1"),
    ],
)  # fmt: skip
def test_the_link_of_an_atom_entry_is_the_first_of_these(links: str, url: str) -> None:
    assert parsed(atom(f"<entry><title>T</title>{links}</entry>")).url == url


@pytest.mark.parametrize(
    ("item", "source"),
    [
        ("<source url='https://www.lesoir.be'>Le  Soir</source>", ("Le Soir", "https://www.lesoir.be")),
        ("<source url='/rss'>Ici</source>", ("Ici", "https://ex.org/rss")),
        ("<source>Le Soir</source>", ("Le Soir", "")),
        ("<source url='javascript:1'/>", ("", "")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_where_an_item_is_from(item: str, source: tuple[str, str]) -> None:
    parsed_entry = parsed(rss(f"<item><title>T</title><link>https://ex.org/a</link>{item}</item>"))
    assert (parsed_entry.source, parsed_entry.source_url) == source


def test_where_an_atom_entry_and_one_of_bing_are_from() -> None:
    source = "<source><title>Blog</title><id>x</id><link href='https://b.org/'/></source>"
    entry = parsed(atom(f"<entry><title>T</title><link href='/1'/>{source}</entry>"))
    assert (entry.title, entry.url) == ("T", "https://ex.org/1")
    assert (entry.source, entry.source_url) == ("Blog", "https://b.org/")
    bing = (
        b"<rss version='2.0' xmlns:News='https://www.bing.com/news/search?q=a&amp;format=rss'>"
        b"<channel><item><title>T</title><link>http://www.bing.com/news/apiclick.aspx?ref=FexRss"
        b"&amp;url=https%3a%2f%2fwww.lesoir.be%2f1%3fa%3db&amp;c=2</link>"
        b"<News:Source>Le Soir</News:Source></item></channel></rss>"
    )
    entry = parsed(bing)
    assert entry.url == "https://www.lesoir.be/1?a=b"
    assert (entry.source, entry.source_url) == ("Le Soir", "https://www.lesoir.be/1?a=b")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://www.google.com/url?rct=j&amp;url=https://ex.org/a&amp;ct=ga", "https://ex.org/a"),
        ("https://www.google.be/url?q=https://ex.org/a%3Fb%3Dc", "https://ex.org/a?b=c"),
        ("https://www.google.com/url?url=nowhere", "https://www.google.com/url?url=nowhere"),
        (
            "https://other.org/url?url=https://ex.org/a",
            "https://other.org/url?url=https://ex.org/a",
        ),
    ],
)
def test_a_link_through_a_news_alert_is_that_of_the_article(link: str, url: str) -> None:
    assert parsed(rss(f"<item><title>T</title><link>{link}</link></item>")).url == url


def test_a_guid_does_not_depend_on_where_the_feed_was() -> None:
    document = rss("<item><guid>123</guid><title>T</title></item>")
    assert parse(document, "https://elsewhere.org/x").entries[0].guid == "123"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("AT&amp;T", "AT&T"),
        ("5 &lt; 6 et [/] [MAJ]", "5 < 6 et [/] [MAJ]"),
        ("Q&amp;amp;A", "Q&A"),
        ("<![CDATA[L&#8217;<i>essor</i>]]>", "L’essor"),
        ("&lt;b&gt;gras&lt;/b&gt;", "gras"),
        ("a\n   b", "a b"),
        ("\u202eexe\u200b.", "exe."),
        ("&#27;]0;pwn&#7;titre", "titre"),
    ],
)
def test_a_title_is_one_clean_line(title: str, text: str) -> None:
    assert parsed(rss(f"<item><title>{title}</title></item>")).title == text


@pytest.mark.parametrize(
    ("summary", "content", "expected"),
    [
        ("Court.", "Court. Et long.", ("Court.", "Court. Et long.")),
        ("Tout le texte.", "le texte", ("Tout le texte.", "")),
        ("Le même.", "Le même.", ("", "Le même.")),
        ("", "Seul.", ("", "Seul.")),
        ("Seul.", "", ("Seul.", "")),
        ("Un.", "Autre", ("Un.", "Autre")),
    ],
)
def test_content_that_says_more_is_the_body(
    summary: str, content: str, expected: tuple[str, str]
) -> None:
    description = f"<description>{summary}</description>" if summary else ""
    encoded = f"<content:encoded>{content}</content:encoded>" if content else ""
    item = parsed(rss(f"<item>{description}{encoded}</item>"))
    assert (item.summary, item.body) == expected


BASE64 = b64encode("<p>Le hub</p><p>de Liège</p>".encode()).decode()


@pytest.mark.parametrize(
    "content",
    [
        f"<content type='application/octet-stream'>{BASE64}</content>",
        f"<content type='text/html' mode='base64'>{BASE64}</content>",
        "<content type='application/xml'><d xmlns=''><p>Le hub</p><p>de Liège</p></d></content>",
        "<content type='text/xml'><x:p xmlns:x='urn:x'>Le hub</x:p>\n<p>de Liège</p></content>",
        "<content type=\"application/docbook+xml\"><s><title>Le hub</title><p>de Liège</p>"
        "<link href='http://ex.org/no'/></s></content>",
        "<content type='xhtml'><div><summary>Le hub</summary><p>de Liège</p></div></content>",
        "<content type='application/xml'>&lt;p>Le hub&lt;/p>&lt;p>de Liège&lt;/p></content>",
        "<content type='application/xml'><![CDATA[<p>Le hub</p><p>de Liège</p>]]></content>",
    ],
)  # fmt: skip
def test_content_in_base64_or_xml_is_text(content: str) -> None:
    item = parsed(atom(f"<entry><title>T</title>{content}</entry>"))
    assert (item.title, item.body, item.url) == ("T", "Le hub\nde Liège", "")


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "application/pdf"])
def test_content_that_is_no_text_is_none(kind: str) -> None:
    image = b64encode(bytes(range(256))).decode()
    item = parsed(atom(f"<entry><title>T</title><content type='{kind}'>{image}</content></entry>"))
    assert (item.summary, item.body) == ("", "")


# --- telling entries apart ---------------------------------------------------------


ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


@pytest.mark.parametrize(
    ("item", "count"),
    [
        ("<guid isPermaLink='false'>1</guid><author>A. B.</author>", 0),
        ("<title> </title><description>&lt;img src='a'/></description>", 0),
        ("<title>T</title>", 1),
        ("<description>Texte</description>", 1),
        (f"<i:title xmlns:i='{ITUNES}'>T</i:title>", 1),
        ("<link>https://ex.org/a</link>", 1),
        ("<guid>https://ex.org/a</guid>", 1),
    ],
)  # fmt: skip
def test_an_entry_without_title_text_and_link_is_left_out(item: str, count: int) -> None:
    full_item = "<item><title>Un</title></item>"
    assert len(parse(rss(f"{full_item}<item>{item}</item>"), URL).entries) == 1 + count


def test_a_repeated_entry_is_one() -> None:
    item = "<item><guid>g</guid><title>T</title></item>"
    assert len(parse(rss(item * 3), URL).entries) == 1


@pytest.mark.parametrize("name", ["<guid>g</guid>", "<link>https://ex.org/</link>", ""])
def test_entries_that_share_a_name_stay_apart_whatever_their_order(name: str) -> None:
    first, second, third = (
        f"<item>{name}<title>T</title><description>{text}</description></item>"
        for text in ("un", "deux", "trois")
    )
    before = parse(rss(first + second), URL).entries
    after = parse(rss(third + second + first), URL).entries
    assert len({e.guid for e in after}) == 3
    assert {e.guid for e in before} <= {e.guid for e in after}


def test_the_order_is_the_document_s() -> None:
    items = "".join(f"<item><title>{n}</title></item>" for n in "312")
    assert [e.title for e in parse(rss(items), URL).entries] == ["3", "1", "2"]


# --- encodings ---------------------------------------------------------------------

TEXT = "<rss version='2.0'><channel><item><title>Été à Liège — œuvre</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(TEXT.encode(), "", id="UTF-8 undeclared"),
        pytest.param(TEXT.encode(), "text/xml; charset=ISO-8859-1", id="UTF-8 declared wrongly"),
        pytest.param(TEXT.encode("utf-8-sig"), "text/xml", id="UTF-8 with BOM"),
        pytest.param(
            b"<?xml version='1.0' encoding='utf-16'?>" + TEXT.encode(), "", id="not UTF-16"
        ),
        pytest.param(TEXT.encode("utf-16"), "text/xml", id="UTF-16"),
        pytest.param(TEXT.encode("utf-16-le"), "text/xml", id="UTF-16 without BOM"),
        pytest.param(TEXT.encode("utf-32"), "text/xml", id="UTF-32"),
        pytest.param(
            TEXT.encode("cp1252"), "text/xml; charset=windows-1252", id="cp1252 by header"
        ),
        pytest.param(
            b"<?xml version='1.0' encoding='windows-1252'?>" + TEXT.encode("cp1252"),
            "text/xml",
            id="cp1252 by declaration",
        ),
        pytest.param(TEXT.encode("cp1252"), "text/xml", id="cp1252 undeclared"),
        pytest.param(TEXT.encode("cp1252"), "text/xml; charset=klingon", id="unknown charset"),
    ],
)
def test_any_encoding_reads_the_same(body: bytes, content_type: str) -> None:
    assert parsed(body, content_type).title == "Été à Liège — œuvre"


def test_one_bad_byte_spoils_one_character() -> None:
    body = TEXT.encode().replace("œ".encode(), b"\xff")
    assert parsed(body).title == "Été à Liège — \ufffduvre"


# --- what is no feed, and what is broken ---------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\xef\xbb\xbf", "no feed"),
        (b"<!DOCTYPE html><html><head><title>x</title></head></html>", "web page"),
        (b"\n<HTML><body><p>x</p></body></HTML>", "web page"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "JSON"),
        (b"<opml version='2.0'><body/></opml>", "OPML"),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", "write `sitemap:` before its address"),
        (b"<?xml version='1.0'?><menu><dish/></menu>", "neither RSS nor Atom"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"Service unavailable", "no feed"),
    ],
)
def test_what_is_no_feed_is_said_in_words(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as error:
        parse(body, URL)
    assert error.value.url == URL


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss("<item><title>Titre</title></item>")[:-18], id="cut off"),
        pytest.param(rss("<item><title>Titre</title><x></item>"), id="ill-nested"),
        pytest.param(rss("<item><title>Titre &nbsp;</title></item>"), id="HTML entity"),
        pytest.param(rss("<item><title>Titre</title><d>\x00\x0b</d></item>"), id="controls"),
        pytest.param(rss("<item><title>Titre&#1114112;</title></item>"), id="no such character"),
        pytest.param(
            b"Warning: mysql\n" + rss("<item><title>Titre</title></item>"), id="junk first"
        ),
        pytest.param(b"\n\n" + rss("<item><title>Titre</title></item>"), id="blank lines first"),
    ],
)
def test_a_broken_feed_gives_what_it_has(body: bytes) -> None:
    assert parsed(body).title == "Titre"


@pytest.mark.parametrize("document", ["<rss><channel><title>x</ti", "<rss version='2.0'><channel>"])
def test_a_document_that_breaks_off_before_its_entries_is_no_feed(document: str) -> None:
    with pytest.raises(ParseError, match="broken off"):
        parse(document.encode(), URL)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse(rss(""), URL).entries == ()


@pytest.mark.parametrize(
    "subset",
    [
        pytest.param("<!ENTITY e 'expanded'>", id="plain"),
        pytest.param("<!ENTITY f 'expanded'><!ENTITY e '&f;&f;'>", id="nested"),
        pytest.param("<!ENTITY e SYSTEM 'file:///etc/passwd'>", id="external"),
        pytest.param("<!-- ' ]> --><!ENTITY x \"]>\"><!ENTITY e 'expanded'>", id="misleading"),
    ],
)
def test_entities_of_a_doctype_are_not_expanded(subset: str) -> None:
    doctype = f"<?xml version='1.0'?><!DOCTYPE rss [{subset}]>".encode()
    assert parsed(doctype + rss("<item><title>a &e; b</title></item>")[38:]).title == "a &e; b"


def test_a_body_is_never_taken_for_a_path_or_an_address(tmp_path: Path) -> None:
    canary = tmp_path / "canary.xml"
    canary.write_bytes(rss("<item><title>canary</title></item>"))
    for body in (str(canary), canary.as_uri(), f"  {canary}\n"):
        with pytest.raises(ParseError):
            parse(body.encode(), URL)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_a_reason(body: bytes) -> None:
    try:
        parse(body, URL)
    except ParseError as error:
        assert error.reason


fragments = st.sampled_from(
    [
        *("&#1114112;", "<![CDATA[", "]]>", "&", "<", ">", "\x00", "<!--", "<?x"),
        *("<item>", "</item>", "<link>http://[</link>", "<gml:pos>1 a</gml:pos>"),
    ]
)


@given(st.lists(st.tuples(st.integers(0, 400), fragments), max_size=6))
def test_a_damaged_feed_is_clean_entries_or_a_reason(damage: list[tuple[int, str]]) -> None:
    text = rss("<item><title>T</title><guid>1</guid><link>/a</link></item>" * 2).decode()
    for at, fragment in damage:
        text = text[:at] + fragment + text[at:]
    try:
        entries = parse(text.encode(), URL).entries
    except ParseError:
        return
    names = [entry.guid or entry.url or entry.title for entry in entries]
    assert len(set(names)) == len(names)
    for entry in entries:
        for words in (entry.title, entry.summary, entry.body, entry.author, entry.guid, entry.url):
            assert clean(words, keep_newlines=True) == words


# --- whole documents -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "count"), [(name, count) for name, (_, count) in feeds().items()])
def test_every_entry_of_a_published_feed_is_found(name: str, count: int | None) -> None:
    body, _ = feeds()[name]
    if count is None:
        with pytest.raises(ParseError):
            parse(body, URL, "application/xml")
    else:
        assert len(parse(body, URL, "application/xml").entries) == count


def test_the_same_news_reads_the_same_in_every_format_and_encoding() -> None:
    for lang in ("fr", "en"):
        titles = [brief.title for brief in news(lang)]
        names = [name for name in feeds() if name.endswith(f"-{lang}")]
        assert len(names) >= 3
        for name in names:
            entries = parse(feeds()[name][0], URL, "application/xml").entries
            assert [entry.title for entry in entries] == titles, name


@pytest.mark.costly
def test_every_hostile_feed_is_decided_at_once() -> None:
    for name, body in hostile_feeds().items():
        started_at = time.process_time()
        try:
            parse(body, URL, "application/xml")
        except ParseError as error:
            assert error.reason, name
        assert time.process_time() - started_at < 3, name


def test_attributes_are_counted_before_they_are_read() -> None:
    def document(attributes: int, text: str = "") -> bytes:
        many = " ".join(f"b{number}='c'" for number in range(attributes))
        return rss(f"<item {many}><title>T</title><description>{text}</description></item>")

    begin = time.process_time()
    with pytest.raises(ParseError) as error:
        parse(document(100_000), URL)
    assert error.value.reason == "an element has more than 1,000 attributes"
    assert time.process_time() - begin < 0.5
    assert len(parse(document(900), URL).entries) == 1
    query = "".join(f"&amp;b{number}=c" for number in range(2_000))
    link = f"&lt;a href='https://ex.org/?{query}'&gt;a link&lt;/a&gt;"
    assert len(parse(document(0, link), URL).entries) == 1


def test_the_features_of_the_first_texts_are_read_with_a_document() -> None:
    text = "Alibaba à Liège " * (FEATURED // 32)
    items = "".join(
        f"<item><guid>{number}</guid><title>Cainiao</title><description>{text}</description></item>"
        for number in range(3)
    )
    plain_entries = parse(rss(items), URL, "application/xml").entries
    featured = with_features(parse(rss(items), URL, "application/xml")).entries
    assert [replace(entry, features=b"") for entry in featured] == list(plain_entries)
    (features,) = text_features([("Cainiao", plain_entries[0].summary, "")])
    assert [entry.features for entry in featured] == [packed(features), packed(features), b""]
    assert unpacked(packed(features)) == features
