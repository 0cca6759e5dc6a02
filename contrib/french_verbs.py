"""The conjugation of French verbs, without accents: every form of an infinitive.

A dictionary that maps each form to one lemma leaves out the forms that are nouns too: `condamne`,
`prise`, `vue`. The rules of conjugation add these.
"""

from __future__ import annotations

from collections.abc import Iterable

from index.analysis.folding import fold

FUTURE = "ai as a ons ez ont ais ait ions iez aient"
IMPERFECT = "ais ait ions iez aient ant"
PRESENT = "ons ez ent e es"
# First and second person plural, and the imperfect subjunctive, are left out: news do not use
# them, and without accents they are other words (`contrat`, `plumes`, `terrasse`).
_PAST = {
    "a": "ai as a erent assent",
    "i": "is it irent issent",
    "u": "us ut urent ussent",
    "in": "ins int inrent inssent",
}


def _all(stem: str, endings: str) -> set[str]:
    return {stem + ending for ending in endings.split()}


def _participle(form: str) -> set[str]:
    plural = set() if form.endswith("s") else {form + "s"}
    return {form, form + "e", form + "es"} | plural


def _forms(
    prefix: str, present: str, imperfect: str, future: str, past: tuple[str, str], participle: str
) -> set[str]:
    return (
        _all(prefix, present)
        | _all(
            prefix + imperfect,
            IMPERFECT.removesuffix("ant" if prefix + imperfect in _NO_GERUND else ""),
        )
        | _all(prefix + future, FUTURE)
        | _all(prefix + past[0], _PAST[past[1]])
        | _participle(prefix + participle)
    )


_NO_GERUND = {"av", "sav"}
_Family = tuple[str, str, str, tuple[str, str], str]
"""Present and subjunctive; stems of the imperfect, the future and the past; the participle."""

