"""The documents to be judged: made by a driven software, or handed in a folder."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks import cda, ins
from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage
from conformance.model.evidence import Artefact
from conformance.model.identity import Identity
from conformance.outcomes import NotRun, legible
from conformance.validation.gate import Document, open_document


@dataclass(frozen=True, slots=True)
class ProducedDocument:
    """A document with its files. ``identity`` is the person it must be about: the one typed, or the CDA's own patient
    when only files were handed in. ``act_date`` is ``YYYYMMDD``.
    """

    document: Document
    cda: Artefact
    type_code: str
    identity: Identity
    separate_pdf: Artefact | None = None

    @property
    def act_date(self) -> str | None:
        """The day of the main act, as the CDA tells it."""
        return cda.act_date(self.document)

    @property
    def pdf(self) -> Artefact:
        """The PDF that travels beside the CDA. Raises NotRun when none was handed in."""
        if self.separate_pdf is None:
            raise NotRun(f"le PDF qui accompagne {self.cda.name} n’est pas fourni")
        return self.separate_pdf

    @property
    def encapsulated(self) -> Artefact:
        """The PDF inside the CDA. Raises NotRun when there is none that can be read (the body check says why)."""
        content = cda.encapsulated_pdf(self.document)
        if content is None:
            raise NotRun(f"{self.cda.name} n’encapsule pas de PDF lisible")
        return Artefact(f"{self.cda.name} › PDF", content, "pdf", "encapsulé dans le CDA")


class Produced:
    """Finds or has made the documents that a scenario is about."""

    def __init__(self, stage: AnyStage, software: Software, person: Identity) -> None:
        self._stage, self._software, self._person = stage, software, person

    def documents(self, part: str) -> list[ProducedDocument]:
        """The level 1 documents that play that part: one made for the occasion by a driven software, or all those of the folder.

        Raises NotRun when there is none: a structured document is not the artefact that the requirement is about.
        """
        type_code = self._software.type_of(part)
        handed = self._stage.driver.artefacts("cda")
        if not handed and self._stage.driver.kind != "dossier":
            patient = self._software.qualified(self._person)
            return [self.made(self._software.write(patient, part), type_code, self._person)]
        typed = [one for one in (self._handed(file, type_code) for file in handed) if one is not None]
        found = [one for one in typed if cda.is_n1(one.document) and one.identity.matricule]
        if not found:
            unfit = f" ; {len(typed)} de ce type, mais structuré(s) ou sans INS" if typed else ""
            raise NotRun(
                f"aucun CDA de niveau 1 de type {type_code} portant une INS parmi {len(handed)} documents CDA{unfit}"
            )
        return found

    def made(self, document_id: str, type_code: str, person: Identity) -> ProducedDocument:
        """A document that the software just made."""
        made = self._software.cda(document_id)
        document = legible(open_document(made.name, made.content))
        return ProducedDocument(document, made, type_code, person, self._software.pdf(document_id))

    def authorities(self) -> bytes:
        """The authorities (PEM) to which the signature of a document must come back: those of the bench."""
        return self._stage.authorities()

    def _handed(self, artefact: Artefact, type_code: str) -> ProducedDocument | None:
        document = open_document(artefact.name, artefact.content)
        if not isinstance(document, Document) or not _is(document, type_code):
            return None
        inside = cda.encapsulated_pdf(document)
        twin = next((pdf for pdf in self._stage.driver.artefacts("pdf") if pdf.content == inside), None)
        return ProducedDocument(document, artefact, type_code, ins.identity_of(document).identity, twin)


def _is(document: Document, type_code: str) -> bool:
    code = cda.type_code(document)
    return code is not None and code.code == type_code
