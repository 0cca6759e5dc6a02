"""Tests that the parser of plain documents reads the same entries as feedparser."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, strategies as st

from monitor.base.errors import ParseError
from monitor.intake.parse import xml_feed
from monitor.intake.parse.document import parse
from monitor.intake.parse.plain_document import plain_document
from monitor.model.poll import ParsedFeed

URL = "https://www.example.org/feed.xml"

NAMESPACES = {
    "a10": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "own": "https://example.org/ns",
    "News": "https://example.org/news",
}
ADDRESSES = (
    "https://x.example/a", "https://x.example/a?b=1&amp;c=2", "https://x.example/?a&amp;amp;b;c",
    "/relative", "http:////x.example/a", "", URL, "https://x.example/été",
)  # fmt: skip
TEXTS = (
    "", " Alibaba à Liège ", "<![CDATA[<p>un</p><p>deux</p>]]>", "&lt;b>gras&lt;/b> et &lt;i",
    "l&amp;#8217;été", "R&amp;amp;D", "a &lt; b", "CafÃ©", "l&#146;été", "de<!-- x -->ux",
    "&lt;foo>rien&lt;/foo>", "\u00a0x\u00a0", "&#8217;",
)  # fmt: skip
DATES = (
    "Sun, 01 Oct 2023 00:00:40 +0200", "2023-10-01T00:00:00Z", "2023-10-01", "hier", "",
    "Sun, 1 Oct 23 07:00 GMT", "Mon, 1 Jan 2024 23:30:00 -0830", "Sun, 01 Oct 2023 00:00:40 GMT",
    "Sun, 31 Feb 2023 00:00:40 UTC", "Sun, 01 Oct 2023 24:00:00 Z", "01 Oct 2023 00:00:40 EST",
    "2023-10-01T23:30:00.999-02:30", "2023-10-01T00:00:60Z", "2023-10-01 00:00:00+02:00",
    "0001-01-01T00:00:00+01:00", "Sun, 01 Oct 2023 00:00:40 +2500",
)  # fmt: skip
PEOPLE = (
    "Marie Dupont", "desk@x.be", "desk@x.be (Marie Dupont)", "", "Marie &lt;m@x.be>",
    "desk@x.be ()", "d@x.be (M. (x))", "d@x.be (é )", "Zoé", "a.b@x.news (Zoé @x)",
    "desk@x.be(Marie)",
)  # fmt: skip
TYPES = ("", ' type="html"', ' type="text"', ' type="xhtml"', ' type="text/plain"', ' mode="xml"')
KINDS = (
    *TYPES,
    ' type="application/octet-stream"',
    ' xml:base="https://b.example/"',
    ' xml:lang="fr"',
)


def declarations(document: str) -> str:
    """Return the declarations of the prefixes that a document has."""
    used = [prefix for prefix in NAMESPACES if f"{prefix}:" in document]
    return " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in used)


def elements(names: str, texts: tuple[str, ...], attributes: tuple[str, ...] = ("",)):
    """Return a strategy of elements in XML."""
    return st.builds(
        "<{0}{1}>{2}</{0}>".format,
        st.sampled_from(names.split()),
        st.sampled_from(attributes),
        st.sampled_from(texts),
    )


LINKS = st.builds(
    '<{} {}="{}" {}/>'.format,
    st.sampled_from(("link", "a10:link")),
    st.sampled_from(("href", "url", "uri", "HREF", "own:href")),
    st.sampled_from(ADDRESSES),
    st.sampled_from(("", 'rel="self"', 'rel="Alternate"', 'rel="related"', 'type="text/plain"')),
)
NESTED = st.sampled_from(
    (
        "<author><name>Marie</name><email>m@x.example</email></author>",
        "<author><name> Zoé </name><uri>https://x.example/</uri><own:pet>x</own:pet></author>",
        "<author><email>m@x.example</email></author>",
        "<author>x<name>Marie</name></author>",
        "<contributor><name>Jean</name></contributor>",
        "<image><url>https://x.example/i</url><title>image</title><link>/i</link></image>",
        "<image><foo/><title>image</title></image>",
        "<textInput><title>chercher</title><name>q</name></textInput>",
        "<skipHours><hour>1</hour></skipHours>",
        "<media:group><media:title>groupe</media:title></media:group>",
        "<media:content url='https://x.example/i'/>",
        "<own:box><title>autre</title></own:box>",
        "<description><p>balises</p></description>",
        "<title>un <b>gras</b></title>",
        "<foo/>",
        "<itunes:owner><itunes:name>x</itunes:name></itunes:owner>",
        "<source url='https://x.example/feed'>Le Monde</source>",
        "<source>Le Monde</source>",
        "<item xmlns='https://example.org/ns'><title>autre</title></item>",
    )
)
TEXT_ELEMENTS = {
    "title": (TEXTS, TYPES[:3]),
    "description": (TEXTS, ("",)),
    "summary": (TEXTS, (*TYPES[:3], ' xml:lang="fr"')),
    "content": (TEXTS, (*TYPES[:3], ' xml:base="https://b.example/"')),
    "content:encoded": (TEXTS, ("",)),
    "link": (ADDRESSES, ("",)),
    "feedburner:origLink": (ADDRESSES, ("",)),
    "guid": (ADDRESSES, ("", ' isPermaLink="false"', ' ispermalink="true"')),
    "id": (ADDRESSES, ("",)),
    "pubDate": (DATES, ("",)),
    "published": (DATES, ("",)),
    "updated": (DATES, ("",)),
    "created": (DATES, ("",)),
    "dc:date": (DATES, ("",)),
    "author": (PEOPLE, ("",)),
    "dc:creator": (PEOPLE, ("",)),
    "itunes:author": (PEOPLE, ("",)),
    "itunes:title": (TEXTS, ("",)),
    "category": (TEXTS, ("", ' term="x"')),
    "comments": (ADDRESSES, ("",)),
    "slash:comments": (("3",), ("",)),
    "thr:total": (("3",), ("",)),
    "own:x": (TEXTS, ("", ' x="1"')),
    "source": (TEXTS, ("", ' url="https://x.example/feed"')),
    "language": (("fr", "en-GB", ""), ("",)),
    "ttl": (("60", "x", ""), ("",)),
    "sy:updatePeriod": (("daily", "hourly"), ("",)),
    "sy:updateFrequency": (("2", ""), ("",)),
}
"""The usual elements, with the texts and attributes that they may have."""
ENTRY = tuple(TEXT_ELEMENTS)[:24]
FEED = (
    "title", "description", "link", "id", "pubDate", "updated", "category", "own:x", "language",
    "ttl", "sy:updatePeriod", "sy:updateFrequency",
)  # fmt: skip
ODD = st.one_of(
    elements("title dc:title media:title itunes:title a10:title", TEXTS, TYPES),
    elements("description summary dc:description itunes:summary", TEXTS, KINDS),
    elements("content content:encoded a10:content", TEXTS, KINDS),
    elements("lastBuildDate issued modified dcterms:created", DATES),
    elements("managingEditor dc:publisher dc:contributor", PEOPLE),
    elements("language dc:language", ("fr", "en-GB", "", " FR ")),
    elements("ttl sy:updateFrequency", ("60",), (' x="1"',)),
    elements("News:Source dc:subject media:keywords", TEXTS),
    elements("guid id link", ADDRESSES, ("", ' own:isPermaLink="false"')),
    NESTED,
)


@st.composite
def common_elements(draw: st.DrawFn, names: tuple[str, ...], max_elements: int) -> list[str]:
    """Return some of the usual elements, each once."""
    chosen_names = draw(st.lists(st.sampled_from(names), max_size=max_elements, unique=True))
    return [draw(elements(name, *TEXT_ELEMENTS[name])) for name in chosen_names]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a feed of usual elements and, most often, one or two odd ones."""
    entry = draw(st.sampled_from(("item", "entry")))
    feed_level = draw(common_elements(FEED, 5))
    entries = [draw(common_elements(ENTRY, 7)) for _ in range(draw(st.integers(0, 3)))]
    for _ in range(draw(st.integers(0, 2))):
        siblings = draw(st.sampled_from([feed_level, *entries]))
        siblings.insert(draw(st.integers(0, len(siblings))), draw(st.one_of(LINKS, LINKS, ODD)))
    lang = draw(
        st.sampled_from(
            ("", "", "", ' xml:lang="fr_BE"', ' lang="nl"', ' xml:base="https://b.example/"')
        )
    )
    inner = "".join(f"<{entry}>{''.join(children)}</{entry}>" for children in entries)
    namespaces = declarations(inner + "".join(feed_level))
    position = draw(st.integers(0, len(feed_level)))
    body = "".join([*feed_level[:position], inner, *feed_level[position:]])
    if entry == "item":
        version = draw(st.sampled_from(("2.0", "0.91", "0.92", "", "3")))
        return f'<rss version="{version}" {namespaces}{lang}><channel>{body}</channel></rss>'
    atom = draw(st.sampled_from(('xmlns="http://www.w3.org/2005/Atom" ', "")))
    return f"<feed {atom}{namespaces}{lang}>{body}</feed>"