_FAMILIES: dict[str, _Family] = {
    "prendre": ("prends prend prenons prenez prennent prenne prennes", "pren", "prendr",
                ("pr", "i"), "pris"),
    "mettre": ("mets met mettons mettez mettent mette mettes", "mett", "mettr", ("m", "i"), "mis"),
    "faire": ("fais fait faisons faites font fasse fasses fassions fassiez fassent", "fais", "fer",
              ("f", "i"), "fait"),
    "dire": ("dis dit disons dites disez disent dise dises", "dis", "dir", ("d", "i"), "dit"),
    "prevoir": ("prevois prevoit prevoyons prevoyez prevoient prevoie prevoies", "prevoy",
                "prevoir", ("prev", "i"), "prevu"),
    "mouvoir": ("meus meut mouvons mouvez meuvent meuve meuves", "mouv", "mouvr", ("m", "u"),
                "mu"),
    "pleuvoir": ("pleut pleuvent pleuve", "pleuv", "pleuvr", ("pl", "u"), "plu"),
    "cevoir": ("cois coit cevons cevez coivent coive coives", "cev", "cevr", ("c", "u"), "cu"),
    "devoir": ("dois doit devons devez doivent doive doives", "dev", "devr", ("d", "u"), "du"),
    "pouvoir": ("peux peut pouvons pouvez peuvent puisse puisses puissions puissiez puissent",
                "pouv", "pourr", ("p", "u"), "pu"),
    "vouloir": ("veux veut voulons voulez veulent veuille veuilles veuillez veuillent", "voul",
                "voudr", ("voul", "u"), "voulu"),
    "savoir": ("sais sait savons savez savent sache saches sachions sachiez sachent sachez sachons "
               "sachant", "sav", "saur", ("s", "u"), "su"),
    "valoir": ("vaux vaut valons valez valent vaille vailles vaillent", "val", "vaudr",
               ("val", "u"), "valu"),
    "falloir": ("faut faille", "fall", "faudr", ("fall", "u"), "fallu"),
    "asseoir": ("assieds assied asseyons asseyez asseyent asseye assois assoit assoient",
                "assey", "assier", ("ass", "i"), "assis"),
    "avoir": ("ai as a avons avez ont aie aies ait ayons ayez aient ayant", "av", "aur",
              ("e", "u"), "eu"),
    "voir": ("vois voit voyons voyez voient voie voies", "voy", "verr", ("v", "i"), "vu"),
    "venir": ("viens vient venons venez viennent vienne viennes", "ven", "viendr", ("v", "in"),
              "venu"),
    "tenir": ("tiens tient tenons tenez tiennent tienne tiennes", "ten", "tiendr", ("t", "in"),
              "tenu"),
    "cueillir": ("cueille cueilles cueillons cueillez cueillent", "cueill", "cueiller",
                 ("cueill", "i"), "cueilli"),
    "ouvrir": ("ouvre ouvres ouvrons ouvrez ouvrent", "ouvr", "ouvrir", ("ouvr", "i"), "ouvert"),
    "ffrir": ("ffre ffres ffrons ffrez ffrent", "ffr", "ffrir", ("ffr", "i"), "ffert"),
    "partir": ("pars part partons partez partent parte partes", "part", "partir", ("part", "i"),
               "parti"),
    "sortir": ("sors sort sortons sortez sortent sorte sortes", "sort", "sortir", ("sort", "i"),
               "sorti"),
    "sentir": ("sens sent sentons sentez sentent sente sentes", "sent", "sentir", ("sent", "i"),
               "senti"),
    "mentir": ("mens ment mentons mentez mentent mente mentes", "ment", "mentir", ("ment", "i"),
               "menti"),
    "repentir": ("repens repent repentons repentez repentent repente repentes", "repent",
                 "repentir", ("repent", "i"), "repenti"),
    "dormir": ("dors dort dormons dormez dorment dorme dormes", "dorm", "dormir", ("dorm", "i"),
               "dormi"),
    "servir": ("sers sert servons servez servent serve serves", "serv", "servir", ("serv", "i"),
               "servi"),
    "courir": ("cours court courons courez courent coure coures", "cour", "courr", ("cour", "u"),
               "couru"),
    "mourir": ("meurs meurt mourons mourez meurent meure meures", "mour", "mourr", ("mour", "u"),
               "mort"),
    "querir": ("quiers quiert querons querez quierent quiere quieres", "quer", "querr",
               ("qu", "i"), "quis"),
    "fuir": ("fuis fuit fuyons fuyez fuient fuie fuies", "fuy", "fuir", ("fu", "i"), "fui"),
    "uire": ("uis uit uisons uisez uisent uise uises", "uis", "uir", ("uis", "i"), "uit"),
    "indre": ("ins int ignons ignez ignent igne ignes", "ign", "indr", ("ign", "i"), "int"),
    "naitre": ("nais nait naissons naissez naissent naisse naisses", "naiss", "naitr",
               ("naqu", "i"), "ne"),
    "aitre": ("ais ait aissons aissez aissent aisse aisses", "aiss", "aitr", ("", "u"), "u"),
    "oitre": ("ois oit oissons oissez oissent oisse oisses", "oiss", "oitr", ("", "u"), "u"),
    "crire": ("cris crit crivons crivez crivent crive crives", "criv", "crir", ("criv", "i"),
              "crit"),
    "lire": ("lis lit lisons lisez lisent lise lises", "lis", "lir", ("l", "u"), "lu"),
    "rire": ("ris rit rions riez rient rie ries", "ri", "rir", ("r", "i"), "ri"),
    "suivre": ("suis suit suivons suivez suivent suive suives", "suiv", "suivr", ("suiv", "i"),
               "suivi"),
    "vivre": ("vis vit vivons vivez vivent vive vives", "viv", "vivr", ("vec", "u"), "vecu"),
    "boire": ("bois boit buvons buvez boivent boive boives", "buv", "boir", ("b", "u"), "bu"),
    "croire": ("crois croit croyons croyez croient croie croies", "croy", "croir", ("cr", "u"),
               "cru"),
    "battre": ("bats bat battons battez battent batte battes", "batt", "battr", ("batt", "i"),
               "battu"),
    "vaincre": ("vaincs vainc vainquons vainquez vainquent vainque vainques", "vainqu", "vaincr",
                ("vainqu", "i"), "vaincu"),
    "clure": ("clus clut cluons cluez cluent clue clues", "clu", "clur", ("cl", "u"), "clu"),
    "resoudre": ("resous resout resolvons resolvez resolvent resolve resolves", "resolv",
                 "resoudr", ("resol", "u"), "resolu"),
    "plaire": ("plais plait plaisons plaisez plaisent plaise plaises", "plais", "plair",
               ("pl", "u"), "plu"),
    "taire": ("tais tait taisons taisez taisent taise taises", "tais", "tair", ("t", "u"), "tu"),
    "traire": ("trais trait trayons trayez traient traie traies", "tray", "trair", ("tra", "i"),
               "trait"),
    "suffire": ("suffis suffit suffisons suffisez suffisent suffise", "suffis", "suffir",
                ("suff", "i"), "suffi"),
    "rompre": ("romps rompt rompons rompez rompent rompe rompes", "romp", "rompr", ("romp", "i"),
               "rompu"),
    "vetir": ("vets vet vetons vetez vetent vete vetes", "vet", "vetir", ("vet", "i"), "vetu"),
    "etre": ("suis es est sommes etes sont sois soit soyons soyez soient etant", "et", "ser",
             ("f", "u"), "ete"),
    "aller": ("vais vas va allons allez vont aille ailles aillent", "all", "ir", ("all", "a"),
              "alle"),
}  # fmt: skip
_SECOND_GROUP = {"répartir", "asservir", "assortir", "impartir"}
"""Verbs like `finir` that end as a family of others."""
_WHOLE = {"etre", "avoir", "aller", "faire", "dire"}
"""Families that other infinitives only end in by chance, with the prefixes that they have."""
_PREFIXES = {"": _WHOLE, "re": {"faire", "dire"}, "de": {"faire", "dire"}, "satis": {"faire"},
             "contre": {"faire", "dire"}, "inter": {"dire"}, "pre": {"dire"},
             "me": {"dire"}}  # fmt: skip


