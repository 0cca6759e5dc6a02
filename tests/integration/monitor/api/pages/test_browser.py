"""Pages in a real browser: read, search, log in and decide; with the keyboard, on any screen."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from support.accessibility import violations
from support.api_server import Api
from support.headless_browser import Page, browser
from support.scripted_server import Reply, Web

from monitor.model.analyst import Scope

pytestmark = [
    pytest.mark.costly,
    pytest.mark.skipif(not shutil.which("chromium"), reason="there is no Chromium"),
]
PATHS = (
    "/", "/alerts", "/alerts?query=lang:fr", "/alerts/a2", "/stories/a2", "/articles/1",
    "/search", "/search?q=port", "/search?q=(", "/briefing", "/alerts/a99", "/login", "/docs",
)  # fmt: skip
LOOKS = ((320, False), (1400, True))
"""Width, and whether the page is dark: the style depends on nothing else."""
LOG_IN = "document.getElementById('token').value = {!r}; document.querySelector('.login').submit()"


def in_browser(folder: Path, script: Callable[[Page], Awaitable[None]]) -> None:
    """Run a script with a browser."""

    async def run() -> None:
        async with asyncio.timeout(200), browser(folder) as page:
            await script(page)

    asyncio.run(run())


async def log_in(page: Page, api: Api, scope: Scope = Scope.TRIAGE) -> None:
    await page.visit(f"{api.url}/login")
    await page.leave(LOG_IN.format(f"secret-{scope}"))


def test_each_page_can_be_read_by_everybody(api: Api, sent_briefing: int, tmp_path: Path) -> None:
    async def script(page: Page) -> None:
        await log_in(page, api)
        errors = []
        for path in (*PATHS, f"/briefing/{sent_briefing}"):
            for width, dark in LOOKS:
                await page.look(width, dark=dark)
                await page.visit(f"{api.url}{path}")
                broken = await violations(page)
                errors += [f"{path} {width} {dark} {violation}" for violation in broken]
        assert not errors
        assert {url.removeprefix(api.url)[:1] for url in page.urls} <= {"/"}  # nobody else
        blocked = [text for text in page.console_lines if "404" not in text and "422" not in text]
        assert not blocked  # such as by the Content-Security-Policy

    in_browser(tmp_path, script)


async def focus(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, which must be seen."""
    for _ in range(60):
        await page.press("Tab")
        if await page.value(f"document.activeElement === {selector}"):
            outline = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
            assert await page.value(outline) >= 2
            return
    raise AssertionError(f"the focus never comes to {selector}")


def test_an_analyst_logs_in_searches_and_decides_with_the_keyboard(
    api: Api, tmp_path: Path
) -> None:
    async def enter(page: Page) -> None:
        await page.value("document.documentElement.dataset.left = 'true'")
        await page.press("Enter")
        await page.loaded()

    async def script(page: Page) -> None:
        await page.visit(f"{api.url}/search?q=customs")
        await focus(page, "document.getElementById('token')")
        await page.write("secret-triage")
        await enter(page)
        assert await page.value("document.querySelector('mark').textContent") == "Customs"
        await focus(page, "document.querySelector('article h2 a')")
        await enter(page)
        assert "counterfeit" in await page.value("document.querySelector('h1').textContent")
        await focus(page, "document.querySelector('section.box a')")
        await enter(page)
        assert await page.value("location.pathname") == f"/alerts/{number}"
        await focus(page, "document.querySelector('button[value=acknowledge]')")
        await enter(page)
        assert await page.value("location.pathname") == f"/alerts/{number}"
        assert "acknowledged" in await page.value("document.body.textContent")
        await focus(page, "document.getElementById('note')")
        await page.write("Seen by Ana")
        await focus(page, "document.querySelector('button[value=note]')")
        await enter(page)
        assert "Seen by Ana" in await page.value("document.querySelector('.note').textContent")

    (alert,) = api.json("/alerts", watch="Douanes", state="all")["alerts"]
    number = alert["alert_id"]
    reopen = {"state": "new", "note": "", "seen": {"state": alert["state"], "note": alert["note"]}}
    assert api.post(f"/alerts/{number}/triage", reopen).status_code == 200
    in_browser(tmp_path, script)
    after = api.json(f"/alerts/{number}")
    assert (after["state"], after["note"]) == ("acknowledged", "Seen by Ana")


ATTACK = """
<form method="post" action="{url}"><input name="act" value="close"></form>
<script>document.forms[0].submit()</script>
"""


def test_another_site_can_link_and_cannot_decide(api: Api, tmp_path: Path) -> None:
    async def script(page: Page) -> None:
        await log_in(page, api)
        await page.visit(f"{site}/attack")
        refused = "document.querySelector('h1')?.textContent.includes('other servers')"
        await page.until(refused)
        await page.visit(f"{site}/link")
        await page.value("document.querySelector('a').click()")
        await page.until("document.querySelector('.triage')")  # logged in, without a detour
        assert await page.value("location.pathname") == "/alerts/a2"

    before = api.json("/alerts/a2")
    with Web() as web:
        site = web.url("").replace("127.0.0.1", "localhost").rstrip("/")
        html = (("Content-Type", "text/html"),)
        attack = ATTACK.format(url=f"{api.url}/alerts/a2/triage")
        web.on("/attack", Reply(200, html, attack.encode()))
        web.on("/link", Reply(200, html, f"<a href='{api.url}/alerts/a2'>x</a>".encode()))
        in_browser(tmp_path, script)
    assert api.json("/alerts/a2") == before
