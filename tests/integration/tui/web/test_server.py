"""The dashboard in a browser: who is let in, and what they get."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from socket import create_connection
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner
from PIL import Image
from support.headless_browser import Page, browser
from support.small_store import ALIBABA, arrival, opened

from monitor.api.listener import is_same_origin, open_listener
from monitor.base.url import is_loopback
from monitor.cli import CliContext
from monitor.cli.serve import serve
from monitor.model.config import StoreAddress
from monitor.storage.store.sql.store import Store
from tui.web.server import MAX_SESSIONS, Auth, DashboardServer

pytestmark = pytest.mark.costly

TOKEN = "t0ken-that-nobody-guesses"
CONNECTIONS = 12
ECHO = """
import os, sys
def say(kind, data): os.write(1, kind + len(data).to_bytes(4, "big") + data)
os.write(1, b"__GANGLION__\\n")
say(b"D", b"pid %d" % os.getpid())
while head := os.read(0, 5):
    data = os.read(0, int.from_bytes(head[1:], "big"))
    if head[:1] == b"D": say(b"D", b"got " + data)
    elif b"quit" in data: break
"""
"""A stand-in for a dashboard that speaks its protocol and starts at once."""


# --- the door ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "local", "accepted"),
    [
        ("127.0.0.1:8734", True, True),
        ("localhost:8734", True, True),
        ("[::1]:8734", True, True),
        ("desk.example:8734", True, True),
        ("DESK.example.", True, True),
        ("evil.example:8734", True, False),
        ("127.0.0.1.evil.example", True, False),
        ("localhost.evil.example", True, False),
        ("192.0.2.7:8734", True, False),
        ("192.0.2.7:8734", False, True),
        ("evil.example", False, False),
        ("", True, False),
        (None, True, False),
        ("[", True, False),
        ("a@127.0.0.1:x", True, True),
    ],
)
def test_hosts_that_mean_us(host: str | None, local: bool, accepted: bool) -> None:
    door = Auth(TOKEN, local=local, names=frozenset({"desk.example"}))
    assert door.accepts_host(host) is accepted


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://127.0.0.1:1", "127.0.0.1:1", True),
        ("https://desk.example", "desk.example", True),
        ("http://127.0.0.1:2", "127.0.0.1:1", False),
        ("http://evil.example", "127.0.0.1:1", False),
        ("null", "127.0.0.1:1", False),
        ("file://127.0.0.1:1", "127.0.0.1:1", False),
        ("http://[", "[", False),
        ("", "127.0.0.1:1", False),
        (None, "127.0.0.1:1", False),
    ],
)
def test_pages_of_our_own(origin: str | None, host: str, expected: bool) -> None:
    assert is_same_origin(origin, host) is expected


@pytest.mark.parametrize("token", ["", None, TOKEN[:-1], TOKEN + "x", "é"])
def test_other_tokens_do_not_open(token: str | None) -> None:
    assert not Auth(TOKEN).accepts_token(token)
    assert Auth(TOKEN).accepts_token(TOKEN)


def test_addresses_of_this_machine_alone() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.0.2.7", "desk.example", "")))


# --- over HTTP ----------------------------------------------------------------------

Visit = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


@asynccontextmanager
async def serve_at(command: str, idle: float = 60.0) -> AsyncIterator[int]:
    ready, listener = asyncio.Event(), open_listener("127.0.0.1", 0, 16)
    door = Auth(TOKEN)
    running = asyncio.create_task(
        DashboardServer(command, door, lambda _line: None, CONNECTIONS, idle=idle).serve(
            listener, ready.set
        )
    )
    try:
        async with asyncio.timeout(60):
            await ready.wait()
            yield int(listener.getsockname()[1])
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def visiting(visit: Visit, command: str = shlex.join([sys.executable, "-c", ECHO])) -> None:
    async def run() -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # of an address without a name
        async with serve_at(command) as port, aiohttp.ClientSession(cookie_jar=jar) as session:
            await visit(session, f"http://127.0.0.1:{port}")

    asyncio.run(run())


async def status(session: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert TOKEN not in await answer.text()
        return answer.status


def test_the_token_becomes_a_cookie_and_leaves_the_address() -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(f"{url}/?token={TOKEN}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
            assert {"HttpOnly", "SameSite=Strict"} <= set(re.split("; ?", cookie))
        for path in ("/", "/page.css", "/page.js", "/xterm.css", "/textual.js"):
            assert await status(session, url + path) == 200
        assert await status(session, url + "/download/x") == 404

    visiting(visit)


@pytest.mark.parametrize("path", ["/", "/textual.js", "/ws", "/none", "/?token=wrong", "/?token="])
def test_nobody_comes_in_without_the_token(path: str) -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        assert await status(session, url + path) == 403
        session.cookie_jar.update_cookies({f"tocsin-{url.rpartition(':')[2]}": "wrong"})
        assert await status(session, url + path) == 403

    visiting(visit)


def test_a_host_that_is_not_ours_is_not_answered_even_with_the_token() -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        assert await status(session, f"{url}/?token={TOKEN}", Host="evil.example") == 421
        await status(session, f"{url}/?token={TOKEN}")
        assert await status(session, url, Host="evil.example:8734") == 421
        assert await status(session, url) == 200

    visiting(visit)


def test_the_websocket_is_for_pages_of_our_own() -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(f"{url}/ws", origin=url)
        await status(session, f"{url}/?token={TOKEN}")
        for origin in (None, "http://evil.example", "http://127.0.0.1:9", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(f"{url}/ws", origin=origin)
        async with session.ws_connect(f"{url}/ws", origin=url) as socket:
            assert (await socket.receive_bytes()).startswith(b"pid ")
            await socket.send_json(["stdin", "j"])
            assert await socket.receive_bytes() == b"got j"

    visiting(visit)


def test_each_visitor_has_a_process_that_ends_with_the_visit_and_places_are_few() -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        await status(session, f"{url}/?token={TOKEN}")
        sockets = [await session.ws_connect(f"{url}/ws", origin=url) for _ in range(MAX_SESSIONS)]
        pids = [int((await socket.receive_bytes()).split()[1]) for socket in sockets]
        assert len(set(pids)) == MAX_SESSIONS
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await session.ws_connect(f"{url}/ws", origin=url)
        await sockets[0].close()
        await gone(pids[0])
        while await status(session, f"{url}/ws", Origin=url) == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        async with session.ws_connect(f"{url}/ws", origin=url) as again:
            assert await again.receive_bytes()
        for sock in sockets:
            await sock.close()

    visiting(visit)


def half_request(port: int) -> Any:
    sock = create_connection(("127.0.0.1", port), timeout=60)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    return sock


def test_connections_without_a_request_give_way_to_others_and_not_to_dashboards() -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        await status(session, f"{url}/?token={TOKEN}")
        async with session.ws_connect(f"{url}/ws", origin=url) as dashboard:
            assert await dashboard.receive_bytes()
            port = int(url.rpartition(":")[2])
            idle = [await asyncio.to_thread(half_request, port) for _ in range(5 * CONNECTIONS)]
            for sock in idle[: 2 * CONNECTIONS]:
                assert await asyncio.to_thread(sock.recv, 1) == b""
            assert await status(session, url) == 200
            await dashboard.send_json(["stdin", "j"])
            assert await dashboard.receive_bytes() == b"got j"
            for sock in idle:
                sock.close()

    visiting(visit)


def test_a_connection_without_a_whole_request_is_closed() -> None:
    async def run() -> None:
        async with serve_at("true", idle=0.2) as port:
            sock = await asyncio.to_thread(half_request, port)
            assert await asyncio.to_thread(sock.recv, 1) == b""
            sock.close()

    asyncio.run(run())


@pytest.mark.parametrize("text", ["no json", "[]", "7", '["stdin"]', '["resize", {"width": "x"}]'])
def test_what_no_page_of_ours_says_ends_the_visit_alone(text: str) -> None:
    async def visit(session: aiohttp.ClientSession, url: str) -> None:
        await status(session, f"{url}/?token={TOKEN}")
        async with session.ws_connect(f"{url}/ws", origin=url) as socket:
            pid = int((await socket.receive_bytes()).split()[1])
            await socket.send_str(text)
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
            await gone(pid)
        async with session.ws_connect(f"{url}/ws", origin=url) as socket:
            assert await socket.receive_bytes()

    visiting(visit)


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    async with asyncio.timeout(60):
        await asyncio.to_thread(wait_for_the_end, pid)


def wait_for_the_end(pid: int) -> None:
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.02)


# --- the command ----------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> Any:
    newsroom = CliContext(folder / "feeds.yaml", folder)
    return CliRunner().invoke(serve, arguments, obj=newsroom)


def test_other_machines_come_in_only_when_that_is_asked_for(tmp_path: Path) -> None:
    output = run(tmp_path, "--host", "0.0.0.0", "--no-monitor")
    assert output.exit_code == 2
    assert "nothing is encrypted" in output.output and "--expose" in output.output


def test_mistakes_of_the_dashboards_options_are_told_at_once(tmp_path: Path) -> None:
    output = run(tmp_path, "--no-monitor", "--", "--wal")
    assert output.exit_code == 2
    assert "--wal" in output.output


@pytest.fixture
def address(tmp_path: Path) -> Any:
    """Run `tocsin serve` on an empty archive; yield the address that it prints."""
    Store(StoreAddress(tmp_path)).close()
    command = [sys.executable, "-m", "monitor", "--data", str(tmp_path), "serve"]
    server = subprocess.Popen(
        [*command, "--port", "0", "--no-monitor", "--", "--wall"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert server.stdout and server.stderr
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=60)
    assert server.returncode == 0, log
    assert "Traceback" not in log


def test_a_visitor_sees_the_newsroom(address: str) -> None:
    async def look() -> None:
        url = address.partition("/?")[0]
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session, asyncio.timeout(60):
            assert await status(session, address) == 303
            socket = await session.ws_connect(f"{url}/ws?width=90&height=20", origin=url)
            output = b""
            while b"no monitor" not in output:
                output += await socket.receive_bytes()
            assert b"TOCSIN" in output and b"38;2;" in output
            await socket.close()

    asyncio.run(look())


FOCUSED_ROW = (0x1F, 0x3A, 0x56)
"""The background of the cursor in the pane that has the focus."""
BRAND = (0xFF, 0xCF, 0x80)
"""The background of the name at the top left."""


def colours(picture: bytes) -> set[Any]:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return {colour for _, colour in image.getcolors(1 << 24) or ()}


@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no Chromium")
def test_a_browser_shows_it_and_asks_nobody_else(address: str, tmp_path: Path) -> None:
    url = address.partition("/?")[0]

    async def look() -> None:
        async with asyncio.timeout(60), browser(tmp_path) as page:
            await page.go(address)
            await page.until("document.body.classList.contains('-first-byte')")
            assert await page.value("location.href") == f"{url}/"
            assert await page.value("document.cookie") == ""
            while BRAND not in colours(await page.picture()):
                pass
            assert page.urls and all(address.startswith((url, "data:")) for address in page.urls)
            assert not [line for line in page.console_lines if "Content Security Policy" in line]

    asyncio.run(look())


@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no Chromium")
def test_keys_work_as_soon_as_the_page_is_loaded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "monitor", "--data", str(tmp_path), "dashboard"]
    room = opened(StoreAddress(tmp_path))
    room.save(arrival(1, ALIBABA))

    async def press(page: Page, key: str, until: str) -> None:
        while [alert.state for alert in room.views.alerts.get([1])] != [until]:
            await page.press(key)
            await asyncio.sleep(0.5)

    async def look() -> None:
        started = shlex.join([*command, "--no-monitor"])
        async with asyncio.timeout(60), serve_at(started) as port, browser(tmp_path) as page:
            await page.go(f"http://127.0.0.1:{port}/?token={TOKEN}")
            await page.until("/-first-byte|-loaded/.test(document.body.className)")
            while FOCUSED_ROW not in colours(await page.picture()):
                pass
            await press(page, "a", until="acknowledged")
            await page.value("document.activeElement.blur()")
            await page.value("window.dispatchEvent(new Event('focus'))")
            await press(page, "u", until="new")

    asyncio.run(look())
    room.store.close()
