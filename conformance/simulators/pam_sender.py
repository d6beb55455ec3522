"""The other half of the identity neighbour: messages it composes about invented people, and their sending over MLLP.

Source: IHE PAM, French extension 2.11; CI-SIS annex on the INS in HL7 v2 (PID-3, PID-5, PID-11, PID-32, ZFD).
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from dataclasses import dataclass
from datetime import datetime

from conformance.model.identity import INS_NIA, Identity
from conformance.simulators.pam_message import VERSION
from conformance.simulators.people import DOMAIN, Domain

STRUCTURES = {
    "A28": "ADT_A05",
    "A31": "ADT_A05",
    "A05": "ADT_A05",
    "A01": "ADT_A01",
    "A04": "ADT_A01",
    "A08": "ADT_A01",
}
STRUCTURES |= {"A47": "ADT_A30", "A40": "ADT_A39"}
MAX_ACK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sending:
    """What a message says of a person.

    ``reliability`` is PID-32; ``ins`` tells what PID-3 does with the INS: ``carried``, ``absent`` or ``removed``
    (the HL7 null value); ``merged`` are the identifiers of MRG-1, written as in PID-3.
    """

    person: Identity
    local_id: str
    reliability: str = "VALI"
    ins: str = "carried"
    domain: Domain = DOMAIN
    merged: tuple[str, ...] = ()


def adt(event: str, about: Sending) -> bytes:
    """An identity message of that event (A28, A31, A01, A04, A05, A40, A47)."""
    kind = f"ADT^{event}^{STRUCTURES[event]}"
    segments = [_header(kind, about.domain), f"EVN||{_now()}", pid(about)]
    if about.merged:
        segments.append(f"MRG|{'~'.join(about.merged)}")
    if event not in ("A40", "A47"):
        segments.append("PV1|1|N" if event in ("A28", "A31") else "PV1|1|O")
    if event in ("A28", "A31") and about.ins == "carried":
        segments.append(f"ZFD|||N|N|INSI|{_now()[:8]}||")
    return _message(segments)


def order(about: Sending) -> bytes:
    """A scheduling message (SIU^S12) about that person: what any flow says in PID, outside PAM."""
    number = uuid.uuid4().hex[:10].upper()
    return _message(
        [
            _header("SIU^S12^SIU_S12", about.domain),
            f"SCH|{number}||||||CONSULT^Consultation||15|min|^^15^{_now()}",
            pid(about),
            "RGS|1|A",
            f"AIS|1|A|CONSULT^Consultation|{_now()}",
        ]
    )


def flow(kind: str, domain: Domain, segments: list[str]) -> bytes:
    """A message of another flow (MDM, ORU) from that domain, of those segments."""
    return _message([_header(kind, domain), *segments])


def pid(about: Sending) -> str:
    """The PID segment: identifiers, birth name and used name, birth, sex, birth place, reliability."""
    who = about.person
    names = f"{who.nom_naissance}^{who.premier_prenom}^{who.prenoms}^^^^L"
    if (who.nom_utilise, who.prenom_utilise) != (who.nom_naissance, who.premier_prenom):
        names += f"~{who.nom_utilise}^{who.prenom_utilise}^^^^^D"
    born = who.date_naissance.replace("-", "")
    fields = {
        1: "1",
        3: "~".join([local_identifier(about), *([ins_identifier(about)] if about.ins != "absent" else [])]),
        5: names,
        7: born,
        8: who.sexe,
        11: f"^^^^^^BDL^^{who.lieu_naissance}",
        32: about.reliability,
    }
    return "|".join(["PID", *(fields.get(number, "") for number in range(1, 33))])


def local_identifier(about: Sending) -> str:
    """The identifier in the sender's domain, as PID-3 writes it."""
    return f"{about.local_id}^^^{about.domain.nom}&{about.domain.oid}&ISO^PI"


def ins_identifier(about: Sending) -> str:
    """The INS as PID-3 writes it; the HL7 null value when it is removed."""
    who = about.person
    authority = "ASIP-SANTE-INS-NIA" if who.oid == INS_NIA else "ASIP-SANTE-INS-NIR"
    number = '""' if about.ins == "removed" else who.matricule
    return f"{number}^^^{authority}&{who.oid}&ISO^INS"


def send(
    host: str, port: int, message: bytes, timeout_s: float = 10.0, context: ssl.SSLContext | None = None
) -> bytes | None:
    """Send a message over MLLP and give its acknowledgement, None when none comes. Raises OSError when nobody listens."""
    return asyncio.run(_send(host, port, message, timeout_s, context))


async def _send(host: str, port: int, message: bytes, timeout_s: float, context: ssl.SSLContext | None) -> bytes | None:
    from hl7.mllp import InvalidBlockError, open_hl7_connection

    opening = open_hl7_connection(host, port, limit=MAX_ACK, encoding="utf-8", ssl=context)
    try:
        reader, writer = await asyncio.wait_for(opening, timeout_s)
    except TimeoutError:
        return None
    try:
        writer.writeblock(message)
        return bytes(await asyncio.wait_for(reader.readblock(), timeout_s))
    except (TimeoutError, asyncio.IncompleteReadError, InvalidBlockError, ValueError):
        return None
    finally:
        writer.close()


def _header(kind: str, domain: Domain) -> str:
    number = uuid.uuid4().hex[:16].upper()
    start = f"MSH|^~\\&|BANC|{domain.nom}|LOGICIEL|CABINET|{_now()}||{kind}|{number}|P|{VERSION}"
    return f"{start}|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM"


def _message(segments: list[str]) -> bytes:
    return ("\r".join(segments) + "\r").encode()


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y%m%d%H%M%S")
