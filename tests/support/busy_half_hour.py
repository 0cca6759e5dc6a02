"""A busy half hour in simulated time, and the state of its world at each step.

Feeds publish, edit and re-issue; a page is fetched; a rule is added and a severity changed;
two channels are told, of which one refuses, hangs, and accepts without saying so. A `Moment`
is all that outlives a kill right then: what is on the disk, and what others remember.

    whole = BusyHalfHour(folder).live()                 without interruption
    moments = record(folder)                     before every SQL statement and wire event
    resumed(moment, folder).live()               killed at that moment, and started again
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.model.config import STORE_FILE
from monitor.storage.store.sql.store import Store
from support.feeds_and_webhook import Accepted, Mood, ScriptedFeed, ScriptedWebhook
from support.flow import Fuse
from support.in_process_indexer import HereIndexer
from support.newsroom import Item
from support.newsroom_invariants import Promised, broken_promises
from support.scripted_server import Reply, Web
from support.simulated_time import Town, World

MINUTE = 60.0
END = 17 * MINUTE
CALM = 5 * MINUTE
"""Seconds without a message after which all messages count as sent."""
LAST = 3 * 60 * MINUTE
DOWN = 5.0
"""Seconds until a killed monitor is started again."""
TICK = 20.0
STAYS = {"monitor.lock", "monitor.json", "newsroom.db-shm"}
"""Files that have no meaning once their process has ended."""

_WIRE = (
    "La sûreté de l’État soupçonne un groupe d’espionnage depuis son centre logistique de Liège,"
    " selon un quotidien britannique qui cite des responsables belges. Le groupe dément toute"
    " activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)
_PAGE = "<html><body><article>{}</article></body></html>".format(
    "".join(
        f"<p>Paragraphe {n} : la filiale Cainiao gère l’entrepôt {n} du parc logistique, et les"
        f" douaniers y contrôlent {n} colis par heure, d’après un rapport de la Région.</p>"
        for n in range(6)
    )
)


def _item(name: str, title: str, text: str = "") -> Item:
    return Item(title, text or f"Le texte de {name}, que rien n’explique.", name, _link(name))


def _link(name: str) -> str:
    return f"http://press.example/{name}"


_A1 = _item("a1", "Alibaba, de loin")
_A2 = _item("a2", "Grève au port d’Anvers", "Les dockers cessent le travail.")
_A2_EDITED = replace(_A2, text="Les dockers d’Alibaba cessent le travail, dit-on au port.")
_A3 = _item("a3", "Un procès s’ouvre", _WIRE)
_A4 = _item("a4", "Un pont ferme à Namur", "La circulation est déviée par Jambes.")
_A5 = _item("a5", "Alibaba publie ses comptes", "Le bénéfice recule d’un dixième.")
_B1 = _item("b1", "Namur sous la pluie", "La Meuse monte encore, sans déborder.")
_B2 = _item("b2", "Un procès s’ouvre à Liège", _WIRE + " (Agences)")
_C1 = _item("page", "Le locataire discret", "Un entrepôt sans enseigne.")
_D1 = _item("d1", "Espionnage : trois arrestations", "Le parquet requiert dix ans.")
_F = [
    _item(f"f{n}", f"Namur, brève {n}", f"Brève numéro {n} du jour, {'la ' * n}Meuse.")
    for n in range(4)
]
_E1 = _item("e1", "Alibaba et Cainiao se séparent", "La bourse salue la scission du groupe.")
_NAMUR = ("a4", "f0", "f1", "f2", "f3")

PROMISED = Promised(
    titles={
        item.link: item.title for item in (_A1, _A2, _A3, _A4, _A5, _B1, _B2, _C1, _D1, _E1, *_F)
    },
    alerts=frozenset(
        (watchlist, _link(name))
        for watchlist, names in {
            "Alibaba": ("a1", "a2", "a5", "e1"),
            "espionnage": ("a3", "b2", "d1"),
            "Cainiao": ("page", "e1"),
            "Namur": ("b1", "a4", "f0", "f1", "f2", "f3"),
        }.items()
        for name in names
    ),
    deliveries=frozenset(
        (channel, watchlist, _link(name))
        for channel, links in {
            # Not a1 and b1, which were there before; not b2, a copy of a3.
            "desk": {"Alibaba": ("a2", "a5", "e1"), "Cainiao": ("page", "e1"), "Namur": _NAMUR},
            "soc": {"Alibaba": ("a2", "a5", "e1"), "espionnage": ("a3", "d1"), "Namur": _NAMUR},
        }.items()
        for watchlist, names in links.items()
        for name in names
    ),
)


def scripted_feeds(clock: Callable[[], float]) -> list[ScriptedFeed]:
    """Return the feeds with all their editions."""
    a, b, c = (ScriptedFeed(name, clock) for name in "abc")
    d = ScriptedFeed("d", clock, has_etag=False)
    a.publish(0, _A1, _A2)
    a.publish(3 * MINUTE, _A3, _A1, _A2_EDITED)
    a.publish(9 * MINUTE, _A5, _A4, _A3, _A1, _A2_EDITED)
    reissued = (_A5, _A4, _A3, _A1, _A2_EDITED)
    a.publish(11 * MINUTE, *(replace(item, guid=f"new-{item.guid}") for item in reissued))
    b.publish(0, _B1)
    b.publish(5 * MINUTE, _B2, _B1)
    c.publish(0)
    c.publish(5 * MINUTE, _C1)
    d.publish(0, _B1)
    d.publish(13 * MINUTE, _D1, _B1)
    d.publish(14 * MINUTE, _E1, _D1, _B1)
    b.publish(10 * MINUTE, _F[0], _B2, _B1)
    c.publish(12 * MINUTE, _F[1], _C1)
    b.publish(12 * MINUTE, _F[2], _F[0], _B2, _B1)
    d.publish(15 * MINUTE, _F[3], _E1, _D1, _B1)
    return [a, b, c, d]


def config(at: float, feeds: Sequence[ScriptedFeed]) -> dict[str, Any]:
    """Return `feeds.yaml` as the analyst has it at a moment."""
    pace = "1m" if at < END else "5m"  # nothing is published any more
    lists: list[Any] = [
        {"name": "Alibaba", "terms": ["Alibaba"], "severity": "high" if at > 420 else "low"},
        {"name": "espionnage", "terms": ["espionnage"], "notify": ["soc"]},
        {"name": "Cainiao", "terms": ["Cainiao"], "notify": ["desk"]},
    ]
    return {
        "feeds": [
            {"url": f.url, "name": f.name, "every": pace, "lang": "fr", "full_text": f.name == "c"}
            for f in feeds
        ],
        "watchlists": lists + [{"name": "Namur", "terms": ["Namur"]}] * (at >= EDITED),
        "channels": [
            {"name": name, "webhook": f"http://{name}.example/{name}"} for name in ("desk", "soc")
        ],
        "network": {"allow": ["127.0.0.0/8"]},
    }


EDITED = 7 * MINUTE


class Moment(Struct, frozen=True):
    """The state that survives a kill before a step."""

    step: int
    before: str
    """The SQL statement or the network event that the kill prevents."""
    elapsed: float
    disk: dict[str, bytes]
    accepted: tuple[Accepted, ...]
    message_counts: dict[str, int]


def _tidy(store: type[Store]) -> type[Store]:
    """Return the store with a small journal, which is merged often."""

    class Tidy(store):  # type: ignore[valid-type, misc]
        def __init__(self, folder: Path) -> None:
            super().__init__(folder)
            self._connection.execute("PRAGMA wal_autocheckpoint = 50")

    return Tidy


class BusyHalfHour(Struct, dict=True):
    """A run of the monitor through the half hour, from a moment on."""

    folder: Path
    elapsed: float = 0.0
    store: type[Store] = Store
    bugs: tuple[Callable[[], AbstractContextManager[Any]], ...] = ()
    """Patches that are in force while the monitor lives."""
    sinks: dict[str, ScriptedWebhook] = field(
        default_factory=lambda: {
            "desk": ScriptedWebhook(),
            "soc": ScriptedWebhook(
                (Mood.ACCEPT, Mood.RESET, Mood.ACCEPT, Mood.REFUSE, Mood.ACCEPT, Mood.HANG)
            ),
        }
    )
    accepted: list[Accepted] = field(default_factory=list)

    def __post_init__(self) -> None:
        for sink in self.sinks.values():
            sink.accepted = self.accepted
        self.world = World(self.elapsed, indexer=HereIndexer, store=_tidy(self.store))
        self.feeds = scripted_feeds(lambda: self.world.elapsed)

    def live(self, fuse: Fuse | None = None) -> BusyHalfHour:
        """Run to the end, and until no delivery is waiting."""
        web = Web(clock=lambda: self.world.elapsed)
        for feed in self.feeds:
            web.on(f"/{feed.name}", feed.answer)
        for name, sink in self.sinks.items():
            web.on(f"/{name}", sink.answer)
        web.on("/page", Reply(200, (("Content-Type", "text/html; charset=utf-8"),), _PAGE.encode()))
        homes = {f"{name}.example" for name in (*self.sinks, *(f.name for f in self.feeds))}
        town = Town(self.world, web, homes=frozenset(homes))
        with ExitStack() as stack:
            for plant in self.bugs:
                stack.enter_context(plant())
            if fuse:
                stack.enter_context(fuse.fitted())
                town.on_wire = fuse.step
            self._write()
            self.world.watch(self.folder / "feeds.yaml", town, lambda: self._last(town), TICK)
        return self

    def broken(self) -> list[str]:
        """Return the broken promises as texts."""
        return broken_promises(self.folder / "var", PROMISED, self.accepted)

    async def _last(self, town: Town) -> bool:
        if self.world.elapsed < EDITED:
            await town.wait(EDITED - self.world.elapsed)
            self._write()
        await town.wait(max(0.0, END - self.world.elapsed))
        self._write()
        requests = -1
        while (self._waiting() or requests != self._asked()) and self.world.elapsed < LAST:
            requests = self._asked()
            await town.wait(CALM)
        return True

    def _asked(self) -> int:
        return sum(sink.message_count for sink in self.sinks.values())

    def _waiting(self) -> int:
        with closing(sqlite3.connect(self.folder / "var" / STORE_FILE)) as sql:
            query = "SELECT count(*) FROM deliveries WHERE state = 'waiting'"
            return int(sql.execute(query).fetchone()[0])

    def _write(self) -> None:
        text = json.dumps(config(self.world.elapsed, self.feeds), ensure_ascii=False)
        (self.folder / "feeds.yaml").write_text(text, encoding="utf-8")


_CHANGES = ("BEGIN", "COMMIT", "PRAGMA", "connect", "request", "answer")
"""Steps that change what others see; a kill before one of them leaves a new state."""


class Recorder(Fuse):
    """Kills nothing: records the state that a kill would leave, whenever it is a new one."""

    half_hour: BusyHalfHour | None = None
    thorough: bool = False
    """Whether to look before every statement, not only before those that change a file."""
    moments: list[Moment] = field(default_factory=list)
    _known: set[tuple[Any, ...]] = field(default_factory=set)
    _last: dict[Path, bytes] = field(default_factory=dict)
    _contents: dict[bytes, bytes] = field(default_factory=dict)

    def step(self, before: str = "") -> None:
        """Record the state before a step if it is new."""
        assert self.half_hour
        self.steps += 1
        if not (self.thorough or before.startswith(_CHANGES)):
            return
        disk = {
            str(path.relative_to(self.half_hour.folder)): self._content(path)
            for path in sorted((self.half_hour.folder / "var").rglob("*"))
            if path.is_file() and path.name not in STAYS
        }
        requests = {name: sink.message_count for name, sink in self.half_hour.sinks.items()}
        elapsed, accepted = self.half_hour.world.elapsed, len(self.half_hour.accepted)
        state = (elapsed, accepted, *requests.values(), *disk, *map(id, disk.values()))
        if state not in self._known:
            self._known.add(state)
            messages = tuple(self.half_hour.accepted)
            self.moments.append(Moment(self.steps, before, elapsed, disk, messages, requests))

    def _content(self, path: Path) -> bytes:
        """Return the content of a file; equal contents are one object."""
        content = path.read_bytes()
        if content != self._last.get(path):  # most files are the same, which is fast to see
            self._last[path] = self._contents.setdefault(content, content)
        return self._last[path]


def record(folder: Path, *, thorough: bool = False, **options: Any) -> Recorder:
    """Run the half hour; return the moments at which a kill leaves a new state."""
    recorder = Recorder(half_hour=BusyHalfHour(folder, **options), thorough=thorough)
    assert recorder.half_hour
    recorder.half_hour.live(recorder)
    return recorder


def resume(moment: Moment, folder: Path, **opts: Any) -> BusyHalfHour:
    """Return the half hour that continues after a kill at a moment."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in moment.disk.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    half_hour = BusyHalfHour(folder, moment.elapsed + DOWN, accepted=list(moment.accepted), **opts)
    for name, sink in half_hour.sinks.items():
        sink.message_count = moment.message_counts[name]
    return half_hour
