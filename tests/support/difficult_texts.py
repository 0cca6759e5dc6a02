"""Short texts of words and signs that are difficult to tell apart."""

from __future__ import annotations

from hypothesis import strategies as st

TEXTS = st.lists(
    st.sampled_from(
        [
            "l’espionnage",
            "d'Été",
            "Plate-forme",
            "AT&T",
            "U.S.",
            "3,5",
            "阿里",
            "cœur",
            "İzmir",
            "한국",
            "Lie\u0300ge",
            "espion-\nnage",
            "espion- nage",
            "court- et moyen-courrier",
            "espion- \r\n\tnage",
            "WHO",
            "が",
            "हिन्दी",
            "\u00ad",
            "\u200b",
            "’",
            "’s",
            "l' ",
            "1 000",
            "12\u00a0345",
            "000",
            "1",
            "000,5",
            "2-1",
            "\u202f",
            "employé·e·s",
            "vice-président·e·s",
            "directeurs·rices",
            "employé(e)s",
            "(né(e))",
            "étudiant.e.s",
            "né-e-s",
        ]
    )
    | st.text(max_size=6),
    max_size=12,
).flatmap(
    lambda words: st.sampled_from(
        ["", " ", "\n", "\u00a0", "-", "&", "’", ".", ", ", " « ", "” ", ".\n\n", "- ", "-\n"]
    ).map(lambda s: s.join(words))
)
