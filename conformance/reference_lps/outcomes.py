"""What became of a document handed to the hospital's platform, as ZAM messages tell it: in the DMP, by MSSanté, read.

Source: CI-SIS, transport d’un document CDA en HL7 v2, version 2.1 (ZAM^Z01, Z02 and Z03; table AckMetierZAM).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import pam
from .types import Patient

KINDS = {
    "DMP": ("Z01", "ACK_RECEPTION_DMP"),
    "MSS": ("Z02", "ACK_RECEPTION_MSS"),
    "LECTURE": ("Z03", "ACK_LECTURE_MSS"),
}
"""By channel: the event, and the name of the outcome in OBX-3."""
_BOXES = ("DESTINATAIRE_MSS", "LECTEUR_MSS")
_PROFILE = "2.1^CISIS_CDA_HL7_V2"


@dataclass(frozen=True)
class Outcome:
    """``about`` is the control id (MSH-10) of the message that carried the document."""

    channel: str
    about: str
    done: bool
    reason: str = ""
    box: str = ""


def message(outcome: Outcome, patient: Patient, local: pam.Local, defects: frozenset[str]) -> bytes:
    """The message that tells an outcome to whoever handed the document over."""
    event, name = KINDS[outcome.channel]
    said = "Y" if outcome.done else "N"
    segments = [f"OBX|1|CWE|{name}^{name}^AckMetierZAM|{outcome.about}|{said}^^expandedYes-NoIndicator||||||F"]
    if outcome.box:
        box = _BOXES[outcome.channel == "LECTURE"]
        segments.append(f"OBX|2|XTN|{box}^{box}^AckMetierZAM||^^X.400^{outcome.box}||||||F")
    if not outcome.done:
        code = "DMP_ERROR_CODE" if outcome.channel == "DMP" else "SMTPERRORCODE"
        reason = pam.escaped(outcome.reason)
        segments.append(f"ERR|||207^Application error^messageErrorCondition|E|{reason}^{reason}^{code}")
    kind = f"ZAM^{event}^ZAM_Z01"
    return pam.flow(kind, patient, local, defects, *segments, version="2.6", profile=_PROFILE)


def read(content: bytes) -> Outcome | None:
    """The outcome that a message tells, None when it tells none."""
    lines = [line.split("|") for line in re.split("[\r\n]+", content.decode("utf-8", "replace"))]
    told = [fields for fields in lines if fields[0] == "OBX" and len(fields) > 5]
    channels = {name: channel for channel, (_, name) in KINDS.items()}
    first = next((fields for fields in told if fields[3].split("^")[0] in channels), None)
    if first is None:
        return None
    boxes = [fields[5].split("^")[-1] for fields in told if fields[3].split("^")[0] in _BOXES]
    errors = [" ".join(fields[5].split("^")[:2]) for fields in lines if fields[0] == "ERR" and len(fields) > 5]
    done = first[5].split("^")[0] == "Y"
    return Outcome(channels[first[3].split("^")[0]], first[4], done, "".join(errors[:1]), "".join(boxes[:1]))
