"""Alerts that are escalated as their story spreads; suppressed alerts; lost terms."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import flow
from support.flow import HOUR, START, Fuse, Killed, ManualMonitor, Press, edition

from index.query.parser import parse_query as understood
from monitor.alerts.escalation import escalated_severity, reasons
from monitor.alerts.publishers import publisher
from monitor.ingest.ingest import Ingester
from monitor.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.match.matcher import WatchlistMatcher
from monitor.model.alert import Alert, AlertState, Change, Verdict, describe_escalation
from monitor.model.config import Escalate, Watchlist
from monitor.model.event_link import EncodedBatch, EventLink, Surety
from monitor.model.feed import Feed
from monitor.model.poll import RaisedAlert
from monitor.model.search import Filter
from monitor.model.severity import Severity
from monitor.store.sql.store import SqlStore
from monitor.store.sql.views import SqlViews
from monitor.watchlists.backfill import Backfill

ALL = Filter()
LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
WIRE = (
    "La sûreté de l’État soupçonne le groupe Alibaba d’espionnage depuis son centre logistique"
    " de Liège, selon un quotidien britannique qui cite des responsables belges. Le groupe"
    " dément toute activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)
ENGLISH = (
    "Belgium’s State Security suspects the Alibaba group of spying from its logistics centre at"
    " Liège airport, a British daily says. Its subsidiary Cainiao denies it."
)
FRENCH = "La filiale Cainiao du groupe Alibaba est soupçonnée d’espionnage à Liège."


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
    ("asked", "outlets", "languages", "known", "found"),
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
    asked: Escalate, outlets: int, languages: list[str], known: list[str], found: list[str]
) -> None:
    assert reasons(asked, outlets, languages, known) == found


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
    known: list[str] = []
    severity, ranks = LOW, [LOW, MEDIUM, HIGH]
    for outlets, languages in steps:
        for reason in reasons(Escalate(), outlets, languages, known):
            assert reason not in known
            known.append(reason)
            after = escalated_severity(Escalate(), severity)
            assert ranks.index(after) >= ranks.index(severity)
            severity = after
    assert ("outlets" in known) == any(outlets >= 5 for outlets, _ in steps)


def test_words() -> None:
    assert describe_escalation("outlets", 5, "Reuters") == "5 outlets"
    assert describe_escalation("en", 1, "Reuters") == "crossed to English: Reuters"
    assert describe_escalation("fr", 1, "AFP") == "crossed to French: AFP"


# --- whole lives of small newsrooms -------------------------------------------------------


def outlet(name: str, lang: str = "fr") -> Feed:
    return Feed(url=f"https://{name}.test/rss", name=name, lang=lang)


def item(host: str, title: str = "Alibaba soupçonné", text: str = WIRE, guid: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>{guid or host}</guid>"
        f"<link>https://{host}/{quote(guid or title)}</link>"
        f"<title>{title}</title><description>{text}</description></item>"
    )


EMPTY = edition(item("nothing.example", "Rien", "Rien du tout."))


def watching(**more: Any) -> Watchlist:
    return Watchlist(name="Alibaba", query=understood("alibaba"), **more)


def told_in_turn(folder: Path, hosts: Sequence[str], watchlist: Watchlist) -> ManualMonitor:
    """Let an outlet each round tell the same story, after a first round of nothing."""
    feeds = [outlet(f"o{number}") for number in range(len(hosts))]
    press = Press(
        {
            feed.url: [*[EMPTY] * (number + 1), edition(item(host))]
            for number, (feed, host) in enumerate(zip(feeds, hosts, strict=True))
        }
    )
    return ManualMonitor(folder, press, feeds, [watchlist])


def story(folder: Path) -> list[Alert]:
    views = SqlViews(folder)
    return views.alerts.get(views.alerts.ids(ALL), matches=True)


def escalated_alerts(monitor: ManualMonitor) -> list[RaisedAlert]:
    return [r for outcome in monitor.settled for r in outcome.raised if r.escalation]


HOSTS = ("one.fr", "two.fr", "three.be", "four.com", "five.co.uk", "six.org")


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
    views = SqlViews(tmp_path)
    for asked, found in (
        (ALL, [(5, 1, 1)]),
        (Filter(lang=("fr",), watchlists=("ALIBABA",), feeds=("o0",)), [(5, 1, 1)]),
        (Filter(feeds=("o7",)), []),
        (Filter(lang=("en",)), []),
        (Filter(until=START), []),
    ):
        assert views.alerts.escalated(asked, limit=5) == found
    assert views.alerts.escalated(ALL, after=1) == []
    assert views.version().escalation == 1
    (alert,) = views.alerts.get([1], timelines=True)
    outlets = alert.telling.outlets
    assert [(o.name, o.lag, o.copied) for o in outlets] == [
        (f"o{number}", number * HOUR, number > 0) for number in range(6)
    ]
    (told,) = escalated_alerts(monitor)
    assert (told.id, told.severity, told.escalation, told.backfill, told.suppressed) == (
        alert.id, HIGH, "5 outlets", False, "",
    )  # fmt: skip


def test_sections_of_one_publisher_are_one_outlet(tmp_path: Path) -> None:
    hosts = ("www.lesechos.fr", "bourse.lesechos.fr", "lesechos.fr", "m.lesechos.fr", "a.be")
    monitor = told_in_turn(tmp_path, hosts, watching(escalate=Escalate(outlets=3)))
    monitor.live(range(7))
    (alert,) = story(tmp_path)
    assert (alert.duplicates, alert.escalations) == (4, ())


@pytest.mark.parametrize(
    ("asked", "severity", "count"),
    [
        (Escalate(outlets=2), HIGH, 1),
        (Escalate(outlets=2, to=MEDIUM), MEDIUM, 1),
        (Escalate(outlets=None), MEDIUM, 0),
    ],
)
def test_what_is_asked_decides(
    tmp_path: Path, asked: Escalate, severity: Severity, count: int
) -> None:
    told_in_turn(tmp_path, HOSTS, watching(escalate=asked)).live(range(7))
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
    views = SqlViews(tmp_path)
    views.triage.change([1], Change(state=before, verdict=verdict), "", 0.0)
    assert views.totals()[3] == 0
    monitor.live(range(3, 7))
    (alert,) = views.alerts.get([1])
    assert (alert.state, alert.severity, len(alert.escalations)) == (state or before, HIGH, 1)
    quiet = verdict is Verdict.NOISE
    reopened = [(d.who, d.why, d.before, d.after) for d in views.triage.decisions(1)[1:]]
    once = ("", "3 outlets", {"state": str(before)}, {"state": "new"})
    assert reopened == ([] if quiet else [once])
    assert views.totals()[3] == (not quiet)
    assert len(escalated_alerts(monitor)) == (not quiet)
    everything = replace(ALL, closed=True)
    assert views.alerts.escalated(everything) == ([] if quiet else [(3, 1, 1)])
    assert (alert.stirred_at == alert.raised_at) is quiet


def test_a_story_that_was_there_before_is_escalated_and_nobody_is_notified(tmp_path: Path) -> None:
    feeds = [outlet(f"o{number}") for number in range(5)]
    press = Press(
        {feed.url: [edition(item(host))] for feed, host in zip(feeds, HOSTS, strict=False)}
    )
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live([0])
    (told,) = escalated_alerts(monitor)
    assert (told.backfill, told.suppressed) == (True, "backfill")
    assert story(tmp_path)[0].severity is HIGH


def test_a_new_watchlist_finds_a_story_that_has_spread_already(tmp_path: Path) -> None:
    monitor = told_in_turn(tmp_path, HOSTS, watching())
    monitor.live(range(7))
    late = Watchlist(name="Espions", query=understood("espionnage"), severity=LOW)
    with closing(SqlStore(tmp_path)) as store:
        work = Backfill(store, lambda: START + 9 * HOUR)
        work.begin([late], store.subscribe(monitor.feeds, [late]))
        counted = sum(sum(step.alerts.values()) for step in iter(work.step, None))
    found = [alert for alert in story(tmp_path) if alert.watchlist == "Espions"]
    assert [(a.severity, [e.words for e in a.escalations]) for a in found] == [
        (MEDIUM, ["6 outlets"])
    ]
    assert counted == 1


# --- languages ----------------------------------------------------------------------------


def crossing_press(*, first_french: bool) -> tuple[Press, list[Feed]]:
    fr, en = outlet("fr"), outlet("en", "en")
    french = item("journal.fr", "Espionnage : Cainiao et Alibaba dans le viseur à Liège", FRENCH)
    english = item("daily.co.uk", "Alibaba suspected of spying at Liège", ENGLISH)
    turns = ([french, ""], ["", english]) if first_french else (["", french], [english, ""])
    editions = {
        feed.url: [EMPTY, *(edition(told) if told else EMPTY for told in told_by)]
        for feed, told_by in zip((fr, en), turns, strict=True)
    }
    return Press({url: [*shown] for url, shown in editions.items()}), [fr, en]


def link(monitor: ManualMonitor, *links: EventLink, at: float = 3 * HOUR) -> BatchOutcome:
    """Store links as the monitor does when vectors have been compared."""
    with closing(SqlStore(monitor.folder)) as store:
        feeds = store.subscribe(monitor.feeds, monitor.watchlists)
        watch = ActiveConfig(
            rules=WatchlistMatcher(monitor.watchlists, feeds),
            feeds={feed.number: feed for feed in feeds},
            routing=monitor.routing,
        )
        ingester = Ingester(store, watch, lambda: START + at, lambda: 0.0)
        return ingester.save_encoded(EncodedBatch((), links))


def sure(folder: Path, earlier: int = 0, later: int = 1) -> EventLink:
    """Return a link of the articles of two alerts."""
    alerts = story(folder)
    first, second = alerts[earlier].article, alerts[later].article
    assert first and second
    return EventLink(second, first, Surety.SURE)


def test_shared_names_link_perhaps_and_escalate_nothing(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    assert [alert.escalations for alert in story(tmp_path)] == [(), ()]
    assert escalated_alerts(monitor) == []
    named = sure(tmp_path)
    details = SqlViews(tmp_path).articles.details(named.earlier)
    assert details
    (elsewhere,) = details.telling.elsewhere
    assert (elsewhere.article, elsewhere.perhaps) == (named.later, True)


def test_shared_names_within_one_publisher_link_nothing(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    editions = {
        url: [body.replace(b"daily.co.uk", b"en.journal.fr") for body in shown]
        for url, shown in press.editions.items()
    }
    ManualMonitor(tmp_path, replace(press, editions=editions), feeds, [watching()]).live(range(3))
    details = SqlViews(tmp_path).articles.details(sure(tmp_path).earlier)
    assert details and details.telling.elsewhere == ()


@pytest.mark.parametrize("first_french", [True, False])
def test_an_aggregator_s_item_is_not_linked_with_its_publisher(
    tmp_path: Path, first_french: bool
) -> None:
    press, feeds = crossing_press(first_french=first_french)
    source = b"<source url='https://en.journal.fr/rss'>The Journal</source></item>"
    editions = dict(press.editions)
    editions[feeds[1].url] = [
        shown.replace(b"daily.co.uk", b"news.example.com").replace(b"</item>", source)
        for shown in editions[feeds[1].url]
    ]
    ManualMonitor(tmp_path, replace(press, editions=editions), feeds, [watching()]).live(range(3))
    details = SqlViews(tmp_path).articles.details(sure(tmp_path).earlier)
    assert details and details.telling.elsewhere == ()


@pytest.mark.parametrize("surety", [Surety.NAMES, Surety.LIKELY])
def test_a_link_that_is_not_sure_escalates_nothing(tmp_path: Path, surety: Surety) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    assert link(monitor, sure(tmp_path)._replace(surety=surety)).raised == ()
    assert [alert.escalations for alert in story(tmp_path)] == [(), ()]


def test_who_is_linked_late_escalates_without_a_notification(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    (raised,) = link(monitor, sure(tmp_path), at=10 * HOUR).raised
    assert (raised.backfill, raised.suppressed) == (True, "backfill")
    assert story(tmp_path)[0].severity is HIGH


def test_outlets_of_one_language_that_are_linked_escalate(tmp_path: Path) -> None:
    feeds = [outlet(f"o{number}") for number in range(3)]
    texts = [f"Alibaba {words}" for words in ("à Liège", "au parlement", "en justice")]
    press = Press({feed.url: [EMPTY, *[EMPTY] * n, edition(item(host, texts[n], texts[n]))]
                   for n, (feed, host) in enumerate(zip(feeds, HOSTS, strict=False))})  # fmt: skip
    monitor = ManualMonitor(tmp_path, press, feeds, [watching(escalate=Escalate(outlets=3))])
    monitor.live(range(4))
    link(monitor, sure(tmp_path))
    assert story(tmp_path)[0].escalations == ()
    link(monitor, sure(tmp_path), sure(tmp_path, 0, 2))
    assert [e.words for e in story(tmp_path)[0].escalations] == ["3 outlets"]


@pytest.mark.parametrize(
    ("first_french", "said"), [(True, "crossed to English: en"), (False, "crossed to French: fr")]
)
def test_a_story_that_crosses_escalates_the_earlier_alert(
    tmp_path: Path, first_french: bool, said: str
) -> None:
    press, feeds = crossing_press(first_french=first_french)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    raised = link(monitor, sure(tmp_path)).raised
    assert link(monitor, sure(tmp_path)).raised == ()  # once
    first, second = story(tmp_path)
    assert (first.severity, [e.words for e in first.escalations]) == (HIGH, [said])
    assert (second.severity, second.escalations) == (MEDIUM, ())
    assert [alert.escalation for alert in raised] == [said]
    views = SqlViews(tmp_path)
    assert first.article and second.article
    for alert, other in ((first, second), (second, first)):
        assert alert.article
        details = views.articles.details(alert.article)
        assert details
        (elsewhere,) = details.telling.elsewhere
        assert (elsewhere.article, elsewhere.lang) == (other.article, other.lang)
        assert not elsewhere.perhaps
    assert first.duplicates == second.duplicates == 0  # linked, not merged


def test_a_story_may_cross_and_not_be_escalated(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching(escalate=Escalate(languages=False))])
    monitor.live(range(3))
    link(monitor, sure(tmp_path))
    first, second = story(tmp_path)
    assert (first.severity, first.escalations) == (MEDIUM, ())
    assert second.article
    details = SqlViews(tmp_path).articles.details(second.article)
    assert details and [outlet.name for outlet in details.telling.elsewhere] == ["fr"]


def test_what_is_older_than_three_days_is_another_event(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    late = {url: [shown[0], shown[1], *[shown[1]] * 72, shown[-1]]
            for url, shown in press.editions.items()}  # fmt: skip
    monitor = ManualMonitor(tmp_path, replace(press, editions=late), feeds, [watching()])
    monitor.live([0, 1, 74])
    assert [a.escalations for a in story(tmp_path)] == [(), ()]
    with closing(SqlStore(tmp_path)) as store:
        store.forget(names_before=START + 2 * HOUR, sent_before=0.0)
    kept = flow.rows(tmp_path, "SELECT DISTINCT article FROM names ORDER BY 1")
    assert kept == flow.rows(tmp_path, "SELECT article FROM named ORDER BY 1") != []
    assert len(kept) == 1


def state(folder: Path) -> list[list[tuple[Any, ...]]]:
    """Return what alerts have come to, without the order in which they were stored."""
    return [
        flow.rows(folder, query)
        for query in (
            "SELECT watchlist, severity, state, held, raised_at, merged_into IS NULL, a.url"
            " FROM alerts al JOIN articles a ON a.id = al.article ORDER BY a.url, watchlist",
            "SELECT alert, reason, at, outlets, severity FROM escalations ORDER BY alert, reason",
            "SELECT a.url, b.url FROM event_links l JOIN articles a ON a.id = l.later"
            " JOIN articles b ON b.id = l.earlier ORDER BY 1",
            "SELECT a.url, count(*) FROM names n JOIN articles a ON a.id = n.article"
            " GROUP BY a.url ORDER BY 1",
            "SELECT alert, term, at FROM lost_terms ORDER BY 1, 2",
        )
    ]


@pytest.mark.costly
def test_killed_at_any_step_it_comes_to_the_same(tmp_path: Path) -> None:
    """A copy, a crossing and an edit in one round; killed at every other step, then once more."""
    press, feeds = crossing_press(first_french=True)
    copier, first = outlet("copy"), feeds[0].url
    edited = edition(item("journal.fr", "Cainiao dans le viseur à Liège", "Un texte.", "g"))
    story_of = [edition(item("journal.fr", "Alibaba et Cainiao à Liège", FRENCH, "g"))]
    press = replace(
        press,
        editions={
            **press.editions,
            first: [EMPTY, *story_of, edited],
            copier.url: [EMPTY, EMPTY, edition(item("copy.be", "Alibaba", FRENCH))],
        },
    )
    asked = [watching(escalate=Escalate(outlets=2), cooldown=9 * HOUR)]

    def life(folder: Path, fuse: Fuse) -> ManualMonitor:
        return ManualMonitor(folder, replace(press, fuse=fuse), [*feeds, copier], asked)

    life(tmp_path / "before", Fuse()).live([0, 1])

    def fresh(name: str) -> Path:
        there = tmp_path / name
        there.mkdir()
        paths = tmp_path / "before" / "newsroom.db", there / "newsroom.db"
        with closing(sqlite3.connect(paths[0])) as old, closing(sqlite3.connect(paths[1])) as new:
            old.backup(new)
        return there

    whole, fuse = fresh("whole"), Fuse()
    life(whole, fuse).live([2])
    wanted = state(whole)
    assert all(wanted[:1] + wanted[2:])  # names escalate nothing
    for at in range(1, fuse.steps + 1, 2):
        there = fresh(str(at))
        with suppress(Killed):
            life(there, Fuse(at)).live([2])
        life(there, Fuse()).live([2])
        assert state(there) == wanted, at


# --- suppressed alerts --------------------------------------------------------------------


def test_within_the_cooldown_alerts_are_held_and_counted(tmp_path: Path) -> None:
    feed = outlet("a")
    shown = [edition(item("a.fr", f"Alibaba {n}", f"Texte {n}.", f"g{n}")) for n in range(6)]
    press = Press({feed.url: [EMPTY, *shown]})
    monitor = ManualMonitor(tmp_path, press, [feed], [watching(cooldown=1.5 * HOUR)])
    monitor.live(range(7))
    held = [(a.suppressed, a.suppressed_until) for a in story(tmp_path)]
    first = START + HOUR
    assert held == [
        ("", None),
        ("cooldown", first + 1.5 * HOUR),
        ("", None),  # measured from the last one that was told, not from the last one held
        ("cooldown", first + 3.5 * HOUR),
        ("", None),
        ("cooldown", first + 5.5 * HOUR),
    ]
    assert [r.suppressed for s in monitor.settled for r in s.raised] == ["", "cooldown"] * 3


def test_watchlists_cool_down_each_for_itself(tmp_path: Path) -> None:
    feed = outlet("a")
    press = Press({feed.url: [EMPTY, edition(item("a.fr"), item("a.fr", "Alibaba", "x", "g2"))]})
    other = Watchlist(name="Liège", query=understood("liège"), cooldown=HOUR)
    monitor = ManualMonitor(tmp_path, press, [feed], [watching(cooldown=HOUR), other])
    monitor.live(range(2))
    held = {(a.watchlist, a.title): a.suppressed for a in story(tmp_path)}
    assert sorted(held.values()) == ["", "", "cooldown"]
    assert held["Liège", "Alibaba soupçonné"] == ""


@pytest.mark.parametrize(("tells", "held"), [(False, "backfill"), (True, "")])
def test_what_was_there_before_is_told_if_asked(tmp_path: Path, tells: bool, held: str) -> None:
    feed = outlet("a")
    press = Press({feed.url: [edition(item("a.fr"))]})
    ManualMonitor(tmp_path, press, [feed], [watching(notify_backfill=tells)]).live([0])
    assert [(a.backfill, a.suppressed) for a in story(tmp_path)] == [(True, held)]


# --- versions and edits -------------------------------------------------------------------


def test_an_alert_notes_what_raised_it_and_what_an_edit_took(tmp_path: Path) -> None:
    feed = outlet("a")
    texts = ["Alibaba et Temu.", "Alibaba seul.", "Plus rien.", "Temu est de retour."]
    press = Press({feed.url: [edition(item("a.fr", "Titre", text)) for text in texts]})
    both = Watchlist(name="Chine", query=understood("alibaba OR temu"), rule="v7")
    monitor = ManualMonitor(tmp_path, press, [feed], [both])
    gone = []
    for number in range(4):
        monitor.live([number])
        (alert,) = story(tmp_path)
        gone.append([(lost.term, (lost.at - START) / HOUR) for lost in alert.lost])
    assert gone == [
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
