"""Who had a story first and by how long; what an edit of feeds.yaml changed: in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web

from monitor.cli.show import order, story_lines
from monitor.config import understand
from monitor.config.diff import changes
from monitor.ingest.stories import published_first
from monitor.model.alert import Outlet, StoryTimeline

NOW = 1_700_000_000.0
FIRST = Outlet(name="Les Échos", article=1, seen=NOW, lag=0.0, published=NOW - 60)
SECOND = Outlet(name="Reuters", article=2, seen=NOW + 240, lag=240.0, copied=True)
THIRD = Outlet(name="Le Soir", article=3, seen=NOW + 7_200, lag=7_200.0)


# --- the order ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outlets", "words"),
    [
        ((), ""),
        ((FIRST,), ""),
        ((FIRST, SECOND), "Les Échos first; Reuters +4 min"),
        ((FIRST, SECOND, THIRD), "Les Échos first; Reuters +4 min; Le Soir +2 h"),
        (
            (FIRST, SECOND, THIRD, replace(THIRD, name="AFP")),
            "Les Échos first; Reuters +4 min; Le Soir +2 h; 1 more",
        ),
        ((FIRST, replace(SECOND, lag=0.2)), "Les Échos first; Reuters at once"),
        (
            (FIRST, replace(SECOND, published=NOW - 600)),
            "Les Échos first; Reuters +4 min; published first by Reuters",
        ),
    ],
)
def test_who_was_first_and_by_how_long(outlets: tuple[Outlet, ...], words: str) -> None:
    assert order(StoryTimeline(outlets)) == words


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (NOW - 60, NOW - 3_600, "Reuters"),
        (NOW - 60, NOW - 61, None),  # within a minute they agree
        (NOW - 3_600, NOW - 60, None),
        (None, NOW - 3_600, None),  # nothing to compare it with
        (NOW + 9_999, NOW - 3_600, None),
        (NOW - 60, None, None),
        (NOW - 60, NOW + 999, None),  # dated after we had it
        (NOW - 60, 0.0, None),  # 1970
        (NOW - 60, NOW - 4 * 86_400, None),
    ],
)
def test_what_the_publishers_say_of_the_order(
    first: float | None, second: float | None, found: str | None
) -> None:
    told = (replace(FIRST, published=first), replace(SECOND, published=second))
    earlier = published_first(told)
    assert (earlier.name if earlier else None) == found


def test_a_date_that_is_none_costs_no_line() -> None:
    strange = (FIRST, replace(SECOND, published=1e18), replace(THIRD, published=-1e18))
    assert len(list(story_lines(StoryTimeline(strange), NOW))) == 4


# --- edits --------------------------------------------------------------------------------

BEFORE = """
feeds: [https://a.org/x]
watchlists:
- Cainiao
- {name: A, terms: [Alibaba, Temu], severity: low}
- {name: Q, query: 'a1 AND (b1 OR c1) NOT d1'}
- {name: S, score: {x1: 3, y1: 4}, threshold: 5}
- {name: Same, query: 'un  OR deux'}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- Cainiao\n", "- Cainiao\n- Shein\n- Wish\n", ["watchlist added: Shein, Wish"]),
        ("- Cainiao\n", "", ["watchlist removed: Cainiao"]),
        ("[Alibaba, Temu]", "[Alibaba, AliExpress]",
         ["watchlist changed: A: terms + AliExpress, - Temu"]),
        ("[Alibaba, Temu]", "[Alibaba, Temu], not: [conte]",
         ["watchlist changed: A: terms + -conte"]),
        ("severity: low", "severity: high", ["watchlist changed: A: severity low → high"]),
        ("severity: low", "severity: low, cooldown: 30m, backfill: notify, escalate: false",
         ["watchlist changed: A: escalation; cooldown 30 min; backfill: notify"]),
        ("a1 AND (b1 OR c1)", "a1 OR (b1 AND c1)",
         ["watchlist changed: Q: now a1 OR (b1 AND c1) NOT d1"]),
        ("y1: 4}, threshold: 5", "y1: 4}, threshold: 6",
         ["watchlist changed: S: terms + threshold 6, - threshold 5"]),
        ("un  OR deux", "un OR deux", []),
        ("[https://a.org/x]", "[https://a.org/x, https://b.org/y]", ["feed added: b.org"]),
        ("[https://a.org/x]", "[{url: https://a.org/x, every: 5m, tags: be, enabled: false}]",
         ["feed changed: a.org: every adaptive → 5 min; tags + be; disabled"]),
        ("feeds:", "network: {contact: a@b.org}\nfeeds:", ["network changed"]),
        ("feeds:", "searches: [{name: s, query: mot}]\nfeeds:", ["search added: s"]),
        ("feeds:", "zone: Europe/Brussels\nfeeds:",
         ["zone changed: the clock of quiet hours and digests"]),
    ],
)  # fmt: skip
def test_an_edit_is_told_by_what_it_changes(old: str, new: str, told: list[str]) -> None:
    assert BEFORE.count(old) == 1
    one, other = (
        understand(text.encode(), Path("feeds.yaml")) for text in (BEFORE, BEFORE.replace(old, new))
    )
    assert changes(one, other) == told
    assert changes(one, one) == []


