"""The real program tells its channels: at once, again after a kill, and no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Fault as Broken, Reply, Web
from support.simulated_time import Town, World

from monitor.cli import main_group
from monitor.config.loading import load


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(
        tmp_path, {"SOC_SECRET": "canary-secret", "DESK": "json://u:canary-pw@127.1.1.1/"}
    )


def feed(web: Web) -> dict[str, Any]:
    return {"url": web.url("/feed"), "name": "J", "every": "1s", "lang": "fr"}


def item(word: str, number: int) -> Item:
    return Item(f"{word} numéro {number}", "Texte.", link=f"https://ex.org/{word}/{number}")


@pytest.mark.costly
def test_alerts_reach_their_channels_and_again_after_a_kill(web: Web, newsroom: Newsroom) -> None:
    web.on("/feed", Reply(body=rss(item("rien", 0))))
    web.on("/in", Reply(fault=Broken.HANG), Reply(204))
    web.on("/fast", Reply(204))
    lists = [
        {"name": "A", "terms": ["Alibaba"], "notify": ["soc"]},
        {"name": "B", "terms": ["douane"]},
        {"name": "C", "terms": ["port"], "notify": []},
    ]
    newsroom.watch(
        [feed(web)],
        lists,
        channels=[
            {"name": "soc", "webhook": web.url("/in"), "secret": "env:SOC_SECRET"},
            {"name": "fast", "webhook": web.url("/fast")},
        ],
    )
    with newsroom.running("run") as process:
        until(lambda: newsroom.counts()[0] == 1)
        news = [item("rien", 0), item("Alibaba", 1), item("douane", 2), item("port", 3)]
        web.on("/feed", Reply(body=rss(*news)))
        until(lambda: web.requests_for("/in") and web.requests_for("/fast"))
        until(lambda: newsroom.sql("SELECT 1 FROM deliveries WHERE state = 'sent'"))
        process.kill()
        process.wait()
    deliveries = newsroom.sql(
        "SELECT al.watchlist, d.channel, d.state FROM deliveries d"
        " JOIN alerts al ON al.id = d.alert ORDER BY 1, 2"
    )
    assert deliveries == [
        ("A", "soc", "waiting"), ("B", "fast", "sent"), ("B", "soc", "waiting"),
    ]  # fmt: skip
    newsroom.once()
    assert newsroom.sql("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    keys = [request.header("Idempotency-Key") for request in web.requests_for("/in")]
    assert len(keys) == 3  # the interrupted delivery twice, and the other
    assert len(set(keys)) == 2
    assert len(web.requests_for("/fast")) == 1


def test_what_is_raised_is_told_at_once(tmp_path: Path) -> None:
    """The notifier is woken: by itself it would look once in five minutes."""
    world = World()
    web = Web(clock=lambda: world.elapsed)
    town = Town(world, web, homes=frozenset({"hook.example"}))
    news = (rss(item("rien", 0)), rss(item("rien", 0), item("Alibaba", 1)))
    web.on("/feed", *(Reply(body=body) for body in news))
    web.on("/in", Reply(204))
    newsroom = Newsroom(tmp_path)
    newsroom.watch(
        [{"url": "http://feed.example/feed", "every": "15m", "lang": "fr"}],
        ["Alibaba"],
        channels=[{"name": "hook", "webhook": "http://hook.example/in"}],
    )

    async def leave() -> bool:
        await town.wait(3_600)
        return True

    world.watch(newsroom.config, town, leave, tick=300.0)
    ((seconds,),) = newsroom.sql("SELECT sent_at - created_at FROM deliveries")
    assert seconds < 1.0


@pytest.mark.costly
def test_commands_list_deliveries_and_never_tell_a_secret(
    web: Web, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.on("/feed", Reply(body=rss(item("Alibaba", 1))))
    web.on("/in/canary-path", Reply(403))
    newsroom.watch(
        [feed(web)],
        ["Alibaba"],
        alerts={"backfill": "notify"},
        channels=[
            {
                "name": "soc", "webhook": web.url("/in/canary-path"), "secret": "env:SOC_SECRET",
                "headers": {"X-Key": "canary-header"},
            },
            {"name": "desk", "url": "env:DESK"},
            {"name": "script", "command": ["/bin/false", "canary-argument"]},
        ],
    )  # fmt: skip
    polled = newsroom.once()
    output = [polled.stdout + polled.stderr]
    monkeypatch.chdir(newsroom.folder)
    for name, value in newsroom.environ.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main_group, words)
        output.append(done.output)
        assert done.exit_code == code, done.output
        return done.output

    rows = json.loads(run("deliveries", "--format", "json"))[::-1]  # the newest is first
    assert [(row["channel"], row["state"], row["attempts"], row["reason"]) for row in rows] == [
        ("soc", "waiting", 1, "403 Forbidden"),
        ("desk", "waiting", 1, "JSON cannot be reached"),
        ("script", "waiting", 1, "ended with 1"),
    ]
    status = json.loads(run("status", "--json"))
    assert (status["unsent"], status["dead"]) == (3, 0)
    assert "403 Forbidden" in run("notify", "test", "soc", code=1)
    web.on("/in/canary-path", Reply(200))
    assert "accepted" in run("notify", "test", "soc")
    run("notify", "test", "script", code=1)
    run("check")
    run("check", "--format", "json")
    assert "soc" in run("notify", "list")
    run("notify", "list", "--format", "json")
    assert "1 delivery is due now" in run("deliveries", "retry", "--channel", "soc")
    assert "403" not in run("deliveries", "--channel", "soc")
    run("deliveries", "--state", "dead", code=1)
    run("deliveries", "retry", "99", code=1)
    run("deliveries", "retry", code=2)
    assert "it has soc, desk, script" in run("notify", "test", "nobody", code=2)
    assert "canary" not in "".join(output)
    content = b"".join(path.read_bytes() for path in newsroom.data.glob("newsroom.db*"))
    assert b"canary" not in content
    assert "canary" not in repr(load(newsroom.config))
