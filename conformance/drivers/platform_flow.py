"""What a technical platform (imaging, laboratory) sends to the hospital's: a report in HL7 v2, with whom it may reach.

Source: CI-SIS, transport d’un document CDA en HL7 v2 (version 2.1): the document in an OBX of type ED, the choices in OBX of the
MetaDMPMSS coding system, the recipients in PRT segments. Whoever masks a document is told by name, ``Y`` or ``N``.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from conformance.drivers import printed
from conformance.drivers.lab_report import LabReport, unstructured
from conformance.simulators.pam_sender import Sending, flow, pid

MASKED, HIDDEN, UNGUARDED = "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX"
"""The restrictions as HL7 names them."""
TO_DMP, TO_PROFESSIONAL, TO_PATIENT = "DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT"
CARRIERS = ("MDM^T02", "MDM^T10", "ORU^R01")
"""The kinds of message that carry a document."""
IMAGING, BIOLOGY = "18748-4", "11502-2"
OUTCOMES = {
    "DMP": ("Z01", "ACK_RECEPTION_DMP"),
    "MSS": ("Z02", "ACK_RECEPTION_MSS"),
    "LECTURE": ("Z03", "ACK_LECTURE_MSS"),
}
"""What a platform tells of a document, by channel: the event, and the name of the outcome (table AckMetierZAM)."""
_CHOICES = (MASKED, HIDDEN, UNGUARDED, "CONNEXION_SECRETE", "MODIF_CONF_CODE", TO_DMP, TO_PROFESSIONAL, TO_PATIENT)
_TITLES = {IMAGING: "CR d'imagerie médicale", BIOLOGY: "CR d'examens biologiques"}


@dataclass(frozen=True, slots=True)
class Carried:
    """A report on its way: its CDA, the PDF/A-1 inside when it is of level 1, what is said ``Y``, whom it is for."""

    type_code: str
    cda: bytes
    pdf: bytes | None
    chosen: frozenset[str]
    professional: str

    def message(self, about: Sending, order: str = "NW") -> bytes:
        """MDM^T02 for imaging, ORU^R01 for biology; any ``order`` but NW contradicts the rest of the message."""
        kind = "MDM^T02^MDM_T02" if self.type_code == IMAGING else "ORU^R01^ORU_R01"
        return flow(kind, about.domain, [pid(about), "PV1|1|I", *self._segments(order)])

    def _segments(self, order: str) -> Iterator[str]:
        title = f"{self.type_code}^{_TITLES[self.type_code]}^LN"
        yield f"ORC|{order}"
        yield f"OBR|1|||{title}"
        if self.type_code == IMAGING:
            yield f"TXA|1|{self.type_code}|TEXT|20260105090000|||||||||||||AU"
        yield f"OBX|1|ED|{title}||^TEXT^XML^Base64^{base64.b64encode(self.cda).decode()}||||||F"
        person = "801899900021^MODELE^Alix^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
        yield f"PRT||UC||RCT^^participation|{person}||||||||||^NET^X.400^{self.professional}"
        for rank, choice in enumerate(_CHOICES, start=2):
            said = "Y" if choice in self.chosen else "N"
            yield f"OBX|{rank}|CWE|{choice}^{choice}^MetaDMPMSS||{said}^^expandedYes-NoIndicator||||||F"


def outcome(channel: str, about: str, person: Sending, *, done: bool, box: str = "", error: str = "") -> bytes:
    """What the platform tells of a document that the message ``about`` carried; ``channel`` is DMP, MSS or LECTURE."""
    event, name = OUTCOMES[channel]
    said = "Y" if done else "N"
    segments = [pid(person), f"OBX|1|CWE|{name}^{name}^AckMetierZAM|{about}|{said}^^expandedYes-NoIndicator||||||F"]
    if box:
        whose = "LECTEUR_MSS" if channel == "LECTURE" else "DESTINATAIRE_MSS"
        segments.append(f"OBX|2|XTN|{whose}^{whose}^AckMetierZAM||^^X.400^{box}||||||F")
    if not done:
        segments.append(f"ERR|||207^Application error^messageErrorCondition|E|{error}")
    return flow(f"ZAM^{event}^ZAM_Z01", person.domain, segments)


def from_mail(report: LabReport, about: Sending) -> bytes:
    """A document that the platform took out of a mail, on its way to the record (volet of transmission, version 1.1)."""
    title = f"{BIOLOGY}^{_TITLES[BIOLOGY]}^LN"
    segments = [
        pid(about),
        "PV1|1|N",
        "ORC|NW",
        f"OBR|1|||{title}",
        f"TXA|1|{BIOLOGY}|TEXT|{'|' * 8}{report.unique_id}|||||AU",
    ]
    segments.append(f"OBX|1|ED|{title}||^text^XML^Base64^{base64.b64encode(report.cda).decode()}||||||F")
    made = flow("MDM^T02^MDM_T02", about.domain, segments)
    return made.replace(b"2.11^IHE_FRANCE-2.11-PAM", b"1.1^CISIS_CDA_HL7_LPS", 1)


def level_1(type_code: str, report: LabReport, chosen: Collection[str], professional: str) -> Carried:
    """A report of level 1, around a PDF/A-1 made for it."""
    pdf = printed.pdf(_TITLES[type_code], report.unique_id)
    return Carried(
        type_code, unstructured(report, type_code, _TITLES[type_code], pdf), pdf, frozenset(chosen), professional
    )


def level_3(report: LabReport, chosen: Collection[str], professional: str) -> Carried:
    """A biology report of level 3."""
    return Carried(BIOLOGY, report.cda, None, frozenset(chosen), professional)
