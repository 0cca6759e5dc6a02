"""`tocsin search`, through the real executable: pages, formats, advice, saved searches."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import feedparser
import pexpect
import pytest
from rich.cells import cell_len
from support.newsroom import TOCSIN, Item, Newsroom, rss
from support.scripted_server import Reply, Web, conditional

from monitor.base.errors import CursorError
from monitor.cli import main
from monitor.model.search import Results
from monitor.runtime.viewing import open_service

pytestmark = pytest.mark.costly

ATOM = "{http://www.w3.org/2005/Atom}"
SEARCHES = [
    {"name": "Liège cette semaine", "query": "liège since:7d"},
    {"name": "Ports", "query": "port OR quai", "sort": "score"},
]
WATCHLISTS = [
    {"name": "Espions", "terms": ["espionnage~"], "severity": "high"},
    {"name": "Ports", "terms": ["port"], "severity": "low"},
]
TEXTS = (
    "espionnage à Liège",
    "sanctions contre le port",
    "espionnages au quai",
    "菜鸟网络在列日 & <b>",
)
COUNT = 40


def item(number: int) -> Item:
    """Return an article; every ninth has no link, so that it has only its text."""
    day = f"{1 + number % 28:02}"
    return Item(
        f"{TEXTS[number % 4]} numéro {number}",
        f"Voici le texte de {number}, où il est question de {TEXTS[number % 4]}." * 3,
        f"tag:ex.org,2023:{number}",
        "" if number % 9 == 8 else f"https://ex.org/{number}",
        f"{day} Oct 2023 10:00:00 GMT",
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        web.on("/fil", conditional(rss(*map(item, range(COUNT)))))
        yield web


@pytest.fixture(scope="module")
def filled(server: Web, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    newsroom = Newsroom(tmp_path_factory.mktemp("searched"))
    feed = {"url": server.url("/fil"), "name": "Le Fil", "lang": "fr", "tags": ["belgique"]}
    newsroom.watch([feed], WATCHLISTS, searches=SEARCHES)
    done = newsroom.once()
    assert done.returncode == 0, done.stderr
    return newsroom


class Done(NamedTuple):
    """The outcome of a command."""

    returncode: int
    stdout: str
    stderr: str


def search(newsroom: Newsroom, *args: str) -> Done:
    """Search in this process, which spares its start."""
    command = ["tocsin", "-c", str(newsroom.config), "--data", str(newsroom.data), "search", *args]
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = command
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


def page(newsroom: Newsroom, *args: str) -> Any:
    return json.loads(search(newsroom, *args, "--format", "json").stdout)


def ids(results: Any) -> list[int]:
    return [hit["article_id"] for hit in results["hits"]]


# --- pages -----------------------------------------------------------------------------


def test_pages_fit_together_whatever_arrives(server: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.watch([{"url": server.url("/autre"), "name": "Autre", "lang": "fr"}])
    server.on("/autre", Reply(body=rss(*map(item, range(COUNT)))))
    assert newsroom.once().returncode == 0
    archive = open_service(newsroom.data, newsroom.config).archive

    def pages(sort: str, limit: int = 15, after: str = "") -> Results:
        query = "texte OR quai since:2023-10 until:2023-10"
        return archive.search(query, sort=sort, limit=limit, after=after)

    complete = {sort: pages(sort, limit=0) for sort in ("date", "score")}
    first = {sort: pages(sort) for sort in complete}
    late = Item("Le texte du quai", "quai", "late", "https://ex.org/late", "9 Oct 2023 09:00 GMT")
    server.on("/autre", Reply(body=rss(late, *map(item, range(COUNT)))))
    assert newsroom.once("--now").returncode == 0
    for sort, first_page in first.items():
        results, hits = first_page, [*first_page.hits]
        while results.next:
            results = pages(sort, after=results.next)
            assert results.before == len(hits)
            assert results.total == complete[sort].total == COUNT
            hits += results.hits
        articles = [hit.article.id for hit in complete[sort].hits]
        assert [hit.article.id for hit in hits] == articles
        assert pages(sort).total == COUNT + 1
    for query, sort, place in (
        ("quai", "date", first["date"].next),
        ("texte", "date", first["date"].next),
        ("texte", "date", "Zm9v"),
    ):
        with pytest.raises(CursorError, match=r"another search|no place in a result"):
            archive.search(query, sort=sort, after=place)


def test_the_so_many_th_page(filled: Newsroom) -> None:
    all_ids = ids(page(filled, "texte", "--limit", "0"))
    second = page(filled, "texte", "--limit", "7", "--page", "2")
    assert (ids(second), second["before"]) == (all_ids[7:14], 7)
    done = search(filled, "texte", "--limit", "7", "--page", "2")
    assert f"8 to 14 of {len(all_ids)};" in done.stderr
    beyond_end = search(filled, "texte", "--page", "9")
    assert (beyond_end.returncode, beyond_end.stdout) == (1, "")
    assert "there is no such page" in beyond_end.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["texte", "--page", "2", "--limit", "0"], "--page needs a --limit"),
        (["texte", "--page", "0"], "--page"),
    ],
)
def test_a_page_that_is_none(arguments: list[str], complaint: str, filled: Newsroom) -> None:
    done = search(filled, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


# --- what would help -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["espionage"], {"spelling"}),
        (["sanction"], {"inflected", "any-ending", "spelling"}),
        (["=Liege"], {"any-form"}),
        (["sanct"], {"any-ending"}),
        (['"Liège espionnage"'], {"apart"}),
        (["quai lang:en"], {"any-language"}),
        (["quai", "--lang", "en"], {"any-language"}),
        (["quai since:2024"], {"any-date"}),
        (["quai", "--since", "2024"], {"any-date"}),
        (["quai feed:other"], {"without"}),
        (["quai watch:Nobody"], {"without"}),
        (["quai xyzzyx"], {"without"}),
        (["xyzzyx"], set()),
        (["texte"], set()),  # finds enough
    ],
)
def test_what_is_suggested_finds_what_it_says(
    arguments: list[str], kinds: set[str], filled: Newsroom
) -> None:
    done = search(filled, *arguments, "--format", "json")
    page_ = json.loads(done.stdout)
    assert {row["kind"] for row in page_["suggestions"]} == kinds
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    for row in page_["suggestions"]:
        kept = [word for name in options.keys() - row["without"] for word in (name, options[name])]
        answer = page(filled, row["query"], *kept)
        assert answer["total"] == row["total"] == page_["total"] + row["gained"] > page_["total"]


def test_what_looks_like_an_option_is_explained_where_nothing_is_found(filled: Newsroom) -> None:
    done = filled.here("search", "sanctions", "-s", "5555", "--format", "jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert "`-s` leaves out articles with `s`; options are whole words, as --limit 2" in done.stderr


def test_people_are_told_too(filled: Newsroom) -> None:
    done = search(filled, "sanction lang:en")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nothing found\n"
    done = search(filled, "sanction")
    assert "  +10 with sanction~: sanctions\n" in done.stderr
    done = search(filled, "quai", "--lang", "en", "--since", "2023")
    assert re.fullmatch(r"nothing found; you could search:\n +\+\d+ without --lang\n", done.stderr)
    assert "with" not in search(filled, "sanction", "--format", "jsonl").stderr


# --- filters ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--feed", "tag:belgique"], "tag:belgique"),
        (["--watch", "Espions"], "watch:Espions"),
        (["--until", "2023-10-09"], "until:2023-10-09"),
    ],
)
def test_options_are_words_of_the_query(options: list[str], words: str, filled: Newsroom) -> None:
    base = "quai OR liège"
    by_option = search(filled, base, *options, "--limit", "0", "--format", "jsonl")
    by_word = search(filled, f"({base}) {words}", "--limit", "0", "--format", "jsonl")
    assert by_option.stdout == by_word.stdout
    assert by_option.returncode == by_word.returncode


def test_a_word_that_must_not_be_there_is_no_bundle_of_options(filled: Newsroom) -> None:
    assert page(filled, "texte", "-question")["total"] == 0  # with a q, which is an option
    total = page(filled, "texte")["total"]
    assert page(filled, "texte", "-quai")["total"] == total - page(filled, "quai")["total"]


# --- formats ---------------------------------------------------------------------------


def test_urls(filled: Newsroom) -> None:
    done = search(filled, "texte", "--limit", "0", "--format", "urls")
    hits = page(filled, "texte", "--limit", "0")["hits"]
    assert done.stdout.splitlines() == [hit["url"] for hit in hits if hit["url"]]
    assert any(not hit["url"] for hit in hits)


def test_atom(filled: Newsroom) -> None:
    query = 'texte OR "<&>x"'
    printed = search(filled, query, "--limit", "0", "--format", "atom").stdout
    root = ET.fromstring(printed)
    hits = page(filled, query, "--limit", "0")["hits"]
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}title") == f"tocsin: {query}"
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [hit["title"] for hit in hits]
    all_ids = [node.text for node in root.iter(f"{ATOM}id")]
    assert len(set(all_ids)) == len(all_ids) == len(hits) + 1
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", id or "") for id in all_ids)
    for entry, hit in zip(entries, hits, strict=True):
        assert entry.findtext(f"{ATOM}updated") == hit["published"]
        assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Le Fil"
        link, content = entry.find(f"{ATOM}link"), entry.find(f"{ATOM}content")
        assert (link is None) == (content is not None) == (not hit["url"])  # RFC 4287, 4.1.2
        assert link is None or link.get("href") == hit["url"]
    output = search(filled, query, "--limit", "0", "--format", "atom").stdout
    assert output == printed


def test_atom_is_read_by_a_feed_reader(filled: Newsroom) -> None:
    printed = search(filled, "texte", "--format", "atom").stdout
    read = feedparser.parse(printed)
    assert not read.bozo
    assert read.version == "atom10"
    assert len(read.entries) == 40
    assert all(entry.id and entry.updated_parsed and entry.title for entry in read.entries)
    done = search(filled, "xyzzyx", "--format", "atom")
    assert done.returncode == 1
    assert not feedparser.parse(done.stdout).bozo


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_lines_fit(columns: int, filled: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = search(filled, "texte OR 菜鸟", "--limit", "0")
    lines = done.stdout.splitlines()
    assert len(lines) >= 3 * COUNT
    assert max(map(cell_len, lines)) <= columns
    assert any("菜鸟网络" in line for line in lines)


# --- on a terminal ---------------------------------------------------------------------


def on_terminal(newsroom: Newsroom, *args: str, **environ: str) -> str:
    """Return the output of a command on a terminal of 24 lines."""
    env = newsroom.environment({"TERM": "xterm", "PAGER": "sed s/^/PAGER/", **environ})
    env.pop("COLUMNS", None)
    child = pexpect.spawn(
        str(TOCSIN), list(args), cwd=str(newsroom.folder), env=env,  # type: ignore[arg-type]
        dimensions=(24, 80), timeout=60, encoding="utf-8",
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


def test_a_pager_for_what_does_not_fit(filled: Newsroom) -> None:
    command = ("search", "texte", "--limit", "20")
    assert "PAGER" in on_terminal(filled, *command)
    assert "PAGER" not in on_terminal(filled, "search", "texte", "--limit", "2")
    assert "PAGER" not in on_terminal(filled, *command, "--format", "jsonl")


def test_matches_are_lit_unless_no_colour_is_wanted(filled: Newsroom) -> None:
    lit = on_terminal(filled, "search", "quai", "--limit", "1")
    assert re.search("\x1b\\[[0-9;]*mquai\x1b\\[0m", lit)


# --- saved searches ----------------------------------------------------------------------


def test_a_saved_search(filled: Newsroom) -> None:
    expected = page(filled, "port OR quai", "--sort", "score")
    assert ids(page(filled, "@Ports")) == ids(expected)
    assert ids(page(filled, "@ports", "--sort", "date")) == ids(page(filled, "port OR quai"))
    narrowed = page(filled, "@ports", "-quai", "sanctions", "--sort", "score")
    assert ids(narrowed) == ids(page(filled, "(port OR quai) -quai sanctions", "--sort", "score"))
    for query in ("@Liège cette semaine", "@liegecettesemaine"):
        assert search(filled, query).returncode == 1  # nothing of this week


def test_a_saved_search_that_is_none(filled: Newsroom) -> None:
    done = search(filled, "@port")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no search called port" in done.stderr
    assert "@Ports" in done.stderr


def test_saved_searches_are_listed(filled: Newsroom) -> None:
    ports = "@Ports\n    port OR quai  (by relevance)\n"
    listed = search(filled, "--saved").stdout
    assert listed == f"@Liège cette semaine\n    liège since:7d\n{ports}"
    assert filled.json("search", "--saved", "--json")[1] == SEARCHES[1]
    for words in ((), ("--saved", "port"), ("--saved", "--format", "atom")):
        assert search(filled, *words).returncode == 2


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("@", ["@Liège cette semaine", "@Ports"]), ("@po", ["@Ports"]), ("sev", ["severity:"])],
)
def test_a_shell_completes(typed: str, expected: list[str], filled: Newsroom) -> None:
    variables = {
        "_TOCSIN_COMPLETE": "fish_complete",
        "COMP_WORDS": f"tocsin search {typed}",
        "COMP_CWORD": typed,
    }
    done = filled.tocsin(**variables)
    assert [line.partition(",")[2] for line in done.stdout.splitlines()] == expected
