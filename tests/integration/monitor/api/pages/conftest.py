"""Browsers of people with tokens, at the API of a newsroom that has read two feeds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_server import Api, serving
from support.briefings import store_briefing
from support.html_pages import Browser
from support.newsroom import Newsroom


@pytest.fixture(scope="module")
def api(filled: Newsroom) -> Iterator[Api]:
    with serving(filled.config, filled.data) as served:
        yield served


@pytest.fixture(scope="module")
def sent_briefing(filled: Newsroom) -> int:
    """Return the number of a briefing that was sent."""
    return store_briefing(filled)


@pytest.fixture
def stranger(api: Api) -> Iterator[Browser]:
    with Browser(api) as browser:
        yield browser


@pytest.fixture
def reader(api: Api) -> Iterator[Browser]:
    with Browser(api) as browser:
        assert browser.log_in("secret-read").status == 200
        yield browser


@pytest.fixture
def analyst(api: Api) -> Iterator[Browser]:
    with Browser(api) as browser:
        assert browser.log_in("secret-triage").status == 200
        yield browser
