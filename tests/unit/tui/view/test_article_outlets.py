"""Tests of the other outlets of a story, and of the revisions of an article."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from msgspec.structs import replace
from support.fake_newsroom import NOW, FakeNewsroom

from monitor.base.article import Article
from monitor.model.alert import Escalation, LostTerm, MergedAlert, Outlet, StoryTimeline
from monitor.model.article import ADDED, REMOVED, SAME, ArticleDetails, ArticleRevision, DiffPart
from monitor.model.watchlist import Severity
from monitor.presentation.spans import Line, width
from tui.view.article import article_page, outlet_rows, revision_page

HOSTILE = "[/]\x1b]52;c;cGF5bG9hZA==\x07\x1b[2J\u202e日本" * 9


def plain(page: Any) -> str:
    return "\n".join("".join(word for word, _ in line) for line in page)


def reading(**changes: Any) -> ArticleDetails:
    article = Article(
        id=1, feeds=(1,), url="https://a.example/1", title="Titre", summary="", seen=NOW
    )
    return replace(ArticleDetails(article=article, feed="Le Monde", alerts=()), **changes)


def timeline_of(*other_outlets: Outlet, elsewhere: tuple[Outlet, ...] = ()) -> StoryTimeline:
    first = Outlet(name="Le Monde", article=1, seen=NOW, lag=0.0, published=NOW - 60, lang="fr")
    return StoryTimeline((first, *other_outlets), elsewhere)


def test_other_outlets_stand_in_order_with_how_much_later_and_how() -> None:
    timeline = timeline_of(
        Outlet(name="AFP", article=2, seen=NOW + 240, lag=240.0, copied=True),
        Outlet(name="Le Soir", article=3, seen=NOW + 7200, lag=7200.0, published=NOW - 3600),
        elsewhere=(Outlet(name="Reuters", article=9, seen=NOW, lag=0.0, lang="en"),),
    )
    page = article_page(reading(timeline=timeline), (), 100, UTC)
    rows = [line for line in plain(page.lines).split("\n") if "2026" in line or "Also" in line][1:]
    assert [" ".join(row.split()[:4]) for row in rows[:3]] == [
        "▸ first Le Monde",
        "+4 min AFP copied",
        "+2 h Le Soir",
    ]
    assert rows[2].split()[4:6] == ["own", "words"]
    assert "first published by Le Soir, 59 min earlier" in plain(page.lines)
    assert rows[3] == "Also in English"
    for line, article in outlet_rows(reading(timeline=timeline), 1, 100, UTC):
        if article is not None:
            outlet = {1: "Le Monde", 2: "AFP", 3: "Le Soir", 9: "Reuters"}[article]
            assert outlet in plain([line])


def test_an_article_of_one_outlet_says_nothing_of_others() -> None:
    assert "outlet" not in plain(article_page(reading(), (), 80, UTC).lines)


def test_what_became_of_an_alert_is_said() -> None:
    (alert,) = FakeNewsroom(4).read(1).alerts  # type: ignore[union-attr]
    step = Escalation(
        id=1, alert=1, reason="outlets", words="5 outlets", at=NOW, severity=Severity.MEDIUM
    )
    changed_alert = replace(
        alert,
        escalations=(step,),
        lost=(LostTerm("grève", NOW),),
        suppressed="cooldown",
        suppressed_until=NOW + 600,
    )
    page = plain(article_page(reading(alerts=(changed_alert,)), (), 100, UTC).lines)
    assert "⇡ 5 outlets at 2026-11-24 23:30 UTC; raised as medium" in page
    assert "! grève: no longer in the text since the revision of 2026-11-24 23:30 UTC" in page
    assert (
        "not notified: cooldown after another alert of this watchlist until 2026-11-24 23:40 UTC"
        in page
    )
    assert "Espionnage: terme (title), grève (body)" in page


def test_what_is_odd_about_dates_and_pages_is_said() -> None:
    odd_reading = reading(versions=3, page_trouble="403 Forbidden", page_retry=NOW + 600)
    page = plain(article_page(odd_reading, (), 120, UTC).lines)
    assert "∅ undated, first seen 2026-11-24 23:30 UTC" in page
    assert "2 revisions, D shows them" in page
    assert "Page not read: 403 Forbidden; next attempt 2026-11-24 23:40 UTC" in page


def test_merged_alerts_are_rows_to_be_read() -> None:
    merged_alert = MergedAlert(
        alert=2, partner=1, stands=False, watchlist="Liège", article=7, title="Une copie",
        publisher="Le Soir", seen=NOW,
    )  # fmt: skip
    page = article_page(reading(timeline=timeline_of(), merged=(merged_alert,)), (), 80, UTC)
    assert "1 alert merged into this one, not notified" in plain(page.lines)
    assert "Le Soir" in plain(page.lines) and "Une copie" in plain(page.lines)
    standing_alert = replace(merged_alert, stands=True)
    page = article_page(reading(timeline=timeline_of(), merged=(standing_alert,)), (), 80, UTC)
    assert "Merged into the alert of another article, which was notified" in plain(page.lines)


@pytest.mark.parametrize("cells", [10, 38, 80, 200])
def test_no_line_is_wider_than_the_reader(cells: int) -> None:
    outlets = [Outlet(name=HOSTILE, article=n, seen=NOW, lag=9e9, lang=HOSTILE) for n in (1, 2)]
    timeline = StoryTimeline(tuple(outlets), tuple(outlets))
    (alert,) = FakeNewsroom(4).read(1).alerts  # type: ignore[union-attr]
    alert = replace(alert, watchlist=HOSTILE, lost=(LostTerm(HOSTILE, 1e99),))
    other = MergedAlert(
        alert=2, partner=1, stands=True, watchlist=HOSTILE, article=2, title=HOSTILE,
        publisher=HOSTILE, seen=NOW,
    )  # fmt: skip
    details = reading(
        timeline=timeline, feed=HOSTILE, alerts=(alert,), page_trouble=HOSTILE, merged=(other,)
    )
    page: list[Line] = list(article_page(details, (), cells, UTC).lines)
    page += [line for line, article in outlet_rows(details, 1, cells, UTC) if article is not None]
    page += revision_page(HOSTILE, [edit(HOSTILE)], cells, UTC)
    max_width = max(width([("".join(word for word, _ in line).rstrip(), "")]) for line in page)
    assert max_width <= max(cells, 15)
    assert not set(plain(page)) & set("\x1b\x07\u202e")


def edit(words: str) -> ArticleRevision:
    parts = [
        DiffPart(SAME, "a "),
        DiffPart(REMOVED, words),
        DiffPart(ADDED, "neuf"),
        DiffPart(SAME, " b"),
    ]
    return ArticleRevision(
        version=2, at=NOW, parts={"body": parts}, removed_terms=(("Grèves", words),)
    )


def test_an_edit_shows_what_went_and_what_came_without_colours_too() -> None:
    page = revision_page("Titre", [edit("grève")], 80, UTC)
    assert "a [-grève-]{+neuf+} b" in plain(page)
    assert "Revision 1 · 2026-11-24 23:30 UTC" in plain(page)
    assert "Removed terms: grève (Grèves)" in plain(page)
    assert ("[-grève-]", "removed") in [run for line in page for run in line]
    assert "No revision" in plain(revision_page("Titre", [], 80, UTC))
