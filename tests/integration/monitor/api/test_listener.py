"""Where a server listens, and why it cannot."""

from __future__ import annotations

from contextlib import closing

import pytest

from monitor.api.listener import open_listener, shown_address
from monitor.base.errors import MonitorError


def test_a_port_that_is_taken_is_named() -> None:
    with closing(open_listener("127.0.0.1", 0, 1)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(MonitorError, match=f"127.0.0.1:{port}; `--port 0`"):
            open_listener("127.0.0.1", port, 1)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("192.0.2.1", "192.0.2.1:0: Cannot assign requested address$"),
        ("nowhere.invalid", "nowhere.invalid:0: "),
    ],
)
def test_an_address_of_another_machine_is_no_matter_of_the_port(host: str, reason: str) -> None:
    with pytest.raises(MonitorError, match=reason) as error:
        open_listener(host, 0, 1)
    assert "--port" not in str(error.value)


@pytest.mark.parametrize(
    ("host", "names", "address"),
    [
        ("127.0.0.1", (), "http://127.0.0.1:80/"),
        ("::1", (), "http://[::1]:80/"),
        ("0.0.0.0", ("a.example", "b.example"), "http://a.example:80/"),
    ],
)
def test_an_address_that_others_can_open(host: str, names: tuple[str, ...], address: str) -> None:
    assert shown_address("http", host, 80, names) == address
