"""Pages as a browser without scripts reads them: text, links, forms; for the tests of pages."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urljoin

import httpx
from lxml import html
from msgspec import Struct

from support.api_server import PATIENCE, Api

NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
"""Headers of a browser for an address that somebody typed."""
FORM = {**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""Headers of a browser for a form of a page that has no referrer."""


class Read(Struct, frozen=True):
    """A page that was read."""

    answer: httpx.Response
    tree: Any

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        """Return the visible text with single white space."""
        return " ".join(self.tree.body.text_content().split())

    def all(self, path: str) -> list[str]:
        """Return the texts of the elements of a path."""
        return [" ".join(element.text_content().split()) for element in self.tree.xpath(path)]

    def links(self) -> list[str]:
        return [str(link) for link in self.tree.xpath("//a/@href")]

    def fields(self, action: str) -> dict[str, str]:
        """Return the fields of the form that is sent to an address."""
        (form,) = (candidate for candidate in self.tree.forms if candidate.action == action)
        boxes = {box.name for box in form.xpath(".//input[@type='checkbox']") if not box.checked}
        return {n: value or "" for n, value in form.fields.items() if n and n not in boxes}


class Browser:
    """The browser of one person: it keeps cookies and follows redirects."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.client = httpx.Client(
            base_url=api.url, timeout=PATIENCE, follow_redirects=True,
            event_hooks={"request": [_as_browsers_follow]},
        )  # fmt: skip

    def get(self, path: str, **headers: str) -> Read:
        return _read(self.client.get(path, headers={**NAVIGATION, **headers}))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Read:
        return _read(self.client.post(path, data=fields, headers={**FORM, **headers}))

    def log_in(self, token: str) -> Read:
        """Log in with the form, as a person does."""
        return self.post("/login", {**self.get("/login").fields("/login"), "token": token})

    def press(self, page: Read, action: str, **fields: str) -> Read:
        """Send a form of a page."""
        path = urljoin(str(page.answer.url), action)
        return self.post(path, {**page.fields(action), **fields})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()


def _as_browsers_follow(request: httpx.Request) -> None:
    """Leave the origin of a form out where it leads to a page."""
    if request.method == "GET":
        request.headers.pop("Origin", None)


def _read(answer: httpx.Response) -> Read:
    return Read(answer, html.document_fromstring(answer.text or "<p></p>"))
