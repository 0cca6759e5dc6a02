"""Tests of stories: headlines of one piece, and texts of one story."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support.originals import news, newsroom

from index.analysis import text_features
from monitor.base.article import Article
from monitor.judgement.stories import (
    StoryDecision,
    assign_story,
    headline_of,
    is_same_piece,
    least_shared,
    may_be_one_story,
)
from monitor.model.poll import Headline, StoryCandidate

HOUR = 3600.0
TWINS = "Géorgie : des jumelles séparées et vendues à la naissance réunies grâce à une vidéo"


def titled(title: str, feed: int = 1, at: float = 0.0) -> Headline:
    return Headline(title, feed, date=at)


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        pytest.param("Alibaba soupçonné à Liège", "ALIBABA SOUPÇONNÉ À LIÈGE", id="typography"),
        pytest.param("Alibaba soupçonné", "Alibaba soupçonné à Liège", id="a-word-more"),
        pytest.param(
            TWINS,
            "Séparées et vendues à la naissance, des jumelles réunies grâce à une vidéo",
            id="another-order",
        ),
        pytest.param("Qui est là ?", "Qui est là", id="stop-words-only"),
        pytest.param("46 morts à Liège, selon l’AFP", "Morts à Liège, selon l’AFP", id="a-figure"),
    ],
)
def test_alike_headlines_of_two_feeds_say_one_piece(title: str, other_title: str) -> None:
    assert is_same_piece(titled(title), titled(other_title, feed=2))
    assert is_same_piece(titled(other_title), titled(title, feed=2))


@pytest.mark.parametrize(
    ("title", "other_title"),
    [
        pytest.param("Gabriel Attal : « Il faut simplifier »",
                     "Gabriel Attal aux agriculteurs : « Je ne vous lâcherai pas »", id="quote"),
        pytest.param("Le port ferme", "Les dockers cessent le travail", id="new-headline"),
        pytest.param("PostGIS 3.5.0 est sorti", "PostGIS 3.4.3 est sorti", id="figures"),
        pytest.param("La météo de Liège, mardi", "La météo de Liège, jeudi", id="days"),
        pytest.param("Concerts à Liège, 9-16 mai", "Concerts à Liège, 16-23 mai", id="dates"),
        pytest.param("", "", id="none"),
        pytest.param("Alibaba", "", id="one-only"),
    ],
)  # fmt: skip
def test_other_headlines_say_other_pieces(title: str, other_title: str) -> None:
    assert not is_same_piece(titled(title), titled(other_title, feed=2))
    assert not is_same_piece(titled(title), titled(other_title))


def test_of_one_feed_one_headline_has_all_the_words_of_the_other() -> None:
    longer = titled("Paris : l’affiche du spectacle interdite par la régie")
    assert is_same_piece(longer, titled("L’affiche du spectacle interdite par la régie"))
    other = "Bruxelles : l’affiche du spectacle interdite par la régie"
    assert not is_same_piece(longer, titled(other))
    assert is_same_piece(longer, titled(other, feed=2))


def test_a_column_of_one_feed_has_editions() -> None:
    title, day = "La revue de presse", 24 * HOUR
    assert is_same_piece(titled(title), titled(title, at=HOUR))
    assert not is_same_piece(titled(title), titled(title, at=day))
    assert is_same_piece(titled(title), titled(title, feed=2, at=day))


def test_the_name_of_a_publisher_says_nothing_of_the_piece() -> None:
    def headline_by(outlet: str, url: str, title: str) -> Headline:
        return Headline(title, 1, outlet, url)

    soir = headline_by("Le Soir", "https://news.google.com/1", "Alibaba soupçonné - Le Soir")
    assert is_same_piece(soir, headline_by("L’Écho", "", "Alibaba soupçonné - L’Écho"))
    assert is_same_piece(
        headline_by("", "https://lesoir.be/1", "Alibaba vu de lesoir.be"),
        Headline("Alibaba vu de lecho.be", 2, url="https://www.lecho.be/1"),
    )


TITLES = st.lists(
    st.sampled_from(["Météo", "Arlon", "juin", "4", "v2", "port", ":", "-", "à", "…"]) | st.text()
).map(" ".join)


@given(TITLES, TITLES)
def test_which_headline_is_first_decides_nothing(title: str, other_title: str) -> None:
    first, other = titled(title), titled(other_title)
    assert may_be_one_story(first, other) == may_be_one_story(other, first)
    assert may_be_one_story(first, titled(other_title, feed=2))


TEASER = (
    "Les services de renseignement belges surveilleraient la principale plate-forme logistique "
    "en Europe du géant chinois de l’e-commerce Alibaba. En cause, selon le Financial Times, la "
    "suspicion d’éventuelles activités d’espionnage ou d’ingérence du groupe chinois. Installé "
    "depuis 2018, le centre logistique constitue depuis plusieurs mois un point d’attention."
)


TITLE = "Alibaba dans le collimateur de la sûreté belge pour suspicion d’espionnage"
BRIEF = "Deux phrases. La suite dans le journal."


def article(
    summary: str = "", body: str = "", *, title: str = "", id: int = 1, feed: int = 1
) -> Article:
    return Article(id=id, feeds=(feed,), url="", title=title, summary=summary, body=body, seen=0.0)


def shingles(article: Article) -> frozenset[int]:
    return text_features.shingles(article.title, article.summary, article.body)


def candidate(
    article: int, shared_count: int, size: int, *, story: int = 0, source: str = "9"
) -> StoryCandidate:
    headline = Headline(outlet=source)
    return StoryCandidate(article, story or article, frozenset(range(shared_count)), size, headline)


class Relation(enum.Enum):
    """The relation of an article to the one that it resembles most."""

    ALONE = "alone"
    VERSION = "version"
    SAME = "same"


class Decision(StoryDecision, frozen=True, kw_only=True):
    """A decision about an article, in a word."""

    article: int

    @property
    def relation(self) -> Relation:
        if self.story == self.article:
            return Relation.ALONE
        return Relation.VERSION if self.copy_of is None else Relation.SAME


def decide(
    new: Article, shingle_set: frozenset[int], candidates: Iterable[StoryCandidate]
) -> Decision:
    decision = assign_story(new, shingle_set, candidates)
    return Decision(decision.story, decision.copy_of, article=new.id)


class Archive:
    """Keeps shingles as the store does; each article has its own feed by default."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[frozenset[int], StoryCandidate]] = {}

    def add(
        self, id: int, text: str, title: str = "", feed: int = 0, url: str = "", at: float = 0.0
    ) -> Decision:
        new_article = article(text, id=id, title=title, feed=feed or id)
        new_article = replace(new_article, url=url, seen=at)
        new = shingles(new_article)
        candidates = [
            replace(known_candidate, shared=new & known_shingles)
            for known_shingles, known_candidate in self._known.values()
            if len(new & known_shingles) >= least_shared(new)
        ]
        decision = decide(new_article, new, candidates)
        known_candidate = StoryCandidate(
            id, decision.story, frozenset(), len(new), headline_of(new_article), decision.copy_of
        )
        self._known[id] = new, known_candidate
        return decision


