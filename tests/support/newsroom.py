"""The program as people run it: its real executable, in a newsroom of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from xml.sax.saxutils import escape

from msgspec import Struct, field
from msgspec.structs import replace
from tzlocal import reload_localzone

from monitor import cli
from monitor.base import translation
from monitor.demo.content import load
from monitor.runtime import wiring

T = TypeVar("T")

TOCSIN = Path(sys.executable).with_name("tocsin")
LOOPBACK = "127.0.0.0/8"
PATIENCE = 240.0
"""Seconds that each step may take on a busy machine; less than the time of a test."""


class Item(Struct, frozen=True):
    """An item of a feed that a test publishes."""

    title: str
    text: str = ""
    guid: str = ""
    link: str = ""
    date: str = ""
    author: str = ""

    def xml(self) -> str:
        """Return the item as RSS."""
        fields = {
            "title": self.title,
            "description": self.text,
            "guid": self.guid,
            "link": self.link,
            "pubDate": self.date,
            "author": self.author,
        }
        return f"<item>{''.join(f'<{t}>{escape(v)}</{t}>' for t, v in fields.items() if v)}</item>"


def rss(*items: Item, title: str = "Journal", lang: str = "") -> bytes:
    """Return a feed with these items."""
    language = f"<language>{lang}</language>" if lang else ""
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{title}</title>"
        f"{language}{''.join(item.xml() for item in items)}</channel></rss>"
    ).encode()


class Newsroom(Struct, frozen=True):
    """A folder with a feeds.yaml and an archive, used through the executable."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    archive: str = "var"

    @property
    def config(self) -> Path:
        """Its feeds.yaml."""
        return self.folder / "feeds.yaml"

    @property
    def data(self) -> Path:
        """Its archive."""
        return self.folder / self.archive

    def watch(
        self, feeds: Sequence[Mapping[str, Any]], watchlists: Sequence[Any] = (), **sections: Any
    ) -> None:
        """Write feeds.yaml, at once and whole; articles get no vectors unless it says so."""
        settings = {
            "feeds": list(feeds),
            "watchlists": list(watchlists),
            "network": {"allow": [LOOPBACK]},
            **sections,
            "archive": {"vectors": False} | sections.get("archive", {}),
        }
        fresh = self.folder / "feeds.yaml.new"
        fresh.write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
        fresh.replace(self.config)

    def tocsin(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [TOCSIN, *args],
            cwd=self.folder,
            env=self.environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def here(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in this process, which is ten times as fast.

        For those that look and those that edit; those that watch want a process of their own.
        """
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        code: Any = 0
        with (
            Path(os.devnull).open(encoding="utf-8") as stdin,
            chdir(self.folder),
            _living_in(self.environment(environ)),
            patch.multiple(sys, argv=["tocsin", *args], stdin=stdin, stdout=out, stderr=err),
        ):
            language = translation.choice()
            try:
                cli.main()
            except SystemExit as end:
                code = end.code or 0
            finally:
                translation.use(*language)
        outputs = (file.buffer.getvalue().decode().replace("\r\n", "\n") for file in (out, err))  # type: ignore[attr-defined]
        return subprocess.CompletedProcess([TOCSIN, *args], code, *outputs)

    def once(
        self, *args: str, vectors: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `tocsin run --once` in this process, which reads the documents and indexes too.

        It takes a twentieth of the time; a process of its own is for tests of processes. Articles
        get vectors only if `vectors` says so.
        """
        from support.in_process_indexer import HereIndexer
        from support.simulated_time import InlineReader

        reason = wiring.why_no_vectors if vectors else lambda **_: "not in this test"
        with (
            patch("monitor.runtime.wiring.why_no_vectors", reason),
            patch("monitor.runtime.wiring.Parser", InlineReader),
            patch("monitor.runtime.wiring.IndexerProcess", HereIndexer),
        ):
            return self.here("run", "--once", *args, **environ)

    @contextmanager
    def running(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command beside the test, and end it with the test."""
        process = subprocess.Popen(
            [TOCSIN, *args],
            cwd=self.folder,
            env=self.environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.communicate(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
            for pipe in (process.stdout, process.stderr):
                assert pipe is not None
                pipe.close()

    def demo(
        self, articles: int, while_running: Callable[[], object] = lambda: None
    ) -> tuple[int, str, str]:
        """Run the demo until so many new articles can be searched; return code, stdout, stderr."""
        articles += len(load().past)
        bundled = replace(self, archive=f"{self.archive}/demo")
        with self.running("demo", "--headless", "--for", "1h") as process:
            until(lambda: (counts := bundled.counts())[0] >= articles and not counts[2])
            while_running()
            process.terminate()
            outputs = process.communicate(timeout=PATIENCE)
            return process.returncode, *outputs

    def json(self, *args: str) -> Any:
        """Return what a command that succeeds prints as JSON, run in this process."""
        done = self.here(*args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the store; none before there is a store."""
        try:
            with closing(sqlite3.connect(f"file:{self.data}/newsroom.db?mode=ro", uri=True)) as sql:
                return sql.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            return []

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of articles, of alerts, and of articles in the outbox."""
        rows = self.sql(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM alerts),"
            " (SELECT count(*) FROM outbox)"
        )
        return rows[0] if rows else (0, 0, 0)

    def environment(self, variables: Mapping[str, str] = {}) -> dict[str, str]:
        """Return the variables in which a command runs."""
        plain = {name: text for name, text in os.environ.items() if not name.startswith("TOCSIN_")}
        return {**plain, "PYTHONWARNINGS": "ignore", **self.environ, **variables}


@contextmanager
def _living_in(environ: Mapping[str, str]) -> Iterator[None]:
    """Set exactly these environment variables, and their time zone."""
    zone_changed = environ.get("TZ") != os.environ.get("TZ")
    try:
        with patch.dict(os.environ, environ, clear=True):
            if zone_changed:
                _look_at_the_clock()
            yield
    finally:
        if zone_changed:
            _look_at_the_clock()


def _look_at_the_clock() -> None:
    time.tzset()
    reload_localzone()


def until(condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Wait until a condition holds, return its value; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.05)
    return result
