"""What is asked, of the first server and of those it sends us to."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from monitor.fetch.proxies import Proxy
from monitor.fetch.url import Origin, authorization, origin_of
from monitor.model.request_options import RequestOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One GET, with all that goes along with it; secrets go to one origin only."""

    url: httpx.URL = field(repr=False)
    credentials_origin: Origin
    """The only origin that is told the headers of `request_options`: they may be secret."""
    request_options: RequestOptions
    user_agent: bytes
    """Ours, where `request_options` has no other."""
    accept: bytes
    validators: tuple[tuple[bytes, bytes | None], ...]
    cap: int
    whole: bool
    """Whether a body above the cap is an error; else it is cut there."""
    proxy: Proxy | None

    @property
    def conditional(self) -> bool:
        """Whether a 304 is an answer."""
        return any(value for _, value in self.validators)

    def headers(self, url: httpx.URL) -> list[tuple[bytes, bytes]]:
        """Return the headers for one of the servers on the way."""
        agent = self.request_options.user_agent.encode("latin-1") or self.user_agent
        usual = [
            (b"User-Agent", agent),
            (b"Accept", self.accept),
            (b"Accept-Encoding", b"gzip, deflate"),
            *((name, value) for name, value in self.validators if value),
        ]
        secretive = self.request_options.headers or self.url.userinfo
        own = self._secrets() if secretive and origin_of(url) == self.credentials_origin else []
        if not own:
            return [(b"Host", url.netloc), *usual]
        given = {name.lower() for name, _ in own}
        kept = [pair for pair in usual if pair[0].lower() not in given]
        return [(b"Host", url.netloc), *kept, *own]

    def _secrets(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the request options; a password in the URL itself is one."""
        own = [
            (name.encode("ascii"), value.text.encode("latin-1"))
            for name, value in self.request_options.headers
        ]
        login = authorization(self.url) if origin_of(self.url) == self.credentials_origin else None
        if login and not any(name.lower() == b"authorization" for name, _ in own):
            own.append((b"Authorization", login))
        return own
