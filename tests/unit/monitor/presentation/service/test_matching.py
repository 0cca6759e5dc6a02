"""Tests of the changes of an edit: by word, and by term of a watchlist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support import flow
from support.newsroom import Newsroom

from monitor.model.article import ADDED, REMOVED, SAME, DiffPart
from monitor.model.config import StoreAddress
from monitor.presentation.article import with_context
from monitor.presentation.service.matching import diff_words, revisions_between
from monitor.storage.store.sql.views import Views

TEXTS = st.lists(
    st.sampled_from(["le", "port", "d’Anvers", "grève", ",", ".", "\n", " ", "阿里"]), max_size=30
).map("".join)


@given(TEXTS | st.text(), TEXTS | st.text())
def test_pieces_make_both_texts(old: str, new: str) -> None:
    parts = diff_words(old, new)
    assert "".join(part.text for part in parts if part.kind != ADDED) == old
    assert "".join(part.text for part in parts if part.kind != REMOVED) == new
    assert all(part.text for part in parts)
    if old == new:
        assert all(part.kind == SAME for part in parts)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "Grève au port",
            "Grève au quai",
            [(SAME, "Grève au "), (REMOVED, "port"), (ADDED, "quai")],
        ),
        ("L’État", "L’État belge", [(SAME, "L’État"), (ADDED, " belge")]),
        ("un deux", "un", [(SAME, "un"), (REMOVED, " deux")]),
        ("", "neuf", [(ADDED, "neuf")]),
    ],
)
def test_words_are_not_torn(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert diff_words(old, new) == [DiffPart(*part) for part in expected]


def test_a_word_changed_in_a_long_text_is_one_change() -> None:
    words = [f"le mot {n % 7} de la liste {n}," for n in range(60)]
    old, new = " ".join(words), " ".join([*words[:30], "une insertion,", *words[30:]])
    changed_parts = [part for part in diff_words(old, new) if part.kind != SAME]
    assert [(part.kind, part.text.strip()) for part in changed_parts] == [(ADDED, "une insertion,")]


def test_only_what_is_around_a_change_is_shown() -> None:
    before = " ".join(f"a{n}" for n in range(50))
    after = " ".join(f"b{n}" for n in range(50))
    parts = diff_words(f"{before} port {after}", f"{before} quai {after}")
    shown_text = "".join(part.text for part in with_context(parts, 2))
    assert shown_text == "…a48 a49 portquai b0 b1…"
    short_parts = diff_words("un port", "un quai")
    assert with_context(short_parts, 2) == short_parts


def test_which_terms_went_and_came(tmp_path: Path) -> None:
    flow.life(tmp_path).live(flow.ROUNDS)
    views = Views(StoreAddress(tmp_path))
    ((id,),) = flow.rows(tmp_path, "SELECT id FROM articles WHERE version > 1")
    (article,) = views.articles.get([id])
    assert article is not None
    versions = views.articles.revisions(id)
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))
    assert versions[-1].title == article.title
    (edit,) = revisions_between(article, [flow.FEEDS[0]], versions, flow.WATCHLISTS)
    assert (edit.version, edit.at) == (2, versions[0].until)
    assert edit.added_terms == (("Alibaba", "Alibaba"),)
    assert edit.removed_terms == ()
    assert set(edit.parts) == {"title", "summary"}
    (reverse_edit,) = revisions_between(article, [flow.FEEDS[0]], versions[::-1], flow.WATCHLISTS)
    assert (reverse_edit.added_terms, reverse_edit.removed_terms) == ((), edit.added_terms)


def test_terms_of_watchlists_on_another_feed_that_carries_it(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    flow.life(room.data).live(flow.ROUNDS)
    feeds = [{"url": feed.url, "name": feed.name} for feed in flow.FEEDS[:2]]
    room.watch(feeds, [{"terms": ["Alibaba"], "feeds": ["B"]}])
    ((id,),) = flow.rows(room.data, "SELECT id FROM articles WHERE version > 1")
    (article,) = Views(StoreAddress(room.data)).articles.get([id])
    assert len(article.feeds) == 2
    assert "New terms: Alibaba (Alibaba)" in room.here("show", str(id), "--diff").stdout


def test_on_the_command_line(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    flow.life(room.data).live(flow.ROUNDS)
    room.watch([{"url": "https://a.test/rss"}], ["Alibaba"])
    ((id,),) = flow.rows(room.data, "SELECT id FROM articles WHERE version > 1")
    output = room.here("show", str(id), "--diff").stdout
    assert "  title\n    Grève au port[- d’Anvers-]" in output
    assert "{+d’Alibaba +}" in output
    assert "New terms: Alibaba (Alibaba)" in output
    report = json.loads(room.here("show", str(id), "--diff", "--format", "json").stdout)
    assert [text["version"] for text in report["texts"]] == [1, 2]
    assert report["edits"][0]["added_terms"] == [{"watchlist": "Alibaba", "term": "Alibaba"}]
    ((other,),) = flow.rows(room.data, "SELECT min(id) FROM articles WHERE version = 1")
    assert "No revision" in room.here("show", str(other), "--diff").stdout
    room.config.unlink()
    assert "[- d’Anvers-]" in room.here("show", str(id), "--diff").stdout
