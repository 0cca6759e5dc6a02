"""Separate machines, as network namespaces. Only root can make them.

Each has a cable to the database, and another to all else.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from msgspec import Struct

DATABASE, SITES = "tocsindb", "tocsinweb"
"""The switches into which the cables go; this machine is on both."""
NETWORKS = {DATABASE: "10.201.0", SITES: "10.202.0"}


class Machine(Struct, frozen=True):
    """A machine, by its number from 1."""

    number: int

    @property
    def name(self) -> str:
        """The name of its namespace."""
        return f"tocsin{self.number}"

    @property
    def within(self) -> Sequence[str]:
        """Return the words before a command that runs on the machine."""
        return ("ip", "netns", "exec", self.name)

    @property
    def address(self) -> str:
        """Return the address from which the machine connects to the database."""
        return f"{NETWORKS[DATABASE]}.{10 + self.number}"

    def cut_off(self) -> None:
        """Cut the cable to the database: packets are lost without an error."""
        _ip("link", "set", f"{DATABASE}{self.number}", "down")

    def join(self) -> None:
        """Plug the cable in again."""
        _ip("link", "set", f"{DATABASE}{self.number}", "up")


def here(network: str) -> str:
    """Return the address of this machine on a network."""
    return f"{NETWORKS[network]}.1"


@contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """Set machines up, and take them away."""
    with ExitStack() as stack:
        for switch in NETWORKS:
            _ip("link", "add", switch, "type", "bridge")
            stack.callback(_ip, "link", "del", switch)
            _ip("address", "add", f"{here(switch)}/24", "dev", switch)
            _ip("link", "set", switch, "up")
        yield [stack.enter_context(_machine(number)) for number in range(1, count + 1)]


@contextmanager
def _machine(number: int) -> Iterator[Machine]:
    machine = Machine(number)
    _ip("netns", "add", machine.name)
    try:
        for switch, network in NETWORKS.items():
            cable, plug = f"{switch}{number}", switch
            _ip("link", "add", cable, "type", "veth", "peer", "name", plug, "netns", machine.name)
            _ip("link", "set", cable, "master", switch, "up")
            _ip("-n", machine.name, "address", "add", f"{network}.{10 + number}/24", "dev", plug)
            _ip("-n", machine.name, "link", "set", plug, "up")
        _ip("-n", machine.name, "link", "set", "lo", "up")
        yield machine
    finally:
        for switch in NETWORKS:  # the kernel itself takes them away later
            _ip("link", "del", f"{switch}{number}")
        _ip("netns", "del", machine.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
