"""Tests of the page of an article: matches, dates, summaries."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.fake_newsroom import NOW

from monitor.base.article import Article
from monitor.model.article import ArticleDetails
from tui.view.article import article_page, match_places


def text(line: list[tuple[str, str]]) -> str:
    return "".join(run for run, _ in line)


def reading(**changes: object) -> ArticleDetails:
    base = Article(id=1, feeds=(1,), url="https://a.example/1", title="Titre", summary="", seen=NOW)
    return ArticleDetails(article=replace(base, **changes), feed="Le Monde", alerts=())  # type: ignore[arg-type]


def test_matches_are_highlighted_where_they_are() -> None:
    page = article_page(
        reading(body="a grève b\nc grève d"), (("body", 2, 7), ("body", 12, 17)), 60
    )
    for line in page.matches:
        assert ("grève", "hit") in page.lines[line]
    assert len(page.matches) == 2


def test_the_match_stepped_to_stands_out() -> None:
    page = article_page(
        reading(body="a grève b grève"), (("body", 2, 7), ("body", 10, 15)), 60, None, 1
    )
    inks = [ink for line in page.lines for word, ink in line if word == "grève"]
    assert inks == ["hit", "hit-now"]


@given(
    st.text(st.characters(categories=["L", "Zs", "P", "Cc", "Cf"]), max_size=300),
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 20)), max_size=8),
    st.integers(10, 120),
)
def test_every_match_has_a_line(body: str, starts: list[tuple[int, int]], cells: int) -> None:
    spans = {("body", a, min(a + n, len(body))) for a, n in starts if a < len(body)}
    page = article_page(reading(body=body), match_places((), spans), cells)
    assert all(0 <= line < len(page.lines) for line in page.matches)


def test_marks_stay_on_their_words_in_text_that_is_not_clean() -> None:
    body = "\x1b[31mUne\x1b[0m grève\u202e ici"
    at = body.index("grève")
    page = article_page(reading(body=body), (("body", at, at + 5),), 60)
    assert any(("grève", "hit") in line for line in page.lines)


def test_a_summary_that_opens_the_body_is_told_once() -> None:
    page = article_page(reading(summary="Le début…", body="Le début et la suite"), (), 60)
    assert sum("Le début" in text(line) for line in page.lines) == 1
    page = article_page(reading(summary="Un chapeau", body="Le texte"), (), 60)
    assert any("Un chapeau" in text(line) for line in page.lines)


def test_matches_in_a_summary_that_opens_the_body_are_shown_there() -> None:
    article = reading(summary="La grève dure…", body="La grève dure depuis lundi")
    page = article_page(article, (("summary", 3, 8), ("body", 3, 8)), 60)
    assert len(page.matches) == 1
    assert ("grève", "hit") in page.lines[page.matches[0]]
    same_reading = reading(title="La grève", summary="La grève")
    assert len(article_page(same_reading, (("summary", 3, 8),), 60).matches) == 1


def test_dates_that_cannot_be_are_told() -> None:
    page_text = "\n".join(
        text(line) for line in article_page(reading(published=None), (), 80, UTC).lines
    )
    assert "undated, first seen 2026-11-24 23:30 UTC" in page_text
    future = reading(published=NOW + 1e7)
    assert any(
        "dated in the future" in text(line) for line in article_page(future, (), 80, UTC).lines
    )


def test_an_article_without_a_title_is_untitled_as_in_commands_and_exports() -> None:
    assert text(article_page(reading(title=""), (), 60).lines[0]) == "(untitled)"
