"""Tests of messages: they tell an analyst everything, and texts of feeds are no markup in them."""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from monitor.base.article import Article
from monitor.base.text_cleaning import shown_url
from monitor.delivery.export.atom import alert_feed
from monitor.delivery.export.briefing import plain
from monitor.delivery.notify.message import (
    MAX_TEXT,
    briefing_message,
    compose,
)
from monitor.delivery.notify.notification import payload
from monitor.model.alert import Alert, AlertKind, AlertState, Outlet, StoryTimeline, Verdict
from monitor.model.briefing import MessageText, StoredBriefing
from monitor.model.config import TEMPLATE_FIELDS, unknown_fields
from monitor.model.delivery import Delivery, DeliveryState, Notification, Occasion
from monitor.model.watchlist import Match, Severity

BRUSSELS = ZoneInfo("Europe/Brussels")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=BRUSSELS).timestamp()
SUMMARY = "Un premier paragraphe. La sûreté soupçonne Alibaba d’espionnage à Liège ! La suite."
TITLE = "Alibaba dans le viseur"


def match(text: str, part: str, source: str, term: str = "") -> Match:
    at = source.index(text)
    return Match(field=part, start=at, end=at + len(text), text=text, term=term or text)


def sample(id: int = 1, *, reason: str = "", story: int = 7, **fields: object) -> Notification:
    about = {
        "id": id, "watchlist": "Espionnage", "article": 100 + id, "severity": Severity.HIGH,
        "state": AlertState.NEW, "verdict": Verdict.NONE, "starred": False, "backfill": False,
        "raised_at": NOON + id, "title": TITLE, "url": f"https://lecho.be/{id}", "feed": "L’Écho",
        "lang": "fr", "published": NOON - 3600,
        "matches": (match("Alibaba", "title", TITLE),
                    match("espionnage", "summary", SUMMARY, "espionnage~"),
                    match("Alibaba", "summary", SUMMARY)),
    }  # fmt: skip
    alert = Alert(**(about | fields))  # type: ignore[arg-type]
    article = Article(
        id=100 + id, feeds=(1,), url=alert.url, title=alert.title, summary=SUMMARY, body="",
        author="", lang="fr", published=NOON, seen=NOON, story=story,
    )  # fmt: skip
    delivery = Delivery(
        id=id, alert=id, channel="desk", occasion=Occasion.RAISED, why=reason, key=f"k{id}",
        state=DeliveryState.WAITING, due=NOON, attempts=0, reason="", created_at=NOON, sent_at=None,
    )  # fmt: skip
    return Notification(delivery=delivery, alert=alert, article=article if alert.article else None)


def outlet(name: str, lag: float, lang: str = "fr") -> Outlet:
    return Outlet(name=name, article=1, seen=NOON + lag, lag=lag, lang=lang)


TELLING = StoryTimeline(
    outlets=(outlet("L’Écho", 0), outlet("Le Soir", 240), outlet("RTBF", 720)),
    elsewhere=(outlet("Reuters", 0, "en"),),
)


def test_a_message_has_what_an_analyst_needs() -> None:
    message = compose(
        [sample(timeline=TELLING, reason="+7 listed, not sent since 10:02")], BRUSSELS
    )
    assert message.subject == "▲ Espionnage: Alibaba dans le viseur"
    assert message.plain.split("\n") == [
        "▲ high · Espionnage",
        "+7 listed, not sent since 10:02",
        "«Alibaba» dans le viseur",
        "L’Écho · fr · 2026-11-25 11:00 CET",
        "La sûreté soupçonne «Alibaba» d’«espionnage» à Liège !",
        "⌕ Alibaba, espionnage~",
        "≡ L’Écho, Le Soir +4 min, RTBF +12 min",
        "⇄ also in English: Reuters",
        "https://lecho.be/1",
    ]
    assert "**Alibaba** dans le viseur  \n" in message.markdown
    assert "<mark>espionnage</mark>" in message.html
    assert message.html.endswith('<a href="https://lecho.be/1">https://lecho.be/1</a>')


