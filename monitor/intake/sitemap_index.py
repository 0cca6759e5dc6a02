"""An index of sitemaps is read with its newest sitemaps: together they are one document.

Each of these is asked for with its own validators, also when the index has not changed: an index
need not say that one of its sitemaps did. They are asked for one after the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct, msgpack
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.errors import FeedError, FetchError, ParseError
from monitor.base.translation import gettext as _
from monitor.intake.ingest.poll_outcome import answer_evidence
from monitor.intake.ingest.schedule import HOUR, LONGEST_HINT
from monitor.model.feed import FeedState
from monitor.model.poll import Entry, Fetched, NotModified, ParsedFeed

Answer = Fetched | NotModified | FeedError
Read = Callable[[str, FeedState], Awaitable[tuple[Answer, ParsedFeed | None]]]
"""Fetches an address with the validators of a state, and parses the body unless it is known."""


class _Child(Struct, frozen=True, array_like=True):
    """A sitemap of an index, as it was last read."""

    etag: bytes | None = None
    last_modified: bytes | None = None
    body_hash: bytes | None = None
    """None if it was never read."""
    until: Timestamp = 0.0
    """Time before which it is not asked for: it is fresh, or it failed."""


async def with_children(
    index: Answer, parsed: ParsedFeed | None, url: str, state: FeedState, read: Read, now: Timestamp
) -> tuple[Answer, ParsedFeed | None, FeedState]:
    """Return the answer and document of an index with its sitemaps, and the state to go on from.

    Of a document that is no index nothing changes. An error of the newest sitemap is the
    answer; another sitemap that cannot be read is tried again after an hour. A document that is
    that of the last poll is None.
    """
    if isinstance(index, FeedError) or not (parsed.children if parsed else state.children):
        return index, parsed, replace(state, children=None) if parsed else state
    before = msgpack.decode(state.children or b"\x80", type=dict[str, _Child])
    after: dict[str, _Child] = {}
    documents: list[ParsedFeed] = []
    addresses, is_continued = parsed.children if parsed else tuple(before), False
    for address in addresses:
        child = before.get(address, _Child())
        if now >= child.until:
            known = replace(
                state, etag=child.etag, last_modified=child.last_modified,
                body_hash=child.body_hash,
            )  # fmt: skip
            answer, document = await read(address, known)
            if document and document.children:
                reason = _("an index of sitemaps inside of an index is not read")
                answer, document = ParseError(address, reason), None
            if document and isinstance(answer, Fetched):
                documents.append(_with_evidence(document, answer, now))
            if isinstance(answer, FeedError) and address == addresses[0]:
                return answer, None, state
            child = _after(child, answer, now)
        after[address] = child
        is_known = child.body_hash is not None and address in before
        is_continued |= is_known and child.body_hash == before[address].body_hash
    state = replace(state, children=msgpack.encode(after))
    if isinstance(index, NotModified):
        if not documents:
            return index, None, state
        index = Fetched(
            url=url, body=b"", etag=state.etag, last_modified=state.last_modified,
            hints=index.hints, moved_to=index.moved_to, digest=state.body_hash or b"",
            received=now,
        )  # fmt: skip
    if not documents and state.last_ok is not None:
        return index, None, replace(state, body_hash=index.digest)
    return index, _joined(documents, addresses, is_continued=is_continued), state


def _joined(
    documents: Sequence[ParsedFeed], addresses: tuple[str, ...], *, is_continued: bool
) -> ParsedFeed:
    """Return the documents of several addresses as one; of an article listed twice the first."""
    entries: dict[str, Entry] = {}
    for document in documents:
        for entry in document.entries:
            entries.setdefault(entry.key, entry)
    return ParsedFeed(
        title=next((document.title for document in documents if document.title), ""),
        lang=next((document.lang for document in documents if document.lang), ""),
        format=_("an index of sitemaps"),
        entries=tuple(entries.values()),
        children=addresses,
        is_continued=is_continued,
        seconds=sum(document.seconds for document in documents),
    )


def _with_evidence(document: ParsedFeed, answer: Fetched, now: Timestamp) -> ParsedFeed:
    evidence = answer_evidence(answer, now)
    entries = tuple(replace(entry, answer=evidence) for entry in document.entries)
    return replace(document, entries=entries)


def _after(child: _Child, answer: Answer, now: Timestamp) -> _Child:
    """Return a sitemap after an answer of its server."""
    if isinstance(answer, FeedError):
        asked = answer.retry_after if isinstance(answer, FetchError) else None
        return replace(child, until=now + min(max(asked or 0.0, HOUR), LONGEST_HINT))
    until = now + min(answer.hints.max_age or 0.0, LONGEST_HINT)
    if isinstance(answer, NotModified):
        return replace(child, until=until)
    is_repeated = answer.etag is not None and answer.etag == child.etag  # as in `after_read`
    if is_repeated and answer.digest != child.body_hash:
        return _Child(body_hash=answer.digest, until=until)
    return _Child(answer.etag, answer.last_modified, answer.digest, until)
