"""The address of an archive in an OpenSearch cluster."""

from __future__ import annotations

from msgspec import Struct


class ClusterAddress(Struct, frozen=True, kw_only=True):
    """Where the archive is, and who asks. Its text names no secret."""

    urls: tuple[str, ...]
    """Addresses of nodes, or of what stands before them: https://search.example:9200."""
    index: str = "tocsin"
    """Name of the alias, and beginning of the names of all indices."""
    user: str = ""
    password: str = ""
    authority: str = ""
    """File of the certificates to trust, besides those of this machine."""
    certificate: str = ""
    """File of the certificate with which tocsin signs in, and of its key."""

    def __repr__(self) -> str:
        return f"{', '.join(self.urls)} ({self.index})"

    __str__ = __repr__
