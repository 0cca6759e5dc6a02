"""Tests that articles in two languages about one event are linked by shared names."""

from __future__ import annotations

from collections import Counter

import pytest
from babel import Locale
from hypothesis import given, strategies as st
from support.originals import bulletins, news

from index.analysis.folding import fold
from index.analysis.text_features import EXONYMS, text_features
from monitor.base.article import Article
from monitor.demo.content import load
from monitor.intake.ingest import namesakes
from monitor.intake.ingest.namesakes import LEAST_NAMES, WINDOW, same_event
from monitor.model.poll import Names

RARE = {"bearers": lambda word: 1, "articles": 1_000}


def article(title: str, summary: str = "", lang: str = "fr", body: str = "") -> Article:
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author="", lang=lang,
        seen=0.0,
    )  # fmt: skip


def names(article: Article) -> Names:
    (features,) = text_features([(article.title, article.summary, article.body)])
    return namesakes.names(article, features.names)


def names_of(text: str, lang: str = "fr", *, title: str = "") -> Names:
    return names(article(title, text, lang))


def shared_name_count(french_text: str, english_text: str) -> int:
    """Return the number of words of names that a French and an English text share."""
    return len(names_of(french_text).words & names_of(english_text, "en").words)


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
    assert shared_name_count(french, english) == count


def test_words_that_stand_together_are_one_name() -> None:
    assert len(names_of("Le maire de New York, Eric Adams, a vu 42 Navires").groups) == 3
    assert len(names_of("THE WHOLE HEADLINE SHOUTS", "en").groups) == 0


def test_a_lead_comes_from_the_body_where_there_is_no_summary() -> None:
    assert names(article("", "", body="Cainiao " + "x" * 2_000 + " Temu")).words == (
        names_of("Cainiao").words
    )


@pytest.mark.parametrize("lang", ["de", "", "zh"])
def test_only_french_and_english_were_measured(lang: str) -> None:
    assert names_of("Alibaba Cainiao VSSE Temu", lang) == Names()


def are_linked(first: Names, second: Names) -> bool:
    return same_event(first, {7: second}, **RARE) == [7]


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
    assert are_linked(names_of(FRENCH), names_of(english, "en")) is expected
    assert are_linked(names_of(english, "en"), names_of(FRENCH)) is expected


def test_figures_count_as_one_name_together() -> None:
    figures = "14, 120, 330, 42, {}"
    for place, expected in (("Liège", False), ("Liège, Anvers", True)):
        french, english = (names_of(figures.format(place), lang) for lang in ("fr", "en"))
        assert are_linked(french, english) is expected


def test_common_names_weigh_little() -> None:
    french = names_of("Paris, Londres et Macron ; Cainiao, Temu, Shein, Bolloré")
    english = names_of("Paris, London and Macron; Maersk, Lufthansa, Airbus, Boeing", "en")
    common = (names_of("Paris Londres Macron")).words
    assert are_linked(french, english)

    def article_count(word: int) -> int:
        return 500 if word in common else 1

    assert same_event(french, {7: english}, article_count, 1_000) == []


def test_of_two_the_nearer_and_of_equals_the_earlier() -> None:
    near_names = names_of("The VSSE suspects Alibaba and its arm Cainiao at Liège.", "en")
    far_names = names_of("Alibaba, Cainiao, Liège, Temu and Shein.", "en")
    assert same_event(names_of(FRENCH), {3: far_names, 9: near_names}, **RARE)[0] == 9
    assert same_event(names_of(FRENCH), {9: near_names, 4: near_names}, **RARE) == [4, 9]


def test_the_same_language_or_another_week_is_not_linked() -> None:
    french = names_of(FRENCH)
    assert not are_linked(french, french)
    english = names_of("VSSE, Alibaba, Cainiao, Liège", "en")
    for distance, expected in ((WINDOW, True), (WINDOW + 1, False), (-WINDOW - 1, False)):
        assert are_linked(french, Names(english.groups, "en", distance)) is expected


word = st.integers(1, 60)
group = st.frozensets(word, min_size=1, max_size=3)
some_names = st.lists(group, max_size=12).map(lambda groups: Names(tuple(groups), "fr"))


