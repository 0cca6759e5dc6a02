"""What `tocsin search` prints for people and for programs."""

from __future__ import annotations

import json
import re

import pytest
from support.newsroom import Newsroom
from support.two_feed_newsroom import ENGLISH, FORMULA, FRENCH, rows, titles

FOUND = {
    "article_id", "title", "url", "feed", "lang", "published", "seen", "score", "snippet", "alerts",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


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
    answer = json.loads(filled.here("search", "nulle-part", "--format", "json").stdout)
    assert (answer["total"], answer["next"], answer["hits"]) == (0, None, [])
    assert filled.here("search", "nulle-part", "--format", "csv").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("query", "column"), [("alibaba AND", 9), ("(liège", 1), ("x langage:fr", 3)]
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
    query = "alibaba OR port OR customs"
    all_titles = set(titles(filled, query))
    assert len(all_titles) == 4
    english = {ENGLISH[0].title}
    assert set(titles(filled, query, "--lang", "en")) == english
    assert set(titles(filled, query, "--lang", "EN", "--lang", "fr")) == all_titles
    assert set(titles(filled, query, "--feed", "the wire")) == english
    assert set(titles(filled, query, "--feed", "tag:belgique")) == all_titles - english
    assert set(titles(filled, query, "--watch", "douanes")) == english
    october = titles(filled, query, "--since", "2023-10", "--until", "2023-10")
    assert october == [ENGLISH[0].title, FRENCH[0].title]
    assert titles(filled, query, "--until", "2023-10-09") == [FRENCH[0].title]
    assert titles(filled, query, "--since", "1h") == [FRENCH[2].title]
    assert titles(filled, f"({query}) since:2023-11 until:2023-11") == [FORMULA]
    assert titles(filled, f"({query}) watch:Alibaba -lang:en", "--until", "2023-10") == [
        FRENCH[0].title
    ]


def test_limit_and_order(filled: Newsroom) -> None:
    query = "alibaba OR port"
    newest_first = [FRENCH[2].title, FORMULA, ENGLISH[0].title, FRENCH[0].title]
    assert titles(filled, query, "--limit", "0") == newest_first
    assert titles(filled, query, "--limit", "2") == newest_first[:2]
    scores = [
        row["score"]
        for row in filled.json("search", query, "--sort", "score", "--format", "json")["hits"]
    ]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    done = filled.here("search", query, "--limit", "1")
    assert "1 of 4; --page shows other pages, --limit 0 shows all" in done.stderr
