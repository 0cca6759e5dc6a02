"""Feed readers: what FreshRSS and Miniflux answer them, and what their marks mean in triage."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from support import ROOT
from support.api_server import Api, serving
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web
from support.terminal import Terminal

from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly

STATE = "user/-/state/com.google/"
LONG = "tag:google.com,2005:reader/item/"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return a newsroom with seven alerts of two watchlists: a1 to a7."""
    newsroom = Newsroom(tmp_path_factory.mktemp("busy"))
    items = [
        Item(f"Alibaba {number}", f"Colis & <b>{number}</b>", link=f"https://ex.org/{number}")
        for number in range(1, 6)
    ]
    customs = [Item(f"Customs {number}", link=f"https://ex.org/c{number}") for number in (1, 2)]
    with Web() as web:
        web.on("/feed", Reply(body=rss(*items, *customs)))
        newsroom.watch(
            [{"url": web.url("/feed"), "name": "Le Fil"}],
            ["Alibaba", {"name": "R&D / Douanes", "terms": ["customs"], "severity": "high"}],
        )
        assert newsroom.once().returncode == 0
    return newsroom


@dataclass
class Reader:
    """A reader that has signed in."""

    http: httpx.Client
    place: str
    """The address of the API."""

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer of a path."""
        answer = self.http.get(f"{self.place}/reader/api/0/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form."""
        return self.http.post(f"{self.place}/reader/api/0/{path}", data=fields)

    def ids(self, stream: str = f"{STATE}reading-list", **parameters: Any) -> list[int]:
        """Return the ids of entries."""
        items = self.get("stream/items/ids", s=stream, **parameters)["itemRefs"]
        return [int(item["id"]) for item in items]

    def stream(self, name: str) -> str:
        """Return the stream of a watchlist."""
        listed = self.get("subscription/list")["subscriptions"]
        (stream_id,) = [row["id"] for row in listed if row["title"] == name]
        return str(stream_id)


@pytest.fixture(scope="module")
def served(busy: Newsroom) -> Iterator[Api]:
    with serving(busy.config, busy.data) as api:
        yield api


def sign_in(api: Api, place: str, scope: Scope) -> Reader:
    form = {"Email": "ana", "Passwd": f"secret-{scope}", "service": "reader"}
    answer = api.client.post(f"{place}/accounts/ClientLogin", data=form)
    assert answer.status_code == 200, answer.text
    tokens = dict(line.split("=", 1) for line in answer.text.splitlines())
    assert set(tokens) == {"SID", "LSID", "Auth"}
    headers = {"Authorization": f"GoogleLogin auth={tokens['Auth']}"}
    return Reader(httpx.Client(base_url=api.url, headers=headers, timeout=30), place)


@pytest.fixture(params=["/api/greader.php", ""])
def reader(request: pytest.FixtureRequest, served: Api) -> Iterator[Reader]:
    signed_reader = sign_in(served, request.param, Scope.TRIAGE)
    with signed_reader.http:
        yield signed_reader


# --- who ----------------------------------------------------------------------------------------


def test_only_a_token_signs_in(served: Api) -> None:
    for form in ({"Email": "ana", "Passwd": "wrong"}, {"Email": "ana"}, {}):
        answer = served.client.post("/accounts/ClientLogin", data=form)
        assert answer.status_code == 401 and "Auth=" not in answer.text
    assert served.client.get("/accounts/ClientLogin?Passwd=secret-read").status_code == 405
    for header in ("GoogleLogin auth=wrong", "GoogleLogin auth=", "Basic secret-read", "x"):
        headers = {"Authorization": header}
        assert served.client.get("/reader/api/0/user-info", headers=headers).status_code == 401
    assert served.client.get("/reader/api/0/user-info").status_code == 401


def test_a_reader_that_may_only_read_marks_nothing(served: Api, busy: Newsroom) -> None:
    reading = sign_in(served, "", Scope.READ)
    with reading.http:
        assert len(reading.ids()) == 7
        for path in ("edit-tag", "mark-all-as-read"):
            answer = reading.post(path, i="1", a=f"{STATE}read", s=f"{STATE}reading-list")
            assert answer.status_code == 403, path
    assert {alert["state"] for alert in busy.json("alerts", "--format", "json")["alerts"]} == {
        "new"
    }


def test_forms_of_foreign_pages_are_refused(served: Api) -> None:
    headers = {**served.headers(Scope.TRIAGE), "Origin": "http://evil.example"}
    for path in ("/accounts/ClientLogin", "/reader/api/0/edit-tag"):
        answer = served.client.post(path, data={"i": "1"}, headers=headers)
        assert answer.status_code == 403
        as_json = served.client.post(path, json={}, headers=served.headers(Scope.TRIAGE))
        assert as_json.status_code == 415


