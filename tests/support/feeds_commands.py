"""A server with feeds for `tocsin feeds`, and its commands, run in this process."""

from __future__ import annotations

import contextlib
import io
import json
from email.utils import formatdate
from time import time
from unittest.mock import patch

import pytest

from monitor.cli import main
from monitor.config.loading import load
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web, redirect

LONG = "Les services de renseignement belges surveillent le centre de Cainiao à Liège. " * 30
NOW = formatdate(time() - 3_600)
LE_FIL = rss(
    Item("Alibaba à Liège", LONG, guid="1", link="https://ex.org/1", date=NOW),
    Item("La grève du port d’Anvers", LONG, guid="2", link="https://ex.org/2", date=NOW),
    title="Le Fil : l’info",
    lang="fr-BE",
)
WIRE = rss(
    Item("Customs seize counterfeit parts", "They were found in the port, and…", guid="1"),
    Item("Ports reopen after the strike", "The dockers are back at work, but…", guid="1"),
    title="The Wire",
)
JSON = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": [{"id": "1"}]}
).encode()
ALTERNATE = '<link rel="alternate" type="application/rss+xml" href="{}">'


def page(*hrefs: str) -> bytes:
    head = "".join(map(ALTERNATE.format, hrefs))
    return f"<!doctype html><html><head>{head}</head><body><p>x</p></body></html>".encode()


def publish(web: Web) -> None:
    """Put the feeds, pages and errors on a server."""
    kind = ("Content-Type", "application/rss+xml; charset=iso-8859-1")
    cached = (kind, ("ETag", '"1"'), ("Cache-Control", "max-age=7200"))
    web.on("/fil", Reply(headers=cached, body=LE_FIL))
    web.on("/wire", Reply(body=WIRE))
    web.on("/notes.json", Reply(body=JSON))
    web.on("/moved", redirect("/fil", 301))
    web.on("/one", Reply(body=page("/fil")))
    web.on("/two", Reply(body=page("/fil", "/wire", "/gone")))
    web.on("/broken", Reply(body=page("/gone")))
    web.on("/none", Reply(body=page()))
    web.on("/gone", Reply(410))
    web.on("/busy", Reply(503, (("Retry-After", "600"),)))


YAML = """\
# mine
feeds:
  # the first
  - url: {url}
    name: Kept   # why

watchlists: []
network:
  allow: {allow}
"""


def names(room: Newsroom) -> list[str]:
    return [feed.name for feed in load(room.config).feeds]


def run(room: Newsroom, *args: str, code: int = 0) -> tuple[str, str]:
    """Run a command of `tocsin feeds` in this process; commands share their workers."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.chdir(room.folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch("sys.argv", ["tocsin", "feeds", *args]),
        pytest.raises(SystemExit) as exit,
    ):
        main()
    outputs = []
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
        outputs.append(stream.read())
    assert exit.value.code == code, (args, *outputs)
    return outputs[0], outputs[1]
