"""`make chaos-shared`: three monitors on machines of their own, and all that befalls them.

PYTHONPATH=tests python -m support.shared_chaos [--turns 100] [--expiry 3] [--seed N] [--bug NAME]

Only root can run it. Each fault comes once, for as long as two leases last, then any, one or two at
once, for any time. Meanwhile sites publish and a webhook is told. At the end all promises hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.model.config import ARCHIVE_FOLDER
from support.article_archive import searchable_ids
from support.chaos import progress
from support.newsroom import until
from support.scripted_server import Web
from support.separate_machines import DATABASE, SITES, Machine, here, machines
from support.shared_newsroom import SharedMonitor, SharedNewsroom
from support.small_database import SmallDatabase, small_database

MACHINES = 3
MEGABYTES = 256
EVERY = 5.0
"""Seconds between two editions of a feed."""
SLOWNESS = 1.5
"""Seconds that a site takes to answer, at the most: some are always being asked."""
PAUSE = 2.0
"""Seconds between two turns, at the most."""
FAULTS = "kill", "end", "stop", "cut off", "clock", "restart", "crash", "full disk"
AT_ONCE = "kill", "end"
"""The faults that end a monitor; it starts again at once."""
OF_DATABASE = "restart", "crash", "full disk"

_WATCH = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.machines (folder TEXT PRIMARY KEY, address INET);
CREATE TABLE chaos.strays (url TEXT, bucket BIGINT, holder BIGINT, address INET);
CREATE FUNCTION chaos.watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chaos.strays
  SELECT NEW.url, NEW.bucket, l.holder, inet_client_addr() FROM leases l
  JOIN monitors m ON m.id = l.holder JOIN chaos.machines c ON c.folder = m.folder
  WHERE l.id = NEW.bucket AND c.address <> inet_client_addr();
  RETURN NULL;
END $$;
CREATE TRIGGER watch AFTER UPDATE ON feeds FOR EACH ROW
WHEN (NEW.last_poll <> OLD.last_poll) EXECUTE FUNCTION chaos.watch();
"""
"""Writes down who stores a poll of a bucket that another machine has; one that has said goodbye may
store what it had begun until somebody takes its buckets."""

Undo = Callable[[], None]