def outcome_of(document: str) -> ParsedFeed | str:
    try:
        return parse(document.encode(), URL)
    except ParseError as error:
        return error.reason


def assert_means_the_same(document: str) -> None:
    outcome = outcome_of(document)
    with patch.object(xml_feed, "plain_document", lambda source: None):
        assert outcome == outcome_of(document), document


@given(documents())
def test_it_means_the_same_to_feedparser(document: str) -> None:
    assert_means_the_same(document)


RSS = '<rss version="2.0">', "<channel>", "item", "</channel></rss>"
FEED_ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr_BE">'
ATOM = FEED_ATOM, "", "entry", "</feed>"
FORMATS = pytest.mark.parametrize("form", [RSS, ATOM], ids=["rss", "atom"])


def with_entry(form: tuple[str, ...], *elements: str, attribute: str = "") -> str:
    """Return a feed with one entry of these elements."""
    root, channel, entry, end = form
    document = f"{root}{channel}<{entry}{attribute}>{''.join(elements)}</{entry}>{end}"
    return with_namespaces(document)


def with_namespaces(document: str) -> str:
    return document.replace(">", f" {declarations(document)}>", 1)


def element(name: str, text: str = "", attribute: str = "") -> str:
    """Return an element; its default text is the first that it may have."""
    text = text or next(filter(None, TEXT_ELEMENTS[name][0]))
    return f"<{name}{attribute}>{text}</{name}>"


