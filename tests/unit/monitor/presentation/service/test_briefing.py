"""A briefing: which stories, in which order, what is counted only, and what may be missing."""

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

from monitor.model.alert import AlertKind, AlertState, Escalation, Verdict
from monitor.model.briefing import Briefing
from monitor.model.config import StoreAddress
from monitor.model.feed import GapKind, Health
from monitor.model.triage import Change
from monitor.model.watchlist import Baseline, Severity
from monitor.presentation.service.briefing import BriefingFacts, compose_briefing, read_facts


def composed(known: BriefingFacts, limit: int = 20) -> Briefing:
    return compose_briefing(known, BRUSSELS, limit=limit)


def order(briefing: Briefing) -> list[tuple[str, list[int]]]:
    return [
        (one.name, [story.alerts[0].id for story in one.stories]) for one in briefing.watchlists
    ]


def test_stories_come_by_severity_then_by_outlets_then_the_newest() -> None:
    known = facts(
        story(alert(1, raised_at=SEVEN - 5)),
        story(alert(2, timeline=told_by("Le Fil", "Le Soir", "AFP"))),
        story(alert(3, severity=Severity.HIGH)),
        story(alert(4, raised_at=SEVEN - 1)),
        story(alert(5, timeline=told_by("Le Fil", elsewhere=(outlet("X", perhaps=True),) * 3))),
    )
    assert order(composed(known)) == [("Alibaba", [3, 2, 4, 1, 5])]


def test_an_alert_about_a_watchlist_itself_is_no_story() -> None:
    spike = replace(alert(2, kind=AlertKind.SPIKE), article=None)
    briefing = composed(facts(story(alert(1)), story(spike)))
    assert order(briefing) == [("Alibaba", [1])]
    assert briefing.stories == 1


def test_a_story_stands_once_under_its_most_severe_watchlist() -> None:
    known = facts(story(alert(1, "Ports"), alert(2, "Espionnage", 1, severity=Severity.HIGH)))
    briefing = composed(known)
    assert order(briefing) == [("Espionnage", [1]), ("Ports", [])]
    espionnage, ports = briefing.watchlists
    assert espionnage.stories[0].watchlists == ("Espionnage", "Ports")
    assert (espionnage.listed_elsewhere, ports.listed_elsewhere) == (0, 1)
    assert briefing.stories == 1


def test_a_story_shows_what_its_own_watchlist_matches() -> None:
    high = alert(1, "Espionnage", severity=Severity.HIGH, title="Un espion à Liège")
    later = alert(2, "Ports", raised_at=SEVEN, title="Au port")
    (told, *_), _ = (one.stories for one in composed(facts(story(high, later))).watchlists)
    assert told.headline.text == "Un espion à Liège"


def test_noise_silences_and_backfills_are_counted_and_closed_stories_marked() -> None:
    known = facts(
        story(alert(1, verdict=Verdict.NOISE)),
        story(alert(2, suppressed="silence")),
        story(alert(3, backfill=True, suppressed="backfill", published=SEVEN - 90_000)),
        story(alert(7, backfill=True, suppressed="backfill", state=AlertState.CLOSED)),
        story(alert(4, state=AlertState.CLOSED)),
        story(alert(5, verdict=Verdict.NOISE), alert(6, "Ports", 5)),
    )
    alibaba, ports = sorted(composed(known).watchlists, key=lambda one: one.name)
    assert (alibaba.noise, alibaba.silenced, alibaba.backfilled) == (2, 1, 1)
    assert [(tuple(each.id for each in one.alerts), one.state) for one in alibaba.stories] == [
        ((7,), AlertState.CLOSED),
        ((4,), AlertState.CLOSED),
    ]
    assert [one.watchlists for one in ports.stories] == [("Ports",)]


def test_a_story_has_its_first_outlet_its_time_its_sentence_and_its_notes() -> None:
    louder = Escalation(
        id=1, alert=1, reason="outlets", words="5 outlets", at=SEVEN, severity=Severity.LOW
    )
    telling = told_by("AFP", "Le Soir", elsewhere=(outlet("BBC", lang="en"),))
    one = alert(1, note="À suivre", tags=("urgent",), timeline=telling, escalations=(louder,))
    (watchlist,) = composed(facts(story(one))).watchlists
    (told,) = watchlist.stories
    assert (told.first, told.at, told.lead.lang) == ("AFP", SEVEN - 2 * HOUR, "fr")
    assert [other.name for other in told.others] == ["Le Soir"]
    assert [other.name for other in told.timeline.elsewhere] == ["BBC"]
    assert (told.notes, told.tags, told.escalations) == (("À suivre",), ("urgent",), ("5 outlets",))
    start, end = told.headline.spans[0]
    assert told.headline.text[start:end] == "Grève"


def test_what_is_unusual_comes_first_and_the_rest_is_counted() -> None:
    known = facts(
        story(alert(1, "Espionnage", severity=Severity.HIGH)),
        *(story(alert(n, "Ports")) for n in range(2, 7)),
        baselines={"Ports": Baseline(today=5, usual=0.5, weeks=4, surprise=True)},
    )
    briefing = composed(known, limit=3)
    assert [one.name for one in briefing.watchlists] == ["Ports", "Espionnage"]
    assert [one.name for one in briefing.unusual] == ["Ports"]
    assert (len(briefing.watchlists[0].stories), briefing.watchlists[0].left_out) == (3, 2)


def test_feeds_in_trouble_say_what_and_when() -> None:
    failing = feed("Le Soir", 1, Health.FAILING, "failing: 503 Service Unavailable ×4")
    blind, fine = feed("AFP", 2), feed("BBC", 3)
    known = facts(
        story(alert(1)),
        feeds=(failing, blind, fine),
        gaps=(
            gap(failing, SEVEN - HOUR, None),
            gap(blind, SEVEN - 3 * HOUR, SEVEN - 2 * HOUR, GapKind.BLIND),
        ),
    )
    briefing = composed(known)
    assert briefing.feeds == 3
    assert [(one.name, one.words) for one in briefing.troubled] == [
        ("Le Soir", "failing: 503 Service Unavailable ×4, not read since 06:00"),
        ("AFP", "coverage gap 04:00–05:00"),
    ]


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

    def brief(**more: object) -> Briefing:
        known = read_facts(
            room.views,
            (),
            since=NOW - 86_400,
            until=NOW,
            zone=BRUSSELS,
            **more,  # type: ignore[arg-type]
        )
        return composed(known)

    spies, alibaba = brief().watchlists
    assert (spies.name, len(spies.stories), len(alibaba.stories)) == ("Espionnage", 1, 1)
    assert alibaba.stories[0].state is AlertState.CLOSED
    assert sum(alibaba.chart) == 2
    assert alibaba.baseline.today == 2
    assert [one.name for one in brief(watchlists=["ALIBABA"]).watchlists] == ["Alibaba"]
    (only,) = brief(watchlists=["alibaba"]).watchlists
    assert len(only.stories) == 2


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
    known = read_facts(room.views, (), since=NOW - 3_600, until=NOW, zone=BRUSSELS)
    assert [one.name for one in composed(known).watchlists] == names