@pytest.mark.parametrize(
    ("copy", "relation"),
    [
        pytest.param(TEASER, Relation.SAME, id="verbatim"),
        pytest.param(TEASER.upper().replace("’", "'"), Relation.SAME, id="other-typography"),
        pytest.param(TEASER.partition("Installé")[0], Relation.SAME, id="cut"),
        pytest.param("LIÈGE (AFP) — " + TEASER, Relation.SAME, id="with-a-dateline"),
        pytest.param("Le port de Liège reste ouvert ce lundi.", Relation.ALONE, id="other"),
        pytest.param("", Relation.ALONE, id="without-text"),
    ],
)
def test_a_copy_is_recognised(copy: str, relation: Relation) -> None:
    archive = Archive()
    archive.add(1, TEASER)
    decision = archive.add(2, copy)
    assert decision.relation == relation
    assert decision.story == (2 if relation == Relation.ALONE else 1)
    assert decision.copy_of == (1 if relation == Relation.SAME else None)


@pytest.mark.parametrize(
    ("title", "text", "feed", "relation"),
    [
        (TITLE, BRIEF, 2, Relation.SAME),
        (TITLE.upper().replace("’", "'"), BRIEF, 2, Relation.SAME),
        (TITLE, BRIEF, 1, Relation.ALONE),
        (TITLE + ", dit-on", BRIEF, 2, Relation.ALONE),
        (TITLE, BRIEF + " Lire aussi.", 2, Relation.ALONE),
    ],
    ids=["the-same", "other-typography", "its-own-feed", "other-headline", "other-text"],
)
def test_a_brief_is_a_copy_if_every_word_is_the_same(
    title: str, text: str, feed: int, relation: Relation
) -> None:
    first, second = shingles(article(BRIEF, title=TITLE)), shingles(article(text, title=title))
    assert least_shared(second) == 1
    shared_count = len(first & second)
    candidates = [candidate(1, shared_count, len(first), source="1")] if shared_count else []
    copy = article(text, title=title, id=2, feed=feed)
    assert decide(copy, second, candidates).relation == relation


