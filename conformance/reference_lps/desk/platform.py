"""What the LPS does, as a hospital's platform, of a report that a technical platform hands over in HL7 v2.

The report goes to the DMP and by MSSanté where the message says so, with its restrictions: a document masked from
professionals is sent to none, one that the patient may not see is not sent to the patient.
Source: CI-SIS, transport d’un document CDA en HL7 v2.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from conformance.reference_lps import dmp, mail, outcomes, pam, rules
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.outcomes import Outcome
from conformance.reference_lps.transport import HIDDEN, MASKED, UNGUARDED, rewritten
from conformance.reference_lps.types import Draft, Patient, Produced

_CDA = {"h": "urn:hl7-org:v3"}
_ACTIONS = {"NW": ("F", "T02"), "RO": ("C", "T10"), "CA": ("D", "T04")}
"""ORC-1, and what OBX-11 and the event of an MDM must then be."""
_CARRYING = frozenset({"MDM", "ORU", "OUL"})


@dataclass(frozen=True)
class Handed:
    """A document and what the message says of it."""

    cda: bytes
    said: frozenset[str]
    recipients: tuple[str, ...]


def incoherent(heard: pam.Received, message: bytes, defects: frozenset[str]) -> str | None:
    """Why a message that does not say everywhere what to do of its document is rejected, or None."""
    lines = [line.split("|") for line in re.split("[\r\n]+", message.decode("utf-8", "replace"))]
    orders = [fields[1].split("^")[0] for fields in lines if fields[0] == "ORC" and len(fields) > 1]
    carriers = [
        fields[11] if len(fields) > 11 else "" for fields in lines if fields[:1] == ["OBX"] and "ED" in fields[2:3]
    ]
    if heard.kind not in _CARRYING or not orders or not carriers or "intra-takes-incoherent" in defects:
        return None
    status, event = _ACTIONS.get(orders[0], ("", ""))
    if carriers[0] == status and heard.event in (event, "R01", "R22"):
        return None
    return f"ORC-1 ({orders[0]}), OBX-11 ({carriers[0]}) et l’événement {heard.event} ne s’accordent pas."


def pass_on(lps: Lps, heard: pam.Received, message: bytes, patient: Patient) -> None:
    """Pass the document of a message on; a failure becomes a line to work on, and the sender is told of each outcome."""
    handed = read(message) if heard.kind in _CARRYING else None
    if handed is None:
        return
    try:
        made = _made(handed, lps.defects)
    except (etree.XMLSyntaxError, ValueError):
        lps.audit.work("DOCUMENT_NON_INTEGRE", patient.id, "Le document reçu par HL7 v2 n’est pas un CDA lisible.")
        return
    produced, draft = made
    named = rules.for_exchange(patient)
    # Another circuit than the user's own: the defects of that one are not its own.
    own = frozenset(name for name in lps.defects if name.startswith("intra-"))
    if "DESTDMP" in handed.said:
        done = dmp.DmpClient(lps.bench, own).deposit(produced, draft, named, None)
        _tell(lps, patient, Outcome("DMP", heard.control_id, done.state == "DEPOSE", done.message))
    for recipient in _addresses(lps, handed, draft, named):
        sent = mail.Mailer(lps.bench, own, revoked=lps.revoked.file).send_document(
            produced, draft, named, recipient, "applicative", None, None
        )
        _tell(lps, patient, Outcome("MSS", heard.control_id, sent.state == "ENVOYE", sent.message, recipient))


def _addresses(lps: Lps, handed: Handed, draft: Draft, patient: Patient) -> list[str]:
    found: list[str] = []
    if "DESTMSSANTEPS" in handed.said and not draft.masked_from_professionals:
        found += handed.recipients
    own = rules.patient_address(patient, frozenset())
    seen = not draft.hidden_from_patient or "intra-mails-hidden-patient" in lps.defects
    if "DESTMSSANTEPAT" in handed.said and own and seen:
        found.append(own)
    return found


def _tell(lps: Lps, patient: Patient, outcome: Outcome) -> None:
    """Tell whoever handed the document over what became of it."""
    if not outcome.done:
        lps.audit.work("DOCUMENT_NON_TRANSMIS", patient.id, outcome.reason)
    if "platform-outcome-silent" in lps.defects:
        return
    told = replace(outcome, done=True) if "platform-outcome-always-good" in lps.defects else outcome
    message = outcomes.message(told, patient, lps.neighbours.local(patient), lps.defects)
    lps.neighbours.send("plateforme", patient, f"ZAM^{outcomes.KINDS[outcome.channel][0]}", message)


def read(message: bytes) -> Handed | None:
    """The document of a message and what is said of it, None when it carries none."""
    said, recipients, cda = set[str](), list[str](), None
    for line in re.split("[\r\n]+", message.decode("utf-8", "replace")):
        fields = line.split("|")
        if fields[0] == "OBX" and len(fields) > 5:
            name, value = fields[3].split("^")[0], fields[5].split("^")
            if fields[2] == "ED" and len(value) > 4 and cda is None:
                cda = _decoded(value[4])
            elif value[0] == "Y":
                said.add(name)
        if fields[0] == "PRT" and len(fields) > 4 and fields[4].startswith("RCT"):
            recipients += re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", line, re.ASCII)
    return None if cda is None else Handed(cda, frozenset(said), tuple(recipients))


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _made(handed: Handed, defects: frozenset[str]) -> tuple[Produced, Draft]:
    root = etree.fromstring(handed.cda, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    inside = root.find("h:component/h:nonXMLBody/h:text", _CDA)
    pdf = base64.b64decode("".join((inside.text or "").split())) if inside is not None else b""
    kept = handed.said - ({MASKED, HIDDEN, UNGUARDED} if "intra-restriction-lost" in defects else frozenset())
    draft = Draft(
        new_id(),
        _attribute(root, "h:code", "code"),
        root.findtext("h:title", "", _CDA),
        "",
        datetime.strptime(_attribute(root, "h:effectiveTime", "value"), "%Y%m%d%H%M%S%z").isoformat(),
        masked_from_professionals=MASKED in kept,
        hidden_from_patient=HIDDEN in kept,
        hidden_from_guardians=UNGUARDED in kept,
        structured=inside is None,
    )
    cda = rewritten(handed.cda, defects)
    return Produced(_attribute(root, "h:id", "root"), cda, pdf, "compte-rendu.pdf"), draft


def _attribute(root: etree._Element, path: str, name: str) -> str:
    found = root.find(path, _CDA)
    value = found.get(name) if found is not None else None
    if not value:
        raise ValueError(path)
    return str(value)
