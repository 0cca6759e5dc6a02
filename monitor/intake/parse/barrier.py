"""What stands in place of a document: a challenge, a consent page, a login, a paywall.

Nothing is circumvented: a barrier is recognised and told, so that its text is never taken for an
article. A page is a barrier only by a sign that no article about barriers has, or by several.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from monitor.base.translation import gettext as _, mark

CHALLENGE = mark("a challenge to browsers ({who})")
CONSENT, LOGIN, PAYWALL = mark("a consent page"), mark("a login page"), mark("a paywall")
_HEAD = 200_000
"""Bytes of a page in which the signs are looked for."""
_SHORT = 1_500
"""Characters; a page with more text than this is an article, whatever dialogs lie over it."""

_CHALLENGES = (
    ("Cloudflare", rb"_cf_chl_opt|<title>Just a moment\.\.\.</title>|id=[\"']cf-error-details"),
    ("DataDome", rb"(?:geo|ct)\.captcha-delivery\.com"),
    ("HUMAN", rb"id=[\"']px-captcha|px-captcha-wrapper"),
    ("Akamai", rb"<title>Access Denied</title>.{0,2000}(?:edgesuite\.net|Reference&#32;&#35;)"),
    ("Imperva", rb"_Incapsula_Resource|Incapsula incident ID"),
    ("AWS WAF", rb"awswaf\.com/.{0,200}challenge(?:\.compact)?\.js|window\.gokuProps"),
    ("Sucuri", rb"sucuri_cloudproxy_js|Access Denied - Sucuri Website Firewall"),
    ("Anubis", rb"id=[\"']anubis_challenge"),
    ("Radware", rb"<title>Radware (?:Captcha|Bot Manager)"),
    ("captcha", rb"<title>(?:Are you a robot\?|Pardon Our Interruption|Robot Check)"),
)
_SIGNS = [(who, re.compile(sign, re.IGNORECASE | re.DOTALL)) for who, sign in _CHALLENGES]
_CHALLENGE_HEADERS = (
    (b"cf-mitigated", b"challenge", "Cloudflare"),
    (b"x-datadome", b"", "DataDome"),
    (b"x-sucuri-block", b"", "Sucuri"),
    (b"x-amzn-waf-action", b"c", "AWS WAF"),  # challenge or captcha
)
_CONSENT_HOST = re.compile(r"https?://(?:consent|guce|privacy-?gate|cmp|myprivacy)\.", re.I)
_CONSENT_TOOL = re.compile(rb"didomi|onetrust|sourcepoint|quantcast-?choice|cookie-?wall", re.I)
_CONSENT_WORDS = re.compile(
    r"accept(?:er|ez)? (?:tout|all|les|the|et|and)|sans accepter|reject all|tout refuser"
    r"|your privacy|votre vie privée|before you continue|avant d.accéder|nos partenaires"
    r"|our partners|cookies",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rb"<input[^>]{0,300}type=[\"']?password", re.IGNORECASE)
_ARTICLE = re.compile(rb"og:type[\"']\s+content=[\"']article|<article[\s>]|NewsArticle", re.I)
_NOT_FREE = re.compile(rb"[\"']?isAccessibleForFree[\"']?\s*:\s*[\"']?false", re.IGNORECASE)
_FOR_SUBSCRIBERS = re.compile(
    r"réservé (?:à nos|aux) abonnés|pour lire la suite|déjà abonné|il vous reste \d+ ?%"
    r"|subscribe to (?:continue|read)|already a subscriber|to continue reading|this article is for"
    r" subscribers|subscribers only",
    re.IGNORECASE,
)


def challenge_by_headers(header: Callable[[bytes], bytes]) -> str:
    """Return the challenge that the headers of a refusal name, in words; empty without one."""
    for name, value, who in _CHALLENGE_HEADERS:
        if (sent := header(name)) and sent.lower().startswith(value):
            return _(CHALLENGE, who=who)
    return ""


def barrier(body: bytes, url: str, visible: str, article: str = "") -> str:
    """Return what stands in place of a document, in words; empty if it is no barrier.

    Args:
        body: The page.
        url: Its address, after redirects.
        visible: What a reader sees of it.
        article: The text that was taken for its article; empty if there is none.
    """
    start = body[:_HEAD]
    if len(article) > _SHORT:
        return ""
    offers = {*_FOR_SUBSCRIBERS.findall(visible)} - {*_FOR_SUBSCRIBERS.findall(article)}
    if (article and _NOT_FREE.search(start)) or len(offers) > 1:
        return _(PAYWALL)
    if _CONSENT_HOST.match(url):
        return _(CONSENT)
    if _ARTICLE.search(start) or len(visible) > 2 * _SHORT:
        return ""
    words = {word.lower() for word in _CONSENT_WORDS.findall(visible)}
    if len(words) + bool(_CONSENT_TOOL.search(start)) > 3:
        return _(CONSENT)
    if article:
        return ""
    who = next((who for who, sign in _SIGNS if sign.search(start)), "")
    if who:
        return _(CHALLENGE, who=who)
    return _(LOGIN) if _PASSWORD.search(start) else ""
