"""`tocsin watch test` and `lint`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pexpect
import pytest
from support.newsroom import TOCSIN, Newsroom
from support.scripted_server import Web
from support.watched_articles import WATCHLISTS, feeds, fill, publish

from index.query.parser import any_of
from monitor.model.config import StoreAddress
from monitor.storage.search.search import ArchiveSearch
from monitor.storage.store import open_views


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        publish(web)
        yield web


@pytest.fixture(scope="module")
def filled(server: Web, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    return fill(Newsroom(tmp_path_factory.mktemp("watched")), server)


def article(newsroom: Newsroom, title: str) -> str:
    ((id,),) = newsroom.sql("SELECT id FROM articles WHERE title = ?", title)
    return str(id)


def other(newsroom: Newsroom, server: Web, *watchlists: Any) -> str:
    """Write another file beside feeds.yaml."""
    path = newsroom.folder / "other.yaml"
    settings = {"feeds": feeds(server), "watchlists": watchlists}
    path.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
    return path.name


def test_test_tells_what_a_file_would_bring(filled: Newsroom, server: Web) -> None:
    file = other(
        filled,
        server,
        {"name": "Alibaba", "query": '"Alibaba numéro" -"numéro 4"'},
        {"name": "Ports", "terms": ["port", "porte"]},
    )
    before = filled.counts()
    alibaba, ports = filled.json("watch", "test", file, "--format", "json")
    dropped = int(article(filled, "Alibaba numéro 4"))
    assert (alibaba["hits"], alibaba["gained"], alibaba["lost"]) == (9, [], [dropped])
    assert (ports["hits"], len(ports["gained"]), ports["lost"]) == (20, 20, [])
    assert sum(ports["days"]) == 20
    assert {row["term"]: row["articles"] for row in ports["terms"]} == {"port": 10, "porte": 10}
    assert len(ports["samples"]) == 3
    assert all(sample["title"].startswith("port") for sample in ports["samples"])
    done = filled.here("watch", "test", file)
    assert "Alibaba  9 hits  +0 −1" in done.stdout
    assert f"lost          {dropped:>6}  Alibaba numéro 4" in done.stdout
    assert "60 articles, 2 watchlists" in done.stderr
    assert filled.counts() == before


def test_test_agrees_with_the_watch(filled: Newsroom) -> None:
    """The rules in force gain and lose nothing."""
    rows = filled.json("watch", "test", "--format", "json")
    assert [(row["gained"], row["lost"]) for row in rows] == [([], [])] * len(WATCHLISTS)
    listed = filled.json("watch", "list", "--format", "json")
    assert [row["hits"] for row in rows] == [row["total"] for row in listed]


def test_test_looks_only_at_what_is_asked(filled: Newsroom) -> None:
    rows = filled.json("watch", "test", "--since", "2099-01-01", "--format", "json")
    assert {(row["hits"], tuple(row["lost"]), tuple(row["days"])) for row in rows} == {(0, (), ())}


def test_lint_finds_what_is_not_worth_its_line(filled: Newsroom, server: Web) -> None:
    file = other(
        filled,
        server,
        {"name": "Zèbres", "terms": ["zèbre", "Alibaba"]},
        {"name": "Doublés", "query": 'porte OR "porte numéro" OR douane* OR douane'},
        {"name": "Large", "terms": ["article"]},
        {"name": "Racines", "terms": ["porter~", "porte~"]},
        {"name": "Court", "terms": ["an"]},
        {"name": "Casse", "terms": ["=alibaba"]},
        {"name": "Bien", "query": "Alibaba AND numéro"},
    )
    done = filled.here("watch", "lint", file, "--format", "json")
    assert done.returncode == 1
    findings = {(row["watchlist"], row["term"], row["kind"]) for row in json.loads(done.stdout)}
    assert findings >= {
        ("Zèbres", "zèbre", "never"),
        ("Doublés", '"porte numéro"', "subsumed"),
        ("Doublés", "douane", "subsumed"),
        ("Large", "article", "broad"),
        ("Court", "an", "short"),
        ("Casse", "=alibaba", "case"),
    }
    assert not [row for row in findings if row[0] == "Bien"]
    assert ("Zèbres", "Alibaba", "never") not in findings
    assert ("Racines", "porte~") in {row[:2] for row in findings}
    report = filled.here("watch", "lint", file).stdout
    assert "Zèbres: `zèbre` matches no article of the archive" in report


UNHEARD = "never matches, though the archive has each of its words"


def test_rules_that_the_archive_never_had_are_told(filled: Newsroom, server: Web) -> None:
    file = other(
        filled,
        server,
        {"name": "Phrase", "terms": ["Alibaba douane", "Alibaba zèbre", "texte de cet article"]},
        {"name": "Paire", "query": "lang:fr douane Alibaba -zèbre"},
        {"name": "Liste", "terms": ["douane, Alibaba"], "not": ["a or b"]},
        {"name": "Ou", "query": "douane or Alibaba"},
        {"name": "Score", "score": {"douane": 1, "Alibaba": 1}, "threshold": 2},
        {"name": "Bien", "query": "Alibaba numéro lang:fr"},
    )
    expected = [
        f"Phrase: `Alibaba douane` {UNHEARD}",
        f"Paire: `lang:fr douane Alibaba -zèbre` {UNHEARD}",
        "Liste: `douane, Alibaba` is one phrase: write `terms: [douane, Alibaba]`,"
        " or `'\"douane, Alibaba\"'` if that is meant",
        "Liste: `a or b` is one phrase: write `terms: [a, b]`, or `'\"a or b\"'` if that is meant",
        f"Liste: `douane, Alibaba` {UNHEARD}",
        "Ou: `douane or Alibaba` asks for the word `or`: write `douane OR Alibaba`,"
        ' or `"or"` if that is meant',
        f"Score: `1×douane + 1×Alibaba ≥ 2` {UNHEARD}",
    ]
    done = filled.here("-c", file, "check", "--format", "json")
    assert json.loads(done.stdout)["warnings"][1:] == expected  # the first is about addresses
    report = filled.here("watch", "lint", file).stdout.splitlines()
    assert {*report} >= {*expected}
    assert "Phrase: `Alibaba zèbre` matches no article of the archive" in report


def test_add_warns_of_a_rule_that_never_rings(server: Web, tmp_path: Path) -> None:
    newsroom = fill(Newsroom(tmp_path), server)
    done = newsroom.here("watch", "add", "douane or Alibaba")
    assert (done.returncode, done.stdout) == (0, "")
    assert "warning: `douane or Alibaba` is one phrase: write `terms: [douane, Alib" in done.stderr
    assert (
        f"warning: `Alibaba douane` {UNHEARD}"
        in newsroom.here("watch", "add", "Alibaba douane").stderr
    )
    assert "warning" not in newsroom.here("watch", "add", "espionnage numéro").stderr


def test_rules_are_tried_for_a_few_seconds(filled: Newsroom) -> None:
    now = [0.0]
    views = open_views(StoreAddress(filled.data))
    count = ArchiveSearch(filled.data, views, lambda: now[0], UTC).timed_count()
    rule = any_of(["Alibaba douane"]).root
    assert count(rule) == 0
    assert count(any_of(["Alibaba numéro"]).root) > 0
    now[0] = 2.5
    assert count(rule) == -1


def test_a_search_asks_whether_an_operator_was_meant(filled: Newsroom) -> None:
    done = filled.here("search", "douane or Alibaba")
    assert "+20 did you mean `douane OR Alibaba`?" in done.stderr
    (first, *_rest) = filled.json("search", "voici, texte", "--format", "json")["suggestions"] or [
        {}
    ]
    assert first == {}  # the same 60 articles
    (first, *_rest) = filled.json("search", "numéro, texte douane", "--format", "json")[
        "suggestions"
    ]
    assert (first["kind"], first["query"]) == ("meant", "numéro OR texte douane")


def test_lint_says_nothing_of_good_watchlists(filled: Newsroom, server: Web) -> None:
    # Each of these words is in a sixth of this archive, so only a pair of words is narrow.
    file = other(filled, server, {"name": "Bien", "query": "Alibaba AND numéro"})
    done = filled.here("watch", "lint", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "0 articles in the archive, fewer than 50: terms that never match, or match a"),
        (
            "fr",
            "0 article dans l’archive, moins de 50 : les termes qui ne correspondent jamais, ou",
        ),
    ],
)
def test_lint_says_what_it_does_not_look_for_in_a_small_archive(
    tmp_path: Path, server: Web, language: str, words: str
) -> None:
    newsroom = Newsroom(tmp_path)
    file = other(newsroom, server, {"name": "Bien", "query": "Alibaba AND numéro"})
    done = newsroom.here("watch", "lint", file, TOCSIN_LANGUAGE=language)
    assert (done.returncode, done.stdout) == (0, "")
    assert words in done.stderr.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def restored(filled: Newsroom) -> Iterator[Newsroom]:
    before = filled.config.read_text()
    yield filled
    filled.config.write_text(before)


def test_add_says_what_a_watchlist_would_have_brought(restored: Newsroom) -> None:
    done = restored.here("watch", "add", "port OR porte", "--name", "Quais")
    assert (done.returncode, done.stdout) == (0, "")
    head, *_, last = done.stderr.splitlines()
    assert head.startswith("20 of 60 articles of the last 30 days") and "alerts a day" in head
    assert "watching for" in last
    assert restored.here("watch", "add", "quai", "--yes").returncode == 0


@pytest.mark.costly
def test_add_asks_on_a_terminal_what_each_example_is_worth(restored: Newsroom) -> None:
    arguments = ["watch", "add", "port", "--name", "Quais"]
    before = restored.config.read_text()

    def spawn(*more: str) -> Any:
        child = pexpect.spawn(
            str(TOCSIN), [*arguments, *more], cwd=str(restored.folder), timeout=60,
            env=restored.environment({"TERM": "xterm"}), encoding="utf-8",  # type: ignore[arg-type]
        )  # fmt: skip
        child.delaybeforesend = 0.5  # a key before the terminal is read by keys is lost
        return child

    child = spawn()
    child.expect_exact("v relevant, x noise, another key neither; s saves at once, q does not save")
    child.expect_exact("1/10")
    child.send("v")
    child.expect_exact("2/10")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130 and restored.config.read_text() == before
    child = spawn()
    for place, key in enumerate("vvx s", 1):
        child.expect_exact(f"{place}/10")
        child.send(key)
    child.expect_exact("precision: 67% (21%–94%) of 3, too few")
    child.expect_exact("watching for port")
    child.expect(pexpect.EOF)
    assert "Quais" in restored.config.read_text()
    restored.config.write_text(before)
    child = spawn("--yes")
    child.expect_exact("watching for port")
    child.expect(pexpect.EOF)