@pytest.mark.usefixtures("french")
def test_a_message_is_in_the_language_of_the_newsroom() -> None:
    message = compose([sample(timeline=TELLING, reason="5 médias")], BRUSSELS)
    assert message.subject == "▲ Espionnage\N{NO-BREAK SPACE}: Alibaba dans le viseur"
    assert message.plain.split("\n") == [
        "▲ élevée · Espionnage",
        "⇡ 5 médias",
        "«Alibaba» dans le viseur",
        "L’Écho · fr · 25/11/2026 11:00 CET",
        "La sûreté soupçonne «Alibaba» d’«espionnage» à Liège !",
        "⌕ Alibaba, espionnage~",
        "≡ L’Écho, Le Soir +4 min, RTBF +12 min",
        "⇄ aussi en anglais\N{NO-BREAK SPACE}: Reuters",
        "https://lecho.be/1",
    ]


def test_an_alert_about_a_feed_has_neither_article_nor_link() -> None:
    health = sample(
        article=None, url="", watchlist="feed health", title="lesoir falls silent", matches=(),
        kind=AlertKind.SILENT, lang="", published=None,
    )  # fmt: skip
    assert compose([health], BRUSSELS).plain.split("\n") == [
        "▲ high · feed health",
        "lesoir falls silent",
        "L’Écho · 2026-11-25 12:00 CET",
        "alert a1",
    ]


@pytest.mark.parametrize("published", [None, -1.0, 0.0, NOON + 1e9])
def test_a_date_that_nobody_believes_is_when_it_was_raised(published: float | None) -> None:
    assert "2026-11-25 12:00 CET" in compose([sample(published=published)], BRUSSELS).plain


def test_a_digest_is_grouped_newest_first_and_tells_a_story_once() -> None:
    notifications = [
        sample(1, story=1, title="Old"),
        sample(2, story=2, title="Twice, first"),
        sample(3, story=2, title="Twice, again"),
        sample(4, story=2, title="Other list", watchlist="Liège", severity=Severity.LOW),
    ]
    message = compose(notifications, BRUSSELS)
    assert message.subject == "4 × Espionnage 3, Liège 1"
    heads = [line for line in message.plain.split("\n") if not line.startswith(("L’", "http"))]
    assert heads == [
        "Espionnage (3)", "▲ Twice, again ×2", "▲ Old", "Liège (1)", "▽ Other list",
    ]  # fmt: skip
    assert compose(notifications[::-1], BRUSSELS).plain == message.plain, "the same at each try"


def test_a_digest_that_is_too_long_says_how_much_is_left_out() -> None:
    notifications = [sample(n, story=n, title=f"Headline {n} " + "x" * 120) for n in range(1, 200)]
    for text in message_texts(compose(notifications, BRUSSELS)):
        assert len(text) <= MAX_TEXT
        shown_count = len(re.findall(r"Headline \d+", text))
        assert f"… +{199 - shown_count}" in text and shown_count > 10


def message_texts(message: MessageText) -> tuple[str, str, str]:
    return message.plain, message.markdown, message.html


def test_the_link_outlives_a_text_without_end() -> None:
    endless = sample(title="a" * 50_000, reason="w" * 5_000)
    for text in message_texts(compose([endless], BRUSSELS)):
        assert len(text) <= MAX_TEXT
        assert "https://lecho.be/1" in text and "aaaa" in text


# --- what feeds may try ------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    ["@everyone", "a@everyone", "@here", "<!channel>", "<@U123>", "<#C1>", "@[all]", "<@&5>"],
)
def test_nobody_is_called(hostile: str) -> None:
    for text in message_texts(compose([sample(title=f"Vu : {hostile} !", feed=hostile)], BRUSSELS)):
        bare = text.replace("<br>", "").replace("\\", "")
        assert not re.search(r"@(everyone|here|U123|&)|<[!@#]", bare), text
        assert hostile not in bare


def test_markdown_of_a_feed_is_text() -> None:
    title = "[clic](http://evil.test) **gras** `code` ![i](x) # | ~~s~~ <b>"
    message = compose([sample(title=title, matches=())], BRUSSELS)
    headline_line = message.markdown.split("  \n")[1]
    assert re.findall(r"(?<!\\)[\\`*_\[\]()!<>#|~](?![\\`*_\[\]()!<>#|~])", headline_line) == []
    assert "http://" not in headline_line


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


