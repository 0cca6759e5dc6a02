"""What a query finds, as a table: what it lights stands between ⟦ and ⟧."""

import re

import pytest

from index.article import Article
from index.inmemory import Bounds, InMemory, occurrences
from index.query import any_of, parse, score
from index.spans import evaluate, matches

CASES = {
    "a word, whatever its case and accents": [
        ("Trump", "⟦Trump⟧ speaks"),
        ("Trump", "the trumpet and the trumps"),
        ("trump", "⟦TRUMP⟧ and ⟦trump⟧ and ⟦Trump⟧"),
        ("ai", "training the maid again"),
        ("ai", "⟦AI⟧ training"),
        ("Ali", "Alibaba"),
        ("tour", "les tours"),
        ("tours", "le tour de ⟦Tours⟧"),
        ("Liège", "⟦Liège⟧, ⟦Liege⟧, ⟦LIÈGE⟧ et ⟦liège⟧"),
        ("liege", "à ⟦Liège⟧"),
        ("Liège", "à ⟦Lie\u200bge⟧"),
        ("Liège", "à ⟦Lie\u0300ge⟧"),
        ("Lie\u0300ge", "à ⟦Liège⟧"),
        ("Cainiao", "chez ⟦Cai\u00adniao⟧ hier"),
        ("Cai\u00adniao", "chez ⟦Cainiao⟧ hier"),
        ("œuvre", "une ⟦oeuvre⟧, une ⟦œuvre⟧, une ⟦Œuvre⟧"),
        ("oeuvre", "une ⟦œuvre⟧"),
        ("Strasse", "⟦Straße⟧"),
        ("Lodz", "à ⟦Łódź⟧"),
        ("Istanbul", "à ⟦İstanbul⟧ ou ⟦ıstanbul⟧"),
        ("Malmo", "à ⟦Malmö⟧"),
        ("smorrebrod", "un ⟦smørrebrød⟧"),
        ("fin", "la ⟦\ufb01n⟧"),
        ("Hawaii", "⟦Hawaiʻi⟧"),
        ("CO2", "le ⟦CO₂⟧ et le ⟦co2⟧"),
        ("foo_bar", "⟦foo_bar⟧"),
        ("bar", "foo_⟦bar⟧"),
    ],
    "apostrophes": [
        ("avocat", "l’⟦avocat⟧ parle"),
        ("l'avocat", "un ⟦avocat⟧ parle"),
        ("l’avocat", "l'⟦avocat⟧ parle"),
        ("espionnage", "d’⟦espionnage⟧"),
        ("espionnage", "d'⟦espionnage⟧"),
        ("espionnage", "un acte D’⟦ESPIONNAGE⟧"),
        ("espionnage", "qu'⟦espionnage⟧ et qu’⟦espionnage⟧"),
        ("espionnage", "le contre-⟦espionnage⟧"),
        ("d'espionnage", "l’⟦espionnage⟧"),
        ("=l'avocat", "l'⟦avocat⟧"),
        ("Jusqu'où", "⟦Jusqu'où⟧ iront-ils"),
        ("jusqu’où", "⟦jusqu'où⟧ iront-ils"),
        ("où", "jusqu'⟦où⟧"),
        ("aujourd'hui", "⟦aujourd’hui⟧ même"),
        ("Opoponax", "L'⟦Opoponax⟧"),
        ("L'Opoponax", "L’⟦Opoponax⟧"),
        ("O'Brien", "M. ⟦O’Brien⟧"),
        ("O'Brien", "Brien"),
        ("China", "⟦China⟧'s trade"),
        ("Chinas", "China's trade"),
        ("don't", "we ⟦don’t⟧ know"),
        ('"état de l\'art"', "l'⟦état de l’art⟧"),
        ('"état art"', "l'état de l’art"),
        ('"lettre l\'État"', "une ⟦lettre, l’État⟧"),
    ],
    "compounds": [
        ("plate-forme", "la ⟦plate-forme⟧, la ⟦plateforme⟧, la ⟦plate forme⟧"),
        ("plateforme", "la ⟦plate-forme⟧, la ⟦plateforme⟧, la plate forme"),
        ('"plate forme"', "la ⟦plate-forme⟧, la plateforme, la ⟦plate forme⟧"),
        ("forme", "la plate-⟦forme⟧"),
        ("e-commerce", "l’⟦e-commerce⟧ et l’⟦ecommerce⟧"),
        ("ecommerce", "l’⟦e‐commerce⟧ et l’⟦e‑commerce⟧"),
        ("espionnage", "de l’⟦espion-\nnage⟧ pur"),
        ("va-t-en-guerre", "un ⟦va-t-en-guerre⟧"),
        ("Saint-Jean-Pied-de-Port", "à ⟦Saint-Jean-Pied-de-Port⟧"),
        ('"plate-forme chinoise"', "la ⟦plate-forme chinoise⟧"),
        ('"plate-forme chinoise"', "la ⟦plateforme chinoise⟧"),
        ('"plateforme chinoise"', "la ⟦plate-forme chinoise⟧"),
        ('"la plate-forme"', "⟦la plateforme⟧"),
        ("avant-garde", "d'⟦avant-garde⟧"),
        ("F-16", "un ⟦F-16⟧, un ⟦F16⟧, un ⟦F 16⟧"),
        ("Arce", "Saint-Laurent-d'⟦Arce⟧"),
        ('"Saint-Laurent-d\'Arce"', "⟦Saint-Laurent-d’Arce⟧"),
        ("AT&T", "buy ⟦AT&T⟧ now"),
        ("AT&T", "buy at&t now"),
        ("AT&T", "⟦AT&T⟧-owned and AT then T"),
        ("H&M", "chez ⟦H&M⟧"),
        ("R&D", "la ⟦R & D⟧ et la ⟦R&D⟧"),
    ],
    "initials and numbers": [
        ("U.S.", "the ⟦US⟧ and the ⟦U.S.⟧ and the ⟦U.S⟧ army"),
        ("SNCF", "la ⟦S.N.C.F.⟧ et la ⟦SNCF⟧"),
        ("S.N.C.F.", "la ⟦SNCF⟧"),
        ("3,5", "⟦3,5⟧ % ou ⟦3.5⟧ %"),
        ("3.5", "⟦3,5⟧ %"),
        ("5", "3,5 %"),
        ("5G", "la ⟦5G⟧ et la ⟦5g⟧"),
        ("2023", "en ⟦2023⟧."),
        ('"1,000,000"', "⟦1,000,000⟧ people"),
    ],
    "CJK": [
        ("阿里巴巴", "买⟦阿里巴巴⟧的股票"),
        ("阿里巴巴", "阿里 巴 马"),
        ("菜鸟", "⟦菜鸟⟧网络"),
        ("菜鸟", "鸟菜"),
        ("手机", "iPhone⟦手机⟧"),
        ("iPhone", "⟦iPhone⟧手机"),
        ("서울", "⟦서울⟧에서"),
        ("ガス", "⟦ガス⟧"),
        ("ガス", "⟦ｶﾞｽ⟧"),
        ("カス", "ガス"),
        ("阿里巴巴 NEAR/5 菜鸟", "⟦阿里巴巴⟧和⟦菜鸟⟧"),
    ],
    "phrases": [
        ('"sûreté de l\'État"', "la ⟦Sûreté de l’État⟧ belge"),
        ('"sûreté de l\'État"', "l'État, la sûreté"),
        ('"sûreté de l\'État"', "la ⟦SÛRETÉ\nDE L'ÉTAT⟧"),
        ('"Financial Times"', "the ⟦Financial\nTimes⟧ and the ⟦Financial\u00a0Times⟧"),
        ('"Financial Times"', "financial markets of our times"),
        ("“Financial Times”", "⟦Financial Times⟧"),
        ("« Financial Times »", "⟦Financial Times⟧"),
        ('"quarante voleurs"', "Ali Baba et les ⟦quarante voleurs⟧"),
        ('"très très"', "⟦très très⟧ bien et très bien"),
        ('"the US army"', "⟦the US army⟧ but not the us army"),
        ('"services secrets"~', "un ⟦service secret⟧ et des ⟦services secrets⟧"),
        ('"services secret~"', "un service secret et des ⟦services secrets⟧"),
        ('"cyber* russe"', "une ⟦cyberattaque russe⟧"),
        ('="Bank Orange"', "bank orange, ⟦Bank Orange⟧"),
    ],
    "capitals and exact forms": [
        ("=Orange", "⟦Orange⟧ and orange and ORANGE"),
        ("=orange", "Orange and ⟦orange⟧ and ORANGE"),
        ("=liege", "Liege, liège, ⟦liege⟧"),
        ("=Liège", "Liege, liège, ⟦Liège⟧"),
        ("VSSE", "la ⟦VSSE⟧ ; la vsse"),
        ("US", "join us in the ⟦US⟧"),
        ("us", "join ⟦us⟧ in the ⟦US⟧"),
        ("WHO", "who said the ⟦WHO⟧ said"),
        ("WHO", "WHO SAID THAT"),
        ("who", "⟦WHO⟧ SAID THAT"),
        ("=Who", "⟦Who⟧ SAID that"),
        ("ÉTATS", "les ⟦ÉTATS⟧ et les États"),
        ("EXXONMOBIL", "⟦ExxonMobil⟧"),
        ("B2B", "le ⟦b2b⟧"),
        ("=Plate-forme", "⟦Plate-forme⟧ et plate-forme"),
        ("US-China", "⟦US-China⟧ and us-china"),
    ],
    "inflections and wildcards": [
        ("espionnage~", "⟦espionnages⟧, ⟦Espionnage⟧, espionner"),
        ("espionnages~", "l’⟦espionnage⟧"),
        ("port~", "le ⟦port⟧, la ⟦porte⟧, ⟦porter⟧ et les ⟦ports⟧"),
        ("belge~", "les ⟦belges⟧ et la ⟦Belge⟧, la Belgique"),
        ("company~", "some ⟦companies⟧ and a ⟦company⟧"),
        ("contre-espionnage~", "des ⟦contre-espionnages⟧"),
        ("cyber*", "⟦cyberattaque⟧, ⟦Cyber⟧, ⟦cyber-attaque⟧, hypercyber"),
        ("wom?n", "⟦women⟧ and ⟦Woman⟧, womaan"),
        ("*gate", "le ⟦Dieselgate⟧ et la ⟦gate⟧"),
        ("co*tion", "⟦corruption⟧, ⟦coalition⟧, cotions"),
        ("e-comm*", "l’⟦e-commerce⟧, l’⟦ecommerce⟧"),
        ("l'espion*", "l’⟦espionnage⟧"),
        ("title:cyber*", "cyberattaque"),
    ],
    "and, or, not": [
        ("a b", "⟦b⟧ then ⟦a⟧"),
        ("a b", "a alone"),
        ("a AND b", "⟦a⟧ ⟦b⟧"),
        ("a ET b", "⟦a⟧ ⟦b⟧"),
        ("a OR b", "only ⟦b⟧"),
        ("a OU b", "only ⟦a⟧"),
        ("a OR b c", "only b"),
        ("a OR b c", "⟦b⟧ ⟦c⟧"),
        ("(a OR b) c", "⟦b⟧ ⟦c⟧"),
        ("(a OR b) c", "only a"),
        ("a NOT b", "⟦a⟧ ⟦a⟧"),
        ("a NOT b", "a b"),
        ("a -b", "⟦a⟧ c"),
        ("a SAUF b", "a b"),
        ("a AND NOT b", "a b"),
        ("a -(b c)", "⟦a⟧ b"),
        ("a -(b c)", "a b c"),
        ('a -"b c"', "⟦a⟧ c b"),
        ("a -b -c", "a c"),
        ("NOT b a", "⟦a⟧"),
        ("a and b", "⟦a⟧ ⟦and⟧ ⟦b⟧"),
        ("2 OF (a, b, c)", "⟦c⟧ and ⟦a⟧"),
        ("2 OF (a, b, c)", "c and c"),
        ('2 OF (a, "b c", de*)', "a b x c"),
        ('2 OF (a, "b c", de*)', "⟦b c⟧ and ⟦demand⟧"),
        ("1 OF (3,5, 4)", "⟦3,5⟧"),
        ("a OR (b c) OR d", "b ⟦d⟧"),
        ("Alibaba.", "chez ⟦Alibaba⟧"),
        ("[Alibaba]", "chez ⟦Alibaba⟧"),
    ],
    "distances": [
        ("a NEAR/1 b", "⟦b⟧ ⟦a⟧"),
        ("a NEAR/1 b", "a x b"),
        ("a NEAR/2 b", "⟦a⟧ x ⟦b⟧ x x a"),
        ("a NEAR/3 b", "a x x x b"),
        ("a W/3 b", "⟦a⟧ x ⟦b⟧"),
        ("a W/3 b", "b x a"),
        ('"hub Liège"~5', "⟦Liège⟧ a un grand et ⟦hub⟧"),
        ('"hub Liège"~5', "Liège a un grand et beau hub"),
        ('"a b c"~2', "⟦c⟧ x ⟦a⟧ ⟦b⟧"),
        ('"a b c"~2', "c x a x b"),
        ('"très très"~2', "très bien, bien très"),
        ('"très très"~3', "⟦très⟧ bien bien ⟦très⟧"),
        ("a NEAR/5 a", "only a"),
        ("a NEAR/2 (b OR c)", "⟦a⟧ x ⟦c⟧"),
        ('"x y" NEAR/2 b', "⟦b⟧ z ⟦x y⟧"),
        ('"x y" NEAR/2 b', "b z z x y"),
        ("a NEAR/2 b NEAR/2 c", "⟦a⟧ ⟦c⟧ ⟦b⟧"),
        ("a NEAR/2 b NEAR/2 c", "⟦a⟧ x ⟦b⟧ x ⟦c⟧"),
        ("a NEAR/2 b NEAR/2 c", "a x b x x c"),
        ("plate NEAR/3 plateforme", "une plate-forme"),
        ("espion* NEAR/3 liege", "l’⟦espionnage⟧ à ⟦Liège⟧"),
        ("avocat NEAR/1 parle", "⟦parle⟧ l’⟦avocat⟧"),
    ],
}  # fmt: skip


