"""Runs tocsin on the corpus: the first round, the next one, at rest, and starts of commands."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from bench.measure import Cost, cost, idle, wall
from bench.newsroom import Newsroom

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
RESTING_FEEDS = 300
STARTS = 10


class WrongError(Exception):
    """The results differ from the corpus."""


class Rounds(Struct, frozen=True):
    """The first poll of every feed, and the second."""

    cold: Cost
    warm: Cost


class Tocsin:
    """A tocsin that watches the corpus at a port."""

    def __init__(self, newsroom: Newsroom, folder: Path, port: int) -> None:
        self._newsroom = newsroom
        self._data = folder / "var"
        self._config = folder / "feeds.yaml"
        self._config.write_text(newsroom.config(port), encoding="utf-8")
        self._resting = folder / "resting.yaml"
        self._resting.write_text(newsroom.config(port, RESTING_FEEDS), encoding="utf-8")

    def rounds(self) -> Rounds:
        """Poll all feeds twice; raises WrongError unless all articles are stored and found."""
        once = self.command("run", "--once", "--now", "--json")
        cold = cost(once)
        self._expect(_summary(cold), ok=self._newsroom.feeds, new=self._newsroom.articles)
        self._audit()
        warm = cost(once)
        self._expect(_summary(warm), unchanged=self._newsroom.feeds, new=0, alerts=0)
        return Rounds(cold, warm)

    def idle(self) -> float:
        """Return the share of a core that a running monitor takes when no feed is due."""
        return idle([*self.command("run", config=self._resting)], settle=5, seconds=20)

    def starts(self) -> dict[str, float]:
        """Return seconds from the shell to the answer, by command."""
        word = next(iter(self._newsroom.words))
        commands = (["search", word], ["status"], ["alerts", "--limit", "20"], ["check"])
        return {
            f"tocsin {' '.join(words)}": wall(self.command(*words), STARTS) for words in commands
        }

    def command(self, *words: str, config: Path | None = None) -> list[str]:
        """Return a command line in this newsroom."""
        return [TOCSIN, "-c", str(config or self._config), "--data", str(self._data), *words]

    def _audit(self) -> None:
        """Compare the store and the archive with what brute force counts in the corpus."""
        with closing(sqlite3.connect(self._data / "newsroom.db")) as sql:
            (articles,) = sql.execute("SELECT count(*) FROM articles").fetchone()
            (alerts,) = sql.execute("SELECT count(*) FROM alerts").fetchone()
            (waiting,) = sql.execute("SELECT count(*) FROM outbox").fetchone()
        counts = {"articles": articles, "alerts": alerts, "not indexed": waiting}
        for word in self._newsroom.words:
            ids = self._answer("search", word, "--limit", "0", "--format", "jsonl")
            counts[word] = len(ids.splitlines())
        expected = {"articles": self._newsroom.articles, "alerts": self._newsroom.alerts}
        self._expect(counts, **expected, **{"not indexed": 0}, **self._newsroom.words)

    def _answer(self, *words: str) -> str:
        command = self.command(*words)
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def _expect(self, counts: dict[str, int], **expected: int) -> None:
        wrong = {
            name: (counts[name], value) for name, value in expected.items() if counts[name] != value
        }
        if wrong:
            raise WrongError(f"(found, expected): {wrong}")


def _summary(cost: Cost) -> dict[str, int]:
    summary: dict[str, int] = json.loads(cost.output.splitlines()[-1])
    return summary
