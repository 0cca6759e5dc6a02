"""Tests of the parsing of mails: newsletters become entries."""

from __future__ import annotations

import time
from email.message import EmailMessage

import msgspec
import pytest
from support.feed_mutations import mutated
from support.imap_server import newsletter

from monitor.base.text_cleaning import line, lines, safe_url
from monitor.intake.fetch.mailbox import MAIL_BYTES
from monitor.intake.parse.workers import parse
from monitor.model.cost import READING
from monitor.model.feed import Source, SourceKind
from monitor.model.poll import Entry, ParsedFeed

URL = "imaps://desk@mail.example/Presse"


def read(*mails: bytes | EmailMessage, split: bool = False) -> ParsedFeed:
    source = Source(kind=SourceKind.MAILBOX, split=split)
    raw = [mail if isinstance(mail, bytes) else mail.as_bytes() for mail in mails]
    return parse(source, False, msgspec.msgpack.encode(raw), URL)


def only(mail: bytes | EmailMessage) -> Entry:
    (entry,) = read(mail).entries
    return entry


def test_a_mail_is_an_article() -> None:
    html = "<style>p {}</style><p>Le port d’Anvers <b>ferme</b>.</p><img src='http://t.example/1'>"
    entry = only(newsletter("Grève à Anvers – l’été", "illisible", id="m1", html=html))
    assert entry.key == "<m1@metier.example>"
    assert entry.title == "Grève à Anvers – l’été"
    assert entry.body == "Le port d’Anvers ferme."
    assert (entry.url, entry.published) == ("", 1_699_945_200.0)
    assert (entry.source, entry.source_url) == ("La lettre du Métier", "https://metier.example/")
    assert entry.author == "Le Métier"


@pytest.mark.parametrize(
    ("list_id", "sender", "outlet"),
    [
        ("=?utf-8?q?La_Lettre_=C3=A9co?= <eco.x.example>", "Jean", "La Lettre éco"),
        ("<b0c1.1234.list-id.esp.example>", "Le Métier", "Le Métier"),
        ("<eco.metier.example>", "", "eco.metier.example"),
        ("", "", "metier.example"),
    ],
)
def test_who_names_the_outlet(list_id: str, sender: str, outlet: str) -> None:
    mail = newsletter("Un titre", sender=(sender, "a@metier.example"), list_id=list_id)
    assert only(mail).source == outlet


BODIES = {
    "quoted-printable latin-1": (
        b"Content-Type: text/plain; charset=iso-8859-15\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\nUn pr=EAt de 3 =A4, =\r\nsans plus.",
        "Un prêt de 3 €, sans plus.",
    ),
    "base64": (
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"PHA+w4l0w6k8L3A+\r\n",
        "Été",
    ),
    "no charset, windows bytes": (b"Content-Type: text/plain\r\n\r\nl\x92\xe9t\xe9", "l’été"),
    "an unknown charset": (b"Content-Type: text/plain; charset=klingon\r\n\r\nl\xe9t\xe9", "lété"),
    "UTF-8 that says ASCII": (
        b"Content-Type: text/plain; charset=us-ascii\r\n\r\nl\xc3\xa9t\xc3\xa9",
        "lété",
    ),
    "a Japanese one": (
        b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B?7J9\x1b(B",
        "新聞",
    ),
    "parts in parts, attachments": (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
        b"Content-Type: text/plain\r\n\r\nplain\r\n--c\r\n"
        b"Content-Type: text/html\r\n\r\n<p>rich</p>\r\n--c--\r\n--b--\r\n--a\r\n"
        b"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>attached</p>\r\n"
        b"--a\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--a--\r\n",
        "rich",
    ),
    "lines that flow": (
        b"Content-Type: text/plain; format=flowed\r\n\r\nUn \r\nport.\r\nDeux.",
        "Un port.\nDeux.",
    ),
}


@pytest.mark.parametrize(("raw", "text"), BODIES.values(), ids=BODIES)
def test_texts_are_decoded(raw: bytes, text: str) -> None:
    assert only(b"Subject: t\r\nMIME-Version: 1.0\r\n" + raw).body == text


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (b"=?utf-8?B?w4l0?= =?utf-8?B?w6k=?=", "Été"),
        (b"=?iso-8859-1?Q?l=E9?= fin", "lé fin"),
        ("l’été".encode(), "l’été"),
        (b"l\xe9t\xe9", "lété"),
        (b"=?klingon?Q?l=E9?=", "lé"),
        (b"=?utf-8?B?x?=", "=?utf-8?B?x?="),
        (b"plie\r\n sur deux", "plie sur deux"),
    ],
)
def test_subjects_are_decoded(raw: bytes, title: str) -> None:
    assert only(b"Subject: " + raw + b"\r\n\r\ntexte").title == title


