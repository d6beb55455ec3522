"""The national health identity (INS) as an artefact carries it: reading it, and the rules on its traits and
matricule.

Source: CI-SIS, annex « prise en charge de l'INS » and volet « Structuration minimale »; RNIV for the alphabet
of traits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import INS_OIDS, PRODUCTION_OIDS, Identity, has_valid_key, nir_key
from conformance.validation.gate import Document

SOURCE = "CI-SIS, prise en charge de l’INS (volet Structuration minimale) ; RNIV"
OBSOLETE_OIDS = frozenset({"1.2.250.1.213.1.4.2", "1.2.250.1.213.1.4.6"})
LABELS: Mapping[str, str] = {
    "nom_naissance": "nom de naissance",
    "premier_prenom": "premier prénom de naissance",
    "prenoms": "liste des prénoms de naissance",
    "date_naissance": "date de naissance",
    "sexe": "sexe",
    "lieu_naissance": "code du lieu de naissance",
    "matricule": "matricule INS",
    "oid": "OID de l’INS",
    "nom_utilise": "nom utilisé",
    "prenom_utilise": "prénom utilisé",
}
STRICT = (
    "nom_naissance",
    "premier_prenom",
    "prenoms",
    "date_naissance",
    "sexe",
    "lieu_naissance",
    "matricule",
    "oid",
)
TRAITS = STRICT[:6]
"""The strict traits without the INS: what may leave, and stay, whatever the status."""
_ROLE = "recordTarget/patientRole"
_ALPHABET = re.compile(r"[A-Z](?:[A-Z' -]*[A-Z'])?")
_SHAPE = re.compile(r"[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{8}")


@dataclass(frozen=True, slots=True)
class InsId:
    """A matricule with the OID that says which INS it is, and where it stands."""

    matricule: str
    oid: str
    where: Location


@dataclass(frozen=True, slots=True)
class Carried:
    """An identity as one artefact carries it; what the artefact does not say is empty.

    ``source`` names the artefact in sentences; ``places`` tells where each trait stands; ``ids`` are the INS
    found.
    """

    identity: Identity
    source: str
    places: Mapping[str, Location] = field(default_factory=dict)
    ids: tuple[InsId, ...] = ()

    def where(self, trait: str) -> Location:
        """Where the trait stands, or the artefact as a whole."""
        return self.places.get(trait) or Location(self.source)


def identity_of(document: Document) -> Carried:
    """The patient of a CDA header, traits and INS; no judgement here."""
    person = f"{_ROLE}/patient"
    paths = {
        "nom_naissance": f"{person}/name/family[@qualifier='BR']",
        "premier_prenom": f"{person}/name/given[@qualifier='BR']",
        "nom_utilise": f"{person}/name/family[@qualifier='CL']",
        "prenom_utilise": f"{person}/name/given[@qualifier='CL']",
        "lieu_naissance": f"{person}/birthplace/place/addr/county",
    }
    found = {trait: document.first(path) for trait, path in paths.items()}
    values = {trait: _text(element) for trait, element in found.items()}
    listed = [item for item in document.all(f"{person}/name/given") if item.get("qualifier") is None]
    found["prenoms"] = listed[0] if listed else None
    values["prenoms"] = " ".join(_text(item) for item in listed)
    found["sexe"] = document.first(f"{person}/administrativeGenderCode")
    values["sexe"] = _attribute(found["sexe"], "code")
    found["date_naissance"] = document.first(f"{person}/birthTime")
    values["date_naissance"] = iso_date(_attribute(found["date_naissance"], "value"))
    ids = ins_ids(document)
    if ids:
        values["matricule"], values["oid"] = ids[0].matricule, ids[0].oid
    places = {trait: document.where(element) for trait, element in found.items() if element is not None}
    places |= {trait: ids[0].where for trait in ("matricule", "oid") if ids}
    return Carried(Identity.read({"oid": "", **values}), document.name, places, ids)


def ins_ids(document: Document) -> tuple[InsId, ...]:
    """The identifiers of the patient whose root is an OID of the INS."""
    return tuple(
        InsId(element.get("extension", ""), element.get("root", ""), document.where(element))
        for element in document.all(f"{_ROLE}/id")
        if element.get("root") in INS_OIDS
    )


def traits(document: Document, *, exact: bool = False) -> Iterator[Finding]:
    """Every rule on the INS of a CDA: complete traits when an INS is there, matricule, alphabet, consistency.

    ``exact`` makes a false key an error: use it when the matricule is known to have been right at the start.
    """
    carried = identity_of(document)
    for element in document.all(f"{_ROLE}/id"):
        if element.get("root") in OBSOLETE_OIDS:
            yield Finding(
                "ins.obsolete",
                "Le document porte un INS-C, identifiant abandonné.",
                Severity.WARNING,
                document.where(element),
                fix="Retirer l’INS-C ; seul l’INS (matricule et OID de NIR ou NIA) identifie le patient.",
                source=SOURCE,
            )
    if not carried.ids:
        return
    yield from complete(carried)
    for ins in carried.ids:
        yield from matricule_rules(ins, exact=exact)
    yield from written(carried)
    yield from consistent(carried)


def complete(carried: Carried) -> Iterator[Finding]:
    """With an INS, all six strict traits are there."""
    for trait in STRICT[:6]:
        if not getattr(carried.identity, trait):
            yield Finding(
                "ins.trait.missing",
                f"L’INS est présent, mais le trait « {LABELS[trait]} » manque.",
                where=carried.places.get(trait) or carried.where("matricule"),
                expected="les six traits stricts avec le matricule",
                observed="absent",
                fix=(
                    "Transmettre tous les traits stricts reçus du téléservice INSi, ou ne pas transmettre le matricule."
                ),
                source=SOURCE,
            )


def matricule_rules(ins: InsId, *, exact: bool = False) -> Iterator[Finding]:
    """Fifteen characters of the right shape, a right key, and no production identity in a proof."""
    if not _SHAPE.fullmatch(ins.matricule):
        yield Finding(
            "ins.matricule.shape",
            "Le matricule INS n’a pas la forme attendue.",
            where=ins.where,
            expected="15 caractères : 13 de numéro et 2 de clé",
            observed=f"{len(ins.matricule)} caractères" if ins.oid in PRODUCTION_OIDS else ins.matricule or "vide",
            fix="Écrire le numéro et sa clé d’un seul tenant, sans espace.",
            source=SOURCE,
        )
    elif not has_valid_key(ins.matricule):
        # A warning unless told otherwise: the agency's own samples bear invented numbers with false keys.
        yield Finding(
            "ins.matricule.key",
            "La clé du matricule INS est fausse.",
            Severity.ERROR if exact else Severity.WARNING,
            ins.where,
            expected=f"clé {nir_key(ins.matricule[:13])}",
            observed=f"clé {ins.matricule[13:]}",
            fix="Recopier le matricule tel que le téléservice INSi l’a donné.",
            source=SOURCE,
        )
    if ins.oid in PRODUCTION_OIDS:
        yield Finding(
            "ins.production",
            "OID de production dans une preuve : le matricule pourrait être celui d’une personne réelle.",
            Severity.WARNING,
            ins.where,
            expected="OID de test 1.2.250.1.213.1.4.10",
            observed=ins.oid,
            fix="Ne pas diffuser ce fichier ; refaire la preuve avec une identité fictive, ou caviarder l’identité.",
            source="RGPD, article 5 (minimisation)",
        )


def written(carried: Carried) -> Iterator[Finding]:
    """Alphabet of the traits: capitals without accents; the first first name opens the list. Warnings only."""
    for trait in ("nom_naissance", "premier_prenom", "prenoms"):
        value = getattr(carried.identity, trait)
        if value and not _ALPHABET.fullmatch(value):
            yield _odd(
                carried,
                trait,
                "ins.trait.alphabet",
                f"Le trait « {LABELS[trait]} » n’est pas écrit comme l’INS l’écrit.",
                "majuscules sans accent, espace, apostrophe droite et tiret",
                value,
            )
    first, names = carried.identity.premier_prenom, carried.identity.prenoms
    if first and names and not opens(first, names):
        yield _odd(
            carried,
            "premier_prenom",
            "ins.trait.first-name",
            "Le premier prénom de naissance n’ouvre pas la liste des prénoms.",
            f"un début de « {names} »",
            first,
        )
    place = carried.identity.lieu_naissance
    if place and not re.fullmatch(r"[0-9]{5}|2[AB][0-9]{3}", place):
        yield _odd(
            carried,
            "lieu_naissance",
            "ins.trait.place",
            "Le lieu de naissance n’est pas un code officiel géographique.",
            "5 caractères",
            place,
        )


def consistent(carried: Carried) -> Iterator[Finding]:
    """What the matricule says against the traits. Warnings: sex changes, unknown dates and merged communes
    exist.
    """
    person = carried.identity
    number = person.matricule
    if not _SHAPE.fullmatch(number):
        return
    expected = {"1": "M", "2": "F", "7": "M", "8": "F"}.get(number[0])
    if expected and person.sexe in ("M", "F") and person.sexe != expected:
        yield _odd(
            carried,
            "sexe",
            "ins.consistency.sex",
            "Le sexe ne correspond pas au premier chiffre du matricule.",
            expected,
            person.sexe,
        )
    date = person.date_naissance.replace("-", "")
    # Months above 12 stand for unknown or foreign civil status: nothing to compare then.
    known = "01" <= number[3:5] <= "12"
    if len(date) == 8 and (date[2:4] != number[1:3] or (known and date[4:6] != number[3:5])):
        yield _odd(
            carried,
            "date_naissance",
            "ins.consistency.birth",
            "L’année ou le mois de naissance ne correspond pas au matricule.",
            f"année {number[1:3]}, mois {number[3:5]}",
            f"année {date[2:4]}, mois {date[4:6]}",
        )
    if person.lieu_naissance and person.lieu_naissance != number[5:10]:
        yield _odd(
            carried,
            "lieu_naissance",
            "ins.consistency.place",
            "Le code du lieu de naissance ne correspond pas au matricule.",
            number[5:10],
            person.lieu_naissance,
        )


def opens(first: str, names: str) -> bool:
    """Whether the first first name opens the list, as a whole word or words."""
    return names == first or names.startswith(f"{first} ")


def iso_date(value: str) -> str:
    """``YYYYMMDD…`` as ``YYYY-MM-DD``; anything else as it is."""
    day = value[:8]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if re.fullmatch("[0-9]{8}", day) else value


def _odd(carried: Carried, trait: str, rule: str, message: str, expected: str, observed: str) -> Finding:
    return Finding(rule, message, Severity.WARNING, carried.where(trait), expected, observed, source=SOURCE)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join((element.text or "").split())


def _attribute(element: etree._Element | None, name: str) -> str:
    return "" if element is None else (element.get(name) or "").strip()