class Chaos:
    """The newsroom, its machines and its database, and the faults that are inflicted."""

    def __init__(
        self, newsroom: SharedNewsroom, database: SmallDatabase, seed: int, hosts: list[Machine]
    ) -> None:
        self.newsroom, self.database, self.machines = newsroom, database, hosts
        self.dice = random.Random(seed)
        self.alive: dict[Machine, SharedMonitor] = {}
        self.inflicted: Counter[str] = Counter()
        self._database_up = True

    def run(self, turns: int) -> list[str]:
        """Run this many turns; return the broken promises as texts."""
        try:
            self._live(turns)
            self.newsroom.finish()
        except AssertionError as error:
            return [f"it does not go on: {error}", *self.newsroom.broken(), *self._late()]
        return [*self.newsroom.broken(), *self._strayed(), *self._unsearchable()]

    def _live(self, turns: int) -> None:
        self._start(self.machines[0])
        self.newsroom.settled(1024)
        with self.database.session() as session:
            session.execute(_WATCH)
        for machine in self.machines[1:]:
            self._start(machine)
        self.newsroom.settled(342, 341, 341)
        self._introduce()
        self.newsroom.begin()
        for turn in range(turns):
            first = turn < len(FAULTS)
            names = [FAULTS[turn]] if first else self._some()
            self._turn(names, 2.0 if first else self.dice.uniform(0.1, 3.0))
            self._say(f"{turn + 1} of {turns}: {', '.join(names)}")
        until(self._all_watch)

    def _some(self) -> list[str]:
        """Return one or two faults; the database has one at a time."""
        while True:
            names = self.dice.sample(FAULTS, self.dice.choice([1, 1, 2]))
            if not set(names) <= set(OF_DATABASE) or len(names) == 1:
                return names

    def _turn(self, names: list[str], expiries: float) -> None:
        inflict = {
            "kill": self._kill,
            "end": self._end,
            "stop": self._stop,
            "cut off": self._cut_off,
            "clock": self._skew,
            "restart": self._restart,
            "crash": self._crash,
            "full disk": self._fill,
        }
        victims = self.dice.sample(self.machines, len(names))
        undo = [inflict[name](victim) for name, victim in zip(names, victims, strict=True)]
        self.inflicted.update(names)
        if set(names) - set(AT_ONCE):
            time.sleep(expiries * self.newsroom.expiry)
        for undo_fault in undo:
            undo_fault()
        self._restart_failed()
        time.sleep(self.dice.uniform(0.0, PAUSE))

    def _kill(self, machine: Machine) -> Undo:
        self.alive[machine].kill()
        return lambda: self._start(machine)

    def _end(self, machine: Machine) -> Undo:
        self.alive[machine].end()
        return lambda: self._start(machine)

    def _stop(self, machine: Machine) -> Undo:
        monitor = self.alive[machine]
        monitor.stop()
        return monitor.go_on

    def _cut_off(self, machine: Machine) -> Undo:
        machine.cut_off()
        return machine.join

    def _skew(self, machine: Machine) -> Undo:
        monitor = self.alive[machine]
        monitor.set_clock(self.dice.choice([-86_400.0, -3_600.0, -90.0, 45.0, 3_600.0, 86_400.0]))
        return lambda: monitor.set_clock(0.0)

    def _restart(self, _machine: Machine) -> Undo:
        return self._down("fast")

    def _crash(self, _machine: Machine) -> Undo:
        return self._down("immediate")

    def _down(self, mode: str) -> Undo:
        self.database.stop(mode)
        return self.database.start

    def _fill(self, _machine: Machine) -> Undo:
        self.database.fill()
        return self.database.free

    def _victim(self) -> Machine:
        return self.dice.choice(self.machines)

    def _start(self, machine: Machine) -> None:
        before = self.alive.get(machine)
        restart = self.newsroom.start_again
        self.alive[machine] = restart(before) if before else self.newsroom.start(machine=machine)

    def _restart_failed(self) -> None:
        """Start again, as a service is, the monitors that found no database at their start."""
        for machine, monitor in self.alive.items():
            while monitor.ended_before_it_began():
                self._start(machine)
                monitor = self.alive[machine]  # noqa: PLW2901 - the one that runs now
                time.sleep(1.0)

    def _all_watch(self) -> bool:
        self._restart_failed()
        return all(monitor.watches() for monitor in self.alive.values())

    def _introduce(self) -> None:
        """Tell the database which monitor is on which machine."""
        with self.database.session() as session:
            for machine, monitor in self.alive.items():
                session.execute(
                    "INSERT INTO chaos.machines VALUES (%s, %s)",
                    (str(monitor.folder), machine.address),
                )

    def _strayed(self) -> Iterator[str]:
        with self.database.session() as session:
            for url, bucket, holder, address in session.execute("SELECT * FROM chaos.strays"):
                yield f"{address} stored a poll of {url}, bucket {bucket}, which {holder} has"

    def _late(self) -> Iterator[str]:
        """Yield a text about each feed: when it is due, and who holds its lease."""
        with self.database.session() as session:
            for row in session.execute(
                "SELECT f.name, extract(epoch FROM clock_timestamp()) - next_due, reason, l.holder,"
                " l.epoch FROM feeds f JOIN leases l ON l.id = bucket WHERE subscribed"
            ):
                yield "{}, due for {:.0f} s ({}), is in the hands of {}, epoch {}".format(*row)

    def _unsearchable(self) -> Iterator[str]:
        with self.database.session() as session:
            stored = {id for (id,) in session.execute("SELECT id FROM articles")}
        for machine, monitor in self.alive.items():
            folder = monitor.folder / ARCHIVE_FOLDER
            try:
                until(lambda folder=folder: searchable_ids(folder) == stored)  # type: ignore[misc]
            except AssertionError:
                yield f"{machine.name}: {len(searchable_ids(folder) ^ stored)} articles not indexed"

    def _say(self, line: str) -> None:
        progress(f"{line}; {len(self.newsroom.hook.accepted)} messages accepted")


def main() -> None:
    """Inflict the faults; exit with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="all that can befall three monitors of a store")
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--expiry", type=float, default=3.0, help="seconds; 30 is the real one")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--bug", default="", help="of tests/support/planted_bugs.py")
    parser.add_argument("--folder", type=Path, help="an empty one; it is kept")
    options = parser.parse_args()
    if os.geteuid():
        parser.error("only root can set machines up; try sudo")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # removes the machines
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        problems = inflict(options.folder or Path(temporary), options)
    print("all promises held" if not problems else "broken:", *problems, sep="\n  ")
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(bool(problems))


def inflict(folder: Path, options: argparse.Namespace) -> list[str]:
    """Run the faults; return the broken promises as texts."""
    folder.chmod(0o755)
    with (
        machines(MACHINES) as hosts,
        small_database(folder / "database", here(DATABASE), MEGABYTES) as database,
        SharedNewsroom(
            folder, database.url, expiry=options.expiry, interval=EVERY, slowness=SLOWNESS,
            bug=options.bug, has_workers=True, web=Web(address=here(SITES)),
            watched_at=database.local_url,
        ) as newsroom,
    ):  # fmt: skip
        chaos = Chaos(newsroom, database, options.seed, hosts)
        problems = chaos.run(options.turns)
        accepted, keys = newsroom.hook.accepted, {m.key for m in newsroom.hook.accepted}
        print(
            f"seed {options.seed}, expiry {options.expiry:g} s: {json.dumps(chaos.inflicted)};"
            f" {newsroom.count('articles'):,} articles, {newsroom.count('alerts'):,} alerts,"
            f" {len(accepted):,} messages accepted under {len(keys):,}"
            f" keys, {len(newsroom.web.requests):,} requests; the database gave up"
            f" {database.crashes} times"
        )
    return problems


if __name__ == "__main__":
    main()
