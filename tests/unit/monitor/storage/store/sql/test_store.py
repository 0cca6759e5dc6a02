"""Tests that feeds, articles and stories are read from the store as they were written."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace
from support.alert_storage import save_page
from support.small_store import (
    ALIBABA,
    FIRST,
    NOW,
    SECOND,
    SPIES,
    SmallStore,
    arrival,
    article,
    opened,
)

from monitor.base import translation
from monitor.base.language import FOLDER
from monitor.base.translation import gettext
from monitor.model.config import StoreAddress
from monitor.model.event_link import WINDOW
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import (
    NO_ENTRY,
    ArticleChange,
    Headline,
    Names,
    PendingPage,
    Sighting,
    StoryCandidate,
)
from monitor.model.search import Filter
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.batch import StoreReads
from monitor.storage.store.sql.feeds import POLLS_KEPT


@pytest.fixture
def room(address: StoreAddress) -> Iterator[SmallStore]:
    room = opened(address)
    yield room
    room.store.close()


# --- feeds and polling ---------------------------------------------------------------


def test_subscribing_numbers_feeds_and_keeps_the_history_of_others(room: SmallStore) -> None:
    assert [feed.number for feed in room.feeds] == [1, 2]
    room.save(arrival(1, ALIBABA))
    third = Feed(url="https://c.test/rss", name="C")
    renamed_feed = replace(FIRST, name="A neuf", tags=())
    assert [f.number for f in room.store.subscribe((third, renamed_feed), (SPIES,))] == [3, 1]
    subscriptions = room.views.feeds.subscribed()
    assert [(r.feed.name, r.feed.tags, r.articles) for r in subscriptions] == [
        ("A neuf", (), 1),
        ("C", (), 0),
    ]
    assert {feed.name for feed in room.views.feeds.every()} == {"A neuf", "B", "C"}
    assert [w.name for w in room.views.watchlists.counts(0, 1, 1.0)] == ["Espionnage"]
    subscribed_again = room.store.subscribe((FIRST, SECOND), (ALIBABA, SPIES))
    assert [feed.number for feed in subscribed_again] == [1, 2]
    assert room.views.watchlists.counts(0, 1, 1.0)[0].total == 1


def test_a_state_comes_back_as_it_was_saved(room: SmallStore) -> None:
    state = FeedState(
        etag=b'W/"\xe9\xff"',
        last_modified=b"Thu, 01 Jan 1970",
        body_hash=bytes(16),
        next_due=NOW + 900.5,
        last_poll=NOW,
        last_ok=NOW - 1,
        failures=3,
        reason="503 Service Unavailable",
        gone=True,
        blind=True,
        title="Le Fil",
        link="https://a.test/",
        lang="fr",
    )
    room.save(state=state)
    assert room.views.feeds.subscribed()[0].state == state
    assert room.views.feeds.subscribed()[0].state == state
    assert room.views.feeds.subscribed()[0].feed == replace(FIRST, number=1)


@pytest.mark.parametrize(
    ("state", "is_due"),
    [
        (FeedState(), True),
        (FeedState(next_due=NOW), True),
        (FeedState(next_due=NOW + 1), False),
        (FeedState(next_due=NOW + 900, last_poll=NOW + 61), True),
        (FeedState(gone=True), False),
    ],
    ids=["new", "now", "later", "clock set back", "gone"],
)
def test_what_is_due(state: FeedState, is_due: bool, room: SmallStore) -> None:
    room.save(state=state)
    assert (FIRST.url in room.store.states(NOW)) == is_due
    assert SECOND.url not in room.store.states(NOW)  # it is not enabled


def test_a_feed_is_polled_when_somebody_asks(room: SmallStore) -> None:
    room.save(state=FeedState(next_due=NOW + 900))
    room.views.feeds.poll_now(SECOND.url)
    assert room.store.states(NOW) == {}
    room.views.feeds.poll_now(None)
    assert set(room.store.states(NOW)) == {FIRST.url}
    room.store.reschedule({FIRST.url: NOW + 5})
    assert room.store.states(NOW + 4) == {}
    assert set(room.store.states(NOW + 5)) == {FIRST.url}


def test_a_gone_feed_is_polled_when_it_is_asked_for_by_name(room: SmallStore) -> None:
    room.save(state=FeedState(gone=True))
    room.views.feeds.poll_now(None)
    assert room.store.states(NOW) == {}
    room.views.feeds.poll_now(FIRST.url)
    assert set(room.store.states(NOW)) == {FIRST.url}


def test_the_last_polls_are_kept_newest_first(room: SmallStore) -> None:
    for number in range(POLLS_KEPT + 5):
        room.save(at=NOW + number)
    moments = [poll.at - NOW for poll in room.views.feeds.polls(FIRST.url)]
    assert moments == list(range(POLLS_KEPT + 4, 4, -1))
    assert (
        room.views.feeds.polls(SECOND.url) == room.views.feeds.polls("https://nobody.test/") == []
    )


# --- articles ----------------------------------------------------------------------------


def test_an_article_comes_back_as_it_was_saved(room: SmallStore) -> None:
    bare = article(2, published=None, body="", author="", lang="", url="", summary="")
    room.save(arrival(1), arrival(2, article=bare, canonical=""))
    assert room.views.articles.get([1]) == [article(1)]
    assert room.views.articles.get([2, 7, 1]) == [bare, article(1)]
    assert room.views.articles.get([7]) == []
    assert room.views.articles.between(0, 9, limit=1) == [(article(1), None)]
    assert room.views.articles.between(1, 9, limit=9) == [(bare, None)]
    assert room.views.articles.between(0, 1, limit=9) == [(article(1), None)]
    assert len(room.store.article_ids()) == 2
    with room.store.batch() as batch:
        assert (batch.next_article(), batch.next_article()) == (3, 4)
        assert batch.articles.get([7, 1]) == [article(1)]
    assert room.views.articles.ids(has="body") == room.views.articles.ids(has="author") == {1}


@pytest.mark.costly
def test_more_ids_than_sqlite_takes_at_once(room: SmallStore) -> None:
    room.save(*(arrival(id, ALIBABA) for id in range(1, 1203)))
    all_ids = list(range(1, 1203))
    assert [a.id for a in room.views.articles.get(all_ids)] == all_ids
    ids = room.ids()
    assert [alert.id for alert in room.views.alerts.get(ids, matches=True)] == ids
    with room.store.batch() as batch:
        known_entries = batch.known(room.feeds[0], {f"guid-{id}" for id in all_ids}, (), ())
    assert len(known_entries.guids) == 1202


def test_an_edit_keeps_the_earlier_text(room: SmallStore) -> None:
    room.save(arrival(1))
    assert len(room.views.articles.revisions(1)) == 1
    edited_article = article(1, title="Alibaba dément", body="")
    room.save(arrival(1, new=False, article=edited_article), at=NOW + 9)
    assert room.views.articles.get([1]) == [edited_article]
    assert len(room.views.articles.revisions(1)) == 2
    assert len(room.views.articles.revisions(7)) == 0
    assert room.sql("SELECT * FROM versions") == [(1, 1, "Alibaba 1", "Texte 1", "Corps", NOW + 9)]
    assert len(room.store.article_ids()) == 1


def test_languages_of_the_last_articles(room: SmallStore) -> None:
    arrivals = [
        arrival(id, article=article(id, lang="en" if id > 20 else "fr")) for id in range(1, 26)
    ]
    room.save(*arrivals)
    with room.store.batch() as batch:
        assert batch.languages(room.feeds[0]) == ["en"] * 5 + ["fr"] * 15
        assert batch.languages(room.feeds[1]) == []


def test_what_is_known_of_entries(room: SmallStore) -> None:
    room.save(arrival(1), arrival(2))
    room.save(arrival(3, article=article(3, 2), canonical="https://ex.org/1", key="other"), feed=1)
    with room.store.batch() as batch:
        known_entries = batch.known(
            room.feeds[0], {"guid-1", "new"}, {"https://ex.org/1"}, {bytes([2]), bytes([9])}
        )
    assert known_entries.feed == 1
    assert known_entries.guids == {"guid-1": (1, bytes([1]))}
    assert [(a.id, a.feed, a.title) for a in known_entries.urls["https://ex.org/1"]] == [
        (1, 1, "Alibaba 1"),
        (3, 2, "Alibaba 3"),
    ]
    assert known_entries.contents == {bytes([2]): (("guid-2", 2),)}
    assert known_entries.own == {1: ("guid-1",), 2: ("guid-2",)}


def test_keys_of_any_length_and_any_characters(room: SmallStore) -> None:
    key = "".join(chr(0x100 + i * i * 7919 % 0x2000) for i in range(9_000))
    link = f"https://ex.org/{key}"
    room.save(
        arrival(1, key=key, canonical=link, article=article(1, title="a\0b % ? ' \\ \U0001f514")),
        arrival(2, key=f"{key}2", canonical=f"{link}2"),
    )
    room.save(
        sightings=[
            Sighting(
                article=2,
                entry=replace(NO_ENTRY, key=key[1:], fingerprint=b"1", canonical=link[1:]),
            )
        ]
    )
    with room.store.batch() as batch:
        entries = batch.known(room.feeds[0], {key, key[1:], "new"}, {link, link[1:]}, ())
    assert {guid: article for guid, (article, _) in entries.guids.items()} == {key: 1, key[1:]: 2}
    assert [known_article.id for known_article in entries.urls[link]] == [1]
    assert [known_article.id for known_article in entries.urls[link[1:]]] == [2]
    (stored_article,) = room.views.articles.get([1])
    assert stored_article.title.replace("\0", "") == "ab % ? ' \\ \U0001f514"


def test_hashes_have_64_bits(room: SmallStore) -> None:
    hashes = frozenset({-(2**63), -1, 0, 2**63 - 1})
    names = Names(groups=(hashes,), lang="fr", date=NOW)
    room.save(arrival(1, shingles=hashes, names=names))
    with room.store.batch() as batch:
        ((candidate,),) = batch.story_candidates([(hashes, 4)])
        assert candidate.shared == hashes
        assert batch.name_frequencies(hashes) == dict.fromkeys(hashes, 1)
        likely = batch.namesakes([Names(groups=(hashes,), lang="en", date=NOW)])
        assert (likely.of, likely.bearers) == (({1: names},), dict.fromkeys(hashes, 1))


def test_an_article_under_another_guid_or_in_another_feed(room: SmallStore) -> None:
    room.save(arrival(1))
    room.store.mark_indexed(10)
    reissued = Sighting(
        article=1, entry=replace(NO_ENTRY, key="neuf", fingerprint=b"1"), reissued=True
    )
    room.save(sightings=[reissued])
    assert room.sql("SELECT feed, guid, article FROM entries") == [(1, "neuf", 1)]
    assert room.store.outbox() == (array("Q"), 0)
    sighting = Sighting(article=1, entry=replace(NO_ENTRY, key="ailleurs", fingerprint=b"1"))
    for _ in range(2):
        room.save(feed=1, sightings=[sighting], at=NOW + 30)
    (stored_article,) = room.views.articles.get([1])
    assert stored_article is not None
    assert stored_article.feeds == (1, 2)
    details = room.views.articles.details(1)
    assert details and details.others == (("A", NOW), ("B", NOW + 30))
    assert [*room.store.outbox().articles] == [1]  # once: the archive must learn of the second feed


# --- stories ---------------------------------------------------------------------------------


def test_copies_speak_through_the_first_alert(room: SmallStore) -> None:
    title = {"story": 1, "title": "Alibaba espionne"}
    assert len(room.save(arrival(1, ALIBABA, article=article(1, **title)))) == 1
    copy = arrival(2, ALIBABA, SPIES, article=article(2, 2, **title), copy_of=1)
    raised_alerts = room.save(copy, feed=1)
    assert [r.watchlist for r in raised_alerts] == ["Espionnage"]
    third = arrival(3, SPIES, article=article(3, **title), copy_of=1)
    assert room.save(third) == []
    assert room.ids() == [1, 3]
    first, second = room.views.alerts.get([1, 3])
    assert (first.copies, second.copies) == (2, 2)
    assert room.views.articles.ids(story=1) == {1, 2, 3}
    assert room.views.articles.ids(story=9) == set()
    (stored_article,) = room.views.articles.get([2])
    assert stored_article is not None
    details = room.views.articles.details(2)
    assert details and details.others == (("A", NOW), ("B", NOW))
    assert [alert.id for alert in details.alerts] == [2, 3]
    assert [copy_of for _, copy_of in room.views.articles.between(0, 9, limit=9)] == [None, 1, 1]


def test_merged_alerts_are_found_from_both_sides(room: SmallStore) -> None:
    title = {"story": 1, "title": "Alibaba espionne"}
    room.save(arrival(1, ALIBABA, article=article(1, **title)))
    room.save(arrival(2, ALIBABA, article=article(2, 2, **title), copy_of=1), feed=1)
    first, second = map(room.views.articles.details, (1, 2))
    assert first and second
    (copy,), (original,) = first.merged, second.merged
    assert (copy.alert, copy.partner, copy.stands, copy.article) == (2, 1, False, 2)
    assert (copy.watchlist, copy.title, copy.publisher) == (
        "Alibaba", "Alibaba espionne", "B",
    )  # fmt: skip
    assert (original.alert, original.partner, original.stands, original.article) == (1, 2, True, 1)
    assert sorted(first.other_articles()) == sorted(second.other_articles()) == [1, 2]
    assert room.views.articles.ids(merged=True) == {2}
    assert [*room.views.alerts.ids(Filter())] == [1]
    assert [*room.views.alerts.ids(Filter(merged=True))] == [1, 2]


def test_shingles_are_shared_and_forgotten(room: SmallStore) -> None:
    room.save(
        arrival(1, article=article(1, seen=NOW - 100), shingles=frozenset({1, 2, 3})),
        arrival(2, shingles=frozenset({3, 4})),
    )
    with room.store.batch() as batch:
        pair, single, empty = batch.story_candidates([({2, 3, 4, 5}, 2), ({3, 4}, 2), ({9}, 1)])
        assert (single, empty) == ([pair[1]], [])
    assert pair == [
        StoryCandidate(
            1,
            1,
            frozenset({2, 3}),
            3,
            Headline("Alibaba 1", 1, "", "https://ex.org/1", NOW - 100),
            began=NOW - 100,
        ),
        StoryCandidate(
            2,
            2,
            frozenset({3, 4}),
            2,
            Headline("Alibaba 2", 1, "", "https://ex.org/2", NOW - 60),
            began=NOW,
        ),
    ]
    room.store.forget(names_before=NOW - 200, sent_before=0.0)
    assert room.sql("SELECT count(*) FROM shingles") == [(5,)]
    room.store.forget(names_before=NOW, sent_before=0.0)
    assert room.sql("SELECT DISTINCT article FROM shingles") == [(2,)]
    room.store.forget(names_before=NOW + 1, sent_before=0.0)
    assert room.sql("SELECT count(*) FROM shingles") == [(0,)]


def test_articles_with_names_in_common(room: SmallStore) -> None:
    def named(id: int, lang: str, *words: int) -> ArticleChange:
        return arrival(id, names=Names(groups=(frozenset(words),), lang=lang, date=NOW))

    room.save(
        named(1, "fr", 7, 8, 9), named(2, "en", 7, 8, 9), named(3, "en", 7, 8), named(4, "en", 7)
    )
    with room.store.batch() as batch:
        texts = [
            Names(groups=(frozenset(words),), lang=lang)
            for words, lang in (({7, 8, 9, 5}, "fr"), ({7, 8}, "en"), ({7, 9}, "nl"), ((), "fr"))
        ]
        likely = batch.namesakes([replace(names, date=NOW + WINDOW) for names in texts])
        assert [*map(set, likely.of)] == [{1, 2}, {2, 3}, set(), set()]
        assert (likely.recent, likely.bearers) == (4, {7: 4, 8: 3, 9: 2, 5: 0})
        assert likely.of[0][2] == Names(groups=(frozenset({7, 8, 9}),), lang="en", date=NOW)
        late = batch.namesakes([replace(names, date=NOW + WINDOW + 1) for names in texts])
        assert not any(late.of)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_names_of_texts_that_nothing_resembles_are_not_counted(room: SmallStore) -> None:
    def names(number: int) -> Names:
        return Names(groups=(frozenset({*range(10), 10 + number}),), lang="fr", date=NOW)

    room.save(*(arrival(id, names=names(id)) for id in range(1, 301)))
    steps = []
    with closing(open_database(room.address, create=False)) as sql:
        sql.set_progress_handler(lambda: steps.append(1), 100)
        likely = StoreReads(sql).namesakes([names(id) for id in range(1, 31)])
    assert not any(likely.of), "ten names that all have, and one that another has"
    assert len(steps) < 50  # hundreds of the database's instructions


def test_reasons_are_read_in_the_language_of_the_reader(room: SmallStore) -> None:
    reason = gettext("redirects more than {count} times", count=5)
    state = FeedState(reason=reason, breach=gettext("indexing it fails"), failures=1, last_poll=NOW)
    poll = Poll(at=NOW, outcome=Outcome.FAILED, reason=reason)
    room.save(arrival(1, wants_page=True), arrival(2))
    room.save(state=state, poll=poll)
    with room.store.batch() as batch:
        batch.postpone_page(1, reason, NOW + 600, failed=True)
        batch.postpone_page(2, reason, None, failed=True)
    room.store.set_aside(2, gettext("indexing it fails"))
    before = translation.choice()
    translation.use("fr", FOLDER)
    french = "plus de 5 redirections"
    read_state = room.store.states(NOW)[FIRST.url]
    details = [room.views.articles.details(id) for id in (1, 2)]
    room.save(state=read_state)  # as a monitor of another language does
    translation.use(*before)
    assert (read_state.reason, read_state.breach) == (
        french, "1 article échappe à la recherche\N{NO-BREAK SPACE}: son indexation échoue",
    )  # fmt: skip
    assert [item.page_trouble for item in details if item] == [french, french]
    assert details[1]
    assert "son indexation échoue" in details[1].limits[0]
    assert room.store.states(NOW)[FIRST.url].reason == reason
    assert reason in [poll.reason for poll in room.views.feeds.polls(FIRST.url)]


# --- pages and the way to the index -----------------------------------------------------------


def test_a_page_is_due_until_it_is_read_or_given_up(room: SmallStore) -> None:
    bare = replace(article(1), body="")
    room.save(arrival(1, ALIBABA, article=bare, wants_page=True), arrival(2))
    assert room.store.pages_due(NOW, 9) == [PendingPage(article=bare, attempts=0, backfill=False)]
    with room.store.batch() as batch:
        batch.postpone_page(1, "503", NOW + 600, failed=True)
    assert room.store.pages_due(NOW, 9) == []
    (page,) = room.store.pages_due(NOW + 600, 9)
    assert (page.article, page.attempts) == (bare, 1)
    read_page = arrival(1, ALIBABA, SPIES, article=replace(bare, body="Espionnage"), new=False)
    with room.store.batch() as batch:
        raised_alerts = save_page(batch, read_page, room.feeds[0], NOW).raised
    assert [alert.watchlist for alert in raised_alerts] == ["Espionnage"]
    assert room.store.pages_due(NOW + 9999, 9) == []
    assert room.views.articles.get([1]) == [replace(bare, body="Espionnage")]
    assert len(room.views.articles.revisions(1)) == 1
    room.save(arrival(3, wants_page=True))
    with room.store.batch() as batch:
        batch.postpone_page(3, "404", None, failed=True)
    assert room.store.pages_due(NOW + 9999, 9) == []


def test_what_changes_is_on_its_way_to_the_index(room: SmallStore) -> None:
    room.save(arrival(1), arrival(2))
    room.save(arrival(1, new=False))
    waiting = room.store.unindexed(9)
    assert [ticket.id for ticket in waiting] == [1, 2, 1]
    assert room.store.unindexed(1) == [waiting[0]]
    assert waiting[0].article is not None
    length = waiting[0].article.characters
    assert room.store.unindexed(9, chars=length) == [waiting[0]]
    assert room.store.unindexed(9, chars=length + 1) == waiting[:2]
    assert room.store.outbox() == (array("Q", [1, 2, 1]), waiting[2].number)
    assert room.views.totals().unindexed == 2
    room.store.mark_indexed(waiting[1][0])
    assert [ticket.id for ticket in room.store.unindexed(9)] == [1]
    room.store.mark_indexed(waiting[2][0])
    assert (room.store.outbox().last, room.store.unindexed(9)) == (0, [])
    room.save(arrival(3))
    assert room.store.unindexed(9)[0][0] > waiting[2][0]  # a ticket is never given twice


def test_what_is_set_aside_at_no_known_time_is_as_of_the_last_poll(room: SmallStore) -> None:
    room.save(arrival(1), state=FeedState(last_poll=NOW))
    query = "SELECT breaches, breached_at, at FROM feeds JOIN set_aside ON number = 1"
    room.store.set_aside(1, "indexing it fails")
    assert room.sql(query) == [(1, NOW, NOW)]
    room.store.set_aside(1, "indexing it fails", NOW + 60)
    assert room.sql(query) == [(2, NOW + 60, NOW + 60)]