@pytest.mark.costly
@FORMATS
@pytest.mark.parametrize("name", TEXT_ELEMENTS)
def test_every_element_with_every_text_and_attribute(form: tuple[str, ...], name: str) -> None:
    texts, attributes = TEXT_ELEMENTS[name]
    root, channel, _entry, end = form
    odd = (*KINDS, ' own:type="html"', ' base="https://b.example/"')
    pairs = [(text, attribute) for text in texts for attribute in attributes]
    pairs += [(next(filter(None, texts)), attribute) for attribute in odd]
    for text, attribute in [*pairs, ("une <b>balise</b>", "")]:
        xml = f"<{name}{attribute}>{text}</{name}>"
        titled = [] if name == "title" else [element("title")]  # else there may be nothing to keep
        assert_means_the_same(with_entry(form, xml, *titled))
        assert_means_the_same(with_namespaces(f"{root}{channel}{xml}{end}"))


@pytest.mark.costly
@FORMATS
@pytest.mark.parametrize("first", ENTRY)
def test_every_two_elements_in_either_order(form: tuple[str, ...], first: str) -> None:
    for second in ENTRY:
        other = TEXT_ELEMENTS[second][0][0]
        first_xml, second_xml = element(first), f"<{second}>{other}</{second}>"
        assert_means_the_same(with_entry(form, first_xml, second_xml, "<media:content url='x'/>"))
        assert_means_the_same(with_entry(form, first_xml, second_xml, element("title")))


