"""No connection to an address that the operator did not allow, however it is spelled."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, strategies as st
from support.newsroom import PATIENCE
from support.scripted_server import Reply, Web, redirect

from monitor.base.errors import FetchError
from monitor.intake.fetch.address_guard import AddressError, AddressGuard, UnreachableError
from monitor.intake.fetch.client import Client
from monitor.model.address_policy import is_allowed
from monitor.model.poll import Fetched

LOOPBACK = (ip_network("127.0.0.0/8"),)


def client(allow=(), **options) -> Client:
    return Client(
        allow, user_agent="tocsin/test", monotonic=time.monotonic, sleep=asyncio.sleep, **options
    )


async def fetch(url: str, allow=(), **options) -> Fetched:
    async with client(allow, **options) as http:
        return await http.fetch(url)


# --- the deny list ---------------------------------------------------------------

REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1
::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1
2001::1 2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd12:3456::1
fe80::1 fe80::1%eth0 fec0::1 ff02::1
""".split()  # noqa: SIM905 (a table)
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.0
223.255.255.255 2001:200::1 2001:4860:4860::8888 2003::1 2606:4700:4700::1111 2a01:e0a::1
""".split()  # noqa: SIM905 (a table)


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_refused(address):
    assert not is_allowed(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert is_allowed(address)


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f.1", "2130706433"])
def test_what_is_no_address_is_refused(address):
    assert not is_allowed(address)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_allowed(address):
    if is_allowed(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_wrapped_in_ipv6_is_never_allowed(address):
    number = int(address)
    for mapped in (number, 0xFFFF << 32 | number, (0x64FF9B << 96) | number):
        assert not is_allowed(ip_address(mapped.to_bytes(16, "big")))
    assert not is_allowed(ip_address((0x2002 << 112) | (number << 80)))


@given(st.ip_addresses(), st.integers(0, 32))
def test_what_the_operator_allows_is_allowed(address, prefix):
    network = ip_network(f"{address}/{prefix}", strict=False)
    assert is_allowed(address, (network,))


def test_allowing_one_network_allows_no_other():
    assert is_allowed("10.1.2.3", (ip_network("10.1.0.0/16"),))
    assert not is_allowed("10.2.2.3", (ip_network("10.1.0.0/16"),))
    assert not is_allowed("::ffff:10.1.2.3", (ip_network("10.1.0.0/16"),))


# --- the canary ------------------------------------------------------------------

SPELLINGS = """
127.0.0.1 localhost LOCALHOST localhost. 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1
0177.0.0.1 017700000001 127.0.0.1. 0.0.0.0 0 [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1]
[0:0:0:0:0:0:0:1] [64:ff9b::7f00:1] ①②⑦.⓪.⓪.① １２７.0.0.1 127。0。0。1 127.000.000.001
""".split()  # noqa: SIM905 (a table)


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_loopback_reaches_the_canary(web: Web, host):
    web.on("*", redirect("/"))
    for url in (f"http://{host}:{web.port}/", f"http://user:pass@{host}:{web.port}/"):
        with pytest.raises(FetchError) as error:
            asyncio.run(fetch(url))
        assert not error.value.network or "resolve" in error.value.reason
    assert web.connections == 0


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_redirect_to_loopback_is_followed(web: Web, host):
    """The first server is the operator's own at 127.0.0.2; the canary is every other one."""
    with Web(address="127.0.0.2") as first:
        first.on("/", redirect(f"http://{host}:{web.port}/canary"))
        with pytest.raises(FetchError) as error:
            asyncio.run(fetch(first.url("/"), (ip_network("127.0.0.2/32"),)))
        assert len(first.requests) == 1
    assert error.value.reason
    assert web.connections == 0


def test_the_reason_names_the_address_and_the_way_out(web: Web):
    with pytest.raises(FetchError) as error:
        asyncio.run(fetch(f"http://localhost:{web.port}/"))
    assert error.value.reason in {
        f"localhost is {address}, not a public address: `network: {{allow: [{written}]}}` allows it"
        for address, written in (("127.0.0.1", "127.0.0.1"), ("::1", '"::1"'))
    }


def test_an_allowed_loopback_is_reached_by_name_and_by_address(web: Web):
    web.on("/", redirect("/feed"))
    for host in ("127.0.0.1", "localhost", "127.1"):
        with pytest.raises(FetchError) as error:
            asyncio.run(fetch(web.url("/", host), LOOPBACK))
        assert error.value.status == 404
    assert [request.path for request in web.requests] == ["/", "/feed"] * 3
    assert web.connections == 3  # each second request reuses its connection


def test_a_permission_that_is_withdrawn_ends_kept_connections_too(web: Web):
    web.on("/", Reply(body=b"<rss/>"))

    async def go() -> str:
        async with client(LOOPBACK) as http:
            await http.fetch(web.url("/"))
            http.allow(())
            with pytest.raises(FetchError) as error:
                await http.fetch(web.url("/"))
            http.allow(LOOPBACK)
            await http.fetch(web.url("/"))
            return error.value.reason

    assert "not a public address" in asyncio.run(go())
    assert len(web.requests) == 2


# --- rebinding -------------------------------------------------------------------


def resolver(*answers: list[str]):
    remaining = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return resolve


def dialled():
    """Return a connection that leads nowhere and remembers every address it was given."""
    addresses: list[str] = []

    async def dial(address, port):
        addresses.append(address)
        raise ConnectionRefusedError

    return addresses, dial


