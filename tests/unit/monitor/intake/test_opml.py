"""Tests of reading and writing OPML."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from support.originals import lists

from monitor.base.errors import ParseError
from monitor.base.text_cleaning import clean, line
from monitor.intake import opml
from monitor.model.feed import Feed


def document(outlines: str, before: str = "") -> bytes:
    return (
        f"<?xml version='1.0' encoding='utf-8'?>{before}<opml version='2.0'>"
        f"<head><title>Mes flux</title></head><body>{outlines}</body></opml>"
    ).encode()


def feeds_of(outlines: str) -> list[Feed]:
    return opml.read(document(outlines), "list.opml")


A = "https://a.org/rss"


@pytest.mark.parametrize(
    ("outlines", "feeds"),
    [
        (f"<outline type='rss' text='A' xmlUrl='{A}'/>", [Feed(url=A, name="A")]),
        (f"<outline title='A' xmlurl=' {A}\n '/>", [Feed(url=A, name="A")]),
        (f"<outline text='Été' title='A' XMLURL='{A}'/>", [Feed(url=A, name="Été")]),
        (f"<outline text='{A}' xmlUrl='{A}'/>", [Feed(url=A, name="")]),
        (
            "<outline text='Presse belge'><outline text='Le Soir &amp; co'>"
            f"<outline text='A' xmlUrl='{A}'/></outline></outline>",
            [Feed(url=A, name="A", tags=("presse-belge", "le-soir-co"))],
        ),
        (
            f"<outline text='A' xmlUrl='{A}' category='/Belgique/Presse, cyber' language='fr-be'/>",
            [Feed(url=A, name="A", tags=("belgique", "presse", "cyber"), lang="fr")],
        ),
        (
            f"<outline text='X'><outline text='A' xmlUrl='{A}' category='y,x'/></outline>",
            [Feed(url=A, name="A", tags=("x", "y"))],
        ),
        (
            f"<outline text='A' xmlUrl='{A}'><outline text='B' xmlUrl='b'/></outline>",
            [Feed(url=A, name="A"), Feed(url="b", name="B")],
        ),
        (
            "<outline text='R&D, caf&eacute;s &#233; &amp; co' xmlUrl='https://a.org/?b&c=d'/>",
            [Feed(url="https://a.org/?b&c=d", name="R&D, cafés é & co")],
        ),
        (
            f"<outline type='link' text='no feed' url='https://x.org'/>"
            f"<outline><outline text='A' xmlUrl='{A}'/></outline>",
            [Feed(url=A, name="A")],
        ),
    ],
)
def test_what_an_outline_says(outlines: str, feeds: list[Feed]) -> None:
    assert feeds_of(outlines) == feeds


@pytest.mark.parametrize(
    ("outline", "name"),
    [
        (f'<outline text="Le "Fil", du "Nord"" xmlUrl="{A}"/>', 'Le "Fil", du "Nord"'),
        (f'<outline text="a < b" type="rss" xmlUrl="{A}" />', "a < b"),
        (f'\t<outline text="R&D" description="<a href="x">y</a>." xmlUrl="{A}"/>\r', "R&D"),
        (f'<outline text="x" description="<b class="c">y</b>" xmlUrl="{A}">\n</outline>', "x"),
    ],
)
def test_quotes_and_brackets_that_nobody_escaped(outline: str, name: str) -> None:
    assert feeds_of(f"\n{outline}\n") == [Feed(url=A, name=name)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"feeds:\n  - https://a.org\n", "it is no list of feeds"),
        (b"<rss version='2.0'/>", "not OPML: it begins with <rss>"),
        (b"<!DOCTYPE html><html><body/></html>", "not OPML: it begins with <html>"),
        (document(""), "it names no feed"),
        (document("<outline text='folder'/>"), "it names no feed"),
        (document("<outline text='a'>\n\n<outline xmlUrl='x'/>"), "broken XML: .* .line 3"),
        (document("\n<outline text='a&nosuch;b' xmlUrl='x'/>"), "Entity 'nosuch' not defined"),
        (document("<outline text='<b>' xmlUrl='x'/>"), "broken XML: Unescaped '<' .*.line 1"),
        (document("<outline text='a' xmlUrl='x'/>")[:-9], "broken XML"),
        (document("<outline>" * 1_000 + "</outline>" * 1_000), "broken XML: Excessive depth"),
    ],
)
def test_what_is_broken_is_refused_in_words(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as error:
        opml.read(body, "list.opml")
    assert error.value.url == "list.opml"


@pytest.mark.parametrize(
    "subset",
    [
        "<!ENTITY x 'expanded'>",
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
        "<!ENTITY y 'yyyyyyyyyy'><!ENTITY x '&y;&y;&y;&y;'>",
    ],
)
def test_entities_are_never_expanded(subset: str) -> None:
    body = document("<outline text='&x;' xmlUrl='x'/>", before=f"\n<!DOCTYPE opml [{subset}]>\n")
    with pytest.raises(ParseError, match=r"Entity 'x' not defined \(line 3\)"):
        opml.read(body, "list.opml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_encodings(encoding: str) -> None:
    charset = encoding.removesuffix("-sig")
    text = document("<outline text='Liège' xmlUrl='x'/>").decode().replace("utf-8", charset)
    assert opml.read(text.encode(encoding), "x")[0].name == "Liège"


TAGS = st.from_regex(r"[a-zéè0-9][\w]{0,8}", fullmatch=True).filter(
    lambda tag: tag == line(tag.lower())  # as a tag is typed: NFC
)
NAMES = st.text(min_size=1, max_size=80).map(line).filter(lambda n: n and n.isprintable())
FEEDS = st.builds(
    Feed,
    url=st.from_regex(r"https?://[a-z]{1,9}\.org/[a-z?&=%\"'<>]{0,12}", fullmatch=True),
    name=NAMES,
    tags=st.lists(TAGS, max_size=3, unique=True).map(tuple),
    lang=st.sampled_from(["", "fr", "en"]),
)


@given(st.lists(FEEDS, min_size=1, max_size=8, unique_by=lambda feed: feed.url))
def test_what_is_exported_is_imported_again(feeds: list[Feed]) -> None:
    again = opml.read(opml.write(feeds, "Mes flux"), "x")
    assert sorted(again, key=lambda f: f.url) == sorted(feeds, key=lambda f: f.url)


def test_an_export_is_what_other_readers_expect() -> None:
    feeds = [
        Feed(url="https://a.org/?x=1&y=2", name="A “é”", tags=("presse", "belgique"), lang="fr"),
        Feed(url="https://b.org/", name="B"),
        Feed(url="https://c.org/", name="C", tags=("presse",)),
    ]
    assert opml.write(feeds, "Mes flux").decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<opml version="2.0">\n  <head>\n    <title>Mes flux</title>\n  </head>\n  <body>\n'
        '    <outline text="presse" title="presse">\n'
        '      <outline type="rss" text="A “é”" title="A “é”" xmlUrl="https://a.org/?x=1&amp;y=2"'
        ' category="presse,belgique" language="fr"/>\n'
        '      <outline type="rss" text="C" title="C" xmlUrl="https://c.org/" category="presse"/>\n'
        "    </outline>\n"
        '    <outline type="rss" text="B" title="B" xmlUrl="https://b.org/"/>\n'
        "  </body>\n</opml>\n"
    )


@given(st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=4))
def test_damage_gives_clean_feeds_or_a_reason(damage: list[tuple[int, bytes]]) -> None:
    body = document(f"<outline text='X'><outline text='A' xmlUrl='{A}' category='y'/></outline>")
    for at, noise in damage:
        body = body[:at] + noise + body[at + 1 :]
    try:
        feeds = opml.read(body, "x")
    except ParseError as error:
        assert clean(error.reason) == error.reason
        return
    for feed in feeds:
        assert all(clean(text) == text for text in (feed.name, *feed.tags))


@pytest.mark.parametrize(("name", "count"), [(name, count) for name, (_, count) in lists().items()])
def test_a_list_is_read_or_refused_with_a_reason(name: str, count: int | None) -> None:
    body, _ = lists()[name]
    if count is None:
        with pytest.raises(ParseError) as error:
            opml.read(body, name)
        assert error.value.reason
    else:
        assert len(opml.read(body, name)) == count
