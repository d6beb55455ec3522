"""Identity messages in HL7 v2, written and read here: IHE PAM with its French extension, and the INS annex of the CI-SIS."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from . import identity, rules
from .types import Patient

OWN_DOMAIN = ("LPS-REFERENCE", "1.2.250.1.213.1.4.10.200")
INS_OIDS = {f"1.2.250.1.213.1.4.{arc}": name for arc, name in ((8, "NIR"), (9, "NIA"), (10, "NIR"), (11, "NIR"))}
STRUCTURES = {"A28": "ADT_A05", "A31": "ADT_A05", "A47": "ADT_A30"}
NULL = '""'
_ESCAPES = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}


@dataclass(frozen=True)
class Local:
    """An identifier in a domain of identification: the number, then the domain's name and OID."""

    number: str
    name: str
    oid: str

    def __str__(self) -> str:
        return f"{escaped(self.number)}^^^{self.name}&{self.oid}&ISO^PI"


@dataclass(frozen=True)
class Received:
    """What a message says. ``traits`` bear the LPS's own names; ``ins`` is the matricule and its OID, ``removed`` that
    the INS is withdrawn by name; ``reliability`` is PID-32.
    """

    kind: str
    event: str
    control_id: str
    sender: str
    traits: Mapping[str, str] = field(default_factory=dict)
    local: Local | None = None
    ins: tuple[str, str] | None = None
    removed: bool = False
    reliability: str = ""
    has_patient: bool = False


class UnreadableError(Exception):
    """Not an HL7 v2 message; the message says so in French."""


def events(before: Patient | None, after: Patient) -> tuple[str, ...]:
    """What the neighbours must be told: a creation, a change, and the withdrawal of an INS that they were given."""
    if before is None:
        return ("A28",)
    told = ("A31",)
    gave = rules.for_exchange(before).matricule
    return (*told, "A47") if gave and rules.for_exchange(after).matricule != gave else told


def adt(event: str, patient: Patient, local: Local, defects: frozenset[str], former: Patient | None = None) -> bytes:
    """An identity message; ``former`` is the identity before, whose INS an A47 withdraws."""
    shown = _outside(patient, defects)
    segments = [_header(f"ADT^{event}^{STRUCTURES[event]}"), f"EVN||{_now()}", pid(shown, local, defects)]
    if event == "A47" and former is not None:
        gone = rules.for_exchange(former)
        segments.append(f"MRG|{local}" + (f"~{_ins(gone)}" if gone.matricule else ""))
    else:
        segments.append("PV1|1|N")
    if shown.matricule and event != "A47":
        segments.append(f"ZFD|||N|N|INSI|{_now()[:8]}||")
    return "".join(f"{segment}\r" for segment in segments).encode()


def flow(
    kind: str, patient: Patient, local: Local, defects: frozenset[str], *more: str, version: str, profile: str
) -> bytes:
    """A message of another flow (MDM, ORU), whose PID says the patient as PAM does."""
    shown = _outside(patient, defects)
    if "hl7-flow-without-ins" in defects:
        shown = identity.without_ins(shown)
    event = [f"EVN||{_now()}"] if kind.startswith("MDM") else []
    segments = [_header(kind, version, profile), *event, pid(shown, local, defects), *more]
    return "".join(f"{segment}\r" for segment in segments).encode()


def pid(patient: Patient, local: Local, defects: frozenset[str]) -> str:
    """The PID segment: identifiers, names, birth, sex, birth place, reliability."""
    names = f"{patient.nom_naissance}^{patient.premier_prenom}^{patient.prenoms}^^^^L"
    if "hl7-pid5-without-first-names" in defects:
        names = f"{patient.nom_naissance}^{patient.premier_prenom}^^^^^L"
    if patient.nom_utilise or patient.prenom_utilise:
        used = patient.nom_utilise or patient.nom_naissance, patient.prenom_utilise or patient.premier_prenom
        names += f"~{used[0]}^{used[1]}^^^^^D"
    known = {
        1: "1",
        3: f"{local}~{_ins(patient)}" if patient.matricule else str(local),
        5: names,
        7: patient.date_naissance.replace("-", ""),
        8: patient.sexe,
        11: f"^^^^^^BDL^^{patient.lieu_naissance}",
        32: reliability(patient),
    }
    return "|".join(["PID", *(known.get(number, "") for number in range(1, 33))])


def reliability(patient: Patient) -> str:
    """PID-32: what the sender vouches for."""
    if "douteuse" in patient.attributs:
        return "DOUTE"
    if "fictive" in patient.attributs:
        return "FICTI"
    return "VALI" if patient.statut in (identity.VALIDEE, identity.QUALIFIEE) else "PROV"


