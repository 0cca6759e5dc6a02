"""Tests that what stands in place of a document is recognised, and that no article is."""

from __future__ import annotations

import pytest

from monitor.base.errors import BarrierError, ParseError
from monitor.intake.parse.web_page import extract
from monitor.intake.parse.workers import parse
from monitor.model.feed import FEED

URL = "https://journal.example/economie/article.html"
LEAD = "Les services de sécurité surveillent le centre de tri de Liège depuis plusieurs mois."
LONG = "".join(
    f"<p>{LEAD} Le {day} mai, {day} agents ont vu {day * 7} colis partir vers le port.</p>"
    for day in range(1, 16)
)


def page(body: str, head: str = "", title: str = "Le Journal") -> bytes:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}".encode()


SUBSCRIBE = "<div class='offer'>Déjà abonné ? Connectez-vous. Article réservé aux abonnés.</div>"
CONSENT = """<div id="didomi-host"><h2>Le respect de votre vie privée</h2><p>Nous et nos partenaires
utilisons des cookies pour mesurer l’audience de ce site et vous montrer de la publicité.</p>
<button>Accepter et fermer</button><button>Continuer sans accepter</button></div>"""
BARRIERS = {
    "cloudflare": page("<script>window._cf_chl_opt={}</script>", title="Just a moment..."),
    "cloudflare block": page('<div id="cf-error-details"><h1>Sorry, you have been blocked</h1>'),
    "datadome": page("<script src='https://geo.captcha-delivery.com/c.js'></script>Activez JS"),
    "akamai": page(
        "<h1>Access Denied</h1>You don't have permission. https://errors.edgesuite.net/1",
        title="Access Denied",
    ),
    "imperva": page("<iframe src='/_Incapsula_Resource?x=1'>Request unsuccessful.</iframe>"),
    "aws": page("<script>window.gokuProps = {}</script>"),
    "anubis": page('<script id="anubis_challenge">{}</script>Making sure you are not a bot!'),
    "robot": page("<p>We need to check.</p>", title="Are you a robot?"),
    "consent": page(CONSENT),
    "login": page("<form><input name=u><input type='password' name=p><button>OK</button></form>"),
    "paywall": page(f"<article><p>{LEAD} {LEAD} {LEAD}</p></article>{SUBSCRIBE}"),
    "paywall by data": page(
        f"<article><p>{LEAD} {LEAD} {LEAD}</p></article>",
        '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}'
        "</script>",
    ),
}
ARTICLES = {
    "an article": page(f"<article>{LONG}</article>"),
    "a short one": page(f"<article><p>{LEAD} {LEAD} {LEAD}</p></article>"),
    "about Cloudflare": page(
        "<article><p>Cloudflare’s “Just a moment...” challenge page, known to developers for its"
        " _cf_chl_opt variable, now checks browsers without a captcha, the company said today,"
        f" adding that captcha-delivery and others do the same.</p><p>{LEAD}</p></article>"
    ),
    "about cookies": page(
        "<article><p>La CNIL veut que « tout refuser » soit aussi simple que « accepter tout ».</p>"
        "<p>Les éditeurs et nos partenaires de la presse disent que les cookies paient le journal,"
        f" et que la vie privée y gagne peu. {LEAD} {LEAD}</p></article>",
        '<meta property="og:type" content="article"><script src="https://sdk.didomi.io/x.js">'
        "</script>",
    ),
    "about paywalls": page(
        f"<article>{LONG}<p>Subscribe to continue, said the New York paper; already a subscriber?"
        " Others let readers in.</p></article>"
    ),
    "with a form to log in": page(
        f"<form class=login><input type=password></form><article><p>{LEAD} {LEAD} {LEAD}</p>"
        "</article>"
    ),
    "read whole by a subscriber": page(
        f"<article>{LONG}</article>",
        '<script type="application/ld+json">{"isAccessibleForFree":"False"}</script>',
    ),
    "behind Imperva": page(
        f"<script src='/_Incapsula_Resource?x'></script><article><p>{LEAD} {LEAD} {LEAD}</p>"
        "</article>"
    ),
    "beside an offer": page(
        f"<article><p>{LEAD} {LEAD} {LEAD}</p></article><aside>Déjà abonné ?</aside>"
    ),
}


@pytest.mark.parametrize("name", BARRIERS)
def test_a_barrier_is_named_and_no_text_of_it_is_an_article(name: str) -> None:
    with pytest.raises(BarrierError, match="blocked: a") as error:
        extract(BARRIERS[name], URL, "text/html")
    assert name.partition(" ")[0][:5].lower() in str(error.value).lower().replace(
        "captcha", "robot"
    ).replace("aws waf", "aws")


@pytest.mark.parametrize("name", ARTICLES)
def test_no_article_is_a_barrier(name: str) -> None:
    assert LEAD in extract(ARTICLES[name], URL, "text/html").text


@pytest.mark.parametrize("name", ["cloudflare", "datadome", "consent", "login"])
def test_a_barrier_in_place_of_a_feed(name: str) -> None:
    with pytest.raises(BarrierError, match="blocked: a"):
        parse(FEED, False, BARRIERS[name], "https://journal.example/rss", "text/html")


def test_a_page_in_place_of_a_feed_is_none() -> None:
    with pytest.raises(ParseError, match="web page") as error:
        parse(FEED, False, ARTICLES["an article"], "https://journal.example/rss", "text/html")
    assert not isinstance(error.value, BarrierError)