hostile_texts = st.text(
    st.sampled_from("<>&\"'@!#[]()*_`~|\\:/ .\n\x1b\u202eaé") | st.characters(codec="utf-8"),
    max_size=80,
)


@given(title=hostile_texts, feed=hostile_texts, watchlist=hostile_texts, reason=hostile_texts)
def test_no_text_of_a_feed_is_markup(title: str, feed: str, watchlist: str, reason: str) -> None:
    hostile = sample(title=title, feed=feed, watchlist=watchlist, reason=reason, matches=())
    for group in ([hostile], [hostile, sample(2)]):
        message = compose(group, BRUSSELS)
        tags = Tags()
        tags.feed(message.html)
        assert {tag for tag, _ in tags.found} <= {"b", "br", "a", "mark"}
        links = {attrs[0][1] for tag, attrs in tags.found if tag == "a"}
        assert links <= {"https://lecho.be/1", "https://lecho.be/2"}
        for text in (*message_texts(message), message.subject):
            assert not re.search(r"@\w|\x1b|\u202e", text)


LINKS = MarkdownIt("js-default", {"linkify": True}).enable("linkify")
LINKS.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
"""As in Mattermost, addresses with a scheme are links, and bare host names are not."""


def link_urls(markdown: str) -> list[str]:
    """Return the addresses of the links in Markdown, those of images included."""
    urls, tokens = [], LINKS.parse(markdown)
    while tokens:
        token = tokens.pop()
        tokens += token.children or []
        if token.type in ("link_open", "image"):
            urls.append(str(token.attrs.get("href", token.attrs.get("src"))))
        assert token.type not in ("html_block", "html_inline")
    return urls


HOSTILE_LINKS = [
    "http://evil.test/>[Reset](http://phish.test/)",
    "http://evil.test/)[Reset](http://phish.test/)",
    "http://evil.test/@everyone",
    "http://evil.test/<!channel>",
    "http://evil.test/<@U123>",
    "http://evil.test/'\"><b>x</b>",
    "http://evil.test/`[x]`\\",
    "https://lemonde.test@evil.test/",
    "https://me:secret@evil.test/@here",
    "http://evil.test/|x|&lt;b&gt;",
]
UNSAFE = re.compile(r"""[<>\[\]()@"']""")


@pytest.mark.parametrize("url", HOSTILE_LINKS)
@pytest.mark.parametrize("template", ["", "$sign $headline $link", "[$headline]($link)"])
def test_a_link_is_one_link_and_nothing_else(url: str, template: str) -> None:
    for samples in ([sample(url=url)], [sample(url=url), sample(2, url=url, title="B", story=9)]):
        message = compose(samples, BRUSSELS, template=template)
        urls = link_urls(message.markdown)
        assert len(urls) == len(samples)
        assert all(re.match(r"https?://evil\.test/", link_url) for link_url in urls)
        for text in (message.plain, message.markdown):
            assert "secret" not in text and not re.search(r"@\w|<[!@]", text)
        tags = Tags()
        tags.feed(message.html)
        assert {tag for tag, _ in tags.found} <= {"b", "br", "a", "mark"}


def test_a_link_without_a_safe_form_is_left_out() -> None:
    message = compose([sample(url="http://[2001:db8::1]/x")], BRUSSELS)
    assert message.plain.endswith("\nalert a1")


@given(title=hostile_texts, outlet=hostile_texts, path=hostile_texts)
def test_whatever_a_feed_says_there_is_one_link(title: str, outlet: str, path: str) -> None:
    hostile = sample(title=title, feed=outlet, url=f"https://evil.test/{path}", matches=())
    message = compose([hostile], BRUSSELS)
    assert len(link_urls(message.markdown)) == bool(shown_url(hostile.alert.url))
    tags = Tags()
    tags.feed(message.html)
    assert len([tag for tag, _ in tags.found if tag == "a"]) == bool(shown_url(hostile.alert.url))


