"""Small hostile documents: every element, text construct, entity, date, encoding
and kind of breakage that feed readers have been tried with, in each of the formats.
"""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from html import entities, escape
from itertools import product
from pathlib import Path

Form = Callable[..., str]
_PIECES = Path(__file__).parent / "pieces"

NAMESPACES = {
    "admin": "http://webns.net/mvcb/",
    "atom": "http://www.w3.org/2005/Atom",
    "cc": "http://web.resource.org/cc/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "georss": "http://www.georss.org/georss",
    "gml": "http://www.opengis.net/gml",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "psc": "http://podlove.org/simple-chapters",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "xlink": "http://www.w3.org/1999/xlink",
}
_DECLARED = " ".join(f"xmlns:{name}='{url}'" for name, url in NAMESPACES.items())
_RDF = (
    "<rdf:RDF {declared} xmlns='{default}'><channel><title>Feed</title>{feed}</channel>"
    "<item rdf:about='urn:1'>{entry}</item></rdf:RDF>"
)
_RSS = (
    "<rss version='{version}' {declared}><channel><title>Feed</title>{feed}<item>{entry}</item>"
    "</channel></rss>"
)
_ATOM = (
    "<feed {version} xmlns='{default}' {declared}><title>Feed</title>{feed}<entry>{entry}</entry>"
    "</feed>"
)


def rss(entry: str, feed: str = "", version: str = "2.0") -> str:
    """Return a feed of RSS 0.9x or 2.0."""
    return _RSS.format(version=version, declared=_DECLARED, feed=feed, entry=entry)


def rdf(entry: str, feed: str = "", default: str = "http://purl.org/rss/1.0/") -> str:
    """Return a feed of RSS 0.90 or 1.0."""
    return _RDF.format(declared=_DECLARED, default=default, feed=feed, entry=entry)


def atom(entry: str, feed: str = "") -> str:
    """Return a feed of Atom 1.0."""
    default = NAMESPACES["atom"]
    return _ATOM.format(version="", default=default, declared=_DECLARED, feed=feed, entry=entry)


def atom03(entry: str, feed: str = "") -> str:
    """Return a feed of Atom 0.3."""
    default = "http://purl.org/atom/ns#"
    version = "version='0.3'"
    return _ATOM.format(
        version=version, default=default, declared=_DECLARED, feed=feed, entry=entry
    )


def feeds() -> Iterator[tuple[str, bytes]]:
    """Yield every document with its name, the same ones each time."""
    for name, text in _texts():
        yield name, text.encode("utf-8", "surrogatepass")
    yield from _encodings()
    yield from _bad_bytes()


def _texts() -> Iterator[tuple[str, str]]:
    yield from _elements()
    yield from _constructs()
    yield from _ampersands()
    yield from _entities()
    yield from _markup()
    yield from _bases()
    yield from _languages()
    yield from _dates()
    yield from _people()
    yield from _versions()
    yield from _broken()
    yield from _doctypes()
    yield from _json()


