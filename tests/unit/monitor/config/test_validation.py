"""Tests that a feeds.yaml is valid, or is refused with the place of every problem."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from support import ROOT
from support.properties import examples

from monitor.base.errors import ConfigError, Problem
from monitor.config.checks import understand_and_test
from monitor.config.loading import load, understand
from monitor.config.location import data_folder, shared_store
from monitor.model.config import Config, StoreAddress
from monitor.model.watchlist import Severity

PATH = Path("newsroom/feeds.yaml")
STARTER = (ROOT / "monitor" / "config" / "starter.yaml").read_text(encoding="utf-8")
FEEDS = "feeds:\n  - https://a.example/rss\n"
WATCHLISTS = "watchlists:\n  - Alibaba\n"


def config(text: str) -> Config:
    return understand(text.encode(), PATH)


def problems(content: str | bytes) -> list[Problem]:
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(ConfigError) as error:
        understand_and_test(content, PATH)
    return error.value.problems


def feed(*lines: str) -> str:
    """Return a file whose first feed has these lines."""
    first, *tail = lines
    return "\n".join([f"feeds:\n  - {first}", *(f"    {line}" for line in tail), WATCHLISTS])


def watchlist(*lines: str) -> str:
    """Return a file whose only watchlist has these lines."""
    first, *tail = lines
    return "\n".join([f"{FEEDS}watchlists:\n  - {first}", *(f"    {line}" for line in tail), ""])


URL = "url: https://a.example/rss"
NAME = "name: Liège"

# `▲` stands where the problem is told; it is no part of the file.
MISTAKES: list[tuple[str, str]] = [
    # --- the file as a whole
    ("▲", "the file is empty"),
    ("▲# only a comment\n", "the file is empty"),
    ("▲just words\n", "begins with `feeds:`"),
    ("▲- https://a.example/rss\n", "begins with `feeds:`"),
    ("▲" + WATCHLISTS, "there is no `feeds:`; write `feeds: []`"),
    ("▲" + FEEDS, "there is no `watchlists:`"),
    ("▲feeds:\n" + WATCHLISTS, "`feeds` is empty; give it a value"),
    (FEEDS + "▲watchlists:\n", "`watchlists` is empty"),
    (FEEDS + WATCHLISTS + "▲---\n" + FEEDS, "a second document starts here"),
    # --- YAML
    (FEEDS + "▲\twatchlists: []\n", "a tab"),
    ("feeds:\n▲\t- https://a.example/rss\n", "a tab"),
    ("feeds: ▲[https://a.example/rss\n" + WATCHLISTS, "this `[` is not closed"),
    ("feeds: [▲{url: https://a.example/rss\n" + WATCHLISTS, "this `{` is not closed"),
    (feed(URL, "name: ▲'Liège"), "this quote is never closed"),
    (feed(URL, 'name: ▲"Liège'), "this quote is never closed"),
    (feed(URL, "name: L'Echo▲: le journal"), "`: ` must be in quotes"),
    (feed(URL, "name: 'L'▲Echo'"), "text after a closing quote"),
    (watchlist('query: "a" ▲AND b', NAME), "text after a closing quote"),
    (watchlist('terms: ▲["a" AND b]', NAME), "or quotes around a value"),
    (watchlist("terms: [▲*stan, b]", NAME), "starts with `*` must be in quotes"),
    (watchlist("terms: [a, ▲&co]", NAME), "starts with `&` must be in quotes"),
    (watchlist("terms: [a, ▲!important]", NAME), "starts with `!` must be in quotes"),
    (watchlist("▲@handle"), "starts with `@` must be in quotes"),
    (watchlist('name: "L\\▲Echo"', "terms: a"), "this is not YAML: found unknown escape"),
    (FEEDS + WATCHLISTS + "▲watchl\n", "neither `key: value` nor `- item`"),
    (FEEDS + "watchlists:\n  - a\n ▲- b\n", "does not line up"),
    (feed(URL, NAME) + "   data▲: x\n", "or this line does not line up"),
    ("feeds: " + "[" * 19 + "▲[" + "[" * 880 + "]" * 900 + "\n", "nested more than 20 levels"),
    ("feeds: " + "[" * 19 + "▲[" + "[" * 49_980 + "\n", "nested more than 20 levels"),
    ("feeds: " + "[" * 19 + "▲[" + "[" * 49_980 + "]" * 50_000 + "\n", "nested more than"),
    ("  feeds: []\n▲watchlists: []\n", "does not line up with the lines above"),
    (watchlist("terms: [a]▲[b]", NAME), "this is not YAML: "),
    (watchlist("query: >▲x", NAME), "this is not YAML: "),
    (watchlist("query: ▲]", NAME), "this is not YAML: "),
    ("feeds: [\n▲", "this is not YAML: "),
    (watchlist("query: ▲- a", NAME), "this is not YAML: "),
    ("? ▲[a]\n: b\n", "a key must be a word"),
    # --- keys
    (FEEDS + WATCHLISTS + "▲feeds: []\n", "key `feeds` appears twice; the first is on line 1"),
    (feed(URL, NAME, "▲name: b"), "key `name` appears twice; the first is on line 3"),
    ("▲feedz: []\n" + WATCHLISTS, "unknown key `feedz`; did you mean `feeds`?"),
    (feed(URL, "▲tag: a"), "unknown key `tag`; did you mean `tags`?"),
    (feed(URL, "▲colour: red"), "unknown key `colour`; known are url, sitemap, page"),
    (watchlist("▲tearms: [a]"), "unknown key `tearms`; did you mean `terms`?"),
    (watchlist("terms: a", "▲notifies: [desk]"), "unknown key `notifies`; did you mean `notify`?"),
    (
        watchlist("terms: a", "notify: [▲desk]"),
        "no such channel `desk`",
    ),
    (
        watchlist("terms: a", "cooldown: ▲2d"),
        "`2d` is not from 1s to 1d",
    ),
    (
        watchlist("terms: a", "backfill: ▲send"),
        "`send`: write list or notify",
    ),
    (
        watchlist("terms: a", "escalate: {outlets: ▲1}"),
        "`outlets` is a whole number from 2, or `false`",
    ),
    (
        watchlist("terms: a", "escalate: {outlets: ▲some}"),
        "`outlets` is a whole number from 2, or `false`",
    ),
    (watchlist("terms: a", "escalate: {▲outlet: 3}"), "`outlet`; did you mean `outlets`?"),
    (watchlist("terms: a", "escalate: ▲never"), "must be a mapping (`key: value`)"),
    (watchlist("terms: a") + "alerts: {notify: ▲desk}\n", "no such channel `desk`"),
    (watchlist("terms: a") + "alerts: {▲colldown: 3m}\n", "did you mean `cooldown`?"),
    (FEEDS + WATCHLISTS + "network: {▲alow: []}\n", "did you mean `allow`?"),
    (FEEDS + WATCHLISTS + "defaults: {▲url: x}\n", "unknown key `url`; known are every"),
    (feed("▲name: Liège"), "this feed has no `url`"),
    (feed("url: https://a.example/", "▲page: https://a.example/b", "item: li"), "one is enough"),
    (feed("▲page: https://a.example/b"), "a `page` needs an `item`"),
    (feed(URL, "▲item: article"), "`item` is for a `page`"),
    (watchlist("name: N", "query: a OR ▲concept:Nix"), "there is no concept `Nix`"),
    (watchlist("name: N", "terms: [a, '▲notion:Nix']"), "there is no concept `Nix`"),
    (watchlist("name: N", "terms: [a]", "not: ['▲concept:Nix']"), "there is no concept `Nix`"),
    (f"{FEEDS}{WATCHLISTS}concepts:\n  A: {{names: ['▲concept:A']}}\n", "is a name of itself"),
    (feed("page: https://a.example/b", "item: ▲'li['"), "is no selector of CSS"),
    (feed(URL, "▲name:"), "`name` is empty"),
    (watchlist("terms: [a, ▲~]", NAME), "this item is empty"),
    # --- types
    ("feeds: ▲https://a.example/rss\n" + WATCHLISTS, "`feeds` must be a list"),
    (FEEDS + "watchlists: ▲{a: b}\n", "`watchlists` must be a list"),
    ("feeds:\n  - ▲[https://a.example/rss]\n" + WATCHLISTS, "must be a mapping"),
    (feed(URL, "name: ▲[a, b]"), "`name` must be text"),
    (feed(URL, "name: ▲true"), "must be text; put it in quotes"),
    (feed(URL, "tags: ▲{a: b}"), "`tags` must be a list"),
    (feed(URL, "tags: [a, ▲[b]]"), "an item of `tags` must be text"),
    (feed(URL, "enabled: ▲maybe"), "`enabled` must be true or false"),
    (feed(URL, "full_text: ▲[]"), "`full_text` must be true or false"),
    (watchlist("score: {a: ▲much}", "threshold: 3", NAME), "`a` must be a number"),
    (watchlist("score: {a: ▲true}", "threshold: 3", NAME), "`a` must be a number"),
    (watchlist("score: {a: 4}", "threshold: ▲.inf", NAME), "`threshold` must be a number"),
    (watchlist("score: ▲[a, b]", "threshold: 3", NAME), "`score` must be a mapping"),
    (f"{FEEDS}{WATCHLISTS}concepts:\n  ▲- Alibaba\n", "for each name a line `NAME: …`, without"),
    # --- addresses
    (feed("▲lesechos.fr/rss"), "did you mean `https://lesechos.fr/rss`?"),
    (feed("url: ▲ftp://a.example/rss"), "is not an address; write https://"),
    (feed("url: ▲feed://a.example/rss"), "`feed://a.example/rss` is not an address"),
    (feed("url: ▲file:///etc/passwd"), "is not an address"),
    (feed("url: ▲https://"), "is not an address"),
    (feed("url: ▲https:///rss"), "is not an address"),
    (feed("url: ▲'https://a.example/a b'"), "is not an address"),
    (feed("url: ▲https://a..example/rss"), "is not an address"),
    (feed("url: ▲https://a.example:99999/rss"), "is not an address"),
    (feed("url: ▲'https://[::1/rss'"), "is not an address"),
    (feed("url: ▲https://a.example/" + "x" * 2000), "at most 2000"),
    (FEEDS + "  - ▲https://a.example/rss\n" + WATCHLISTS, "the same feed as on line 2"),
    (FEEDS + "  - ▲http://www.A.example:80/rss/\n" + WATCHLISTS, "as on line 2, spelt otherwise"),
    (f"feeds:\n  - {{{URL}, name: a}}\n  - {{url: https://b.example, name: ▲A}}\n" + WATCHLISTS,
     "another feed has this name, on line 2"),
    # --- durations
    (feed(URL, "every: ▲15"), "lacks a unit; write 15m for minutes"),
    (feed(URL, "every: ▲often"), "is not a duration"),
    (feed(URL, "every: ▲-5m"), "is not a duration"),
    (feed(URL, "every: ▲25h"), "is not from 1s to 1d"),
    (feed(URL, "every: ▲0s"), "is not from 1s to 1d"),
    (feed(URL, "every: ▲30s"), "under a minute, but a.example is not an address inside"),
    (feed("url: http://10.0.0.1/rss", "every: ▲5s"), "under a minute, but 10.0.0.1"),
    (FEEDS + WATCHLISTS + "defaults: {every: ▲5s}\n", "under a minute, but a.example"),
    # --- other values
    (feed(URL, "lang: ▲french"), "write its two letters"),
    (feed(URL, "tags: [a, ▲two words]"), "is not a tag"),
    (feed(URL, "name: ▲'\" \"'").replace("'\" \"'", "' '"), "a name needs letters"),
    (feed(URL, "name: ▲" + "x" * 81), "at most 80"),
    (feed(URL, 'name: ▲"\\e[31mred"'), "a name needs letters"),
    (FEEDS + WATCHLISTS + "network: {allow: ▲localhost}\n", "write 192.168.0.0/16"),
    (FEEDS + WATCHLISTS + "network: {allow: [10.0.0.0/8, ▲10.0.0.0/64]}\n", "not a range"),
    (FEEDS + WATCHLISTS + "network: {allow: [▲10.1.2.3/8]}\n", "is not a range of addresses"),
    (FEEDS + WATCHLISTS + "network: {allow: [▲0.0.0.0/0]}\n", "every address there is"),
    (FEEDS + WATCHLISTS + "network: {contact: ▲me}\n", "neither a mail address"),
    (FEEDS + WATCHLISTS + "data: ▲[a]\n", "`data` must be text"),
    (FEEDS + WATCHLISTS + "language: ▲frech\n", "`frech`: write en or fr"),
    # --- the archive
    (FEEDS + WATCHLISTS + "archive: {keep: ▲3}\n", "lacks a unit"),
    (FEEDS + WATCHLISTS + "archive: {keep: ▲0.5d}\n", "is not from 1d to 1000y"),
    (FEEDS + WATCHLISTS + "archive: {▲kept: 3y}\n", "did you mean `keep`?"),
    (FEEDS + WATCHLISTS + "archive: ▲{except: has:alert}\n", "without `keep`"),
    (FEEDS + WATCHLISTS + "archive: {keep: 1y, except: [▲has:body]}\n", "write has:alert, watch"),
    (FEEDS + WATCHLISTS + "archive: {keep: 1y, except: [▲tag:x]}\n", "no feed has the tag `x`"),
    (FEEDS + WATCHLISTS + "archive: {keep: 1y, except: ▲watch:Ab}\n", "is called `Ab`"),
    (FEEDS + WATCHLISTS + "archive: {opensearch: 'http://h', index: ▲tocsin-x}\n", "digits and _"),
    (FEEDS + WATCHLISTS + "archive: {keep: 1y, except: has:alert, drop_alerts: ▲true}\n",
     "`except` keeps what `drop_alerts` drops"),
    # --- watchlists
    (watchlist("▲name: Liège"), "nothing to watch for; give it `terms`"),
    (watchlist("query: a", "▲terms: [b]", NAME), "`terms` beside `query`"),
    (watchlist("▲terms: [a, b]"), "needs a `name`"),
    (watchlist("▲query: a"), "needs a `name`"),
    (watchlist("▲score: {a: 3}", NAME), "a `score` needs a `threshold`"),
    (watchlist("terms: a", "▲threshold: 3", NAME), "a `threshold` needs a `score`"),
    (watchlist("terms: a", "severity: ▲urgent"), "write high or medium or low"),
    (watchlist("terms: a", "lang: [fr, ▲English]"), "write its two letters"),
    (watchlist("a", "- ▲A").replace("    - ", "  - "), "called `A` already, on line 4"),
    (watchlist("terms: a", "feeds: [▲tag:belgiqe]"), "no feed has the tag `belgiqe`"),
    (watchlist("terms: a", "feeds: [▲a.exmple]"), "did you mean `a.example`?"),
    # --- queries, at the very character
    (watchlist("query: a ▲AND", NAME), "AND has nothing after it"),
    (watchlist("query: (a OR b ▲)", NAME).replace("▲)", "").replace("(a", "▲(a"), "never closed"),
    (watchlist("query: 'title:(a b ▲OR)'", NAME), "OR"),
    (watchlist("query: 'l''État ▲OR'", NAME), "OR has nothing after it"),
    (watchlist('query: "\\"a b\\" ▲OR"', NAME), "OR has nothing after it"),
    (watchlist("query: >-", "  (a OR b)", "  AND ▲titel:c", NAME), "titel"),
    (watchlist("query: |", "  (a OR b)", "  AND ▲titel:c", NAME), "titel"),
    (watchlist("query: (a OR b)", "  AND ▲titel:c", NAME), "titel"),
    (watchlist("query: 'a AND (▲'", NAME), "a word is missing before the end"),
    (watchlist("query: a ▲since:2023", NAME), "works in searches only"),
    (watchlist("query: ▲NOT a", NAME), "only says what must not be there"),
    (watchlist("'▲!!'"), "there is no word"),
    (watchlist("terms: [a, '▲!!']", NAME), "there is no word"),
    (watchlist("terms: [a, ▲x*]", NAME), "two letters beside its wildcard"),
    (watchlist("terms: [a, b ▲AND c]", NAME), "AND in a term"),
    (watchlist("b ▲NEAR/5 c"), "NEAR/5 in a term; for operators write `query:`"),
    (watchlist("terms: [a, 'l''un ▲W/3 b']", NAME), "W/3 in a term"),
    (watchlist('terms: [a, "▲2 OF (b, c)"]', NAME), "2 OF ( in a term"),
    (watchlist('terms: [a, "▲(b)"]', NAME), "brackets in a term"),
    (watchlist("terms: [a, ▲/b.c/]", NAME), "no regular expressions"),
    (watchlist("query: a OR ▲/b.c/", NAME), "no regular expressions"),
    (watchlist("terms: a", "not: [b, c ▲W/3 d]"), "W/3 in a term"),
    (watchlist("score: {a: 3, b ▲NEAR/5 c: 4}", "threshold: 3", NAME), "NEAR/5 in a term"),
    (watchlist("terms: a", "not: [b, '▲!!']"), "there is no word"),
    (watchlist("terms: a", "not: ▲[b, a]"), "contradicts"),
    (watchlist("score: {a: 3, '▲!!': 4}", "threshold: 3", NAME), "there is no word"),
    (watchlist("score: ▲{a: 3, b: 4, c: -2}", "threshold: 8", NAME), "less than the threshold 8"),
    # --- sentences
    (watchlist("terms: a", "match: [a, ▲'b']"), "raises no alert: no \"a\""),
    (watchlist("terms: a", "no_match: ▲un a"), "raises an alert: a: “a” in the title"),
    (watchlist("terms: a", "not: [a b]", "match: ▲here is a b"), "excluded by"),
    (watchlist("score: {a: 3, b: 4}", "threshold: 6", NAME, "match: [▲a]"), "score 3 of 6"),
    (watchlist("query: body:a OR title:b", NAME, "no_match: [c, ▲a]"), "“a” in the body"),
    (watchlist("query: a AND lang:fr", NAME, "match: [a]", "no_match: ▲a"), "raises an alert"),
]  # fmt: skip


@pytest.mark.parametrize(("marked_text", "words"), MISTAKES)
def test_a_mistake_is_told_at_its_place(marked_text: str, words: str) -> None:
    before, _, after = marked_text.partition("▲")
    (problem,) = problems(before + after)
    assert words in problem.message
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    assert (problem.line, problem.column) == (line, column), problem.message


BYTES = [
    (b"\xff\xfef\x00", 1, 1, "UTF-16"),
    (b"feeds:\n  - a\n  - name: Li\xe8ge\n", 3, 13, "byte 0xE8 is not UTF-8"),
    (b"feeds:\n  - a\x00b\n", 2, 6, "U+0000"),
    (b"feeds:\n  - a\x1b[31m\n", 2, 6, "U+001B"),
    (b"\xef\xbb\xbffeeds: no\nwatchlists: []\n", 1, 8, "list"),
    (b"feeds: []\r\nwatchlists: []\r\nfoo: 1\r\n", 3, 1, "unknown key `foo`"),
]


@pytest.mark.parametrize(("content", "line", "column", "words"), BYTES)
def test_bytes_that_are_no_text(content: bytes, line: int, column: int, words: str) -> None:
    problem = problems(content)[-1]
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message


def test_every_problem_is_told_at_once() -> None:
    found_problems = problems(
        "feeds:\n"
        "  - lesechos.fr\n"
        "  - {url: https://a.example/rss, every: 90, tags: [a b], colour: red}\n"
        "  - https://a.example/rss/\n"
        "watchlists:\n"
        "  - {terms: [a, b], severity: loud}\n"
        "  - {name: x, query: c, feeds: [tag:nowhere]}\n"
        "netwrok: {}\n"
    )
    assert [(problem.line, problem.column) for problem in found_problems] == [
        (2, 5), (3, 41), (3, 52), (3, 58), (4, 5), (6, 5), (6, 31), (7, 33), (8, 1),
    ]  # fmt: skip


def test_the_short_forms_and_the_defaults() -> None:
    parsed = config(
        "defaults: {every: 1h, tags: veille, full_text: yes, lang: FR}\n"
        "feeds:\n"
        "  - https://www.a.example/rss\n"
        "  - {url: https://b.example, tags: [a, veille], every: 1h30m, full_text: off, lang: en}\n"
        "watchlists:\n"
        "  - 1984\n"
        "  - {terms: [5G, 3.5], name: Numbers, severity: HIGH, lang: en, feeds: tag:a}\n"
    )
    first, second = parsed.feeds
    assert (first.name, first.tags, first.every) == ("a.example", ("veille",), 3600)
    assert (first.full_text, first.lang, first.enabled) == (True, "fr", True)
    assert (second.tags, second.every, second.full_text) == (("veille", "a"), 5400, False)
    assert second.lang == "en"
    year, numbers = parsed.watchlists
    assert (year.name, year.severity, year.feeds) == ("1984", Severity.MEDIUM, ())
    assert (numbers.severity, numbers.lang, numbers.feeds) == (Severity.HIGH, ("en",), ("tag:a",))


def test_sentences_are_tried_in_the_feeds_that_the_watchlist_watches() -> None:
    text = (
        "feeds:\n"
        "  - {url: https://a.example/rss, tags: belgique, lang: fr}\n"
        "  - {url: https://b.example/rss, tags: monde, lang: en}\n"
        "watchlists:\n"
        "  - {name: x, query: 'a AND tag:belgique', feeds: tag:monde, no_match: a}\n"
        "  - {name: y, query: 'a AND tag:belgique AND lang:fr', lang: fr, match: a}\n"
    )
    assert len(config(text).watchlists) == 2


def test_sentences_of_a_watchlist_that_is_not_understood_are_not_tried() -> None:
    (problem,) = problems(watchlist("terms: a", "not: [b, '!!']", "no_match: a b"))
    assert "there is no word" in problem.message
    (problem,) = problems(watchlist("terms: [a, [b]]", NAME, "match: b"))
    assert "must be text" in problem.message


def test_nameless_feeds_of_one_host_are_told_apart() -> None:
    feeds = "feeds:\n  - https://a.example/x.xml\n  - https://a.example/y.xml?z=1\n"
    names = [feed.name for feed in config(feeds + WATCHLISTS).feeds]
    assert names == ["a.example/x.xml", "a.example/y.xml?z=1"]


def test_own_machines_may_be_asked_every_second() -> None:
    parsed = config(
        "network: {allow: [127.0.0.0/8, '::1/128']}\n"
        "feeds:\n"
        "  - {url: http://127.0.0.1:8000/a, every: 1s}\n"
        "  - {url: 'http://[::1]/b', every: 5s}\n"
        "  - {url: http://localhost/c, every: 5s}\n" + WATCHLISTS
    )
    assert [feed.every for feed in parsed.feeds] == [1, 5, 5]
    assert parsed.allow == (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        ("", PATH.parent / "var"),
        ("data: elsewhere\n", PATH.parent / "elsewhere"),
        ("data: /srv/news # here\n", Path("/srv/news")),
        ('"data": ~/news\n', Path.home() / "news"),
        ("data: >-\n  else\n  where\n", PATH.parent / "else where"),
        ("data:\n  'it''s'\n", PATH.parent / "it's"),
    ],
)
def test_the_data_folder(data: str, folder: Path, tmp_path: Path) -> None:
    text = FEEDS + data + WATCHLISTS
    assert config(text).data == folder
    path = tmp_path / "feeds.yaml"
    path.write_text(text, encoding="utf-8")
    assert data_folder(path) == load(path).data
    assert data_folder(path, data=Path("x")) == load(path, data=Path("x")).data == Path("x")


def test_the_data_folder_of_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    assert data_folder(path) == tmp_path / "var"
    path.write_text("data: news\nfeeds: [", encoding="utf-8")
    assert data_folder(path) == tmp_path / "news"
    path.write_text("data: [news", encoding="utf-8")
    assert data_folder(path) == tmp_path / "var"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tocsin init"):
        load(tmp_path / "feeds.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
    with (tmp_path / "huge.yaml").open("wb") as huge:
        huge.truncate(100_000_001)
    with pytest.raises(ConfigError, match="larger than"):
        load(tmp_path / "huge.yaml")


@pytest.mark.costly
def test_a_big_file_is_read() -> None:
    feeds = "".join(f"  - https://a{n}.example/rss\n" for n in range(1000))
    terms = "".join(f"      - term{n}\n" for n in range(20_000))
    parsed = config(f"feeds:\n{feeds}watchlists:\n  - name: many\n    terms:\n{terms}")
    assert len(parsed.feeds) == 1000


PIECES = [
    "[",
    "]",
    "{",
    "}",
    ":",
    "- ",
    "\n",
    "\t",
    "'",
    '"',
    "*",
    "&",
    "#",
    "\\",
    "~",
    "é",
    "\x00",
]


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_a_mutated_file_loads_or_is_refused_with_places(data: st.DataObject) -> None:
    text = STARTER
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = (
            text[:start]
            + data.draw(st.sampled_from(["", *PIECES]) | st.text(max_size=4))
            + text[end:]
        )
    content = text.encode("utf-8", "surrogatepass")
    try:
        understand(content, PATH)
    except ConfigError as error:
        assert error.problems
        lines = (
            content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        )
        for problem in error.problems:
            assert problem.message
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, len(STARTER)))
def test_a_half_written_file_never_passes_for_whole(length: int) -> None:
    """The starter is refused when it is cut before its watchlists."""
    half_file = STARTER[: min(length, STARTER.index("  - Cainiao"))]
    assert problems(half_file)


FRENCH = [
    ("▲", "le fichier est vide ; `tocsin init` en écrit un pour commencer"),
    (feed(URL, "▲nme: a"), "clé inconnue `nme` ; vouliez-vous dire `name` ?"),
    (feed("▲name: a"), "il manque `url` à ce flux"),
    (feed(URL, "name: ▲[a]"), "`name` doit être du texte"),
    (feed(URL, "full_text: ▲oui"), "`full_text` doit être `true` ou `false`"),
    (feed(URL, "▲name:"), "`name` est vide ; donnez-lui une valeur ou supprimez-le"),
    (watchlist("terms: [x]", NAME, "severity: ▲hgh"),
     "`hgh` : écrivez high ou medium ou low"),
    (watchlist("query: ▲titel:a", NAME),
     "il n’y a pas de champ `titel:` ; écrivez `titre:`, ou mettez des guillemets :"
     ' `"titel: ..."`'),
    (FEEDS + "watchlists:\n  - ▲[a, b", "ce `[` n’est pas fermé ; il manque un `]`, ou des"
                                        " guillemets autour d’une valeur"),
]  # fmt: skip


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(("marked_text", "message"), FRENCH)
def test_a_mistake_is_told_in_french(marked_text: str, message: str) -> None:
    (problem,) = problems(marked_text.replace("▲", ""))
    assert problem.message.replace("\N{NO-BREAK SPACE}", " ") == message


@pytest.mark.parametrize("marked_text", [marked for marked, _ in MISTAKES])
def test_every_mistake_is_told_in_french_at_the_same_place(
    marked_text: str, request: pytest.FixtureRequest
) -> None:
    (english,) = problems(marked_text.replace("▲", ""))
    request.getfixturevalue("french")
    (french,) = problems(marked_text.replace("▲", ""))
    assert french[:2] == english[:2]
    assert french.message != english.message


@pytest.mark.parametrize(
    ("store_line", "environ", "address"),
    [
        ("", {}, ""),
        ("store: postgresql://tocsin@db.test/news\n", {}, "postgresql://tocsin@db.test/news"),
        ("store: postgresql://db/news\n", {"TOCSIN_STORE": "postgresql://x/y"}, "postgresql://x/y"),
    ],
)
def test_where_the_store_is(
    store_line: str,
    environ: dict[str, str],
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "feeds.yaml"
    path.write_text(FEEDS + store_line + WATCHLISTS, encoding="utf-8")
    assert shared_store(path, environ) == address
    assert load(path).store == StoreAddress(tmp_path / "var", address)


@pytest.mark.parametrize(
    ("store_url", "words"),
    [
        ("postgresql://tocsin:secret@db.test/news", "a password does not belong here"),
        ("postgresql://db.test/news?password=secret", "a password does not belong here"),
        ("mysql://db.test/news", "write postgresql://"),
        ("db.test", "write postgresql://"),
    ],
)
def test_an_address_of_a_store_that_cannot_be(store_url: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        config(FEEDS + f"store: {store_url}\n" + WATCHLISTS)
    ((problem,), text) = error.value.problems, str(error.value)
    assert words in problem.message
    assert "secret" not in problem.message + text