def read(content: bytes) -> Received:
    """Read a message; raises UnreadableError for anything else."""
    lines = [line for line in re.split("[\r\n]+", content.decode("utf-8", "replace")) if line]
    if not lines or not lines[0].startswith("MSH|^~\\&|"):
        raise UnreadableError("Le contenu n’est pas un message HL7 v2 à séparateurs « |^~\\& ».")
    header = ["MSH", "|", *lines[0].split("|")[1:]]
    said = {line.split("|")[0]: line.split("|") for line in reversed(lines)}
    fields = said.get("PID", [])
    kind, _, event = _at(header, 9).partition("^")
    start = Received(kind, event.split("^")[0], _at(header, 10), f"{_at(header, 3)} ({_at(header, 4)})")
    return Received(
        **{name: getattr(start, name) for name in ("kind", "event", "control_id", "sender")},
        traits=dict(_traits(fields)),
        local=next(_locals(fields), None),
        ins=next(_ins_read(fields), None),
        removed=any(part.split("^")[0] == NULL and _is_ins(part) for part in _at(fields, 3).split("~")),
        reliability=_at(fields, 32).split("^")[0],
        has_patient=bool(fields),
    )


def acknowledge(heard: Received | None, code: str, reason: str = "") -> bytes:
    """The acknowledgement of a message, or of what could not be read."""
    event = f"^{heard.event}^ACK" if heard and heard.event else ""
    segments = [_header(f"ACK{event}"), f"MSA|{code}|{heard.control_id if heard else ''}"]
    if reason:
        segments.append(f"ERR||PID^1|207^Erreur applicative^HL70357|E||||{escaped(reason)}")
    return "".join(f"{segment}\r" for segment in segments).encode()


def acknowledged(answer: bytes) -> tuple[str, str]:
    """The code of an acknowledgement (AA, AE, AR, or ?) and the control id it is about."""
    for line in re.split("[\r\n]+", answer.decode("utf-8", "replace")):
        if line.startswith("MSA|"):
            return _at(line.split("|"), 1) or "?", _at(line.split("|"), 2)
    return "?", ""


def control_id(message: bytes) -> str:
    """MSH-10 of a message made here."""
    return message.decode().split("|")[9]


def _outside(patient: Patient, defects: frozenset[str]) -> Patient:
    if "hl7-ins-when-not-qualified" in defects and patient.statut == identity.RECUPEREE:
        return patient
    return rules.for_exchange(patient)


def _ins(patient: Patient) -> str:
    return f"{patient.matricule}^^^ASIP-SANTE-INS-{INS_OIDS.get(patient.oid or '', 'NIR')}&{patient.oid}&ISO^INS"


def _header(kind: str, version: str = "2.5^FRA^2.11", profile: str = "2.11^IHE_FRANCE-2.11-PAM") -> str:
    number = uuid.uuid4().hex[:20].upper()
    start = f"MSH|^~\\&|LPS-REFERENCE|CABINET|BANC|DOMAINE-ESSAI|{_now()}||{kind}|{number}|P|{version}"
    return f"{start}|||||FRA|UNICODE UTF-8|FR||{profile}"


def _traits(fields: list[str]) -> Iterator[tuple[str, str]]:
    for name in _at(fields, 5).split("~"):
        parts = {"L": ("nom_naissance", "premier_prenom", "prenoms"), "D": ("nom_utilise", "prenom_utilise")}
        for number, trait in enumerate(parts.get(_part(name, 7), ()), start=1):
            if _part(name, number):
                yield trait, _part(name, number)
    born = _at(fields, 7)[:8]
    if born:
        yield "date_naissance", f"{born[:4]}-{born[4:6]}-{born[6:]}"
    if _at(fields, 8):
        yield "sexe", _at(fields, 8)
    for address in _at(fields, 11).split("~"):
        if _part(address, 7) == "BDL" and _part(address, 9):
            yield "lieu_naissance", _part(address, 9)


def _locals(fields: list[str]) -> Iterator[Local]:
    for part in _at(fields, 3).split("~"):
        authority = _raw(part, 4).split("&")
        if _part(part, 5) == "PI" and len(authority) > 1 and _part(part, 1):
            yield Local(_part(part, 1), authority[0], authority[1])


def _ins_read(fields: list[str]) -> Iterator[tuple[str, str]]:
    for part in _at(fields, 3).split("~"):
        if _is_ins(part) and _part(part, 1) != NULL:
            yield _part(part, 1), _raw(part, 4).split("&")[1]


def _is_ins(part: str) -> bool:
    authority = _raw(part, 4).split("&")
    return len(authority) > 1 and authority[1] in INS_OIDS


def _at(fields: list[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""


def _raw(part: str, number: int) -> str:
    return _at(["", *part.split("^")], number)


def _part(part: str, number: int) -> str:
    return re.sub(r"\\([FSTRE])\\", lambda found: _ESCAPES[found[1]], _raw(part, number))


def escaped(text: str) -> str:
    """A text whose HL7 separators are escaped."""
    return "".join({sign: f"\\{letter}\\" for letter, sign in _ESCAPES.items()}.get(char, char) for char in text)


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y%m%d%H%M%S")