def _lines(name: str) -> list[str]:
    """Return the pieces of a file, one a line."""
    return (_PIECES / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")


def _batches(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[at : at + size] for at in range(0, len(texts), size))


# --- every element in every format ------------------------------------------------------------

_FORMS: dict[str, Form] = {"rss": rss, "rdf": rdf, "atom": atom, "atom03": atom03}


def _elements() -> Iterator[tuple[str, str]]:
    """Yield each line of elements, in each format."""
    for name, form in _FORMS.items():
        for number, line in enumerate(_lines("entry-elements")):
            yield f"{name} entry {number}", form(line)
        for number, line in enumerate(_lines("feed-elements")):
            yield f"{name} feed {number}", form("<title>T</title>", line)


# --- texts -----------------------------------------------------------------------------------

_MARKUP = "<p>Le <b>port</b> &amp; l’État</p>"
_TYPES = """
text html xhtml text/plain text/html application/xhtml+xml image/svg+xml application/octet-stream
image/png text/x-unknown HTML
"""


def _constructs() -> Iterator[tuple[str, str]]:
    """Yield a text in every element, type and mode that a text may have."""
    values = {
        "escaped": escape(_MARKUP),
        "xml": f"<div xmlns='http://www.w3.org/1999/xhtml'>{_MARKUP}</div>",
        "base64": base64.b64encode(_MARKUP.encode()).decode(),
    }
    for element, kind in product(
        ("title", "subtitle", "rights", "summary", "content"), ("", *_TYPES.split())
    ):
        for mode, value in values.items():
            text = f"<{element} type='{kind}'>{value}</{element}>"
            source = f"<source>{text}</source>"
            yield f"atom text {element} {kind} {mode}", atom(text + source, text)
    for element, kind in product(
        ("title", "tagline", "copyright", "info", "summary", "content"), _TYPES.split()[3:6]
    ):
        for mode, value in values.items():
            text = f"<{element} type='{kind}' mode='{mode}'>{value}</{element}>"
            yield f"atom03 text {element} {kind} {mode}", atom03(text, text)
    yield "atom text src", atom("<content src='http://a.example/x' type='text/html'/>")
    parts = "<content>a</content><content>b</content>"
    yield "atom03 text parts", atom03(f"<content type='multipart/alternative'>{parts}</content>")
    nested = "<![CDATA[<![CDATA[%s]]]]><![CDATA[>]]>"
    for number, template in enumerate(("<![CDATA[%s]]>", nested, "<![CDATA[a]]>%s", "<!--c-->%s")):
        text = template % "<p>x</p>"
        yield f"rss cdata {number}", rss(f"<title>{text}</title><description>{text}</description>")


def _ampersands() -> Iterator[tuple[str, str]]:
    """Yield an ampersand and a bracket, escaped zero to three times."""
    for name, template, depth in product(
        ("amp", "#38", "#x26", "lt", "#60", "#x3c", "#X3C"), ("%s", "<b>%s</b>", "a %s b"), range(3)
    ):
        text = template % f"&{name};"
        for _ in range(depth):
            text = escape(text, quote=False)
        for kind in ("text", "html"):
            content = f"<title type='{kind}'>{text}</title><summary>{text}</summary>"
            yield f"atom {name} {depth} {kind} {template}", atom(content)
        yield f"rss {name} {depth} {template}", rss(f"<title>{text}</title>")
    for sign in "&<":
        link = f"<link>http://a.example/?a=1{sign}b=2</link>"
        yield f"rss bare {sign}", rss(f"<title>a {sign} b {sign}c</title>{link}")


def _entities() -> Iterator[tuple[str, str]]:
    for number, names in enumerate(_batches(sorted(entities.name2codepoint), 10)):
        items = "".join(
            f"<item><title>&{name}; &amp;{name}; &#{entities.name2codepoint[name]};</title></item>"
            for name in names
        )
        yield f"rss entities {number}", rss("", items)
    broken = "&bogus; &#0; &#x0; &#xd800; &#xfffe; &#1114112; &#99999999999; &#; &#x; &; &a &#150;"
    for number, reference in enumerate(broken.split()):
        yield f"rss reference {number}", rss(f"<title>a{reference}b</title>")
        yield f"atom reference {number}", atom(f"<summary type='html'>{reference}</summary>")


def _markup() -> Iterator[tuple[str, str]]:
    """Yield every element and attribute that is dangerous in a page."""
    for number, tags in enumerate(_batches(_lines("tags"), 4)):
        html = "".join(f"<{tag}>in {tag} <b>b</b></{tag}>after" for tag in tags)
        start_tags = escape("".join(f"<{tag}>" for tag in tags))
        inline = f"<div xmlns='http://www.w3.org/1999/xhtml'>{html}</div>"
        yield f"rss tags {number}", rss(f"<description>{escape(html)}</description>")
        yield f"rss open tags {number}", rss(f"<description>{start_tags}</description>")
        yield f"rss naked tags {number}", rss(f"<description>{html}</description>")
        yield f"atom tags {number}", atom(f"<content type='xhtml'>{inline}</content>")
    for number, attribute in enumerate(_lines("attributes")):
        html = escape(f"<img {attribute} src='x.png'>a<a {attribute}>b</a><svg {attribute}/>")
        elements = f"<title>{html}</title><description>{html}</description>"
        yield f"rss attribute {number}", rss(elements)
    drawings = {"s": "http://www.w3.org/2000/svg", "m": "http://www.w3.org/1998/Math/MathML"}
    spaces = " ".join(f"xmlns:{prefix}='{url}'" for prefix, url in drawings.items())
    drawn = "<s:svg><s:a/></s:svg><m:math><m:mi>n</m:mi></m:math>"
    for kind in ("xhtml", "html", "text"):
        inline = f"<xhtml:div {spaces}>\n{drawn}\n</xhtml:div>"
        yield f"atom drawing {kind}", atom(f"<content type='{kind}'>{inline}</content>")
    for number, html in enumerate((*_lines("loose-html"), "<p\nclass\n=\nx>", "<\0b>")):
        yield f"rss loose {number}", rss(f"<description>{escape(html)}</description>")
        yield f"atom loose {number}", atom(f"<content type='html'>{escape(html)}</content>")


# --- addresses, languages, dates, people --------------------------------------------------------


def _bases() -> Iterator[tuple[str, str]]:
    pointing = escape("<a href='rel'>x</a><img src='/i.png'>")
    html = f"<content type='html'>{pointing}</content>"
    entry = f"<link href='1'/><id>i</id>{html}<link rel='via' href='?v'/>"
    for number, base in enumerate((*_lines("bases"), "\n")):
        at = f" xml:base='{escape(base)}'"
        for tag in ("feed", "entry", "content"):
            yield f"base {number} {tag}", atom(entry).replace(f"<{tag}", f"<{tag}{at}", 1)
        document = atom(entry).replace("<entry", f"<entry{at}").replace("<feed", f"<feed{at}")
        yield f"base {number} both", document
        rss_entry = "<link>1</link><guid>2</guid>"
        yield f"base {number} rss", rss(rss_entry).replace("<rss", f"<rss{at}", 1)
    long_links = (f"http://{'a' * 300}.example/", f"http://a.example/{'b' * 3_000}")
    for number, link in enumerate((*_lines("links"), *long_links)):
        address = escape(link)
        yield f"rss link {number}", rss(f"<link>{address}</link><guid>{address}</guid>")
        yield f"atom link {number}", atom(f"<link href='{address}'/><id>{address}</id>")


def _languages() -> Iterator[tuple[str, str]]:
    entry = "<title xml:lang='nl'>T</title><content xml:lang=''>c</content>"
    for number, lang in enumerate((*_lines("languages"), "\t")):
        yield f"rss language {number}", rss("", f"<language>{lang}</language>")
        yield f"rdf language {number}", rdf("", f"<dc:language>{lang}</dc:language>")
        yield f"atom language {number}", atom(entry).replace("<feed", f"<feed xml:lang='{lang}'", 1)


def _dates() -> Iterator[tuple[str, str]]:
    """Yield dates in every form, six forms in a document."""
    for number, dates in enumerate(_batches(_lines("dates"), 6)):
        for place in ("pubDate", "dc:date", "dcterms:issued", "dcterms:modified", "atom:updated"):
            items = "".join(
                f"<item><title>{n}</title><{place}>{date}</{place}></item>"
                for n, date in enumerate(dates)
            )
            yield f"rss dates {number} {place}", rss("", f"<{place}>{dates[0]}</{place}>{items}")
        for place in ("published", "updated", "issued", "modified", "created"):
            form = atom if place in ("published", "updated") else atom03
            element = f"<{place}>{dates[-1]}</{place}>"
            yield f"{form.__name__} dates {number} {place}", form(element, element)


def _people() -> Iterator[tuple[str, str]]:
    elements = ("author", "dc:creator", "managingEditor", "webMaster", "itunes:author", "dc:author")
    for number, person in enumerate((*_lines("people"), "Ida\nBo", "I" * 500)):
        for element in elements:
            text = f"<{element}>{person}</{element}>"
            yield f"rss {element} {number}", rss(text, text)
        name = f"<name>{person}</name><email>{person}</email><uri>{person}</uri><url>{person}</url>"
        text = f"<author>{name}</author><author/><contributor>{name}</contributor>"
        yield f"atom people {number}", atom(text, text)
        yield f"atom03 people {number}", atom03(text, text)
    yield "rss creators", rss("<dc:creator>A</dc:creator><dc:creator>B</dc:creator>")


# --- formats that are almost one ------------------------------------------------------------------

_SPACES = """
http://my.netscape.com/rdf/simple/0.9/ http://channel.netscape.com/rdf/simple/0.9/
http://purl.org/net/rss1.1# http://my.netscape.com/publish/formats/rss-0.91.dtd urn:unknown
http://example.com/newformat# http://purl.org/atom/ns#draft
"""


def _versions() -> Iterator[tuple[str, str]]:
    title = "<title>T</title>"
    for version in ("0.91", "0.92", "0.93", "0.94", "2.0", "2.0.1", "2.1", "", "two", "0", "-1"):
        yield f"rss version {version}", rss(title, version=version)
    for space in _SPACES.split():
        yield f"rdf version {space}", rdf(title, default=space)
        yield f"rss version {space}", rss(title).replace("<rss", f"<rss xmlns='{space}'", 1)
        yield f"atom version {space}", atom(title).replace(f"'{NAMESPACES['atom']}'", f"'{space}'")
    yield "atom entry alone", f"<entry xmlns='{NAMESPACES['atom']}'>{title}<id>1</id></entry>"
    yield "atom upper", atom(title).upper()
    yield "rss upper", rss(title).upper()
    item = "<ITEM HREF='/1' LASTMOD='1998-11-05T22:12'><TITLE>T</TITLE></ITEM>"
    yield "cdf", f"<CHANNEL HREF='/'>{item}<ITEM/></CHANNEL>"
    yield "rss item outside", f"<rss><channel/><item>{title}</item></rss>"
    yield "rdf without namespaces", f"<rdf><item>{title}</item></rdf>"
    yield "rss nested", rss(f"{title}<item>{title}</item>")
    yield "rss in an envelope", f"<Envelope><Body>{rss(title)}</Body></Envelope>"
    yield "rss twice", rss(title) * 2
    yield "rss without a channel", f"<rss version='2.0'><item>{title}</item></rss>"
    yield "rss without items", rss("").replace("<item></item>", "")
    yield "rss of another core", rss("<dc:title>T</dc:title>").replace("elements/1.1", "elements/9")
    elements = "<dc:encoded>c</dc:encoded><content:creator>d</content:creator>"
    yield "rss shuffled prefixes", rss(elements)
    spaces = f"xmlns:dc='{NAMESPACES['content']}' xmlns:content='{NAMESPACES['dc']}'"
    items = f"<channel><item>{elements}</item></channel>"
    yield "rss swapped prefixes", f"<rss version='2.0' {spaces}>{items}</rss>"


# --- broken, and other things than feeds ----------------------------------------------------------

_ODD_CHARACTERS = ("\0", "\x0b\x1b[31m", "\ufffe", "\u2028", "\x85", "\ud800", "\u202e")


def _broken() -> Iterator[tuple[str, str]]:
    text = "<description>Un texte.</description>"
    document = rss(f"<title>L’été</title><link>http://a.example/1</link>{text}")
    for tenth in range(1, 10):
        yield f"cut at {tenth}", document[: len(document) * tenth // 10]
    for number, line in enumerate(_lines("breakages")):
        old, _, new = line.partition(" →")
        yield f"broken {number}", document.replace(old, new.removeprefix(" "))
    for number, character in enumerate(_ODD_CHARACTERS):
        yield f"character {number}", document.replace("é", character)
    for number, start in enumerate(
        ("\n\n<?xml version='1.0'?>\n", "\ufeff\ufeff", "\0", "\n" * 500)
    ):
        yield f"start {number}", start + document
    for number, content in enumerate(
        (*_lines("no-feeds"), "", " ", "\n", "\0", "\ufeff", "<a>" * 500)
    ):
        yield f"no feed {number}", content


def _doctypes() -> Iterator[tuple[str, str]]:
    content = rss("<title>a&e;b</title><description>&e;</description>")
    chain = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'ha'}'>" for n in range(9))
    generated = (f"[{chain}<!ENTITY e '&e8;'>]", f"[<!ENTITY e '{'x' * 20_000}'>]")
    for number, doctype in enumerate((*_lines("doctypes"), *generated)):
        yield f"doctype {number}", f"<!DOCTYPE rss {doctype}>{content}"
        yield f"doctype {number} open", f"<!DOCTYPE rss {doctype}{content}"


# --- JSON --------------------------------------------------------------------------------------

_VALUES: tuple[object, ...] = (
    None, True, 0, -1.5, 10**30, "", " ", "x", "<b>x</b>", "\x1b[31m", "\u202e", [], ["x"], {},
    {"a": 1}, [[[]]], "2026-03-05", "javascript:x", "http://[", "x" * 5_000,
)  # fmt: skip
_ITEM_KEYS = """
url external_url title content_html content_text summary authors date_published date_modified
author language tags attachments
"""


def _json() -> Iterator[tuple[str, str]]:
    """Yield every value at every key, and JSON that is broken or no feed."""
    item = {"id": "1", "url": "http://a.example/1", "title": "T", "content_html": "<p>x</p>"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [item]}
    for number, value in enumerate(_VALUES):
        items = [item | {"id": key, key: value} for key in _ITEM_KEYS.split()]
        yield f"json item {number}", json.dumps(feed | {"items": [item | {"id": value}, *items]})
        for key in ("version", "title", "items", "language", "home_page_url", "authors", "author"):
            yield f"json {key} {number}", json.dumps(feed | {key: value})
    text = json.dumps(feed)
    broken_texts = (
        *(text[:-1], text[: len(text) // 2], text + "}", text.replace(":", "=", 1), f"[{text}]"),
        *(f"callback({text});", f"{text}\n{text}", f"/* c */ {text}", f"\ufeff{text}", "{}", "[]"),
        *(text.replace("'", '"'), text.replace("1.1", "9"), text.replace("items", "entries")),
        *(text.replace('"T"', token) for token in ("NaN", '"\\ud800"', '"\t"', "[" * 2_000, "T")),
    )
    for number, text_broken in enumerate(broken_texts):
        yield f"json broken {number}", text_broken


# --- bytes -------------------------------------------------------------------------------------

_SAMPLES = {
    "L’été à Liège — œuvre": "utf-8 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be cp1252",
    "L'ete a Liege": "ascii iso-8859-1 cp037 cp500 utf-8-sig utf-7",
    "Été": "iso-8859-1 iso-8859-15 mac-roman cp850 cp437",
    "Мост через Волхов": "koi8-r windows-1251 iso-8859-5 koi8-u cp866 mac-cyrillic",
    "港の灯台": "shift_jis euc-jp iso-2022-jp cp932",
    "河上新桥": "gb2312 gb18030 gbk hz",
    "河上新橋": "big5 cp950 big5hkscs",
    "다리 위의 시장": "euc-kr cp949 johab iso-2022-kr",
    "נמל חיפה": "windows-1255 iso-8859-8",
    "ميناء": "windows-1256 iso-8859-6",
    "Λιμάνι": "windows-1253 iso-8859-7",
    "Żółw": "iso-8859-2 windows-1250",
    "นาข้าว": "tis-620 cp874",
}
_BAD_BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80", b"\x92")


def _encodings() -> Iterator[tuple[str, bytes]]:
    """Yield a feed in every encoding, which declares that one, none, another or nonsense."""
    for sample, names in _SAMPLES.items():
        text = rss(f"<title>{sample}</title><guid>1</guid>")
        for name in names.split():
            body = text.encode(name)
            yield f"encoding {name} undeclared", body
            for declared_name in (name, "utf-8", "us-ascii", "x-bogus", "", "utf-16"):
                prolog = f"<?xml version='1.0' encoding='{declared_name}'?>"
                yield f"encoding {name} as {declared_name}", prolog.encode(name) + body


def _bad_bytes() -> Iterator[tuple[str, bytes]]:
    """Yield bytes that are invalid, encoded twice, or contradicted by a byte order mark."""
    text = rss("<title>L’été</title>")
    accent = "é".encode()
    for number, junk in enumerate(_BAD_BYTES):
        yield f"bytes {number}", text.encode().replace(accent, junk)
        yield f"bytes {number} many", text.encode().replace(accent, junk * 500)
    yield "bytes twice", text.replace("é", accent.decode("cp1252")).encode()
    yield "bytes mixed", text.encode().replace(accent, accent + "é".encode("cp1252"))
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE):
        yield f"bytes wrong mark {mark!r}", mark + text.encode("cp1252")
        yield f"bytes two marks {mark!r}", mark * 2 + text.encode()