@pytest.mark.parametrize(
    ("date", "received", "published"),
    [
        ("Tue, 14 Nov 2023 08:00:00 +0100", "Tue, 14 Nov 2023 09:00:00 +0100", 1_699_945_200.0),
        ("Thu, 01 Jan 1970 00:00:00 +0000", "Tue, 14 Nov 2023 08:00:00 +0100", 1_699_945_200.0),
        ("yesterday", "Tue, 14 Nov 2023 08:00:00 +0100", 1_699_945_200.0),
        ("yesterday", "", None),
    ],
)
def test_a_date_that_cannot_be_is_that_of_the_server(
    date: str, received: str, published: float | None
) -> None:
    head = f"Received: from a by b; {received}\r\nReceived: from c by a; never\r\nDate: {date}\r\n"
    assert only(head.encode() + b"Subject: t\r\n\r\nx").published == published


@pytest.mark.parametrize("zone", ["-0000", ""])
def test_a_date_without_a_zone_is_utc_wherever_we_are(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Brussels")
        time.tzset()
        mail = only(f"Date: Tue, 14 Nov 2023 07:00:00 {zone}\r\n\r\nx".encode())
    time.tzset()
    assert mail.published == 1_699_945_200.0


TRUSTED = "mx.journal.example; "


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([TRUSTED + "dmarc=fail (p=REJECT) header.from=metier.example; spf=pass"], "dmarc=fail"),
        ([TRUSTED + "spf=softfail smtp.mailfrom=x.example; dkim=fail"], "spf=softfail, dkim=fail"),
        ([TRUSTED + "spf=fail", TRUSTED + "dmarc=fail"], "spf=fail, dmarc=fail"),
        ([TRUSTED + "dmarc=pass; spf=fail"], ""),
        ([TRUSTED + "spf=pass (dmarc=fail)"], ""),
        ([TRUSTED + "spf=none; dkim=none"], ""),
        ([TRUSTED + "dmarc=pass", "mx.elsewhere.example; dmarc=fail"], ""),
        ([TRUSTED + "dmarc=fail", "mx.elsewhere.example; dmarc=pass"], "dmarc=fail"),
        ([], ""),
    ],
)
def test_a_forged_sender_is_told(results: list[str], words: str) -> None:
    mail = newsletter("Un titre", id="m1")
    headers = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    entry = only(headers.encode() + mail.as_bytes())
    assert entry.title == "Un titre"
    if words:
        assert entry.source == f"La lettre du Métier (sender not proven: {words})"
        assert entry.source_url == ""
        assert entry.key != "<m1@metier.example>", "it could replace the genuine one"
    else:
        assert entry.source == "La lettre du Métier"


LINKS = """<p><a href="https://metier.example/12">Voir cette lettre dans le navigateur</a></p>
<table><tr><td><a href="https://metier.example/a1?utm_source=lettre"><img src="i"></a></td><td>
<h2><a href="https://metier.example/a1?utm_source=lettre">Le port d’Anvers à l’arrêt</a></h2>
Les dockers cessent le travail. <a href="https://metier.example/a1?utm_source=lettre">Lire</a>
</td></tr></table>
<div><a href="https://r.esp.example/go?url=https%3A%2F%2Fmetier.example%2Fa2&u=1">La Poste vend
son siège</a></div><p>Le prix n’est pas connu.</p>
<p><a href="https://e.esp.example/redirect/2/eyJlIjoiaHR0cHM6Ly9tZXRpZXIuZXhhbXBsZS9hMyJ9.sig">
Un troisième grand titre</a></p>
<p><a href="https://click.esp.example/c/Zk3vQ9xLm2Rt8Wp5Yb1Nd7Gh">Un titre sans adresse</a></p>
<h3>Le cinquième n’est pas souligné</h3><p>Mais il compte.
<a href="https://metier.example/a5">Lire la suite</a></p>
<p><a href="https://metier.example/out?unsubscribe=1">Ne plus recevoir cette lettre</a> ou
<a href="https://metier.example/p">Gérer mes préférences de courrier</a>, 12 rue de la Loi</p>"""


def test_a_list_of_links_becomes_its_headlines() -> None:
    entries = read(newsletter("La lettre", html=LINKS), split=True).entries
    assert [(entry.title, entry.url) for entry in entries] == [
        ("Le port d’Anvers à l’arrêt", "https://metier.example/a1?utm_source=lettre"),
        ("La Poste vend son siège", "https://metier.example/a2"),
        ("Un troisième grand titre", "https://metier.example/a3"),
        ("Un titre sans adresse", ""),
        ("Le cinquième n’est pas souligné", "https://metier.example/a5"),
    ]
    assert entries[0].summary == "Les dockers cessent le travail."
    assert entries[1].summary == "Le prix n’est pas connu."
    assert entries[4].summary == "Mais il compte."
    assert {entry.source for entry in entries} == {"La lettre du Métier"}
    assert {entry.published for entry in entries} == {1_699_945_200.0}