def conjugate(lemma: str, *, is_second_group: bool) -> set[str]:
    """Return all forms of a verb, without accents.

    Args:
        lemma: The infinitive.
        is_second_group: Whether a dictionary has forms like those of `finir`.
    """
    infinitive = fold(lemma)
    found = {infinitive}
    family = "" if lemma in _SECOND_GROUP else _family(infinitive)
    if infinitive.endswith("ir") and not family and is_second_group:
        found |= _second_group(infinitive[:-2])
    elif family:
        prefix = infinitive.removesuffix(family)
        found |= _forms(prefix, *_FAMILIES[family])
    elif infinitive.endswith("er"):
        found |= _first_group(infinitive[:-2])
    elif infinitive.endswith(("endre", "andre", "ondre", "erdre", "ordre")):
        found |= _like_vendre(infinitive[:-2])
    return found


def _family(infinitive: str) -> str:
    for family in sorted(_FAMILIES, key=len, reverse=True):
        prefix = infinitive.removesuffix(family)
        if prefix == infinitive and family:
            continue
        if family not in _WHOLE or family in _PREFIXES.get(prefix, ()):
            return family
    return ""


def _like_vendre(stem: str) -> set[str]:
    return (
        {stem, stem + "s"}
        | _all(stem, PRESENT)
        | _all(stem, IMPERFECT)
        | _all(stem + "r", FUTURE)
        | _all(stem, _PAST["i"])
        | _participle(stem + "u")
    )


def _second_group(stem: str) -> set[str]:
    return (
        _all(stem, "is it issons issez issent isse isses")
        | _all(stem + "iss", IMPERFECT)
        | _all(stem + "ir", FUTURE)
        | _all(stem, _PAST["i"])
        | _participle(stem + "i")
    )


def _first_group(stem: str) -> set[str]:
    hard = stem + "e" if stem.endswith("g") else stem
    found = (
        _all(stem, "e es ez ent ions iez erent")
        | _all(hard, "ons ais ait aient ant")
        | _all(hard, _PAST["a"])
        | _participle(stem + "e")
    )
    for silent in _before_silent_e(stem):
        found |= _all(silent, "e es ent") | _all(silent + "er", FUTURE)
    return found


def _before_silent_e(stem: str) -> Iterable[str]:
    """Return a stem as it is before a silent e: `appell`, `jett`, `pai`."""
    yield stem
    if stem.endswith("y"):
        yield stem[:-1] + "i"
    if stem.endswith(("el", "et")):
        yield stem + stem[-1]
