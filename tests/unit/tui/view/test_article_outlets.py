"""Who else tells the story of an article, and how it was revision_page."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom

from monitor.base.article import Article
from monitor.model.alert import Escalation, Lost, MergedAlert, Outlet, StoryTimeline
from monitor.model.article import ADDED, REMOVED, SAME, ArticleDetails, ArticleRevision, DiffPart
from monitor.model.watchlist import Severity
from monitor.presentation.spans import Line, width
from tui.view.article import article_page, outlet_rows, revision_page

HOSTILE = "[/]\x1b]52;c;cGF5bG9hZA==\x07\x1b[2J\u202e日本" * 9


def said(page: Any) -> str:
    return "\n".join("".join(word for word, _ in line) for line in page)


def reading(**changes: Any) -> ArticleDetails:
    article = Article(
        id=1, feeds=(1,), url="https://a.example/1", title="Titre", summary="", seen=NOW
    )
    return replace(ArticleDetails(article=article, feed="Le Monde", alerts=()), **changes)


def telling(*others: Outlet, elsewhere: tuple[Outlet, ...] = ()) -> StoryTimeline:
    first = Outlet(name="Le Monde", article=1, seen=NOW, lag=0.0, published=NOW - 60, lang="fr")
    return StoryTimeline((first, *others), elsewhere)


def test_other_outlets_stand_in_order_with_how_much_later_and_how() -> None:
    told = telling(
        Outlet(name="AFP", article=2, seen=NOW + 240, lag=240.0, copied=True),
        Outlet(name="Le Soir", article=3, seen=NOW + 7200, lag=7200.0, published=NOW - 3600),
        elsewhere=(Outlet(name="Reuters", article=9, seen=NOW, lag=0.0, lang="en"),),
    )
    page = article_page(reading(timeline=told), (), 100, UTC)
    rows = [line for line in said(page.lines).split("\n") if "2026" in line or "Also" in line][1:]
    assert [" ".join(row.split()[:4]) for row in rows[:3]] == [
        "▸ first Le Monde",
        "+4 min AFP copied",
        "+2 h Le Soir",
    ]
    assert rows[2].split()[4:6] == ["own", "words"]
    assert "first published by Le Soir, 59 min earlier" in said(page.lines)
    assert rows[3] == "Also in English"
    for line, article in outlet_rows(reading(timeline=told), 1, 100, UTC):
        if article is not None:
            outlet = {1: "Le Monde", 2: "AFP", 3: "Le Soir", 9: "Reuters"}[article]
            assert outlet in said([line])


def test_an_article_of_one_outlet_says_nothing_of_others() -> None:
    assert "outlet" not in said(article_page(reading(), (), 80, UTC).lines)


def test_what_became_of_an_alert_is_said() -> None:
    (alert,) = FakeNewsroom(4).read(1).alerts  # type: ignore[union-attr]
    step = Escalation(
        id=1, alert=1, reason="outlets", words="5 outlets", at=NOW, severity=Severity.MEDIUM
    )
    became = replace(
        alert,
        escalations=(step,),
        lost=(Lost("grève", NOW),),
        suppressed="cooldown",
        suppressed_until=NOW + 600,
    )
    page = said(article_page(reading(alerts=(became,)), (), 100, UTC).lines)
    assert "⇡ 5 outlets at 2026-11-24 23:30 UTC; raised as medium" in page
    assert "! grève: no longer in the text since the revision of 2026-11-24 23:30 UTC" in page
    assert (
        "not notified: cooldown after another alert of this watchlist until 2026-11-24 23:40 UTC"
        in page
    )
    assert "Espionnage: terme (title), grève (body)" in page


def test_what_is_odd_about_dates_and_pages_is_said() -> None:
    odd = reading(versions=3, page_trouble="403 Forbidden", page_retry=NOW + 600)
    page = said(article_page(odd, (), 120, UTC).lines)
    assert "∅ undated, first seen 2026-11-24 23:30 UTC" in page
    assert "2 revisions, D shows them" in page
    assert "Page not read: 403 Forbidden; next attempt 2026-11-24 23:40 UTC" in page


def test_merged_alerts_are_rows_to_be_read() -> None:
    one = MergedAlert(
        alert=2, partner=1, stands=False, watchlist="Liège", article=7, title="Une copie",
        publisher="Le Soir", seen=NOW,
    )  # fmt: skip
    page = article_page(reading(timeline=telling(), merged=(one,)), (), 80, UTC)
    assert "1 alert merged into this one, not notified" in said(page.lines)
    assert "Le Soir" in said(page.lines) and "Une copie" in said(page.lines)
    stands = replace(one, stands=True)
    page = article_page(reading(timeline=telling(), merged=(stands,)), (), 80, UTC)
    assert "Merged into the alert of another article, which was notified" in said(page.lines)


@pytest.mark.parametrize("cells", [10, 38, 80, 200])
def test_no_line_is_wider_than_the_reader(cells: int) -> None:
    outlets = [Outlet(name=HOSTILE, article=n, seen=NOW, lag=9e9, lang=HOSTILE) for n in (1, 2)]
    told = StoryTimeline(tuple(outlets), tuple(outlets))
    (alert,) = FakeNewsroom(4).read(1).alerts  # type: ignore[union-attr]
    alert = replace(alert, watchlist=HOSTILE, lost=(Lost(HOSTILE, 1e99),))
    other = MergedAlert(
        alert=2, partner=1, stands=True, watchlist=HOSTILE, article=2, title=HOSTILE,
        publisher=HOSTILE, seen=NOW,
    )  # fmt: skip
    odd = reading(
        timeline=told, feed=HOSTILE, alerts=(alert,), page_trouble=HOSTILE, merged=(other,)
    )
    page: list[Line] = list(article_page(odd, (), cells, UTC).lines)
    page += [line for line, article in outlet_rows(odd, 1, cells, UTC) if article is not None]
    page += revision_page(HOSTILE, [edit(HOSTILE)], cells, UTC)
    widest = max(width([("".join(word for word, _ in line).rstrip(), "")]) for line in page)
    assert widest <= max(cells, 15)
    assert not set(said(page)) & set("\x1b\x07\u202e")


def edit(words: str) -> ArticleRevision:
    pieces = [
        DiffPart(SAME, "a "),
        DiffPart(REMOVED, words),
        DiffPart(ADDED, "neuf"),
        DiffPart(SAME, " b"),
    ]
    return ArticleRevision(
        version=2, at=NOW, parts={"body": pieces}, removed_terms=(("Grèves", words),)
    )


def test_an_edit_shows_what_went_and_what_came_without_colours_too() -> None:
    page = revision_page("Titre", [edit("grève")], 80, UTC)
    assert "a [-grève-]{+neuf+} b" in said(page)
    assert "Revision 1 · 2026-11-24 23:30 UTC" in said(page)
    assert "Removed terms: grève (Grèves)" in said(page)
    assert ("[-grève-]", "gone") in [run for line in page for run in line]
    assert "No revision" in said(revision_page("Titre", [], 80, UTC))
