"""Commands that look: what they print for people and for programs, and what they find."""

from __future__ import annotations

import json
import re

import pytest
from support.newsroom import Newsroom, rss
from support.scripted_server import Reply, Web
from support.two_feed_newsroom import (
    ENGLISH,
    FORMULA,
    FRENCH,
    WATCHLISTS,
    rows,
    subscriptions,
    titles,
)

FOUND = {"id", "title", "url", "feed", "lang", "published", "seen", "score", "snippet"}
ALERT = {
    "id", "kind", "watchlist", "article", "title", "url", "feed", "severity", "state", "raised_at",
    "matches", "copies", "outlets", "elsewhere", "escalations", "held", "held_until", "backfill",
    "rule", "article_version", "lost", "merged_into", "verdict", "starred", "tags", "note",
}  # fmt: skip
MATCH = {"field", "start", "end", "text", "term"}
FEED = {
    "name", "url", "health", "words", "articles", "last_ok", "next_poll", "failures", "reason",
    "blind", "moved_to", "former", "tags",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


# --- search --------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_a_search_for_programs_has_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("search", "cainiao liege", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = rows(done.stdout, style)
    assert row.keys() == FOUND
    assert row["title"] == FRENCH[0].title
    assert row["url"] == "https://ex.org/fr/1"
    assert (row["feed"], row["lang"]) == ("Le Fil", "fr")
    assert row["published"] == "2023-10-09T07:09:00Z"
    assert MOMENT.fullmatch(row["seen"])
    assert "Cainiao à Liège" in row["snippet"]


def test_a_search_in_markdown_has_links(filled: Newsroom) -> None:
    done = filled.here("search", "collimateur", "--format", "md")
    assert done.stdout.startswith(
        f"- [{FRENCH[0].title}](<https://ex.org/fr/1>) — Le Fil · 2023-10-09\n"
    )


def test_a_search_for_people(filled: Newsroom) -> None:
    done = filled.here("search", "Liège")
    assert FRENCH[0].title in done.stdout
    assert "\x1b" not in done.stdout


def test_no_spreadsheet_runs_a_title(filled: Newsroom) -> None:
    for command in (["search", "hyperlink"], ["alerts"]):
        (title,) = {
            row["title"]
            for row in rows(filled.here(*command, "--format", "csv").stdout, "csv")
            if "HYPERLINK" in row["title"]
        }
        assert title == "'" + FORMULA


def test_nothing_found_exits_with_1(filled: Newsroom) -> None:
    done = filled.here("search", "nulle-part")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("nothing found")
    said = json.loads(filled.here("search", "nulle-part", "--format", "json").stdout)
    assert (said["total"], said["next"], said["hits"]) == (0, None, [])
    assert filled.here("search", "nulle-part", "--format", "csv").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "column"), [("alibaba AND", 9), ("(liège", 1), ("x langue:fr", 3)]
)
def test_a_query_that_cannot_be_understood_names_its_column(
    query: str, column: int, filled: Newsroom
) -> None:
    done = filled.here("search", query)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"col {column}:" in done.stderr


def test_queries_need_no_quotes_and_words_order_as_asked(filled: Newsroom) -> None:
    assert titles(filled, "cainiao", "liege") == [FRENCH[0].title]
    assert titles(filled, '"services de renseignement"') == [FRENCH[0].title]
    assert titles(filled, "alibaba", "-cainiao") == [FORMULA]


