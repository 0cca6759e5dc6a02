"""Tests of alerts as entries: texts of feeds are escaped, and matches are in bold."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.briefings import told_by

from monitor.api.greader.streams import content, item_row
from monitor.base.article import Article
from monitor.base.text_cleaning import clean
from monitor.model.alert import Alert, AlertKind, AlertState, Verdict
from monitor.model.watchlist import Match, Severity

ARTICLE = Article(
    id=7, feeds=(1,), url="https://ex.org/1", title="Une grève", summary="Le port est bloqué.",
    body="Le port est bloqué.\nLa grève dure.\nFin.", seen=50.0, published=40.0,
)  # fmt: skip
ALERT = Alert(
    id=5, watchlist="Grèves", article=7, severity=Severity.HIGH, state=AlertState.NEW,
    verdict=Verdict(""), starred=False,
    backfill=False, raised_at=60.5, title="Une grève", url="https://ex.org/1", feed="Le Fil",
    lang="fr", published=40.0,
    matches=(
        Match(field="body", start=23, end=28, text="grève", term="grève"),
        Match(field="title", start=4, end=9, text="grève", term="grève"),
    ),
)  # fmt: skip
SEVERITIES = {"Grèves": Severity.HIGH}


def test_matches_are_in_bold_and_the_summary_is_not_repeated() -> None:
    assert content(ALERT, ARTICLE) == (
        "<p><b>Grèves</b> · a5 · high · grève</p>"
        "<p>Le port est bloqué.</p><p>La <b>grève</b> dure.</p><p>Fin.</p>"
    )


def test_read_is_acknowledged_and_starred_is_a_star() -> None:
    state = "user/-/state/com.google/"
    new = item_row(ALERT, ARTICLE, SEVERITIES)
    assert new["categories"] == [f"{state}reading-list", "user/-/label/High"]
    for alert_state in (AlertState.ACKNOWLEDGED, AlertState.CLOSED):
        decided_alert = replace(ALERT, state=alert_state, starred=True, tags=("hub",))
        assert item_row(decided_alert, ARTICLE, SEVERITIES)["categories"] == [
            f"{state}reading-list", f"{state}read", f"{state}starred", "user/-/label/High",
            "user/-/label/hub",
        ]  # fmt: skip
    assert new["id"] == "tag:google.com,2005:reader/item/0000000000000005"
    assert (new["published"], new["crawlTimeMsec"]) == (40, "60500")


def test_an_alert_about_a_feed_has_no_link() -> None:
    alert = replace(ALERT, article=None, kind=AlertKind.FAILING, url="javascript:x", matches=())
    row = item_row(alert, None, {})
    assert row["canonical"] == row["alternate"] == []
    assert row["summary"]["content"] == "<p><b>Grèves</b> · a5 · high · failing</p>"


HOSTILE = [
    "<img src=x onerror=alert(1)>", "</title><script>", "&lt;b&gt;", "R&D", "&#60;i&#62;", '"><u>',
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_title_author_or_link_is_markup(text: str) -> None:
    alert = replace(
        ALERT, watchlist=text, title=text, feed=text,
        url=f"https://user:pass@ex.org/?a=1&q={text.replace(' ', '')}",
    )  # fmt: skip
    row = item_row(alert, ARTICLE, SEVERITIES)
    wide = text.translate(str.maketrans({"&": "\uff06", "<": "\uff1c", ">": "\uff1e"}))
    assert (row["title"], row["author"], row["origin"]["title"]) == (wide, wide, wide)
    for link in (row["canonical"][0]["href"], row["alternate"][0]["href"]):
        assert not set("<>\"'") & set(link)
        assert link.startswith("https://ex.org/?a=1&q=")


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_no_text_becomes_markup(text: str, spans: list[tuple[int, int]]) -> None:
    matches = tuple(
        Match(field="body", start=start, end=end, text="<s>", term="x") for start, end in spans
    )
    alert = replace(
        ALERT, watchlist="<a>&", note="<u>", matches=matches, timeline=told_by("One", "<em>")
    )
    body = clean(f"<script>{text}</script>", keep_newlines=True)  # as an article is stored
    markup = content(alert, replace(ARTICLE, body=body, summary=""))
    assert set(re.findall(r"</?(\w+)", markup)) <= {"p", "b", "i"}
    text_reader = _Text()
    text_reader.feed(markup)
    text_reader.close()
    expected = "".join(body.split())
    assert expected in "".join(text_reader.text.split())


class _Text(HTMLParser):
    text = ""

    def handle_data(self, data: str) -> None:
        self.text += data