@pytest.mark.parametrize(
    "document",
    [
        with_entry(RSS, element("title"), attribute=' href="https://x.example/"'),
        with_entry(RSS, element("title")).replace("<channel>", "<channel lastmod='2023-10-01'>"),
        with_entry(RSS, element("title"), "<News:Source>x</News:Source>").replace("own=", "News="),
        with_entry(RSS, "<itunes:title>x</itunes:title>").replace("www.itunes", "www.other"),
        with_entry(RSS, "<x xmlns='https://x.example/'><title>autre</title></x>"),
        with_entry(RSS, "<foo><title>autre</title></foo>"),
        with_entry(RSS, "<own:box><title>autre</title></own:box>"),
        with_entry(RSS, "<image><title>autre</title></image>", element("link")),
        with_entry(ATOM, element("title"), "<author><email>m@x.be</email></author>"),
        with_entry(ATOM, element("title"), "<author>x<name>Marie</name></author>"),
        with_entry(ATOM, element("title"), "<author>x<name/></author>"),
        with_entry(
            ATOM,
            element("title"),
            '<link rel="related" href="https://x.example/r"/>',
            '<link rel="self" href="https://x.example/s"/>',
        ),
        with_entry(ATOM, "<content src='https://x.example/a' type='text/html'/>"),
        f"{FEED_ATOM.replace('www.w3.org/2005/Atom', 'purl.org/atom/ns#')}<title>x</title></feed>",
        "<rss><channel><image><foo/><title>i</title></image></channel></rss>",
        "<rss><channel><title>a</title><title>b</title></channel></rss>",
    ],
)
def test_odd_documents(document: str) -> None:
    assert_means_the_same(document)


BASED = (*TEXT_ELEMENTS, "image", "enclosure", "docs", "media:content")
"""Elements that may have an `xml:base`; none is the link of the entry."""


@FORMATS
@pytest.mark.parametrize("name", sorted({*BASED} - {"link", "id", "guid", "feedburner:origLink"}))
def test_the_base_of_an_element_is_that_of_no_other_link(form: tuple[str, ...], name: str) -> None:
    root, channel, entry, end = form
    based = f'<{name} xml:base="https://b.example/"></{name}>'
    link = '<link href="un"/>' if form is ATOM else "<link>un</link>"
    title = "" if name == "title" else "<title>x</title>"
    for document in (
        with_entry(form, based, link, title),
        with_entry(form, link, based, title),
        with_namespaces(f"{root}{channel}{based}<{entry}>{link}<title>x</title></{entry}>{end}"),
        with_namespaces(f"{root}{channel}<{entry}>{based}</{entry}><{entry}>{link}</{entry}>{end}"),
    ):
        assert_means_the_same(document)
        parsed = parse(document.encode(), URL)
        assert parsed.entries[-1].url == "https://www.example.org/un", document


@FORMATS
def test_the_base_of_an_entry_is_that_of_its_own_links(form: tuple[str, ...]) -> None:
    root, channel, entry, end = form
    link = '<link href="un"/>' if form is ATOM else "<link>un</link>"
    text = "<content type='text/html' xml:base='c/'><div>x</div></content>"
    bodies = (
        f"<{entry} xml:base='https://b.example/a/'>{text}{link}</{entry}><{entry}>{link}</{entry}>"
    )
    parsed = parse(f"{root}{channel}{bodies}{end}".encode(), URL)
    assert [item.url for item in parsed.entries] == [
        "https://b.example/a/un",
        "https://www.example.org/un",
    ]