def test_the_connection_goes_to_the_address_that_was_checked():
    """The first look-up is public, the second would be loopback: there is no second."""
    addresses, dial = dialled()
    guard = AddressGuard(resolve=resolver(["8.8.8.8"], ["127.0.0.1"]), dial=dial)
    with pytest.raises(UnreachableError):
        asyncio.run(guard.connect_tcp("rebind.example", 80))
    assert addresses == ["8.8.8.8"]
    with pytest.raises(AddressError):
        asyncio.run(guard.connect_tcp("rebind.example", 80))
    assert addresses == ["8.8.8.8"]


def test_of_mixed_addresses_only_the_public_ones_are_tried():
    addresses, dial = dialled()
    guard = AddressGuard(
        resolve=resolver(["127.0.0.1", "9.9.9.9", "10.0.0.1", "8.8.8.8"]), dial=dial
    )
    with pytest.raises(UnreachableError):
        asyncio.run(guard.connect_tcp("mixed.example", 80))
    assert addresses == ["9.9.9.9", "8.8.8.8"]


def test_a_name_is_the_operators_own_only_as_long_as_its_address_is():
    _, dial = dialled()
    guard = AddressGuard(LOOPBACK, resolve=resolver(["127.0.0.1"], ["8.8.8.8"]), dial=dial)
    owned = []
    for _ in range(2):
        owned.append(guard.owns("intranet.example"))
        with pytest.raises(UnreachableError):
            asyncio.run(guard.connect_tcp("intranet.example", 80))
    owned.append(guard.owns("intranet.example"))
    assert owned == [False, True, False]
    assert guard.owns("127.0.0.9")
    assert not guard.owns("8.8.8.8")


@pytest.mark.parametrize(
    ("resolve", "message"),
    [
        (resolver([]), "has no address"),
        (resolver(["10.0.0.1"]), "x.example is 10.0.0.1, not a public address"),
        (resolver(["fe80::1%eth0"]), "not a public address"),
        (resolver(["::ffff:8.8.8.8"]), "not a public address"),
        (resolver(["not an address"]), "not a public address"),
    ],
)
def test_refusals_say_why(resolve, message):
    addresses, dial = dialled()
    with pytest.raises(AddressError, match=message):
        asyncio.run(AddressGuard(resolve=resolve, dial=dial).connect_tcp("x.example", 80))
    assert addresses == []


def test_look_ups_do_not_wait_for_each_other(monkeypatch):
    """Fifty dead names take as long as one: all are being looked up when the first answer comes."""
    barrier = threading.Barrier(50)

    def dead(*args, **kwargs):
        barrier.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", dead)

    async def all_of_them() -> list[BaseException | object]:
        connects = (AddressGuard().connect_tcp(f"dead{n}.example", 80) for n in range(50))
        return await asyncio.gather(*connects, return_exceptions=True)

    errors = asyncio.run(all_of_them())
    assert {str(error).partition(" for ")[0] for error in errors} == {"no name server answers"}


# --- names that a proxy looks up ---------------------------------------------------

OF_THE_PROXY = ["localhost", "LOCALHOST.", "localhost.", "a.localhost", "localhost.localdomain.",
                "127.0.0.1.", "127.0.0.1..", "127.1", "127.1.", "0x7f000001", "2130706433.",
                "0177.0.0.1"]  # fmt: skip
ONLY_THERE = ["localhost6", "loopback", "intranet", "metadata.google.internal", "printer.local",
              "nas.home.arpa", "1.0.0.127.in-addr.arpa", "kubernetes.default.svc", "router.lan",
              "%6cocalhost", "%31%32%37.0.0.1", "127.0.0.1%00.example.com", "4294967297",
              "127.0.0.1\\.example.com", "127..1", ".127.0.0.1", "x.invalid"]  # fmt: skip


@pytest.mark.parametrize("name", OF_THE_PROXY)
def test_a_proxy_is_not_given_a_name_of_its_own_machine(name):
    async def unknown(host: str, port: int) -> list[str]:
        raise UnreachableError(f"name {host} does not resolve")

    with pytest.raises(AddressError, match="not a public address"):
        asyncio.run(AddressGuard(resolve=unknown).check(name, 80))
    asyncio.run(AddressGuard(LOOPBACK, resolve=unknown).check(name, 80))


@pytest.mark.parametrize("name", ONLY_THERE)
def test_a_proxy_is_not_given_a_name_that_may_be_of_its_own_network(name):
    async def unknown(host: str, port: int) -> list[str]:
        raise UnreachableError(f"name {host} does not resolve")

    with pytest.raises(AddressError, match=re.escape(f"{name} is no public name")):
        asyncio.run(AddressGuard(LOOPBACK, resolve=unknown).check(name, 80))
    asyncio.run(AddressGuard(resolve=resolver(["8.8.8.8"])).check(name, 80))
    for public in ("news.example.org", "example.co.uk.", "xn--bcher-kva.example.de"):
        asyncio.run(AddressGuard(resolve=unknown).check(public, 80))


def test_a_proxy_is_not_given_a_name_with_a_private_address_among_others():
    for addresses in (["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"]):
        with pytest.raises(AddressError, match=r"mixed\.example is 1"):
            asyncio.run(AddressGuard(resolve=resolver(addresses)).check("mixed.example", 80))
    asyncio.run(AddressGuard(resolve=resolver(["8.8.8.8", "9.9.9.9"])).check("good.example", 80))
