"""Silences from the command line, through the real program; suppressed alerts are listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web

from monitor.cli import main_group


def item(word: str, number: int) -> Item:
    return Item(
        f"{word} numéro {number}", f"Texte {number}.", link=f"https://ex.org/{word}{number}"
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main_group, words)
        assert done.exit_code == code, done.output
        return done.output

    return invoke


def test_a_silence_from_its_beginning_to_its_end(web: Web, tmp_path: Path, run: Any) -> None:
    newsroom = Newsroom(tmp_path)
    web.on("/feed", Reply(body=rss(item("rien", 0))))
    newsroom.watch(
        [{"url": web.url("/feed"), "name": "J", "every": "1s", "lang": "fr"}],
        ["Alibaba", "douane", {"name": "port", "terms": ["port"], "notify": []}],
        channels=[{"name": "log", "file": "told.jsonl"}],
    )
    assert newsroom.once().returncode == 0
    assert "Alibaba is silenced until" in run("watch", "silence", "alibaba", "--for", "2h")
    (silence,) = json.loads(run("status", "--json"))["silences"]
    assert silence["watchlist"] == "Alibaba"

    news = [item("Alibaba", 1), item("Alibaba", 2), item("douane", 3), item("port", 4)]
    web.on("/feed", Reply(body=rss(*news)))
    assert newsroom.once("--now").returncode == 0
    assert sent_messages(tmp_path) == [("douane", "raised", "")]
    rows = json.loads(run("alerts", "--suppressed", "--format", "json"))["alerts"]
    assert [(row["watchlist"], row["suppressed"]) for row in rows] == [
        ("port", "no route"), ("Alibaba", "silence"), ("Alibaba", "silence"),
    ]  # fmt: skip
    assert all(row["suppressed_until"] == silence["until"] for row in rows[1:])
    suppressed = run("alerts", "--suppressed", "--watch", "Alibaba")
    assert "not notified: the watchlist was silenced until" in suppressed
    assert len(json.loads(run("alerts", "--format", "json"))["alerts"]) == 4, "marked, not hidden"
    status = json.loads(run("status", "--json"))
    assert status["suppressed"] == {"silence": 2, "no route": 1}
    assert [entry["watchlist"] for entry in status["silences"]] == ["Alibaba"]
    assert "listed, not sent in the last day: 2 silenced, 1 without a route;" in run("status")
    lists = {row["name"]: row for row in json.loads(run("watch", "list", "--format", "json"))}
    assert lists["Alibaba"]["suppressed"] == {"silence": 2}
    assert lists["Alibaba"]["silenced_until"] == silence["until"]
    assert "2 silenced until" in run("watch", "list")

    assert "2 listed, not sent since" in run("watch", "unsilence", "ALIBABA")
    assert "is not silenced" in run("watch", "unsilence", "Alibaba", code=1)
    assert newsroom.once("--now").returncode == 0
    (_, (watchlist, occasion, note)) = sent_messages(tmp_path)
    assert (watchlist, occasion) == ("Alibaba", "unsilenced")
    assert note.startswith("no longer silenced: 2 listed, not sent since")

    assert "did you mean `Alibaba`" in newsroom.here("watch", "silence", "Alibabba").stderr
    run("watch", "silence", "douane", "--for", "31d", code=2)
    run("alerts", "--suppressed", "--follow", code=2)
    assert "until" in run("watch", "silence", "douane")


def sent_messages(folder: Path) -> list[tuple[str, str, str]]:
    """Return watchlist, occasion and reason of each message to the channel."""
    lines = (folder / "told.jsonl").read_text(encoding="utf-8").splitlines()
    messages = map(json.loads, lines)
    return [(m["alert"]["watchlist"], m["occasion"], m["why"]) for m in messages]
