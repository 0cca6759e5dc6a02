"""The API of a newsroom, served on the loopback interface for tests."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from monitor.api.access import Surroundings
from monitor.api.listener import AcceptedHosts, Limits
from monitor.api.newsroom import Newsroom
from monitor.api.server import ApiServer, ServerOptions
from monitor.model.analyst import Scope, Token, token_hash
from monitor.model.config import StoreAddress
from monitor.runtime.machine import local_zone
from monitor.runtime.viewing import open_service
from monitor.storage.store.sql.views import TokenViews

PATIENCE = 120.0
"""Seconds that each step may take on a busy machine."""
GENEROUS = Limits(
    rate=100_000, burst=100_000,
    seconds=PATIENCE, head_seconds=PATIENCE, body_seconds=PATIENCE, send_seconds=PATIENCE,
)  # fmt: skip


def stopped() -> float:
    """Return a fixed time, for the limits that count requests per minute."""
    return 0.0


@dataclass
class Api:
    """A running server, and a client of it."""

    url: str
    server: ApiServer
    client: httpx.Client
    tokens: TokenViews

    def headers(self, scope: Scope | None) -> dict[str, str]:
        """Return the headers of a client with a token of that scope."""
        return {} if scope is None else {"Authorization": f"Bearer secret-{scope}"}

    def add_token(self, name: str, *, expires_at: float | None = None) -> dict[str, str]:
        """Return the headers of a new token that may read."""
        token = Token(name=name, scope=Scope.READ, created_at=0.0, expires_at=expires_at)
        assert self.tokens.add(token, token_hash(f"secret-{name}"))
        return {"Authorization": f"Bearer secret-{name}"}

    def get(self, path: str, scope: Scope | None = Scope.READ, **parameters: Any) -> httpx.Response:
        return self.client.get(f"/v1{path}", params=parameters, headers=self.headers(scope))

    def post(
        self, path: str, body: Mapping[str, Any], scope: Scope | None = Scope.TRIAGE
    ) -> httpx.Response:
        return self.client.post(f"/v1{path}", json=dict(body), headers=self.headers(scope))

    def routes(self) -> list[Routed]:
        """Return every route of the application, whether the schema has it or not."""
        return list(_routes(self.server.app.routes, ""))

    def json(self, path: str, **parameters: Any) -> Any:
        """Return the JSON that a path answers; the answer must succeed."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Routed(NamedTuple):
    """A method of a path, and the scope that it needs; None if it needs no token."""

    method: str
    path: str
    scope: Scope | None


def _routes(routes: Iterable[Any], prefix: str) -> Iterator[Routed]:
    for route in routes:
        if hasattr(route, "original_router"):
            inner = prefix + route.include_context.prefix
            yield from _routes(route.original_router.routes, inner)
        else:
            for method in route.methods:
                yield Routed(method, prefix + route.path, _scope(route))


def _scope(route: Any) -> Scope | None:
    dependencies = route.dependant.dependencies if hasattr(route, "dependant") else ()
    scopes = [scope for dependency in dependencies for scope in dependency.own_oauth_scopes or ()]
    assert len(scopes) < 2, route.path
    return Scope(scopes[0]) if scopes else None


@contextmanager
def serving(
    config: Path,
    data: Path,
    *,
    limits: Limits = GENEROUS,
    anybody_reads: bool = False,
    store: StoreAddress | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    certificate: Path | None = None,
) -> Iterator[Api]:
    """Serve the API of a newsroom meanwhile; there is a token `secret-SCOPE` of each scope.

    The key of a certificate is the file `key.pem` beside it.
    """
    service = open_service(data, config, store=store)
    for scope in Scope:
        token = Token(name=f"{scope}er", scope=scope, created_at=0.0, expires_at=None)
        service.views.tokens.add(token, token_hash(f"secret-{scope}"))
    server = ApiServer(
        Newsroom(
            service=service, config_path=config, data=data, clock=time.time, zone=local_zone(),
        ),
        ServerOptions(
            host="127.0.0.1", port=0, hosts=AcceptedHosts(), anybody_reads=anybody_reads,
            limits=limits, certificate=certificate,
            key=certificate.with_name("key.pem") if certificate else None,
        ),
        Surroundings(
            find_token=service.views.tokens.find,
            note_use=service.views.tokens.note_use,
            clock=time.time, monotonic=monotonic, sleep=asyncio.sleep,
            secret=lambda: secrets.token_urlsafe(32),
        ),
    )  # fmt: skip
    ready = threading.Event()
    thread = threading.Thread(target=server.run, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE)
    url = f"https://localhost:{server.port}" if certificate else f"http://127.0.0.1:{server.port}"
    tls = ssl.create_default_context(cafile=certificate) if certificate else False
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE, verify=tls) as client:
            yield Api(url, server, client, service.views.tokens)
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