def test_filters_narrow_a_search(filled: Newsroom) -> None:
    anything = "alibaba OR port OR customs"
    everything = set(titles(filled, anything))
    assert len(everything) == 4
    english = {ENGLISH[0].title}
    assert set(titles(filled, anything, "--lang", "en")) == english
    assert set(titles(filled, anything, "--lang", "EN", "--lang", "fr")) == everything
    assert set(titles(filled, anything, "--feed", "the wire")) == english
    assert set(titles(filled, anything, "--feed", "tag:belgique")) == everything - english
    assert set(titles(filled, anything, "--watch", "douanes")) == english
    assert titles(filled, anything, "--watch", "nobody") == []
    october = titles(filled, anything, "--since", "2023-10", "--until", "2023-10")
    assert october == [ENGLISH[0].title, FRENCH[0].title]
    assert titles(filled, anything, "--until", "2023-10-09") == [FRENCH[0].title]
    assert titles(filled, anything, "--since", "1h") == [FRENCH[2].title]
    assert titles(filled, f"({anything}) since:2023-11 until:2023-11") == [FORMULA]
    assert titles(filled, f"({anything}) watch:Alibaba -lang:en", "--until", "2023-10") == [
        FRENCH[0].title
    ]


def test_limit_and_order(filled: Newsroom) -> None:
    anything = "alibaba OR port"
    newest_first = [FRENCH[2].title, FORMULA, ENGLISH[0].title, FRENCH[0].title]
    assert titles(filled, anything, "--limit", "0") == newest_first
    assert titles(filled, anything, "--limit", "2") == newest_first[:2]
    scores = [
        row["score"]
        for row in filled.json("search", anything, "--sort", "score", "--format", "json")["hits"]
    ]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    done = filled.here("search", anything, "--limit", "1")
    assert "1 of 4; --page shows the others, --limit 0 all of them" in done.stderr


# --- alerts ----------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_alerts_for_programs_have_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("alerts", "--watch", "alibaba", "--until", "today", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    row = rows(done.stdout, style)[0]
    assert row.keys() == ALERT
    assert (row["title"], row["watchlist"]) == (FRENCH[0].title, "Alibaba")
    assert (row["severity"], row["state"], row["feed"]) == ("medium", "new", "Le Fil")
    assert MOMENT.fullmatch(row["raised_at"])
    found = json.loads(row["matches"]) if style == "csv" else row["matches"]
    assert [match.keys() for match in found] == [MATCH]
    (match,) = found
    assert (match["field"], match["text"], match["term"]) == ("title", "Alibaba", "Alibaba")
    assert row["title"][match["start"] : match["end"]] == "Alibaba"


def test_filters_narrow_the_alerts(filled: Newsroom) -> None:
    def of(*args: str) -> list[str]:
        found = filled.here("alerts", *args, "--format", "jsonl")
        assert found.returncode == (0 if found.stdout else 1)
        return [row["watchlist"] for row in rows(found.stdout, "jsonl")]

    assert sorted(of()) == ["Alibaba", "Alibaba", "Douanes", "feed health"]
    assert of("--feed", "Gone") == of("--watch", "feed health") == ["feed health"]
    assert of("--lang", "en") == ["Douanes"]
    assert of("--feed", "The Wire") == ["Douanes"]
    assert of("--feed", "tag:nowhere") == []
    assert of("--until", "2023") == []
    assert len(of("--since", "1h", "--limit", "2")) == 2
    assert len(of("--limit", "0")) == 4


def test_alerts_for_people_and_in_markdown(filled: Newsroom) -> None:
    shown = filled.here("alerts").stdout
    assert shown.index("Alibaba") >= 0
    assert "▲ Douanes" in shown
    assert "(<https://ex.org/en/1>) — Douanes · The Wire" in (
        filled.here("alerts", "--format", "md").stdout
    )


def test_no_alerts_exits_with_1(filled: Newsroom) -> None:
    done = filled.here("alerts", "--watch", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "no alerts\n")


