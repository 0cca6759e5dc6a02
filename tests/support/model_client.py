"""The SDK's own client of `tocsin mcp` and of `/mcp`, for tests.

The SDK is imported where it is used: it takes half a second, which only one worker need spend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from support.newsroom import TOCSIN, Newsroom

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult, ElicitResult

T = TypeVar("T")


class Person(Struct):
    """A person with the answer to every question; None for a client that cannot ask."""

    answer: str | None = "accept"
    questions: list[str] = field(default_factory=list)
    while_asked: Callable[[], object] = lambda: None
    """Called before the answer to a question."""

    async def elicit(self, context: object, params: Any) -> ElicitResult:
        from mcp.types import ElicitResult

        self.questions.append(params.message)
        self.while_asked()
        assert self.answer is not None
        return ElicitResult(action=self.answer, content={})  # type: ignore[arg-type]


class Stdio(Struct, frozen=True):
    """Starts `tocsin mcp`."""

    newsroom: Newsroom
    options: tuple[str, ...] = ()
    mode: str = "auto"

    def use(self, person: Person, conversation: Callable[[Client], Awaitable[T]]) -> T:
        """Return the result of a conversation."""
        from mcp import Client, StdioServerParameters, stdio_client

        server = StdioServerParameters(
            command=str(TOCSIN),
            args=["mcp", *self.options],
            cwd=self.newsroom.folder,
            env=self.newsroom.environment(),
        )

        async def run() -> T:
            ask = None if person.answer is None else person.elicit
            transport = stdio_client(server)
            async with Client(transport, mode=self.mode, elicitation_callback=ask) as client:
                return await conversation(client)

        return asyncio.run(run())


class Http(Struct, frozen=True):
    """Asks `/mcp`."""

    url: str
    headers: Mapping[str, str]
    mode: str = "auto"

    def use(self, person: Person, conversation: Callable[[Client], Awaitable[T]]) -> T:
        """Return the result of a conversation."""
        import httpx2
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client

        async def run() -> T:
            ask = None if person.answer is None else person.elicit
            async with httpx2.AsyncClient(headers=self.headers, timeout=60) as http:
                transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
                async with Client(transport, mode=self.mode, elicitation_callback=ask) as client:
                    return await conversation(client)

        return asyncio.run(run())


def call(
    door: Stdio | Http, name: str, person: Person | None = None, /, **arguments: Any
) -> CallToolResult:
    """Return the answer of a tool."""

    async def talk(client: Client) -> CallToolResult:
        return await client.call_tool(name, arguments)

    return door.use(person or Person(), talk)


def text_of(result: CallToolResult) -> str:
    """Return the text of an answer."""
    (content,) = result.content
    text: str = content.text  # type: ignore[union-attr]
    return text
