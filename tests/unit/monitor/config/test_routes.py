"""Tests of routes, quiet hours, digests and templates in feeds.yaml, and of mistakes."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.base.errors import ConfigError
from monitor.config.loading import understand
from monitor.judgement.alerts.routing import routing
from monitor.model.config import Config, Digest, Quiet, Route
from monitor.model.watchlist import Severity

PAPER = """\
zone: europe/brussels
feeds:
  - {url: "https://www.lesoir.be/rss", name: lesoir, tags: [belgique]}
  - {url: "https://feeds.bbci.co.uk/news", name: bbc, tags: [uk]}
watchlists:
  - Liège
  - {name: Rumours, terms: [rumeur], notify: [log]}
channels:
  - {name: desk, url: "json://127.0.0.1/x", %s}
  - {name: log, file: log.jsonl}
routes:
  - {to: desk, %s}
  - {to: []}
alerts: {notify: [log]}
"""
HIGH, MEDIUM, LOW = Severity
BRUSSELS = ZoneInfo("Europe/Brussels")


def config_of(channel: str = "digest: 1h", route: str = "lang: fr") -> Config:
    return understand((PAPER % (channel, route)).encode(), Path("feeds.yaml"))


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("severity: medium", Route(to=("desk",), severity=(HIGH, MEDIUM))),
        ("severity: low", Route(to=("desk",), severity=(HIGH, MEDIUM, LOW))),
        ("severity: [low]", Route(to=("desk",), severity=(LOW,))),
        ("lang: [fr, en]", Route(to=("desk",), lang=("fr", "en"))),
        ("watch: [liège, feed health]", Route(to=("desk",), watch=("liège", "feed health"))),
        ("tag: uk", Route(to=("desk",), feeds=("bbc",))),
        ("feeds: [lesoir, tag:uk]", Route(to=("desk",), feeds=("lesoir", "bbc"))),
        ("tag: uk, feeds: [lesoir]", Route(to=("desk",), feeds=())),  # both must hold
        ("lang: fr, digest: 30m", Route(to=("desk",), lang=("fr",), digest=Digest(every=1800.0))),
        (
            'lang: fr, digest: ["7:30", "24:00"]',
            Route(to=("desk",), lang=("fr",), digest=Digest(at=(time(7, 30), time()))),
        ),
        (
            "lang: fr, quiet: {from: 22:00, to: 07:00}",
            Route(to=("desk",), lang=("fr",), quiet=Quiet(start=time(22), end=time(7))),
        ),
        (
            "lang: fr, quiet: {from: 22:00, to: 07:00, days: [fri-sun, tue], except: high, "
            "zone: Europe/Brussels}",
            Route(
                to=("desk",),
                lang=("fr",),
                quiet=Quiet(
                    start=time(22), end=time(7), days=(1, 4, 5, 6), spares=(HIGH,), zone=BRUSSELS
                ),
            ),
        ),
    ],
)
def test_a_route_as_written_and_as_meant(route: str, expected: Route) -> None:
    assert config_of(route=route).routes[0] == expected


def test_channels_have_hours_and_a_template() -> None:
    config = config_of('quiet: {from: "22:00", to: "07:00"}, digest: 1h, template: "$headline"')
    (desk, log) = config.channels
    assert desk.quiet == Quiet(start=time(22), end=time(7))
    assert (desk.digest, desk.template, desk.zone) == (Digest(every=3600.0), "$headline", BRUSSELS)
    assert (log.quiet, log.digest, log.template) == (None, None, "")


def test_the_word_of_a_watchlist_goes_before_routes_and_the_usual_comes_after() -> None:
    config = config_of()
    routes = routing(config)
    assert routes.named == {"Rumours": ("log",)}
    assert (routes.default, routes.zone) == (("log",), BRUSSELS)


@pytest.mark.parametrize(
    ("channel", "route", "problem"),
    [
        ("", "watch: liege", "12:23: no watchlist is called `liege`; did you mean `Liège`?"),
        ("", "tag: uks", "12:21: no feed has the tag `uks`; did you mean `uk`?"),
        ("", "feeds: lesoire", "12:23: no feed is called `lesoire`; did you mean `lesoir`?"),
        ("", "severity: loud", "12:26: `loud`: write high or medium or low"),
        ("", "lang: french", "12:22: `french` is not a language; write its two letters"),
        ("", "when: now", "12:16: unknown key `when`"),
        ("", "quiet: {from: 22:00}", "12:23: this quiet has no `to`"),
        ("", "quiet: {from: 22:00, to: 7h}", "12:41: `7h` is not a time of day; write 07:00"),
        ("", "quiet: {from: 1:00, to: 1:00}", "12:23: these quiet hours never end"),
        ("", "quiet: {from: 1:00, to: 2:00, days: some}", "12:52: `some` is not a day"),
        ("", "quiet: {from: 1:00, to: 2:00, zone: Brussels}", "did you mean `Europe/Brussels`?"),
        ("", "quiet: {from: 1:00, to: 2:00, zone: ../etc}", "`../etc` is not a time zone"),
        ("", "digest: 30", "`30` lacks a unit"),
        ("", "digest: 2d", "`2d` is not from 1m to 1d"),
        ("", "digest: []", "`digest` is empty"),
        ("digest: 5s", "lang: fr", "9:53: `5s` is not from 1m to 1d"),
        ("template: $titel", "lang: fr", "has no field `$titel`; known are"),
        ('template: "5 $ each"', "lang: fr", "write `$$` for a dollar sign"),
        ("", "severity: []", "13:5: no alert reaches this route: the one on line 12 is for all"),
    ],
)
def test_what_cannot_be_meant_is_objected_to_where_it_stands(
    channel: str, route: str, problem: str
) -> None:
    position, _, words = problem.partition(": ") if problem[0].isdigit() else ("", "", problem)
    with pytest.raises(ConfigError) as error:
        config_of(channel or "digest: 1h", route)
    (found_problem,) = error.value.problems
    assert words in found_problem.message
    assert not position or f"{found_problem.line}:{found_problem.column}" == position


def test_a_template_is_for_people() -> None:
    text = PAPER % ("digest: 1h", "lang: fr")
    text = text.replace("file: log.jsonl", "file: log.jsonl, template: $headline")
    with pytest.raises(ConfigError, match="a `template` is for a `url`"):
        understand(text.encode(), Path("feeds.yaml"))
