"""Tests of escalated alerts, suppressed alerts and lost terms."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.flow import HOUR, START, ManualMonitor, Press, edition
from support.spreading_story import (
    ALL,
    EMPTY,
    HIGH,
    HOSTS,
    LOW,
    MEDIUM,
    escalated_alerts,
    item,
    outlet,
    story,
    told_in_turn,
    watching,
)

from index.query.parser import parse_query as understood
from monitor.base.url import publisher
from monitor.judgement.alerts.escalation import escalated_severity, reasons
from monitor.model.alert import AlertState, Verdict
from monitor.model.config import StoreAddress
from monitor.model.search import Filter
from monitor.model.shown_names import describe_escalation
from monitor.model.triage import Change
from monitor.model.watchlist import Escalate, Severity, Watchlist
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views
from monitor.watchlists.backfill import Backfill

# --- who is independent -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("article", "feed", "name"),
    [
        ("https://www.lesechos.fr/monde/1", "https://services.lesechos.fr/a", "lesechos.fr"),
        ("https://sections.lesechos.fr/2", "https://www.lesechos.fr/feeds/b", "lesechos.fr"),
        ("https://www.bbc.co.uk/news/1", "https://feeds.bbci.co.uk/news", "bbc.co.uk"),
        ("https://blog.example.co.uk/1", "https://x.test/rss", "example.co.uk"),
        ("https://www.leparisien.fr/1", "https://feeds.feedburner.com/p", "leparisien.fr"),
        ("https://alice.github.io/1", "https://alice.github.io/rss", "alice.github.io"),
        ("", "https://www.lesechos.fr/feeds/b", "lesechos.fr"),
        ("https://10.0.0.7/1", "https://wire.lan/rss", "https://wire.lan/rss"),
        ("http://127.0.0.1:8/1", "http://127.0.0.1:8/a", "http://127.0.0.1:8/a"),
        ("http://[broken", "http://intranet/b", "http://intranet/b"),
    ],
)
def test_a_publisher_is_who_registered_the_name(article: str, feed: str, name: str) -> None:
    assert publisher(article, feed) == name


# --- decisions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "outlets", "languages", "past_reasons", "expected"),
    [
        (Escalate(), 4, [], [], []),
        (Escalate(), 5, [], [], ["outlets"]),
        (Escalate(), 9, [], ["outlets"], []),
        (Escalate(outlets=2), 2, ["en"], [], ["outlets", "en"]),
        (Escalate(outlets=None), 99, [], [], []),
        (Escalate(languages=False), 1, ["en"], [], []),
        (Escalate(), 1, ["fr"], ["fr"], []),
    ],
)
def test_reasons(
    rule: Escalate, outlets: int, languages: list[str], past_reasons: list[str], expected: list[str]
) -> None:
    assert reasons(rule, outlets, languages, past_reasons) == expected


@pytest.mark.parametrize(
    ("to", "before", "after"),
    [
        (None, LOW, MEDIUM),
        (None, MEDIUM, HIGH),
        (None, HIGH, HIGH),
        (HIGH, LOW, HIGH),
        (LOW, HIGH, HIGH),
        (MEDIUM, MEDIUM, MEDIUM),
    ],
)
def test_how_loud(to: Severity | None, before: Severity, after: Severity) -> None:
    assert escalated_severity(Escalate(to=to), before) == after


@given(st.lists(st.tuples(st.integers(1, 9), st.sets(st.sampled_from(["fr", "en"])))))
def test_no_reason_twice_and_never_quieter(steps: list[tuple[int, set[str]]]) -> None:
    known_reasons: list[str] = []
    severity, ranks = LOW, [LOW, MEDIUM, HIGH]
    for outlets, languages in steps:
        for reason in reasons(Escalate(), outlets, languages, known_reasons):
            assert reason not in known_reasons
            known_reasons.append(reason)
            after = escalated_severity(Escalate(), severity)
            assert ranks.index(after) >= ranks.index(severity)
            severity = after
    assert ("outlets" in known_reasons) == any(outlets >= 5 for outlets, _ in steps)


def test_words() -> None:
    assert describe_escalation("outlets", 5, "Reuters") == "5 outlets"
    assert describe_escalation("en", 1, "Reuters") == "crossed to English: Reuters"
    assert describe_escalation("fr", 1, "AFP") == "crossed to French: AFP"


# --- whole lives of small newsrooms -------------------------------------------------------


def test_the_fifth_independent_outlet_escalates_it_once(tmp_path: Path) -> None:
    monitor = told_in_turn(tmp_path, HOSTS, watching())
    monitor.live(range(5))
    assert [(a.severity, a.escalations) for a in story(tmp_path)] == [(MEDIUM, ())]
    assert escalated_alerts(monitor) == []
    monitor.live(range(5, 7))
    (alert,) = story(tmp_path)
    assert alert.severity is HIGH
    (step,) = alert.escalations
    assert (step.words, step.severity, step.at) == ("5 outlets", MEDIUM, START + 5 * HOUR)
    assert alert.stirred_at == step.at > alert.raised_at
    views = Views(StoreAddress(tmp_path))
    for alert_filter, expected in (
        (ALL, [(5, 1, 1)]),
        (Filter(lang=("fr",), watchlists=("ALIBABA",), feeds=("o0",)), [(5, 1, 1)]),
        (Filter(feeds=("o7",)), []),
        (Filter(lang=("en",)), []),
        (Filter(until=START), []),
    ):
        assert views.alerts.escalated(alert_filter, limit=5) == expected
    assert views.alerts.escalated(ALL, after=1) == []
    assert views.version().escalation == 1
    (alert,) = views.alerts.get([1], timelines=True)
    outlets = alert.timeline.outlets
    assert [(o.name, o.lag, o.copied) for o in outlets] == [
        (f"o{number}", number * HOUR, number > 0) for number in range(6)
    ]
    (raised,) = escalated_alerts(monitor)
    assert (raised.id, raised.severity, raised.escalation, raised.backfill, raised.suppressed) == (
        alert.id, HIGH, "5 outlets", False, "",
    )  # fmt: skip


def test_sections_of_one_publisher_are_one_outlet(tmp_path: Path) -> None:
    hosts = ("www.lesechos.fr", "bourse.lesechos.fr", "lesechos.fr", "m.lesechos.fr", "a.be")
    monitor = told_in_turn(tmp_path, hosts, watching(escalate=Escalate(outlets=3)))
    monitor.live(range(7))
    (alert,) = story(tmp_path)
    assert (alert.copies, alert.escalations) == (4, ())


@pytest.mark.parametrize(
    ("escalation_rule", "severity", "count"),
    [
        (Escalate(outlets=2), HIGH, 1),
        (Escalate(outlets=2, to=MEDIUM), MEDIUM, 1),
        (Escalate(outlets=None), MEDIUM, 0),
    ],
)
def test_what_is_asked_decides(
    tmp_path: Path, escalation_rule: Escalate, severity: Severity, count: int
) -> None:
    told_in_turn(tmp_path, HOSTS, watching(escalate=escalation_rule)).live(range(7))
    (alert,) = story(tmp_path)
    assert (alert.severity, len(alert.escalations)) == (severity, count)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.NONE, AlertState.NEW),
        (Verdict.RELEVANT, AlertState.NEW),
        (Verdict.NOISE, None),
    ],
)
@pytest.mark.parametrize("before", [AlertState.ACKNOWLEDGED, AlertState.CLOSED])
def test_it_asks_again_unless_it_is_noise(
    tmp_path: Path, verdict: Verdict, state: AlertState | None, before: AlertState
) -> None:
    monitor = told_in_turn(tmp_path, HOSTS, watching(escalate=Escalate(outlets=3)))
    monitor.live(range(3))
    views = Views(StoreAddress(tmp_path))
    views.triage.change([1], Change(state=before, verdict=verdict), "", 0.0)
    assert views.totals()[3] == 0
    monitor.live(range(3, 7))
    (alert,) = views.alerts.get([1])
    assert (alert.state, alert.severity, len(alert.escalations)) == (state or before, HIGH, 1)
    is_noise = verdict is Verdict.NOISE
    decisions = [(d.who, d.why, d.before, d.after) for d in views.triage.decisions(1)[1:]]
    reopening = ("", "3 outlets", {"state": str(before)}, {"state": "new"})
    assert decisions == ([] if is_noise else [reopening])
    assert views.totals()[3] == (not is_noise)
    assert len(escalated_alerts(monitor)) == (not is_noise)
    all_alerts = replace(ALL, closed=True)
    assert views.alerts.escalated(all_alerts) == ([] if is_noise else [(3, 1, 1)])
    assert (alert.stirred_at == alert.raised_at) is is_noise


def test_a_story_that_was_there_before_is_escalated_and_nobody_is_notified(tmp_path: Path) -> None:
    feeds = [outlet(f"o{number}") for number in range(5)]
    press = Press(
        {feed.url: [edition(item(host))] for feed, host in zip(feeds, HOSTS, strict=False)}
    )
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live([0])
    (escalated_alert,) = escalated_alerts(monitor)
    assert (escalated_alert.backfill, escalated_alert.suppressed) == (True, "backfill")
    assert story(tmp_path)[0].severity is HIGH


def test_a_new_watchlist_finds_a_story_that_has_spread_already(tmp_path: Path) -> None:
    monitor = told_in_turn(tmp_path, HOSTS, watching())
    monitor.live(range(7))
    late_watchlist = Watchlist(name="Espions", query=understood("espionnage"), severity=LOW)
    with closing(Store(StoreAddress(tmp_path))) as store:
        backfill = Backfill(store, lambda: START + 9 * HOUR)
        backfill.begin([late_watchlist], store.subscribe(monitor.feeds, [late_watchlist]))
        alert_count = sum(sum(step.alerts.values()) for step in iter(backfill.step, None))
    spy_alerts = [alert for alert in story(tmp_path) if alert.watchlist == "Espions"]
    assert [(a.severity, [e.words for e in a.escalations]) for a in spy_alerts] == [
        (MEDIUM, ["6 outlets"])
    ]
    assert alert_count == 1


# --- suppressed alerts --------------------------------------------------------------------


def test_within_the_cooldown_alerts_are_held_and_counted(tmp_path: Path) -> None:
    feed = outlet("a")
    editions = [edition(item("a.fr", f"Alibaba {n}", f"Texte {n}.", f"g{n}")) for n in range(6)]
    press = Press({feed.url: [EMPTY, *editions]})
    monitor = ManualMonitor(tmp_path, press, [feed], [watching(cooldown=1.5 * HOUR)])
    monitor.live(range(7))
    suppressions = [(a.suppressed, a.suppressed_until) for a in story(tmp_path)]
    first = START + HOUR
    assert suppressions == [
        ("", None),
        ("cooldown", first + 1.5 * HOUR),
        ("", None),  # measured from the last notified alert, not from the last suppressed one
        ("cooldown", first + 3.5 * HOUR),
        ("", None),
        ("cooldown", first + 5.5 * HOUR),
    ]
    assert [r.suppressed for s in monitor.outcomes for r in s.raised] == ["", "cooldown"] * 3


def test_watchlists_cool_down_each_for_itself(tmp_path: Path) -> None:
    feed = outlet("a")
    press = Press({feed.url: [EMPTY, edition(item("a.fr"), item("a.fr", "Alibaba", "x", "g2"))]})
    other = Watchlist(name="Liège", query=understood("liège"), cooldown=HOUR)
    monitor = ManualMonitor(tmp_path, press, [feed], [watching(cooldown=HOUR), other])
    monitor.live(range(2))
    suppressions = {(a.watchlist, a.title): a.suppressed for a in story(tmp_path)}
    assert sorted(suppressions.values()) == ["", "", "cooldown"]
    assert suppressions["Liège", "Alibaba soupçonné"] == ""


@pytest.mark.parametrize(("notify", "reason"), [(False, "backfill"), (True, "")])
def test_what_was_there_before_is_told_if_asked(tmp_path: Path, notify: bool, reason: str) -> None:
    feed = outlet("a")
    press = Press({feed.url: [edition(item("a.fr"))]})
    ManualMonitor(tmp_path, press, [feed], [watching(notify_backfill=notify)]).live([0])
    assert [(a.backfill, a.suppressed) for a in story(tmp_path)] == [(True, reason)]


# --- versions and edits -------------------------------------------------------------------


def test_an_alert_notes_what_raised_it_and_what_an_edit_took(tmp_path: Path) -> None:
    feed = outlet("a")
    texts = ["Alibaba et Temu.", "Alibaba seul.", "Plus rien.", "Temu est de retour."]
    press = Press({feed.url: [edition(item("a.fr", "Titre", text)) for text in texts]})
    china = Watchlist(name="Chine", query=understood("alibaba OR temu"), rule="v7")
    monitor = ManualMonitor(tmp_path, press, [feed], [china])
    lost_terms = []
    for number in range(4):
        monitor.live([number])
        (alert,) = story(tmp_path)
        lost_terms.append([(loss.term, (loss.at - START) / HOUR) for loss in alert.lost])
    assert lost_terms == [
        [],
        [("temu", 1)],
        [("temu", 1), ("alibaba", 2)],
        [("alibaba", 2)],
    ]
    assert (alert.rule, alert.article_version) == ("v7", 1)
    assert [match.term for match in alert.matches] == ["temu"]


def test_an_alert_that_an_edit_raises_notes_its_version(tmp_path: Path) -> None:
    feed = outlet("a")
    texts = ["Rien.", "Rien encore.", "Alibaba."]
    press = Press({feed.url: [edition(item("a.fr", "Titre", text)) for text in texts]})
    ManualMonitor(tmp_path, press, [feed], [watching()]).live(range(3))
    assert [(a.article_version, a.lost) for a in story(tmp_path)] == [(3, ())]
