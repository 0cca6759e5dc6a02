"""The feminines of French nouns of persons, which the dictionary lacks or has as other words.

After the guides: « Femme, j'écris ton nom… » (1999), the report of the Académie française (2019),
and the decree of the Communauté française de Belgique. Where they allow several forms, all are
forms of the noun: autrice and auteure.

Left out are feminines that news use for another word: la médecine, la marine, l'héroïne, la
portière, la cafetière, la colonne, elle assassine.
"""

from __future__ import annotations

from collections.abc import Iterator

_IRREGULAR = {
    "abbé": "abbesse", "aïeul": "aïeule", "ambassadeur": "ambassadrice", "andalou": "andalouse",
    "archiduc": "archiduchesse", "auteur": "autrice auteure", "bailleur": "bailleuse bailleresse",
    "cadet": "cadette", "chasseur": "chasseuse chasseresse", "chef": "cheffe",
    "compagnon": "compagne", "comte": "comtesse", "copain": "copine", "coquet": "coquette",
    "défendeur": "défenderesse", "demandeur": "demandeuse demanderesse", "devin": "devineresse",
    "docteur": "docteure doctoresse", "dogon": "dogone dogonne", "duc": "duchesse",
    "empereur": "impératrice", "enchanteur": "enchanteresse", "époux": "épouse",
    "esquimau": "esquimaude", "favori": "favorite", "grec": "grecque", "hôte": "hôtesse",
    "jumeau": "jumelle", "kazakh": "kazakhe", "laïc": "laïque", "lapon": "lapone laponne",
    "letton": "lettone lettonne", "maire": "mairesse", "mormon": "mormone", "muet": "muette",
    "nippon": "nippone nipponne", "ouzbek": "ouzbèke ouzbèque", "paysan": "paysanne",
    "pécheur": "pécheresse", "poète": "poétesse", "préfet": "préfète", "prêtre": "prêtresse",
    "prince": "princesse", "prophète": "prophétesse", "rieur": "rieuse", "roux": "rousse",
    "shérif": "shérife", "speaker": "speakerine", "suisse": "suissesse", "sujet": "sujette",
    "targui": "targuie", "touareg": "touarègue", "traître": "traîtresse", "tsar": "tsarine",
    "turc": "turque", "vengeur": "vengeresse", "vicomte": "vicomtesse", "voyou": "voyoue voyoute",
}  # fmt: skip
"""Nouns, and their feminines, which follow no rule."""

_NOUNS = """
    adhérent adjoint adjudant administré afghan africain agent aîné alaouite albanais allemand
    allié amant américain ami amiral apprenti arménien artisan aspirant assaillant assistant
    associé assuré attaché avocat azéri bahreïni baissier bandit bangladais banlieusard banquier
    bantou baron bavard berger bolognais boucher boulanger bourgeois breton bûcheron campagnard
    candidat cantonnier caporal carnassier catalan champion chancelier chargé charlatan
    châtelain chevalier chiffonnier chypriote citadin client clochard colonel combattant
    commandant commerçant commis communard comtois concurrent conférencier confident conseiller
    consul consultant contemporain correspondant courtisan cousin couturier criminel cuisinier
    débutant délégué délinquant dentellier député descendant détenu dévot dirigeant douairier
    écrivain élu émirati employé enseignant envoyé érudit espion étranger étudiant expert
    exploitant fabricant ferronnier figurant filleul finlandais flamand flemmard forgeron gamin
    gantier gascon géant général gérant gredin habitant handicapé haussier hindou hongrois
    houthi huissier hutu imam immigrant immigré inconnu indien indigent industriel intendant
    intervenant inuit invité jardinier jordanien journalier juif juré kanak kosovar koweïti
    laborantin larron lauréat lieutenant lombard luron maçon magistrat mahorais major mandchou
    manifestant maori marchand maréchal marié marquis mécréant mendiant messager meunier
    meurtrier mexicain mignon migrant militant minier montagnard monténégrin motard musulman
    négociant normand norvégien occupant officier omani opposant orphelin ouighour ouïghour
    ouïgour ouvrier papou partant participant partisan passager passant patient patron pèlerin
    persan peul piéton plaignant praticien président prétendant prévenu principal professionnel
    proscrit protestant qatari rabbin réfugié régent remplaçant représentant rescapé résident
    retraité rival romancier romand roumain routard routier saharien sahraoui salarié salonnier
    saoudi saoudien savant saxon sergent sikh soldat sommelier sorcier souverain substitut
    sultan suppléant surintendant surveillant survivant suspect syrien tadjik taliban tamoul
    tapissier tatar teuton tibétain trafiquant turkmène tutsi vagabond vannier vassal vénitien
    vétéran veuf vieillard viennois vigneron villageois voisin wallon yézidi zoulou
"""
"""Nouns with a feminine by rule, also where it is a form of another word: patronne, espionne."""

_ENDINGS = (
    ("ateur", ("atrice",)), ("teur", ("trice", "teuse", "teure")), ("eur", ("euse", "eure")),
    ("er", ("ère",)), ("f", ("ve",)), ("el", ("elle",)), ("ien", ("ienne",)),
    ("éen", ("éenne",)), ("on", ("onne",)), ("eux", ("euse",)), ("eau", ("elle",)),
    ("e", ()), ("", ("e",)),
)  # fmt: skip
"""Endings and those of the feminine; the first that fits counts."""
PRODUCTIVE = ("eur", "ier", "ien", "éen")
"""Endings of nouns of persons of which new ones are made: their feminine is that of the rule."""
NOUNS = frozenset((*_IRREGULAR, *_NOUNS.split()))
"""Nouns that have their feminines for sure."""


def feminines(noun: str) -> Iterator[str]:
    """Yield the feminines of a noun of persons, as written, in the singular."""
    if noun in _IRREGULAR:
        yield from _IRREGULAR[noun].split()
        return
    ending, others = next(pair for pair in _ENDINGS if noun.endswith(pair[0]))
    yield from (noun.removesuffix(ending) + other for other in others)
