"""Tests of the watchlist from examples: the query of a topic that some articles show."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import article_archive
from support.archive_with_alerts import ring, service

from index.query.parser import Query, parse_query
from monitor.base.errors import MonitorError
from monitor.cli import main_group
from monitor.config.loading import load
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.alert import Verdict
from monitor.model.config import StoreAddress
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.watchlists.examples import common_query

NOW = 1_700_000_000.0
STRIKES = [
    "Grève au port de Zeebruges : les dockers bloquent les conteneurs",
    "Les dockers de Zeebruges reprennent la grève, des conteneurs attendent",
    "Zeebruges : les conteneurs s’empilent, les dockers en grève",
    "À Zeebruges, un docker raconte la grève et les conteneurs vides",
    "Conteneurs bloqués : la grève des dockers coûte cher à Zeebruges",
    "Le syndicat des dockers étend la grève, Zeebruges sans conteneurs",
    "Zeebruges, cinquième jour de grève : des conteneurs repartent",
]
"""One topic, in the words of several outlets; the last has only some of them."""
OTHERS = [
    "Grève des cheminots : aucun train vers Namur",
    "Zeebruges inaugure son carnaval sous la pluie",
    "Une exposition de conteneurs peints ouvre à Gand",
    "Les enseignants en grève défilent à Mons",
]
FILLER = [
    f"{subject} {event} {place}"
    for subject in ("Le conseil", "La ministre", "Un orage", "Le club", "Une usine")
    for event in ("étonne", "inquiète", "quitte", "réunit")
    for place in ("Namur", "Arlon", "Tournai")
]
EXAMPLES = ["1", "2", "3", "4", "5"]
Run = Callable[..., str]


def write(folder: Path, titles: Sequence[str], *, config: str = "", lang: str = "fr") -> None:
    """Make a newsroom whose articles have these headlines, numbered from 1, the newest first."""
    articles = [
        article_archive.article(id, title, date=NOW - 3_600 * id, lang=lang)
        for id, title in enumerate(titles, 1)
    ]
    feeds = [{"url": feed.url, "name": feed.name} for feed in article_archive.FEEDS]
    text = f"feeds: {json.dumps(feeds)}\n{config}watchlists: [zeebruges]\n"
    (folder / "feeds.yaml").write_text(text, encoding="utf-8")
    loaded = load(folder / "feeds.yaml")
    ring(folder / "var", articles, loaded.watchlists)
    with closing(Store(StoreAddress(folder / "var"))) as store:
        store.subscribe(article_archive.FEEDS, loaded.watchlists, loaded.concepts)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.time", lambda: NOW)

    def invoke(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main_group, words)
        if isinstance(result.exception, MonitorError):
            return str(result.exception)
        assert result.exit_code == code, result.output
        return result.output

    return invoke


def test_five_articles_give_a_query_that_finds_the_topic_and_little_else(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER])
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert row["missed"] == [] and row["examples"] == [1, 2, 3, 4, 5]
    query = parse_query(row["query"], allow_archive_filters=False)
    assert " OF (" in row["query"] and len(row["query"]) < 200
    found = service(tmp_path / "var", now=NOW).archive.matching_ids(query)
    assert found == [1, 2, 3, 4, 5, 6, 7]
    assert row["hits"] == 7
    text = run("watch", "from", *EXAMPLES)
    assert row["query"] in text and "finds 5 of 5 examples" in text
    assert "7 hits" in text and STRIKES[6] not in text.split("for example")[0]
    assert load(tmp_path / "feeds.yaml").watchlists[-1].name == "zeebruges"  # nothing is written


def test_alerts_stand_for_their_articles(run: Run, tmp_path: Path) -> None:
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER])
    alerts = service(tmp_path / "var").views.alerts.of_articles([1, 2, 3])
    numbers = [f"a{row.alert}" for row in alerts]
    (by_alert,) = json.loads(run("watch", "from", *numbers, "3", "4", "5", "--format", "json"))
    (by_article,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert by_alert == by_article
    assert "there is no alert a99" in run("watch", "from", "a99", "2", "3", code=2)
    assert "there is no article 999" in run("watch", "from", "1", "2", "999", code=2)


def test_what_it_adds_is_what_it_printed(run: Run, tmp_path: Path) -> None:
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER])
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    out = run("watch", "from", *EXAMPLES, "--add", "--name", "Dockers")
    assert "watching for" in out
    added = load(tmp_path / "feeds.yaml").watchlists[-1]
    assert (added.name, added.query.text) == ("Dockers", row["query"])
    again = run("watch", "from", *EXAMPLES, "--add", "--name", "dockers", code=2)
    assert "is called `Dockers` already" in again
    unnamed = run("watch", "from", *EXAMPLES).split("watchlists:")[1]
    assert " OF (" not in unnamed.split("query:")[0], "words are its name, not the query"
    printed = run("watch", "from", *EXAMPLES, "--name", "Printed").split("watchlists:")[1]
    before = (tmp_path / "feeds.yaml").read_text(encoding="utf-8").split("watchlists:")[0]
    (tmp_path / "feeds.yaml").write_text(f"{before}watchlists:{printed}", encoding="utf-8")
    (copied,) = load(tmp_path / "feeds.yaml").watchlists
    assert (copied.name, copied.query.text) == ("Printed", row["query"])


def test_an_example_unlike_the_others_is_missed_and_named(run: Run, tmp_path: Path) -> None:
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER])
    odd = STRIKES.__len__() + 2  # the carnival
    (row,) = json.loads(run("watch", "from", "1", "2", "3", "4", str(odd), "--format", "json"))
    assert row["missed"] == [odd]
    text = run("watch", "from", "1", "2", "3", "4", str(odd))
    assert "finds 4 of 5 examples" in text and f"misses {odd}  {OTHERS[1]}" in text


def test_noise_that_it_would_find_is_counted_and_excluded(run: Run, tmp_path: Path) -> None:
    museum = [
        "Musée de Zeebruges : des dockers de cire, une grève rejouée, des conteneurs peints",
        "Au musée de cire, la grève des dockers de Zeebruges et ses conteneurs",
        "Cire et conteneurs : le musée rejoue la grève des dockers de Zeebruges",
    ]
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER, *museum])
    newsroom = service(tmp_path / "var", now=NOW)
    last = len(STRIKES) + len(OTHERS) + len(FILLER)
    noise = [row.alert for row in newsroom.views.alerts.of_articles(range(last + 1, last + 4))]
    newsroom.triage.change(noise[:1], verdict=Verdict.NOISE)
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert (row["noise"], row["noise_judged"]) == ([last + 1], 1)  # one verdict teaches nothing
    assert "finds 1 of 1 articles judged noise" in run("watch", "from", *EXAMPLES)
    newsroom.triage.change(noise, verdict=Verdict.NOISE)
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert " NOT " in row["query"] and (row["noise"], row["noise_judged"]) == ([], 3)
    found = newsroom.archive.matching_ids(parse_query(row["query"]))
    assert found == [1, 2, 3, 4, 5, 6, 7]
    relevant = [row.alert for row in newsroom.views.alerts.of_articles([last + 2])]
    newsroom.triage.change(relevant, verdict=Verdict.RELEVANT)
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert last + 2 in newsroom.archive.matching_ids(parse_query(row["query"]))


def test_a_concept_is_written_where_one_of_its_names_stands(run: Run, tmp_path: Path) -> None:
    names = ["Zeebruges", "Zeebrugge", "port de la côte", "ZBR", "port belge"]
    titles = [
        title.replace("Zeebruges", name) for title, name in zip(STRIKES, names * 2, strict=False)
    ]
    config = f"concepts: {json.dumps({'Le port': {'names': names}}, ensure_ascii=False)}\n"
    write(tmp_path, [*titles, *OTHERS, *FILLER], config=config)
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert 'concept:"Le port"' in row["query"]
    assert not any(f"({name}" in row["query"] or f" {name}" in row["query"] for name in names[:2])
    assert row["missed"] == []


def test_examples_in_two_languages(run: Run, tmp_path: Path) -> None:
    french = [*STRIKES[:4], *OTHERS, *FILLER]
    write(tmp_path, french)
    english = [
        "Dockers strike again at Zeebruges, containers wait",
        "Zeebruges: containers pile up as dockers walk out",
    ]
    room = tmp_path / "two"
    room.mkdir()
    write(room, [*french, *english])
    numbers = ["1", "2", "3", str(len(french) + 1), str(len(french) + 2)]
    options = ("-c", str(room / "feeds.yaml"), "--data", str(room / "var"))
    (row,) = json.loads(run(*options, "watch", "from", *numbers, "--format", "json"))
    assert row["missed"] == [] and "Zeebruges" in row["query"]


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        (["1", "2"], "3 to 10 articles are needed, not 2"),
        (["1", "2", "2"], "3 to 10 articles are needed, not 2"),
        ([str(n) for n in range(1, 12)], "3 to 10 articles are needed, not 11"),
        (["8", "9", "10"], "too few words in common"),
    ],
)
def test_too_few_too_many_or_unlike(
    run: Run, tmp_path: Path, numbers: list[str], problem: str
) -> None:
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER])
    assert problem in run("watch", "from", *numbers, code=2)


def test_examples_without_an_archive_are_no_mistake_of_the_command_line(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "feeds.yaml").write_text("feeds: ['https://a.example/']\nwatchlists: [x y]\n")
    assert "no archive here yet" in run("watch", "from", *EXAMPLES, code=1)


def test_words_that_a_query_cannot_hold_are_left_out(run: Run, tmp_path: Path) -> None:
    """ET, OR and NOT are operators in capitals; a quotation mark would end a phrase."""
    titles = [f'GRÈVE ET "CONTENEURS" OR lang:fr, NOT {title}' for title in STRIKES]
    write(tmp_path, [*titles, *OTHERS, *FILLER])
    (row,) = json.loads(run("watch", "from", *EXAMPLES, "--format", "json"))
    assert row["missed"] == []
    parse_query(row["query"], allow_archive_filters=False)


def test_the_query_is_the_same_each_time_and_in_any_order(run: Run, tmp_path: Path) -> None:
    write(tmp_path, [*STRIKES, *OTHERS, *FILLER])
    rows = {
        run("watch", "from", *order, "--format", "json") for order in (EXAMPLES, EXAMPLES[::-1])
    }
    assert len({json.loads(row)[0]["query"] for row in rows}) == 1


WORDS = ["alpaga", "betterave", "cerfeuil", "dolmen", "estragon", "fenouil", "girolle", "hibiscus"]


def common(examples: Sequence[str], others: Sequence[str]) -> str:
    """Return the query of articles with these words, among others."""
    everything = [
        article_archive.article(id, words, date=NOW)
        for id, words in enumerate([*examples, *others], 1)
    ]

    def count(query: Query) -> int:
        rules = WatchlistMatcher([Watchlist(name="", query=query)])
        return sum(bool([*rules.satisfied(article)]) for article in everything)

    carried = [(article, ()) for article in everything[: len(examples)]]
    return common_query(carried, count, len(everything), {}).text


def test_the_query_is_as_strict_as_examples_that_are_held_out_allow() -> None:
    filler = [f"{WORDS[n]} {WORDS[n - 1]}" for n in range(1, 8) for _ in range(n)]
    alike = [" ".join(WORDS[:6])] * 5
    assert common(alike, filler).startswith("3 OF (")
    loose = [f"{WORDS[n]} {WORDS[(n + 1) % 4]} {WORDS[4 + n % 2]}" for n in range(5)]
    assert common(loose, filler).startswith("2 OF (")
