"""Tests of decisions about alerts, from facts alone, without a store."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from msgspec.structs import replace

from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.judgement.alerts.alert_planning import original_alert, plan_alerts
from monitor.judgement.alerts.escalation import touched_stories
from monitor.judgement.alerts.plan import (
    NO_FACTS,
    AlertFacts,
    AlertPlan,
    EndedSilence,
    KnownAlert,
    StoredText,
    StoryAlert,
    StoryFacts,
    SuppressedCount,
)
from monitor.judgement.alerts.routing import Routing, cooldown_end, plan_ended_silences
from monitor.model.alert import AlertKind, AlertState, BegunIncident, SuppressionReason, Verdict
from monitor.model.article import ArticleOrigin
from monitor.model.config import Route
from monitor.model.delivery import Occasion, PlannedDelivery
from monitor.model.evidence import Kind
from monitor.model.feed import Feed
from monitor.model.poll import Arrivals, ArticleChange, Headline, RaisedAlert, Via
from monitor.model.watchlist import (
    FEED_HEALTH,
    Escalate,
    Match,
    Severity,
    Silence,
    Watchlist,
    WatchlistMatch,
)

NOW = 1_700_000_000.0
HOUR = 3600.0
LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
NEVER = Escalate(outlets=None, languages=False)
FEED = Feed(url="https://a.test/rss", name="A", number=1)
PORT = Watchlist(name="Port", query=parse_query("port"), escalate=NEVER, rule="r1")
STRIKE = Watchlist(name="Strike", query=parse_query("strike"), severity=HIGH, escalate=NEVER)
DESK = Routing(channels=("desk",))
TO_NOBODY = Routing(channels=("desk",), routes=(Route(to=()),))
BACKFILL, SILENCE, NO_ROUTE, COOLDOWN = SuppressionReason
PORT_AT_0 = Match(field="title", start=0, end=4, text="port", term="port")
DOCK_AT_9 = Match(field="title", start=9, end=13, text="dock", term="dock")


def change(id: int, *watchlists: Watchlist, **fields: Any) -> ArticleChange:
    matches = fields.pop("matches", (PORT_AT_0,))
    article = Article(
        id=id, feeds=(1,), url=f"https://a.test/{id}", title="port", summary="", lang="en",
        seen=NOW - 9, story=fields.pop("story", id),
    )  # fmt: skip
    values: dict[str, Any] = {
        "article": article,
        "new": True,
        "hits": tuple(WatchlistMatch(watchlist=w, matches=matches) for w in watchlists),
    }
    return ArticleChange(**values | fields)


def known_alert(
    id: int, watchlist: str, article: int, *, title: str = "port", merged_into: int | None = None
) -> KnownAlert:
    return KnownAlert(
        id=id,
        watchlist=watchlist,
        article=article,
        merged_into=merged_into,
        headline=Headline(title, 2),
    )


def plan_of(
    *changes: ArticleChange,
    via: Via = Via.POLL,
    routing: Routing = DESK,
    notices: tuple[BegunIncident, ...] = (),
    linked: Mapping[int, bool] = MappingProxyType({}),
    **facts: Any,
) -> AlertPlan:
    texts = {arrival.article.id: StoredText(1, "hash") for arrival in changes}
    alert_facts = AlertFacts(**{"texts": texts, **facts})
    arrivals = Arrivals(feed=FEED, via=via, changes=changes, notices=notices, linked=linked)
    return plan_alerts(arrivals, alert_facts, routing, NOW)


def suppressions(plan: AlertPlan) -> list[tuple[str, float | None]]:
    return [(new.suppressed, new.suppressed_until) for new in plan.new]


def notifications(plan: AlertPlan) -> list[tuple[int, str, str]]:
    return [(item.alert, str(item.occasion), item.why) for item in plan.notify]


# --- raised ------------------------------------------------------------------------------


def test_nothing_comes_of_articles_that_match_nothing() -> None:
    assert plan_of(change(1), change(2)) == AlertPlan(at=NOW)


def test_an_alert_is_raised_with_what_it_is_about() -> None:
    plan = plan_of(change(7, PORT, STRIKE), last_alert=40)
    assert [(new.id, new.watchlist, new.severity) for new in plan.new] == [
        (41, "Port", MEDIUM),
        (42, "Strike", HIGH),
    ]
    (first, _) = plan.new
    assert (first.article, first.matches, first.rule) == (7, (PORT_AT_0,), "r1")
    assert plan.raised == plan.new
    assert [(r.kind, r.alert, r.rule) for r in plan.records] == [
        (Kind.RAISED, 41, PORT),
        (Kind.RAISED, 42, STRIKE),
    ]
    assert [item.deliveries for item in plan.notify] == [
        (PlannedDelivery(channel="desk", due=NOW),)
    ] * 2
    assert [(timing.article, timing.seen, timing.edited) for timing in plan.timings.values()] == [
        (7, NOW - 9, False)
    ]


@pytest.mark.parametrize(
    ("via", "backfill", "timed"),
    [
        (Via.POLL, False, True),
        (Via.POLL, True, False),
        (Via.PAGE, False, True),
        (Via.ARCHIVE, False, False),
        (Via.IMPORT, False, False),
    ],
)
def test_only_news_is_timed(via: Via, backfill: bool, timed: bool) -> None:
    assert bool(plan_of(change(1, PORT, backfill=backfill), via=via).timings) is timed


@pytest.mark.parametrize(
    ("via", "before", "records"),
    [
        (Via.ARCHIVE, (DOCK_AT_9,), [Kind.REMATCHED]),
        (Via.ARCHIVE, (PORT_AT_0,), []),
        (Via.PAGE, (DOCK_AT_9,), [Kind.PAGE]),
        (Via.POLL, (DOCK_AT_9,), [Kind.EDITED]),
    ],
)
def test_an_alert_that_is_known_is_not_raised_again(
    via: Via, before: tuple[Match, ...], records: list[Kind]
) -> None:
    port_alert = KnownAlert(id=5, watchlist="Port", article=1, matches=before)
    plan = plan_of(change(1, PORT, new=False), via=via, alerts={1: (port_alert,)}, last_alert=5)
    assert (plan.new, plan.raised, plan.notify) == ([], [], [])
    assert plan.matches == {5: (PORT_AT_0,)}
    assert [record.kind for record in plan.records] == records


# --- edits -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("via", "matches", "expected"),
    [(Via.POLL, {5: ()}, [(5, "dock"), (5, "port")]), (Via.PAGE, {}, [])],
)
def test_what_an_edit_removed_is_lost_and_a_page_removes_nothing(
    via: Via, matches: dict[int, object], expected: list[tuple[int, str]]
) -> None:
    port_alert = KnownAlert(id=5, watchlist="Port", article=1, matches=(PORT_AT_0, DOCK_AT_9))
    plan = plan_of(change(1, new=False), via=via, alerts={1: (port_alert,)})
    assert (plan.matches, plan.terms_lost) == (matches, expected)


def test_a_term_that_is_left_is_found() -> None:
    port_alert = KnownAlert(id=5, watchlist="Port", article=1, matches=(PORT_AT_0, DOCK_AT_9))
    plan = plan_of(change(1, PORT, new=False), alerts={1: (port_alert,)})
    assert (plan.terms_lost, plan.terms_found) == ([(5, "dock")], [(5, "port")])


# --- duplicates --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known_alerts", "copy_of", "expected"),
    [
        ([], 1, None),
        ([known_alert(3, "Port", 1)], None, None),
        ([known_alert(3, "Port", 1)], 1, 3),
        ([known_alert(3, "Strike", 1)], 1, None),
        ([known_alert(3, "Port", 1, title="strike")], 1, None),
        ([known_alert(3, "Port", 1, title="strike"), known_alert(4, "Port", 2)], 1, 4),
        ([known_alert(3, "Port", 1), known_alert(4, "Port", 2, merged_into=3)], 1, 3),
        (
            [known_alert(3, "Port", 1, title="strike"), known_alert(4, "Port", 2, merged_into=3)],
            1,
            None,
        ),
        ([known_alert(4, "Port", 9)], 1, None),
        ([known_alert(3, "Port", 9), known_alert(4, "Port", 2)], 1, 4),
    ],
)
def test_of_which_alert_one_is_a_duplicate(
    known_alerts: list[KnownAlert], copy_of: int | None, expected: int | None
) -> None:
    assert original_alert("Port", change(9, PORT, copy_of=copy_of), known_alerts) == expected


def test_a_duplicate_is_raised_without_being_announced() -> None:
    original = known_alert(3, "Port", 1)
    plan = plan_of(change(2, PORT, copy_of=1), original_alerts={1: (original,)}, last_alert=3)
    (duplicate,) = plan.new
    assert (duplicate.id, duplicate.merged_into, duplicate.suppressed) == (4, 3, "")
    assert (plan.raised, plan.notify, plan.suppressed) == ([], [], {})
    assert plan.records[0].content["merged_into"] == 3


def test_copies_that_come_together_have_one_alert() -> None:
    plan = plan_of(change(1, PORT), change(2, PORT, copy_of=1), change(3, PORT, STRIKE, copy_of=1))
    assert [(new.watchlist, new.article, new.merged_into) for new in plan.new] == [
        ("Port", 1, None),
        ("Port", 2, 1),
        ("Port", 3, 1),
        ("Strike", 3, None),
    ]
    assert [alert.id for alert in plan.raised] == [1, 4]


def test_a_copy_under_a_new_headline_has_an_alert_of_its_own() -> None:
    new = change(2, PORT, copy_of=1)
    new = replace(new, article=replace(new.article, title="docks of Antwerp", feeds=(2,)))
    plan = plan_of(change(1, PORT), new, change(3, PORT, copy_of=1))
    assert [new_alert.merged_into for new_alert in plan.new] == [None, None, 1]
    assert [alert.id for alert in plan.raised] == [1, 2]


def test_a_copy_whose_original_matched_nothing_leads_the_next_copy() -> None:
    plan = plan_of(change(2, PORT, copy_of=1), change(3, PORT, copy_of=1))
    assert [new_alert.merged_into for new_alert in plan.new] == [None, 1]


# --- suppressed --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cooldown", "last", "end"),
    [
        (0.0, NOW, None),
        (HOUR, None, None),
        (HOUR, NOW - HOUR, None),
        (HOUR, NOW - HOUR + 1, NOW + 1),
        (HOUR, NOW, NOW + HOUR),
        (HOUR, NOW + 1, None),
    ],
)
def test_when_a_cooldown_ends(cooldown: float, last: float | None, end: float | None) -> None:
    assert cooldown_end(cooldown, last, NOW) == end


@pytest.mark.parametrize(
    ("backfill", "is_silenced", "routing", "is_cooling", "expected"),
    [
        (False, False, DESK, False, ("", None)),
        (True, False, DESK, False, (BACKFILL, None)),
        (True, True, TO_NOBODY, True, (BACKFILL, None)),
        (False, True, TO_NOBODY, True, (SILENCE, NOW + 9)),
        (False, False, TO_NOBODY, True, (NO_ROUTE, None)),
        (False, False, DESK, True, (COOLDOWN, NOW + HOUR - 9)),
        (False, False, Routing(), False, ("", None)),
    ],
)
def test_why_nobody_is_notified(
    backfill: bool,
    is_silenced: bool,
    routing: Routing,
    is_cooling: bool,
    expected: tuple[str, float | None],
) -> None:
    plan = plan_of(
        change(1, replace(PORT, cooldown=HOUR), backfill=backfill),
        routing=routing,
        silences={"port": NOW + 9} if is_silenced else {},
        last_notified={"Port": NOW - 9} if is_cooling else {},
    )
    assert suppressions(plan) == [expected]
    assert bool(plan.notify) == (expected[0] == "" and bool(routing.channels))
    is_counted = expected[0] in (SILENCE, COOLDOWN)
    assert plan.suppressed == ({"Port": SuppressedCount(1, NOW)} if is_counted else {})


def test_a_watchlist_may_notify_of_the_backfill() -> None:
    watchlist = replace(PORT, notify_backfill=True)
    assert suppressions(plan_of(change(1, watchlist, backfill=True))) == [("", None)]


def test_a_notification_cools_the_next_alerts_of_its_watchlist_only() -> None:
    port_rule, strike_rule = replace(PORT, cooldown=HOUR), replace(STRIKE, cooldown=HOUR)
    plan = plan_of(change(1, port_rule, strike_rule), change(2, port_rule), change(3, port_rule))
    cooldown = (COOLDOWN, NOW + HOUR)
    assert suppressions(plan) == [("", None), ("", None), cooldown, cooldown]
    assert plan.suppressed == {"Port": SuppressedCount(2, NOW)}


def test_an_alert_that_nobody_was_notified_of_cools_nothing() -> None:
    port = replace(PORT, cooldown=HOUR)
    english = Routing(channels=("desk",), routes=(Route(to=(), lang=("en",)),))
    french = change(2, port)
    french = replace(french, article=replace(french.article, lang="fr"))
    assert suppressions(plan_of(change(1, port), french, routing=english)) == [
        (NO_ROUTE, None),
        ("", None),
    ]


def test_the_next_notification_says_how_many_were_suppressed() -> None:
    plan = plan_of(change(1, PORT), suppressed={"Port": SuppressedCount(3, NOW - HOUR)})
    assert notifications(plan) == [(1, "raised", "+3 listed, not sent since 21:13")]
    assert plan.suppressed == {"Port": None}


# --- escalations -------------------------------------------------------------------------

MEMBERS = tuple(ArticleOrigin(n, "en", name, f"https://{name}/1", "") for n, name in enumerate(
    ("one.fr", "two.fr", "three.be", "www.one.fr"), 1))  # fmt: skip
STORY_ALERT = StoryAlert(
    alert=RaisedAlert(
        id=5, watchlist="Port", severity=LOW, title="port", lang="en", feed="A", backfill=False
    ),
    escalate=Escalate(outlets=3), notify_backfill=False, state=AlertState.CLOSED,
)  # fmt: skip


def escalation_plan(known_story: StoryAlert, **fields: Any) -> AlertPlan:
    facts = StoryFacts(
        alerts=(known_story,),
        members=MEMBERS,
        links=(ArticleOrigin(9, "fr", "Le Port", "https://one.fr/9", ""),),
    )
    return plan_of(change(4, story=1, **fields), stories={1: facts}, last_alert=5)


def test_each_reason_escalates_an_alert_once() -> None:
    plan = escalation_plan(STORY_ALERT)
    assert [
        (e.reason, e.severity_before, e.alert.severity, e.article, e.reopened_from)
        for e in plan.escalations
    ] == [
        ("outlets", LOW, MEDIUM, 9, AlertState.CLOSED),
        ("fr", MEDIUM, HIGH, 9, None),
    ]
    assert notifications(plan) == [
        (5, "escalated", "3 outlets"),
        (5, "escalated", "crossed to French: Le Port"),
    ]
    assert [record.kind for record in plan.records] == [Kind.ESCALATED] * 2
    again = replace(STORY_ALERT, reasons=frozenset({"outlets", "fr"}))
    assert escalation_plan(again) == AlertPlan(at=NOW)


def test_noise_is_escalated_and_nobody_is_notified() -> None:
    plan = escalation_plan(replace(STORY_ALERT, verdict=Verdict.NOISE))
    assert [e.reopened_from for e in plan.escalations] == [None, None]
    assert (plan.raised, plan.notify) == ([], [])


@pytest.mark.parametrize(("notifies_backfill", "expected"), [(False, BACKFILL), (True, "")])
def test_a_story_from_before_is_escalated_quietly(notifies_backfill: bool, expected: str) -> None:
    plan = escalation_plan(replace(STORY_ALERT, notify_backfill=notifies_backfill), backfill=True)
    assert {e.alert.suppressed for e in plan.escalations} == {expected}
    assert bool(plan.notify) is notifies_backfill


def test_an_alert_raised_now_is_escalated_at_once() -> None:
    watchlist = replace(PORT, escalate=Escalate(outlets=3))
    facts = {1: StoryFacts(members=MEMBERS)}
    plan = plan_of(change(4, watchlist, story=1), stories=facts)
    (escalation,) = plan.escalations
    assert (escalation.alert.id, escalation.alert.severity) == (1, HIGH)
    assert [alert.escalation for alert in plan.raised] == ["", "3 outlets"]
    assert plan_of(change(4, watchlist, story=1), stories=facts, via=Via.IMPORT).escalations == []


@pytest.mark.parametrize(
    ("changes", "linked", "expected"),
    [
        ([change(1)], {}, {}),
        ([change(1, new=False)], {}, {1: False}),
        ([change(2, story=1, backfill=True)], {}, {1: True}),
        ([change(2, story=1, backfill=True), change(3, story=1)], {}, {1: False}),
        ([change(3, perhaps=8)], {}, {}),
        ([], {7: True}, {7: True}),
        ([change(2, story=7)], {7: True}, {7: False}),
    ],
)
def test_which_stories_arrivals_spread(
    changes: list[ArticleChange], linked: dict[int, bool], expected: dict[int, bool]
) -> None:
    arrivals = Arrivals(feed=FEED, via=Via.POLL, changes=tuple(changes), linked=linked)
    assert touched_stories(arrivals) == expected


def test_outlets_that_are_linked_count_and_only_another_language_is_a_crossing() -> None:
    links = (
        ArticleOrigin(8, "en", "Four", "https://four.uk/8", ""),
        ArticleOrigin(9, "en", "One", "https://www.one.fr/9", ""),
    )
    facts = StoryFacts(alerts=(STORY_ALERT,), members=MEMBERS[:2], links=links)
    plan = plan_of(linked={1: False}, stories={1: facts}, last_alert=5)
    assert [(e.reason, e.outlets, e.article) for e in plan.escalations] == [("outlets", 3, 9)]


# --- feeds and silences ------------------------------------------------------------------

GONE = BegunIncident(kind=AlertKind.GONE, severity=MEDIUM, title="A: gone")


def test_an_incident_raises_an_alert_if_it_is_news() -> None:
    plan = plan_of(
        notices=(GONE, replace(GONE, kind=AlertKind.SILENT, is_news=False)), last_alert=2
    )
    assert [(i.kind, i.alert) for i in plan.incidents] == [
        (AlertKind.GONE, 3),
        (AlertKind.SILENT, None),
    ]
    assert [(new.watchlist, new.about_feed, new.article) for new in plan.new] == [
        (FEED_HEALTH, 1, None)
    ]
    assert notifications(plan) == [(3, "raised", "")]


def test_feeds_are_silenced_as_watchlists_are() -> None:
    plan = plan_of(notices=(GONE,), silences={FEED_HEALTH: NOW + 9})
    assert suppressions(plan) == [(SILENCE, NOW + 9)]
    assert plan.suppressed == {FEED_HEALTH: SuppressedCount(1, NOW)}


def ended(alerts: int) -> EndedSilence:
    newest_alert = RaisedAlert(
        id=7, watchlist="Port", severity=LOW, title="port", feed="A", backfill=False
    )
    silence = Silence(watchlist="Port", by="ana", since=NOW - HOUR, until=NOW, suppressed=alerts)
    return EndedSilence(id=2, silence=silence, newest=newest_alert if alerts else None)


def test_the_end_of_a_silence_is_reported_with_its_newest_alert() -> None:
    plan = plan_ended_silences(AlertFacts(ended_silences=(ended(3),)), DESK, NOW)
    reason = "no longer silenced: 3 listed, not sent since 21:13"
    assert [(item.alert, item.occasion, item.why) for item in plan.notify] == [
        (7, Occasion.UNSILENCED, reason)
    ]
    assert (plan.ended_silences, plan.suppressed) == ([2], {"Port": None})
    assert plan.messages == [f"Port is {reason}"]


@pytest.mark.parametrize(
    ("facts", "routing"),
    [
        (AlertFacts(ended_silences=(ended(0),)), DESK),
        (AlertFacts(ended_silences=(ended(3),)), TO_NOBODY),
        (AlertFacts(ended_silences=(ended(3),), silences={"port": NOW + 9}), DESK),
    ],
)
def test_a_silence_may_end_without_a_notification(facts: AlertFacts, routing: Routing) -> None:
    plan = plan_ended_silences(facts, routing, NOW)
    assert (plan.notify, plan.suppressed, plan.ended_silences) == ([], {}, [2])


def test_no_silence_ended() -> None:
    assert plan_ended_silences(NO_FACTS, DESK, NOW) == AlertPlan(at=NOW)
