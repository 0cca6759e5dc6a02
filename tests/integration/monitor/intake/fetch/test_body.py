"""Bodies, however they are compressed: read whole and exactly up to the cap, or refused."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, strategies as st
from support.fetch_client import FEED, failing, get
from support.scripted_server import Reply, Web, gzip_bomb

from monitor.intake.fetch.response import BodyError, decoded

pytestmark = pytest.mark.costly


def _gzip(body: bytes) -> bytes:
    """Return the same bytes each time: parallel workers must collect tests of the same name."""
    return gzip.compress(body, mtime=0)


GZIPPED = _gzip(FEED)

PACKED = {
    "gzip": GZIPPED,
    "x-gzip": GZIPPED,
    "GZIP": GZIPPED + bytes(512),  # padding
    "deflate": zlib.compress(FEED),
    " deflate": zlib.compress(FEED)[2:-4],  # bare, as some servers send it
    "identity": FEED,
    "": FEED,
}


def inflate(compressed: bytes, coding: str, step: int, **limits: int) -> bytes:
    """Return a body that comes so many bytes at a time."""

    async def chunks():
        for at in range(0, len(compressed), step):
            yield compressed[at : at + step]

    return asyncio.run(decoded(chunks(), coding, **{"max_bytes": 1 << 24} | limits))


@pytest.mark.parametrize("coding", PACKED)
def test_every_coding_that_is_accepted(web: Web, coding):
    web.on("/feed", Reply(200, (("Content-Encoding", coding),), PACKED[coding]))
    assert get(web.url("/feed")).body == FEED


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        ("gzip", GZIPPED[:-5], "the compressed answer is cut short"),
        ("gzip", GZIPPED[:1], "the compressed answer is cut short"),
        ("gzip", FEED, "the compressed answer is broken"),
        ("gzip", GZIPPED[:-8] + b"\0" * 8, "the compressed answer is broken"),
        ("deflate", b"\xff" * 50, "the compressed answer is broken"),
        ("gzip, gzip", _gzip(GZIPPED), "compressed several times over"),
        ("br", b"\x0b\x02\x80", "compressed in a way that was not asked for"),
        ("zstd", b"\x28\xb5\x2f\xfd", "compressed in a way that was not asked for"),
        ("gzip", lambda: gzip_bomb(64), "larger than 15 MB"),
        ("deflate", lambda: zlib.compress(bytes(64 << 20)), "larger than 15 MB"),
    ],
)
def test_bodies_that_are_refused(web: Web, coding, body, reason):
    content = body() if callable(body) else body  # large bodies are made only where needed
    web.on("/feed", Reply(200, (("Content-Encoding", coding),), content))
    assert failing(web.url("/feed")).reason == reason


def test_a_coding_said_twice_is_a_stack(web: Web):
    headers = (("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))
    web.on("/feed", Reply(200, headers, _gzip(GZIPPED)))
    assert failing(web.url("/feed")).reason == "compressed several times over"


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 3 * 65_536, 3 * 65_536 + 1, 1 << 20])
@pytest.mark.parametrize("step", [1, 100, 1 << 20])
def test_what_is_pending_at_the_end_of_the_input_comes_too(size, step):
    """A kilobyte may hold a megabyte: zlib wants no more input, and has more to give."""
    assert inflate(_gzip(bytes(size)), "gzip", step, max_bytes=1 << 24) == bytes(size)


def test_a_bomb_costs_less_than_50_megabytes(web: Web):
    web.on("/feed", Reply(200, (("Content-Encoding", "gzip"),), gzip_bomb(128)))
    tracemalloc.start()
    try:
        assert failing(web.url("/feed")).reason == "larger than 15 MB"
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_in_a_redirect_is_not_read(web: Web):
    headers = (("Content-Encoding", "gzip"), ("Location", "/feed"))
    web.on("/old", Reply(302, headers, gzip_bomb(128)), Reply(302, headers, gzip_bomb(8)))
    web.on("/feed", Reply(body=FEED))
    tracemalloc.start()
    try:
        assert [get(web.url("/old")).body for _ in range(2)] == [FEED, FEED]
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_the_cap_is_exact(web: Web, size):
    web.on("/plain", Reply(body=b"x" * size))
    web.on("/packed", Reply(body=b"x" * size).zipped())
    for path in ("/plain", "/packed"):
        if size <= 1000:
            assert len(get(web.url(path), max_bytes=1000).body) == size
        else:
            assert failing(web.url(path), max_bytes=1000).reason == "larger than 1000 bytes"


def test_an_announced_length_above_the_cap_is_not_even_read(web: Web):
    web.on("/feed", Reply(200, (("Content-Length", str(1 << 40)),), b"x"))
    assert failing(web.url("/feed")).reason == "larger than 15 MB"


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "deflate"]), st.integers(1, 700))
def test_inflating_in_any_pieces_gives_the_same(body, coding, size):
    compressed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    assert inflate(compressed, coding, size) == body


@given(st.binary(max_size=300), st.integers(1, 100), st.integers(0, 200))
def test_inflating_never_gives_more_than_the_cap(body, times, cap):
    compressed = gzip.compress(body * times)
    assert inflate(compressed, "gzip", 100, max_bytes=cap, truncate=True) == (body * times)[:cap]


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_inflate_or_are_refused(body, coding):
    try:
        inflate(body, coding, 100)
    except BodyError as error:
        assert "compressed" in str(error)