def test_a_headline_of_a_few_words_is_nothing() -> None:
    assert shingles(article("", title="Revue de presse")) == frozenset()


def test_a_short_common_phrase_is_no_story() -> None:
    archive = Archive()
    phrase = "Retrouvez toute l’actualité sur notre site."
    archive.add(1, phrase)
    assert archive.add(2, phrase).relation == Relation.ALONE


# --- boilerplate ------------------------------------------------------------------------------

LEAD = (
    "Alors que la colère monte dans le monde agricole, la chaîne propose ce jeudi une émission"
    " spéciale en direct : agriculteurs, élus et consommateurs répondent aux questions de la"
    " rédaction pendant deux heures. Retrouvez chaque semaine nos invités sur toutes nos antennes."
)
OTHER_TITLES = ("Le puits sans fond des inégalités", "Les prix du gazole au plus haut")


def test_a_lead_that_a_publisher_repeats_makes_no_story() -> None:
    archive = Archive()
    archive.add(1, LEAD, OTHER_TITLES[0], feed=1)
    assert archive.add(2, LEAD, OTHER_TITLES[1], feed=1).relation == Relation.ALONE
    assert archive.add(3, LEAD, "Un vote à Liège", feed=1).relation == Relation.ALONE
    assert archive.add(4, LEAD, "Un vote à Liège", feed=2).relation == Relation.ALONE


def test_a_lead_under_headlines_of_one_subject_is_a_story_and_no_copy() -> None:
    archive = Archive()
    archive.add(1, LEAD, "Agriculture : les normes coûtent cher à Ciney", feed=1)
    assert archive.add(2, LEAD, "À Ciney, un éleveur répond", feed=1).relation == Relation.VERSION


def test_beside_boilerplate_a_text_is_compared_by_its_own_words() -> None:
    archive = Archive()
    for id, title in enumerate(OTHER_TITLES, 1):
        archive.add(id, LEAD, title, feed=1)
    archive.add(3, f"{TEASER} {LEAD}", TITLE, feed=1)
    decision = archive.add(4, f"{TEASER} Suivez-nous.", TITLE, feed=2)
    assert (decision.relation, decision.copy_of) == (Relation.SAME, 3)
    assert archive.add(5, f"Un autre texte. {LEAD}", TITLE, feed=3).relation == Relation.ALONE


def test_a_new_headline_of_another_feed_is_a_copy_all_the_same() -> None:
    archive = Archive()
    archive.add(1, TEASER, TITLE, feed=1)
    decision = archive.add(2, TEASER, "Liège sous surveillance", feed=2)
    assert (decision.relation, decision.story, decision.copy_of) == (Relation.SAME, 1, 1)


def test_what_one_feed_quotes_and_answers_is_no_copy() -> None:
    archive = Archive()
    archive.add(1, TEASER, TITLE, feed=1)
    answer = f"{TEASER} {LEAD}"
    assert archive.add(2, answer, TITLE, feed=1).relation == Relation.VERSION
    assert archive.add(3, answer, TITLE, feed=2).relation == Relation.SAME


def test_an_aggregator_has_many_sources() -> None:
    headlines = []
    for outlet in ("Le Soir", "L’Écho"):
        title = f"{OTHER_TITLES[len(headlines)]} - {outlet}"
        new_article = replace(article(TEASER, title=title, id=len(headlines) + 1), outlet=outlet)
        new = shingles(new_article)
        candidates = [StoryCandidate(1, 1, new, len(new), headlines[0])] if headlines else []
        decision = decide(new_article, new, candidates)
        headlines.append(headline_of(new_article))
    assert decision.relation == Relation.SAME


# --- rubrics ----------------------------------------------------------------------------------


def rubric(text: str, **blanks: str) -> str:
    """Return the text of a column with its blanks filled."""
    return text.format(**blanks)


