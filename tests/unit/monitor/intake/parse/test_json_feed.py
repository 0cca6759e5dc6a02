"""Tests of the parsing of JSON Feed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support.originals import hostile_json

from monitor.base.errors import ParseError
from monitor.base.text_cleaning import clean
from monitor.intake.parse.document import parse
from monitor.intake.parse.entry import keyed_entries
from monitor.model.poll import Entry

URL = "https://ex.org/flux/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: object, **fields: object) -> bytes:
    values = {"version": VERSION, "title": "Journal", "items": list(items), **fields}
    return json.dumps(values, ensure_ascii=False).encode()


def parsed(item: dict[str, object], **fields: object) -> Entry:
    """Return the entry of an item, with a default text."""
    item = {"content_text": "Texte"} | item
    (entry,) = parse(feed(item, **fields), URL, "application/feed+json").entries
    return entry


def test_an_item() -> None:
    item = {
        "id": "art-296",
        "url": "/monde/alibaba",
        "external_url": "https://elsewhere.org/",
        "title": "Alibaba dans le collimateur de la sûreté &amp; belge",
        "summary": "Le hub de Liège.",
        "content_html": "<p>Le hub de <b>Liège</b>.</p><p>Cainiao y gère le site.</p>",
        "content_text": "Le hub.",
        "date_published": "2023-10-09T09:09:00+02:00",
        "date_modified": "2023-10-09T10:00:00Z",
        "authors": [{"name": "Ibrahima Diallo"}, {"url": "https://ex.org"}, {"name": "Belga"}],
    }
    assert (parsed(item),) == keyed_entries(
        [
            Entry(
                guid="art-296",
                url="https://ex.org/monde/alibaba",
                title="Alibaba dans le collimateur de la sûreté &amp; belge",
                summary="Le hub de Liège.",
                body="Le hub de Liège.\nCainiao y gère le site.",
                author="Ibrahima Diallo, Belga",
                published=1_696_835_340.0,
            )
        ]
    )


def test_what_it_says_of_itself() -> None:
    body = feed(home_page_url="https://ex.org/", language="fr-BE")
    result = parse(body, URL)
    assert (result.title, result.link, result.lang) == ("Journal", "https://ex.org/", "fr")
    assert (result.format, result.entries) == ("JSON Feed 1.1", ())


@pytest.mark.parametrize(
    ("version", "format"),
    [
        ("https://jsonfeed.org/version/1", "JSON Feed 1"),
        ("http://jsonfeed.org/version/1", "JSON Feed 1"),
        ("https://www.jsonfeed.org/version/1.1", "JSON Feed 1.1"),
    ],
)
def test_every_spelling_of_the_version(version: str, format: str) -> None:
    assert parse(feed(version=version), URL).format == format


@pytest.mark.parametrize(
    ("item", "field", "value"),
    [
        ({"id": 42}, "guid", "42"),
        ({"id": True, "title": "x"}, "guid", "True"),
        ({"id": {"not": "text"}, "title": "x"}, "guid", ""),
        ({"id": "https://ex.org/a"}, "url", "https://ex.org/a"),
        ({"id": "tag:ex.org,2023:1"}, "url", ""),
        ({"id": "1", "url": "javascript:alert(1)"}, "url", ""),
        ({"id": "1", "url": "", "external_url": "https://e.org/x"}, "url", "https://e.org/x"),
        ({"id": "1", "title": "a\x1b[31mb\u202e\nc"}, "title", "ab c"),
        ({"id": "1", "title": ["no", "text"]}, "title", ""),
        ({"id": "1", "content_text": "a <b> c\n\nd"}, "body", "a <b> c\nd"),
        ({"id": "1", "summary": "abc", "content_text": "b"}, "body", ""),
        ({"id": "1", "author": {"name": "Old form"}}, "author", "Old form"),
        ({"id": "1", "authors": [], "author": {"name": "Old form"}}, "author", "Old form"),
        ({"id": "1", "authors": "nobody"}, "author", ""),
        ({"id": "1", "date_published": "2023-10-09"}, "published", 1_696_809_600.0),
        ({"id": "1", "date_published": "2023-10-09T07:09:00.123456789Z"}, "published",
         1_696_835_340.123456),
        ({"id": "1", "date_published": "yesterday"}, "published", None),
        ({"id": "1", "date_published": "0001-01-01T00:00:00Z"}, "published", None),
        ({"id": "1", "date_published": 1_696_835_340}, "published", None),
        ({"id": "1", "date_modified": "1970-01-01T00:01:00Z"}, "published", 60.0),
    ],
)  # fmt: skip
def test_a_field(item: dict[str, object], field: str, value: object) -> None:
    assert getattr(parsed(item), field) == value


def test_a_date_without_a_zone_is_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Brussels")
        time.tzset()
        published = parsed({"id": "1", "date_published": "2023-10-09T07:09:00"}).published
    time.tzset()
    assert published == 1_696_835_340.0


def test_authors_of_the_feed_are_those_of_an_item_without() -> None:
    authors = [{"name": "Rédaction"}]
    assert parsed({"id": "1"}, authors=authors).author == "Rédaction"
    assert parsed({"id": "1", "authors": [{"name": "Belga"}]}, authors=authors).author == "Belga"


def test_items_that_are_none_are_passed_over() -> None:
    assert (
        parsed({"id": "1"}, items=[None, [], "x", 3, {"id": "1", "title": "T"}, {"id": "2"}]).guid
        == "1"
    )


def test_items_of_one_id_stay_apart() -> None:
    body = feed({"id": "1", "title": "a"}, {"id": "1", "title": "b"}, {"id": "1", "title": "a"})
    entries = parse(body, URL).entries
    assert sorted(entry.title for entry in entries) == ["a", "b"]
    assert len({entry.guid for entry in entries}) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    body = feed({"id": "1", "title": "Été à Liège — œuvre"}).decode().encode(encoding)
    (entry,) = parse(body, URL).entries
    assert entry.title == "Été à Liège — œuvre"


@pytest.mark.parametrize("content_type", ["application/xml", "text/html; charset=latin-1", ""])
def test_the_declared_type_does_not_count(content_type: str) -> None:
    assert parse(feed({"id": "1", "title": "T"}), URL, content_type).entries


BROKEN = feed({"id": "1"})[:-2]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", "JSON, but no JSON Feed"),
        (b"[]", "JSON, but no JSON Feed"),
        (b'{"feed": [1, 2]}', "JSON, but no JSON Feed"),
        (b'[{"version": "https://jsonfeed.org/version/1"}]', "JSON, but no JSON Feed"),
        (feed(items={}), "without `items`"),
        (feed(version=1, title=VERSION), "without `version`"),
        (BROKEN, "broken at line 1, column"),
        (b'{"version": "%s", "x": %s' % (VERSION.encode(), b"[" * 100_000), "too broken"),
        (b'{"version": "%s", "x": %s}' % (VERSION.encode(), b"9" * 5_000), "too broken"),
    ],
)
def test_what_is_none_is_said_in_words(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(body, URL)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["id", "url", "external_url", "title", "summary", "content_html", "content_text", "authors",
     "author", "date_published", "date_modified", "home_page_url", "language"]
)  # fmt: skip
TABLES = st.dictionaries(KEYS, VALUES)


@given(fields=TABLES, items=st.lists(TABLES | VALUES, max_size=4))
def test_any_values_are_clean_entries_told_apart(fields: dict[str, Any], items: list[Any]) -> None:
    body = json.dumps({**fields, "version": VERSION, "items": items}).encode()
    result = parse(body, URL)
    names = [entry.guid or entry.url or entry.title for entry in result.entries]
    assert len(set(names)) == len(names) or "" in names
    for entry in result.entries:
        for words in (entry.title, entry.summary, entry.body, entry.author, entry.guid, entry.url):
            assert clean(words, keep_newlines=True) == words


@given(st.integers(0, len(feed({"id": "1"}))), st.binary(max_size=4))
def test_damage_gives_entries_or_a_reason(at: int, damage: bytes) -> None:
    body = feed({"id": "1", "title": "Liège"})
    try:
        parse(body[:at] + damage + body[at + 1 :], URL)
    except ParseError as error:
        assert error.reason


def test_an_odd_feed_is_read_or_refused_in_words() -> None:
    read_count = 0
    for name, body in hostile_json():
        try:
            result = parse(body, URL)
        except ParseError as error:
            assert "JSON" in error.reason, name
        else:
            assert result.format.startswith("JSON Feed"), name
            assert len(result.entries) <= len(json.loads(body, strict=False)["items"]), name
            read_count += 1
    assert read_count > 100