def test_whose_token_it_is(reader: Reader) -> None:
    assert reader.get("user-info")["userName"] == "triageer"
    token = reader.http.get(f"{reader.place}/reader/api/0/token").text
    assert len(token.strip()) == 57


# --- what there is ------------------------------------------------------------------------------


def test_watchlists_are_subscriptions_in_folders_of_their_severity(reader: Reader) -> None:
    listed = reader.get("subscription/list", output="json", client="x", ck="123")["subscriptions"]
    named = {row["title"]: row for row in listed}
    assert list(named) == ["Alibaba", "R＆D / Douanes", "feed health"]
    assert named["R＆D / Douanes"]["categories"] == [{"id": "user/-/label/High", "label": "High"}]
    assert len({row["url"] for row in listed}) == 3
    for row in listed:
        assert httpx.URL(row["url"]).path.endswith(row["id"])
    tags = reader.get("tag/list")["tags"]
    assert {row["id"]: row.get("type") for row in tags} == {
        f"{STATE}starred": None, "user/-/label/High": "folder", "user/-/label/Medium": "folder",
    }  # fmt: skip


def test_unread_counts_new_alerts(reader: Reader) -> None:
    content = reader.get("unread-count")
    counts = {row["id"]: row for row in content["unreadcounts"]}
    assert content["max"] == counts[f"{STATE}reading-list"]["count"] == 7
    assert counts[reader.stream("Alibaba")]["count"] == 5
    assert counts["user/-/label/High"]["count"] == 2
    assert int(counts["user/-/label/High"]["newestItemTimestampUsec"]) > 1e15


def test_pages_follow_each_other_in_both_orders(reader: Reader) -> None:
    all_ids = reader.ids(n="100")
    assert all_ids == sorted(all_ids, reverse=True) and len(all_ids) == 7
    for order, expected in (("n", all_ids), ("o", all_ids[::-1])):
        item_ids: list[int] = []
        after: dict[str, str] = {}
        while after is not None:
            page = reader.get("stream/items/ids", s=f"{STATE}reading-list", n=3, r=order, **after)
            item_ids += [int(item["id"]) for item in page["itemRefs"]]
            after = {"c": page["continuation"]} if "continuation" in page else None  # type: ignore[assignment]
        assert item_ids == expected
        pages = [reader.get("stream/contents", n=4, r=order)]
        pages.append(reader.get("stream/contents", n=4, r=order, c=pages[0]["continuation"]))
        assert "continuation" not in pages[1]
        ids = [int(item["id"].removeprefix(LONG), 16) for page in pages for item in page["items"]]
        assert ids == expected


def test_streams_are_filtered_by_time_and_by_other_streams(reader: Reader, busy: Newsroom) -> None:
    raised = [row[0] for row in busy.sql("SELECT raised_at FROM alerts ORDER BY id")]
    after, before = int(min(raised)) - 1, int(max(raised)) + 1
    assert len(reader.ids(ot=after)) == len(reader.ids(ot=after * 1_000_000)) == 7
    assert reader.ids(ot=before) == reader.ids(nt=after) == []
    assert len(reader.ids(nt=before, ot=after)) == 7
    assert len(reader.ids(reader.stream("Alibaba"))) == 5
    assert len(reader.ids("user/-/label/High")) == 2
    assert len(reader.ids(it="user/-/label/High")) == 2
    assert len(reader.ids(xt="user/-/label/High")) == 5
    assert len(reader.ids(it=reader.stream("Alibaba"), xt=f"{STATE}read")) == 5
    assert reader.ids(f"{STATE}broadcast") == reader.ids(it="user/-/label/nothing") == []
    assert len(reader.ids(f"{STATE}kept-unread")) == 7


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"s": "feed/nothing"}, 404),
        ({"s": "user/-/label/nothing"}, 404),
        ({"s": "elsewhere"}, 404),
        ({"n": "many"}, 422),
        ({"c": "x"}, 422),
        ({"ot": "yesterday"}, 422),
    ],
)
def test_what_is_not_understood_is_refused(
    served: Api, parameters: dict[str, str], status: int
) -> None:
    for path in ("stream/items/ids", "stream/contents"):
        answer = served.client.get(
            f"/reader/api/0/{path}", params=parameters, headers=served.headers(Scope.READ)
        )
        assert answer.status_code == status, answer.text


