"""A watchlist rehearsed before it is saved: what would have rung, and what nearly did."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from support import archive_with_alerts, article_archive
from support.archive_with_alerts import NOW

from index.query.concepts import Definition, by_name, defined
from index.query.parser import Query, any_of, parse_query
from monitor.base.article import Article
from monitor.model.alert import Verdict
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.watchlists.exclusions import precision
from monitor.watchlists.rehearsal import Rehearsal

DAY = 86_400.0
FILLER = "Il fait beau sur la côte."


def article(id: int, title: str, days: float = 1.0, body: str = FILLER, **other: object) -> Article:
    """Return an article that was published some days ago."""
    row = article_archive.article(id, title, date=NOW - days * DAY, body=body)
    return replace(row, published=row.seen, **other)


def rehearse(
    folder: Path, articles: list[Article], query: str | Query, *others: Watchlist, **options: object
) -> Rehearsal:
    """Rehearse a query, called X, beside watchlists that rang for these articles."""
    archive_with_alerts.ring(folder, articles, others)
    parsed = parse_query(query) if isinstance(query, str) else query
    return archive_with_alerts.service(folder).rehearse(
        Watchlist(name="X", query=parsed, **options), feeds(folder)
    )


def feeds(folder: Path) -> list[Feed]:
    return archive_with_alerts.service(folder).views.feeds.every()


def near_misses(rehearsal: Rehearsal) -> dict[str, tuple[int, str]]:
    """Return the articles that each change would add, and the headline of one."""
    return {
        miss.change: (miss.articles, miss.newest.article.title) for miss in rehearsal.near_misses
    }


# --- alerts a day ------------------------------------------------------------------------


def test_alerts_are_counted_by_story_and_held_back_by_a_cooldown(tmp_path: Path) -> None:
    articles = [
        article(1, "Grève au port d'Anvers", 10),
        article(2, "Grève au port d'Anvers", 9.9, story=1),
        article(3, "Grève à Liège", 9.8),
        article(4, "Grève à Gand", 1),
        article(5, "Grève au port d'Anvers : fin", 0.9, story=1),
        article(6, "Rien", 20),
    ]
    rehearsal = rehearse(tmp_path, articles, "grève")
    assert (rehearsal.matched, rehearsal.alerts) == (5, 3)
    assert rehearsal.days == pytest.approx(20)
    rule = Watchlist(name="X", query=parse_query("grève"), cooldown=DAY)
    assert archive_rehearsal(tmp_path, rule).alerts == 2


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("grève OR zythum", {"grève": 2, "zythum": 0}),
        ("2 OF (grève, Liège, zythum)", {"grève": 1, "Liège": 1, "zythum": 0}),
        ("grève lang:fr NOT Liège", {"grève": 1}),
        ("zythum", {"zythum": 0}),
        ("(grève AND Liège) OR zythum", {"grève": 1, "Liège": 1, "zythum": 0}),
    ],
)
def test_a_term_that_brings_nothing_is_named(
    tmp_path: Path, query: str, terms: dict[str, int]
) -> None:
    rehearsal = rehearse(tmp_path, [article(1, "Grève à Liège"), article(2, "Grève")], query)
    assert dict(rehearsal.terms) == terms


# --- examples and precision ------------------------------------------------------------------


def test_twenty_examples_of_all_that_match_stay_the_same_as_a_rule_grows(tmp_path: Path) -> None:
    articles = [article(id, f"Grève {id}", 29 - id / 8) for id in range(1, 201)]
    articles += [article(id, f"Lock-out {id}", 2) for id in range(201, 221)]
    narrow = rehearse(tmp_path, articles, "grève")
    shown = [hit.article.id for hit in narrow.examples]
    assert len(set(shown)) == 20 and shown == sorted(shown, reverse=True)
    assert min(shown) < 60 and max(shown) > 140, "they are of the whole time"
    service = archive_with_alerts.service(tmp_path)
    wider = Watchlist(name="X", query=parse_query("grève OR lock-out"))
    again = {hit.article.id for hit in service.rehearse(wider, feeds(tmp_path)).examples}
    assert len(again & set(shown)) >= 15, "what was judged counts for the next draft"


def test_precision_comes_from_the_examples_with_its_interval(tmp_path: Path) -> None:
    articles = [article(id, f"Grève {id}") for id in range(1, 11)]
    own = Watchlist(name="X", query=parse_query("grève NOT 9"))
    rehearsal = rehearse(tmp_path, articles, "grève", own)
    assert precision(rehearsal.record()) is None
    judged = {hit.article.id: Verdict.RELEVANT for hit in rehearsal.examples[:6]}
    judged[rehearsal.examples[6].article.id] = Verdict.NOISE
    judged[999] = Verdict.NOISE
    share = precision(rehearsal.record(judged))
    assert share is not None and share.verdicts == 7
    assert share.low == pytest.approx(0.487, abs=0.001)
    assert share.high == pytest.approx(0.974, abs=0.001)


def test_a_verdict_on_an_alert_of_the_watchlist_counts_and_new_ones_are_kept(
    tmp_path: Path,
) -> None:
    articles = [article(id, f"Grève {id}") for id in range(1, 5)]
    own = Watchlist(name="X", query=parse_query("grève NOT 4"))
    other = Watchlist(name="Y", query=parse_query("grève"))
    rehearse(tmp_path, articles, "grève", own, other)
    service = archive_with_alerts.service(tmp_path)
    rule = Watchlist(name="X", query=parse_query("grève"))

    def rehearsal() -> Rehearsal:
        return service.rehearse(rule, feeds(tmp_path))

    first = rehearsal()
    assert first.verdicts == {}
    for id, verdict in {1: Verdict.NOISE, 4: Verdict.RELEVANT}.items():
        service.judge_example("X", id, verdict)
    assert rehearsal().verdicts == {1: Verdict.NOISE}, "article 4 has no alert of X"
    ((alert, verdict),) = [
        (alert.watchlist, alert.verdict)
        for alert in service.views.alerts.get(range(1, 20))
        if alert.verdict is not Verdict.NONE
    ]
    assert (alert, verdict) == ("X", Verdict.NOISE)


# --- near misses ---------------------------------------------------------------------------


def test_near_misses_are_words_one_edit_away_or_in_two_pieces(tmp_path: Path) -> None:
    articles = [
        article(1, "Cainiao ouvre un hub"),
        article(2, "Cainiao recrute"),
        article(3, "Cai Niao ouvre un dépôt"),
        article(4, "Un dépôt de Cainao"),
        article(5, "Rien"),
        article(6, "Cainao encore", 40),
        article(7, "Cainiao embauche", 40),
    ]
    found = near_misses(rehearse(tmp_path, articles, "Cainiao"))
    assert found == {
        "with Cai Niao": (1, "Cai Niao ouvre un dépôt"),
        "with Cainao": (1, "Un dépôt de Cainao"),
    }


def test_a_word_that_is_as_frequent_is_another_word(tmp_path: Path) -> None:
    articles = [article(1, "Douane"), *(article(id, "Douanes") for id in range(2, 5))]
    assert near_misses(rehearse(tmp_path, articles, "douane")) == {}
    misspelt = near_misses(
        archive_rehearsal(tmp_path, Watchlist(name="X", query=parse_query("douanne")))
    )
    assert list(misspelt) == ["with Douane"]


def test_a_name_in_small_letters_is_another_word(tmp_path: Path) -> None:
    articles = [article(id, "Macron") for id in range(1, 5)]
    articles += [article(5, "Un marron"), article(6, "Macro et Macrom")]
    assert near_misses(rehearse(tmp_path, articles, "Macron")).keys() == {
        "with Macro",
        "with Macrom",
    }


def archive_rehearsal(folder: Path, watchlist: Watchlist) -> Rehearsal:
    return archive_with_alerts.service(folder).rehearse(watchlist, feeds(folder))


def test_a_name_in_two_words_may_be_written_as_one(tmp_path: Path) -> None:
    articles = [article(1, "Cai Niao"), article(2, "Cainiao")]
    assert near_misses(rehearse(tmp_path, articles, '"Cai Niao"')) == {
        "with Cainiao": (1, "Cainiao")
    }


def test_a_near_that_is_too_far_says_how_far_and_that_it_is_the_sentence_before(
    tmp_path: Path,
) -> None:
    articles = [
        article(1, "Alibaba à Liège"),
        article(2, "Alibaba", body="Alibaba a publié ses comptes hier. Liège attend la suite."),
        article(3, "Alibaba", body=f"Alibaba. {FILLER * 20} Liège."),
    ]
    assert near_misses(rehearse(tmp_path, articles, "Alibaba NEAR/3 Liège")) == {
        'NEAR/3 but 6 apart: "Alibaba NEAR/3 Liège", in the sentence before': (1, "Alibaba"),
    }
    nearer = [article(1, "Alibaba", body="Alibaba agrandit un grand dépôt tout près de Liège.")]
    assert near_misses(rehearse(tmp_path / "B", nearer, "Alibaba W/3 Liège")) == {
        'W/3 but 8 apart: "Alibaba W/3 Liège"': (1, "Alibaba"),
    }


def test_a_phrase_whose_words_stand_apart_is_a_near_miss(tmp_path: Path) -> None:
    articles = [article(1, "Port d'Anvers"), article(2, "Port autonome et franc d'Anvers")]
    (change,) = near_misses(rehearse(tmp_path, articles, '"port Anvers"'))
    assert "its words stand apart" in change


@pytest.mark.parametrize(
    ("query", "options", "change"),
    [
        ("grève lang:fr", {}, "without lang:fr"),
        ("grève -feed:B", {}, "without -feed:B"),
        ("grève", {"lang": ("fr",)}, "without lang: fr"),
        ("grève", {"feeds": ("A",)}, "without feeds: A"),
    ],
)
def test_what_only_a_language_or_a_feed_leaves_out_is_a_near_miss(
    tmp_path: Path, query: str, options: dict[str, tuple[str, ...]], change: str
) -> None:
    is_about_feeds = "feed" in f"{query}{options}"
    other = {"feeds": (2,)} if is_about_feeds else {"lang": "en"}
    articles = [article(1, "Grève"), article(2, "La grève", **other)]
    assert near_misses(rehearse(tmp_path, articles, query, **options)) == {change: (1, "La grève")}


def test_names_of_concepts_have_near_misses_and_exclusions_have_none(tmp_path: Path) -> None:
    concepts = by_name([Definition("Cainiao", ("Cainiao",), ("Cainiao Bar",))])
    articles = [
        article(1, "Cainiao en bourse"),
        article(2, "Cai Niao"),
        article(3, "Cainiao Barr"),
    ]
    query = defined(parse_query("concept:Cainiao NOT bourses"), concepts)
    assert near_misses(rehearse(tmp_path, articles, query)) == {"with Cai Niao": (1, "Cai Niao")}


def test_a_concept_counts_by_its_names_and_is_listed_itself_where_none_rang(
    tmp_path: Path,
) -> None:
    concepts = by_name(
        [Definition("Alibaba", ("Alibaba", "Taobao")), Definition("Temu", ("Temu",))]
    )
    query = defined(parse_query("concept:Alibaba OR concept:Temu OR Shein"), concepts)
    result = rehearse(tmp_path, [article(1, "Taobao livre"), article(2, "Taobao")], query)
    assert result.terms == (("Taobao (Alibaba)", 2), ("Shein", 0), ("concept:Temu", 0))


def test_one_change_is_a_near_miss_and_two_are_none(tmp_path: Path) -> None:
    articles = [
        article(1, "Cainiao à Charleroi"),
        article(2, "Cainiao, Charleroi, Cainiao"),
        article(3, "Cainao à Charlerois"),
    ]
    assert near_misses(rehearse(tmp_path, articles, "Cainiao AND Charleroi")) == {}


# --- other watchlists ------------------------------------------------------------------------


def test_what_rang_for_other_watchlists_is_counted(tmp_path: Path) -> None:
    articles = [article(id, f"Grève au port {id}") for id in range(1, 5)]
    articles += [article(5, "Le port"), article(6, "Grève"), article(7, "Vieux port", 50)]
    others = [Watchlist(name="Port", query=any_of(["port"])),
              Watchlist(name="X", query=any_of(["grève"])),
              Watchlist(name="Rien", query=any_of(["rien"]))]  # fmt: skip
    overlaps = rehearse(tmp_path, articles, "grève", *others).overlaps
    assert [(o.watchlist, o.articles, o.total) for o in overlaps] == [("Port", 4, 5)]


# --- an edit of the file ---------------------------------------------------------------------


def config(*watchlists: Watchlist) -> Config:
    return Config(path=Path("feeds.yaml"), data=Path(), feeds=(), watchlists=watchlists)


def test_an_edit_says_what_its_rules_would_have_brought_and_what_not_any_more(
    tmp_path: Path,
) -> None:
    articles = [article(id, f"Grève {id}", 10 - id / 10) for id in range(1, 31)]
    articles += [article(id, f"Lock-out {id}", 10) for id in range(31, 41)]
    article_archive.fill(tmp_path, articles)
    service = archive_with_alerts.service(tmp_path)
    strike, same = (
        Watchlist(name=name, query=parse_query("grève"), rule="1") for name in ("Strike", "Same")
    )
    lockout = replace(strike, query=parse_query("lock-out OR 7"), rule="2")
    new = Watchlist(name="New", query=parse_query("rien"), rule="3")
    assert service.edit_effects(config(strike, same), config(lockout, same, new)) == [
        "Strike: about 1.1 alerts a day, 3.0 before; of 30 days 10 articles more match,"
        " 29 not any more",
        "New: about 0.0 alerts a day, 0.0 before; of 30 days 0 articles more match, 0 not any more",
    ]
    assert service.edit_effects(config(strike), config(replace(strike, cooldown=60.0))) == []
    assert service.edit_effects(config(strike), config(replace(strike, name="Grèves"))) == []
