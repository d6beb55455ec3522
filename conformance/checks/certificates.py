"""A child's certificates of health: which certificate a document is, and to which service its validation sends it.

Sources: REM, CSE.12; CI-SIS, volet « Certificats de santé de l’enfant ».
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.checks.cda.tools import fault
from conformance.checks.mail.parts import Mail, at
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location
from conformance.validation.gate import Document

CERTIFICATE = "CERT_DECL"
TEMPLATES = {
    "CS8": "1.2.250.1.213.1.1.1.5.1",
    "CS9": "1.2.250.1.213.1.1.1.5.2",
    "CS24": "1.2.250.1.213.1.1.1.5.3",
}


def posted(mails: Collection[Exchange], wanted: Sequence[str], directory: Collection[str]) -> Iterator[Finding]:
    """One mail left for each service of ``wanted``, in any order, and none for another one of the directory."""
    for address in sorted(directory):
        came = sum(address in {key.lower() for key in mail.keys} for mail in mails)
        due = wanted.count(address)
        if came != due:
            yield Finding(
                "cse.pmi",
                "La validation du certificat n’a pas écrit à la PMI du département de l’enfant, et à elle seule.",
                where=Location("boîtes de l’annuaire PMI"),
                expected=f"{due} courriel(s) pour {address}",
                observed=f"{came} courriel(s), sur {len(mails)} parti(s)",
                fix="Tirer de l’annuaire PMI l’adresse du département du domicile, et y écrire dès la validation.",
                source="REM, CSE.12",
            )


def attached(one: Mail) -> Iterator[Finding]:
    """The mail carries an archive of documents."""
    if not one.archives:
        yield Finding(
            "cse.pmi.archive",
            "Le courriel à la PMI ne porte pas d’archive IHE_XDM, donc pas de certificat structuré.",
            where=at(one),
            expected="IHE_XDM.ZIP",
            observed=", ".join(part.filename or "sans nom" for part in one.pdfs) or "aucune pièce",
            fix="Joindre le certificat en CDA R2 N3, dans une archive IHE_XDM.",
            source="REM, CSE.12 ; référentiel socle MSSanté #2, ECO.2.1.5",
        )


def holds(documents: Sequence[Document], kind: str) -> Iterator[Finding]:
    """The archive holds one document, and it is that certificate."""
    if len(documents) != 1:
        yield Finding(
            "cse.certificate.count",
            "L’archive ne porte pas le certificat et lui seul.",
            expected="un document",
            observed=f"{len(documents)} document(s)",
            fix="Joindre le certificat validé, sans autre document.",
            source="REM, CSE.12",
        )
    for document in documents:
        found = {one.get("root", "") for one in document.all("templateId")}
        if TEMPLATES[kind] not in found:
            yield fault(
                document,
                "cse.certificate",
                f"Le document joint n’est pas un certificat {kind}.",
                document.first("templateId"),
                expected=f'templateId root="{TEMPLATES[kind]}"',
                observed=", ".join(sorted(found & set(TEMPLATES.values()))) or "aucun certificat de santé de l’enfant",
                fix="Déclarer le volet du certificat dans l’en-tête.",
                source="CI-SIS, volet Certificats de santé de l’enfant",
            )