def test_entries_have_what_readers_show(reader: Reader) -> None:
    number = reader.ids(reader.stream("Alibaba"))[-1]
    for stream in (reader.stream("Alibaba"), "user/1234/state/com.google/reading-list"):
        for spelling in (stream, quote(stream, safe="")):
            assert reader.get(f"stream/contents/{spelling}")["items"]
    for form in (str(number), f"{LONG}{number:016x}", f"{number:016x}"):
        answer = reader.post("stream/items/contents", i=form)
        (item,) = answer.json()["items"]
        assert item["id"] == f"{LONG}{number:016x}"
    assert item["title"].startswith("Alibaba") and item["author"] == "Le Fil"
    assert item["canonical"][0]["href"].startswith("https://ex.org/")
    assert item["origin"] == {
        "streamId": reader.stream("Alibaba"), "title": "Alibaba", "htmlUrl": "",
    }  # fmt: skip
    assert "<b>Alibaba</b>" in item["summary"]["content"]
    assert item["published"] and int(item["crawlTimeMsec"]) * 1_000 <= int(item["timestampUsec"])


# --- triage -------------------------------------------------------------------------------------


@pytest.fixture
def alerts(busy: Newsroom) -> Iterator[dict[int, dict[str, Any]]]:
    """Return the alerts; after the test they are new again."""
    rows = busy.json("alerts", "--format", "json")["alerts"]
    yield {int(row["alert_id"][1:]): row for row in rows}
    for act in ("reopen", "unstar"):
        busy.here("alerts", act, *(row["alert_id"] for row in rows))
    busy.here("alerts", "tag", *(row["alert_id"] for row in rows), "--remove", "hub")


def state(newsroom: Newsroom, number: int) -> tuple[str, bool, list[str]]:
    (row,) = [
        alert
        for alert in newsroom.json("alerts", "--state", "all", "--format", "json")["alerts"]
        if alert["alert_id"] == f"a{number}"
    ]
    return row["state"], row["starred"], row["tags"]


def test_marks_are_triage_and_triage_is_marks(
    reader: Reader, busy: Newsroom, alerts: dict[int, dict[str, Any]]
) -> None:
    first, second, third = sorted(alerts)[:3]
    read, starred, unread = f"{STATE}read", f"{STATE}starred", f"{STATE}kept-unread"
    done = reader.post("edit-tag", i=[str(first), f"{LONG}{second:016x}"], a=read, r=unread, T="x")
    assert done.text == "OK"
    assert reader.post("edit-tag", i=str(first), a=[starred, "user/-/label/Hub"]).text == "OK"
    assert state(busy, first) == ("acknowledged", True, ["hub"])
    assert state(busy, second)[0] == "acknowledged"
    (decision, *_) = busy.json("alerts", "history", f"a{first}", "--format", "json")
    assert decision["who"] == "triageer"
    assert reader.ids(f"{STATE}starred") == reader.ids("user/-/label/hub") == [first]
    assert set(reader.ids(f"{STATE}read")) == {first, second}
    assert not {first, second} & set(reader.ids(xt=read))
    assert reader.ids(it=starred, xt=read) == []
    assert reader.post("edit-tag", i=str(second), r=read, a=[unread]).text == "OK"
    assert reader.post("edit-tag", i=str(first), r=[starred, "user/-/label/hub"]).text == "OK"
    assert state(busy, second)[0] == "new" and state(busy, first)[1:] == (False, [])
    assert busy.here("alerts", "close", f"a{third}").returncode == 0
    assert third in reader.ids(f"{STATE}read")
    assert reader.post("edit-tag", i=str(third), a=read).text == "OK"
    assert state(busy, third)[0] == "closed"  # it stays so


def test_all_of_a_stream_are_read_at_once(
    reader: Reader, busy: Newsroom, alerts: dict[int, dict[str, Any]]
) -> None:
    raised = busy.sql("SELECT max(raised_at) FROM alerts")[0][0]
    stream = reader.stream("R＆D / Douanes")
    timestamp = int((raised - 3_600) * 1_000_000)
    assert reader.post("mark-all-as-read", s=stream, ts=timestamp, T="x").text == "OK"
    assert len(reader.ids(xt=f"{STATE}read")) == 7
    assert reader.post("mark-all-as-read", s=stream, ts=int(raised * 1_000_000)).text == "OK"
    assert len(reader.ids(xt=f"{STATE}read")) == 5
    assert reader.post("mark-all-as-read", s="feed/nothing").status_code == 404
    assert reader.post("mark-all-as-read", s=f"{STATE}reading-list").text == "OK"
    assert reader.ids(xt=f"{STATE}read") == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"i": "x", "a": f"{STATE}read"}, 422),
        ({"i": "1", "a": "user/-/label/a,b"}, 422),
        ({"i": "1", "a": f"{STATE}like"}, 200),
        ({"i": "1", "a": "user/-/label/High"}, 200),
        ({"i": "999999", "a": f"{STATE}read"}, 200),
        ({}, 200),
    ],
)
def test_marks_that_mean_nothing_change_nothing(
    reader: Reader, busy: Newsroom, fields: dict[str, str], status: int
) -> None:
    before = busy.json("alerts", "--state", "all", "--format", "json")["alerts"]
    assert reader.post("edit-tag", **fields).status_code == status
    assert busy.json("alerts", "--state", "all", "--format", "json")["alerts"] == before