def test_links_in_plain_text() -> None:
    text = (
        "Bonjour,\n\nLe port d’Anvers à l’arrêt\nhttps://metier.example/a1\n\n"
        "La Poste vend son siège <https://metier.example/a2>\nLe prix est secret.\n\n"
        "Se désabonner de la lettre : https://metier.example/out\n"
    )
    entries = read(newsletter("La lettre", text), split=True).entries
    assert [(entry.title, entry.url) for entry in entries] == [
        ("Le port d’Anvers à l’arrêt", "https://metier.example/a1"),
        ("La Poste vend son siège", "https://metier.example/a2"),
    ]
    assert entries[1].summary == "Le prix est secret."


def test_what_is_no_list_of_links_stays_whole() -> None:
    html = "<p>Une longue analyse, <a href='https://m.example/x'>comme nous l’écrivions</a>.</p>"
    (entry,) = read(newsletter("Analyse", html=html, id="m1"), split=True).entries
    assert (entry.key, entry.title) == ("<m1@metier.example>", "Analyse")


def test_a_forged_list_of_links_stays_whole() -> None:
    forged = newsletter("L", html=LINKS, Authentication_Results="mx.example; dmarc=fail")
    (entry,) = read(forged, split=True).entries
    assert "not proven" in entry.source


def test_the_same_mail_twice_is_one() -> None:
    first, last = newsletter("Un", id="m1"), newsletter("Un", "Un, ajouté par la liste", id="m1")
    (entry,) = read(first, last).entries
    assert entry.key == "<m1@metier.example>"
    split = read(newsletter("A", html=LINKS), newsletter("B", html=LINKS), split=True)
    assert len([entry for entry in split.entries if entry.url]) == 4


def test_a_mail_without_anything_is_told_too() -> None:
    entries = read(b"", b"\x00\xff", b"Subject: \r\n\r\n", newsletter("Bien")).entries
    assert [entry.title for entry in entries] == ["", "Bien"], "a mail of bytes has a text"


@pytest.mark.costly
def test_no_mutant_of_a_mail_crashes_or_hides_another() -> None:
    forged = {"Authentication_Results": "mx.example; dmarc=fail"}
    mails = [
        newsletter("Été", "l’été " * 40, html=LINKS).as_bytes(),
        newsletter("Une lettre", html="<p>Un <b>texte</b></p>", **forged).as_bytes(),
        *(
            b"Subject: =?utf-8?B?w4l0w6k=?=\r\nMIME-Version: 1.0\r\n" + raw
            for raw, _ in BODIES.values()
        ),
    ]
    well, read_mails = newsletter("Bien", id="well").as_bytes(), 0
    for number in range(2_000):
        mutant = mutated(mails, 7, number).body
        parsed = read(mutant, well, split=number % 2 == 0)
        assert parsed.entries[-1].title == "Bien"
        for entry in parsed.entries:
            assert entry.title == line(entry.title)
            assert entry.body == lines(entry.body)
            assert not entry.url or safe_url(entry.url)
        read_mails += len(parsed.entries) > 1
    assert read_mails > 1_500


def _parts(depth: int, text: bytes) -> bytes:
    heads = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    return b"".join(heads) + b"Content-Type: text/plain\n\n" + text


HOSTILE = {
    "parts in parts": _parts(6, b"\n" * MAIL_BYTES),
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\n" * 40_000,
    "deep": _parts(400, b"x"),
    "a name of hosts": b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * 80_000,
    "coded words": b"Subject: " + b"=?utf-8?q?a?= " * 18_000 + b"\n\nx",
    "sender": b"From: " + b'"(<a@' * 100_000 + b"\n\nx",
    "comments": b"Authentication-Results: " + b"(" * MAIL_BYTES + b"\n\nx",
    "checks": b"Authentication-Results: a; " + b"dmarc = " * 30_000 + b"\n\nx",
    "links": b"Content-Type: text/html\n\n" + b"<a href=http://h.example/?u=http:>a b c" * 12_000,
    "no links": b"Content-Type: text/plain\n\n" + b"a" * MAIL_BYTES,
    "plain links": b"Content-Type: text/plain\n\n" + b"a b c http://h/a\n" * 30_000,
    "open tags": b"Content-Type: text/html\n\n" + b"<a href='" * 50_000,
    "spaces": b"Content-Type: text/plain\n\n" + b" " * MAIL_BYTES,
    "coded addresses": b"Content-Type: text/html\n\n<a href='http://h.example/"
    + b"eyJa" * 480
    + b"'>un deux trois</a>" * 2,
    "headers": b"A: b\n" * 50_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mail_costs_less_than_a_document_may(raw: bytes) -> None:
    began = time.process_time()
    assert read(raw, newsletter("Bien"), split=True).entries[-1].title == "Bien"
    assert time.process_time() - began < READING / 2