@FORMATS
@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("<author><name>Le Soir</name></author>", {"Marie Dupont", "Le Soir"}),
        ("<author>desk@x.be (Le Soir)</author>", {"Marie Dupont", "Le Soir"}),
        ("<author><name>Le Soir</name><email>d@x.be</email></author>", {"Marie Dupont", "Le Soir"}),
        ("<author><email>d@x.be</email></author>", {"Marie Dupont"}),
        ("<author><name/></author>", {"Marie Dupont"}),
        ("<author/>", {"Marie Dupont"}),
        ("<author>MARIE DUPONT</author>", {"Marie Dupont"}),
        ("<author>Zoé K., Marie Dupont</author>", {"Zoé K.", "Marie Dupont"}),
        ("<itunes:author>Le Soir</itunes:author>", {"Marie Dupont", "Le Soir"}),
        ("<a10:author><a10:name>Le Soir</a10:name></a10:author>", {"Marie Dupont", "Le Soir"}),
    ],
)
def test_a_creator_and_an_author_are_both_named_once(
    form: tuple[str, ...], author: str, names: set[str]
) -> None:
    creator = "<dc:creator>Marie Dupont</dc:creator>"
    for elements in ((creator, author), (author, creator)):
        document = with_entry(form, *elements, element("title"))
        assert_means_the_same(document)
        (item,) = parse(document.encode(), URL).entries
        written = item.author.replace("MARIE DUPONT", "Marie Dupont").split(", ")
        assert sorted(written) == sorted(names), document


USUAL_RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="{NAMESPACES["content"]}" xmlns:dc="{NAMESPACES["dc"]}"
 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="{NAMESPACES["slash"]}"
 xmlns:media="{NAMESPACES["media"]}" xmlns:wfw="http://wellformedweb.org/CommentAPI/">
<channel><title>Le Soir</title><atom:link href="{URL}" rel="self" type="application/rss+xml"/>
<link>https://www.example.org/</link><description>Les nouvelles</description>
<lastBuildDate>Sun, 01 Oct 2023 00:00:40 +0200</lastBuildDate><language>fr</language>
<image><url>https://x.example/i.png</url><title>Le Soir</title><link>/</link></image>
<item><title>Alibaba &amp; Cainiao</title><link>https://www.example.org/1</link>
<dc:creator><![CDATA[Marie Dupont]]></dc:creator><guid isPermaLink="false">1</guid>
<pubDate>Sun, 01 Oct 2023 00:00:40 +0200</pubDate><category>Monde</category>
<description><![CDATA[<p>À Liège.</p>]]></description><slash:comments>3</slash:comments>
<content:encoded><![CDATA[<p>À Liège, deux paragraphes.</p>]]></content:encoded>
<media:content url="https://x.example/i.jpg" medium="image"/></item></channel></rss>"""
USUAL_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>Le Soir</title>
<link href="https://www.example.org/"/><id>urn:1</id><updated>2023-10-01T00:00:00Z</updated>
<entry><title type="html">Alibaba &amp;amp; Cainiao</title><id>urn:2</id>
<link rel="alternate" type="text/html" href="https://www.example.org/1"/>
<published>2023-10-01T00:00:00Z</published><updated>2023-10-01T00:00:00Z</updated>
<author><name>Marie Dupont</name></author><summary>À Liège.</summary>
<content type="html">&lt;p>À Liège, deux paragraphes.&lt;/p></content></entry></feed>"""


@pytest.mark.parametrize("document", [USUAL_RSS, USUAL_ATOM])
def test_the_usual_needs_no_feedparser(document: str) -> None:
    assert plain_document(document.encode())
    parsed = parse(document.encode(), URL)
    with patch.object(xml_feed, "plain_document", lambda source: None):
        assert parsed == parse(document.encode(), URL)


@pytest.mark.parametrize(
    "document",
    [
        USUAL_RSS.replace("&amp;", "&nbsp;"),
        USUAL_RSS.removesuffix("</channel></rss>"),
        USUAL_RSS.replace("<item>", "<item xml:base='https://b.example/'>"),
        USUAL_ATOM.replace("<summary>", "<summary type='image/png'>"),
        "<html/>",
        "",
    ],
)
def test_the_rest_is_left_to_feedparser(document: str) -> None:
    assert plain_document(document.encode()) is None
