"""Articles in two languages that tell of one event are linked by the names they share."""

from __future__ import annotations

from collections import Counter

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from support.originals import bulletins, news

from index.analysis.folding import fold
from index.analysis.text_features import EXONYMS, text_features
from monitor.base.article import Article
from monitor.demo.content import load
from monitor.intake.ingest import cross_language
from monitor.intake.ingest.cross_language import LEAST_NAMES, WINDOW, same_event
from monitor.model.poll import Names

RARE = {"bearers": lambda word: 1, "articles": 1_000}


def article(title: str, summary: str = "", lang: str = "fr", body: str = "") -> Article:
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author="", lang=lang,
        seen=0.0,
    )  # fmt: skip


def names(article: Article) -> Names:
    (features,) = text_features([(article.title, article.summary, article.body)])
    return cross_language.names(article, features.names)


def named(text: str, lang: str = "fr", *, title: str = "") -> Names:
    return names(article(title, text, lang))


def shared(one: str, other: str) -> int:
    """Return how many words of names a French and an English text share."""
    return len(named(one).words & named(other, "en").words)


@pytest.mark.parametrize(
    ("french", "english", "count"),
    [
        ("la VSSE enquête", "the VSSE looks", 1),
        ("le groupe Alibaba", "Alibaba’s arm", 1),
        ("d’Alibaba, qu’Alibaba", "at Alibaba", 1),
        ("à Liège", "in Liege", 1),
        ("à Grâce-Hollogne", "at Grâce-Hollogne", 2),
        ("en Belgique", "in Belgium", 1),
        ("à Londres et à Moscou", "in London, not Moscow", 2),
        ("il transporte du cargo", "a cargo transport", 0),
        ("un Cargo", "a cargo", 0),
        ("342 blessés", "342 injured", 1),
        ("3,5 milliards", "3.5 billion", 1),
        ("7 morts", "7 dead", 0),
        ("Il a", "Il ya", 0),
        ("l’UE", "the UE", 1),
        ("œuvre d’Élodie", "œuvre by Elodie", 1),
        ("阿里巴巴 à Liège", "阿里巴巴 in Liège", 2),
    ],
)
def test_what_two_languages_share(french: str, english: str, count: int) -> None:
    assert shared(french, english) == count


def test_words_that_stand_together_are_one_name() -> None:
    assert len(named("Le maire de New York, Eric Adams, a vu 42 Navires").groups) == 3
    assert len(named("THE WHOLE HEADLINE SHOUTS", "en").groups) == 0


def test_a_lead_comes_from_the_body_where_there_is_no_summary() -> None:
    assert names(article("", "", body="Cainiao " + "x" * 2_000 + " Temu")).words == (
        named("Cainiao").words
    )


@pytest.mark.parametrize("lang", ["de", "", "zh"])
def test_only_french_and_english_were_measured(lang: str) -> None:
    assert named("Alibaba Cainiao VSSE Temu", lang) == Names()


def linked(one: Names, other: Names) -> bool:
    return same_event(one, {7: other}, **RARE) == [7]


FRENCH = "La VSSE soupçonne Alibaba et sa filiale Cainiao à Liège."


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("The VSSE suspects Alibaba and its arm Cainiao at Liège.", True),
        ("VSSE Suspects Alibaba Arm Cainiao At Liège", True),  # Title Case: one long name
        ("Alibaba and Cainiao in the news again.", False),  # two names are not enough
        (
            "Alibaba, Cainiao, Liège: and then Temu, Shein, Amazon, Bolloré, Maersk, DHL, UPS,"
            " FedEx, Hapag, Evergreen, Cosco, Lufthansa, Airbus, Boeing, Embraer.",
            True,  # what counts is the share of the one that has less
        ),
    ],
)
def test_what_is_one_event(english: str, expected: bool) -> None:
    assert linked(named(FRENCH), named(english, "en")) is expected
    assert linked(named(english, "en"), named(FRENCH)) is expected


def test_figures_count_as_one_name_together() -> None:
    figures = "14, 120, 330, 42, {}"
    for place, expected in (("Liège", False), ("Liège, Anvers", True)):
        one, other = (named(figures.format(place), lang) for lang in ("fr", "en"))
        assert linked(one, other) is expected


