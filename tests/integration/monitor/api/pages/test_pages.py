"""What pages show, and how they are to be cached, framed and left."""

from __future__ import annotations

import pytest
from support.api_server import Api, serving
from support.html_pages import Browser
from support.newsroom import Newsroom
from support.pseudo_language import plain_words, pseudo_language

from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly

PAGES = (
    "/", "/alerts", "/alerts/a1", "/stories/a1", "/articles/1", "/search", "/search?q=port",
    "/briefing", "/briefing?since=1000d",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_whole_and_closed_to_others(reader: Browser, path: str) -> None:
    page = reader.get(path)
    assert page.status == 200
    headers = page.answer.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["cache-control"] == "no-cache, private"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "Cookie" in headers["vary"]
    assert not page.tree.xpath("//script | //img | //iframe | //*[@style] | //style")
    assert page.all("//h1") and len(page.tree.xpath("//main")) == 1
    assert page.tree.get("lang") == "en"
    for link in page.tree.xpath("//a[starts-with(@href, 'http')]"):
        assert link.get("rel") == "noopener noreferrer"


def test_an_alert_tells_all_that_is_known_of_it(reader: Browser, filled: Newsroom) -> None:
    row = filled.json("show", "a2", "--format", "json")
    page = reader.get("/alerts/a2")
    assert page.all("//h1") == [row["title"]]
    assert row["watchlist"] in page.text and row["outlet"] in page.text
    for match in row["matches"]:
        assert match["text"] in page.all("//mark")
        assert f"“{match['text']}” in the {match['field']}, by {match['term']}" in page.all("//p")
    assert f"/articles/{row['article_id']}" in page.links()
    assert reader.get("/alerts/2").text == page.text  # the number alone is enough


def test_the_list_filters_and_pages(reader: Browser) -> None:
    first = reader.get("/alerts?limit=1&watch=Alibaba&watch=Douanes")
    page_titles = [first.all("//article//h2")]
    page = first
    while page.tree.xpath("//a[@rel='next']"):
        (link,) = page.tree.xpath("//a[@rel='next']/@href")
        assert "watch=Alibaba" in link and "limit=1" in link
        page = reader.get(link)
        page_titles.append(page.all("//article//h2"))
    titles = [title for page_title in page_titles for title in page_title]
    assert len(titles) == len(set(titles)) == len(page_titles) == 3


def test_a_form_with_empty_fields_is_no_filter(reader: Browser) -> None:
    unfiltered = reader.get("/alerts?query=&state=open&watch=&utm_source=mail")
    assert unfiltered.all("//article//h2") == reader.get("/alerts").all("//article//h2")
    assert reader.get("/alerts?query=lang:en").all("//article//h2") == [
        "Customs officers seize counterfeit parts at the port"
    ]


def test_a_search_lights_its_hits_and_keeps_the_query(reader: Browser, api: Api) -> None:
    page = reader.get("/search?q=port&sort=score")
    hits = api.json("/search", query="port", sort="score")["hits"]
    assert page.all("//article//h2") == [hit["title"] for hit in hits]
    assert {mark.lower() for mark in page.all("//mark")} == {"port"}
    assert page.tree.xpath("//input[@name='q']/@value") == ["port"]
    assert page.tree.xpath("//option[@selected]/@value") == ["score"]
    assert "1 to 2 of 2" in page.text
    none = reader.get("/search?q=nowhere")
    assert "Nothing found" in none.text and none.status == 200


def test_a_query_with_a_mistake_stays_in_its_field(reader: Browser) -> None:
    page = reader.get("/search?q=%28port")
    assert page.status == 422
    assert page.tree.xpath("//input[@name='q']/@value") == ["(port"]
    assert page.all("//*[@role='alert']")


def test_a_briefing_begins_in_the_past(reader: Browser) -> None:
    assert reader.get("/briefing?since=7d").all("//h1")[0].startswith("Briefing, ")
    assert reader.get("/briefing?since=2999-01-01").status == 422


def test_a_briefing_that_was_sent_stays_as_it_was(reader: Browser, sent_briefing: int) -> None:
    path = f"/briefing/{sent_briefing}"
    assert path in reader.get("/briefing").links()
    page = reader.get(path)
    assert page.status == 200 and page.tree.xpath("//main//p[@class='bars']")
    assert page.all("//h1")[0].startswith("Morning, ")
    assert "/alerts" in page.links() and not page.tree.xpath("//style | //script | //img")
    assert "unsafe" not in page.answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/alerts/a99", 404, "There is no alert a99"),
        ("/alerts/x", 404, "numbers such as a5"),
        ("/stories/a99", 404, "There is no alert a99"),
        ("/articles/99", 404, "There is no article 99"),
        ("/articles/a1", 404, "numbers such as 5"),
        ("/briefing/99", 404, "There is no briefing 99"),
        ("/briefing/0", 404, "numbers such as 5"),
        ("/nothing", 404, "no such page"),
        ("/alerts?state=lost", 422, "state"),
        ("/alerts?watch=Nobody", 422, "Nobody"),
        ("/search?q=a&since=soon", 422, "2023-10-01"),
        ("/search?q=a&page=0", 422, "page"),
    ],
)
def test_an_error_is_a_page_for_browsers_and_a_problem_for_programs(
    api: Api, reader: Browser, path: str, status: int, words: str
) -> None:
    page = reader.get(path)
    assert page.status == status
    assert words in page.text
    assert {"/", "/alerts", "/search"} <= set(page.links())  # the way out
    program = api.client.get(path, headers=api.headers(Scope.READ))
    assert program.status_code == status
    assert program.headers["content-type"] == "application/problem+json"


def test_a_path_that_takes_another_method_says_so(reader: Browser) -> None:
    assert reader.post("/alerts", {}).status == 405
    assert reader.get("/logout").status == 405


def test_pages_are_read_without_a_token_if_the_server_was_asked_to(filled: Newsroom) -> None:
    with serving(filled.config, filled.data, anybody_reads=True) as api, Browser(api) as browser:
        page = browser.get("/alerts/a1")
        assert page.status == 200
        assert "/login" in page.links()
        assert not page.tree.xpath("//form[@method='post']")
        logged_in = browser.log_in("secret-triage")
        assert logged_in.status == 200 and "triageer" in logged_in.text


def test_pages_are_in_the_language_of_the_newsroom(reader: Browser, french: None) -> None:
    page = reader.get("/alerts/a2")
    assert page.tree.get("lang") == "fr"
    assert "Historique" in page.all("//h2")


KNOWN = (
    "tocsin",
    "reader",
    "feed health",
    "NAME --scope triage",
    "utc UTC CET",
    "und",
    "score date state",
)
"""Words of pages that are no messages: names, and words that people type."""


def test_no_word_of_a_page_is_left_in_english(reader: Browser, filled: Newsroom) -> None:
    config = filled.config.read_text(encoding="utf-8")
    titles = " ".join(
        f"{row['title']} {row['feed']}"
        for row in filled.json("alerts", "--format", "json")["alerts"]
    )
    with pseudo_language():
        for path in (*PAGES, "/alerts/a99", "/alerts/x", "/nothing", "/login", "/alerts?state=q"):
            page = reader.get(path)
            for element in page.tree.xpath(
                "//style | //title | //*[@lang] | //li/a[contains(@href, '/briefing/')]"
            ):
                if element is not page.tree:
                    element.drop_tree()
            words = plain_words(page.text, (*KNOWN, config, titles))
            assert not words, (path, words, page.text)
