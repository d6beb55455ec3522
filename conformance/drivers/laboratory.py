"""A laboratory as a suite sees it: it sends reports by mail to the software, which files them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from conformance.drivers.drafts import SUBCONTRACTOR
from conformance.drivers.lab_report import LabReport, Order, mail
from conformance.drivers.software import Software
from conformance.model.identity import Identity
from conformance.outcomes import NotRun


class Laboratory:
    """Sends reports, and reads the two lists of the software."""

    def __init__(self, software: Software) -> None:
        self._software = software

    def patient(self, person: Identity) -> str:
        """The software's own id of a patient whose INS it holds, as a report can name it."""
        return self._software.qualified(person)

    def send(self, source: bytes) -> dict[str, Any]:
        """Hand a mail to the software as its box would; gives what it says of it."""
        return self._software.do("recevoir_courriel", source=base64.b64encode(source).decode())

    def sends(self, patient_id: str, *reports: LabReport) -> None:
        """Send sound reports. Raises NotRun when the software does not file them all: nothing more can be judged."""
        answer = self.send(mail(*reports))
        filed = {one.get("unique_id") for one in self.of(patient_id)}
        if missing := [one.unique_id for one in reports if one.unique_id not in filed]:
            told = "; ".join(str(alert) for alert in answer.get("alertes") or ()) or "sans alerte"
            raise NotRun(
                f"préalable non rempli : {len(missing)} compte(s) rendu(s) de biologie non intégré(s) au dossier ({told})"
            )

    def request(self, patient_id: str) -> Order:
        """Have the software ask another laboratory for examinations; gives the number that its report will recall."""
        told = self._software.do("demander_sous_traitance", id=patient_id, sous_traitant=SUBCONTRACTOR["nom"])
        oid, number = str(told.get("oid") or ""), str(told.get("numero") or "")
        if not (oid and number):
            raise NotRun("préalable non rempli : la demande de sous-traitance n’a pas de numéro (oid, numero)")
        return Order(oid, number)

    def pdf(self, document_id: str) -> bytes | None:
        """The PDF that the software kept with a received document, None when it has none."""
        reply = self._software.ask("lire_pdf_recu", id=document_id)
        return reply.data if reply.ok and isinstance(reply.data, bytes) else None

    def of(self, patient_id: str) -> Sequence[dict[str, Any]]:
        """The documents received for a patient."""
        return _documents(self._software.do("lire_documents_recus", id=patient_id))

    def unread(self) -> Sequence[dict[str, Any]]:
        """The list of every patient's documents that nobody has read."""
        return _documents(self._software.do("lire_documents_non_lus"))


def _documents(answer: dict[str, Any]) -> Sequence[dict[str, Any]]:
    found = answer.get("documents")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
