"""Tests of the identification of new entries."""

from __future__ import annotations

from hypothesis import given, strategies as st
from msgspec.structs import replace

from monitor.intake.ingest.article_changes import Changed, Decision, New, Reissued, Seen, identify
from monitor.intake.parse.entry import canonical, fingerprint, key, keyed_entries
from monitor.model.poll import Entry, Known, KnownArticle


def entry(guid: str = "", url: str = "", title: str = "", summary: str = "") -> Entry:
    return Entry(guid=guid, url=url, title=title, summary=summary)


class Archive:
    """An archive that answers as the store does, for any number of feeds."""

    def __init__(self) -> None:
        self._articles: dict[int, tuple[int, str, str]] = {}
        self._rows: dict[tuple[int, str], tuple[int, bytes]] = {}

    def known_entries(self, feed: int, entries: list[Entry]) -> Known:
        rows = {guid: row for (number, guid), row in self._rows.items() if number == feed}
        keys = {key(e) for e in entries}
        links = {canonical(e.url) for e in entries} - {""}
        prints = {fingerprint(e) for e in entries}
        urls = {
            link: tuple(
                KnownArticle(id=id, feed=first, title=title, fingerprint=self._print(first, id))
                for id, (first, title, url) in self._articles.items()
                if url == link
            )
            for link in links
        }
        contents = {
            text_hash: tuple((guid, id) for guid, (id, text) in rows.items() if text == text_hash)
            for text_hash in prints
        }
        article_ids = {a.id for articles in urls.values() for a in articles}
        article_ids |= {id for entries in contents.values() for _, id in entries}
        return Known(
            feed=feed,
            guids={guid: row for guid, row in rows.items() if guid in keys},
            urls={link: articles for link, articles in urls.items() if articles},
            contents={text_hash: entries for text_hash, entries in contents.items() if entries},
            own={
                id: guids
                for id in article_ids
                if (guids := tuple(guid for guid, row in rows.items() if row[0] == id))
            },
        )

    def _print(self, feed: int, article: int) -> bytes:
        rows = (row for (number, _), row in self._rows.items() if number == feed)
        return next((text for id, text in rows if id == article), b"")

    def poll(self, feed: int, *entries: Entry) -> list[Decision]:
        decisions = identify(keyed_entries(entries), self.known_entries(feed, list(entries)))
        for decision in decisions:
            if isinstance(decision, New):
                id = len(self._articles) + 1
                self._articles[id] = (feed, decision.entry.title, decision.entry.canonical)
            else:
                id = decision.article
            if isinstance(decision, Reissued):
                old_keys = [at for at, row in self._rows.items() if at[0] == feed and row[0] == id]
                for at in old_keys:
                    del self._rows[at]
            self._rows[feed, decision.entry.key] = (id, decision.entry.fingerprint)
        return decisions

    def kinds(self, feed: int, *entries: Entry) -> list[str]:
        return [type(decision).__name__ for decision in self.poll(feed, *entries)]


A = entry("a", "https://ex.org/a", "Alibaba à Liège", "La sûreté belge enquête.")
B = entry("b", "https://ex.org/b", "Grève à Orly", "Un vol sur deux est annulé.")
C = entry("c", "https://ex.org/c", "Taux", "La banque relève ses taux.")


def test_what_was_there_is_seen_whatever_its_order() -> None:
    archive = Archive()
    assert archive.kinds(1, A, B) == ["New", "New"]
    assert archive.kinds(1, C, B, A) == ["New", "Seen", "Seen"]


def test_white_space_and_case_are_no_edit_but_words_are() -> None:
    archive = Archive()
    archive.poll(1, A)
    assert archive.kinds(1, replace(A, title="ALIBABA  à\u00a0Liège")) == ["Seen"]
    assert archive.kinds(1, replace(A, summary="La sûreté nie.")) == ["Changed"]
    assert archive.kinds(1, replace(A, summary="La sûreté nie.")) == ["Seen"]


def test_all_entries_under_new_guids_are_reissued_once() -> None:
    archive = Archive()
    archive.poll(1, A, B, C)
    again = [replace(e, guid=f"new-{e.guid}") for e in (A, B, C)]
    assert archive.kinds(1, *again) == ["Reissued"] * 3
    assert archive.kinds(1, *again) == ["Seen"] * 3


def test_a_site_that_moves_keeps_its_articles() -> None:
    archive = Archive()
    archive.poll(1, A, B, C)
    moved_entries = [
        replace(e, guid=f"new-{e.guid}", url=e.url.replace("ex.org/", "ex.eu/2023/"))
        for e in (A, B, C)
    ]
    decisions = archive.poll(1, *moved_entries)
    assert [d.article for d in decisions if isinstance(d, Reissued)] == [1, 2, 3]