def test_common_names_weigh_little() -> None:
    one = named("Paris, Londres et Macron ; Cainiao, Temu, Shein, Bolloré")
    other = named("Paris, London and Macron; Maersk, Lufthansa, Airbus, Boeing", "en")
    common = (named("Paris Londres Macron")).words
    assert linked(one, other)

    def bearers(word: int) -> int:
        return 500 if word in common else 1

    assert same_event(one, {7: other}, bearers, 1_000) == []


def test_of_two_the_nearer_and_of_equals_the_earlier() -> None:
    near = named("The VSSE suspects Alibaba and its arm Cainiao at Liège.", "en")
    far = named("Alibaba, Cainiao, Liège, Temu and Shein.", "en")
    assert same_event(named(FRENCH), {3: far, 9: near}, **RARE)[0] == 9
    assert same_event(named(FRENCH), {9: near, 4: near}, **RARE) == [4, 9]


def test_the_same_language_or_another_week_is_not_linked() -> None:
    one = named(FRENCH)
    assert not linked(one, one)
    other = named("VSSE, Alibaba, Cainiao, Liège", "en")
    for apart, expected in ((WINDOW, True), (WINDOW + 1, False), (-WINDOW - 1, False)):
        assert linked(one, Names(other.groups, "en", apart)) is expected


word = st.integers(1, 60)
group = st.frozensets(word, min_size=1, max_size=3)
some_names = st.lists(group, max_size=12).map(lambda groups: Names(tuple(groups), "fr"))


@given(some_names, some_names)
def test_linking_is_symmetric_and_needs_three_words(one: Names, other: Names) -> None:
    other = Names(other.groups, "en")
    assert linked(one, other) == linked(other, one)
    if len(one.words & other.words) < LEAST_NAMES:
        assert not linked(one, other)


def test_exonyms_are_those_of_the_cldr() -> None:
    french, english = Locale("fr"), Locale("en")
    pairs = [
        (name, english.territories.get(code, ""))
        for code, name in french.territories.items()
        if len(code) == 2
    ]
    for zone, spoken in french.time_zones.items():
        city = english.time_zones.get(zone, {}).get("city")
        pairs.append((spoken.get("city", ""), city or zone.rpartition("/")[2]))
    expected = {
        fold(one): fold(other)
        for one, other in pairs
        if one.isalpha() and other.isalpha() and fold(one) != fold(other)
    }
    assert expected == EXONYMS
    assert EXONYMS["belgique"] == "belgium" and EXONYMS["londres"] == "london"


# --- on what there is -----------------------------------------------------------------------


def test_the_demo_has_one_event_in_two_languages() -> None:
    """Nothing else is linked but a comment on the same affair, which names the same names."""
    content = load()
    lang = {slug: outlet.lang for slug, outlet in content.outlets.items()}
    found = [
        (piece.slug, names(article(piece.title, " ".join(piece.text), lang[piece.outlet])))
        for piece in content.articles
    ]
    counted = Counter(word for _, each in found for word in each.words)
    links = set()
    for slug, each in found:
        if each.lang == "en":
            rivals = {n: other for n, (_, other) in enumerate(found) if other.lang == "fr"}
            for at in same_event(each, rivals, counted.__getitem__, len(found))[:1]:
                links.add((slug, found[at][0]))
    affair = "surete-examine-centre-tri"
    assert ("vsse-liege-sorting-centre", affair) in links
    assert links <= {("vsse-liege-sorting-centre", affair), ("vsse-annual-report", affair)}


def test_french_and_english_articles_of_other_events_are_not_linked() -> None:
    """210 French articles beside as many English ones, none of which tells of the same event."""
    french, english = (
        [
            names(article(piece.title, piece.lead, lang))
            for piece in (*news(lang), *bulletins(lang, 300))
        ]
        for lang in ("fr", "en")
    )
    assert min(len(french), len(english)) >= 200
    counted = Counter(word for each in (*french, *english) for word in each.words)
    bearers: dict[int, set[int]] = {}
    for at, each in enumerate(french):
        for number in each.words:
            bearers.setdefault(number, set()).add(at)
    linked = 0
    for each in english:
        common = Counter(at for number in each.words for at in bearers.get(number, ()))
        rivals = {at: french[at] for at, count in common.items() if count >= LEAST_NAMES}
        linked += same_event(each, rivals, counted.__getitem__, len(french) + len(english)) != []
    assert linked == 0