def article(body="", title="", summary="", author=""):
    return Article(
        id=1, feeds=(1,), url="", title=title, summary=summary, body=body, author=author, seen=0.0
    )


def lit(query, of):
    """Return the parts of an article with what a query lights between brackets."""
    document = InMemory.of(of)
    found = matches(query.root, document)
    assert bool(found) == evaluate(query.root, document)
    texts = {part: of.part(part) for part in ("title", "summary", "body", "author")}
    for part, start, end, _ in reversed(occurrences(found, Bounds(of))):
        texts[part] = f"{texts[part][:start]}⟦{texts[part][start:end]}⟧{texts[part][end:]}"
    return texts


@pytest.mark.parametrize(
    ("query", "marked"),
    [pytest.param(*case, id=f"{why}: {case}") for why, cases in CASES.items() for case in cases],
)
def test_a_query_lights(query, marked):
    text = re.sub("[⟦⟧]", "", marked)
    assert lit(parse(query), article(text))["body"] == marked


PARTS = [
    ("x", {"title": "⟦x⟧", "summary": "⟦x⟧ y", "body": "⟦x⟧ ⟦x⟧", "author": "x"}),
    ("title:x", {"title": "⟦x⟧", "summary": "x", "body": "x", "author": "x"}),
    ("summary:x", {"title": "x", "summary": "⟦x⟧", "body": "x", "author": "x"}),
    ("body:(x y)", {"title": "x", "summary": "y", "body": "⟦y⟧ ⟦x⟧", "author": "x"}),
    ("body:(x y)", {"title": "x", "summary": "y", "body": "x", "author": "y"}),
    ("author:x", {"title": "x", "summary": "x", "body": "x", "author": "Max ⟦X⟧"}),
    ("author:=X", {"title": "x", "summary": "x", "body": "x", "author": "Max ⟦X⟧ x"}),
    ("author:=x", {"title": "x", "summary": "x", "body": "x", "author": "Max X ⟦x⟧"}),
    ("author:dup*", {"title": "dupont", "summary": "", "body": "", "author": "⟦Dupont⟧"}),
    ("dup*", {"title": "", "summary": "", "body": "z", "author": "Dupont"}),
    ("author:ports~", {"title": "", "summary": "", "body": "ports", "author": "Le ⟦Port⟧"}),
    ('"x y"', {"title": "x", "summary": "y x", "body": "y", "author": "x y"}),
    ("x NEAR/1000 y", {"title": "x", "summary": "y", "body": "", "author": ""}),
    ("x -title:y", {"title": "z", "summary": "⟦x⟧", "body": "y", "author": ""}),
    ("x -title:y", {"title": "y", "summary": "x", "body": "", "author": ""}),
]