OUTINGS = (
    "Chaque jeudi, la rédaction de {city} choisit pour vous les spectacles, les concerts et les"
    " expositions de la semaine. Retrouvez à {city} nos idées pour sortir en famille ou entre amis,"
    " et toutes les adresses de nos chroniqueurs."
)
WEATHER = (
    "Nuages et éclaircies se partagent le ciel ce {day}. Les températures restent de saison, avec"
    " des gelées le matin dans les vallées de l’est. Consultez les prévisions de votre commune sur"
    " notre carte, mise à jour toutes les heures."
)
STARS = (
    "Amour, travail, santé : ce que les astres réservent aux natifs du signe du {sign} ce jeudi."
    " Notre astrologue répond chaque matin à vos questions et vous dit comment bien commencer la"
    " journée."
)
SHOW = (
    "La maison {house} a présenté sa collection de prêt-à-porter pour l’automne lors de la semaine"
    " de la mode. Revivez en images tous les modèles du défilé, au premier rang duquel se"
    " pressaient les vedettes du cinéma et de la chanson."
)
GALLERY = "Retrouvez toutes nos photos de la journée en cliquant sur la première image ci-dessous."
DAY = 24 * 3600.0


@pytest.mark.parametrize(
    ("first", "second", "hours"),
    [
        pytest.param(
            ("Nos sorties de la semaine à Arlon", rubric(OUTINGS, city="Arlon")),
            ("Nos sorties de la semaine à Dinant", rubric(OUTINGS, city="Dinant")), 0, id="cities",
        ),
        pytest.param(
            ("La météo du jeudi 4 juin", rubric(WEATHER, day="jeudi")),
            ("La météo du vendredi 5 juin", rubric(WEATHER, day="vendredi")), 24, id="days",
        ),
        pytest.param(
            ("La météo du jour en Wallonie", rubric(WEATHER, day="jeudi")),
            ("La météo du jour en Wallonie", rubric(WEATHER, day="jeudi")), 24, id="one-headline",
        ),
        pytest.param(
            ("À table, le jeudi 4 juin - Une tarte au riz", LEAD),
            ("À table, le jeudi 4 juin - Le pain perdu de Verviers", LEAD), 0, id="subjects",
        ),
        pytest.param(
            ("Balance : votre horoscope", rubric(STARS, sign="Balance")),
            ("Verseau : votre horoscope", rubric(STARS, sign="Verseau")), 0, id="horoscopes",
        ),
        pytest.param(
            ("Semaine de la mode : le défilé Lys en images", rubric(SHOW, house="Lys")),
            ("Semaine de la mode : le défilé Verdier en images", rubric(SHOW, house="Verdier")), 5,
            id="fashion-shows",
        ),
        pytest.param(
            ("Un port rouvre en juin 2026", LEAD), ("Les lacs gelés de juin 2026", LEAD),
            24, id="figures-alone",
        ),
        pytest.param(
            ("Rappel : la version v2025 du logiciel s’arrête", LEAD),
            ("Rappel : la version v2024 du logiciel s’arrête", LEAD), 48, id="versions",
        ),
        pytest.param(("Partie 2", LEAD), ("Partie 2", LEAD), 1, id="part-2"),
        pytest.param(("En images", LEAD), ("En images", LEAD), 1, id="galleries"),
        pytest.param(
            ("En images : le carnaval de Binche", GALLERY * 2),
            ("En images : une course à Namur", GALLERY * 2), 1, id="galleries-of-two-places",
        ),
        pytest.param(
            ("Nos enquêtes, épisode 3 : le fleuve", LEAD),
            ("Nos enquêtes, épisode 4 : le fleuve", LEAD), 48, id="episodes",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("feeds", [(1, 1), (1, 2)], ids=["one-feed", "two-feeds"])
def test_the_rubrics_of_one_publisher_are_no_story(
    first: tuple[str, str], second: tuple[str, str], hours: float, feeds: tuple[int, int]
) -> None:
    archive = Archive()
    for id, (title, text), feed, at in ((1, first, feeds[0], 0), (2, second, feeds[1], hours)):
        url = f"https://www.journal.be/{id}"
        decision = archive.add(id, text, title, feed=feed, url=url, at=DAY + at * 3600)
    assert (decision.story, decision.copy_of) == (2, None)


@pytest.mark.parametrize(
    ("title", "hours"),
    [
        ("Liège : 7 blessés dans l’incendie d’un hangar", 2),
        ("Liège : un hangar en feu, 9 blessés", 2),
        ("À Liège, l’incendie d’un hangar fait 9 blessés", 30),
        ("Liège : 6 blessés dans l’incendie d’un entrepôt", 2),
        ("Liège : 6 blessés dans l’incendie d’un hangar", 2),
        ("Des pompiers blessés dans l’incendie d’un hangar", 2),
        ("Un gardien et cinq pompiers de Namur blessés dans l’incendie d’un hangar", 2),
    ],
)
def test_one_publisher_tells_a_story_again(title: str, hours: float) -> None:
    archive = Archive()
    text = rubric(WEATHER, day="soir")
    archive.add(1, text, "Liège : 6 blessés dans l’incendie d’un hangar", feed=1, at=DAY)
    decision = archive.add(2, text, title, feed=1, at=DAY + hours * 3600)
    assert decision.story == 1


def test_two_galleries_of_two_publishers_are_no_copies() -> None:
    archive = Archive()
    archive.add(1, GALLERY, "En images", feed=1, url="https://www.journal.be/1")
    second = archive.add(2, GALLERY, "En images", feed=2, url="https://www.gazette.be/1")
    assert second.relation == Relation.ALONE


def test_what_a_long_text_quotes_is_no_copy() -> None:
    archive = Archive()
    archive.add(1, " ".join(_texts(400)[:2]), TITLE)
    quote = " ".join(_texts(400)[0].split()[:60])
    assert archive.add(2, quote, "Le port rouvre").relation == Relation.VERSION
    half = " ".join(_texts(400)[0].split())
    assert archive.add(3, half, "Le port rouvre").relation == Relation.SAME


def test_a_teaser_is_found_in_its_full_text() -> None:
    archive = Archive()
    archive.add(1, TEASER, TITLE)
    assert archive.add(2, TEASER + " " + TEASER[::-1], TITLE).relation == Relation.SAME


@pytest.mark.parametrize(
    ("shared_count", "story", "relation"),
    [
        (20, 7, Relation.SAME),
        (14, 7, Relation.SAME),
        (13, 7, Relation.VERSION),
        (10, 7, Relation.VERSION),
        (9, 9, Relation.ALONE),
    ],
)
def test_how_much_is_how_near(shared_count: int, story: int, relation: Relation) -> None:
    known_candidate = candidate(8, shared_count, 40, story=7)
    decision = decide(article(id=9), frozenset(range(20)), [known_candidate])
    assert (decision.story, decision.relation) == (story, relation)


def test_the_nearest_then_the_earliest_decides() -> None:
    new = frozenset(range(20))
    candidates = [
        candidate(5, 18, 20, source="5"),
        candidate(3, 18, 20, source="3"),
        candidate(4, 12, 20, source="4"),
    ]
    assert decide(article(id=9), new, candidates).copy_of == 3
    assert decide(article(id=9), new, [candidate(9, 20, 20)]).relation == Relation.ALONE


@given(st.text(max_size=300), st.integers(1, 9))
def test_shingles_are_few_and_the_same_again(text: str, id: int) -> None:
    shingle_set = shingles(article(text, title="one", id=id))
    assert shingle_set == shingles(article(text, title="one", id=id + 1))
    if len(shingle_set) > 1:
        assert shingle_set == shingles(article(text, title="another"))
    assert len(shingle_set) <= len(text)


def _texts(words: int) -> list[str]:
    """Return texts of this many words, in two languages, all about different events."""
    texts, text = [], ""
    for brief in (*newsroom("fr"), *news("fr"), *newsroom("en"), *news("en")):
        text = f"{text} {brief.lead}"
        if len(text.split()) >= words:
            texts.append(" ".join(text.split()[:words]))
            text = ""
    return texts


@pytest.mark.parametrize(
    ("words", "count", "recall"), [(40, 110, 0.95), (120, 50, 1.0), (400, 16, 1.0)]
)
def test_articles_match_their_copies_and_nothing_else(
    words: int, count: int, recall: float
) -> None:
    texts = _texts(words)
    assert len(texts) >= count
    archive = Archive()
    alone = [archive.add(id, text).relation == Relation.ALONE for id, text in enumerate(texts, 1)]
    assert all(alone)
    copies = [archive.add(10_000 + id, "Mise à jour. " + text) for id, text in enumerate(texts, 1)]
    found_count = sum(decision.story == id for id, decision in enumerate(copies, 1))
    assert found_count / len(texts) >= recall
