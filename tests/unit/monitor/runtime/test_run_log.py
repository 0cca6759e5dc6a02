"""Tests of the log of a run: libraries may write few messages a minute."""

from __future__ import annotations

import logging

from monitor.runtime.run_log import LIBRARY_MESSAGES, LogThrottle


def test_libraries_log_few_messages_a_minute() -> None:
    now = 0.0
    throttle = LogThrottle(lambda: now)

    def logged(name: str) -> str:
        record = logging.LogRecord(name, logging.ERROR, "", 0, "%s failed", ("accept",), None)
        return record.getMessage() if throttle.filter(record) else ""

    messages = [logged("asyncio") for _ in range(1_000)]
    assert messages == ["accept failed"] * LIBRARY_MESSAGES + [""] * (1_000 - LIBRARY_MESSAGES)
    assert [logged("tocsin") for _ in range(50)] == ["accept failed"] * 50
    now = 60.0
    assert logged("aiohttp.server") == "accept failed"
    assert logged("asyncio") == "accept failed"