@pytest.mark.parametrize("style", ["jsonl", "csv"])
def test_follow_prints_what_is_new_and_only_that(style: str, server: Web, empty: Newsroom) -> None:
    server.on(f"/{style}", Reply(body=rss(FRENCH[0])))
    feed = {"url": server.url(f"/{style}"), "name": "F"}
    empty.watch([feed], WATCHLISTS)
    assert empty.tocsin("run", "--once").returncode == 0
    with empty.running("alerts", "--follow", "--format", style) as follower:
        assert follower.stdout is not None
        first = [follower.stdout.readline() for _ in range({"jsonl": 1, "csv": 2}[style])]
        assert FRENCH[0].title in "".join(first)
        server.on(f"/{style}", Reply(body=rss(FRENCH[0], ENGLISH[0])))
        assert empty.tocsin("run", "--once", "--now").returncode == 0
        second = follower.stdout.readline()
        assert ENGLISH[0].title in second
        follower.terminate()
        rest = follower.stdout.read()
    assert FRENCH[0].title not in second + rest


# --- show, feeds, status ---------------------------------------------------------------


def test_show_an_article(filled: Newsroom) -> None:
    (found,) = filled.json("search", "cainiao", "--format", "json")["hits"]
    said = filled.json("show", str(found["id"]), "--format", "json")
    assert said.keys() == {
        "id", "title", "url", "feed", "lang", "author", "published", "seen", "summary", "body",
        "versions", "alerts", "others", "outlets", "elsewhere", "page_trouble", "page_retry",
    }  # fmt: skip
    (alert,) = said["alerts"]
    assert alert.keys() == {
        "id", "watchlist", "severity", "state", "matches", "escalations", "held", "rule",
        "article_version", "lost", "verdict", "starred", "tags", "note",
    }  # fmt: skip
    assert said["summary"] == FRENCH[0].text
    assert (said["versions"], said["others"]) == (1, [])
    shown = filled.here("show", str(found["id"])).stdout
    for part in (FRENCH[0].title, "https://ex.org/fr/1", "“Alibaba” in the title", "2023-10-09"):
        assert part in shown


def test_show_an_article_that_is_not_there(filled: Newsroom) -> None:
    done = filled.here("show", "4711")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no article 4711" in done.stderr


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_feeds_for_programs_have_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("feeds", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(done.stdout, style)
    assert [row.keys() for row in found] == [FEED] * 3
    assert [row["health"] for row in found] == ["gone", "ok", "ok"]
    gone, fil, _ = found
    assert (gone["name"], str(gone["articles"])) == ("Gone", "0")
    assert gone["next_poll"] in (None, "")
    assert "410" in gone["reason"]
    assert (fil["name"], str(fil["articles"])) == ("Le Fil", "3")
    assert MOMENT.fullmatch(fil["next_poll"])


def test_feeds_for_people(filled: Newsroom) -> None:
    shown = filled.here("feeds").stdout.splitlines()
    assert len(shown) == 3
    assert "gone (410)" in shown[0]
    assert shown[1].startswith("✓ Le Fil")


def test_status(filled: Newsroom) -> None:
    said = filled.json("status", "--json")
    assert said == {
        "articles": 4, "indexed": 4, "alerts": 4, "untriaged": 4, "feeds": 3, "failing": 1,
        "health": {"gone": 1, "ok": 2}, "blind": 0, "gaps": {}, "monitor": None, "pulse": None,
        "rebuilt": None,
        "config_error": "", "network_down": "", "backfill": [], "log": "",
        "unsent": 0, "dead": 0, "mutes": [], "suppressed": {"backfill": 3},
    }  # fmt: skip
    shown = filled.here("status").stdout
    assert "nobody watches" in shown
    assert "4, 4 of them searchable" in shown


def test_reindex_builds_a_deleted_archive_again(server: Web, empty: Newsroom) -> None:
    import shutil

    empty.watch(subscriptions(server), WATCHLISTS)
    assert empty.tocsin("run", "--once").returncode == 0
    shutil.rmtree(empty.data / "index")
    lost = empty.here("search", "cainiao")
    assert lost.returncode == 1
    assert "tocsin reindex" in lost.stderr
    done = empty.tocsin("reindex")
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 articles can be searched" in done.stderr
    assert titles(empty, "cainiao") == [FRENCH[0].title]