@pytest.mark.parametrize(
    "title", ["[Reset](phish.test)", "www.phish.test", "//phish.test/x", "mailto:a@phish.test"]
)
def test_a_headline_holds_no_link(title: str) -> None:
    message = compose([sample(title=title, feed=title, matches=())], BRUSSELS)
    assert link_urls(message.markdown) == ["https://lecho.be/1"]
    assert not re.search(r"www\.\w|mailto:\w", message.plain)


@given(path=hostile_texts)
def test_a_shown_link_holds_no_markup_and_stays_the_same_when_shown_again(path: str) -> None:
    shown_link = shown_url(f"https://me@evil.test/{path}")
    assert not UNSAFE.search(shown_link)
    assert shown_url(shown_link) == shown_link
    assert not shown_link or shown_link.startswith("https://evil.test/")


@given(text=hostile_texts)
def test_harmless_text_stays_harmless(text: str) -> None:
    cleaned = plain(text)
    assert "\n" not in cleaned
    assert not re.search(r"@\w|<[!@#]", cleaned)


# --- templates ---------------------------------------------------------------------------


def test_a_template_says_what_is_written() -> None:
    template = "$sign ${headline}\n$sentence\n$terms · $first · $others · $elsewhere · $$5\n$link"
    message = compose([sample(timeline=TELLING)], BRUSSELS, template=template)
    assert message.plain == (
        "▲ Alibaba dans le viseur\nLa sûreté soupçonne «Alibaba» d’«espionnage» à Liège !\n"
        "Alibaba, espionnage~ · L’Écho · Le Soir, RTBF · Reuters · $5\nhttps://lecho.be/1"
    )
    assert message.subject == "▲ Espionnage: Alibaba dans le viseur"


def test_a_field_is_no_template_and_no_markup() -> None:
    hostile_notification = sample(title="$link ${why} <b>*x*</b>", matches=())
    message = compose([hostile_notification], BRUSSELS, template="*$headline*")
    assert message.plain == "*$link ${why} <b>*x*<\u200b/b>*"
    assert message.html == "*$link ${why} &lt;b&gt;*x*&lt;\u200b/b&gt;*"
    assert message.markdown.count("\\*") == 2


def test_a_digest_writes_the_template_for_each() -> None:
    notifications = [sample(1), replace(sample(2), article=None)]
    assert compose(notifications, BRUSSELS, template="$id $lang").plain == "a1 fr\n\na2 fr"


def test_templates_know_their_fields() -> None:
    assert unknown_fields(" ".join(f"${{{field}}}" for field in TEMPLATE_FIELDS)) == []
    assert unknown_fields("$headline $titel") == ["titel"]
    with pytest.raises(ValueError, match=r"\$\$"):
        unknown_fields("5 $ each")
    message = compose(
        [sample(timeline=TELLING)], BRUSSELS, template="|".join(f"${f}" for f in TEMPLATE_FIELDS)
    )
    assert "$" not in message.plain


# --- briefings ---------------------------------------------------------------------------


def test_a_long_briefing_is_cut_at_a_block_for_chats_and_whole_for_mail() -> None:
    blocks = [f"block {n} " + "x" * (10 * n) for n in (30, 60, 2, 1, 0)]
    text = "\n\n".join(blocks) + "\n"
    saved_briefing = StoredBriefing(
        name="Briefing", slot=NOON, made_at=NOON, subject="Briefing: 9 @everyone", plain=text,
        markdown=text, html="<p>all</p>", json="{}",
    )  # fmt: skip
    message = briefing_message(saved_briefing, limit=400)
    assert message.plain == message.markdown == f"{blocks[0]}\n\n… +4"
    assert briefing_message(saved_briefing, limit=2_000).plain == text.rstrip("\n")
    assert "<p>all</p>" in message.html
    assert message.html.startswith("<!DOCTYPE html>")
    assert "@everyone" not in message.subject


PAGES = "https://news.example.org"


