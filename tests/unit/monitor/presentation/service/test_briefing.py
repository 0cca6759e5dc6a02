"""Tests of the stories of a briefing: their choice, their order, counts, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.briefings import (
    BRUSSELS,
    HOUR,
    SEVEN,
    alert,
    facts,
    feed,
    gap,
    outlet,
    story,
    told_by,
)
from support.small_store import ALIBABA, FIRST, NOW, SECOND, SPIES, SmallStore, arrival, opened

from monitor.delivery.export.briefing import plain_text
from monitor.model.alert import (
    AlertKind,
    AlertState,
    Escalation,
    Outlet,
    StoryAlerts,
    StoryTimeline,
    Verdict,
)
from monitor.model.briefing import Briefing
from monitor.model.config import StoreAddress
from monitor.model.feed import GapKind, Health
from monitor.model.triage import Change
from monitor.model.watchlist import Baseline, Severity
from monitor.presentation.service.briefing import BriefingFacts, compose_briefing, read_facts


def compose(news: BriefingFacts, limit: int = 20) -> Briefing:
    return compose_briefing(news, BRUSSELS, limit=limit)


def order(briefing: Briefing) -> list[tuple[str, list[int]]]:
    return [(w.name, [story.alerts[0].id for story in w.stories]) for w in briefing.watchlists]


def test_stories_come_by_severity_then_by_outlets_then_the_newest() -> None:
    news = facts(
        story(alert(1, raised_at=SEVEN - 5)),
        story(alert(2, timeline=told_by("Le Fil", "Le Soir", "AFP"))),
        story(alert(3, severity=Severity.HIGH)),
        story(alert(4, raised_at=SEVEN - 1)),
        story(alert(5, timeline=told_by("Le Fil", elsewhere=(outlet("X", perhaps=True),) * 3))),
    )
    assert order(compose(news)) == [("Alibaba", [3, 2, 4, 1, 5])]


def test_an_alert_about_a_watchlist_itself_is_no_story() -> None:
    spike = replace(alert(2, kind=AlertKind.SPIKE), article=None)
    briefing = compose(facts(story(alert(1)), story(spike)))
    assert order(briefing) == [("Alibaba", [1])]
    assert briefing.stories == 1


def test_a_story_stands_once_under_its_most_severe_watchlist() -> None:
    news = facts(story(alert(1, "Ports"), alert(2, "Espionnage", 1, severity=Severity.HIGH)))
    briefing = compose(news)
    assert order(briefing) == [("Espionnage", [1]), ("Ports", [])]
    espionnage, ports = briefing.watchlists
    assert espionnage.stories[0].watchlists == ("Espionnage", "Ports")
    assert (espionnage.listed_elsewhere, ports.listed_elsewhere) == (0, 1)
    assert briefing.stories == 1


def test_a_story_shows_what_its_own_watchlist_matches() -> None:
    high = alert(1, "Espionnage", severity=Severity.HIGH, title="Un espion à Liège")
    later_alert = alert(2, "Ports", raised_at=SEVEN, title="Au port")
    (item, *_), _ = (w.stories for w in compose(facts(story(high, later_alert))).watchlists)
    assert item.headline.text == "Un espion à Liège"


def test_noise_silences_and_backfills_are_counted_and_closed_stories_marked() -> None:
    news = facts(
        story(alert(1, verdict=Verdict.NOISE)),
        story(alert(2, suppressed="silence")),
        story(alert(3, backfill=True, suppressed="backfill", published=SEVEN - 90_000)),
        story(alert(7, backfill=True, suppressed="backfill", state=AlertState.CLOSED)),
        story(alert(4, state=AlertState.CLOSED)),
        story(alert(5, verdict=Verdict.NOISE), alert(6, "Ports", 5)),
    )
    alibaba, ports = sorted(compose(news).watchlists, key=lambda watchlist: watchlist.name)
    assert (alibaba.noise, alibaba.silenced, alibaba.backfilled) == (2, 1, 1)
    assert [(tuple(a.id for a in s.alerts), s.state) for s in alibaba.stories] == [
        ((7,), AlertState.CLOSED),
        ((4,), AlertState.CLOSED),
    ]
    assert [s.watchlists for s in ports.stories] == [("Ports",)]


def test_a_story_has_its_first_outlet_its_time_its_sentence_and_its_notes() -> None:
    escalation = Escalation(
        id=1, alert=1, reason="outlets", words="5 outlets", at=SEVEN, severity=Severity.LOW
    )
    telling = told_by("AFP", "Le Soir", elsewhere=(outlet("BBC", lang="en"),))
    raised = alert(
        1, note="À suivre", tags=("urgent",), timeline=telling, escalations=(escalation,)
    )
    (watchlist,) = compose(facts(story(raised))).watchlists
    (item,) = watchlist.stories
    assert (item.first, item.at, item.lead.lang) == ("AFP", SEVEN - 2 * HOUR, "fr")
    assert [other.name for other in item.others] == ["Le Soir"]
    assert [other.name for other in item.timeline.elsewhere] == ["BBC"]
    assert (item.notes, item.tags, item.escalations) == (("À suivre",), ("urgent",), ("5 outlets",))
    start, end = item.headline.spans[0]
    assert item.headline.text[start:end] == "Grève"


def test_what_is_unusual_comes_first_and_the_rest_is_counted() -> None:
    news = facts(
        story(alert(1, "Espionnage", severity=Severity.HIGH)),
        *(story(alert(n, "Ports")) for n in range(2, 7)),
        baselines={"Ports": Baseline(today=5, usual=0.5, weeks=4, surprise=True)},
    )
    briefing = compose(news, limit=3)
    assert [watchlist.name for watchlist in briefing.watchlists] == ["Ports", "Espionnage"]
    assert [watchlist.name for watchlist in briefing.unusual] == ["Ports"]
    assert (len(briefing.watchlists[0].stories), briefing.watchlists[0].left_out) == (3, 2)


def test_feeds_in_trouble_say_what_and_when() -> None:
    failing_feed = feed("Le Soir", 1, Health.FAILING, "failing: 503 Service Unavailable ×4")
    blind_feed, healthy_feed = feed("AFP", 2), feed("BBC", 3)
    news = facts(
        story(alert(1)),
        feeds=(failing_feed, blind_feed, healthy_feed),
        gaps=(
            gap(failing_feed, SEVEN - HOUR, None),
            gap(blind_feed, SEVEN - 3 * HOUR, SEVEN - 2 * HOUR, GapKind.BLIND),
        ),
    )
    briefing = compose(news)
    assert briefing.feeds == 3
    assert [(trouble.name, trouble.words) for trouble in briefing.troubled] == [
        ("Le Soir", "failing: 503 Service Unavailable ×4, not read since 06:00"),
        ("AFP", "coverage gap 04:00–05:00"),
    ]


# --- the top stories ---------------------------------------------------------------------


def top(briefing: Briefing) -> list[int]:
    return [story.alerts[0].id for story in briefing.top]


def small_stories(first: int, count: int = 6) -> list[StoryAlerts]:
    """Return stories of one outlet each, under two watchlists."""
    names = ("Alibaba", "Ports")
    return [story(alert(id, names[id % 2])) for id in range(first, first + count)]


def test_the_top_stories_of_all_watchlists_come_by_outlets_severity_and_surprise() -> None:
    news = facts(
        *small_stories(10),
        story(alert(1, "Espionnage", timeline=told_by("A", "B"), severity=Severity.HIGH)),
        story(alert(2, "Ports", timeline=told_by("A", "B", "C"), severity=Severity.LOW)),
        story(alert(3, "Alibaba", timeline=told_by("A", "B"))),
        story(alert(4, "Douanes", timeline=told_by("A", "B"))),
        story(alert(5, "Douanes", raised_at=SEVEN - 1)),
        baselines={"Douanes": Baseline(today=9, usual=1.0, weeks=4, surprise=True)},
    )
    briefing = compose(news, limit=1)
    assert top(briefing) == [2, 1, 4, 3], "5 has one outlet"
    ports = next(w for w in briefing.watchlists if w.name == "Ports")
    assert [s.alerts[0].id for s in ports.stories] == [2, 15], "a top story takes no place"
    assert (ports.left_out, briefing.stories) == (2, 11)


def test_at_most_five_stories_are_top() -> None:
    telling = told_by("A", "B")
    news = facts(*(story(alert(id, f"{id % 3}", timeline=telling)) for id in range(1, 9)))
    assert top(compose(news)) == [8, 7, 6, 5, 4]


@pytest.mark.parametrize(
    "stories",
    [
        pytest.param([story(alert(id, f"{id % 2}", timeline=told_by("A", "B"))) for id in
                      range(1, 6)], id="few stories"),
        pytest.param([story(alert(id, timeline=told_by("A", "B"))) for id in range(1, 9)],
                     id="one watchlist"),
        pytest.param(small_stories(1, 9), id="nothing that stands out"),
    ],
)  # fmt: skip
def test_there_is_no_top_where_the_watchlists_say_as_much(stories: list[StoryAlerts]) -> None:
    assert top(compose(facts(*stories))) == []


def event_facts(*, perhaps: bool) -> BriefingFacts:
    """Return the facts of an event of two stories: one in French, a greater one in English."""
    english = Outlet(name="X", article=2, seen=SEVEN, lag=0.0, lang="en", perhaps=perhaps)
    telling = StoryTimeline(told_by("A", "B").outlets, (english,))
    return facts(
        *small_stories(10),
        story(alert(1, "Espionnage", timeline=telling)),
        story(alert(2, "Alibaba", lang="en", timeline=told_by("X", "Y", "Z", "Q"))),
        story(alert(3, "Ports", timeline=told_by("A", "B", "C"))),
    )


@pytest.mark.parametrize("perhaps", [True, False])
def test_an_event_of_two_languages_is_top_once(perhaps: bool) -> None:
    assert top(compose(event_facts(perhaps=perhaps))) == [2, 3]


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("perhaps", [True, False])
def test_the_copy_in_the_language_of_the_reader_leads(perhaps: bool) -> None:
    assert top(compose(event_facts(perhaps=perhaps))) == [1, 3]


# --- backfill ----------------------------------------------------------------------------

EARLIER = SEVEN - 40 * 86_400


def test_what_a_backfill_notified_is_news() -> None:
    news = facts(
        story(alert(1, backfill=True, published=EARLIER)),
        story(alert(2, backfill=True, published=EARLIER, suppressed="backfill")),
        story(alert(3, backfill=True, published=None)),
    )
    (alibaba,) = compose(news).watchlists
    assert [s.alerts[0].id for s in alibaba.stories] == [3, 1]
    assert alibaba.backfilled == 1


def test_a_briefing_is_not_empty_beside_earlier_articles() -> None:
    earlier = {"backfill": True, "suppressed": "backfill"}
    news = facts(
        story(alert(1, published=EARLIER, **earlier), alert(5, "Ports", 1, published=0, **earlier)),
        story(alert(2, "Ports", published=None, **earlier)),
        story(alert(3, "Ports", published=EARLIER, verdict=Verdict.NOISE, **earlier)),
    )
    briefing = compose(news)
    assert order(briefing) == [("Alibaba", [1]), ("Ports", [2])]
    assert [watchlist.backfilled for watchlist in briefing.watchlists] == [0, 0]
    assert "All of them are about earlier articles." in plain_text(briefing, BRUSSELS)
    newer = compose(replace(news, stories=(*news.stories, story(alert(4)))))
    assert "All of them" not in plain_text(newer, BRUSSELS)


# --- from a store ------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path: Path) -> Iterator[SmallStore]:
    room = opened(StoreAddress(tmp_path))
    yield room
    room.store.close()


def test_a_briefing_reads_the_alerts_of_the_time_alone(room: SmallStore) -> None:
    room.save(arrival(1, ALIBABA), at=NOW - 90_000)
    room.save(arrival(2, ALIBABA, SPIES), arrival(3, ALIBABA), at=NOW - 60)
    room.views.triage.change([4], Change(state=AlertState.CLOSED), "ana", NOW)

    def build(**options: object) -> Briefing:
        news = read_facts(
            room.views,
            (),
            since=NOW - 86_400,
            until=NOW,
            zone=BRUSSELS,
            **options,  # type: ignore[arg-type]
        )
        return compose(news)

    spies, alibaba = build().watchlists
    assert (spies.name, len(spies.stories), len(alibaba.stories)) == ("Espionnage", 1, 1)
    assert alibaba.stories[0].state is AlertState.CLOSED
    assert sum(alibaba.chart) == 2
    assert alibaba.baseline.today == 2
    assert [watchlist.name for watchlist in build(watchlists=["ALIBABA"]).watchlists] == ["Alibaba"]
    (alibaba_only,) = build(watchlists=["alibaba"]).watchlists
    assert len(alibaba_only.stories) == 2


@pytest.mark.parametrize(
    ("verdict", "names"),
    [(Verdict.NONE, ["Espionnage", "Alibaba"]), (Verdict.NOISE, ["Alibaba"])],
)
def test_a_watchlist_that_is_gone_is_in_a_briefing_only_for_its_stories(
    room: SmallStore, verdict: Verdict, names: list[str]
) -> None:
    room.save(arrival(1, SPIES), at=NOW - 60)
    room.views.triage.change([1], Change(verdict=verdict), "ana", NOW)
    room.store.subscribe((FIRST, SECOND), (ALIBABA,))
    news = read_facts(room.views, (), since=NOW - 3_600, until=NOW, zone=BRUSSELS)
    assert [watchlist.name for watchlist in compose(news).watchlists] == names
