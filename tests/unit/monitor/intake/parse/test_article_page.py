"""Tests of the extraction of an article's text from its page."""

from __future__ import annotations

import html
import time

import pytest
from support.originals import alibaba_article

from monitor.base.errors import ParseError
from monitor.intake.parse.web_page import extract

URL = "https://ex.org/monde/alibaba"
TITLE = "Alibaba dans le collimateur de la sûreté belge"
PROSE = [
    "Les services de renseignement belges surveilleraient la principale plate-forme logistique "
    "en Europe du géant chinois de l’e-commerce, installée à Liège depuis 2018.",
    "Et si elle le fait, elle pourrait via le logiciel de Cainiao, la filiale qui gère le site, "
    "l’utiliser afin de rationaliser les procédures logistiques du groupe.",
]
OTHER_TEXTS = (
    *("cookies", "Tout accepter", "Facebook", "SNCF", "canicule", "bravo", "newsletter"),
    *("Mentions légales", "dataLayer", "Rechercher", "Accueil"),
)


def page(paragraphs: list[str], *, title: str = TITLE, opening: str = "") -> str:
    """Return a typical news page: banner, menus, teasers and comments around the article."""
    prose = "".join(f"<p>{html.escape(text)}</p>\n" for text in paragraphs)
    menu = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("Monde", "Tech", "Idées"))
    return f"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">
    <title>{title} | Le Quotidien</title><meta property="og:title" content="{title}">
    <script>var dataLayer=[{{page:'article'}}];</script><style>p{{margin:0}}</style></head>
    <body class="with-cookie-banner"><div id="cookie-banner"><p>Avec votre accord, nos partenaires
    et nous utilisons des cookies pour stocker et consulter des informations personnelles comme
    votre visite sur ce site. Vous pouvez retirer votre consentement à tout moment.</p>
    <button>Tout accepter</button></div>
    <header><nav><ul>{menu}</ul></nav><form><button>Rechercher</button></form></header>
    <main><article><nav><a href="/">Accueil</a> &gt; <a href="/monde">Monde</a></nav>
    <h1>{title}</h1><ul class="share"><li><a href="#">Partager sur Facebook</a></li></ul>
    <div class="article-content">{opening}{prose}</div>
    <aside class="newsletter"><h3>Recevez notre newsletter</h3><p>Chaque matin, l’essentiel de
    l’actualité dans votre boîte. Inscrivez-vous gratuitement.</p></aside></article>
    <section class="related"><h2>À lire aussi</h2><article><a href="/a/1"><h3>Grève à la SNCF : le
    trafic perturbé</h3></a><p>Les syndicats appellent à la mobilisation.</p></article>
    <article><a href="/a/2"><h3>Météo : la canicule arrive</h3></a></article></section>
    <section id="comments"><h2>Commentaires (1)</h2><p>Enfin une enquête sérieuse sur ce sujet,
    bravo à la rédaction pour ce travail remarquable et utile.</p></section></main>
    <footer><ul>{menu}</ul><p>© Le Quotidien. Mentions légales, CGU.</p></footer></body></html>"""


def test_the_article_and_nothing_else() -> None:
    text = extract(page(PROSE).encode(), URL, "text/html; charset=utf-8").text
    assert text == "\n".join(PROSE)


def test_a_long_article_is_whole() -> None:
    article = alibaba_article().partition("0 commentaires")[0]
    paragraphs = [text.strip() for text in article.split("\n\n") if text.strip()][1:]
    text = extract(page(paragraphs).encode(), URL, "text/html").text
    missing = [p for p in paragraphs if len(p) > 60 and " ".join(p.split()) not in text]
    assert missing == []
    assert "Cainiao (la filiale d’Alibaba chargée du fret)" in text
    assert not [word for word in OTHER_TEXTS if word in text]


def test_a_repeated_title_is_dropped() -> None:
    text = extract(page(PROSE, opening=f"<p>{TITLE}</p>").encode(), URL).text
    assert text == "\n".join(PROSE)


def test_an_article_in_an_element_with_a_bad_name_is_kept() -> None:
    prose = PROSE * 8
    source = page(prose).replace('class="article-content"', 'class="related-content comment-open"')
    assert extract(source.encode(), URL).text.count("Cainiao") == 8


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("<html></html>", id="no text"),
        pytest.param(page([]), id="only menus and banners"),
        pytest.param("<h1>404</h1><p>La page que vous cherchez n’existe pas.</p>", id="error"),
        pytest.param("<h1>Connexion</h1><form>Mot de passe<input></form>", id="login"),
    ],
)
def test_a_page_without_an_article_has_no_text(source: str) -> None:
    assert extract(source.encode(), URL, "text/html").text == ""


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("utf-8", "text/html; charset=iso-8859-1"),
        ("cp1252", "text/html; charset=windows-1252"),
        ("utf-16", "text/html"),
    ],
)
def test_any_encoding_reads_the_same(encoding: str, content_type: str) -> None:
    assert extract(page(PROSE).encode(encoding), URL, content_type).text == "\n".join(PROSE)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"%PDF-1.7 ...", "", "application/pdf"),
        (b"%PDF-1.7 ...", "application/octet-stream", "application/octet-stream"),
        (b"\x89PNG", "image/png", "image/png"),
    ],
)
def test_what_is_no_page_is_said_in_words(body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        extract(body, URL, content_type)


def test_the_text_is_clean() -> None:
    dirty_texts = [f"\x1b[31m{PROSE[0]}\u202e", f"{PROSE[1]}&#27;&#7;"]
    source = page([]).replace(
        'article-content">', 'article-content">' + "".join(f"<p>{text}</p>" for text in dirty_texts)
    )
    assert extract(source.encode(), URL).text == "\n".join(PROSE)


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<p>a", "<table><tr><td>", "<!--", "<script>"])
def test_a_hostile_page_is_decided(tag: str) -> None:
    body = (tag * (20_000 // len(tag))).encode()
    started_at = time.process_time()
    try:
        extract(body, URL)
    except ParseError as error:
        assert error.reason
    assert time.process_time() - started_at < 5
