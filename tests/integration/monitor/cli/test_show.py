"""Who had a story first and by how long; what an edit of feeds.yaml changed: in words."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web
from support.two_feed_newsroom import FRENCH

from monitor.cli.show import timeline_lines
from monitor.model.alert import Outlet, StoryTimeline

NOW = 1_700_000_000.0
FIRST = Outlet(name="Les Échos", article=1, seen=NOW, lag=0.0, published=NOW - 60)
SECOND = Outlet(name="Reuters", article=2, seen=NOW + 240, lag=240.0, copied=True)
THIRD = Outlet(name="Le Soir", article=3, seen=NOW + 7_200, lag=7_200.0)


def test_a_date_that_is_none_costs_no_line() -> None:
    outlets = (FIRST, replace(SECOND, published=1e18), replace(THIRD, published=-1e18))
    assert len(list(timeline_lines(StoryTimeline(outlets), NOW))) == 4


# --- the program --------------------------------------------------------------------------

WIRE = (
    "La sûreté de l’État soupçonne le groupe Alibaba d’espionnage depuis son centre logistique"
    " de Liège, selon un quotidien britannique qui cite des responsables belges. Le groupe"
    " dément toute activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)
NOTHING = Reply(body=rss(Item("Rien", "Rien du tout.", "rien", "https://rien.fr/1"), lang="fr"))


def copy(host: str, text: str = WIRE) -> Reply:
    """Return a feed with the story, by an outlet with an address of its own."""
    return Reply(
        body=rss(
            Item(f"Rien de {host}", f"Rien chez {host}.", f"rien-{host}", f"https://{host}/rien"),
            Item(f"Alibaba vu de {host}", text, "wire", f"https://{host}/alibaba"),
            lang="fr",
        )
    )


def poll(newsroom: Newsroom) -> None:
    done = newsroom.once("--now")
    assert done.returncode == 0, done.stderr


def alerts_of(newsroom: Newsroom, *options: str) -> list[dict[str, Any]]:
    output = newsroom.here("alerts", "--format", "jsonl", *options).stdout
    return [json.loads(line) for line in output.splitlines()]


def search(newsroom: Newsroom, query: str) -> list[dict[str, Any]]:
    done = newsroom.here("search", query, "--format", "json")
    if "still being indexed" in done.stderr:  # the indexer starts with the monitor
        return []
    hits: list[dict[str, Any]] = json.loads(done.stdout)["hits"]
    return hits


@pytest.mark.costly
def test_a_story_that_spreads_as_the_commands_tell_it(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    hosts = ("lesoir.be", "lesechos.fr", "afp.com")
    for host in hosts:
        web.on(f"/{host}", NOTHING)
    newsroom.watch(
        [{"url": web.url(f"/{host}"), "name": host, "lang": "fr", "every": "1s"} for host in hosts],
        ["Alibaba", "Rien"],
        alerts={"escalate": {"outlets": 3}},
    )
    count = "SELECT count(*) FROM alerts WHERE watchlist = 'Alibaba'"
    with newsroom.running("run"):
        until(lambda: len(newsroom.sql("SELECT 1 FROM alerts")) >= 1)
        for number, host in enumerate(hosts, 1):
            web.on(f"/{host}", copy(host))
            until(lambda number=number: newsroom.sql(count) == [(number,)])
        alert = _listed_as_it_spread(newsroom, hosts)
        web.on("/lesoir.be", copy("lesoir.be", WIRE.replace("Alibaba", "chinois")))
        until(lambda: newsroom.sql("SELECT 1 FROM versions"))
        (edited,) = alerts_of(newsroom, "--watch", "Alibaba")
        assert ([m["field"] for m in edited["matches"]], edited["lost"]) == (["title"], [])
        plain = copy("lesoir.be").body.replace(b"<title>Alibaba", b"<title>Un groupe")
        web.on("/lesoir.be", Reply(body=plain.replace(b"Alibaba", b"chinois")))
        until(lambda: newsroom.sql("SELECT 1 FROM lost_terms"))
    (edited,) = alerts_of(newsroom, "--watch", "Alibaba")
    assert [lost["term"] for lost in edited["lost"]] == ["Alibaba"]
    output = newsroom.here("show", str(alert["article_id"])).stdout
    assert "    ! Alibaba: no longer in the text since the revision of " in output
    assert "no longer in the text" in newsroom.here("alerts", "--watch", "Alibaba").stdout


def _listed_as_it_spread(newsroom: Newsroom, hosts: tuple[str, ...]) -> dict[str, Any]:
    spread, alone = newsroom.here("alerts").stdout, alerts_of(newsroom, "--watch", "Rien")
    assert "⇡ 3 outlets at " in spread
    assert "≡ lesoir.be, lesechos.fr" in spread and " ≡2 · " in spread
    (alert,) = alerts_of(newsroom, "--watch", "Alibaba")
    assert (alert["copies"], alert["severity"], alert["suppressed"]) == (2, "high", "")
    assert [outlet["name"] for outlet in alert["outlets"]] == list(hosts)
    assert [outlet["copied"] for outlet in alert["outlets"]] == [False, True, True]
    lags = [outlet["lag"] for outlet in alert["outlets"]]
    assert lags == sorted(lags) and lags[0] == 0
    assert [(e["reason"], e["from"]) for e in alert["escalations"]] == [("outlets", "medium")]
    assert len(alert["rule"]) == 32
    assert [row["suppressed"] for row in alone] == ["", "", "", "backfill"]
    titles = [row["title"] for row in alerts_of(newsroom)]  # it came before the second one of these
    assert titles.index(alert["title"]) < titles.index("Rien de lesechos.fr")
    output = newsroom.here("show", str(alert["article_id"])).stdout
    assert "    ⇡ 3 outlets at " in output and "; raised as medium" in output
    assert "    first lesoir.be · article" in output and " lesechos.fr · copied · article" in output
    assert "    2 alerts merged into this one, not notified\n" in output
    merged = json.loads(newsroom.here("show", str(alert["article_id"]), "--format", "json").stdout)
    (copies,) = [row["merged"] for row in merged["alerts"] if row["watchlist"] == "Alibaba"]
    assert [copy["outlet"] for copy in copies] == list(hosts[1:])
    for copy in copies:
        assert f"alert {copy['alert_id']}, {copy['outlet']}: {copy['title']} · article " in output
        other = newsroom.here("show", str(copy["article_id"])).stdout
        first_id = alert["alert_id"]
        assert f"    not notified: a copy; alert {first_id} stands for it\n" in other
        assert f"        alert {first_id}, lesoir.be: Alibaba vu" in other
    articles = {copy["article_id"] for copy in copies}
    until(lambda: {hit["article_id"] for hit in search(newsroom, "is:merged")} == articles)
    assert {row["article_id"] for row in alerts_of(newsroom, "--query", "is:merged")} == articles
    assert newsroom.here("search", "is:starred").returncode == 2
    return alert


@pytest.mark.costly
def test_follow_prints_again_what_escalates(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    hosts = ("lesoir.be", "lesechos.fr")
    web.on("/lesoir.be", copy("lesoir.be"))
    web.on("/lesechos.fr", NOTHING)
    feeds = [{"url": web.url(f"/{host}"), "name": host, "lang": "fr"} for host in hosts]
    newsroom.watch(feeds, ["Alibaba"], alerts={"escalate": {"outlets": 2}})
    poll(newsroom)
    with newsroom.running("alerts", "--follow", "--format", "jsonl") as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        web.on("/lesechos.fr", copy("lesechos.fr"))
        poll(newsroom)
        again = json.loads(following.stdout.readline())
    assert first["alert_id"] == again["alert_id"]
    assert (first["severity"], again["severity"]) == ("medium", "high")
    assert [e["words"] for e in again["escalations"]] == ["2 outlets"]


@pytest.mark.costly
def test_saving_the_file_is_told_term_by_term_at_once(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    web.on("/one", copy("lesoir.be"))
    feeds = [{"url": web.url("/one"), "name": "One", "lang": "fr", "every": "1s"}]
    newsroom.watch(feeds, [{"name": "Chine", "terms": ["Alibaba", "Temu"]}])
    with newsroom.running("run") as monitor:
        assert monitor.stderr is not None
        until(lambda: newsroom.counts()[1] == 1)
        newsroom.watch(feeds, [{"name": "Chine", "terms": ["Alibaba", "Liège"]}, "douanes"])
        until(lambda: newsroom.counts()[1] == 2)
        newsroom.config.write_text("feeds: [", encoding="utf-8")
        error = until(lambda: newsroom.json("status", "--json")["config_error"])
        assert "feeds.yaml: line 1, column 9" in error
        assert "the last edit is not active" in newsroom.here("status").stdout
        monitor.terminate()
        log = monitor.stderr.read()
    assert "feeds.yaml: watchlist changed: Chine: terms + Liège, - Temu" in log
    assert "feeds.yaml: watchlist added: douanes" in log
    assert "the last good version stays active" in log


def test_show_an_article(filled: Newsroom) -> None:
    (hit,) = filled.json("search", "cainiao", "--format", "json")["hits"]
    article = filled.json("show", str(hit["article_id"]), "--format", "json")
    assert article.keys() == {
        "article_id", "title", "url", "feed", "lang", "author", "published", "seen",
        "summary", "body", "limits",
        "versions", "alerts", "others", "outlets", "elsewhere", "page_trouble", "page_retry",
    }  # fmt: skip
    (alert,) = article["alerts"]
    assert alert.keys() == {
        "alert_id", "watchlist", "severity", "state", "matches", "escalations", "suppressed",
        "rule",
        "article_version", "lost", "verdict", "starred", "tags", "assignee",
        "note", "merged", "merged_into",
    }  # fmt: skip
    assert article["summary"] == FRENCH[0].text
    assert (article["versions"], article["others"]) == (1, [])
    output = filled.here("show", str(hit["article_id"])).stdout
    for part in (FRENCH[0].title, "https://ex.org/fr/1", "“Alibaba” in the title", "2023-10-09"):
        assert part in output


@pytest.mark.parametrize(("columns", "longest"), [(60, 60), (110, 110), (200, 120)])
def test_the_text_of_an_article_is_as_wide_as_the_terminal_and_readable(
    columns: int, longest: int, newsroom: Newsroom, web: Web
) -> None:
    text = "mot " * 90
    web.on("/fil", Reply(body=rss(Item("Titre", text, link="https://ex.org/1"))))
    newsroom.watch([{"url": web.url("/fil"), "name": "Fil", "lang": "fr"}], ["Alibaba"])
    poll(newsroom)
    output = newsroom.here("show", "1", COLUMNS=str(columns)).stdout.splitlines()
    widths = [len(line) for line in output if line.startswith("mot")]
    assert longest - 4 < max(widths) <= longest
    assert sum(line.count("mot") for line in output) == 90


def test_show_an_article_that_is_not_there(filled: Newsroom) -> None:
    done = filled.here("show", "4711")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no article 4711" in done.stderr


def without_ages(text: str) -> str:
    """Return the output without ages, which grow during the test."""
    return re.sub(r" \d+ (?:s|min) ·", "", text)


def test_show_takes_an_alert_or_an_article_and_says_which(filled: Newsroom) -> None:
    (alert,) = filled.json("alerts", "--watch", "Douanes", "--json")["alerts"]
    name, article = alert["alert_id"], alert["article_id"]
    output = filled.here("show", name).stdout
    assert output.startswith(f"alert {name} of article {article}\n")
    assert filled.here("show", str(article)).stdout.startswith(f"article {article}\n")
    row = filled.json("show", name, "--json")
    assert (row["alert_id"], row["watchlist"]) == (name, "Douanes")
    of_article = filled.json("show", str(article), "--json")
    assert of_article["article_id"] == article
    assert name in [row["alert_id"] for row in of_article["alerts"]]
    (trouble,) = filled.json("alerts", "--watch", "feed health", "--json")["alerts"]
    assert filled.here("show", trouble["alert_id"]).stdout.startswith(
        f"alert {trouble['alert_id']}\n"
    )


def test_the_wrong_kind_of_number_is_an_error_that_says_what_to_type(filled: Newsroom) -> None:
    (alert,) = filled.json("alerts", "--watch", "Douanes", "--json")["alerts"]
    name, article = alert["alert_id"], str(alert["article_id"])
    for words, message in (
        (["similar", name], f"{name} is the number of an alert; `tocsin show {name}` names"),
        (["watch", "explain", name, "Douanes"], f"{name} is the number of an alert"),
        (["alerts", "ack", article], f"`tocsin show {article}` names its alerts"),
        (["alerts", "history", article], f"{article} is the number of an article"),
        (["verify", "--alert", article], f"{article} is the number of an article"),
        (["show", "a4711"], "there is no alert a4711; `tocsin alerts` lists them"),
    ):
        done = filled.here(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert message in done.stderr, words
        assert "Usage:" not in done.stderr


@pytest.mark.costly
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE feeds SET name = 'Le Monde'",
        "INSERT INTO feeds (number, url, name) VALUES (9, 'x', 'Le Monde');"
        "UPDATE articles SET feed = 9",
        "UPDATE articles SET outlet = 'Le Monde'",
    ],
)
def test_an_outlet_that_the_evidence_does_not_back_is_not_shown(
    web: Web, tmp_path: Path, forgery: str
) -> None:
    newsroom = Newsroom(tmp_path)
    for host in ("lesoir.be", "afp.com"):
        web.on(f"/{host}", copy(host))
    newsroom.watch(
        [{"url": web.url(f"/{host}"), "name": host} for host in ("lesoir.be", "afp.com")],
        ["Alibaba", "Rien"],
    )
    poll(newsroom)
    numbers = [f"a{id}" for (id,) in newsroom.sql("SELECT id FROM alerts")]
    numbers += [str(id) for (id,) in newsroom.sql("SELECT article FROM alerts")]
    assert numbers and all("lesoir.be" in newsroom.here("show", n).stdout for n in numbers[:1])
    with closing(sqlite3.connect(newsroom.folder / "var" / "newsroom.db")) as sql:
        sql.executescript(forgery)
    for number in numbers:
        for form in ("text", "json"):
            done = newsroom.here("show", number, "--format", form)
            assert (done.returncode, done.stdout) == (1, "")
            assert "'Le Monde'" in done.stderr or "`article.feed` is now 9" in done.stderr


@pytest.mark.costly
def test_an_article_without_alerts_is_not_shown_as_one_of_another_outlet(
    web: Web, tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path)
    for host in ("lesoir.be", "afp.com"):
        web.on(f"/{host}", copy(host))
    newsroom.watch(
        [{"url": web.url(f"/{host}"), "name": host} for host in ("lesoir.be", "afp.com")],
        ["Rien"],
    )
    poll(newsroom)
    numbers = [str(id) for (id,) in newsroom.sql("SELECT id FROM articles ORDER BY id")]
    assert len(numbers) > 1
    assert all(newsroom.here("show", number).returncode == 0 for number in numbers)
    with closing(sqlite3.connect(newsroom.folder / "var" / "newsroom.db")) as sql:
        sql.executescript(
            "INSERT INTO feeds (number, url, name) VALUES (9, 'x', 'Le Monde');"
            f"UPDATE articles SET feed = 9 WHERE id = {numbers[0]}"
        )
    for form in ("text", "json"):
        done = [newsroom.here("show", number, "--format", form) for number in numbers]
        assert all("Le Monde" not in shown.stdout for shown in done)
        assert (done[0].returncode, done[0].stdout) == (1, "")
        assert f"article {numbers[0]} is not of the feed that brought it" in done[0].stderr


@pytest.mark.costly
def test_what_other_feeds_brought_is_shown_although_the_evidence_contradicts_one(
    web: Web, tmp_path: Path
) -> None:
    newsroom = Newsroom(tmp_path)
    for host in ("lesoir.be", "afp.com"):
        web.on(f"/{host}", copy(host))
    web.on("/other", NOTHING)
    newsroom.watch(
        [{"url": web.url(f"/{host}"), "name": host} for host in ("lesoir.be", "afp.com", "other")],
        ["Alibaba", "Rien"],
    )
    poll(newsroom)
    alerts = newsroom.sql(
        "SELECT al.id, a.id, f.name FROM alerts al JOIN articles a ON a.id = al.article"
        " JOIN feeds f ON f.number = a.feed"
    )
    with closing(sqlite3.connect(newsroom.folder / "var" / "newsroom.db")) as sql:
        sql.executescript("UPDATE feeds SET name = 'Le Monde' WHERE name = 'lesoir.be'")
    refused = {}
    for alert, article, feed in alerts:
        shown = [newsroom.here("show", number) for number in (f"a{alert}", str(article))]
        assert all("Le Monde" not in done.stdout for done in shown)
        refused.setdefault(feed, set()).update(done.returncode for done in shown)
    assert refused["lesoir.be"] == {1} and refused["other"] == {0}
