"""`tocsin alerts`: what it prints for people and for programs."""

from __future__ import annotations

import json
import re

import pytest
from support.newsroom import Newsroom, rss
from support.scripted_server import Reply, Web
from support.two_feed_newsroom import ENGLISH, FRENCH, WATCHLISTS, rows

ALERT = {
    "kind", "watchlist", "title", "url", "feed", "outlet", "severity", "state",
    "raised_at", "matches", "copies", "outlets", "elsewhere", "escalations", "suppressed",
    "suppressed_until",
    "backfill", "rule", "article_version", "lost", "merged_into", "verdict", "starred", "tags",
    "assignee", "note", "alert_id", "article_id", "story", "unlisted",
}  # fmt: skip
MATCH = {"field", "start", "end", "text", "term", "concept", "ambiguous"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_alerts_for_programs_have_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("alerts", "--watch", "alibaba", "--until", "today", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    row = rows(done.stdout, style)[-1]
    assert row.keys() == ALERT
    assert (row["title"], row["watchlist"]) == (FRENCH[0].title, "Alibaba")
    assert (row["severity"], row["state"], row["feed"]) == ("medium", "new", "Le Fil")
    assert MOMENT.fullmatch(row["raised_at"])
    if style == "csv":
        assert row["matches"] == "Alibaba"
        return
    (match,) = row["matches"]
    assert match.keys() == MATCH
    assert (match["field"], match["text"], match["term"]) == ("title", "Alibaba", "Alibaba")
    assert row["title"][match["start"] : match["end"]] == "Alibaba"


def test_filters_narrow_the_alerts(filled: Newsroom) -> None:
    def of(*args: str) -> list[str]:
        done = filled.here("alerts", *args, "--format", "jsonl")
        assert done.returncode == (0 if done.stdout else 1)
        return [row["watchlist"] for row in rows(done.stdout, "jsonl")]

    assert sorted(of()) == ["Alibaba", "Alibaba", "Douanes", "feed health"]
    assert of("--feed", "Gone") == of("--watch", "feed health") == ["feed health"]
    assert of("--lang", "en") == ["Douanes"]
    assert of("--feed", "The Wire") == ["Douanes"]
    assert of("--until", "2023") == []
    assert len(of("--since", "1h", "--limit", "2")) == 2
    assert len(of("--limit", "0")) == 4


def test_alerts_about_feeds_are_named_in_the_language_of_the_reader(filled: Newsroom) -> None:
    for selection in (["--watch", "Santé des flux"], ["--query", 'veille:"santé des flux"']):
        done = filled.here("alerts", *selection, "--json", TOCSIN_LANGUAGE="fr")
        listed = json.loads(done.stdout)["alerts"]
        assert [row["watchlist"] for row in listed] == ["feed health"], selection
    assert "santé des flux" in filled.here("watch", "list", TOCSIN_LANGUAGE="fr").stderr
    silenced = filled.here("watch", "silence", "santé des flux", TOCSIN_LANGUAGE="fr")
    assert silenced.stdout.startswith("santé des flux "), silenced.stderr
    assert filled.here("watch", "unsilence", "feed health").returncode == 0


def test_alerts_for_people(filled: Newsroom) -> None:
    output = filled.here("alerts").stdout
    assert f"▲ {ENGLISH[0].title}\n         Douanes · The Wire · " in output


@pytest.mark.parametrize("style", ["table", "json", "csv"])
def test_a_list_that_is_cut_short_says_so(style: str, filled: Newsroom) -> None:
    done = filled.here("alerts", "--format", style, "--limit", "1")
    assert done.stderr == "the newest 1; --limit 0 shows all\n"
    assert filled.here("alerts", "--format", style).stderr == ""


def test_no_alerts_exits_with_1(filled: Newsroom) -> None:
    done = filled.here("alerts", "--watch", "Alibaba", "--lang", "en")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "no alerts\n")


@pytest.mark.parametrize("words", [["alerts"], ["alerts", "list"]], ids=" ".join)
def test_the_newest_alert_comes_first(words: list[str], filled: Newsroom) -> None:
    raised = [alert["raised_at"] for alert in filled.json(*words, "--json")["alerts"]]
    newest = filled.json(*words, "--json", "--limit", "3")["alerts"]
    ids = [int(alert["alert_id"][1:]) for alert in newest]
    assert raised == sorted(raised, reverse=True) and len(raised) == 4
    assert ids == sorted(ids, reverse=True)


@pytest.mark.costly
@pytest.mark.parametrize("style", ["jsonl", "csv"])
def test_follow_prints_what_is_new_and_only_that(style: str, server: Web, empty: Newsroom) -> None:
    server.on(f"/{style}", Reply(body=rss(FRENCH[0])))
    feed = {"url": server.url(f"/{style}"), "name": "F"}
    empty.watch([feed], WATCHLISTS)
    assert empty.once().returncode == 0
    with empty.running("alerts", "--follow", "--format", style) as follower:
        assert follower.stdout is not None
        first = [follower.stdout.readline() for _ in range({"jsonl": 1, "csv": 2}[style])]
        assert FRENCH[0].title in "".join(first)
        server.on(f"/{style}", Reply(body=rss(FRENCH[0], ENGLISH[0])))
        assert empty.once("--now").returncode == 0
        second = follower.stdout.readline()
        assert ENGLISH[0].title in second
        follower.terminate()
        remainder = follower.stdout.read()
    assert FRENCH[0].title not in second + remainder
