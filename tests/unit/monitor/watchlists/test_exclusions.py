"""Tests of the precision of terms, and of exclusions that spare noise and nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from support import article_archive
from support.archive_with_alerts import NOW, ring, service
from support.properties import examples

from index.query.ast import Not, Or, walk
from index.query.parser import none_of, parse_query
from monitor.base.article import Article
from monitor.base.errors import ConfigError, UnknownNameError
from monitor.cli import main_group
from monitor.config.loading import load, understand
from monitor.judgement.match.matcher import WatchlistMatcher, explain
from monitor.judgement.rule_version import rule_version
from monitor.model.alert import ArticleVerdict, Verdict
from monitor.model.feed import Feed
from monitor.model.watchlist import TermRecord, Watchlist
from monitor.watchlists.exclusions import (
    LEAST,
    Exclusion,
    JudgedArticles,
    judged_articles,
    suggest_exclusions,
)

ALIBABA = Watchlist(name="Alibaba", query=parse_query("alibaba OR aliexpress"))
FEEDS = {number: replace(f, number=number) for number, f in enumerate(article_archive.FEEDS, 1)}
TALE = "Alibaba et les quarante voleurs, une pièce de théâtre"
CAVE = "La cave Alibaba fête ses vins; quarante voleurs rient"
PORT = "Alibaba ouvre un centre à Liège, la cave du port inondée"
SPY = "La sûreté enquête sur Alibaba à Liège"


def article(id: int, title: str, *feeds: int, lang: str = "fr", body: str = "") -> Article:
    carriers = feeds or (1,)
    return article_archive.article(id, title, date=NOW - id, feeds=carriers, lang=lang, body=body)


def judge(noise: Sequence[Article], relevant: Sequence[Article], *plain: Article) -> JudgedArticles:
    verdicts = ((Verdict.NOISE, noise), (Verdict.RELEVANT, relevant), (Verdict.NONE, plain))
    articles_by_id = {a.id: a for _, group in verdicts for a in group}
    verdict_rows = [ArticleVerdict(a.id, verdict) for verdict, group in verdicts for a in group]
    return judged_articles(verdict_rows, lambda ids: [articles_by_id[id] for id in ids], FEEDS)


def terms(exclusions: Sequence[Exclusion]) -> list[tuple[str, int]]:
    return [(exclusion.term, len(exclusion.spared)) for exclusion in exclusions]


# --- what is suggested ----------------------------------------------------------------------


def test_a_phrase_that_only_noise_has() -> None:
    noise = [article(1, TALE), article(2, CAVE), article(3, f"{TALE} à Liège")]
    (best, *_) = suggest_exclusions(ALIBABA, judge(noise, [article(4, PORT), article(5, SPY)]))
    assert (best.term, best.kind, best.spared) == ("quarante voleurs", "phrase", (1, 2, 3))


def test_a_word_where_no_phrase_has_as_much_and_its_inflections_too() -> None:
    noise = [
        article(1, "Alibaba : un théâtre rouvre"),
        article(2, "Deux théâtres jouent Alibaba"),
        article(3, "Le théâtre national, et Alibaba"),
    ]
    exclusions = suggest_exclusions(ALIBABA, judge(noise, [article(4, PORT)]))
    assert ("théâtre~", 3) in terms(exclusions)
    assert exclusions[0].kind == "word"


@pytest.mark.parametrize(
    ("noise", "relevant", "term"),
    [
        (
            [article(1, "Alibaba ici", 2), article(2, "AliExpress là", 2)],
            [article(3, "Alibaba ici"), article(4, "AliExpress là")],
            "feed:B",
        ),
        (
            [article(1, "Alibaba hier", lang="nl"), article(2, "AliExpress hier", lang="nl")],
            [article(3, "Alibaba hier"), article(4, "AliExpress hier")],
            "lang:nl",
        ),
        (
            [article(1, "Alibaba hier", lang=""), article(2, "AliExpress hier", lang="")],
            [article(3, "Alibaba hier"), article(4, "AliExpress hier")],
            "lang:und",
        ),
    ],
)
def test_a_feed_or_a_language(noise: list[Article], relevant: list[Article], term: str) -> None:
    assert terms(suggest_exclusions(ALIBABA, judge(noise, relevant))) == [(term, 2)]


def test_every_feed_that_carries_an_article_counts() -> None:
    only_b = replace(ALIBABA, feeds=("B",))
    result = suggest_exclusions(only_b, judge([article(1, TALE, 1, 2), article(2, CAVE, 1, 2)], []))
    assert ("quarante voleurs", 2) in terms(result)
    noise = [article(3, "Alibaba ici", 1, 2), article(4, "AliExpress là", 2, 1)]
    assert terms(suggest_exclusions(ALIBABA, judge(noise, [article(5, SPY, 2)]))) == [("feed:A", 2)]
    assert terms(suggest_exclusions(ALIBABA, judge(noise, [article(5, SPY, 2, 1)]))) == []


def test_what_one_relevant_article_has_is_never_suggested() -> None:
    noise = [article(1, TALE), article(2, TALE), article(3, f"{CAVE} voleurs")]
    relevant = [article(4, "Alibaba victime de quarante voleurs de colis au théâtre")]
    for item in suggest_exclusions(ALIBABA, judge(noise, relevant)):
        assert item.term.rstrip("~") not in ("quarante", "voleurs", "théâtre", "quarante voleurs")
    assert "feed:A" not in dict(terms(suggest_exclusions(ALIBABA, judge(noise, relevant))))


def test_the_matcher_has_the_last_word() -> None:
    """`général~` finds `généraux` too, although the stems differ."""
    noise = [
        article(1, "Alibaba : le général fermé"),
        article(2, "Deux générales jumelles, Alibaba"),
        article(3, "Un général, Alibaba"),
    ]
    relevant_before = [article(4, "Alibaba, boutique ouverte")]
    assert ("général~", 3) in terms(suggest_exclusions(ALIBABA, judge(noise, relevant_before)))
    relevant = [article(4, "Alibaba et ses généraux")]
    assert "général~" not in dict(terms(suggest_exclusions(ALIBABA, judge(noise, relevant))))


def test_a_copy_is_as_relevant_as_the_alert_that_speaks_for_it(tmp_path: Path) -> None:
    articles = [article(n, title) for n, title in enumerate((PORT, PORT, TALE, TALE), 1)]
    alert_ids = ring(tmp_path, articles, [ALIBABA])
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        sql.execute("UPDATE alerts SET merged_into = 1 WHERE article = 2")
        sql.execute("UPDATE alerts SET merged_into = 3 WHERE article = 4")
    room = service(tmp_path)
    room.triage.change([alert_ids["Alibaba", 1]], verdict=Verdict.RELEVANT)
    room.triage.change([alert_ids["Alibaba", 3]], verdict=Verdict.NOISE)
    assert [(row.article, row.verdict) for row in room.views.watchlists.verdicts("Alibaba")] == [
        (1, Verdict.RELEVANT), (2, Verdict.RELEVANT), (3, Verdict.NOISE),
    ]  # fmt: skip


def test_one_hit_is_an_anecdote_and_what_matches_no_more_does_not_count() -> None:
    assert suggest_exclusions(ALIBABA, judge([article(1, TALE)], [article(4, PORT)])) == []
    edited = [article(1, TALE), article(2, "quarante voleurs au théâtre")]
    assert "quarante voleurs" not in dict(terms(suggest_exclusions(ALIBABA, judge(edited, []))))
    watchlist = replace(
        ALIBABA, query=parse_query('(alibaba OR aliexpress) NOT "quarante voleurs"'), name="x"
    )
    assert suggest_exclusions(watchlist, judge([article(1, TALE), article(2, CAVE)], [])) == []


def test_the_words_of_the_watchlist_itself_are_none() -> None:
    noise = [article(1, "Alibaba"), article(2, "alibaba", lang="en")]
    exclusions = suggest_exclusions(ALIBABA, judge(noise, [article(3, "AliExpress", 2)]))
    assert [term for term, _ in terms(exclusions)] == ["feed:A"]


def test_what_has_no_verdict_is_counted() -> None:
    noise = [article(1, TALE), article(2, CAVE)]
    (best, *_) = suggest_exclusions(
        ALIBABA, judge(noise, [article(4, PORT)], article(5, CAVE), article(6, SPY))
    )
    assert best.unjudged == 1


def test_what_is_everywhere_says_nothing_of_noise() -> None:
    noise = [article(1, "Alibaba : météo du jour"), article(2, "Météo, et Alibaba : carnaval")]
    counts = {"météo": 40, "carnaval": 1}
    exclusions = suggest_exclusions(
        ALIBABA, judge(noise, []), lambda query: counts.get(query.text, 100), 100
    )
    assert "météo" not in dict(terms(exclusions))
    rare_exclusions = suggest_exclusions(ALIBABA, judge(noise, []), lambda query: 4, 100)
    assert "Météo" in dict(terms(rare_exclusions)) or "météo" in dict(terms(rare_exclusions))


WORDS = st.lists(
    st.sampled_from(["liège", "voleurs", "quarante", "port", "théâtre", "théâtres", "VSSE", "vin"]),
    max_size=5,
)
TEXTS = st.lists(
    st.tuples(WORDS, st.sampled_from(["alibaba", "aliexpress"]), st.integers(1, 3),
              st.sampled_from(["fr", "en", "nl", ""])),
    max_size=6,
)  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(TEXTS, TEXTS)
def test_each_suggestion_keeps_its_word(noise: list[Any], relevant: list[Any]) -> None:
    """In a feeds.yaml, each printed suggestion spares the listed noise and loses nothing."""

    def articles_of(drawn_texts: list[Any], start: int) -> list[Article]:
        return [
            article(start + n, " ".join([*words[:2], term, *words[2:]]), feed, lang=lang)
            for n, (words, term, feed, lang) in enumerate(drawn_texts)
        ]

    judged = judge(articles_of(noise, 1), articles_of(relevant, 100))
    for exclusion in suggest_exclusions(ALIBABA, judged):
        text_words = {
            "feeds": [f.url for f in article_archive.FEEDS],
            "watchlists": [
                {"name": "Alibaba", "terms": ["alibaba", "aliexpress"], "not": [exclusion.term]}
            ],
        }
        config = understand(json.dumps(text_words).encode(), Path("feeds.yaml"))
        rules = WatchlistMatcher(config.watchlists)
        matching_ids = {a.id for a, f in (*judged.noise, *judged.relevant) if rules.match(a, *f)}
        assert {a.id for a, _ in judged.noise} - matching_ids == {*exclusion.spared}
        assert {a.id for a, _ in judged.relevant} <= matching_ids
        assert len(exclusion.spared) >= LEAST


# --- `not:` with filters ---------------------------------------------------------------------


def test_not_takes_filters_of_feeds_tags_and_languages() -> None:
    text = (
        "feeds: [{url: 'https://a.example/', name: Le Soir, tags: [presse]}]\nwatchlists:\n"
        "  - {name: a, terms: [alibaba], not: [cave, 'feed:Le Soir', 'tag:presse', 'lang:nl,de']}\n"
        "  - {name: b, query: 'alibaba -cave -feed:lesoir -tag:presse -lang:nl -lang:de'}\n"
    )
    config = understand(text.encode(), Path("feeds.yaml"))
    terms_watchlist, query_watchlist = config.watchlists
    assert terms_watchlist.excluded == ("cave", "feed:Le Soir", "tag:presse", "lang:nl,de")
    (excluded_feed,) = config.feeds
    other_feed = Feed(url="https://b.example/", name="B")
    for title, lang, feed, expected in (
        ("alibaba", "fr", other_feed, True),
        ("alibaba", "fr", excluded_feed, False),
        ("alibaba cave", "fr", other_feed, False),
        ("alibaba", "de", other_feed, False),
    ):
        for watchlist in (terms_watchlist, query_watchlist):
            answer = explain(watchlist, article(1, title, lang=lang), feed)
            assert (answer.hit is not None) == expected, (watchlist.name, title, answer.reason)
    assert "excluded by" in explain(terms_watchlist, article(1, "alibaba"), excluded_feed).reason
    excluding_root = parse_query("alibaba -cave").root
    assert rule_version(terms_watchlist.query.root, (), ()) != rule_version(excluding_root, (), ())
    assert any(isinstance(n, Not) for n in walk(terms_watchlist.query.root))
    assert isinstance(none_of(["a", "feed:b"]).root, Or)


@pytest.mark.parametrize(
    ("term", "problem"),
    [
        ("since:7d", "since: in a term"),
        ("lang:french", "lang:french is not understood"),
        ("feed:", "feed: has no value"),
        ("title:cave", "title: in a term"),
    ],
)
def test_what_not_does_not_take_is_told(term: str, problem: str) -> None:
    text = f"feeds: ['https://a.example/']\nwatchlists:\n  - {{terms: [x], not: [y, '{term}']}}\n"
    with pytest.raises(ConfigError, match="line 3") as error:
        understand(text.encode(), Path("feeds.yaml"))
    assert problem in error.value.problems[0].message


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    config_fields = {
        "feeds": [{"url": f.url, "name": f.name} for f in article_archive.FEEDS],
        "watchlists": [
            {"name": "Alibaba", "terms": ["alibaba", "aliexpress"], "not": ["café"]},
            "Liège",
        ],
    }
    (folder / "feeds.yaml").write_text(json.dumps(config_fields), encoding="utf-8")
    watchlists = load(folder / "feeds.yaml").watchlists
    titles = [TALE, CAVE, TALE, "AliExpress", PORT, SPY, CAVE, *["rien, il pleut"] * 60]
    articles = [
        article(n, title, body="Alibaba, encore" if n == 6 else "")
        for n, title in enumerate(titles, 1)
    ]
    alert_ids = ring(folder / "var", articles, watchlists)
    room = service(folder / "var")
    room.triage.change([alert_ids["Alibaba", n] for n in (1, 2, 3)], verdict=Verdict.NOISE)
    room.triage.change([alert_ids["Alibaba", n] for n in (4, 5, 6)], verdict=Verdict.RELEVANT)
    return folder


@pytest.fixture
def run(newsroom: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(newsroom)

    def invoke(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main_group, words)
        assert result.exit_code == code, result.output
        return result.output

    return invoke


def test_watch_suggest_prints_the_line_to_write(run: Any, newsroom: Path) -> None:
    out = run("watch", "suggest", "alibaba")
    assert out.startswith("not: [café, quarante voleurs]\n    spares 3 of 3 noise, costs none of 3")
    assert "1 of 1 without a verdict" in out
    (row, *_) = json.loads(run("watch", "suggest", "Alibaba", "--format", "json"))
    assert (row["term"], row["kind"], row["noise"], row["noise_judged"]) == (
        "quarante voleurs", "phrase", 3, 3,
    )  # fmt: skip
    assert (row["relevant"], row["relevant_judged"], row["unjudged"]) == (0, 3, 1)
    before = (newsroom / "feeds.yaml").read_text(encoding="utf-8")
    line = row["yaml"].removeprefix("not: ")
    (newsroom / "feeds.yaml").write_text(before.replace('["caf\\u00e9"]', line), encoding="utf-8")
    try:
        assert "caf" not in (newsroom / "feeds.yaml").read_text().replace("café", "")
        again = json.loads(run("watch", "suggest", "Alibaba", "--format", "json", code=1))
        assert "quarante voleurs" not in [suggestion["term"] for suggestion in again]
    finally:
        (newsroom / "feeds.yaml").write_text(before, encoding="utf-8")


def test_watch_suggest_says_when_there_is_too_little_to_learn_from(run: Any) -> None:
    assert "0 called noise, 0 relevant; judge more" in run("watch", "suggest", "Liège", code=1)
    with pytest.raises(UnknownNameError, match="no watchlist is called `Temu`"):
        CliRunner().invoke(main_group, ["watch", "suggest", "Temu"], catch_exceptions=False)


def test_watch_list_tells_terms_with_their_verdicts(run: Any) -> None:
    output = run("watch", "list", "--terms", "--format", "json")
    rows_by_term = {(row["watchlist"], row["term"]): row for row in json.loads(output)}
    alibaba = rows_by_term["Alibaba", "alibaba"]
    assert (alibaba["total"], alibaba["relevant"], alibaba["noise"]) == (6, 2, 3)
    assert (alibaba["verdicts"], alibaba["precision"]) == (5, 0.4)
    assert rows_by_term["Alibaba", "aliexpress"]["precision"] == 1.0
    assert rows_by_term["Liège", "Liège"]["precision"] is None
    terms_text = run("watch", "list", "--terms")
    assert "40% (12%–77%) of 5, too few" in terms_text
    text = run("watch", "list", "alibaba")
    assert "aliexpress" in text and "50% (19%–81%) of 6, too few" in text and "Liège" not in text
    assert "no watchlist is called `Temu`" in run("watch", "list", "Temu", code=2)
    (alibaba_row, _) = json.loads(run("watch", "list", "--format", "json"))
    assert alibaba_row["verdicts"] == 6


def test_terms_are_records_of_alerts_not_of_places(newsroom: Path) -> None:
    records = service(newsroom / "var").views.watchlists.term_records()
    assert TermRecord("Alibaba", "alibaba", 6, 2, 3) in records