# --- real readers -------------------------------------------------------------------------------


def test_the_calls_of_a_reader_on_a_phone(
    reader: Reader, busy: Newsroom, alerts: dict[int, dict[str, Any]]
) -> None:
    """The requests of NetNewsWire, Reeder, FeedMe and Read You for one round of reading."""
    folders = {row["id"] for row in reader.get("tag/list", output="json")["tags"]}
    for row in reader.get("subscription/list", output="json")["subscriptions"]:
        assert {label["id"] for label in row["categories"]} <= folders
    unread = reader.ids(n=1000, xt=f"{STATE}read", output="json")
    starred = reader.ids(f"{STATE}starred", n=1000, output="json")
    assert len(unread) == 7 and starred == []
    chosen = [f"{LONG}{number:016x}" for number in unread[:150]]
    items = reader.post("stream/items/contents", output="json", i=chosen).json()["items"]
    assert [row["id"] for row in items] == chosen
    streams = {row["id"] for row in reader.get("subscription/list")["subscriptions"]}
    assert {row["origin"]["streamId"] for row in items} <= streams
    token = reader.http.get(f"{reader.place}/reader/api/0/token").text
    marked = reader.post("edit-tag", T=token, i=chosen[:2], a=f"{STATE}read", ac="edit")
    assert marked.text == "OK"
    assert len(reader.ids(n=1000, xt=f"{STATE}read")) == 5
    assert state(busy, unread[0])[0] == "acknowledged"


NEWSBOAT = shutil.which("newsboat")


def newsboat_version() -> tuple[int, ...]:
    if NEWSBOAT is None:
        return ()
    told = subprocess.run([NEWSBOAT, "-v"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in told.split()[1].split(".")[:2])


@pytest.mark.skipif(newsboat_version() < (2, 24), reason="newsboat 2.24 is not installed")
def test_newsboat_lists_opens_reads_and_stars(
    busy: Newsroom, alerts: dict[int, dict[str, Any]], tmp_path: Path
) -> None:
    assert NEWSBOAT is not None
    with serving(busy.config, busy.data) as api:
        (tmp_path / "password").write_text(f"secret-{Scope.TRIAGE}\n")
        (tmp_path / "urls").touch()
        settings = (ROOT / "docs/how-to/phone-and-readers.md").read_text(encoding="utf-8")
        settings = settings.partition("```text\n")[2].partition("```")[0]
        settings = settings.replace("https://news.example.org:8735", api.url)
        settings = settings.replace("~/.config/newsboat/tocsin", str(tmp_path / "password"))
        (tmp_path / "config").write_text(settings)
        files = ("-C", "config", "-c", "cache.db", "-u", "urls", "-r")
        run = f"import os; os.execv({NEWSBOAT!r}, {[NEWSBOAT, *files]!r})"
        shown = Terminal(["-c", run], 100, 30, tmp_path, HOME=str(tmp_path), TERM="xterm")
        shown.read_until("(5/5) Alibaba")
        shown.read_until("(2/2) R&D / Douanes")
        shown.press("\r")
        shown.read_until("Alibaba 1")
        shown.press("\r")
        shown.read_until("Link: https://ex.org/")
        opened = next(line for line in shown.lines if line.startswith("Title: "))
        shown.press("q")
        shown.read_until("4 unread")
        shown.press("\x05")
        shown.read_until("Flags:")
        shown.press("s\r")
        shown.read_until("!")
        title = opened.removeprefix("Title: ").strip()
        (number,) = [id for id, row in alerts.items() if row["title"] == title]
        assert until(lambda: state(busy, number)[:2] == ("acknowledged", True))
        shown.press("q")
        shown.read_until("(4/5) Alibaba")
        other = next(id for id in alerts if id != number and "Alibaba" in alerts[id]["title"])
        assert busy.here("alerts", "ack", f"a{other}").returncode == 0
        shown.press("R")
        shown.read_until("(3/5) Alibaba")
        shown.press("A")
        shown.read_until("Do you really want")
        shown.press("y")
        shown.read_until("(0/5) Alibaba")
        shown.press("q")
        shown.end()
    states = [
        row["state"] for row in busy.json("alerts", "--state", "all", "--format", "json")["alerts"]
    ]
    assert states.count("acknowledged") == 5 and states.count("new") == 2
