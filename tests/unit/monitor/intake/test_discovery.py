"""Tests of the diagnostics of a feed after one reading."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.base.errors import FetchError
from monitor.intake.discovery import DiscoveredFeed, FeedDiagnostics, diagnose, languages, retry
from monitor.model.poll import Entry, Fetched, Hints, ParsedFeed

NOW = 1_700_000_000.0
HOUR, DAY = 3_600.0, 86_400.0
URL = "https://ex.org/rss"
FRENCH = "Les services de renseignement belges surveillent un centre logistique à Liège. "
ENGLISH = "The customs officers found the parcels in a warehouse near the airport last week. "


def entry(text: str = FRENCH, ago: float | None = HOUR, **fields: Any) -> Entry:
    published = None if ago is None else NOW - ago
    values = {"guid": "g", "url": "https://ex.org/1", "title": "Titre"} | fields
    return Entry(summary=text, published=published, **values)


def diagnosis(*entries: Entry, ttl: float | None = None, **fields: Any) -> FeedDiagnostics:
    answer = Fetched(**{"url": URL, "body": b"<rss/>"} | fields)
    parsed = ParsedFeed(entries=entries, ttl=ttl)
    return diagnose(DiscoveredFeed(url=URL, fetched=answer, parsed=parsed, seconds=0.5), NOW)


def test_dates() -> None:
    result = diagnosis(entry(ago=DAY), entry(ago=None), entry(ago=-HOUR), entry(ago=HOUR))
    assert (result.undated, result.future) == (1, 1)
    assert (result.oldest, result.newest) == (NOW - DAY, NOW + HOUR)


def test_ids_and_links() -> None:
    result = diagnosis(entry(guid=""), entry(guid="a#0123456789abcdef"), entry(guid="#x", url=""))
    assert (result.without_guid, result.shared_guid, result.without_link) == (1, 1, 1)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([FRENCH * 20], "full"),
        ([FRENCH * 20 + "…", FRENCH * 20 + "Lire la suite »"], "teasers"),
        ([FRENCH * 20 + "…", FRENCH * 20, FRENCH * 20], "full"),
        ([FRENCH * 2], "teasers"),
        (["", "court"], "titles"),
        ([], ""),
    ],
)
def test_whole_texts_are_told_from_cut_ones(texts: list[str], kind: str) -> None:
    assert diagnosis(*map(entry, texts)).texts == kind


def test_the_longer_of_summary_and_body_counts() -> None:
    assert diagnosis(entry("court", body=FRENCH * 20)).length == len(FRENCH) * 20


def test_languages_are_found_most_frequent_first() -> None:
    texts = [entry(ENGLISH, title=""), entry(title=""), entry(title=""), entry("", title="12")]
    assert list(languages(texts).items()) == [("fr", 2), ("en", 1), ("", 1)]


@pytest.mark.parametrize(
    ("hints", "ttl", "interval"),
    [
        (Hints(), None, 15 * 60.0),
        (Hints(max_age=2 * HOUR), None, 2 * HOUR),
        (Hints(max_age=60.0), None, 15 * 60.0),
        (Hints(max_age=HOUR), 3 * HOUR, 3 * HOUR),
        (Hints(max_age=90 * DAY), None, 31 * DAY),
    ],
)
def test_the_interval_is_the_one_that_polling_would_use(
    hints: Hints, ttl: float | None, interval: float
) -> None:
    assert diagnosis(entry(), ttl=ttl, hints=hints).interval == interval


@pytest.mark.parametrize(
    ("answer", "conditional"),
    [({}, False), ({"etag": b'"\xe9"'}, True), ({"last_modified": b"Mon"}, True)],
)
def test_validators_make_it_conditional(answer: dict[str, bytes], conditional: bool) -> None:
    assert diagnosis(entry(), **answer).conditional == conditional


@pytest.mark.parametrize(
    ("content_type", "body", "encoding", "is_utf8"),
    [
        ("text/xml; charset=UTF-8", b"<rss/>", "utf-8", True),
        ("text/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><rss>\xe9", "iso-8859-1", False),
        ("text/xml; charset=latin1", b"<?xml encoding='utf-8'?>", "latin1", True),
        ("", b"<rss/>", "", True),
    ],
)
def test_encodings(content_type: str, body: bytes, encoding: str, is_utf8: bool) -> None:
    diagnostics = diagnosis(content_type=content_type, body=body)
    assert (diagnostics.encoding, diagnostics.is_utf8) == (encoding, is_utf8)


LONG = FRENCH * 20


@pytest.mark.parametrize(
    ("entries", "answer", "advice"),
    [
        ([entry(LONG)], {}, ""),
        ([], {}, ""),
        ([entry(LONG)], {"moved_to": URL}, f"subscribe to {URL}"),
        ([entry()], {}, "`full_text: true`"),
        ([entry(url="")], {}, ""),
        ([entry(LONG, ago=100 * DAY)], {}, "nothing new for 100 d"),
        ([entry(LONG, ago=ago) for ago in (60.0, 300.0, 900.0)], {}, "covers only 15 min"),
        ([entry(LONG, ago=None)], {}, "it has no dates"),
    ],
)
def test_advice(entries: list[Entry], answer: dict[str, Any], advice: str) -> None:
    advice_texts = diagnosis(*entries, **answer).advice
    assert (advice in advice_texts[0]) if advice else not advice_texts


@pytest.mark.parametrize(
    ("status", "after", "wait"),
    [(None, None, 900.0), (404, None, 900.0), (410, None, None), (503, 600.0, 600.0)],
)
def test_when_a_feed_that_fails_is_tried_again(
    status: int | None, after: float | None, wait: float | None
) -> None:
    assert retry(FetchError(URL, "why", status=status, retry_after=after), NOW) == wait
