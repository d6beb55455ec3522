"""Certificats de santé de l’enfant : validés, ils partent d’eux-mêmes vers la PMI du département de l’enfant."""

from __future__ import annotations

from typing import Any

from conformance import NotRun, require, verifies
from conformance.checks import behaviour, cda, certificates, ins
from conformance.checks.cda import volet
from conformance.checks.certificates import CERTIFICATE
from conformance.drivers.people import People
from conformance.drivers.services import MssService
from conformance.drivers.software import Software
from conformance.model.evidence import Exchange
from conformance.model.identity import Identity
from conformance.simulators.pmi import SERVICES
from conformance.suites.mss.posted import PEER, documents, reading

HOMES = {"CS8": ("75", "75011", "PARIS"), "CS9": ("2A", "20090", "AJACCIO"), "CS24": ("971", "97110", "POINTE-A-PITRE")}
"""Where the child of each certificate lives: department, postal code, town."""
DIRECTORY = [service.adresse for service in SERVICES.values()]
BIRTH = {"travail": "spontane", "methode": "voie-basse", "alimentation": "maternelle"}
MEASURES = {"poids": "8400", "taille": "71", "perimetre_cranien": "45"}


@verifies("CSE.12")
def test_a_certificate_leaves_for_the_service_of_the_child(software: Software, mss: MssService, people: People) -> None:
    """Le certificat validé part seul, en CDA R2 N3, vers la PMI du département où vit l’enfant, et vers nulle autre."""
    mss.mail(message_id=software.write_mail(PEER).get("message_id"))
    before = len(mss.mails())
    children = {kind: people.one() for kind in HOMES}
    drafts = {kind: written(software, child, kind) for kind, child in children.items()}
    require(behaviour.none_sent(mss.mails()[before:]))
    for rank, draft in enumerate(drafts.values()):
        software.do("valider_document", id=draft)
        mss.mails_after(before + rank)
    mss.silence()
    found = mss.mails()[before:]
    addresses = {kind: SERVICES[home[0]].adresse for kind, home in HOMES.items()}
    require(certificates.posted(found, list(addresses.values()), DIRECTORY))
    for kind, address in addresses.items():
        (mail,) = [one for one in found if address in {key.lower() for key in one.keys}]
        carries(mail, kind, children[kind])
    if missing := volet.absent():
        raise NotRun(f"rien ne s’oppose aux certificats, mais leurs volets ne peuvent pas être vérifiés. {missing}")


def written(software: Software, child: Identity, kind: str) -> str:
    """A certificate being written about that child; the software's id for it."""
    _, code, town = HOMES[kind]
    content: dict[str, Any] = {
        "certificat": kind,
        "adresse": {"numero": "3", "voie": "rue des Essais", "code_postal": code, "ville": town},
        "mere": {
            "nom": child.nom_naissance,
            "prenom": "CAMILLE",
            "date_naissance": "1992-03-04",
            "activite": "salariee",
        },
        "mesures": MEASURES,
    }
    if kind == "CS8":
        content["naissance"] = BIRTH
    patient = software.qualified(child)
    asked = {"type": CERTIFICATE, "titre": "Document d’essai", "texte": "Certificat d’essai.", "forme": "N3"}
    return str(software.do("ecrire_document", patient=patient, contenu=content, **asked)["id"])


def carries(exchange: Exchange, kind: str, child: Identity) -> None:
    """The mail carries that child's certificate, structured and valid on every tier at hand."""
    one = reading(exchange)
    require(certificates.attached(one))
    held = list(documents(one))
    require(certificates.holds(held, kind), *(volet.structured(document) for document in held))
    for document in held:
        require(
            cda.judge(document),
            behaviour.type_is(document, CERTIFICATE),
            volet.told(document),
            ins.same_identity(ins.identity_of(document), child, complete=True),
        )
