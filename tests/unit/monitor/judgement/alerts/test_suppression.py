"""Tests that every suppressed alert has a reason: silence, cooldown, no route, copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from support import flow
from support.alert_storage import save_imported
from support.flow import HOUR, START, Fuse, Killed, ManualMonitor, Press, edition
from support.properties import examples

from index.query.parser import parse_query as understood
from monitor.base.article import Article
from monitor.base.errors import UnknownNameError
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.alert import Alert
from monitor.model.config import Route, StoreAddress
from monitor.model.delivery import Delivery, DeliveryState
from monitor.model.feed import Feed
from monitor.model.poll import NO_ENTRY, ArticleChange
from monitor.model.search import Filter
from monitor.model.watchlist import FEED_HEALTH, Escalate, Severity, Silence, Watchlist
from monitor.presentation.service.triage import Triage
from monitor.storage.search.search import ArchiveSearch
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

CHANNELS = ("desk", "log")
ALL = Filter(silenced=True)
Make = Callable[..., "Room"]
NEVER = Escalate(outlets=None, languages=False)
STATES = tuple(DeliveryState)
EVERYWHERE = Routing(channels=CHANNELS)
A = Feed(url="https://a.test/rss", name="a", lang="fr")
B = Feed(url="https://b.test/rss", name="b", lang="en")


def triage(views: Views, clock: Callable[[], float]) -> Triage:
    """Return the part of the service that silences watchlists."""
    folder = Path("nowhere")
    return Triage(views, ArchiveSearch(folder, views, clock, UTC).matching_ids, clock, UTC)


@dataclass
class Room:
    """A newsroom whose feed publishes an article whenever a test says so."""

    folder: Path
    watchlists: tuple[Watchlist, ...]
    routing: Routing = EVERYWHERE
    now: float = START
    published: list[str] = field(default_factory=list)
    store: Store = field(init=False)
    ingester: Ingester = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(StoreAddress(self.folder))
        self.views = Views(StoreAddress(self.folder))
        self.desk = triage(self.views, lambda: self.now)
        self.feeds = self.store.subscribe((A, B), self.watchlists)
        self.rules = WatchlistMatcher(self.watchlists, self.feeds)
        active_config = ActiveConfig(rules=self.rules, routing=self.routing)
        self.ingester = Ingester(self.store, active_config, lambda: self.now, lambda: 0.0)

    def publish(self, *titles: str, feed: int = 0) -> None:
        """Store articles of these titles in one batch, as a poll would."""
        source = self.feeds[feed]
        with self.store.batch() as batch:
            arrivals = [self._arrival(batch.next_article() + n, title, source)
                        for n, title in enumerate(titles)]  # fmt: skip
            save_imported(batch, arrivals, source, self.now, self.routing)

    def _arrival(self, id: int, title: str, feed: Feed) -> ArticleChange:
        self.published.append(title)
        number = len(self.published)
        article = an_article(id, title, feed, number, self.now)
        return ArticleChange(
            article=article,
            entry=replace(
                NO_ENTRY, key=f"g{number}", fingerprint=b"%d" % number, canonical=article.url
            ),
            new=True,
            hits=self.rules.match(article, feed),
        )

    def alerts(self) -> list[Alert]:
        return self.views.alerts.get(self.views.alerts.ids(ALL))

    def deliveries(self) -> list[Delivery]:
        return self.views.deliveries.newest(STATES)


def an_article(id: int, title: str, feed: Feed, number: int, now: float) -> Article:
    return Article(
        id=id, feeds=(feed.number,), url=f"https://x.test/{number}", title=title, summary="",
        body="", author="", lang="en" if "(en)" in title else feed.lang, published=now, seen=now,
        story=id,
    )  # fmt: skip


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    rooms: list[Room] = []

    def make_room(*watchlists: Watchlist, routing: Routing = EVERYWHERE) -> Room:
        rooms.append(Room(tmp_path, watchlists, routing))
        return rooms[-1]

    yield make_room
    for room in rooms:
        room.store.close()


def watchlist(word: str = "Alibaba", **fields: object) -> Watchlist:
    return replace(Watchlist(name=word, query=understood(word), escalate=NEVER),
                   **fields)  # type: ignore[arg-type]  # fmt: skip


# --- mutes ------------------------------------------------------------------------------


def test_what_a_silenced_watchlist_raises_is_kept_and_marked_and_told_to_nobody(make: Make) -> None:
    room = make(watchlist(), watchlist("Liège"))
    silence = room.desk.silence("alibaba", 7200, "ana")
    assert silence == Silence(watchlist="Alibaba", by="ana", since=START, until=START + 7200)
    room.now += 60
    room.publish("Alibaba", "Alibaba et Liège")
    reasons = {(a.watchlist, a.title): (a.suppressed, a.suppressed_until) for a in room.alerts()}
    assert reasons == {
        ("Alibaba", "Alibaba"): ("silence", START + 7200),
        ("Alibaba", "Alibaba et Liège"): ("silence", START + 7200),
        ("Liège", "Alibaba et Liège"): ("", None),
    }
    assert len(room.deliveries()) == len(CHANNELS)
    assert [m.suppressed for m in room.views.watchlists.silences(room.now)] == [2]
    assert len(room.views.alerts.ids(Filter())) == 1, "not in the stream"
    assert len(room.views.alerts.ids(replace(ALL, suppressed=True))) == 2
    assert room.views.watchlists.suppressed(START) == {("Alibaba", "silence"): 2}


@pytest.mark.parametrize("early", [True, False])
def test_the_end_of_a_silence_tells_what_it_held(make: Make, early: bool) -> None:
    room = make(watchlist())
    room.desk.silence("Alibaba", 7200)
    room.now += 60
    room.publish("Alibaba un", "Alibaba deux")
    assert room.ingester.end_silences() == 0
    if early:
        ended_silence = room.desk.end_silence("Alibaba")
        assert ended_silence is not None and ended_silence.suppressed == 2
        assert room.desk.end_silence("Alibaba") is None
    else:
        room.now += 7200
    assert room.views.watchlists.silences(room.now) == []
    assert room.ingester.end_silences() == len(CHANNELS)
    assert room.ingester.end_silences() == 0, "told once"
    deliveries = room.deliveries()
    assert {d.alert for d in deliveries} == {room.alerts()[-1].id}
    assert {(d.occasion, d.why) for d in deliveries} == {
        ("unsilenced", "no longer silenced: 2 listed, not sent since 22:13"),
    }
    room.publish("Alibaba trois")
    assert {d.why for d in room.deliveries()[2:]} == {""}, "what was told of is not counted again"


def test_a_silence_that_held_nothing_ends_without_a_message(make: Make) -> None:
    room = make(watchlist())
    room.desk.silence("Alibaba", 60)
    room.now += 61
    assert room.ingester.end_silences() == 0
    assert room.deliveries() == []


def test_silencing_again_moves_the_end(make: Make) -> None:
    room = make(watchlist())
    room.desk.silence("Alibaba", 7200)
    room.now += 60
    room.desk.silence("Alibaba", 120)
    assert [(m.since, m.until) for m in room.views.watchlists.silences(room.now)] == [
        (START, START + 180)
    ]


def test_a_silence_always_ends_and_is_of_a_watchlist_there_is(make: Make) -> None:
    room = make(watchlist())
    for seconds in (0, -1, 31 * 86_400, float("nan")):
        with pytest.raises(ValueError, match="30 days"):
            room.desk.silence("Alibaba", seconds)
    with pytest.raises(UnknownNameError, match="did you mean `Alibaba`"):
        room.desk.silence("Alibabba")
    assert room.desk.silence(FEED_HEALTH).until == START + 3600


# --- cooldowns, routes to nowhere -------------------------------------------------------


def test_the_first_one_told_after_a_cooldown_says_how_many_were_held(make: Make) -> None:
    room = make(watchlist(cooldown=HOUR))
    for minutes in (0, 10, 20, 70):
        room.now = START + 60 * minutes
        room.publish(f"Alibaba {minutes}")
    assert [a.suppressed for a in room.alerts()] == ["", "cooldown", "cooldown", ""]
    reasons = [d.why for d in room.deliveries() if d.channel == "desk"]
    assert reasons == ["", "+2 listed, not sent since 22:23"]


def test_who_is_told_to_nobody_begins_no_cooldown(make: Make) -> None:
    french_unrouted = Routing(channels=CHANNELS, routes=(Route(lang=("fr",), to=()),))
    room = make(watchlist(cooldown=HOUR), routing=french_unrouted)
    room.publish("Alibaba", "Alibaba encore")
    room.publish("Alibaba in English", feed=1)
    assert [a.suppressed for a in room.alerts()] == ["no route", "no route", ""]
    assert room.views.watchlists.suppressed(START) == {("Alibaba", "no route"): 2}


def test_nor_does_it_in_the_same_batch(make: Make) -> None:
    french_unrouted = Routing(channels=CHANNELS, routes=(Route(lang=("fr",), to=()),))
    room = make(watchlist(cooldown=HOUR), routing=french_unrouted)
    room.publish("Alibaba en français", "Alibaba (en)", "Alibaba again (en)")
    assert [a.suppressed for a in room.alerts()] == ["no route", "", "cooldown"]
    assert {d.alert for d in room.deliveries()} == {room.alerts()[1].id}


def test_what_is_silenced_in_a_cooldown_is_marked_as_silenced(make: Make) -> None:
    room = make(watchlist(cooldown=HOUR))
    room.publish("Alibaba")
    room.desk.silence("Alibaba")
    room.publish("Alibaba encore")
    assert [a.suppressed for a in room.alerts()] == ["", "silence"]


# --- escalated alerts -------------------------------------------------------------------

TEXT = (
    "La sûreté de l’État soupçonne le groupe Alibaba d’espionnage depuis son centre logistique"
    " de Liège, selon un quotidien britannique qui cite des responsables belges. Le groupe"
    " dément toute activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)


@pytest.mark.parametrize("is_silenced", [False, True])
def test_an_escalated_alert_is_notified_again_or_the_reason_is_stored(
    tmp_path: Path, is_silenced: bool
) -> None:
    outlets = [Feed(url=f"https://{n}.fr/rss", name=n, lang="fr") for n in ("lun", "deux")]

    def edition_of(outlet: Feed, text: str) -> bytes:
        link = f"https://{outlet.name}.fr/1"
        return edition(
            f"<item><guid isPermaLink='false'>{outlet.name}</guid><link>{link}</link>"
            f"<title>Alibaba</title><description>{text}</description></item>"
        )

    press = Press({
        outlets[0].url: [edition(), edition_of(outlets[0], TEXT)],
        outlets[1].url: [edition(), edition(), edition_of(outlets[1], f"{TEXT} (Agences)")],
    })  # fmt: skip
    high = Routing(channels=CHANNELS, routes=(Route(severity=(Severity.HIGH,), to=("desk",)),))
    watchlists = [watchlist(escalate=Escalate(outlets=2, languages=False))]
    monitor = ManualMonitor(tmp_path, press, outlets, watchlists, routing=high)
    monitor.live(range(2))
    views = Views(StoreAddress(tmp_path))
    if is_silenced:
        triage(views, lambda: START + HOUR).silence("Alibaba", 9 * HOUR)
    monitor.live([2])
    alert = views.alerts.get([1])[0]
    assert alert.suppressed == "", "it was told when it was raised"
    (step,) = alert.escalations
    again = [d for d in views.deliveries.newest(STATES) if d.occasion == "escalated"]
    if is_silenced:
        assert (step.suppressed, again) == ("silence", [])
        assert alert.id in views.alerts.ids(replace(ALL, suppressed=True))
        held_count = sum(1 for other in views.alerts.get([1, 2]) if other.suppressed == "silence")
        assert views.watchlists.suppressed(START)["Alibaba", "silence"] == 1 + held_count
    else:
        assert step.suppressed == ""
        assert [(d.channel, d.why) for d in again] == [("desk", "2 outlets")]


# --- always exactly one way -------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from(["publish", "publish", "both", "mute", "unmute", "wait"]),
        st.sampled_from(["Alibaba", "Liège"]),
        st.integers(0, 1),
    ),
    max_size=12,
)
channel_sets = st.sampled_from([(), ("desk",), ("log", "desk")])
routes = st.lists(
    st.builds(
        lambda to, lang, severity: Route(to=to, lang=lang, severity=severity),
        channel_sets,
        st.sampled_from([(), ("fr",), ("en",)]),
        st.sampled_from([(), (Severity.MEDIUM,)]),
    ),
    max_size=2,
).map(tuple)


@settings(max_examples=examples(25), deadline=None)
@given(actions=steps, routes=routes, cooldown=st.sampled_from([0.0, 1800.0]))
def test_each_alert_is_told_or_held_for_a_reason_never_both_never_neither(
    tmp_path_factory: pytest.TempPathFactory,
    actions: list[tuple[str, str, int]],
    routes: tuple[Route, ...],
    cooldown: float,
) -> None:
    room = Room(
        tmp_path_factory.mktemp("room"),
        (watchlist(cooldown=cooldown), watchlist("Liège")),
        Routing(channels=CHANNELS, routes=routes),
    )
    with closing(room.store):
        for number, (step, word, feed) in enumerate(actions):
            room.now += 600
            match step:
                case "publish":
                    room.publish(f"{word} {number}", feed=feed)
                case "both":
                    room.publish(f"Alibaba {number}", f"Liège et Alibaba {number}", feed=feed)
                case "mute":
                    room.desk.silence(word, 1500)
                case "unmute":
                    room.desk.end_silence(word)
            room.ingester.end_silences()
        raised_counts = Counter(d.alert for d in room.deliveries() if d.occasion == "raised")
        for alert in room.alerts():
            assert bool(raised_counts[alert.id]) != bool(alert.suppressed), alert
        held_count = sum(1 for alert in room.alerts() if alert.suppressed)
        assert room.views.watchlists.suppressed(START).total() == held_count


@pytest.mark.costly
def test_a_kill_at_any_step_counts_nothing_twice(tmp_path: Path) -> None:
    feed = Feed(url="https://a.test/rss", name="a", lang="fr")
    items = "".join(
        f"<item><guid isPermaLink='false'>g{n}</guid><link>https://ex.org/{n}</link>"
        f"<title>Alibaba {n}</title><description>Texte numéro {n}.</description></item>"
        for n in range(3)
    )

    def life(folder: Path, fuse: Fuse) -> ManualMonitor:
        press = Press({feed.url: [edition(), edition(items)]}, fuse=fuse)
        return ManualMonitor(folder, press, [feed], [watchlist(cooldown=HOUR)], routing=EVERYWHERE)

    def state(folder: Path) -> tuple[object, ...]:
        return (
            flow.rows(folder, "SELECT suppressed, count(*) FROM alerts GROUP BY suppressed"),
            flow.rows(folder, "SELECT channel, count(*) FROM deliveries GROUP BY channel"),
            flow.rows(folder, "SELECT number FROM suppressed_counts"),
        )

    fuse = Fuse()
    (tmp_path / "whole").mkdir()
    life(tmp_path / "whole", Fuse()).live([0])
    life(tmp_path / "whole", fuse).live([1])
    expected = state(tmp_path / "whole")
    assert expected == ([("", 1), ("cooldown", 2)], [("desk", 1), ("log", 1)], [(2,)])
    for at in range(1, fuse.steps + 1, 3):
        copy_folder = tmp_path / str(at)
        copy_folder.mkdir()
        life(copy_folder, Fuse()).live([0])
        with suppress(Killed):
            life(copy_folder, Fuse(at)).live([1])
        life(copy_folder, Fuse()).live([1])
        assert state(copy_folder) == expected, at
