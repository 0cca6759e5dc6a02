"""Mailboxes as a source: read by the program from a mail server on loopback."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import date
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from support.dovecot import PASSWORD as DOVECOT_PASSWORD, Dovecot, dovecot
from support.fetch_client import certificate  # noqa: F401
from support.imap_server import PASSWORD, ImapServer, newsletter
from support.newsroom import Newsroom

from monitor.base.translation import shown
from monitor.intake.fetch.mailbox import MOST


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path, {"MAIL_PASSWORD": PASSWORD})


def mailbox(url: str, **keys: Any) -> dict[str, Any]:
    return {"mailbox": url, "name": "Post", "password": "env:MAIL_PASSWORD", **keys}


def poll(newsroom: Newsroom) -> None:
    done = newsroom.once("--now")
    assert done.returncode == 0, done.stderr


def articles(newsroom: Newsroom) -> list[tuple[Any, ...]]:
    return newsroom.sql("SELECT title, outlet, body FROM articles ORDER BY id")


def titles(newsroom: Newsroom) -> list[str]:
    return [row[0] for row in articles(newsroom)]


def trouble(newsroom: Newsroom) -> str:
    newsroom.once("--now")
    ((reason,),) = newsroom.sql("SELECT reason FROM feeds")
    return shown(reason)


def soon() -> str:
    """Return a date after that of a poll which has just ended."""
    return formatdate(time.time() + 5)


def test_a_newsletter_raises_an_alert(server: ImapServer, newsroom: Newsroom) -> None:
    server.inbox.add(newsletter("Une vieille lettre", "Alibaba, déjà."))
    newsroom.watch([mailbox(server.url())], ["Alibaba"])
    poll(newsroom)
    server.inbox.add(
        newsletter("Un entrepôt de trop", "Alibaba agrandit son dépôt de Liège.", date=soon())
    )
    poll(newsroom)
    poll(newsroom)
    assert [row[:2] for row in articles(newsroom)] == [
        ("Une vieille lettre", "La lettre du Métier"),
        ("Un entrepôt de trop", "La lettre du Métier"),
    ]
    assert newsroom.sql("SELECT suppressed FROM alerts ORDER BY id") == [("backfill",), ("",)]
    assert newsroom.sql("SELECT count(*) FROM gaps") == [(0,)]
    assert newsroom.sql("SELECT outcome, blind FROM polls ORDER BY at") == [
        ("read", 0), ("read", 0), ("unchanged", 0),
    ]  # fmt: skip
    words = {command.split()[0] for command in server.asked}
    assert words == {"LOGIN", "EXAMINE", "UID"}
    assert not any("BODY[" in command for command in server.asked)
    assert server.connections == 3
    (row,) = newsroom.json("search", "agrandit", "--format", "json")["hits"]
    assert "La lettre du Métier" in newsroom.here("show", str(row["article_id"])).stdout
    assert PASSWORD not in (newsroom.data / "newsroom.db").read_bytes().decode("latin-1")


def test_numbers_that_change_double_nothing(server: ImapServer, newsroom: Newsroom) -> None:
    newsroom.watch([mailbox(server.url(), since="2023-11-10")], ["Alibaba"])
    for number in range(3):
        server.inbox.add(newsletter(f"Lettre {number}"))
    poll(newsroom)
    server.inbox.renumber(2, first=40)
    server.inbox.add(newsletter("Lettre 3"))
    poll(newsroom)
    server.inbox.renumber(3)
    poll(newsroom)
    assert sorted(titles(newsroom)) == [f"Lettre {number}" for number in range(4)]


def test_since_a_day(server: ImapServer, newsroom: Newsroom) -> None:
    server.inbox.add(newsletter("Trop vieille"), date(2023, 11, 9))
    server.inbox.add(newsletter("Du jour même"), date(2023, 11, 10))
    newsroom.watch([mailbox(server.url(), since="2023-11-10")], ["Alibaba"])
    poll(newsroom)
    assert titles(newsroom) == ["Du jour même"]


def test_a_long_past_is_read_in_parts_and_notifies_nobody(
    server: ImapServer, newsroom: Newsroom
) -> None:
    for number in range(MOST + 5):
        server.inbox.add(newsletter(f"Alibaba {number}", id=f"m{number}"))
    newsroom.watch([mailbox(server.url(), since="2023-11-10")], ["Alibaba"])
    poll(newsroom)
    assert len(titles(newsroom)) == MOST
    poll(newsroom)
    assert len(set(titles(newsroom))) == MOST + 5
    assert set(newsroom.sql("SELECT suppressed FROM alerts")) == {("backfill",)}


def test_a_forged_sender_is_told_and_is_no_outlet(server: ImapServer, newsroom: Newsroom) -> None:
    newsroom.watch([mailbox(server.url())], ["Alibaba"])
    poll(newsroom)
    failed = "mx.journal.example; dmarc=fail header.from=metier.example"
    server.inbox.add(newsletter("Alibaba ferme tout", id="m", Authentication_Results=failed))
    server.inbox.add(newsletter("Alibaba se porte bien", id="m"))
    poll(newsroom)
    assert [row[:2] for row in articles(newsroom)] == [
        ("Alibaba ferme tout", "La lettre du Métier (sender not proven: dmarc=fail)"),
        ("Alibaba se porte bien", "La lettre du Métier"),
    ]
    assert "not proven" in newsroom.here("alerts").stdout


def test_a_mailbox_is_checked_before_it_is_read(server: ImapServer, newsroom: Newsroom) -> None:
    newsroom.watch([mailbox(server.url())], ["Alibaba"])
    assert newsroom.here("feeds", "check", "Post").returncode == 0, "an empty one too"
    server.inbox.add(newsletter("Alibaba ferme tout"))
    done = newsroom.here("feeds", "check", "Post")
    assert "format     mails" in done.stdout
    assert PASSWORD not in done.stdout
    assert newsroom.here("check").returncode == 0


def test_a_mailbox_that_is_empty_at_first(server: ImapServer, newsroom: Newsroom) -> None:
    newsroom.watch([mailbox(server.url())], ["Alibaba"])
    poll(newsroom)
    poll(newsroom)
    server.inbox.add(newsletter("Alibaba ferme tout", date=soon()))
    poll(newsroom)
    assert newsroom.sql("SELECT suppressed FROM alerts") == [("",)]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"password": None}, "write imaps://user@host/Folder"),
        ({"mailbox": "imaps://mail.example/Press"}, "write imaps://user@host/Folder"),
        ({"mailbox": "https://mail.example/Press"}, "is no mailbox"),
        ({"password": "env:NOWHERE"}, "no environment variable NOWHERE"),
        ({"auth": {"user": "a", "password": "env:MAIL_PASSWORD"}}, "one is enough"),
        ({"url": "https://journal.example/rss"}, "one is enough"),
        ({"since": "yesterday"}, "is not a day"),
        ({"split": "words"}, "write links"),
        ({"proxy": "http://proxy.example:3128"}, "not read through a proxy"),
        ({"mailbox": None, "url": "https://journal.example/rss"}, "is for a `mailbox`"),
    ],
)
def test_mistakes_are_named(newsroom: Newsroom, keys: dict[str, Any], words: str) -> None:
    feed = mailbox("imaps://press@mail.example/Press") | keys
    newsroom.watch([{key: value for key, value in feed.items() if value is not None}], ["Alibaba"])
    done = newsroom.here("check")
    assert done.returncode == 2
    assert words in done.stdout + done.stderr


def test_mailboxes_of_two_users_are_two_and_passwords_are_hidden(newsroom: Newsroom) -> None:
    first = {"mailbox": "imaps://one:s3cret@mail.example/INBOX"}
    second = mailbox("imaps://two@mail.example/INBOX", name="Two")
    newsroom.watch([first, second], ["Alibaba"])
    done = newsroom.here("check")
    assert done.returncode == 0, done.stdout
    assert "s3cret" not in done.stdout + done.stderr + newsroom.here("config", "show").stdout


HEADLINES = """<p><a href="https://metier.example/1">Un premier grand titre</a></p>
<p><a href="https://metier.example/2">Alibaba bâtit un deuxième dépôt</a></p>"""


def test_headlines_of_a_list_of_links(server: ImapServer, newsroom: Newsroom) -> None:
    newsroom.watch([mailbox(server.url("Presse%20&économique"), split="links")], ["Alibaba"])
    server.folders["Presse &-&AOk-conomique"] = folder = server.folders["INBOX"]
    folder.add(newsletter("La lettre du matin", html=HEADLINES))
    poll(newsroom)
    folder.add(newsletter("La lettre du soir", html=HEADLINES))
    poll(newsroom)
    assert newsroom.sql("SELECT title, url FROM articles ORDER BY id") == [
        ("Un premier grand titre", "https://metier.example/1"),
        ("Alibaba bâtit un deuxième dépôt", "https://metier.example/2"),
    ]


FAULTS: dict[str, tuple[dict[str, bytes], str]] = {
    "no IMAP": ({"greeting": b"220 mail ESMTP\r\n"}, "does not speak IMAP"),
    "bye": ({"greeting": b"* BYE too busy\r\n"}, "does not speak IMAP"),
    "bye later": ({"SEARCH": b"* BYE too \x1b[2Jmany\r\n"}, "refuses to read (BYE too many)"),
    "hung up": ({"SEARCH": b"* SEARCH 1 2"}, "not finished after"),
    "endless": ({"EXAMINE": b"* OK " + b"x" * 5_000_000}, "too long"),
    "a huge mail": ({"FETCH": b"* 1 FETCH (UID 1 BODY[]<0> {999999999}\r\nx"}, "not finished"),
    "refused": ({"SEARCH": b"TAG NO [UNAVAILABLE] later\r\n"}, "refuses to read"),
}


@pytest.mark.parametrize(("faults", "words"), FAULTS.values(), ids=FAULTS)
def test_what_a_server_may_do(
    server: ImapServer, newsroom: Newsroom, faults: dict[str, bytes], words: str
) -> None:
    server.inbox.add(newsletter("Une lettre"))
    server.faults = faults
    newsroom.watch([mailbox(server.url(), timeout="2s")], ["Alibaba"])
    assert words in trouble(newsroom)
    server.faults = {}
    poll(newsroom)
    assert titles(newsroom) == ["Une lettre"]


def test_what_a_person_mistypes(server: ImapServer, newsroom: Newsroom) -> None:
    newsroom.watch([mailbox(server.url(), password="falsch")], ["Alibaba"])
    assert "refuses the user or the password ([AUTHENTICATIONFAILED]" in trouble(newsroom)
    newsroom.watch([mailbox(server.url("Pres"), name="Other")], ["Alibaba"])
    newsroom.once("--now")
    reasons = [shown(reason) for (reason,) in newsroom.sql("SELECT reason FROM feeds")]
    assert any("there is no such folder to read ([NONEXISTENT]" in reason for reason in reasons)


def test_no_password_over_a_strange_network(newsroom: Newsroom, server: ImapServer) -> None:
    newsroom.watch([mailbox(server.url())], ["Alibaba"], network={})
    assert "is not a public address" in trouble(newsroom)
    assert server.connections == 0


def test_certificates_are_checked(
    newsroom: Newsroom,
    certificate: tuple[ssl.SSLContext, Path],  # noqa: F811
) -> None:
    context, file = certificate
    with ImapServer(context) as server:
        server.inbox.add(newsletter("Une lettre"))
        newsroom.watch([mailbox(server.url(host="localhost"))], ["Alibaba"])
        assert "signed by nobody but itself" in trouble(newsroom)
        assert server.asked == []
        newsroom.once("--now", SSL_CERT_FILE=str(file))
        assert titles(newsroom) == ["Une lettre"]
    with ImapServer() as server:
        url = server.url().replace("imap://", "imaps://")
        newsroom.watch([mailbox(url, name="Other")], ["Alibaba"])
        newsroom.once("--now")
        (reason,) = newsroom.sql("SELECT reason FROM feeds WHERE name = 'Other'")[0]
        assert "imaps has 993" in shown(reason)


# --- the server of Debian ----------------------------------------------------------------


@pytest.fixture(scope="module")
def debian(certificate: tuple[ssl.SSLContext, Path]) -> Iterator[Dovecot]:  # noqa: F811
    with dovecot(certificate[1]) as server:
        yield server


def test_dovecot_is_read_and_nothing_changes(
    debian: Dovecot,
    tmp_path: Path,
    certificate: tuple[ssl.SSLContext, Path],  # noqa: F811
) -> None:
    newsroom = Newsroom(
        tmp_path, {"MAIL_PASSWORD": DOVECOT_PASSWORD, "SSL_CERT_FILE": str(certificate[1])}
    )
    folder = debian.url("Presse économique", "imaps", "localhost")
    newsroom.watch(
        [
            mailbox(debian.url(), since="2026-01-01"),
            mailbox(folder.replace(" ", "%20"), name="Presse", split="links"),
        ],
        ["Alibaba"],
    )
    debian.deliver(*(newsletter(f"Lettre {n}", "Alibaba. " * 5_000) for n in range(40)))
    links = newsletter("La lettre", html=HEADLINES)
    debian.deliver(links, folder="Presse &AOk-conomique")
    before = debian.flags()
    poll(newsroom)
    expected = sorted([*(f"Lettre {n}" for n in range(40)), "Un premier grand titre",
                       "Alibaba bâtit un deuxième dépôt"])  # fmt: skip
    assert sorted(titles(newsroom)) == expected
    debian.deliver(newsletter("Encore une lettre"))
    poll(newsroom)
    debian.rebuild()
    poll(newsroom)
    assert sorted(titles(newsroom)) == sorted([*expected, "Encore une lettre"])
    assert [flags.split(b"UID")[1] for flags in debian.flags()][:40] == [
        flags.split(b"UID")[1] for flags in before
    ]