def test_many_names_are_counted() -> None:
    many = BEFORE + "".join(f"- mot{n}\n" for n in range(50))
    one, other = (understand(text.encode(), Path("f")) for text in (BEFORE, many))
    (line,) = changes(one, other)
    assert line.endswith("mot7 and 42 more")


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


def polled(newsroom: Newsroom) -> None:
    done = newsroom.tocsin("run", "--once", "--now")
    assert done.returncode == 0, done.stderr


def listed(newsroom: Newsroom, *more: str) -> list[dict[str, Any]]:
    said = newsroom.here("alerts", "--format", "jsonl", *more).stdout
    return [json.loads(line) for line in said.splitlines()]


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
    told = "SELECT count(*) FROM alerts WHERE watchlist = 'Alibaba'"
    with newsroom.running("run"):
        until(lambda: len(newsroom.sql("SELECT 1 FROM alerts")) >= 1)
        for number, host in enumerate(hosts, 1):
            web.on(f"/{host}", copy(host))
            until(lambda number=number: newsroom.sql(told) == [(number,)])
        alert = _listed_as_it_spread(newsroom, hosts)
        web.on("/lesoir.be", copy("lesoir.be", WIRE.replace("Alibaba", "chinois")))
        until(lambda: newsroom.sql("SELECT 1 FROM versions"))
        (edited,) = listed(newsroom, "--watch", "Alibaba")
        assert ([m["field"] for m in edited["matches"]], edited["lost"]) == (["title"], [])
        plain = copy("lesoir.be").body.replace(b"<title>Alibaba", b"<title>Un groupe")
        web.on("/lesoir.be", Reply(body=plain.replace(b"Alibaba", b"chinois")))
        until(lambda: newsroom.sql("SELECT 1 FROM lost_terms"))
    (edited,) = listed(newsroom, "--watch", "Alibaba")
    assert [lost["term"] for lost in edited["lost"]] == ["Alibaba"]
    shown = newsroom.here("show", str(alert["article"])).stdout
    assert "    Alibaba: no longer in the text since the edit of " in shown
    assert "no longer in the text" in newsroom.here("alerts", "--watch", "Alibaba").stdout


def _listed_as_it_spread(newsroom: Newsroom, hosts: tuple[str, ...]) -> dict[str, Any]:
    spread, alone = newsroom.here("alerts").stdout, listed(newsroom, "--watch", "Rien")
    assert "↑ 3 outlets at " in spread
    assert "lesoir.be first; lesechos.fr " in spread and " +2 · " in spread
    (alert,) = listed(newsroom, "--watch", "Alibaba")
    assert (alert["copies"], alert["severity"], alert["held"]) == (2, "high", "")
    assert [outlet["name"] for outlet in alert["outlets"]] == list(hosts)
    assert [outlet["copied"] for outlet in alert["outlets"]] == [False, True, True]
    lags = [outlet["lag"] for outlet in alert["outlets"]]
    assert lags == sorted(lags) and lags[0] == 0
    assert [(e["reason"], e["from"]) for e in alert["escalations"]] == [("outlets", "medium")]
    assert len(alert["rule"]) == 32
    assert [each["held"] for each in alone] == ["backfill", "", "", ""]
    titles = [each["title"] for each in listed(newsroom)]  # it came before the second one of these
    assert titles.index(alert["title"]) > titles.index("Rien de lesechos.fr")
    shown = newsroom.here("show", str(alert["article"])).stdout
    assert "    ↑ 3 outlets at " in shown and "; raised as medium" in shown
    assert "    lesoir.be, first · article" in shown and ", a copy · article" in shown
    return alert


def test_follow_prints_again_what_becomes_louder(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    hosts = ("lesoir.be", "lesechos.fr")
    web.on("/lesoir.be", copy("lesoir.be"))
    web.on("/lesechos.fr", NOTHING)
    feeds = [{"url": web.url(f"/{host}"), "name": host, "lang": "fr"} for host in hosts]
    newsroom.watch(feeds, ["Alibaba"], alerts={"escalate": {"outlets": 2}})
    polled(newsroom)
    with newsroom.running("alerts", "--follow", "--format", "jsonl") as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        web.on("/lesechos.fr", copy("lesechos.fr"))
        polled(newsroom)
        again = json.loads(following.stdout.readline())
    assert first["id"] == again["id"]
    assert (first["severity"], again["severity"]) == ("medium", "high")
    assert [e["words"] for e in again["escalations"]] == ["2 outlets"]


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
        said = until(lambda: newsroom.json("status", "--json")["config_error"])
        assert "feeds.yaml: line 1, column 9" in said
        assert "the last edit is not in force" in newsroom.here("status").stdout
        monitor.terminate()
        log = monitor.stderr.read()
    assert "feeds.yaml: watchlist changed: Chine: terms + Liège, - Temu" in log
    assert "feeds.yaml: watchlist added: douanes" in log
    assert "the last good version stays in force" in log
