"""An encoder without a model: texts with the same words are near, whatever their language."""

from __future__ import annotations

import os
import time
from zlib import crc32

import numpy as np

from monitor.intake.similar.vectors import Floats

LENGTH = 384


class WordEncoder:
    """Adds up a direction for each word, and one that all texts have in common."""

    def encode(self, text: str) -> Floats:
        """Return the vector of a text. On the words `hang` and `die` it hangs or dies."""
        words = text.lower().replace(".", " ").split()
        if "hang" in words:
            time.sleep(600)
        if "die" in words:
            os._exit(9)
        vector = np.zeros(LENGTH)
        for word in words:
            vector += np.random.default_rng(crc32(word.encode())).normal(size=LENGTH)
        vector /= np.linalg.norm(vector) or 1.0
        vector[0] += 2.0  # unrelated texts have a cosine of 0.8
        return np.asarray(vector / np.linalg.norm(vector), np.float32)