@given(some_names, some_names)
def test_linking_is_symmetric_and_needs_three_words(french: Names, english: Names) -> None:
    english = Names(english.groups, "en")
    assert are_linked(french, english) == are_linked(english, french)
    if len(french.words & english.words) < LEAST_NAMES:
        assert not are_linked(french, english)


def test_exonyms_have_those_of_the_cldr() -> None:
    french, english = Locale("fr"), Locale("en")
    pairs = [
        (name, english.territories.get(code, ""))
        for code, name in french.territories.items()
        if len(code) == 2
    ]
    for zone, zone_names in french.time_zones.items():
        city = english.time_zones.get(zone, {}).get("city")
        pairs.append((zone_names.get("city", ""), city or zone.rpartition("/")[2]))
    expected = {
        fold(fr): fold(en)
        for fr, en in pairs
        if fr.isalpha() and en.isalpha() and fold(fr) != fold(en)
    }
    assert expected.items() <= EXONYMS.items()
    assert all(fold(fr) == fr and fold(en) == en != fr for fr, en in EXONYMS.items())
    assert not EXONYMS.keys() & {*EXONYMS.values()}  # a name is looked up once
    assert EXONYMS["belgique"] == "belgium" and EXONYMS["londres"] == "london"


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("La tempête frappe la Californie", "Storm hits California"),
        ("Genève accueille le sommet", "The summit opens in Geneva"),
        ("Frappes sur Marioupol et Zaporijia", "Strikes on Mariupol and Zaporizhzhia"),
        ("Les députés de Turquie", "Lawmakers in Turkey"),
        ("Pékin répond", "The answer of Beijing"),
        ("Le port d'Anvers est fermé", "The port of Antwerp is closed"),
        ("L'Écosse vote", "Polls open in Scotland"),
        ("Poutine en visite", "A visit of Putin"),
        ("L'OTAN hésite", "Doubts at NATO"),
        ("La CIJ a tranché", "The ICJ has ruled"),
    ],
)
def test_a_place_or_body_has_one_name_in_both_languages(french: str, english: str) -> None:
    first, second = names_of(french).words, names_of(english, "en").words
    assert first & second


# --- on what there is -----------------------------------------------------------------------


def test_the_demo_has_one_event_in_two_languages() -> None:
    """Only a comment on the same affair is linked too: it has the same names."""
    content = load()
    lang = {slug: outlet.lang for slug, outlet in content.outlets.items()}
    articles = [
        (item.slug, names(article(item.title, " ".join(item.text), lang[item.outlet])))
        for item in content.articles
    ]
    counts = Counter(word for _, article_names in articles for word in article_names.words)
    links = set()
    for slug, article_names in articles:
        if article_names.lang == "en":
            candidates = {n: other for n, (_, other) in enumerate(articles) if other.lang == "fr"}
            for at in same_event(article_names, candidates, counts.__getitem__, len(articles))[:1]:
                links.add((slug, articles[at][0]))
    event = "surete-examine-centre-tri"
    assert ("vsse-liege-sorting-centre", event) in links
    assert links <= {("vsse-liege-sorting-centre", event), ("vsse-annual-report", event)}


def test_french_and_english_articles_of_other_events_are_not_linked() -> None:
    """210 French and as many English articles are of different events."""
    french, english = (
        [
            names(article(brief.title, brief.lead, lang))
            for brief in (*news(lang), *bulletins(lang, 300))
        ]
        for lang in ("fr", "en")
    )
    assert min(len(french), len(english)) >= 200
    counts = Counter(word for item in (*french, *english) for word in item.words)
    postings: dict[int, set[int]] = {}
    for at, item in enumerate(french):
        for number in item.words:
            postings.setdefault(number, set()).add(at)
    links = 0
    for item in english:
        common = Counter(at for number in item.words for at in postings.get(number, ()))
        candidates = {at: french[at] for at, count in common.items() if count >= LEAST_NAMES}
        links += same_event(item, candidates, counts.__getitem__, len(french) + len(english)) != []
    assert links == 0