@pytest.mark.parametrize(("query", "marked"), PARTS)
def test_parts_of_an_article(query, marked):
    plain = {part: re.sub("[⟦⟧]", "", text) for part, text in marked.items()}
    assert lit(parse(query), article(**plain)) == marked


def test_a_watchlists_terms():
    query = any_of(["Alibaba", "阿里巴巴", "Ali Express"], ["Alibaba Cave", "quarante voleurs"])
    assert lit(query, article("⟦Alibaba⟧".strip("⟦⟧")))["body"] == "⟦Alibaba⟧"
    assert lit(query, article("Ali  Express"))["body"] == "⟦Ali  Express⟧"
    assert lit(query, article("Alibaba's cave, an Alibaba cave"))["body"].count("⟦") == 0
    assert lit(query, article("Express Ali"))["body"].count("⟦") == 0


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("ransomware in the port", "⟦ransomware⟧ in the ⟦port⟧"),
        ("port port port port", "port port port port"),
        ("ransomware, logistics, port, exercise", "ransomware, logistics, port, exercise"),
        ("ransomware logistics port", "⟦ransomware⟧ ⟦logistics⟧ ⟦port⟧"),
    ],
)
def test_a_score(text, marked):
    query = score({"ransomware": 10, "port": 3, "logisti*": 3, "exercise": -5}, 12)
    assert lit(query, article(text))["body"] == marked


def test_words_far_apart_are_near_in_no_time():
    query = parse('"a b c d e f"~1000')
    assert not evaluate(query.root, InMemory.of(article("a b " * 200)))
    crowded = parse("a NEAR/1000 b NEAR/1000 c NEAR/1000 d")
    assert evaluate(crowded.root, InMemory.of(article("a b c d " * 100)))