def test_an_edit_under_a_new_guid_is_a_change_of_its_article() -> None:
    archive = Archive()
    archive.poll(1, A, B)
    edited_entry = replace(A, guid="a#1", title="Alibaba, Cainiao et Liège")
    (decision, _) = archive.poll(1, edited_entry, B)
    assert isinstance(decision, Changed)
    assert (decision.article, decision.entry.key) == (1, "a#1")


def test_the_same_words_at_another_address_are_another_article() -> None:
    archive = Archive()
    monday = entry("1", "https://ex.org/meteo/lundi", "Météo", "Soleil.")
    tuesday = entry("2", "https://ex.org/meteo/mardi", "Météo", "Soleil.")
    archive.poll(1, A, B, monday)
    assert archive.kinds(1, tuesday, A, B) == ["New", "Seen", "Seen"]


def test_without_a_link_the_same_words_are_the_same_article() -> None:
    archive = Archive()
    archive.poll(1, A, B, replace(C, url=""))
    assert archive.kinds(1, A, B, replace(C, url="", guid="c2")) == ["Seen", "Seen", "Reissued"]


def test_the_home_page_identifies_nothing() -> None:
    archive = Archive()
    at_home = [replace(e, url="https://ex.org/") for e in (A, B)]
    assert archive.kinds(1, *at_home) == ["New", "New"]
    assert archive.kinds(1, replace(C, url="https://ex.org")) == ["New"]


def test_a_link_that_entries_share_identifies_nothing() -> None:
    archive = Archive()
    live = [replace(e, url="https://ex.org/live") for e in (A, B, C)]
    archive.poll(1, live[0])
    assert archive.kinds(1, live[1], live[2]) == ["New", "New"]


def test_an_article_that_is_still_there_is_not_replaced() -> None:
    archive = Archive()
    archive.poll(1, A, B)
    moved_entry = replace(A, url="https://ex.org/a-2")
    assert archive.kinds(1, moved_entry, replace(C, url=A.url), B) == ["Seen", "New", "Seen"]


def test_two_entries_never_take_the_place_of_one() -> None:
    archive = Archive()
    archive.poll(1, replace(A, url=""), B)
    twins = [replace(A, url="", guid=guid) for guid in ("a1", "a2")]
    assert archive.kinds(1, *twins, B) == ["Reissued", "New", "Seen"]


def test_another_feed_with_the_same_link_and_title_carries_it_too() -> None:
    archive = Archive()
    archive.poll(1, A)
    copy = entry("x", "http://EX.org/a/?utm_source=rss#top", "ALIBABA à Liège", "Autre chapô.")
    assert archive.kinds(2, copy) == ["Variant"]
    assert archive.kinds(3, replace(A, guid="y")) == ["Duplicate"]
    assert archive.kinds(2, copy) == ["Seen"]
    assert archive.kinds(1, A) == ["Seen"]


def test_another_feed_with_the_same_link_and_another_title_has_its_own_article() -> None:
    archive = Archive()
    archive.poll(1, A)
    assert archive.kinds(2, replace(B, url=A.url)) == ["New"]


def test_a_guid_of_one_feed_means_nothing_in_another() -> None:
    archive = Archive()
    archive.poll(1, A)
    assert archive.kinds(2, replace(B, guid=A.guid)) == ["New"]


words = st.sampled_from(["un", "deux", "trois", "quatre"])
entries = st.builds(
    entry,
    guid=st.sampled_from(["", "1", "2", "3", "4"]),
    url=st.sampled_from(["", "https://ex.org/", "https://ex.org/a", "http://ex.org/a?utm_x=1"]),
    title=words,
    summary=words,
)
documents = st.lists(entries, max_size=6, unique_by=key)


@given(st.lists(st.tuples(st.integers(1, 2), documents), max_size=6))
def test_entries_of_a_document_stay_apart_and_are_seen_again(
    polls: list[tuple[int, list[Entry]]],
) -> None:
    archive = Archive()
    for feed, document in polls:
        decisions = archive.poll(feed, *document)
        assert [d.entry for d in decisions] == list(keyed_entries(document))
        matched_ids = [d.article for d in decisions if not isinstance(d, New | Seen | Changed)]
        assert len(matched_ids) == len(set(matched_ids))
        again = archive.poll(feed, *document)
        assert all(isinstance(d, Seen) for d in again)


@given(documents)
def test_in_an_empty_archive_all_is_new(document: list[Entry]) -> None:
    assert all(isinstance(d, New) for d in identify(keyed_entries(document), Known(feed=1)))
