"""The figures that a monitor tells: well-formed, true, few, and never in its way."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web
from support.store_with_alerts import ALIBABA, FEED, NOW, raised

from monitor.base.errors import ConfigError, MonitorError, StoreError
from monitor.cli import main_group
from monitor.config.loading import understand
from monitor.delivery.export.prometheus import EventCounters, figures, serving
from monitor.intake.ingest.poll_outcome import BatchOutcome
from monitor.model.config import Listening, StoreAddress
from monitor.model.delivery import DeliveryAttempt
from monitor.model.feed import Outcome, Poll
from monitor.model.poll import RaisedAlert
from monitor.model.status import MonitorPresence
from monitor.model.watchlist import Severity
from monitor.storage.monitor_lock import Heartbeat
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

CARD = Heartbeat(
    presence=MonitorPresence(pid=1, since=NOW - 60, config="feeds.yaml", log=""), pulse=NOW
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe((FEED,), (ALIBABA,))
        yield store


def read(text: str) -> dict[str, float]:
    """Return the samples of a scrape, by name with its labels."""
    values = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        assert family.type != "unknown", family.name
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            name = sample.name + (f"{{{labels}}}" if labels else "")
            assert name not in values
            values[name] = sample.value
    return values


# --- what it tells ---------------------------------------------------------------------


def test_what_was_ingested_is_counted(store: Store, tmp_path: Path) -> None:
    registry = figures(Views(StoreAddress(tmp_path)), lambda: NOW, "1.2", lambda: CARD)
    counts = EventCounters(registry)
    before = read(generate_latest(registry).decode())
    assert before["tocsin_polls_total{outcome=failed}"] == 0
    alert = RaisedAlert(
        id=1, watchlist="w", severity=Severity.HIGH, title="", feed="", backfill=False
    )
    louder = RaisedAlert(
        id=1, watchlist="w", severity=Severity.HIGH, title="", feed="", backfill=False,
        escalation="5 outlets",
    )  # fmt: skip
    polls = (
        (FEED, Poll(at=NOW, outcome=Outcome.READ, new=3, changed=1, seconds=0.3)),
        (FEED, Poll(at=NOW, outcome=Outcome.FAILED, seconds=2.0)),
    )
    counts.batch_stored(BatchOutcome(polls=polls, raised=(alert, louder)))
    values = read(generate_latest(registry).decode())
    assert values["tocsin_polls_total{outcome=read}"] == 1
    assert values["tocsin_polls_total{outcome=failed}"] == 1
    assert values["tocsin_polls_total{outcome=unchanged}"] == 0
    assert values["tocsin_articles_total{change=new}"] == 3
    assert values["tocsin_articles_total{change=edited}"] == 1
    assert values["tocsin_alerts_total{severity=high}"] == 1
    assert values["tocsin_escalations_total"] == 1
    assert values["tocsin_poll_duration_seconds_count"] == 2
    assert values["tocsin_poll_duration_seconds_sum"] == pytest.approx(2.3)


def test_how_it_stands_is_read_at_each_scrape(store: Store, tmp_path: Path) -> None:
    card = CARD
    registry = figures(Views(StoreAddress(tmp_path)), lambda: NOW, "1.2", lambda: card)
    raised(store, channels=("mail", "chat"))
    raised(store)
    store.deliveries.save_attempts([DeliveryAttempt(delivery=2, error="no")], NOW)
    values = read(generate_latest(registry).decode())
    assert re.search(r"tocsin_build_info\{python=3\..*,version=1\.2\}", "\n".join(values))
    assert values["tocsin_articles_stored"] == 2
    assert values["tocsin_index_waiting_articles"] == 2
    assert (values["tocsin_alerts_stored"], values["tocsin_alerts_untriaged"]) == (2, 2)
    assert (values["tocsin_deliveries_pending"], values["tocsin_deliveries_dead"]) == (1, 1)
    assert values["tocsin_start_time_seconds"] == NOW - 60
    assert (values["tocsin_config_valid"], values["tocsin_network_up"]) == (1, 1)
    assert values["tocsin_store_readable"] == 1
    assert sum(value for name, value in values.items() if name.startswith("tocsin_feeds{")) == 1
    card = Heartbeat(
        presence=CARD.presence, pulse=NOW, config_error="feeds.yaml:1", network_down="down"
    )
    store.mark_indexed(9, NOW)
    values = read(generate_latest(registry).decode())
    assert (values["tocsin_config_valid"], values["tocsin_network_up"]) == (0, 0)
    assert values["tocsin_index_waiting_articles"] == 0


def test_each_step_is_counted_once_whenever_it_is_done(store: Store, tmp_path: Path) -> None:
    raised(store, published=NOW - 9000)
    views, now = Views(StoreAddress(tmp_path)), NOW
    registry = figures(views, lambda: now, "1", lambda: CARD)

    def counted() -> dict[str, float]:
        values = read(generate_latest(registry).decode())
        steps = ("published_to_seen", "seen_to_matched", "matched_to_searchable")
        name = "tocsin_step_duration_seconds_count{step=%s}"
        return {step: values[name % step] for step in (*steps, "matched_to_delivered")}

    def done(*counts: int) -> None:
        assert list(counted().values()) == list(counts)

    done(1, 1, 0, 0)
    done(1, 1, 0, 0)
    raised(store, channels=("mail",))
    done(2, 2, 0, 0)
    store.mark_indexed(1, NOW + 1)
    done(2, 2, 1, 0)
    store.deliveries.save_attempts([DeliveryAttempt(delivery=1)], NOW + 7_000)
    done(2, 2, 1, 1)
    store.mark_indexed(9, NOW + 2)
    done(2, 2, 2, 1)
    done(2, 2, 2, 1)


def test_a_store_that_cannot_be_read_is_told(store: Store, tmp_path: Path) -> None:
    class Broken(Views):
        def totals(self) -> tuple[int, int, int, int]:
            raise StoreError("newsroom.db: database is locked")

    registry = figures(Broken(StoreAddress(tmp_path)), lambda: NOW, "1", lambda: CARD)
    values = read(generate_latest(registry).decode())
    assert values["tocsin_store_readable"] == 0
    assert "tocsin_articles_stored" not in values
    assert values["tocsin_config_valid"] == 1


def test_a_port_that_is_taken_is_told_in_words(store: Store, tmp_path: Path) -> None:
    registry = figures(Views(StoreAddress(tmp_path)), lambda: NOW, "1", lambda: CARD)

    async def serve(port: int) -> None:
        async with serving(registry, Listening("127.0.0.1", port), lambda: NOW, 4):
            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(MonitorError, match=f"127.0.0.1:{port}: address already in use; choose"):
            asyncio.run(serve(port))
    asyncio.run(serve(port))  # the port is free again, and freed at the end
    asyncio.run(serve(port))


YAML = "feeds: [{{url: https://a.test/rss}}]\nwatchlists: []\nnetwork: {{metrics: {}}}\n"


def test_feeds_yaml_says_where(tmp_path: Path) -> None:
    def metrics(text: str) -> Listening | None:
        return understand(YAML.format(text).encode(), tmp_path / "feeds.yaml").metrics

    assert metrics("'127.0.0.1:9464'") == Listening("127.0.0.1", 9464)
    with pytest.raises(ConfigError, match=r"write 127\.0\.0\.1:9464"):
        metrics("nonsense")


def test_it_goes_with_a_watch_that_goes_on(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("feeds: []\n", encoding="utf-8")
    config = ["-c", str(tmp_path / "feeds.yaml"), "run", "--once", "--metrics"]
    done = CliRunner().invoke(main_group, [*config, "127.0.0.1:9464"])
    assert (done.exit_code, "--once" in done.output) == (2, True)
    done = CliRunner().invoke(main_group, [*config, "9464"])
    assert (done.exit_code, "write 127.0.0.1:9464" in done.output) == (2, True)


@pytest.mark.costly
def test_nobody_who_does_not_ask_imports_it() -> None:
    code = (
        "import sys, monitor.cli.run, monitor.runtime.wiring, monitor.runtime.daemon;"
        "from monitor.cli import main_group;"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.costly
def test_the_whole_program_tells_its_figures(tmp_path: Path, web: Web) -> None:
    newsroom, port = Newsroom(tmp_path), free_port()
    web.on("/rss", Reply(body=rss(Item("Alibaba à Liège", guid="1"))))
    feed = {"url": web.url("/rss"), "name": "A", "every": "1s"}
    network = {"allow": ["127.0.0.0/8"], "metrics": "127.0.0.1:1"}
    newsroom.watch([feed], [{"name": "Alibaba", "terms": ["Alibaba"]}], network=network)

    def scraped() -> dict[str, float]:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain")
                return read(answer.read().decode())
        except OSError:
            return {}

    with newsroom.running("run", "--metrics", f"127.0.0.1:{port}") as process:
        until(lambda: scraped().get("tocsin_alerts_total{severity=medium}") == 1)
        stats = scraped()
        assert stats["tocsin_alerts_stored"] == 1
        assert stats["tocsin_last_poll_timestamp_seconds"] > stats["tocsin_start_time_seconds"] - 60
        assert stats["tocsin_feeds{health=ok}"] == 1
        assert stats["process_resident_memory_bytes"] > 0
        newsroom.config.write_text("feeds: 7", encoding="utf-8")
        until(lambda: scraped().get("tocsin_config_valid") == 0)
        assert process.poll() is None
    newsroom.watch([feed], [], network=network | {"metrics": f"127.0.0.1:{port}"})
    with socket.create_server(("127.0.0.1", port)):
        done = newsroom.tocsin("run", "--for", "1s")
    assert done.returncode == 1
    assert f"tocsin: no metrics at 127.0.0.1:{port}: address already in use" in done.stderr
    assert "Traceback" not in done.stderr
