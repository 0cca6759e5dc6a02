"""Where this machine listens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listening:
    """An address and a port to listen at."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it is written: `127.0.0.1:9464`, `[::1]:9464`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