def test_a_message_links_to_the_page_of_its_alert() -> None:
    message = compose([sample(timeline=TELLING)], BRUSSELS, pages=PAGES)
    assert message.plain.split("\n")[-2:] == [
        "https://lecho.be/1",
        "alert a1: https://news.example.org/alerts/a1",
    ]
    assert message.markdown.endswith("alert a1: <https://news.example.org/alerts/a1>")
    assert message.html.endswith(
        'alert a1: <a href="https://news.example.org/alerts/a1">'
        "https://news.example.org/alerts/a1</a>"
    )
    short = compose([sample(timeline=TELLING)], BRUSSELS, pages=PAGES, limit=120)
    assert short.plain.endswith("https://news.example.org/alerts/a1")  # links are never left out


def test_an_alert_without_an_article_has_its_page_alone() -> None:
    health = sample(article=None, url="", matches=(), kind=AlertKind.SILENT)
    assert compose([health], BRUSSELS, pages=PAGES).plain.split("\n")[-1] == (
        "alert a1: https://news.example.org/alerts/a1"
    )


def test_each_entry_of_a_digest_links_to_a_page() -> None:
    notifications = [sample(1), sample(2, story=8)]
    text = compose(notifications, BRUSSELS, pages=PAGES).plain
    assert f"{PAGES}/alerts/a1" in text and f"{PAGES}/alerts/a2" in text


def test_a_template_may_name_the_page() -> None:
    for pages, expected in ((PAGES, f"{PAGES}/alerts/a1"), ("", "")):
        assert compose([sample()], BRUSSELS, template="$page", pages=pages).plain == expected
    markdown_text = compose([sample()], BRUSSELS, template="$page", pages=PAGES).markdown
    assert markdown_text == f"<{PAGES}/alerts/a1>"


def test_a_briefing_in_a_chat_links_to_the_whole() -> None:
    text = "\n\n".join(["x" * 100] * 5)
    saved_briefing = StoredBriefing(
        id=7, name="Briefing", slot=NOON, made_at=NOON, subject="Briefing: 9", plain=text,
        markdown=text, html="<p>all</p>", json="{}",
    )  # fmt: skip
    for limit, blocks in ((MAX_TEXT, text), (200, f"{'x' * 100}\n\n… +4")):
        message = briefing_message(saved_briefing, limit=limit, pages=PAGES)
        assert message.plain == f"{blocks}\n\n{PAGES}/briefing/7"
        assert message.markdown == f"{blocks}\n\n<{PAGES}/briefing/7>"
        assert len(message.markdown) <= limit
    assert briefing_message(saved_briefing).plain == text


def test_the_json_of_a_channel_has_the_page() -> None:
    assert payload([sample()], PAGES)["page"] == f"{PAGES}/alerts/a1"
    assert payload([sample()])["page"] == ""


def test_an_entry_of_atom_links_to_the_page() -> None:
    matched_alert, health_alert = sample().alert, sample(article=None, url="").alert
    document = alert_feed("Espionnage", [matched_alert, health_alert], "here", pages=PAGES).decode()
    assert f'rel="related" href="{PAGES}/alerts/a1"' in document
    assert f'rel="alternate" href="{PAGES}/alerts/a1"' in document  # it has no article
    assert "/alerts/a1" not in alert_feed("Espionnage", [matched_alert], "here").decode()


def test_messages_json_and_atom_say_which_name_of_which_concept_and_what_is_ambiguous() -> None:
    brand = match("Alibaba", "title", TITLE, "Alibaba (Group)")
    brand = replace(brand, concept="Group", ambiguous=True)
    notified = sample(matches=(brand, match("espionnage", "summary", SUMMARY)))
    words = "Alibaba (Group), perhaps a namesake"
    assert f"⌕ {words}, espionnage" in compose([notified], BRUSSELS).plain
    (first, _second) = payload([notified])["alert"]["matches"]
    assert (first["concept"], first["ambiguous"]) == ("Group", True)
    assert words in alert_feed("Espionnage", [notified.alert], "here").decode()
    surely = replace(brand, field="summary", ambiguous=False)
    text = compose([sample(matches=(brand, surely))], BRUSSELS).plain
    assert "⌕ Alibaba (Group)\n" in text
