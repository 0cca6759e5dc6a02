"""`tocsin api` and `tocsin token`, as one types them."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.newsroom import Newsroom

pytestmark = pytest.mark.costly


@contextmanager
def run_api(newsroom: Newsroom, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `tocsin api`; yield its address."""
    with newsroom.running("api", "--no-monitor", "--port", "0", *options) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process


def test_a_token_is_made_used_listed_and_revoked(filled: Newsroom) -> None:
    created = filled.here("token", "add", "phone", "--scope", "triage", "--expires", "90d")
    assert created.returncode == 0, created.stderr
    secret = created.stdout.strip()
    assert secret.startswith("tocsin_") and len(secret) > 45
    assert "not shown again" in created.stderr
    with run_api(filled) as (address, process):
        assert httpx.get(f"{address}status").status_code == 401
        client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"})
        with client:
            assert client.get("status").json()["articles"] == 4
            done = client.post("alerts/a1/triage", json={"acknowledge": True})
            assert done.status_code == 200, done.text
            assert filled.here("token", "revoke", "phone").returncode == 0
            assert client.get("status").status_code == 401
        command_line = Path(f"/proc/{process.pid}/cmdline").read_text()
    history = json.loads(filled.here("alerts", "history", "a1", "--format", "json").stdout)
    assert history[0]["who"] == "phone"
    (listed,) = json.loads(filled.here("token", "list", "--format", "json").stdout)
    assert (listed["name"], listed["scope"], listed["state"]) == ("phone", "triage", "revoked")
    assert listed["last_used"] and listed["revoked_at"] and listed["expires_at"]
    files_content = b"".join(path.read_bytes() for path in filled.data.glob("newsroom.db*"))
    for place in (command_line, json.dumps(listed), json.dumps(history)):
        assert secret not in place
    assert secret.encode() not in files_content and secret[7:].encode() not in files_content
    assert "phone  triage  revoked" in filled.here("token").stdout
    repeated = filled.here("token", "add", "phone")
    assert repeated.returncode == 2 and "another name" in repeated.stderr
    unknown = filled.here("token", "revoke", "fone")
    assert unknown.returncode == 2


def test_names_of_tokens_are_proposed(filled: Newsroom) -> None:
    assert filled.here("token", "add", "reader", "--expires", "never").returncode == 0
    done = filled.here("token", "revoke", "raeder")
    assert done.returncode == 2 and "did you mean `reader`" in done.stderr
    assert "never expires · never used" in filled.here("token").stdout


def test_this_machine_reads_without_a_token_if_it_is_asked_to(filled: Newsroom) -> None:
    with run_api(filled, "--no-token") as (address, _):
        assert httpx.get(f"{address}status").json()["articles"] == 4
        assert httpx.post(f"{address}triage/undo", json={}).status_code == 401


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "0.0.0.0"), "--expose"),
        (("--host", "0.0.0.0", "--expose"), "--behind-proxy"),
        (("--host", "0.0.0.0", "--expose", "--behind-proxy", "--no-token"), "--no-token"),
        (("--behind-proxy", "--no-token"), "--no-token"),
        (("--tls-cert", "feeds.yaml"), "--tls-key"),
    ],
)
def test_nothing_is_exposed_by_accident(
    filled: Newsroom, options: tuple[str, ...], words: str
) -> None:
    done = filled.here("api", "--no-monitor", "--port", "0", *options)
    assert done.returncode == 2
    assert words in done.stderr


def test_answers_are_encrypted_with_a_certificate(
    filled: Newsroom, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    _, cert = certificate
    files = ("--tls-cert", str(cert), "--tls-key", str(cert.with_name("key.pem")))
    exposed = ("--host", "0.0.0.0", "--expose", "--name", "localhost")
    with run_api(filled, *exposed, *files) as (address, _process):
        assert address.startswith("https://localhost:")
        with httpx.Client(verify=ssl.create_default_context(cafile=cert)) as client:
            assert client.get(f"{address}status").status_code == 401


def test_a_certificate_that_is_none_is_an_error(filled: Newsroom) -> None:
    files = ("--tls-cert", "feeds.yaml", "--tls-key", "feeds.yaml")
    done = filled.here("api", "--no-monitor", "--port", "0", *files)
    assert done.returncode == 1
    assert "the certificate or its key cannot be read" in done.stderr


def test_without_an_archive_there_is_nothing_to_answer(tmp_path: Path) -> None:
    empty = Newsroom(tmp_path)
    empty.watch([{"url": "http://127.0.0.1:9/rss"}], ["Alibaba"])
    done = empty.here("api", "--no-monitor", "--port", "0")
    assert done.returncode == 1 and "no archive" in done.stderr
