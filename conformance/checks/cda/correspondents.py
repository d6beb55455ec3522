"""Rules on those a document is written for: every recipient named, the requester reachable.

Source: CI-SIS, volet « Structuration minimale de documents de santé », informationRecipient and participant REF.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.checks.cda.tools import PROFESSIONALS, fault
from conformance.model.finding import Finding
from conformance.validation.gate import Document

_RECIPIENT = "informationRecipient/intendedRecipient"
_REQUESTER = "participant[@typeCode='REF']"


def recipients(document: Document, expected: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    """Each professional expected (``id_national``, ``nom``) is one of the recipients of the header."""
    named = {
        element.get("extension"): element
        for element in document.all(f"{_RECIPIENT}/id")
        if element.get("root") == PROFESSIONALS
    }
    for one in expected:
        if one["id_national"] not in named:
            yield fault(
                document,
                "cda.recipient",
                f"Le destinataire {one['prenom']} {one['nom']} n’est pas nommé dans l’en-tête.",
                document.first("informationRecipient"),
                expected=f'{_RECIPIENT}/id root="{PROFESSIONALS}" extension="{one["id_national"]}"',
                observed=", ".join(filter(None, named)) or "aucun destinataire",
                fix="Écrire un élément informationRecipient par destinataire choisi.",
            )


def requester(document: Document, expected: Mapping[str, str]) -> Iterator[Finding]:
    """The requester (``id_national``, ``adresse_mss``) is the participant REF, with his secure mail address."""
    found = document.first(_REQUESTER)
    identifiers = [element.get("extension") for element in document.all(f"{_REQUESTER}/associatedEntity/id")]
    if expected["id_national"] not in identifiers:
        yield fault(
            document,
            "cda.requester",
            "Le demandeur n’est pas nommé dans l’en-tête.",
            found,
            expected=f'participant typeCode="REF", identifiant {expected["id_national"]}',
            observed=", ".join(filter(None, identifiers)) or "aucun demandeur",
            fix="Écrire le demandeur dans un élément participant de type REF.",
        )
        return
    addresses = [element.get("value", "") for element in document.all(f"{_REQUESTER}/associatedEntity/telecom")]
    wanted = f"mailto:{expected['adresse_mss']}"
    if wanted.lower() not in {address.lower() for address in addresses}:
        yield fault(
            document,
            "cda.requester.address",
            "L’adresse MSSanté du demandeur n’est pas à sa place dans l’en-tête.",
            found,
            expected=f'participant/associatedEntity/telecom value="{wanted}"',
            observed=", ".join(filter(None, addresses)) or "aucune adresse",
            fix="Reprendre dans telecom l’adresse MSSanté connue du demandeur.",
        )
