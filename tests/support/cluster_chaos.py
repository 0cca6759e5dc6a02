"""`make chaos-cluster`: two monitors, their archive on three nodes, and all that befalls them.

PYTHONPATH=tests python -m support.cluster_chaos [--turns 100] [--seed N]

Each fault comes once, then any, one or two at once, for any time. Meanwhile sites publish and edit.
At the end all promises hold, and the archive answers as one in memory does.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from index.archive import open_archive
from index.errors import ArchiveError
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster
from index.query.parser import parse_query
from index.search import EVERYTHING, DocumentFilter
from monitor.model.config import ARCHIVE_FOLDER, StoreAddress
from monitor.model.lease import Duty
from monitor.storage.store.sql.store import Store
from support.chaos import progress
from support.databases import server_of_one_test
from support.memory_archive import MemoryArchive
from support.newsroom import TOCSIN, until
from support.opensearch_nodes import Nodes, nodes
from support.shared_newsroom import SharedMonitor, SharedNewsroom

NODES, MONITORS = 3, 2
INDEX = "chaos"
EVERY = DocumentFilter(resolve=lambda _: EVERYTHING)
INTERVAL = 10.0
"""Seconds between two editions of a feed."""
EXPIRY = 10.0
"""Seconds of the leases: a third of the real ones, since nodes of Java share the processor."""
PAUSE = 1.0
"""Seconds between two turns, at the most."""
WRITES_ON = 5.0
"""Seconds for which a monitor may write after another took over: what it had begun."""
HEALING = 60.0
"""Seconds that a cluster has to heal when its nodes are back; then it is started again."""
QUERIES = (
    "since:1970", "Alibaba", "port", "douane", '"La douane confirme"', "press1*", "Alibaba -douane",
    "dépêche NEAR/3 port", "title:Alibaba", "confirm~",
)  # fmt: skip
"""What the archive is asked at the end."""

Undo = Callable[[], None]
_HOLDER = "SELECT m.folder FROM leases l JOIN monitors m ON m.id = l.holder WHERE l.id = %s"


class Gateway(ThreadingHTTPServer):
    """Stands before a node, and passes requests on as long as nothing is wrong."""

    daemon_threads = True
    wrong = ""
    """`cut`: nobody answers; `overloaded`: nothing is written."""

    def __init__(self, node: int, on_write: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.node, self.on_write = node, on_write
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """Say nothing: somebody hung up."""


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        writes = self.path.startswith("/_bulk")
        if self.server.wrong == "cut":
            until(lambda: self.server.wrong != "cut")
            self.close_connection = True
        elif writes and self.server.wrong == "overloaded":
            self._answer(429, b'{"error": {"type": "rejected", "reason": "full"}}')
        else:
            if writes:
                login = self.headers.get("Authorization", "").removeprefix("Basic ")
                self.server.on_write(base64.b64decode(login).decode().partition(":")[0])
            self._ask_node(body)

    def _ask_node(self, body: bytes) -> None:
        try:
            with closing(HTTPConnection("127.0.0.1", self.server.node, timeout=60)) as node:
                kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                node.request(self.command, self.path, body, kind)
                answer = node.getresponse()
                self._answer(answer.status, answer.read())
        except (OSError, HTTPException):
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Chaos:
    """The newsroom, its cluster, and the faults that are inflicted."""

    def __init__(self, newsroom: SharedNewsroom, cluster: Nodes, seed: int) -> None:
        self.newsroom, self.nodes = newsroom, cluster
        self.dice = random.Random(seed)
        self.alive: list[SharedMonitor] = []
        self.inflicted: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self._strays: list[str] = []
        self._reindexed = ""
        """The folder that `tocsin reindex` works in, which writes beside whoever has the duty."""
        self._holder, self._settled_at = "", 0.0
        self.gateways = [Gateway(port, self._note_write) for port in cluster.ports]
        urls = tuple(f"http://127.0.0.1:{gateway.server_port}" for gateway in self.gateways)
        self.address = ClusterAddress(urls=urls, index=INDEX)
        self._behind = Cluster(cluster.address(INDEX))
        self.of_cluster: dict[str, Callable[[], Undo]] = {
            "node": lambda: self._stop_nodes(1),
            "two nodes": lambda: self._stop_nodes(2),
            "power": self._cut_power,
            "freeze": self._freeze,
            "cut off": lambda: self._gate("cut"),
            "overload": lambda: self._gate("overloaded"),
            "full disk": self._fill,
            "mapping": self._change_mapping,
            "template": self._change_template,
            "drop": self._drop,
        }
        self.of_monitor: dict[str, Callable[[int], Undo]] = {
            "kill": self._kill,
            "end": self._end,
            "stop": self._stop,
            "reindex": self._reindex,
        }

    def run(self, turns: int) -> list[str]:
        """Run this many turns; return the broken promises as texts."""
        try:
            self._live(turns)
            self.newsroom.finish()
            until(lambda: not self.newsroom.count("outbox"))
            until(lambda: not list(self._unequal()))
        except AssertionError as error:
            problems = [f"it does not go on: {error}", *self._unequal(), *self._last_lines()]
        else:
            problems = []
        return [*problems, *self.newsroom.broken(), *self._copies(), *self._strays]

    def _live(self, turns: int) -> None:
        for _ in range(MONITORS):  # the first makes the store
            self.alive.append(self.newsroom.start())
            until(self._all_watch)
        self.newsroom.begin()
        names = [*self.of_cluster, *self.of_monitor]
        self.dice.shuffle(names)
        for turn in range(turns):
            both = [self.dice.choice([*self.of_cluster]), self.dice.choice([*self.of_monitor])]
            some = self.dice.choice([both[:1], both[1:], both, both])
            faults = [names[turn]] if turn < len(names) else some
            self._turn(faults)
            progress(f"{turn + 1} of {turns}: {', '.join(faults)}; {self._state()}")
        until(self._all_watch)

    def _turn(self, faults: list[str]) -> None:
        undo = []
        for fault in faults:
            if fault in self.of_cluster:
                undo.append(self.of_cluster[fault]())
            else:
                undo.append(self.of_monitor[fault](self.dice.randrange(MONITORS)))
        self.inflicted.update(faults)
        time.sleep(self.dice.uniform(0.1, 1.1) * self.newsroom.expiry)
        for undo_fault in undo:
            undo_fault()
        until(self._all_watch)
        time.sleep(self.dice.uniform(0.0, PAUSE))

    def _state(self) -> str:
        counts = (self.newsroom.count(table) for table in ("articles", "outbox"))
        return "{} articles, {} not indexed".format(*counts)

    # --- faults of the cluster ---

    def _stop_nodes(self, count: int) -> Undo:
        health = "_cluster/health"
        self._surely(lambda: self._behind.call("GET", health, wait_for_status="green"))
        nodes_down = self.dice.sample(range(NODES), count)
        for node in nodes_down:
            self.nodes.command("stop", node)
        if count == 1:  # searches go on
            self._surely(lambda: open_archive(self.address).count(parse_query("port")))

        def start() -> None:
            for node in nodes_down:
                self.nodes.command("start", node)
            try:
                until(self._is_green, HEALING)
            except AssertionError:  # writes to an index hang
                self.inflicted["hung"] += 1
                self.nodes.end()
                self.nodes.begin()

        return start

    def _is_green(self) -> bool:
        with suppress(ArchiveError):
            return bool(self._behind.call("GET", "_cluster/health")["status"] == "green")
        return False

    def _cut_power(self) -> Undo:
        self.nodes.end()
        return self.nodes.begin

    def _freeze(self) -> Undo:
        self.nodes.signal(signal.SIGSTOP)
        return lambda: self.nodes.signal(signal.SIGCONT)

    def _gate(self, wrong: str) -> Undo:
        def be(what: str) -> None:
            for gateway in self.gateways:
                gateway.wrong = what

        be(wrong)
        return lambda: be("")

    def _fill(self) -> Undo:
        def block(value: bool | None) -> None:
            settings = {"index.blocks.read_only_allow_delete": value}
            self._behind.call("PUT", f"{INDEX}-*/_settings", settings)

        self._surely(lambda: block(True))
        return lambda: self._surely(lambda: block(None))

    def _change_mapping(self) -> Undo:
        new = {"properties": {f"x{self.dice.random()}": {"type": "keyword"}}}
        self._surely(lambda: self._behind.call("PUT", f"{INDEX}-*/_mapping", new))
        return lambda: None

    def _change_template(self) -> Undo:
        other = {"index_patterns": [f"{INDEX}-*"], "template": {}}
        self._surely(lambda: self._behind.call("PUT", f"_index_template/{INDEX}", other))
        return lambda: None

    def _drop(self) -> Undo:
        def drop() -> None:
            self._behind.call("GET", INDEX)  # refused until there is an archive
            self._behind.call("DELETE", self.dice.choice([*self._behind.call("GET", f"{INDEX}-*")]))

        self._surely(drop)
        return lambda: None

    def _surely(self, act: Callable[[], object]) -> None:
        """Act once the cluster lets us."""

        def succeeds() -> bool:
            try:
                act()
            except ArchiveError:
                return False
            return True

        until(succeeds)

    # --- faults of a monitor ---

    def _kill(self, number: int) -> Undo:
        self.alive[number].kill()
        return lambda: self._start(number)

    def _end(self, number: int) -> Undo:
        self.alive[number].end()
        return lambda: self._start(number)

    def _stop(self, number: int) -> Undo:
        monitor = self.alive[number]
        monitor.stop()

        def go_on() -> None:
            self._settled_at = time.monotonic()
            monitor.go_on()

        return go_on

    def _reindex(self, number: int) -> Undo:
        """Build the archive again while the other monitor writes, or only begin to."""
        monitor, config = self.alive[number], self.newsroom.folder / "feeds.yaml"
        monitor.end()
        self._reindexed = monitor.folder.name
        with subprocess.Popen(
            [TOCSIN, "-c", config, "--data", monitor.folder, "reindex"],
            env=self.newsroom.environment(monitor.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as command:
            with suppress(subprocess.TimeoutExpired):
                command.wait(self.dice.uniform(1.0, 8.0))
            command.send_signal(signal.SIGINT)
            _, words = command.communicate(timeout=240)
        self._reindexed = ""
        is_early = words.rstrip().endswith("KeyboardInterrupt")  # before it began
        assert is_early or "Traceback" not in words, words
        return lambda: self._start(number)

    def _start(self, number: int) -> None:
        self.alive[number] = self.newsroom.start_again(self.alive[number])

    def _all_watch(self) -> bool:
        for number, monitor in enumerate(self.alive):
            if monitor.ended_before_it_began():  # no database, and in time for nothing else
                self._start(number)
        return all(monitor.watches() for monitor in self.alive)

    # --- promises ---

    def _note_write(self, monitor: str) -> None:
        """Write down which monitor writes for long while another one has the duty."""
        self.writes[monitor] += 1
        now = time.monotonic()
        holder = "".join(Path(f).name for (f,) in self.newsroom.sql(_HOLDER, int(Duty.ARCHIVE)))
        if holder != self._holder:
            self._holder, self._settled_at = holder, now
        is_late = now - self._settled_at > WRITES_ON
        if holder and monitor not in {holder, self._reindexed} and is_late:
            self._strays.append(f"{monitor} writes, and {holder} has the duty")

    def _unequal(self) -> Iterator[str]:
        """Compare the archive with one in memory of what is in the store."""
        with closing(Store(StoreAddress(url=self.newsroom.address))) as store:
            oracle = MemoryArchive(store.articles.get(store.article_ids()))
        try:
            archive = open_archive(self.address)
            for words in QUERIES:
                query = parse_query(words)
                of_archive, of_oracle = archive.ids(query, EVERY), oracle.ids(query, EVERY)
                if of_archive != of_oracle:
                    extra, missing = Counter(of_archive), Counter(of_oracle)
                    yield f"{words}: {extra - missing} too many, {missing - extra} lost"
                if archive.matches(query, EVERY) != oracle.matches(query, EVERY):
                    yield f"{words}: dates, feeds or languages differ"
        except ArchiveError as error:
            yield str(error)

    def _last_lines(self) -> Iterator[str]:
        """Yield the last lines about the archive that each monitor logged."""
        for monitor in self.alive:
            lines = monitor.log.read_text(encoding="utf-8").splitlines()
            told = [line for line in lines if INDEX in line or "index" in line]
            yield from (f"{monitor.folder.name}: {line}" for line in told[-5:])

    def _copies(self) -> Iterator[str]:
        for monitor in self.alive:
            if (monitor.folder / ARCHIVE_FOLDER).exists():
                yield f"{monitor.folder.name} keeps a copy of the archive"


def inflict(folder: Path, database: str, turns: int, seed: int) -> list[str]:
    """Run the faults; return the broken promises as texts."""
    with (
        nodes(NODES, "700m") as cluster,
        SharedNewsroom(
            folder, database, expiry=EXPIRY, interval=INTERVAL, has_workers=True
        ) as newsroom,
    ):
        chaos = Chaos(newsroom, cluster, seed)
        newsroom.keep_archive_in(chaos.address)
        problems = chaos.run(turns)
        print(
            f"seed {seed}: {json.dumps(chaos.inflicted)}; {chaos._state()};"
            f" {newsroom.count('alerts'):,} alerts, {len(newsroom.hook.accepted):,} messages"
            f" accepted; bulk requests: {json.dumps(chaos.writes)}"
        )
    return problems


def main() -> None:
    """Inflict the faults; exit with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="all that can befall an archive in a cluster")
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--folder", type=Path, help="an empty one; it is kept")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the processes
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary, server_of_one_test() as server:
        folder = options.folder or Path(temporary)
        problems = inflict(folder, server.get_uri(), options.turns, options.seed)
    print("all promises held" if not problems else "broken:", *problems, sep="\n  ")
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
