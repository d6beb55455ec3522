"""The software under test as a suite sees it: one method an action, prerequisites that fail are NON_VERIFIE."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from conformance.drivers.base import Reply
from conformance.drivers.services import InsiService
from conformance.drivers.stage import AnyStage
from conformance.model.evidence import Artefact
from conformance.model.identity import Identity
from conformance.outcomes import NotRun

MAIN, PRESCRIPTION, LETTER = "main", "prescription", "letter"
"""The parts a document plays in the scenarios; the profile tells which type plays each (``documents``)."""
TITLES = {
    "57833-6": "Prescription de produits de santé",
    "11490-0": "Lettre de liaison",
    "18748-4": "Compte rendu d’imagerie",
    "11502-2": "Compte rendu d’examens biologiques",
}


class Software:
    """Asks the software to act. A method either gives back what the software answered, or raises NotRun."""

    def __init__(self, stage: AnyStage, insi: InsiService, documents: Mapping[str, str]) -> None:
        self._stage, self._insi, self._documents = stage, insi, documents

    def type_of(self, part: str) -> str:
        """The type of the document that plays that part for the profession. Raises NotRun when none does."""
        if part not in self._documents:
            raise NotRun(
                f"le profil ne dit pas quel document de la profession joue ce rôle ({part}) : il n’y a rien à juger"
            )
        return self._documents[part]

    def ask(self, action: str, user: str | None = None, /, **parameters: Any) -> Reply:
        """Ask for an action and give back the answer, a refusal included."""
        return self._stage.driver.perform(action, parameters, user)

    def do(self, action: str, user: str | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Ask for an action that must be done for the scenario to go on. Raises NotRun when it is refused."""
        reply = self.ask(action, user, **parameters)
        if not reply.ok or not isinstance(reply.data, dict):
            told = reply.data.get("erreur") if isinstance(reply.data, dict) else None
            raise NotRun(
                f"préalable non rempli : « {action} » a répondu HTTP {reply.status}{f' ({told})' if told else ''}"
            )
        return reply.data

    @contextmanager
    def setting(self, name: str, value: object, back: object, *, needed: bool = True) -> Iterator[None]:
        """A setting at ``value`` for a time, then at ``back``, whatever came in between.

        Raises NotRun when it is refused and ``needed``: a software that always does so has no such setting to offer.
        """
        if needed:
            self.do("regler", **{name: value})
        else:
            with suppress(NotRun):
                self.ask("regler", **{name: value})
        try:
            yield
        finally:
            with suppress(NotRun):
                self.ask("regler", **{name: back})

    def wait(self, seconds: float) -> None:
        """Let some time pass, for what depends on it."""
        self._stage.pause(seconds)

    def create(self, person: Identity) -> str:
        """Create a patient by typing the traits; gives the software's own id for it."""
        return str(self.do("creer_patient", **person.traits)["id"])

    def patient(self, patient_id: str) -> dict[str, Any]:
        """A patient's record."""
        return self.do("lire_patient", id=patient_id)

    def find(self, **criteria: str) -> list[dict[str, Any]]:
        """The patients that the software finds by a birth date, a name, a first name or a matricule."""
        found = self.do("chercher_patients", **criteria).get("patients")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def known(self, person: Identity) -> dict[str, Any]:
        """The record of a person whom the software heard of otherwise than by typing. Raises NotRun when it has none."""
        born = self.find(date_naissance=person.date_naissance)
        # Somebody else may be born that day; a name that the software spoilt is still the one to be judged.
        found = [one for one in born if one.get("nom_naissance") == person.nom_naissance] or born
        if not found:
            raise NotRun("le logiciel ne retrouve pas l’usager reçu (chercher_patients) : il n’y a rien à juger")
        return self.patient(str(found[0].get("id")))

    def search_ins(self, patient_id: str, user: str | None = None) -> dict[str, Any]:
        """Recover the INS by traits."""
        return self.do("rechercher_ins", user, id=patient_id)

    def verify_ins(self, patient_id: str) -> dict[str, Any]:
        """Verify the INS."""
        return self.do("verifier_ins", id=patient_id)

    def validate_identity(self, patient_id: str) -> dict[str, Any]:
        """Record a high-confidence proof of identity and validate it."""
        return self.do("enregistrer_justificatif", id=patient_id, type="CNI", valider=True)

    def mark(self, patient_id: str, **attributes: bool) -> dict[str, Any]:
        """Mark an identity doubtful or fictitious."""
        return self.do("marquer_identite", id=patient_id, **attributes)

    def imported(self, person: Identity) -> str:
        """A patient whose record took what INSi returned, whatever its status. Raises NotRun when it took nothing."""
        self._insi.answers(person)
        patient_id = self.create(person)
        self.search_ins(patient_id)
        if self.patient(patient_id).get("matricule") != person.matricule:
            raise NotRun("préalable non rempli : une réponse INSi sans défaut n’est pas rapatriée non plus")
        return patient_id

    def recovered(self, person: Identity) -> str:
        """A patient whose identity is récupérée. Raises NotRun when the software does not get there."""
        self._insi.answers(person)
        patient_id = self.create(person)
        self.search_ins(patient_id)
        return self._with_status(patient_id, "RECUPEREE")

    def validated(self, person: Identity) -> str:
        """A patient whose identity is validée."""
        patient_id = self.create(person)
        self.validate_identity(patient_id)
        return self._with_status(patient_id, "VALIDEE")

    def qualified(self, person: Identity) -> str:
        """A patient whose identity is qualifiée: recovered, then validated."""
        self._insi.answers(person)
        patient_id = self.create(person)
        self.search_ins(patient_id)
        self.validate_identity(patient_id)
        return self._with_status(patient_id, "QUALIFIEE")

    def receive(
        self, person: Identity, status: str = "QUALIFIEE", trusted: bool = False, document: bytes | None = None
    ) -> dict[str, Any]:
        """Receive an identity, with its INS and maybe a document, from another domain."""
        identity = {**person.traits, "matricule": person.matricule, "oid": person.oid, "statut": status}
        sent = None if document is None else {"cda": base64.b64encode(document).decode()}
        sender = {"domaine": "1.2.250.1.213.1.4.10.900", "contrat_confiance": trusted}
        return self.do("recevoir_identite", emetteur=sender, identite=identity, document=sent)

    def write(self, patient_id: str, part: str, text: str = "Texte du document d’essai.", **settings: Any) -> str:
        """Write and validate the document that plays that part; gives its id."""
        return self.write_type(patient_id, self.type_of(part), text, **settings)

    def write_type(
        self,
        patient_id: str,
        type_code: str,
        text: str = "Texte du document d’essai.",
        validated_by: str | None = None,
        **settings: Any,
    ) -> str:
        """Write and validate a document of that type (JDV_J07), the latter as a user (RPPS); gives its id."""
        draft: dict[str, Any] = {
            "masque_ps": False,
            "invisible_patient": False,
            "invisible_representants": False,
            "remplace": None,
            **settings,
        }
        title = TITLES.get(type_code, "Document d’essai")
        document = self.do("ecrire_document", patient=patient_id, type=type_code, titre=title, texte=text, **draft)
        self.do("valider_document", validated_by, id=document["id"])
        return str(document["id"])

    def document(self, document_id: str) -> dict[str, Any]:
        """A document's state."""
        return self.do("lire_document", id=document_id)

    def cda(self, document_id: str) -> Artefact:
        """The CDA the software made."""
        return self._file("lire_cda", document_id, "cda", f"{document_id}.xml")

    def pdf(self, document_id: str) -> Artefact:
        """The PDF the software made, under the name it gives it."""
        name = str(self.document(document_id).get("nom_pdf") or "")
        return self._file("lire_pdf", document_id, "pdf", name or f"{document_id}.pdf")

    def send(
        self, document_id: str, channel: str, recipient: str | None = None, box: str = "personnelle"
    ) -> dict[str, Any]:
        """Send a document by MSSanté."""
        return self.do("envoyer_document", id=document_id, canal=channel, destinataire=recipient, boite=box)

    def write_mail(
        self, recipient: str, box: str = "personnelle", html: bool = True, dsn: bool = False
    ) -> dict[str, Any]:
        """Send a free message by MSSanté."""
        return self.do(
            "envoyer_message",
            a=recipient,
            objet="Demande d’avis",
            texte="Bonjour,\nvoici un message d’essai.",
            html=html,
            accuse_dsn=dsn,
            boite=box,
        )

    def _with_status(self, patient_id: str, status: str) -> str:
        found = self.patient(patient_id).get("statut")
        if found != status:
            raise NotRun(f"préalable non rempli : l’identité devait être {status}, elle est {found}")
        return patient_id

    def _file(self, action: str, document_id: str, kind: str, name: str) -> Artefact:
        reply = self.ask(action, id=document_id)
        if not reply.ok:
            raise NotRun(f"préalable non rempli : « {action} » a répondu HTTP {reply.status}")
        return Artefact(name, reply.data, kind, f"rendu par le logiciel ({action})", reply.exchange.number)
