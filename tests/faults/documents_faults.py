"""What each defect in the documents it writes turns red."""

from __future__ import annotations

from fault import fault
from mss_faults import TO_PATIENT, TO_PEER

ENCAPSULATED = ("DOC/va1.08.01", "DOC/va1.16.01", "DOC/va1.27.01", "DOC.01.01")
NEEDS_PACK = frozenset({"DOC/va1.14.01", "DOC/va1.30.01", "CSE.12"})
"""What nobody can call conforming without the agency's pack."""
RECIPIENTS = ("DOC/va1.06.01", "DOC/va1.15.01", "DOC/va1.26.01")

FAULTS = [
    fault("datamatrix-missing", "INS/va1.03.01", "DOC/va1.04.01", words="datamatrix"),
    fault("datamatrix-wrong-birth-date", "INS/va1.03.01", "DOC/va1.04.01", words="naissance"),
    fault("pdf-without-matricule", "INS/va1.15.01", words="matricule"),
    fault(
        "pdf-not-archivable",
        "DOC/va1.01.01",
        "DOC/va1.32",
        "DOC/va1.10.01",
        *ENCAPSULATED,
        "CSE.04",
        *TO_PATIENT,
        *TO_PEER,
        words="PDF/A",
    ),
    fault("pdf-bad-file-name", "DOC/va1.01.01", *TO_PATIENT, *TO_PEER, words="nom"),
    fault("prescription-without-custodian", "DOC/va1.10.01", "DOC/va1.08.01", words="custodian"),
    fault(
        "letter-birth-date-differs",
        "DOC/va1.04.01",
        "DOC/va1.07.01",
        "MSS/va1.17.01",
        words="naissance|sourcePatientInfo",
    ),
    fault("cda-first-recipient-only", *RECIPIENTS, words="destinataire"),
    fault("pdf-without-recipients", *RECIPIENTS, words="destinataire"),
    fault("cda-requester-without-address", "DOC/va1.17.01", "DOC/va1.28.01", words="demandeur"),
    fault("pdf-without-patient-notice", "DOC/va1.03.01", words="bas de la page"),
    fault("cri-without-rpps", "CRI/va1.01.01", words="RPPS"),
    fault(
        "cri-own-code", "CRI/va1.07.01", "DOC/va1.16.01", "DOC/va1.04.01", words="type", only_in=("wave1/radiology",)
    ),
    fault("cri-announcement-visible", "CRI/va1.02.01", "CRI/va1.03.01", words="INVISIBLE_PATIENT"),
    fault("cri-announcement-stays-hidden", "CRI/va1.03.01", words="visible du patient"),
    fault("cri-announcement-deposits-again", "CRI/va1.03.01", words="au lieu d’en changer|visible du patient"),
    fault("cri-announcement-unsent", "CRI/va1.03.01", words="courriel"),
    fault("cri-announcement-mailed", "CRI/va1.02.01", "CRI/va1.03.01", words="courriel"),
    fault("context-call-without-ins", "AC/va1.01.01", words="INS"),
    fault("bio-narrative-only", "DOC/va1.30.01", "DOC/va1.34", "DOC/va1.22.01", "DOC/va1.36", words="structuré"),
    fault("bio-single-version", "DOC/va1.36", words="nombre de versions"),
    fault("bio-copy-identical", "DOC/va1.36", words="un seul et même"),
    fault("bio-signature-printed", "DOC/va1.32", words="aucune signature"),
    fault("bio-signature-self-signed", "DOC/va1.32", words="auto-signé"),
    fault("bio-stamped-after-signing", "DOC/va1.32", words="après sa signature"),
    fault("bio-unit-not-ucum", "DOC/va1.30.01", "DOC/va1.34", words="UCUM"),
    fault(
        "bio-sheet-linked", "DOC/va1.25.01", "DOC/va1.18.01", "DOC/va1.29.01", "CDA/INT.16.01", words="feuille de style"
    ),
    fault("bio-automatic-silent", "DOC/va1.18.01", words="mention"),
    fault("bio-accreditation-always", "DOC/va1.29.01", words="mention"),
    fault("bio-accreditation-never", "DOC/va1.29.01", words="mention"),
    fault("bio-drops-subcontracted", "DOC/va1.22.01", words="structuré"),
    fault("bio-subcontractor-unnamed", "DOC/va1.22.01", words="sous-traitant"),
    fault("bio-links-subcontracted", "DOC/va1.19.01", words="lien", never_with=("bio-drops-subcontracted",)),
    fault("vsm-narrative-only", "DOC/va1.14.01", words="structuré"),
    fault("sheet-forgets-added-sections", "CDA/INT.16.01", words="feuille de style"),
    fault("vaccine-without-batch", "VACC/NOTE.05.01", "VACC/NOTE.04.01p", words="lot"),
    fault("vaccine-dated-today", "VACC/NOTE.04.01p", words="date"),
]
