"""The HTTP client of the tests: for servers on loopback, with a minute for each answer."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from monitor.base.errors import FetchError
from monitor.intake.fetch.client import Client
from monitor.model.config import Networks
from monitor.model.poll import Fetched, NotModified

LOOPBACK: Networks = (ip_network("127.0.0.0/8"),)
FEED = b"<rss><channel><title>Le Monde</title></channel></rss>"
SECONDS = 60.0


def client(allow: Networks = LOOPBACK, **options: Any) -> Client:
    """Return a client of real time."""
    real: dict[str, Any] = {"monotonic": time.monotonic, "sleep": asyncio.sleep}
    return Client(allow, user_agent="tocsin/test", **real | options)


def get(url: str, *, options: dict[str, Any] | None = None, **kwargs: Any) -> Fetched | NotModified:
    """Fetch once, with a client of these options."""

    async def go() -> Fetched | NotModified:
        async with client(**{"timeout": SECONDS} | (options or {})) as http_client:
            return await http_client.fetch(url, **kwargs)

    return asyncio.run(go())


def failing(url: str, **kwargs: Any) -> FetchError:
    """Fetch once, and return the error with which that fails."""
    with pytest.raises(FetchError) as error:
        get(url, **kwargs)
    return error.value


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for localhost, and that certificate."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {key} -out {cert}"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert
